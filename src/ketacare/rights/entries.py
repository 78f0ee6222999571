"""The entries of a record that a patient may ask to have corrected, and what supersedes one."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Model, QuerySet

from ketacare.clinic.models import Patient
from ketacare.outcomes.models import AnswerSet
from ketacare.record.models import Entry
from ketacare.therapy.models import TherapySession


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of entry: its rows of a patient."""

    rows: Callable[[Patient], QuerySet[Model]]


KINDS: dict[str, Kind] = {
    "outcomes.answerset": Kind(rows=lambda patient: AnswerSet.objects.filter(course__patient=patient)),
    "therapy.therapysession": Kind(rows=lambda patient: TherapySession.objects.filter(course__patient=patient)),
    "record.entry": Kind(rows=lambda patient: Entry.objects.filter(patient=patient)),
}


def entry(patient: Patient, about: str) -> Model | None:
    """The entry of this patient that ``table:id`` names; None for another's as for a missing one."""
    table, _, number = about.partition(":")
    kind = KINDS.get(table)
    if kind is None or not (number.isascii() and number.isdecimal()):
        return None
    return kind.rows(patient).filter(pk=int(number)).first()


def later(row: Model) -> Model | None:
    """What supersedes an entry."""
    return getattr(row, "superseded_by", None)


def name_of(row: Model) -> str:
    """An entry as ``table:id``."""
    return f"{row._meta.label_lower}:{row.pk}"
