"""Who is absent, when a patient cannot come, and who waits."""

from collections.abc import Collection
from datetime import date, datetime, time

from django.db import IntegrityError, transaction

from ketacare.booking.actions.settling import over, refuse_ended
from ketacare.booking.models import DAYS_A_WEEK, Absence, Appointment, Unavailable, Waiting
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Course, Membership, Site
from ketacare.clinic.permissions import fetch, require

BOOK = "booking.book"
FORGOTTEN = "(erased)"


@transaction.atomic
def forget_visitors(*, appointment_ids: Collection[int], by: Actor, at: datetime) -> None:
    """Take the names off first visits of people who never became patients, where the law lets them go."""
    rows = Appointment.objects.select_related("site").filter(pk__in=appointment_ids, patient__isnull=True)
    for row in rows:
        require(by, "retention.apply", row)
        row.visitor_name, row.end_reason = FORGOTTEN, row.end_reason and FORGOTTEN
        row.save(update_fields=["visitor_name", "end_reason"])
        audit.record(by=by, at=at, did="visitor forgotten", on=row)


@transaction.atomic
def add_absence(
    *, site_id: int, person_id: int, starts_at: datetime, ends_at: datetime, why: str, by: Actor, at: datetime
) -> Absence:
    """A person is not there for a while; the days it touches are then arranged anew."""
    site = fetch(by, "booking.absence", Site.objects.all(), pk=site_id)
    if not Membership.objects.filter(site=site, user=person_id).exists():
        raise ActionRefused("not-here", ["The person does not work at this site."])
    if ends_at <= starts_at or why not in Absence.Why.values:
        raise ActionRefused("no-absence", ["An absence ends after it starts, and is for a reason."])
    row = Absence.objects.create(
        site=site,
        person_id=person_id,
        starts_at=starts_at,
        ends_at=ends_at,
        why=why,
        told_by_id=user_id(by),
        told_at=at,
    )
    audit.record(by=by, at=at, did="absence told", on=row)
    return row


@transaction.atomic
def end_absence(*, absence_id: int, by: Actor, at: datetime) -> Absence:
    """The person is there after all."""
    return over(Absence.objects.all(), "booking.absence", "absence ended", pk=absence_id, by=by, at=at)


@transaction.atomic
def say_unavailable(
    *,
    course_id: int,
    starts: time,
    ends: time,
    by: Actor,
    at: datetime,
    on: date | None = None,
    weekday: int | None = None,
) -> Unavailable:
    """A patient cannot come on a date, or on a day of every week."""
    course = fetch(by, BOOK, Course.objects.select_related("site"), pk=course_id)
    is_day = weekday is None if on is not None else weekday in range(DAYS_A_WEEK)
    if ends <= starts or not is_day:
        raise ActionRefused("no-time", ["Name a date or a day of the week, and a time that ends after it starts."])
    row = Unavailable.objects.create(
        patient_id=course.patient_id, site=course.site, on=on, weekday=weekday, starts=starts, ends=ends, said_at=at
    )
    audit.record(by=by, at=at, did="unavailable time told", on=row)
    return row


@transaction.atomic
def end_unavailable(*, unavailable_id: int, by: Actor, at: datetime) -> Unavailable:
    """The patient can come then after all."""
    return over(Unavailable.objects.all(), BOOK, "unavailable time ended", pk=unavailable_id, by=by, at=at)


@transaction.atomic
def put_on_waiting_list(
    *, course_id: int, earliest_on: date, latest_on: date, part: str, by: Actor, at: datetime, note: str = ""
) -> Waiting:
    """A patient waits for a place, or for an earlier one."""
    course = fetch(by, BOOK, Course.objects.select_related("site"), pk=course_id)
    if latest_on < earliest_on or part not in Waiting.Part.values:
        raise ActionRefused("no-days", ["The last day is not before the first."])
    try:
        with transaction.atomic():
            row = Waiting.objects.create(
                site=course.site,
                course=course,
                patient_id=course.patient_id,
                earliest_on=earliest_on,
                latest_on=latest_on,
                part=part,
                note=note.strip(),
                since=at,
                by_id=user_id(by),
            )
    except IntegrityError as error:
        raise ActionRefused("waits-already", ["This course is on the waiting list already."]) from error
    audit.record(by=by, at=at, did="put on the waiting list", on=row)
    return row


@transaction.atomic
def end_waiting(*, waiting_id: int, reason: str, by: Actor, at: datetime) -> Waiting:
    """They wait no more: booked, or not wanted any more."""
    row = fetch(by, BOOK, Waiting.objects.select_for_update(), pk=waiting_id)
    refuse_ended(row.ended_at)
    if not reason.strip():
        raise ActionRefused("no-reason", ["Say why."])
    row.ended_at, row.end_reason = at, reason.strip()
    row.save(update_fields=["ended_at", "end_reason"])
    audit.record(by=by, at=at, did="taken off the waiting list", on=row)
    return row
