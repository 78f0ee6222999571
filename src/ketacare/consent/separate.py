"""The consents beside the one to treatment: which there are, what the patient said to each, and which one treatment waits for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from ketacare.clinic.models import Course, Patient
from ketacare.consent.document import SEPARATE, language_of, newest, separate_for
from ketacare.consent.models import SeparateConsent
from ketacare.consent.shapes import SeparateText
from ketacare.science.monitoring import protocol

# These are about the person and hold at every course; the others are about one course.
OF_THE_PERSON = frozenset({SeparateConsent.Kind.REGISTRY, SeparateConsent.Kind.DATA_SHARING})
OFF_LABEL = SeparateConsent.Kind.OFF_LABEL
GIVEN, REFUSED, WITHDRAWN = SeparateConsent.Said


@dataclass(frozen=True, kw_only=True)
class SeparateState:
    """One separate consent of a course at a moment."""

    kind: str
    text: SeparateText
    said: SeparateConsent | None  # the newest word of the patient
    why_not: str  # why what was given does not hold; empty where it holds or was not given
    is_needed: bool  # treatment waits for it

    @property
    def in_force(self) -> bool:
        return self.said is not None and self.said.said == GIVEN and not self.why_not

    @property
    def is_given(self) -> bool:
        return self.said is not None and self.said.said == GIVEN

    @property
    def word(self) -> str:
        """How it stands, as a word for programs."""
        if self.said is None:
            return "not-asked"
        if self.is_given:
            return "in-force" if self.in_force else "not-in-force"
        return str(self.said.said)

    @property
    def name(self) -> str:
        return SeparateConsent.Kind(self.kind).label


def separate_states(
    course: Course, at: datetime, *, route: str | None = None, language: str | None = None
) -> list[SeparateState]:
    """Every separate consent that concerns a course, in the order in which they are shown."""
    said = newest_said(course, at)
    needs_off_label = route is not None and is_off_label(course.indication, route)
    return [
        SeparateState(
            kind=kind,
            text=separate_for(kind, language=language or language_of(course.patient)),
            said=said.get(kind),
            why_not=why_not(said.get(kind), at),
            is_needed=kind == OFF_LABEL and needs_off_label,
        )
        for kind in SEPARATE
        if kind != OFF_LABEL or needs_off_label or kind in said
    ]


def newest_said(course: Course, at: datetime) -> dict[str, SeparateConsent]:
    """The patient's newest word on each kind: of this course, or of the person where it is about the person."""
    rows = said_until(course.patient, at)
    return newest_of(row for row in rows if row.course_id == course.pk or row.kind in OF_THE_PERSON)


def said_until(patient: Patient, at: datetime) -> Iterable[SeparateConsent]:
    """Everything that a patient has said until a moment, oldest first."""
    return SeparateConsent.objects.filter(course__patient=patient, said_at__lte=at).order_by("said_at", "pk")


def newest_of(rows: Iterable[SeparateConsent]) -> dict[str, SeparateConsent]:
    """The last row of each kind."""
    return {row.kind: row for row in rows}


def why_not(said: SeparateConsent | None, at: datetime) -> str:
    """Why a consent that was given does not hold any more; empty where it does, or was not given."""
    if said is None or said.said != GIVEN:
        return ""
    if said.expires_at is not None and said.expires_at <= at:
        return _("It ran out on %(day)s.") % {"day": f"{said.expires_at:%Y-%m-%d}"}
    now = newest(said.document_id)
    if now is not None and now.stated.version > said.document_version:
        return _("The text has changed since it was signed.")
    return ""


def is_off_label(indication: str, route: str) -> bool:
    """Whether no agency has approved this use; a use that our sources do not know counts as one that is not approved."""
    known = protocol.load().indications.get(indication)
    return known is None or known.approval_of(route).status != "approved"


def off_label_missing(course: Course, route: str, at: datetime) -> bool:
    """Whether the use is off-label and the patient has not agreed to that."""
    if not is_off_label(course.indication, route):
        return False
    said = newest_said(course, at).get(OFF_LABEL)
    return said is None or said.said != GIVEN or bool(why_not(said, at))


def registry_consent(patient: Patient, at: datetime) -> SeparateConsent | None:
    """The patient's consent to the research registry that holds at a moment; None when there is none."""
    return in_force(patient, SeparateConsent.Kind.REGISTRY, at)


def in_force(patient: Patient, kind: str, at: datetime) -> SeparateConsent | None:
    """The consent of a kind about the person that holds at a moment; None when there is none."""
    said = newest_of(said_until(patient, at)).get(kind)
    return said if said is not None and said.said == GIVEN and not why_not(said, at) else None
