"""A site moves its parameters inside their bounds; only a named medical director loosens one, where the book allows it."""

import pytest

from ketacare.science.errors import BadPolicy
from ketacare.science.rules import load, names
from tests.science.rules.small_book import small_book


def refused(changes, **by):
    with pytest.raises(BadPolicy) as error:
        small_book().policy(changes, **by)
    return [str(problem) for problem in error.value.problems]


def test_a_stricter_value_is_taken_and_the_others_stay():
    policy = small_book().policy({"limit": 150})
    assert policy.values == {"limit": 150, "floor": 90}
    assert policy.changed == {"limit": 150}


def test_the_default_itself_loosens_nothing():
    assert small_book().policy({"limit": 160, "floor": 90}).values == {"limit": 160, "floor": 90}


@pytest.mark.parametrize("value", [139, 161, float("nan"), float("inf"), 10**400])
def test_a_value_outside_its_bounds_is_refused(value):
    assert "lies outside 140 to 160" in refused({"limit": value})[0]


@pytest.mark.parametrize("value", ["150", True, None])
def test_what_is_no_number_is_refused(value):
    assert "must be a number" in refused({"limit": value})[0]


def test_a_misspelt_parameter_is_refused_with_a_hint():
    assert refused({"limti": 150}) == ["limti: no such parameter; did you mean limit?"]


def test_loosening_takes_the_medical_directors_name():
    assert "looser than 90" in refused({"floor": 85})[0]
    assert small_book().policy({"floor": 85}, loosened_by="Dr Example").loosened_by == "Dr Example"
    assert "looser than 90" in refused({"floor": 85}, loosened_by=" ")[0]
    assert "lies outside" in refused({"floor": 79}, loosened_by="Dr Example")[0]


def test_a_policy_that_breaks_an_order_is_refused():
    book = load("eligibility")
    with pytest.raises(BadPolicy, match=r"bp_treat_dia \(100\) must be <= bp_hold_dia \(95\)"):
        book.policy({"bp_hold_dia": 95})
    assert book.policy({"bp_hold_dia": 95, "bp_treat_dia": 95}).values["bp_hold_dia"] == 95


def test_every_problem_of_a_policy_is_told_at_once():
    assert len(refused({"limit": 200, "floor": 85, "x": 1})) == 3


@pytest.mark.parametrize("name", names())
def test_every_default_is_the_loosest_unless_the_book_says_who_may_loosen_it(name):
    for param in load(name).params.values():
        low, high = param.bounds
        assert low <= param.default <= high
        assert param.may_loosen or param.default == (high if param.stricter == "lower" else low)


@pytest.mark.parametrize("name", names())
def test_every_number_of_a_shipped_book_says_what_it_is_called(name):
    labels = {key: param.label for key, param in load(name).params.items()}
    assert all(labels.values()), labels
    assert len(set(labels.values())) == len(labels)
