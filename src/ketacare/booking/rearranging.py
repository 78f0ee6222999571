"""A day that no longer fits, because somebody is sick or a chair is gone: the fewest changes that make it fit again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ketacare.booking import slices
from ketacare.booking.asking import starts_in
from ketacare.booking.models import Appointment
from ketacare.booking.solver import arrange_day
from ketacare.booking.standing import cannot_come, clinic_between, numbers_of, standing
from ketacare.booking.values import Clinic, Found, Item, Nothing, Place
from ketacare.clinic.models import Site
from ketacare.infusion.models import OCCUPYING

SECONDS = 4.0
SESSION, CONSULTATION = Appointment.Kind.SESSION, Appointment.Kind.CONSULTATION


@dataclass(frozen=True, kw_only=True)
class Change:
    """What becomes of one appointment; without a place it needs another day."""

    row: Appointment
    before: Place | None  # of a session
    after: Place | None

    @property
    def is_other_time(self) -> bool:
        """Whether the patient must be called."""
        return self.before is None or self.after is None or self.before.start != self.after.start

    @property
    def starts_at(self) -> datetime | None:
        """When it starts afterwards."""
        if self.after is None:
            return None
        return slices.moment_of(self.after.start) if self.is_other_time else self.row.starts_at


@dataclass(frozen=True, kw_only=True)
class DayPlan:
    """A day as it could be."""

    site: Site
    on: date
    answer: Found | Nothing
    changes: tuple[Change, ...]
    looked_at: int

    @property
    def calls(self) -> int:
        """How many patients must be called."""
        return sum(change.is_other_time for change in self.changes)


def rows_of_day(site: Site, on: date, *, at: datetime) -> list[Appointment]:
    """The appointments of a day that are not over, in order."""
    day = slices.whole_day(on, ZoneInfo(site.time_zone))
    begins, ends = slices.moment_of(day.start), slices.moment_of(day.stop)
    rows = standing([site.pk]).filter(starts_at__gte=begins, starts_at__lt=ends, free_at__gt=at)
    rows = rows.exclude(session__status__in=("discharged", "transferred"))
    return list(
        rows.select_related("session", "patient", "course", "chair", "nurse", "prescriber", "site").order_by(
            "starts_at", "pk"
        )
    )


def arranged(site: Site, on: date, *, at: datetime, seconds: float = SECONDS) -> DayPlan:
    """How a day can be held with the people and chairs that are there, with the fewest changes."""
    rows = rows_of_day(site, on, at=at)
    sessions = [row for row in rows if row.kind == SESSION]
    clinic = clinic_between(site, on, on, without=[row.pk for row in sessions])
    items = {row.pk: item_of(row, clinic, on, every=numbers_of(site)["start_every_min"], at=at) for row in sessions}
    answer = arrange_day(clinic, list(items.values()), seconds=seconds)
    changes = [] if isinstance(answer, Nothing) else changes_of(sessions, items, answer)
    changes += [Change(row=row, before=None, after=None) for row in rows if is_left_alone(row, clinic)]
    return DayPlan(site=site, on=on, answer=answer, changes=tuple(changes), looked_at=len(rows))


def changes_of(sessions: list[Appointment], items: Mapping[int, Item], answer: Found) -> list[Change]:
    """What differs from how the day is now."""
    return [
        Change(row=row, before=items[row.pk].now, after=answer.places.get(row.pk))
        for row in sessions
        if answer.places.get(row.pk) != items[row.pk].now
    ]


def item_of(row: Appointment, clinic: Clinic, on: date, *, every: int, at: datetime) -> Item:
    """One session of the day; who has begun stays in the chair and needs what is left of the time."""
    begin, end = slices.at_or_before(row.starts_at), slices.at_or_after(row.free_at)
    if has_begun(row):
        begin = max(begin, min(slices.at_or_before(at), end - 1))
        return Item(
            key=row.pk, length=end - begin, costs={begin: 0}, now=now_of(row, begin), stays_in={"chair": row.chair_id}
        )
    away = cannot_come(row.site, row.patient_id, on, on, without=[row.pk])
    starts = {begin, *starts_in(clinic, away, end - begin, every, after=at)}
    return Item(key=row.pk, length=end - begin, costs={one: abs(one - begin) for one in starts}, now=now_of(row, begin))


def has_begun(row: Appointment) -> bool:
    """Whether the patient is here."""
    return row.session is not None and row.session.status in OCCUPYING


def now_of(row: Appointment, start: int) -> Place:
    """Where a session is now, from a slice on."""
    return Place(start=start, chair=row.chair_id, nurse=row.nurse_id, prescriber=row.prescriber_id)


def is_left_alone(row: Appointment, clinic: Clinic) -> bool:
    """Whether a consultation's prescriber is not there."""
    if row.kind != CONSULTATION:
        return False
    stay = slice(slices.at_or_before(row.starts_at) - clinic.first, slices.at_or_after(row.free_at) - clinic.first)
    pool = next((one for one in clinic.of("prescriber") if one.id == row.prescriber_id), None)
    return pool is None or bool((pool.room[stay] < 1).any())


def lacks(site: Site, on: date, *, at: datetime) -> dict[int, list[str]]:
    """What each appointment of a day lacks as it stands: its chair, nurse or prescriber is not there."""
    rows = rows_of_day(site, on, at=at)
    if not rows:
        return {}
    clinic = clinic_between(site, on, on, without=[row.pk for row in rows])
    found = {row.pk: missing(row, clinic, at=at) for row in rows}
    return {pk: missing for pk, missing in found.items() if missing}


def missing(row: Appointment, clinic: Clinic, *, at: datetime) -> list[str]:
    """Which of its chair, nurse and prescriber are not there for what is left of an appointment."""
    if row.kind == CONSULTATION:
        return ["prescriber"] if is_left_alone(row, clinic) else []
    begin = max(slices.at_or_before(row.starts_at), slices.at_or_before(at) if has_begun(row) else 0)
    stay = slice(begin - clinic.first, slices.at_or_after(row.free_at) - clinic.first)
    there = {(pool.kind, pool.id): bool((pool.room[stay] > 0).all()) for pool in clinic.pools}
    place = now_of(row, begin)
    return [kind for kind in ("chair", "nurse", "prescriber") if not there.get((kind, place.of(kind)), False)]
