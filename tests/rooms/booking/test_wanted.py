"""A session that a prescriber wants is booked with chair and people; and what is waited for."""

from datetime import timedelta

import pytest

from ketacare.booking import actions, lasting
from ketacare.booking.models import Waiting
from ketacare.booking.moving import Stay, times_on
from ketacare.booking.queries import sessions_without_chair, waiting_at
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Site
from ketacare.followup.models import WantedSessionEnd
from tests.cast import NOW
from tests.rooms import steps
from tests.rooms.booking.opened import BERLIN, booked, opened
from tests.rooms.followup.wanting import wanted_after_a_session


def test_a_wanted_session_gets_a_chair_and_people_in_the_same_step(cast):
    opened(cast, days=range(7))
    row = wanted_after_a_session(cast)
    course, at = cast.course("ada"), row.at
    stay = Stay(course=course, number=2, lasts=lasting.lasts(course, 2))
    times = times_on(stay, row.wanted_on, at=at)
    assert times[0].starts_at.astimezone(BERLIN).hour == 8
    made = actions.book_wanted(wanted_id=row.pk, place=times[0].place, by=cast.actor("front-desk"), at=at)
    assert WantedSessionEnd.objects.get(wanted=row).booked_id == made.session_id
    assert (made.starts_at, made.session.number) == (times[0].starts_at, 2)
    with pytest.raises(ActionRefused, match="booked or taken back"):
        actions.book_wanted(wanted_id=row.pk, place=times[1].place, by=cast.actor("front-desk"), at=at)


def test_a_day_without_chairs_has_no_free_times(cast):
    opened(cast, chairs=0, days=range(7))
    row = wanted_after_a_session(cast)
    course = cast.course("ada")
    assert times_on(Stay(course=course, number=2, lasts=lasting.lasts(course, 2)), row.wanted_on, at=row.at) == []


def test_who_waits_stands_once_on_the_list_until_somebody_says_why_not(cast):
    by = cast.actor("front-desk")
    asked = {"course_id": cast.ada_course, "earliest_on": NOW.date(), "part": "morning", "by": by, "at": NOW}
    row = actions.put_on_waiting_list(latest_on=NOW.date() + timedelta(days=9), **asked)
    with pytest.raises(ActionRefused, match="waits-already"):
        actions.put_on_waiting_list(latest_on=NOW.date(), **asked)
    assert [one.pk for one in waiting_at([cast.here])] == [row.pk]
    with pytest.raises(ActionRefused, match="no-reason"):
        actions.end_waiting(waiting_id=row.pk, reason=" ", by=by, at=NOW)
    actions.end_waiting(waiting_id=row.pk, reason="Booked", by=by, at=NOW)
    assert not waiting_at([cast.here]).exists()
    assert Waiting.objects.get().end_reason == "Booked"


def test_a_booked_course_leaves_nothing_planned_without_a_chair(cast):
    opened(cast)
    steps.planned(cast)
    booked(cast)
    assert not sessions_without_chair(Site.objects.get(pk=cast.here), at=NOW).exists()


@pytest.mark.parametrize("value", [0, 5])
def test_a_number_outside_its_bounds_is_refused(cast, value):
    with pytest.raises(ActionRefused, match="outside 1 to 4"):
        actions.settle_number(
            site_id=cast.here,
            name="patients_per_nurse",
            value=value,
            reason="Why not",
            by=cast.actor("front-desk"),
            at=NOW,
        )
