"""Appointments as pages and other rooms read them."""

from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet

from ketacare.booking import slices
from ketacare.booking.models import (
    Absence,
    Appointment,
    BookingSetting,
    CalendarFeed,
    Chair,
    Closure,
    OpeningHours,
    Unavailable,
    Waiting,
    WorkingHours,
)
from ketacare.clinic.actor import Actor
from ketacare.clinic.models import Course, Patient, Site, User
from ketacare.clinic.permissions import sites_where
from ketacare.infusion.models import CALLED_OFF, Session

STATE = Appointment.State
PARTS = ("site", "patient", "course", "session", "chair", "nurse", "prescriber")


def appointments() -> QuerySet[Appointment]:
    """Appointments with everything a page names."""
    return Appointment.objects.select_related(*PARTS)


def appointments_of(patient: Patient, *, since: datetime | None = None) -> QuerySet[Appointment]:
    """A patient's appointments that take place, earliest first; from a moment on if one is given."""
    rows = appointments().filter(patient=patient, state=STATE.BOOKED).exclude(session__status__in=CALLED_OFF)
    rows = rows if since is None else rows.filter(ends_at__gte=since)
    return rows.order_by("starts_at", "pk")


def sites_to_see(by: Actor) -> list[Site]:
    """The sites whose schedule somebody may see."""
    return list(Site.objects.filter(pk__in=sites_where(by, "booking.view")).order_by("name"))


def window(site: Site, first_on: date, last_on: date) -> tuple[datetime, datetime]:
    """From the beginning of one day at a site to the end of another."""
    zone = ZoneInfo(site.time_zone)
    return (
        slices.moment_of(slices.whole_day(first_on, zone).start),
        slices.moment_of(slices.whole_day(last_on, zone).stop),
    )


def of_days(site: Site, first_on: date, last_on: date) -> QuerySet[Appointment]:
    """Every appointment of some days, called off or not, in order."""
    begins, ends = window(site, first_on, last_on)
    return appointments().filter(site=site, starts_at__gte=begins, starts_at__lt=ends).order_by("starts_at", "pk")


def without_place(sites: Collection[int]) -> QuerySet[Appointment]:
    """Appointments that need another time, the earliest first: somebody calls the patient."""
    rows = appointments().filter(site__in=sites, state=STATE.UNPLACED).exclude(session__status__in=CALLED_OFF)
    return rows.order_by("starts_at", "pk")


def sessions_without_chair(site: Site, *, at: datetime) -> QuerySet[Session]:
    """Sessions that are planned and have no appointment: put on the list by hand, without a chair."""
    rows = Session.objects.filter(site=site, status="planned", appointment__isnull=True, planned_at__gte=at)
    return rows.select_related("patient", "course").order_by("planned_at", "pk")


def held_by(session: Session | None) -> list[int]:
    """The ids of the appointments that hold time for a session; none without one."""
    if session is None:
        return []
    return list(Appointment.objects.filter(session=session, state=STATE.BOOKED).values_list("pk", flat=True))


def waiting_at(sites: Collection[int]) -> QuerySet[Waiting]:
    """Who waits, the longest first."""
    rows = Waiting.objects.filter(site__in=sites, ended_at__isnull=True)
    return rows.select_related("site", "course", "patient").order_by("since", "pk")


def unavailable_of(course: Course) -> QuerySet[Unavailable]:
    """When a patient cannot come, as they said."""
    rows = Unavailable.objects.filter(patient=course.patient_id, site=course.site_id, ended_at__isnull=True)
    return rows.order_by("on", "weekday", "starts", "pk")


def absences_at(site: Site, *, at: datetime) -> QuerySet[Absence]:
    """Who is absent now or later."""
    rows = Absence.objects.filter(site=site, ended_at__isnull=True, ends_at__gt=at)
    return rows.select_related("person").order_by("starts_at", "pk")


def chairs_of(site: Site) -> QuerySet[Chair]:
    """The chairs of a site that are used."""
    return Chair.objects.filter(site=site, retired_at__isnull=True).order_by("name", "pk")


def opening_of(site: Site) -> QuerySet[OpeningHours]:
    """When a site is open, by day."""
    return OpeningHours.objects.filter(site=site, ended_at__isnull=True).order_by("weekday", "starts", "pk")


def closures_of(site: Site, *, since: date) -> QuerySet[Closure]:
    """On which days a site is closed."""
    return Closure.objects.filter(site=site, ended_at__isnull=True, on__gte=since).order_by("on")


def working_hours_of(site: Site) -> QuerySet[WorkingHours]:
    """Who works when at a site."""
    rows = WorkingHours.objects.filter(site=site, ended_at__isnull=True).select_related("person")
    return rows.order_by("person__name", "work", "weekday", "starts", "pk")


def settled_at(site: Site) -> dict[str, BookingSetting]:
    """What a site has settled, by name: the newest of each."""
    return {row.name: row for row in BookingSetting.objects.filter(site=site).select_related("by").order_by("pk")}


def people_of(site: Site, works: Collection[str]) -> QuerySet[User]:
    """The people of a site with one of some roles, by name."""
    rows = User.objects.filter(memberships__site=site, memberships__role__in=works, is_active=True)
    return rows.distinct().order_by("name", "pk")


def feed_of(digest: str, *, at: datetime) -> CalendarFeed | None:
    """The calendar address that a secret opens, while it is good and its person works here."""
    rows = CalendarFeed.objects.filter(token_digest=digest, withdrawn_at__isnull=True, expires_at__gt=at)
    return rows.filter(person__is_active=True).select_related("person").first()


def current_feed(user_id: int, *, at: datetime) -> CalendarFeed | None:
    """A person's own calendar address that still works."""
    return CalendarFeed.objects.filter(person=user_id, withdrawn_at__isnull=True, expires_at__gt=at).first()


def work_of(person: User, *, since: datetime) -> QuerySet[Appointment]:
    """The appointments at which a person works, from a moment on."""
    rows = appointments().filter(Q(nurse=person) | Q(prescriber=person), state=STATE.BOOKED, free_at__gte=since)
    here = rows.filter(site__memberships__user=person, site__memberships__user__is_active=True)
    return here.exclude(session__status__in=CALLED_OFF).distinct().order_by(F("starts_at"), "pk")
