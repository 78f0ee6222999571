"""The mutation run finds what the cases would not notice, and claims nothing that it has not proved."""

import pytest

from ketacare.science import rules
from tests.bench.equivalent import means_the_same
from tests.bench.mutants import mutants
from tests.bench.mutate_rules import hunt, is_caught, prepared


def one(book: str, text: str):
    """The mutant that says so."""
    (found,) = [mutant for mutant in mutants(rules.load(book)) if str(mutant) == text]
    return found


def test_a_rule_whose_cases_lie_close_around_its_number_has_no_survivor():
    assert {fate for _, fate in hunt(rules.load("alarms"), ["ALM-07", "ALM-13"])} == {"caught"}


def test_without_cases_nothing_is_caught():
    book = rules.load("alarms")
    assert not any(is_caught(mutant, book, ()) for mutant in mutants(book))


def test_a_case_of_another_rule_catches_nothing():
    book = rules.load("alarms")
    others = [given for given in prepared(book) if getattr(given.case.expect, "rule", "") == "ALM-15"]
    assert not is_caught(one("alarms", "alarms ALM-07: threshold: now.spo2 lt spo2_red (90) -> 90.9"), book, others)


@pytest.mark.parametrize(
    ("book", "says"),
    [
        ("order_checks", "DOSE-04: operator: order.session_number eq 1 -> le"),  # there is no session before the first
        ("order_checks", "DOSE-08: operator: order.dose_mg eq 84 -> ge"),  # more than 84 mg is refused anyhow
        ("eligibility", "INF-02: branch: without plan.route eq in_esketamine"),  # the rule is for that route alone
    ],
)
def test_what_no_patient_can_tell_is_proved(book, says):
    assert means_the_same(rules.load(book), one(book, f"{book} {says}"))


@pytest.mark.parametrize(
    ("book", "says"),
    [
        ("order_checks", "DOSE-04: operator: order.session_number eq 1 -> ge"),
        ("alarms", "ALM-07: operator: now.spo2 lt spo2_red -> le"),
        ("alarms", "ALM-07: severity: red -> amber"),
        ("alarms", "ALM-07: urgent: urgent False -> True"),
    ],
)
def test_what_a_patient_can_tell_is_not_called_the_same(book, says):
    assert not means_the_same(rules.load(book), one(book, f"{book} {says}"))
