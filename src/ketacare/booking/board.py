"""A day and a week of a site as its schedule shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ketacare.booking import queries, slices
from ketacare.booking.models import Appointment
from ketacare.booking.queries import STATE
from ketacare.booking.rearranging import lacks
from ketacare.clinic.models import Site
from ketacare.infusion.models import CALLED_OFF, Session

LACKING = {"chair": "no chair", "nurse": "no nurse", "prescriber": "no prescriber"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One appointment of a day."""

    row: Appointment
    missing: tuple[str, ...]  # what it lacks, in words

    @property
    def is_off(self) -> bool:
        """Whether it does not take place."""
        called_off = self.row.session is not None and self.row.session.status in CALLED_OFF
        return called_off or self.row.state not in (STATE.BOOKED, STATE.UNPLACED)

    @property
    def says(self) -> str:
        """What became of it, in words."""
        if self.row.state == STATE.BOOKED and self.row.session is not None:
            return self.row.session.status.replace("-", " ")
        return self.row.get_state_display()

    @property
    def kind(self) -> str:
        """The sign beside the words."""
        if self.missing or self.row.state == STATE.UNPLACED:
            return "caution"
        return "stop" if self.is_off else "clear"


@dataclass(frozen=True, kw_only=True)
class Day:
    """A day of a site."""

    on: date
    lines: tuple[Line, ...]
    unplaced: tuple[Appointment, ...]  # of any day
    without_chair: tuple[Session, ...]
    waits: int

    @property
    def lacking(self) -> int:
        """How many appointments lack somebody or something."""
        return sum(bool(line.missing) for line in self.lines)

    @property
    def patients(self) -> set[int]:
        """Whom the page names."""
        rows = [*(line.row for line in self.lines), *self.unplaced, *self.without_chair]
        return {row.patient_id for row in rows if row.patient_id is not None}


@dataclass(frozen=True, kw_only=True)
class Week:
    """Seven days of a site."""

    days: tuple[tuple[date, tuple[Line, ...]], ...]

    @property
    def patients(self) -> set[int]:
        """Whom the page names."""
        return {line.row.patient_id for _, lines in self.days for line in lines if line.row.patient_id is not None}


def day_of_site(site: Site, on: date, *, at: datetime) -> Day:
    """Everything booked on a day, what it lacks, and what waits for a place."""
    missing = lacks(site, on, at=at)
    return Day(
        on=on,
        lines=tuple(lines_of(queries.of_days(site, on, on), missing)),
        unplaced=tuple(queries.without_place([site.pk])),
        without_chair=tuple(queries.sessions_without_chair(site, at=at)),
        waits=queries.waiting_at([site.pk]).count(),
    )


def week_of_site(site: Site, on: date) -> Week:
    """The seven days of the week in which a day lies."""
    first, zone = on - timedelta(days=on.weekday()), ZoneInfo(site.time_zone)
    days = list(slices.days(first, first + timedelta(days=6)))
    rows = list(lines_of(queries.of_days(site, days[0], days[-1]), {}))
    return Week(
        days=tuple(
            (day, tuple(line for line in rows if line.row.starts_at.astimezone(zone).date() == day)) for day in days
        )
    )


def lines_of(rows: Iterable[Appointment], missing: dict[int, list[str]]) -> Iterable[Line]:
    """Appointments with what they lack."""
    return (Line(row=row, missing=tuple(LACKING[one] for one in missing.get(row.pk, ()))) for row in rows)
