"""A site may only tighten: with a stricter number no patient of the cases is judged more mildly than without."""

import pytest

from ketacare.science import rules
from ketacare.science.errors import BadPolicy
from ketacare.science.rules import Book, Evaluation
from ketacare.science.rules.cases import Case, RuleExpectation, with_clearances
from ketacare.science.rules.conditions import comparisons
from tests.spec.rules.files import EACH_RULE, ON, cases

NUMBERS = [(name, param) for name in rules.names() for param in rules.load(name).params]


def reading(book: Book, param: str) -> set[str]:
    """The rules that read a parameter."""
    return {rule.id for rule in book.rules if any(one.param == param for one in comparisons(rule.when))}


def strongest(book: Book, found: Evaluation) -> int:
    """The strongest severity that stands: 0 is the strongest of all."""
    order = list(book.severities)
    standing = [order.index(one.severity) for one in found.findings if one.fires and not one.cleared]
    return min(standing, default=len(order))


def judged(book: Book, case: Case, tightened: dict[str, float]) -> Evaluation:
    facts, clearances = with_clearances(book, case.facts, on=ON)
    site = book.policy({**case.policy, **tightened}, loosened_by=case.loosened_by)
    return book.evaluate(facts, on=ON, policy=site, clearances=clearances)


@pytest.mark.parametrize(("name", "param"), NUMBERS, ids=lambda part: part)
def test_a_stricter_number_never_makes_the_verdict_milder(name, param):
    book = rules.load(name)
    low, high = book.params[param].bounds
    tightened = {param: low if book.params[param].stricter == "lower" else high}
    readers = reading(book, param)
    for case in cases(EACH_RULE):
        mine = case.book == name and isinstance(case.expect, RuleExpectation) and case.expect.rule in readers
        if not mine or param in case.policy:
            continue
        try:
            stricter = judged(book, case, tightened)
        except BadPolicy:  # this number alone would break the order of the numbers, so no site has it so
            continue
        assert strongest(book, stricter) <= strongest(book, judged(book, case, {})), f"{case.id}: {case.why}"
