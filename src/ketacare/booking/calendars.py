"""Appointments as iCalendar: an attachment for a patient, a feed for whoever works. Neither names a patient."""

from collections.abc import Iterable
from datetime import datetime

from icalendar import Calendar, Event

import ketacare
from ketacare.booking.models import Appointment

TYPE = "text/calendar; charset=utf-8"
PRODUCT = f"-//ketacare//booking {ketacare.__version__}//EN"


def for_patient(rows: Iterable[Appointment], *, at: datetime) -> bytes:
    """A patient's appointments: when and where, and nothing of why."""
    return told(rows, lambda row: f"Appointment at {row.site.name}", at=at)


def for_staff(rows: Iterable[Appointment], *, at: datetime) -> bytes:
    """The appointments at which somebody works: what and in which chair, without a name or initials of the patient."""
    return told(rows, summary, at=at)


def summary(row: Appointment) -> str:
    """What one appointment is, without whose."""
    if row.chair is None:
        return row.get_kind_display()
    return f"{row.get_kind_display()} · {row.chair.name}"


def told(rows: Iterable[Appointment], says: "object", *, at: datetime) -> bytes:
    """A calendar of appointments."""
    found = Calendar()
    found.add("prodid", PRODUCT)
    found.add("version", "2.0")
    for row in rows:
        found.add_component(event(row, says(row), at=at))
    return found.to_ical()


def event(row: Appointment, says: str, *, at: datetime) -> Event:
    """One appointment: its times in the world's clock, so that no calendar can mistake the zone."""
    made = Event()
    made.add("uid", f"appointment-{row.pk}@ketacare")
    made.add("sequence", row.changes)
    made.add("dtstamp", at)
    made.add("dtstart", row.starts_at)
    made.add("dtend", row.ends_at)
    made.add("summary", says)
    made.add("location", row.site.name)
    made.add("class", "PRIVATE")
    return made
