"""What stands beside the next dose: computed from the sessions before, said with its reason, never filled in."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic.errors import ActionRefused
from ketacare.planning import actions
from ketacare.planning.beside import beside
from ketacare.planning.queries import newest_plan
from ketacare.planning.values import EarlierDoses
from ketacare.record.models import Treatment
from tests.rooms.planning.asking import IV, answered, course_with, order_of

QUIET = {
    "alarm_levels": [],
    "pressure_alarm_levels": [],
    "lowest_moaas": 5.0,
    "highest_dissociation": 3.0,
    "highest_distress": 0.0,
}
ADVERSE = QUIET | {"alarm_levels": ["red"], "pressure_alarm_levels": ["red"]}


def borne(cast, *tolerances):
    """What the session room leaves of how each session was borne."""
    for number, one in enumerate(tolerances, start=1):
        Treatment.objects.filter(course=cast.ada_course, number=number).update(tolerance=one)


def said(cast, at, told=None):
    course = cast.course("ada")
    return beside(course, newest_plan(course), kg=Decimal(70), told=told or EarlierDoses(), at=at)


def poor(cast, sessions):
    """A score after each session that is hardly better than the one before the first."""
    at = course_with(cast, sessions, before=20)
    for row in cast.course("ada").treatments.order_by("number"):
        answered(cast, 19, at=row.started_at + timedelta(days=1))
    return at


def test_two_poor_well_borne_sessions_allow_a_step_up(cast):
    at = poor(cast, 2)
    borne(cast, QUIET, QUIET)
    found = said(cast, at).suggestion
    assert (found.direction, found.low, found.high) == ("up", Decimal("0.50"), Decimal("0.60"))


def test_one_poor_session_keeps_the_dose(cast):
    at = poor(cast, 1)
    borne(cast, QUIET)
    assert said(cast, at).suggestion.direction == "same"


def test_a_red_pressure_alarm_asks_for_a_lower_dose_whatever_the_prescriber_answers(cast):
    at = poor(cast, 2)
    borne(cast, QUIET, ADVERSE)
    found = said(cast, at, EarlierDoses(last_session_adverse=False, poor_tolerated_sessions=2)).suggestion
    assert (found.direction, found.high) == ("down", Decimal("0.40"))


def test_what_was_not_charted_is_asked_and_then_answered_by_the_prescriber(cast):
    at = poor(cast, 2)
    assert said(cast, at).suggestion.direction == "unknown"
    told = EarlierDoses(last_session_adverse=False, poor_tolerated_sessions=2)
    assert said(cast, at, told).suggestion.direction == "up"


def test_the_order_checks_judge_a_step_by_what_the_record_tells(cast):
    """The prescriber says that nothing went wrong; the timeline of the last session says otherwise."""
    at = poor(cast, 2)
    borne(cast, QUIET, ADVERSE)
    order = order_of(cast, session_number=3, at=at, **IV)
    with pytest.raises(ActionRefused) as refused:
        actions.sign_order(order_id=order.pk, by=cast.actor("prescriber"), at=at)
    assert {reason.rule for reason in refused.value.reasons} == {"DOSE-07"}


def test_before_the_first_session_there_is_nothing_to_say(cast):
    at = course_with(cast, 0)
    assert said(cast, at).last is None


def test_the_limits_of_a_session_are_said_for_this_patient(cast):
    at = course_with(cast, 0)
    first = said(cast, at).limits[0]
    assert (first.says, first.mg_here, first.rules) == ("most in one session", Decimal("70.0"), ("DOSE-01", "DOSE-03"))


def test_the_suggestion_stands_beside_the_form_and_fills_in_nothing(cast, browse):
    course_with(cast, 2, before=20, until=timezone.now())
    borne(cast, QUIET, ADVERSE)
    page = reverse("planning:order-new", args=[cast.ada_course, 3])
    text = browse("prescriber").get(page).content.decode().replace("\N{NO-BREAK SPACE}", " ")
    assert "The protocol asks for 0.37 mg/kg to 0.4 mg/kg" in text
    assert 'name="dose_mg_per_kg" value' not in text
