"""Every rule of every book has its own cases: it fires, stays silent, cannot be told, and turns at each of its numbers."""

import pytest

from ketacare.science import rules
from ketacare.science.rules.cases import RuleExpectation, read_base
from tests.spec.rules.coverage import gaps
from tests.spec.rules.files import BASES, EACH_RULE, ON, cases

RULES = [(name, rule.id) for name in rules.names() for rule in rules.load(name).rules]


def of_rule(book: str, rule: str):
    """The cases of one rule."""
    return [
        case
        for case in cases(EACH_RULE)
        if case.book == book and isinstance(case.expect, RuleExpectation) and case.expect.rule == rule
    ]


@pytest.mark.parametrize(("book", "rule"), RULES, ids=lambda part: part)
def test_rule_has_a_case_for_every_verdict_each_side_of_every_number_and_every_listed_thing(book, rule):
    assert not list(gaps(rules.load(book), rules.load(book).rule(rule), of_rule(book, rule)))


def test_every_case_says_why():
    assert all(case.why.strip() for case in cases(EACH_RULE))


def test_every_book_has_a_patient_to_start_from():
    assert {path.stem for path in BASES.glob("*.yaml")} >= set(rules.names())


@pytest.mark.parametrize("path", sorted(BASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_patient_that_cases_start_from_is_quiet(path):
    base = read_base(path)
    found = rules.load(base.book).evaluate(base.facts, on=ON)
    assert (found.disposition, found.fired, found.unknown) == (base.result, base.fires, ())
    assert not found.contradictions
