"""A whole course booked at once: by the protocol's spacing, into what is free, all or nothing."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest

from ketacare.booking import actions, slices
from ketacare.booking.asking import proposals
from ketacare.booking.models import Appointment, Taken
from ketacare.booking.queries import appointments_of
from ketacare.booking.values import Nothing, Place, Wish
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent
from ketacare.infusion import actions as infusion
from ketacare.infusion.models import Session
from tests.cast import NOW
from tests.rooms import steps
from tests.rooms.booking.opened import BERLIN, best, booked, opened


def days(rows: list[Appointment]) -> list[date]:
    return [row.starts_at.astimezone(BERLIN).date() for row in rows]


def test_six_sessions_are_booked_with_chair_nurse_and_prescriber_at_the_spacing_of_the_protocol(cast):
    opened(cast)
    steps.planned(cast)
    rows = booked(cast)
    on = days(rows)
    gaps = [(two - one).days for one, two in pairwise(on)]
    assert [row.session.number for row in rows] == [1, 2, 3, 4, 5, 6]
    assert all(2 <= gap <= 4 for gap in gaps)
    assert (on[-1] - on[0]).days < 21
    assert all(day.weekday() < 5 for day in on)
    assert {row.session.status for row in rows} == {"planned"}
    assert all(row.session.planned_at == row.starts_at for row in rows)
    assert AuditEvent.objects.filter(did="sessions booked").count() == 1


def test_a_session_holds_its_chair_for_preparation_drug_watching_and_turnover(cast):
    opened(cast)
    steps.planned(cast)
    row = booked(cast)[0]
    assert (row.ends_at - row.starts_at) == timedelta(minutes=30 + 40 + 60)
    assert (row.free_at - row.ends_at) == timedelta(minutes=10)
    assert Taken.objects.filter(resource=f"chair:{row.chair_id}", appointment=row).count() == 28
    assert Taken.objects.filter(resource=f"patient:{cast.ada}", appointment=row).count() == 26


def test_the_whole_stay_lies_in_the_opening_hours(cast):
    opened(cast)
    steps.planned(cast)
    for row in booked(cast, best(cast, part="afternoon")):
        starts, free = row.starts_at.astimezone(BERLIN), row.free_at.astimezone(BERLIN)
        assert time(12) <= starts.time()
        assert free.time() <= time(18)


def test_a_course_keeps_its_hour_over_the_change_to_summer_time(cast):
    opened(cast)
    steps.planned(cast, first_on=date(2026, 3, 23))
    rows = booked(cast, best(cast, first_on=date(2026, 3, 23)))
    walls = {row.starts_at.astimezone(BERLIN).time() for row in rows}
    offsets = {row.starts_at.astimezone(BERLIN).utcoffset() for row in rows}
    assert walls == {time(8)}
    assert offsets == {timedelta(hours=1), timedelta(hours=2)}


def test_what_the_patient_said_about_when_they_cannot_come_is_kept(cast):
    opened(cast)
    steps.planned(cast)
    by = cast.actor("front-desk")
    said = {"course_id": cast.ada_course, "by": by, "at": NOW}
    actions.say_unavailable(weekday=0, starts=time(0), ends=time(23, 59), **said)
    actions.say_unavailable(on=date(2026, 3, 4), starts=time(8), ends=time(12), **said)
    rows = booked(cast)
    assert all(row.starts_at.astimezone(BERLIN).weekday() != 0 for row in rows)
    first = rows[0].starts_at.astimezone(BERLIN)
    assert first.date() != date(2026, 3, 4) or first.time() >= time(12)


def test_one_place_that_is_taken_books_nothing(cast):
    opened(cast, chairs=1)
    steps.planned(cast)
    places = best(cast)
    last = places[6]
    blocker = Place(start=last.start, chair=last.chair, nurse=last.nurse, prescriber=last.prescriber)
    Appointment.objects.create(
        site_id=cast.here, kind="consultation", visitor_name="A blocker", prescriber_id=blocker.prescriber,
        starts_at=slices.moment_of(last.start), ends_at=slices.moment_of(last.start + 1),
        free_at=slices.moment_of(last.start + 1), booked_at=NOW,
    )  # fmt: skip
    Taken.objects.create(
        resource=f"chair:{last.chair}", slice=last.start, place=0, appointment=Appointment.objects.get()
    )
    with pytest.raises(ActionRefused, match="just-taken"):
        booked(cast, places)
    assert not Session.objects.exists()
    assert Taken.objects.count() == 1


def test_sessions_too_near_are_refused_whoever_sends_them(cast):
    opened(cast)
    steps.planned(cast)
    places = best(cast)
    day = 24 * 12
    near = places | {2: Place(**(vars(places[1]) | {"start": places[1].start + day}))}
    with pytest.raises(ActionRefused, match="at least 2 days"):
        booked(cast, near)
    assert not Appointment.objects.exists()


def test_forty_hours_from_start_to_start_hold_beside_the_days(cast):
    opened(cast)
    steps.planned(cast)
    places = best(cast, part="afternoon")
    first = slices.moment_of(places[1].start).astimezone(BERLIN)
    early = datetime.combine(first.date() + timedelta(days=2), time(8), BERLIN)
    late = places[1].start + (15 - first.hour) * 12
    near = {
        1: Place(**(vars(places[1]) | {"start": late})),
        2: Place(**(vars(places[1]) | {"start": slices.at_or_before(early)})),
    }
    assert near[2].start - near[1].start <= 41 * 12
    with_hour = {1: Place(**(vars(near[1]) | {"start": near[2].start - 39 * 12})), 2: near[2]}
    with pytest.raises(ActionRefused, match="Sessions 1 and 2"):
        booked(cast, with_hour)


def test_a_week_without_a_prescriber_is_told_and_nothing_is_proposed(cast):
    opened(cast)
    steps.planned(cast)
    by = cast.actor("front-desk")
    begins, ends = datetime(2026, 3, 3, tzinfo=BERLIN), datetime(2026, 5, 1, tzinfo=BERLIN)
    actions.add_absence(
        site_id=cast.here,
        person_id=cast.staff["prescriber"],
        starts_at=begins,
        ends_at=ends,
        why="leave",
        by=by,
        at=NOW,
    )
    answer = proposals(cast.course("ada"), Wish(first_on=steps.FIRST_ON), at=NOW)
    assert isinstance(answer, Nothing)
    assert "no free chair with a nurse and a prescriber" in answer.why[0]


def test_a_session_planned_by_hand_is_given_its_place(cast):
    opened(cast)
    steps.planned(cast)
    by = cast.actor("front-desk")
    planned = infusion.plan_session(
        course=cast.course("ada"),
        number=1,
        planned_at=datetime(2026, 3, 5, 7, tzinfo=BERLIN),
        route="iv_ketamine",
        by=by,
        at=NOW,
    )
    rows = booked(cast)
    assert rows[0].session_id == planned.pk
    assert Session.objects.get(pk=planned.pk).planned_at == rows[0].starts_at


def test_moving_a_session_gives_its_old_time_back(cast):
    opened(cast)
    steps.planned(cast)
    rows = booked(cast)
    old = rows[5]
    place = Place(
        start=slices.at_or_before(old.starts_at) + 12,
        chair=old.chair_id,
        nurse=old.nurse_id,
        prescriber=old.prescriber_id,
    )
    moved = booked(cast, {6: place})
    assert moved[0].pk == old.pk
    assert moved[0].starts_at == old.starts_at + timedelta(hours=1)
    assert moved[0].changes == 1
    assert min(Taken.objects.filter(appointment=old).values_list("slice", flat=True)) == place.start
    assert Session.objects.get(pk=old.session_id).planned_at == moved[0].starts_at


def test_a_session_called_off_on_its_own_page_gives_its_time_back(cast):
    opened(cast)
    steps.planned(cast)
    rows = booked(cast)
    infusion.cancel(session_id=rows[5].session_id, reason="Moves away", by=cast.actor("nurse"), at=NOW)
    assert [row.pk for row in appointments_of(cast.patient("ada"))] == [row.pk for row in rows[:5]]
    again = booked(cast)
    assert [row.session.number for row in again] == [6]
    assert again[0].starts_at == rows[5].starts_at
    assert Appointment.objects.get(pk=rows[5].pk).state == "cancelled"


def test_the_other_clinics_front_desk_cannot_book(cast):
    opened(cast)
    steps.planned(cast)
    places = best(cast)
    with pytest.raises(NotAllowed):
        actions.book_course(course_id=cast.ada_course, places=places, by=cast.actor("front-desk", there=True), at=NOW)
    with pytest.raises(NotAllowed):
        actions.book_course(course_id=cast.ada_course, places=places, by=cast.actor("quality"), at=NOW)


def test_a_consultation_needs_no_chair_and_takes_its_prescriber_once(cast):
    opened(cast, chairs=0)
    at_ten = datetime(2026, 3, 4, 10, tzinfo=BERLIN)
    asked = {"site_id": cast.here, "prescriber_id": cast.staff["prescriber"], "by": cast.actor("front-desk"), "at": NOW}
    first = actions.book_consultation(starts_at=at_ten, visitor_name="Zoë Nuñez", **asked)
    assert (first.chair, first.kind, first.ends_at - first.starts_at) == (None, "consultation", timedelta(hours=1))
    with pytest.raises(ActionRefused, match="another consultation"):
        actions.book_consultation(starts_at=at_ten + timedelta(minutes=30), patient=cast.patient("ben"), **asked)
    second = actions.book_consultation(starts_at=at_ten + timedelta(hours=1), patient=cast.patient("ben"), **asked)
    assert list(appointments_of(cast.patient("ben"))) == [second]
    with pytest.raises(ActionRefused, match="does not work here"):
        actions.book_consultation(starts_at=at_ten + timedelta(hours=9), visitor_name="Too late", **asked)
    with pytest.raises(ActionRefused, match="who comes"):
        actions.book_consultation(starts_at=at_ten + timedelta(hours=3), **asked)
