"""The plan of check-ins as a file, and what a scale's look back means around the first session."""

import copy
from datetime import UTC, datetime, timedelta

import pytest

from ketacare.science import reference
from ketacare.science.checkins.plan import load, parse, tripwires
from ketacare.science.checkins.recall import recall_flags
from ketacare.science.errors import BadReference, OutOfRange
from ketacare.science.scales import library

RAW = reference.read_yaml("checkins/plan.1.yaml")
FIRST = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_the_plan_has_the_points_that_were_asked_for():
    points = {point.id: point.opens for point in load().points}
    assert {(span.hours, span.days) for span in points.values()} >= {
        (4, None),
        (24, None),
        (None, 3),
        (None, 7),
        (None, 14),
    }
    assert points["before_session"].days < 0
    assert {load().point(name).repeats.every_days for name in ("weekly", "monthly")} == {7, 28}


@pytest.mark.parametrize(
    "change, says",
    [
        ({"ask": [{"scale": "madrs"}]}, "not filled in by the patient"),
        ({"ask": [{"scale": "peg"}]}, "wording is not shipped"),
        ({"ask": [{"scale": "phq99"}]}, "not shipped"),
        ({"opens": {"hours": 4, "days": 1}}, "either hours or days"),
        ({"opens": {}}, "either hours or days"),
        ({"open_for": None}, "how long it is open"),
        ({"sources": ["NOBODY"]}, "no such source"),
        ({"colour": "red"}, "Extra inputs"),
        ({"id": "day_7"}, "given twice"),
    ],
)
def test_a_plan_that_cannot_be_meant_so_is_refused(change, says):
    raw = copy.deepcopy(RAW)
    raw["points"][1] |= change
    with pytest.raises(BadReference, match=says):
        parse(raw, place="plan")


def test_the_answer_that_needs_somebody_today_is_the_last_that_a_scale_needs():
    assert tripwires(library.load("phq9")) == {"phq9_9"}
    for scale in {ask.scale for point in load().points for ask in point.ask}:
        required = [item.id for item in library.load(scale).items if item.required]
        assert tripwires(library.load(scale)) <= {required[-1]}


@pytest.mark.parametrize(
    "days, mostly", [(0, True), (3, True), (7, True), (7.1, False), (13.9, False), (14, None), (-1, None)]
)
def test_phq9_that_looks_back_across_the_first_session_is_flagged(days, mostly):
    answered = FIRST + days * DAY
    flags = recall_flags(library.load("phq9"), answered_at=answered, first_given_at=FIRST, last_answered_at=None)
    assert [flag.is_mostly_before for flag in flags if flag.kind == "across-treatment"] == (
        [] if mostly is None else [mostly]
    )


def test_a_scale_without_a_stated_look_back_or_a_course_without_a_session_is_not_flagged():
    assert recall_flags(library.load("pgi_c"), answered_at=FIRST, first_given_at=FIRST, last_answered_at=None) == ()
    assert recall_flags(library.load("phq9"), answered_at=FIRST, first_given_at=None, last_answered_at=None) == ()


@pytest.mark.parametrize("days, flagged", [(0.1, True), (6.9, True), (7, False), (30, False)])
def test_answers_that_ask_about_the_same_days_are_flagged_and_never_refused(days, flagged):
    flags = recall_flags(
        library.load("phq9"), answered_at=FIRST + days * DAY, first_given_at=None, last_answered_at=FIRST
    )
    assert bool(flags) == flagged


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(OutOfRange):
        recall_flags(
            library.load("phq9"), answered_at=FIRST.replace(tzinfo=None), first_given_at=None, last_answered_at=None
        )
