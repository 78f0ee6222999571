"""A site as it stands between two days: who is there when, and how much of it is taken."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Q, QuerySet

from ketacare.booking import slices
from ketacare.booking.models import (
    Absence,
    Appointment,
    BookingSetting,
    Chair,
    Closure,
    OpeningHours,
    Taken,
    Unavailable,
    WorkingHours,
)
from ketacare.booking.values import Clinic, Kind, Pool
from ketacare.clinic.models import Site
from ketacare.infusion.models import CALLED_OFF
from ketacare.science.monitoring import booking

Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]
HOLDS: dict[Kind, str] = {"nurse": "patients_per_nurse", "prescriber": "sessions_per_prescriber"}
COLUMN: dict[Kind, str] = {"chair": "chair_id", "nurse": "nurse_id", "prescriber": "prescriber_id"}


def numbers_of(site: Site) -> dict[str, int]:
    """Every number that a site books by: its own where it has settled one."""
    known = booking.load().settings
    rows = BookingSetting.objects.filter(site=site, name__in=known).order_by("pk").values_list("name", "value")
    return booking.settled(dict(rows))


def standing(site_ids: Collection[int]) -> QuerySet[Appointment]:
    """Appointments that hold their time: booked, and their session not called off elsewhere."""
    rows = Appointment.objects.filter(site__in=site_ids, state=Appointment.State.BOOKED)
    return rows.exclude(session__status__in=CALLED_OFF)


def clinic_between(site: Site, first_on: date, last_on: date, *, without: Collection[int] = ()) -> Clinic:
    """A site from one day to another, as if some appointments were not there."""
    zone = ZoneInfo(site.time_zone)
    first, stop = slices.whole_day(first_on, zone).start, slices.whole_day(last_on, zone).stop
    walls = [slices.moment_of(number).astimezone(zone) for number in range(first, stop)]
    view = View(site=site, zone=zone, first=first, size=stop - first, first_on=first_on, last_on=last_on)
    is_open = view.opening()
    return Clinic(
        first=first,
        day_number=np.array([wall.toordinal() for wall in walls], dtype=np.int32),
        wall_min=np.array([wall.hour * 60 + wall.minute for wall in walls], dtype=np.int32),
        is_open=is_open,
        pools=tuple(view.pools(is_open, without)),
    )


class View:
    """Reads the rows of one site into slices."""

    def __init__(self, *, site: Site, zone: ZoneInfo, first: int, size: int, first_on: date, last_on: date) -> None:
        self.site, self.zone, self.first, self.size = site, zone, first, size
        self.days = list(slices.days(first_on, last_on))
        self.window = (slices.moment_of(first), slices.moment_of(first + size))

    def cut(self, some: range) -> slice:
        """Slices as they lie in an array of this view."""
        return slice(max(0, some.start - self.first), max(0, some.stop - self.first))

    def between(self, starts_at: datetime, ends_at: datetime) -> slice:
        """The slices that a stretch of time touches."""
        return self.cut(range(slices.at_or_before(starts_at), slices.at_or_after(ends_at)))

    def mask(self) -> Mask:
        """Nothing yet."""
        return np.zeros(self.size, dtype=bool)

    def weekly(self, rows: Iterable[OpeningHours | WorkingHours | Unavailable]) -> Mask:
        """The hours of a week, on each of its days, by the site's clock."""
        found, by_day = self.mask(), {}
        for row in rows:
            by_day.setdefault(row.weekday, []).append(row)
        for day in self.days:
            for row in by_day.get(day.weekday(), ()):
                found[self.cut(slices.span(day, row.starts, row.ends, self.zone))] = True
        return found

    def opening(self) -> Mask:
        """When the site is open."""
        found = self.weekly(OpeningHours.objects.filter(site=self.site, ended_at__isnull=True))
        for row in Closure.objects.filter(site=self.site, on__in=self.days, ended_at__isnull=True):
            found[self.cut(slices.whole_day(row.on, self.zone))] = False
        return found

    def pools(self, is_open: Mask, without: Collection[int]) -> Iterable[Pool]:
        """Every chair, nurse and prescriber with what is left of them."""
        numbers, taken = numbers_of(self.site), self.taken(without)
        for chair in Chair.objects.filter(site=self.site, retired_at__isnull=True).order_by("name", "pk"):
            yield self.pool("chair", chair.pk, 1, is_open, taken)
        away = self.away()
        for kind in HOLDS:
            for person, works in self.people(kind):
                here = works & is_open & ~away.get(person, self.mask())
                yield self.pool(kind, person, numbers[HOLDS[kind]], here, taken)

    def pool(self, kind: Kind, pk: int, holds: int, here: Mask, taken: dict[tuple[Kind, int], np.ndarray]) -> Pool:
        used = taken.get((kind, pk), 0)
        room = np.clip(np.where(here, holds, 0) - used, 0, holds).astype(np.int16)
        return Pool(kind=kind, id=pk, holds=holds, room=room)

    def people(self, work: Kind) -> Iterable[tuple[int, Mask]]:
        """Who works here as a nurse or prescriber, and when."""
        rows = WorkingHours.objects.filter(
            site=self.site, work=work, ended_at__isnull=True, person__is_active=True,
            person__memberships__site=self.site, person__memberships__role=work,
        )  # fmt: skip
        by_person: dict[int, list[WorkingHours]] = {}
        for row in rows.order_by("person__name", "pk"):
            by_person.setdefault(row.person_id, []).append(row)
        return ((person, self.weekly(hours)) for person, hours in by_person.items())

    def away(self) -> dict[int, Mask]:
        """Who is absent, and when; wherever they told it."""
        begins, ends = self.window
        found: dict[int, Mask] = {}
        rows = Absence.objects.filter(site=self.site, ended_at__isnull=True, starts_at__lt=ends, ends_at__gt=begins)
        for row in rows:
            found.setdefault(row.person_id, self.mask())[self.between(row.starts_at, row.ends_at)] = True
        return found

    def taken(self, without: Collection[int]) -> dict[tuple[Kind, int], np.ndarray]:
        """How much of each chair and person is taken by sessions, by slice."""
        begins, ends = self.window
        found: dict[tuple[Kind, int], np.ndarray] = {}
        rows = standing([self.site.pk]).filter(kind="session", starts_at__lt=ends, free_at__gt=begins)
        for row in rows.exclude(pk__in=without).values(*COLUMN.values(), "starts_at", "free_at"):
            stretch = self.between(row["starts_at"], row["free_at"])
            for kind, column in COLUMN.items():
                used = found.setdefault((kind, row[column]), np.zeros(self.size, dtype=np.int16))
                used[stretch] += 1
        return found


def cannot_come(site: Site, patient_id: int, first_on: date, last_on: date, *, without: Collection[int] = ()) -> Mask:
    """When a patient cannot come: what they said, and their other appointments anywhere."""
    zone = ZoneInfo(site.time_zone)
    first, stop = slices.whole_day(first_on, zone).start, slices.whole_day(last_on, zone).stop
    view = View(site=site, zone=zone, first=first, size=stop - first, first_on=first_on, last_on=last_on)
    said = Unavailable.objects.filter(patient=patient_id, site=site, ended_at__isnull=True)
    found = view.weekly(row for row in said if row.weekday is not None)
    for row in said:
        if row.on is not None and first_on <= row.on <= last_on:
            found[view.cut(slices.span(row.on, row.starts, row.ends, zone))] = True
    elsewhere = Taken.objects.filter(resource=f"patient:{patient_id}", slice__gte=first, slice__lt=stop)
    alive = elsewhere.exclude(appointment__in=without).exclude(appointment__session__status__in=CALLED_OFF)
    for number in alive.values_list("slice", flat=True):
        found[number - first] = True
    return found


def is_visited(site: Site, prescriber_id: int, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether a prescriber has a consultation at a time."""
    rows = standing([site.pk]).filter(kind="consultation", prescriber=prescriber_id)
    return rows.filter(Q(starts_at__lt=ends_at) & Q(free_at__gt=starts_at)).exists()
