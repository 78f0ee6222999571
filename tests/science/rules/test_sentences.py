"""A rule's condition, said so that a clinician can check it."""

import pytest

from ketacare.science import rules
from ketacare.science.rules.conditions import OPERATORS
from ketacare.science.rules.sentences import PHRASES, sentence

BOOK = rules.load("eligibility")


def says(rule: str, **params: float) -> str:
    values = dict(BOOK.defaults.values) | params
    return sentence(BOOK.rule(rule).when, fields=BOOK.fields, params=values, label=lambda name: name)


def test_a_limit_is_said_with_its_number_its_unit_and_its_parameter():
    assert says("ABS-09") == "cv.bp_sys: 180 mmHg or more [bp_hold_sys] or cv.bp_dia: 110 mmHg or more [bp_hold_dia]"


def test_the_number_in_use_is_the_one_that_is_said():
    assert "170 mmHg or more" in says("ABS-09", bp_hold_sys=170)


def test_an_or_inside_an_and_is_set_in_brackets():
    text = says("REL-01")
    assert text.startswith("(cv.bp_sys: 160 mmHg or more [bp_treat_sys] or ")
    assert ") and cv.bp_sys: below 180 mmHg [bp_hold_sys] and " in text


def test_a_list_of_required_facts_names_them_and_when_they_are_required():
    assert "patient.weight_kg" in says("WU-00")
    assert "cv.days_since_mi_or_event (if cv.had_mi_or_cv_event: yes)" in says("WU-20")


def test_every_operator_has_its_phrase():
    assert PHRASES.keys() == OPERATORS.keys()


@pytest.mark.parametrize("name", rules.names())
def test_every_rule_of_every_book_can_be_said(name):
    book = rules.load(name)
    for rule in book.rules:
        text = sentence(rule.when, fields=book.fields, params=book.defaults.values, label=lambda fact: fact)
        assert text
        assert text.count("(") == text.count(")")
