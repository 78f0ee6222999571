"""The medicines beside ketamine: those of a patient's record, and those of which a number or a warning is known."""

from datetime import datetime

from ketacare.clinic.models import Patient
from ketacare.record.queries import standing_entries
from ketacare.science.facts.entries import EntryKind, Standing
from ketacare.science.pkpd import interactions


def taken(patient: Patient, *, at: datetime) -> tuple[str, ...]:
    """What the record says is taken now, each once, in the record's own words."""
    rows = standing_entries(patient).filter(kind=EntryKind.MEDICINE, standing=Standing.PRESENT)
    return tuple(dict.fromkeys(row.display for row in rows if row.as_of is None or row.as_of <= at))


def to_choose_from() -> tuple[str, ...]:
    """Every medicine that the table of interactions names itself."""
    return tuple(sorted(interactions.book().medicines))
