"""The forecast page: the same numbers as the library, what if, and every reason for no date."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ketacare.followup import forecasting
from ketacare.followup.values import Thought
from ketacare.outcomes import actions as outcomes
from ketacare.record.models import Treatment
from ketacare.science.trajectory.course import course as told_course
from ketacare.science.trajectory.forecast import fit
from ketacare.science.trajectory.presets import prior
from ketacare.science.trajectory.window import window
from tests.rooms.infusion import today

SESSIONS = (0, 2, 4, 7, 9, 11)  # days
TOTALS = ((-1, 20), (1, 12), (3, 10), (6, 9), (10, 6), (13, 5), (20, 6), (27, 8))


def answered(cast, total, *, at) -> None:
    answers = {f"phq9_{n}": min(3, max(0, total - 3 * (n - 1))) for n in range(1, 10)}
    outcomes.record_answers(
        course_id=cast.ada_course,
        instrument_id="phq9",
        answers=answers,
        how="by-patient",
        answered_at=at,
        form_key=uuid4(),
        by=cast.actor("nurse"),
        at=at,
    )


def treated(cast, *, first, days=SESSIONS) -> None:
    for number, day in enumerate(days, start=1):
        at = first + timedelta(days=day)
        Treatment.objects.create(
            course_id=cast.ada_course,
            number=number,
            route="iv_ketamine",
            started_at=at,
            ended_at=at + timedelta(minutes=40),
        )


@pytest.fixture
def followed(cast):
    """Six sessions a month ago, with scores around them."""
    first = timezone.now() - timedelta(days=30)
    treated(cast, first=first)
    for day, total in TOTALS:
        answered(cast, total, at=first + timedelta(days=day))
    return cast


def page(browse, cast, **asked) -> str:
    reply = browse("prescriber").get(reverse("followup:forecast", args=[cast.ada_course]), asked)
    return reply.content.decode()


def test_the_page_says_what_the_library_says(browse, followed):
    first = SESSIONS[0] + 1  # the first score lies a day before the first session
    course = told_course([day + first for day in SESSIONS], [(day + first, total) for day, total in TOTALS])
    known = fit(course, prior("phq9", "community"))
    (day, *_) = known.forecast([31 + 7], threshold=10)
    wanted = window(known, threshold=10)
    found = forecasting.forecast(
        followed.course("ada"), scale="phq9", preset="community", threshold=None, thought=Thought(), at=timezone.now()
    )
    assert found.threshold == 10  # half of the first score
    assert found.weeks[0][1].severity == pytest.approx(day.severity, abs=1e-3)
    assert [one.name for one in found.dates] == [one.name for one in wanted.dates]
    shown = page(browse, followed)
    assert f"{day.severity:.1f}" in shown
    assert "A planning aid: the clinician decides." in shown
    assert "It asks about two weeks" in shown


def test_how_long_the_last_sessions_held_is_told(browse, followed):
    assert "Held at least 16 days after session 6." in page(browse, followed)


def test_another_session_lowers_the_risk_beside_what_is_planned(browse, followed):
    extra = timezone.now().date() + timedelta(days=7)
    at = timezone.now()
    found = forecasting.forecast(
        followed.course("ada"), scale="phq9", preset="research", threshold=8, thought=Thought(extra=extra), at=at
    )
    _, planned, thought = found.weeks[1]
    assert thought.point_risk < planned.point_risk
    assert ">As thought<" in page(browse, followed, extra=extra.isoformat(), preset="research")


def test_a_planned_session_counts_as_given_and_may_be_thought_away(browse, cast):
    session = today.planned(cast, at=timezone.now() + timedelta(days=3))
    first = timezone.now() - timedelta(days=10)
    Treatment.objects.create(
        course_id=cast.ada_course,
        number=9,
        route="iv_ketamine",
        started_at=first,
        ended_at=first + timedelta(minutes=40),
    )
    for day, total in ((0, 20), (3, 8), (7, 10)):
        answered(cast, total, at=first + timedelta(days=day))
    shown = page(browse, cast, without=session.number)
    assert "Counted as given: the 1 session that is planned; the dates come after" in shown
    found = forecasting.forecast(
        cast.course("ada"),
        scale="phq9",
        preset="research",
        threshold=None,
        thought=Thought(without=1),
        at=timezone.now(),
    )
    assert found.weeks[0][2].severity > found.weeks[0][1].severity


def test_without_scores_there_is_nothing_to_foretell_from(browse, cast):
    assert "There is nothing to foretell from" in page(browse, cast)


def test_scores_without_a_session_are_followed_all_the_same(browse, cast):
    for days in (30, 10, 2):
        answered(cast, 18, at=timezone.now() - timedelta(days=days))
    shown = page(browse, cast)
    assert "No infusion has been given." in shown
    assert "Week by week" in shown


def test_too_few_scores_after_a_session_show_no_date_and_say_why(browse, cast):
    first = timezone.now() - timedelta(days=5)
    treated(cast, first=first, days=(0,))
    answered(cast, 20, at=first - timedelta(days=1))
    shown = page(browse, cast)
    assert "At least 2 scores after the first infusion are needed; there are 0." in shown
    assert "Maintenance window" not in shown


def test_a_score_taken_while_the_drug_acts_is_not_used_and_that_is_said(browse, followed):
    last = Treatment.objects.get(number=6)
    answered(followed, 27, at=last.started_at + timedelta(minutes=90))
    shown = page(browse, followed)
    assert "1 score taken within two hours of a dose is not used." in shown
    assert "8 scores" in shown


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"threshold": "-3"}, "A score of the scale is needed"),
        ({"scale": "phq9", "threshold": "90"}, "above 0 and below 27"),
        ({"scale": "sofa"}, "Select a valid choice"),
        ({"extra": "2020-01-01"}, "lies in the future"),
        ({"without": "99"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_asked_is_said_at_its_field(browse, followed, asked, says):
    assert says in page(browse, followed, **asked)


def test_another_clinics_forecast_is_not_there(browse, cast):
    assert browse("nurse").get(reverse("followup:forecast", args=[cast.zoe_course])).status_code == 404


def test_the_page_asks_the_database_the_same_for_few_scores_as_for_many(browse, followed):
    client, where = browse("prescriber"), reverse("followup:forecast", args=[followed.ada_course])
    client.get(where)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(where)
    for hour in range(10):
        answered(followed, 7, at=timezone.now() - timedelta(hours=hour + 1))
    with CaptureQueriesContext(connection) as many:
        client.get(where)
    assert len(many) == len(few)


def test_a_question_that_can_be_answered_is_no_mistake(browse, followed):
    where = reverse("followup:forecast", args=[followed.ada_course])
    assert browse("prescriber").get(where, {"preset": "research"}).status_code == 200
    assert browse("prescriber").get(where, {"preset": "sofa"}).status_code == 422
