"""Many who book the same time at once: nobody has it twice, and nobody half. On both databases."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from ketacare.booking import actions, slices, taking
from ketacare.booking.models import Appointment, Taken
from ketacare.booking.queries import appointments
from ketacare.booking.values import Place
from ketacare.clinic import actions as clinic
from ketacare.infusion import actions as infusion
from ketacare.infusion.models import Session
from tests.cast import NOW
from tests.rooms import steps
from tests.rooms.booking.opened import BERLIN, best, booked, opened
from tests.rooms.planning.test_two_at_once import at_once

AT_ONCE = 8
TEN = datetime(2026, 3, 4, 10, tzinfo=BERLIN)


def test_a_course_booked_by_many_at_once_is_booked_once_and_whole(own_cast):
    opened(own_cast)
    steps.planned(own_cast)
    places, by = best(own_cast), own_cast.actor("front-desk")
    ways = [lambda: actions.book_course(course_id=own_cast.ada_course, places=places, by=by, at=NOW)] * AT_ONCE
    ended = Counter(at_once(*ways))
    assert ended["done"] >= 1
    assert Session.objects.count() == Appointment.objects.count() == 6
    assert_nothing_is_had_twice()


def test_a_prescriber_is_given_to_one_of_many_who_ask_for_the_same_hour(own_cast):
    opened(own_cast, chairs=0)
    by = own_cast.actor("front-desk")

    def ask(number: int) -> None:
        actions.book_consultation(
            site_id=own_cast.here, prescriber_id=own_cast.staff["prescriber"], starts_at=TEN,
            visitor_name=f"Visitor {number}", by=by, at=NOW,
        )  # fmt: skip

    ended = Counter(at_once(*(lambda number=number: ask(number) for number in range(AT_ONCE))))
    assert ended == {"done": 1, "not-booked": AT_ONCE - 1}
    assert Appointment.objects.count() == 1
    assert_nothing_is_had_twice()


def session_of(own_cast, number: int) -> Appointment:
    """A further session at ten, in chair, with nurse and prescriber, nothing of it taken yet."""
    by = own_cast.actor("front-desk")
    patient = clinic.add_patient(
        site=own_cast.user("nurse").memberships.first().site, given_name="P", family_name=str(number),
        born_on=date(1990, 1, 1), sex_at_birth="female", by=by, at=NOW,
    )  # fmt: skip
    course = clinic.open_course(patient=patient, site=patient.sites.get(), indication="mdd_trd", by=by, at=NOW)
    session = infusion.plan_session(course=course, number=1, planned_at=TEN, route="iv_ketamine", by=by, at=NOW)
    chair = own_cast.user("nurse").memberships.first().site.chairs.order_by("pk")[number]
    return Appointment.objects.create(
        site=session.site, kind="session", patient=patient, course=course, session=session, starts_at=TEN,
        ends_at=TEN + timedelta(hours=2), free_at=TEN + timedelta(hours=2), chair=chair,
        nurse_id=own_cast.staff["nurse"], prescriber_id=own_cast.staff["prescriber"], booked_at=NOW,
    )  # fmt: skip


def test_without_the_lock_the_constraint_alone_keeps_a_nurse_to_her_ratio(own_cast):
    opened(own_cast, chairs=6)
    rows = [session_of(own_cast, number) for number in range(6)]

    def take(pk: int) -> None:
        with transaction.atomic():
            taking.take(appointments().get(pk=pk))

    ended = Counter(at_once(*(lambda pk=row.pk: take(pk) for row in rows)))
    assert 1 <= ended["done"] <= 2, "two patients a nurse"
    assert ended["done"] + ended["just-taken"] == 6
    assert_nothing_is_had_twice()
    whole = Counter(Taken.objects.values_list("appointment", flat=True))
    assert len(whole) == ended["done"]
    assert set(whole.values()) == {4 * 24}, "all of an appointment or nothing of it"


def test_two_who_plan_the_same_session_at_once_come_one_after_the_other(own_cast):
    by = own_cast.actor("front-desk")
    course = own_cast.course("ada")
    ways = [
        lambda: infusion.plan_session(course=course, number=1, planned_at=TEN, route="iv_ketamine", by=by, at=NOW)
    ] * AT_ONCE
    assert Counter(at_once(*ways)) == {"done": 1, "number-taken": AT_ONCE - 1}


def test_moving_and_calling_off_at_once_leave_nothing_twice(own_cast):
    opened(own_cast)
    steps.planned(own_cast)
    rows = booked(own_cast)
    by = own_cast.actor("front-desk")
    last = rows[5]
    start = slices.at_or_before(last.starts_at) + 12
    later = {6: Place(start=start, chair=last.chair_id, nurse=last.nurse_id, prescriber=last.prescriber_id)}
    ways = [
        lambda: actions.book_course(course_id=own_cast.ada_course, places=later, by=by, at=NOW),
        lambda: actions.call_off(appointment_id=rows[5].pk, how="cancelled", reason="Ill", by=by, at=NOW),
    ] * 2
    at_once(*ways)
    assert_nothing_is_had_twice()
    alive = Appointment.objects.filter(state="booked")
    assert set(Taken.objects.values_list("appointment", flat=True)) == set(alive.values_list("pk", flat=True))


def test_the_database_itself_refuses_a_slice_that_is_taken(cast):
    opened(cast)
    steps.planned(cast)
    row = Taken.objects.filter(appointment=booked(cast)[0]).first()
    with pytest.raises(IntegrityError), transaction.atomic():
        Taken.objects.create(resource=row.resource, slice=row.slice, place=row.place, appointment=row.appointment)


def assert_nothing_is_had_twice() -> None:
    had = Counter(Taken.objects.values_list("resource", "slice", "place"))
    assert not [one for one, times in had.items() if times > 1]
    chairs = Counter(
        (resource, number) for resource, number in Taken.objects.values_list("resource", "slice")
        if resource.startswith(("chair:", "patient:", "visit:"))
    )  # fmt: skip
    assert not [one for one, times in chairs.items() if times > 1]
