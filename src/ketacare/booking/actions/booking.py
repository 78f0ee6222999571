"""Giving sessions and consultations their time: all that is asked, or nothing."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from ketacare.booking import lasting, slices
from ketacare.booking.asking import Asked, asked_of
from ketacare.booking.checking import reasons_against_consultation, reasons_against_places, reasons_against_wanted
from ketacare.booking.models import Appointment
from ketacare.booking.standing import numbers_of
from ketacare.booking.taking import release, take
from ketacare.booking.values import Nothing, Place
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Course, Patient, Site, User
from ketacare.clinic.permissions import fetch, require
from ketacare.followup import actions as followup
from ketacare.followup.wanted import wanted_sessions
from ketacare.infusion import actions as infusion
from ketacare.infusion.models import CALLED_OFF, Session
from ketacare.infusion.outside import planned_route

COURSES = Course.objects.select_related("site", "patient")
CALLED_OFF_AS = {"cancelled": Appointment.State.CANCELLED, "missed": Appointment.State.MISSED}


@transaction.atomic
def book_course(*, course_id: int, places: Mapping[int, Place], by: Actor, at: datetime) -> list[Appointment]:
    """Give sessions of a course, by number, their places: new ones, or others than they had; all or none."""
    course = fetch(by, "booking.book", COURSES, pk=course_id)
    lock(course.site)
    asked = asked_of(course, at=at, numbers=tuple(places), movable=tuple(places))
    if isinstance(asked, Nothing):
        raise ActionRefused("not-booked", asked.why)
    lasts = {number: lasting.lasts(course, number) for number in places}
    moved = {number: row for number in places if (row := appointment_of(course, number)) is not None}
    if reasons := list(reasons_against_places(asked, places, lasts, moved=moved, at=at)):
        raise ActionRefused("not-booked", reasons)
    for row in moved.values():
        release(row)
    rows = [placed(asked, number, places[number], lasts[number], by=by, at=at) for number in sorted(places)]
    details = {"appointments": [row.pk for row in rows]}
    audit.record(by=by, at=at, did="sessions booked", on=course, details=details)
    return rows


@transaction.atomic
def book_wanted(*, wanted_id: int, place: Place, by: Actor, at: datetime) -> Appointment:
    """Book a session that a prescriber wants, with its place; the one that it replaces gives its own back."""
    row = fetch(by, "booking.book", wanted_sessions(), pk=wanted_id)
    lock(row.course.site)
    replaced = Appointment.objects.filter(session=row.instead_of, state=Appointment.State.BOOKED).first()
    lasts = lasting.lasts(row.course, row.instead_of.number if row.instead_of else 0)
    if reasons := list(reasons_against_wanted(row, place, lasts, replaced=replaced, at=at)):
        raise ActionRefused("not-booked", reasons)
    planned_at = slices.moment_of(place.start)
    session = followup.book_wanted(wanted_id=row.pk, planned_at=planned_at, by=by, at=at)
    sweep(row.course.site)
    made = kept(session, place, lasts, by=by, at=at)
    audit.record(by=by, at=at, did="wanted session given a place", on=made)
    return made


@transaction.atomic
def book_consultation(
    *,
    site_id: int,
    prescriber_id: int,
    starts_at: datetime,
    by: Actor,
    at: datetime,
    patient: Patient | None = None,
    visitor_name: str = "",
    minutes: int | None = None,
) -> Appointment:
    """An appointment with a prescriber, without a chair: of a patient, or of a person who is none yet, by name."""
    site = fetch(by, "booking.book", Site.objects.all(), pk=site_id)
    if patient is not None:
        require(by, "booking.book", patient)
    lock(site)
    ends_at = starts_at + timedelta(minutes=minutes or numbers_of(site)["consultation_min"])
    row = Appointment(
        site=site,
        kind=Appointment.Kind.CONSULTATION,
        patient=patient,
        visitor_name="" if patient else visitor_name.strip(),
        starts_at=starts_at,
        ends_at=ends_at,
        free_at=ends_at,
        prescriber=User.objects.filter(pk=prescriber_id).first(),
        booked_by_id=user_id(by),
        booked_at=at,
    )
    if reasons := list(reasons_against_consultation(row, at=at)):
        raise ActionRefused("not-booked", reasons)
    row.save()
    take(row)
    audit.record(by=by, at=at, did="consultation booked", on=row)
    return row


@transaction.atomic
def name_visitor(*, appointment_id: int, patient: Patient, by: Actor, at: datetime) -> Appointment:
    """Who comes has become a patient: the appointment, and its time, are theirs from now on."""
    found = fetch(by, "booking.book", Appointment.objects.select_related("site"), pk=appointment_id)
    require(by, "booking.book", patient)
    lock(found.site)
    row = Appointment.objects.select_related("site").get(pk=found.pk)
    row.patient, row.visitor_name = patient, ""
    row.save(update_fields=["patient", "visitor_name"])
    if row.state == Appointment.State.BOOKED and row.starts_at > at:
        release(row)
        take(row)
    audit.record(by=by, at=at, did="visitor of a consultation known as a patient", on=row)
    return row


def lock(site: Site) -> None:
    """One who books at a site after the other; what was called off elsewhere gives its time back first."""
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    sweep(site)


def sweep(site: Site) -> None:
    """Give back the time of sessions that were called off on their own page."""
    rows = Appointment.objects.filter(
        site=site, session__status__in=CALLED_OFF, state__in=(Appointment.State.BOOKED, Appointment.State.UNPLACED)
    )
    for row in rows.select_related("session"):
        row.state = CALLED_OFF_AS[row.session.status]
        row.save(update_fields=["state"])
        release(row)


def appointment_of(course: Course, number: int) -> Appointment | None:
    """The appointment of a session of a course that still takes place."""
    rows = Appointment.objects.filter(course=course, session__number=number).exclude(session__status__in=CALLED_OFF)
    return rows.select_related("site", "session").first()


def placed(asked: Asked, number: int, place: Place, lasts: lasting.Lasts, *, by: Actor, at: datetime) -> Appointment:
    """A session at its place: planned where it was not, moved where it was."""
    planned_at = slices.moment_of(place.start)
    session = Session.objects.filter(course=asked.course, number=number).exclude(status__in=CALLED_OFF).first()
    if session is None:
        route, schedule = planned_route(asked.course)
        session = infusion.plan_session(
            course=asked.course, number=number, planned_at=planned_at, route=route, schedule=schedule, by=by, at=at
        )
    elif session.planned_at != planned_at:
        session = infusion.move_session(session_id=session.pk, planned_at=planned_at, by=by, at=at)
    return kept(session, place, lasts, by=by, at=at)


def kept(session: Session, place: Place, lasts: lasting.Lasts, *, by: Actor, at: datetime) -> Appointment:
    """The session's appointment at a place, with its time taken."""
    row = Appointment.objects.filter(session=session).select_related("site").first() or Appointment(
        site=session.site,
        kind=Appointment.Kind.SESSION,
        patient=session.patient,
        course=session.course,
        session=session,
        booked_by_id=user_id(by),
        booked_at=at,
    )
    row.changes += row.pk is not None
    row.starts_at, row.state = slices.moment_of(place.start), Appointment.State.BOOKED
    row.ends_at, row.free_at = lasting.until(row.starts_at, lasts)
    row.chair_id, row.nurse_id, row.prescriber_id = place.chair, place.nurse, place.prescriber
    row.save()
    take(row)
    return row
