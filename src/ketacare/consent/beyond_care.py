"""May a record be used for this, which is not the patient's own care? The one question that whatever leaves or is counted asks first."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Patient, Restriction
from ketacare.consent.models import SeparateConsent
from ketacare.consent.separate import GIVEN, why_not

PATIENT = "the patient"
Scope, Kind = Restriction.Scope, SeparateConsent.Kind


@dataclass(frozen=True, kw_only=True)
class Use:
    """A use beyond care: what a patient can forbid it by, and the consent without which it is not allowed."""

    what: str  # reads after "use for" and "consent to"
    forbidden_by: str
    needs: str | None = None


PUBLISHED = Use(what="the clinic's published outcomes", forbidden_by=Scope.RESEARCH)
COUNTED = Use(what="figures about the clinic", forbidden_by=Scope.RESEARCH)
LEARNT_FROM = Use(what="fitting forecasts to the clinic's own patients", forbidden_by=Scope.RESEARCH)
REGISTRY = Use(what="a research registry", forbidden_by=Scope.RESEARCH, needs=Kind.REGISTRY)
LETTER = Use(what="letters to others who treat them", forbidden_by=Scope.SHARING, needs=Kind.DATA_SHARING)
HANDED_OVER = Use(what="a copy for somebody else", forbidden_by=Scope.SHARING, needs=Kind.DATA_SHARING)
PAYER = Use(what="papers for a payer", forbidden_by=Scope.SHARING)
ACCOUNTS = Use(what="files for accounting that point at them", forbidden_by=Scope.SHARING)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who may be used, and why the others may not: each patient stands on one side."""

    allowed: frozenset[int]
    left_out: Mapping[int, str]  # patient -> the reason, which names nobody

    @property
    def says(self) -> str:
        """How many are left out and why; empty where nobody is."""
        counted = Counter(self.left_out.values()).most_common()
        return " ".join(f"{count} patient{'' if count == 1 else 's'} left out: {reason}" for reason, count in counted)

    @property
    def details(self) -> dict[str, object]:
        """How many are left out, for an audit event."""
        return {"left_out": len(self.left_out)} if self.left_out else {}


def asked(patients: Iterable[int], use: Use, *, at: datetime) -> Asked:
    """Sort patients by whether they may be used at a moment; a consent that nobody knows of is none. Two queries at most."""
    everybody = frozenset(patients)
    left_out = dict.fromkeys(consenting_not(everybody, use, at=at), f"no consent to {use.what} is in force.")
    left_out |= dict.fromkeys(forbidding(everybody, use, at=at), f"use for {use.what} is forbidden by the patient.")
    return Asked(allowed=everybody - left_out.keys(), left_out=left_out)


def forbidding(patients: Collection[int], use: Use, *, at: datetime) -> set[int]:
    """The patients who forbid a use at a moment."""
    stands = Q(lifted_at__isnull=True) | Q(lifted_at__gt=at)
    rows = Restriction.objects.filter(stands, scope=use.forbidden_by, placed_at__lte=at)
    return set(rows.values_list("patient_id", flat=True)) & set(patients)


def consenting_not(patients: Collection[int], use: Use, *, at: datetime) -> set[int]:
    """The patients without a consent in force where the use needs one: never asked, refused, run out, changed or taken back."""
    if use.needs is None:
        return set()
    rows = SeparateConsent.objects.filter(kind=use.needs, said_at__lte=at).order_by("said_at", "pk")
    newest = {row.course.patient_id: row for row in rows.select_related("course")}
    return {one for one in patients if (row := newest.get(one)) is None or not holds(row, at)}


def holds(row: SeparateConsent, at: datetime) -> bool:
    """Whether the newest word is a yes that still holds."""
    return row.said == GIVEN and not why_not(row, at)


def reasons_against(patient: Patient, use: Use, *, at: datetime) -> list[Reason]:
    """Why one patient's record may not be used for this, for staff to read; nothing where it may."""
    return [
        Reason(text=reason.capitalize(), who=PATIENT) for reason in asked([patient.pk], use, at=at).left_out.values()
    ]


def refuse_unless_allowed(patient: Patient, use: Use, *, at: datetime) -> None:
    """Raise ActionRefused with the reason where a patient's record may not be used for this."""
    if reasons := reasons_against(patient, use, at=at):
        raise ActionRefused("not-beyond-care", reasons)
