"""A subject that nobody can be is refused with every field named."""

import math

import pytest

from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd.giving import giving
from ketacare.science.pkpd.subject import Subject


@pytest.mark.parametrize("weight_kg", [0, -70, math.nan, math.inf])
def test_a_weight_that_is_not_above_0_is_refused(weight_kg):
    with pytest.raises(OutOfRange) as refused:
        Subject(weight_kg, -1, "other", "martian")
    assert [problem.place for problem in refused.value.problems] == ["weight_kg", "age_years", "sex", "race"]


def test_a_weight_in_grams_and_an_age_in_months_are_asked_about():
    with pytest.raises(OutOfRange, match="is it in kg") as refused:
        Subject(70_000, 480)
    assert [problem.place for problem in refused.value.problems] == ["weight_kg", "age_years"]


def test_the_heaviest_and_oldest_of_all_are_subjects():
    assert Subject(giving().heaviest_kg.value, giving().oldest_years.value)
