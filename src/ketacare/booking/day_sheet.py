"""A day on paper: who comes when, to which chair, with whom; for the wall of the staff room, not of the waiting room."""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import typst

from ketacare.booking.models import Appointment
from ketacare.booking.queries import STATE, of_days
from ketacare.clinic.models import Site
from ketacare.infusion.models import CALLED_OFF
from ketacare.ui.words import moment

PAGE = Path(__file__).parent / "typst/day_sheet.typ"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One appointment as it is printed."""

    time: str
    until: str
    who: str
    born: str
    what: str
    chair: str
    nurse: str
    prescriber: str


@dataclass(frozen=True, kw_only=True)
class DaySheet:
    """What is printed."""

    site: str
    day: str
    made_at: str
    zone: str
    lines: tuple[Line, ...]
    to_call: tuple[Line, ...]


def day_sheet(site: Site, on: date, *, at: datetime) -> tuple[DaySheet, list[int]]:
    """The sheet of a day, and which patients it names."""
    rows = list(of_days(site, on, on).exclude(session__status__in=CALLED_OFF))
    zone = ZoneInfo(site.time_zone)
    booked = [row for row in rows if row.state == STATE.BOOKED]
    to_call = [row for row in rows if row.state == STATE.UNPLACED]
    sheet = DaySheet(
        site=site.name,
        day=f"{on:%A, %-d %B %Y}",
        made_at=moment(at, site.time_zone),
        zone=site.time_zone,
        lines=tuple(line(row, zone) for row in booked),
        to_call=tuple(line(row, zone) for row in to_call),
    )
    return sheet, [row.patient_id for row in [*booked, *to_call] if row.patient_id is not None]


def line(row: Appointment, zone: ZoneInfo) -> Line:
    """One appointment."""
    return Line(
        time=f"{row.starts_at.astimezone(zone):%H:%M}",
        until=f"{row.ends_at.astimezone(zone):%H:%M}",
        who=str(row.patient) if row.patient else row.visitor_name,
        born="" if row.patient is None else row.patient.born_on.isoformat(),
        what=f"Session {row.session.number}" if row.session else row.get_kind_display(),
        chair=row.chair.name if row.chair else "–",
        nurse=row.nurse.name if row.nurse else "–",
        prescriber=row.prescriber.name if row.prescriber else "–",
    )


def pdf(sheet: DaySheet) -> bytes:
    """The sheet on paper; every text goes in as data, never as the page's own language."""
    return typst.compile(PAGE, sys_inputs={"sheet": json.dumps(asdict(sheet))}, pdf_standards=["a-2b"])
