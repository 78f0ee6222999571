"""Adverse events: what is serious, what contradicts, what a pressure counts as."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.monitoring.adverse import (
    adverse_events,
    contradictions,
    is_serious,
    peak_of,
    pressure_grade,
)
from ketacare.science.monitoring.events import AdverseEvent, BadEvent, build, from_json

CRITERIA = tuple(adverse_events().seriousness.criteria)
ANSWERS = st.dictionaries(st.sampled_from(CRITERIA), st.sampled_from([True, False, None]))
JUDGED = {
    "term": "nausea",
    "grade": 1,
    "relatedness": "probable",
    "seriousness": dict.fromkeys(CRITERIA, False),
    "drug_action": "not_changed",
    "outcome": "recovered",
}


def test_the_file_has_the_seven_criteria_the_five_steps_and_the_five_grades():
    book = adverse_events()
    assert (len(CRITERIA), len(book.relatedness.steps), sorted(book.grading.grades)) == (7, 5, [1, 2, 3, 4, 5])
    assert book.review.status == "unreviewed"


@given(ANSWERS)
def test_one_yes_makes_an_event_serious_and_only_seven_noes_make_it_not(answers):
    found = is_serious(answers)
    assert (found is True) == (True in answers.values())
    assert (found is False) == (len(answers) == len(CRITERIA) and set(answers.values()) == {False})


def test_an_unanswered_criterion_leaves_the_seriousness_unknown():
    assert is_serious(dict.fromkeys(CRITERIA, False) | {"death": None}) is None
    assert is_serious({}) is None


@pytest.mark.parametrize(
    "systolic, diastolic, grade",
    [
        (119, 79, None),
        (120, 79, 1),
        (119, 80, 1),
        (139, 89, 1),
        (140, 60, 2),
        (110, 90, 2),
        (159, 99, 2),
        (160, 60, 3),
        (110, 100, 3),
        (240, 140, 3),
        (None, 95, 2),
        (None, None, None),
    ],
)
def test_the_higher_of_the_two_pressures_gives_the_grade_and_4_is_never_counted(systolic, diastolic, grade):
    assert pressure_grade(systolic=systolic, diastolic=diastolic) == grade


@pytest.mark.parametrize("death", [True, False, None])
@pytest.mark.parametrize("outcome", ["fatal", "recovered"])
@pytest.mark.parametrize("grade", [4, 5])
def test_who_says_death_in_one_place_says_it_in_all_three(grade, outcome, death):
    said = {grade == 5, outcome == "fatal", death is True}
    found = contradictions(grade=grade, outcome=outcome, answers={"death": death})
    assert bool(found) == (len(said) == 2)


def test_the_peak_of_a_pressure_is_its_highest_and_of_saturation_its_lowest():
    assert peak_of("hypertension", {"bp_sys": [130, 182, 150], "bp_dia": [70, 104], "spo2": [90]}) == {
        "bp_sys": 182,
        "bp_dia": 104,
    }
    assert peak_of("hypoxia", {"spo2": [97, 88, 95]}) == {"spo2": 88}
    assert peak_of("hypoxia", {}) == {}
    assert peak_of("nausea", {"spo2": [97]}) == {}
    assert peak_of("something of its own", {"spo2": [97]}) == {}


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"seriousness": {}}, "seriousness is asked by"),
        ({"seriousness": dict.fromkeys(CRITERIA, False) | {"severe": True}}, "seriousness is asked by"),
        ({"drug_action": "hidden"}, "drug_action"),
        ({"outcome": "fine"}, "outcome"),
        ({"outcome": "fatal"}, "death"),
        ({"grade": 0}, "grade"),
        ({"grade": 6}, "grade"),
        ({"relatedness": "surely"}, "relatedness"),
        ({"term": ""}, "term"),
    ],
)
def test_a_judgement_that_cannot_be_is_refused(changes, says):
    with pytest.raises(BadEvent, match=says):
        build(AdverseEvent, JUDGED | changes)


def test_an_event_of_the_first_form_is_still_read():
    first = from_json(
        {"schema": "adverse-event/1", "term": "fall", "grade": 3, "serious": True, "causality": "possible"}, stored=True
    )
    assert (first.kind, first.serious) == ("adverse-event", True)


def test_what_was_accepted_once_is_read_whatever_the_list_says_now():
    old = (
        {"schema": "adverse-event/2"} | JUDGED | {"drug_action": "a word that is gone", "seriousness": {"death": None}}
    )
    assert from_json(old, stored=True).serious is None
