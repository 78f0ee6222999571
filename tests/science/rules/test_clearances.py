"""A clearance lifts the rules it names, while it is valid, and nothing else."""

from datetime import date, timedelta

import pytest

from ketacare.science.rules import Clearance, load
from ketacare.science.rules.cases import with_clearances
from tests.science.rules.small_book import small_book

ON = date(2026, 11, 22)
RISKY = {"risk": "high", "told": False, "since": 3, "bp": 120, "dia": 70, "kinds": []}


def record(kind="clearance.heart", **changes):
    given = {"covers": frozenset({"R-2"}), "dated": ON, "expires": ON + timedelta(days=5), "by": "Dr Example"} | changes
    return Clearance(clearance=kind, **given)


def result(*records, on=ON):
    return small_book().evaluate(RISKY, on=on, clearances=records)


def test_every_listed_clearance_is_needed():
    assert result().disposition == "open"
    assert result(record()).disposition == "open"
    assert result(record("clearance.crisis")).disposition == "open"
    cleared = result(record(), record("clearance.crisis"))
    assert cleared.disposition == "careful"
    assert cleared.finding("R-2").cleared


def test_a_cleared_finding_still_fires_and_still_calls_someone():
    cleared = result(record(), record("clearance.crisis"))
    assert cleared.fired == ("R-2",)
    assert cleared.urgent
    assert cleared.finding("R-2").tell_patient == "We will call you."


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"covers": frozenset({"R-3"})}, "does not cover this rule"),
        ({"covers": frozenset()}, "does not cover this rule"),
        ({"dated": ON - timedelta(days=3), "expires": ON - timedelta(days=1)}, "expired on 2026-11-21"),
        ({"dated": ON + timedelta(days=1)}, "is dated 2026-11-23, after today"),
        ({"inputs": {"risk": "low"}}, "rests on risk, which changed since"),
        ({"inputs": {"gone": 1}}, "rests on gone, which changed since"),
        ({"dated": ON - timedelta(days=11), "expires": ON + timedelta(days=90)}, "expired on 2026-11-21"),
    ],
)
def test_a_record_that_does_not_hold_clears_nothing_and_says_why(changes, why):
    found = result(record(**changes), record("clearance.crisis")).finding("R-2")
    assert not found.cleared
    assert found.standing == (("clearance.heart", why),)


@pytest.mark.parametrize(
    "changes",
    [
        {"expires": ON},
        {"dated": ON - timedelta(days=10), "expires": ON + timedelta(days=90)},
        {"inputs": {"risk": "high", "since": 3}},
        {"covers": frozenset({"R-2", "R-3", "R-9"})},
    ],
)
def test_a_record_on_the_edge_of_its_validity_holds(changes):
    assert result(record(**changes), record("clearance.crisis")).finding("R-2").cleared


def test_a_crisis_clearance_lives_one_calendar_day():
    crisis = record("clearance.crisis", expires=ON + timedelta(days=30))
    assert result(record(), crisis).finding("R-2").cleared
    assert not result(record(), crisis, on=ON + timedelta(days=1)).finding("R-2").cleared


def test_a_better_record_counts_where_an_older_one_fell():
    fallen = record(inputs={"risk": "low"})
    assert result(fallen, record(), record("clearance.crisis")).finding("R-2").cleared


def test_a_rule_without_clearances_is_never_cleared():
    book = load("eligibility")
    every = [
        Clearance(clearance=name, covers=frozenset(rule.id for rule in book.rules), dated=ON, expires=ON)
        for name in book.fields
        if name.startswith("clearance.")
    ]
    found = book.evaluate(
        {"cv.bp_sys": 166, "cv.bp_dia": 94, "cv.avm": True, "meds.reconciled": False}, on=ON, clearances=every
    )
    for rule in ("REL-01", "ABS-02", "WU-21"):
        assert not found.finding(rule).cleared


def test_a_work_up_that_names_a_clearance_is_closed_only_by_a_record_that_covers_it():
    book = load("eligibility")
    facts = {"airway.difficult": True}

    def fired(*covers):
        records = (
            [Clearance(clearance="clearance.anaesthesia", covers=frozenset(covers), dated=ON, expires=ON)]
            if covers
            else []
        )
        return "WU-24" in book.evaluate(facts, on=ON, clearances=records).fired

    assert fired()
    assert fired("REL-07")
    assert not fired("WU-24")


def test_short_hand_of_the_case_files_stands_for_records():
    book = load("eligibility")
    short = {
        "clearance.cardiology": True,
        "clearance.neurology": False,
        "clearance.urology": None,
        "clearance.psychiatry": {"covers": ["REL-08"], "expires_in_days": -1},
        "clearance.addiction": {"inputs_changed": True},
    }
    facts, records = with_clearances(book, short | {"cv.avm": True}, on=ON)
    assert facts == {"cv.avm": True}
    by_kind = {one.clearance.removeprefix("clearance."): one for one in records}
    assert set(by_kind) == {"cardiology", "psychiatry", "addiction"}

    def fault(kind, rule):
        return by_kind[kind].fault(rule, on=ON, values={}, max_age_days=book.clearance_max_age_days)

    assert fault("cardiology", "REL-04") == ""
    assert fault("psychiatry", "REL-09") == "does not cover this rule"
    assert "expired" in fault("psychiatry", "REL-08")
    assert "changed" in fault("addiction", "REL-10")


@pytest.mark.parametrize("value", [{"covered": ["REL-04"]}, {"expires_in_days": "9"}, "yes", 1])
def test_short_hand_that_is_not_understood_is_left_for_the_evaluation_to_refuse(value):
    facts, records = with_clearances(load("eligibility"), {"clearance.cardiology": value}, on=ON)
    assert facts == {"clearance.cardiology": value}
    assert not records
