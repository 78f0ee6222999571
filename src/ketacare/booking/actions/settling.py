"""Chairs, hours and numbers of a site, and the calendar addresses of its people."""

import hashlib
import secrets
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet

from ketacare.booking.models import (
    DAYS_A_WEEK,
    BookingSetting,
    CalendarFeed,
    Chair,
    Closure,
    OpeningHours,
    WorkingHours,
)
from ketacare.booking.standing import numbers_of
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Membership, Site
from ketacare.clinic.permissions import fetch
from ketacare.science.errors import OutOfRange
from ketacare.science.monitoring import booking

ARRANGE = "booking.arrange"
M = TypeVar("M", bound=Model)


@transaction.atomic
def add_chair(*, site_id: int, name: str, by: Actor, at: datetime) -> Chair:
    """A further chair of a site."""
    site = fetch(by, ARRANGE, Site.objects.all(), pk=site_id)
    if not name.strip():
        raise ActionRefused("no-name", ["A chair has a name."])
    try:
        with transaction.atomic():
            row = Chair.objects.create(site=site, name=name.strip())
    except IntegrityError as error:
        raise ActionRefused("name-taken", ["This site has a chair of that name."]) from error
    audit.record(by=by, at=at, did="chair added", on=row)
    return row


@transaction.atomic
def retire_chair(*, chair_id: int, by: Actor, at: datetime) -> Chair:
    """A chair is not used any more; who is booked on it is told by the day's plan."""
    return over(Chair.objects.all(), ARRANGE, "chair retired", pk=chair_id, by=by, at=at, column="retired_at")


@transaction.atomic
def add_opening(*, site_id: int, weekday: int, starts: time, ends: time, by: Actor, at: datetime) -> OpeningHours:
    """The site is open on a day of the week."""
    site = fetch(by, ARRANGE, Site.objects.all(), pk=site_id)
    refuse_hours(weekday, starts, ends)
    row = OpeningHours.objects.create(site=site, weekday=weekday, starts=starts, ends=ends)
    audit.record(by=by, at=at, did="opening hours added", on=row)
    return row


@transaction.atomic
def end_opening(*, opening_id: int, by: Actor, at: datetime) -> OpeningHours:
    """These opening hours hold no more."""
    return over(OpeningHours.objects.all(), ARRANGE, "opening hours ended", pk=opening_id, by=by, at=at)


@transaction.atomic
def add_closure(*, site_id: int, on: date, by: Actor, at: datetime, why: str = "") -> Closure:
    """The site is closed on a day."""
    site = fetch(by, ARRANGE, Site.objects.all(), pk=site_id)
    try:
        with transaction.atomic():
            row = Closure.objects.create(site=site, on=on, why=why.strip())
    except IntegrityError as error:
        raise ActionRefused("closed-already", ["The site is closed on that day already."]) from error
    audit.record(by=by, at=at, did="closure added", on=row)
    return row


@transaction.atomic
def end_closure(*, closure_id: int, by: Actor, at: datetime) -> Closure:
    """The site is open on that day after all."""
    return over(Closure.objects.all(), ARRANGE, "closure ended", pk=closure_id, by=by, at=at)


@transaction.atomic
def add_working_hours(
    *, site_id: int, person_id: int, work: str, weekday: int, starts: time, ends: time, by: Actor, at: datetime
) -> WorkingHours:
    """A person works at a site on a day of the week, as the nurse or prescriber that they are there."""
    site = fetch(by, ARRANGE, Site.objects.all(), pk=site_id)
    refuse_hours(weekday, starts, ends)
    has_role = Membership.objects.filter(site=site, user=person_id, role=work).exists()
    if work not in WorkingHours.Work.values or not has_role:
        raise ActionRefused("not-their-work", ["The person does not have this role at this site."])
    row = WorkingHours.objects.create(
        site=site, person_id=person_id, work=work, weekday=weekday, starts=starts, ends=ends
    )
    audit.record(by=by, at=at, did="working hours added", on=row)
    return row


@transaction.atomic
def end_working_hours(*, hours_id: int, by: Actor, at: datetime) -> WorkingHours:
    """These working hours hold no more."""
    return over(WorkingHours.objects.all(), ARRANGE, "working hours ended", pk=hours_id, by=by, at=at)


@transaction.atomic
def settle_number(*, site_id: int, name: str, value: int, reason: str, by: Actor, at: datetime) -> BookingSetting:
    """A number that the site books by from now on, inside its bounds."""
    site = fetch(by, ARRANGE, Site.objects.all(), pk=site_id)
    try:
        booking.settled({name: value})
    except OutOfRange as error:
        raise ActionRefused("out-of-bounds", [problem.says for problem in error.problems]) from error
    if not reason.strip():
        raise ActionRefused("no-reason", ["Say why."])
    row = BookingSetting.objects.create(
        site=site, name=name, value=value, reason=reason.strip(), by_id=user_id(by), at=at
    )
    audit.record(by=by, at=at, did="booking number settled", on=row, details={"name": name, "value": value})
    return row


@transaction.atomic
def make_calendar(*, site_id: int, by: Actor, at: datetime) -> tuple[CalendarFeed, str]:
    """A secret address for one's own calendar; the one before stops working. Its token is told once and kept as a hash."""
    site = fetch(by, "booking.calendar", Site.objects.all(), pk=site_id)
    CalendarFeed.objects.filter(person=user_id(by), withdrawn_at__isnull=True).update(withdrawn_at=at)
    token = secrets.token_urlsafe()
    row = CalendarFeed.objects.create(
        person_id=user_id(by),
        token_digest=digest(token),
        made_at=at,
        expires_at=at + timedelta(days=numbers_of(site)["calendar_days"]),
    )
    audit.record(by=by, at=at, did="calendar address made", on=row)
    return row, token


@transaction.atomic
def withdraw_calendar(*, site_id: int, by: Actor, at: datetime) -> None:
    """One's own calendar address works no more."""
    site = fetch(by, "booking.calendar", Site.objects.all(), pk=site_id)
    CalendarFeed.objects.filter(person=user_id(by), withdrawn_at__isnull=True).update(withdrawn_at=at)
    audit.record(by=by, at=at, did="calendar address withdrawn", on=site)


def digest(token: str) -> str:
    """What is kept of a secret address."""
    return hashlib.sha256(token.encode()).hexdigest()


def over(
    rows: QuerySet[M], permission: str, did: str, *, pk: int, by: Actor, at: datetime, column: str = "ended_at"
) -> M:
    """Something holds no more from now on; what was ended stays ended."""
    row = fetch(by, permission, rows.select_for_update(), pk=pk)
    refuse_ended(getattr(row, column))
    setattr(row, column, at)
    row.save(update_fields=[column])
    audit.record(by=by, at=at, did=did, on=row)
    return row


def refuse_ended(ended_at: datetime | None) -> None:
    """Refuse to end what was ended already."""
    if ended_at is not None:
        raise ActionRefused("ended", ["It was ended already."])


def refuse_hours(weekday: int, starts: time, ends: time) -> None:
    """Refuse hours that are none."""
    if weekday not in range(DAYS_A_WEEK) or ends <= starts:
        raise ActionRefused("no-hours", ["Hours are on a day of the week and end after they start."])
