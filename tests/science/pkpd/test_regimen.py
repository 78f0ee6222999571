"""A regimen says what was given as it happened, and refuses what cannot have happened, with every field named."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd.giving import device, giving
from ketacare.science.pkpd.regimen import Dose, Regimen


def places(refused):
    return [problem.place for problem in refused.value.problems]


@pytest.mark.parametrize("bad", [-1, math.nan, math.inf])
@pytest.mark.parametrize("field", ["amount_mg", "start_min", "duration_min"])
def test_a_number_that_no_dose_can_have_is_refused_by_its_name(field, bad):
    with pytest.raises(OutOfRange) as refused:
        Dose(**{"amount_mg": 35, "route": "iv", "start_min": 0, "duration_min": 40, field: bad})
    assert places(refused) == [field]


def test_every_problem_of_a_dose_is_told_at_once():
    with pytest.raises(OutOfRange) as refused:
        Dose(-1, "rectal", math.nan, -5)
    assert places(refused) == ["amount_mg", "start_min", "duration_min", "route"]


def test_a_duration_in_seconds_and_a_start_in_seconds_are_asked_about():
    with pytest.raises(OutOfRange, match="is it in minutes") as refused:
        Dose(35, "iv", giving().longest_course_min.value * 60, giving().longest_infusion_min.value * 60)
    assert places(refused) == ["start_min", "duration_min"]


def test_the_longest_infusion_and_the_last_start_are_still_doses():
    assert Dose(35, "iv", giving().longest_course_min.value, giving().longest_infusion_min.value)


@pytest.mark.parametrize("route", ["im", "intranasal", "oral", "sublingual", "buccal"])
def test_only_a_dose_into_a_vein_runs(route):
    with pytest.raises(OutOfRange, match="given at once"):
        Dose(28, route, 0, 5)


def test_the_names_that_papers_use_for_a_route_are_known():
    assert Dose(35, "iv_infusion", 0, 40).route == "iv"
    assert Dose(12, "oral_solution", 0).route == "oral"


def test_no_dose_is_no_regimen():
    with pytest.raises(OutOfRange, match="no dose"):
        Regimen(())


def test_doses_out_of_order_and_devices_at_one_moment_are_refused_together():
    with pytest.raises(OutOfRange) as refused:
        Regimen((Dose(28, "intranasal", 5), Dose(28, "intranasal", 5), Dose(28, "intranasal", 0)))
    assert places(refused) == ["doses[3].start_min", "doses[2].start_min"]


def test_unknown_drug_and_salt_are_refused_by_name():
    with pytest.raises(OutOfRange) as refused:
        Regimen((Dose(35, "iv", 0, 40),), "arketamine", "sulphate")
    assert places(refused) == ["drug", "salt"]


def test_a_pumps_steps_become_the_doses_that_ran_with_its_pause_left_out():
    ran = Regimen.from_rates([(0, 1.0), (10, 0), (15, 0.5), (25, 2)], end_min=30, drug="racemic_ketamine")
    assert [(dose.start_min, dose.duration_min, dose.amount_mg) for dose in ran.doses] == [
        (0, 10, 10),
        (15, 10, 5),
        (25, 5, 10),
    ]
    assert ran.drug == "racemic_ketamine"


def test_everything_wrong_with_a_pumps_steps_is_told_at_once():
    with pytest.raises(OutOfRange) as refused:
        Regimen.from_rates([(0, -1), (10, math.nan), (10, 1)], end_min=5)
    assert sorted(places(refused)) == [
        "end_min",
        "steps[1].rate_mg_per_min",
        "steps[2].rate_mg_per_min",
        "steps[3].start_min",
    ]


@pytest.mark.parametrize("steps", [[], [(0, 0), (5, 0)]])
def test_a_pump_that_gave_nothing_is_no_regimen(steps):
    with pytest.raises(OutOfRange, match="no step with a rate"):
        Regimen.from_rates(steps, end_min=10)


def test_devices_follow_each_other_with_the_labels_rest():
    three = Regimen.devices(3, start_min=60)
    assert [dose.start_min for dose in three.doses] == [60, 60 + device().apart_min, 60 + 2 * device().apart_min]
    assert {dose.amount_mg for dose in three.doses} == {device().mg}
    assert three.drug == "esketamine"


def test_a_regimen_given_again_keeps_its_order_and_its_words():
    course = Regimen.infusion(35, 40, drug="racemic_ketamine", salt="hydrochloride").repeated([7, 0, 2])
    assert [dose.start_min / 1440 for dose in course.doses] == [0, 2, 7]
    assert (course.drug, course.salt) == ("racemic_ketamine", "hydrochloride")


@given(factor=st.floats(0, 10), later=st.floats(0, 1000))
def test_scaling_and_shifting_change_one_thing_each(factor, later):
    before = Regimen.from_rates([(0, 1.0), (10, 0.5)], end_min=40)
    after = before.scaled(factor).shifted(later)
    assert after.amount_mg == pytest.approx(before.amount_mg * factor)
    assert after.end_min == pytest.approx(before.end_min + later)
    assert [dose.duration_min for dose in after.doses] == [dose.duration_min for dose in before.doses]


def test_two_regimens_are_given_side_by_side_if_they_are_of_one_drug_and_salt():
    both = Regimen.infusion(35, 40).along_with(Regimen.push(5, start_min=10))
    assert [dose.start_min for dose in both.doses] == [0, 10]
    with pytest.raises(OutOfRange, match="esketamine"):
        both.along_with(Regimen.devices(1))


def test_a_billion_repeats_and_devices_are_refused_before_they_are_made():
    with pytest.raises(OutOfRange, match="on_days"):
        Regimen.infusion(35, 40).repeated(range(10**9))
    with pytest.raises(OutOfRange, match="count"):
        Regimen.devices(10**9)
