"""The newest measurements and scores of a patient, for those who may read them."""

from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.actor import Actor
from ketacare.clinic.models import Course, Patient
from ketacare.clinic.permissions import may
from ketacare.outcomes.queries import history
from ketacare.record.queries import standing_entries
from ketacare.science.facts.entries import EntryKind

LOOKED_AT = 200  # the newest entries among which each kind of measurement is looked for
SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class Latest:
    """One value as it is shown: what, how much, in words, from when."""

    label: str
    value: str
    words: str
    at: datetime | None


def latest(patient: Patient, course: Course | None, *, by: Actor) -> tuple[Latest, ...]:
    """Scores of the course, then measurements; nothing of what the reader may not open."""
    scores = scores_of(course) if course and may(by, "outcome.view", course) else ()
    return (*scores, *(measurements(patient) if may(by, "record.view", patient) else ()))


def scores_of(course: Course) -> tuple[Latest, ...]:
    """The newest sitting with each scale."""
    newest = [(scale.instrument.abbreviation, scale.lines[0]) for scale in history(course) if scale.lines]
    return tuple(
        Latest(
            label=name,
            value="not scored" if line.main is None else f"{line.main.normalize():f}",
            words=line.band,
            at=line.answer_set.answered_at,
        )
        for name, line in newest
    )


def measurements(patient: Patient) -> tuple[Latest, ...]:
    """The newest entry of each kind of measurement."""
    rows = standing_entries(patient).filter(kind__in=[EntryKind.VITAL, EntryKind.RESULT])
    newest = {(row.system, row.code, row.display): row for row in reversed(rows[:LOOKED_AT])}
    found = sorted(newest.values(), key=lambda row: (row.as_of is not None, row.as_of, row.pk), reverse=True)
    return tuple(
        Latest(label=row.display, value=row.measured, words=row.value_text, at=row.as_of) for row in found[:SHOWN]
    )
