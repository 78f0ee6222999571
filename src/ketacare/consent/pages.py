"""What the pages of this room show, gathered once for each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from ketacare.clinic.errors import Reason
from ketacare.clinic.models import Course
from ketacare.consent.document import languages_of
from ketacare.consent.models import CapacityAssessment, Consent, ConsentTalk, TeachBackAnswer
from ketacare.consent.paper import SignedPaper
from ketacare.consent.queries import (
    ConsentStatus,
    PatientDocument,
    consent_status,
    consents,
    document_wanted,
    documents_of_course,
    latest_capacity,
    latest_talk,
)
from ketacare.consent.separate import SeparateState, separate_states
from ketacare.consent.shapes import TREATMENT, Document, Text
from ketacare.consent.signature import Moment, capacity_reasons, readiness, talk_reasons
from ketacare.consent.teach_back import Asked, asked
from ketacare.outcomes.crisis import CrisisHelp, crisis_help


@dataclass(frozen=True, kw_only=True)
class ConsentPage:
    """Everything the clinic's consent page of a course shows."""

    status: ConsentStatus
    capacity: CapacityAssessment | None
    talk: ConsentTalk | None
    tries: tuple[tuple[str, int, int], ...]  # of the talk: document, answers, of which right
    document: Document | None
    separate: tuple[SeparateState, ...]
    history: tuple[Consent, ...]

    @property
    def may_be_withdrawn(self) -> bool:
        return any(not hasattr(consent, "withdrawal") for consent in self.history)


def consent_page(course: Course, at: datetime) -> ConsentPage:
    """The consent page of a course at a moment."""
    document, talk = document_wanted(course), latest_talk(course, at)
    return ConsentPage(
        status=consent_status(course, at),
        capacity=latest_capacity(course, at),
        talk=talk,
        tries=tuple(counted(talk.answers.order_by("document_id", "pk"))) if talk else (),
        document=document,
        separate=tuple(separate_states(course, at, route=document.stated.route)) if document else (),
        history=tuple(consents(course)),
    )


def counted(answers: Iterable[TeachBackAnswer]) -> Iterable[tuple[str, int, int]]:
    """How often a text's questions were answered, and how often rightly."""
    for document_id, group in groupby(answers, key=lambda one: one.document_id):
        rows = list(group)
        yield document_id, len(rows), sum(row.is_right for row in rows)


@dataclass(frozen=True, kw_only=True)
class ReadingPage:
    """One text as its patient reads, understands and signs it."""

    course: Course
    text: Text
    languages: list[str]
    questions: list[Asked]
    obstacles: list[Reason]  # what stands before a signature, whoever's turn it is
    may_answer: bool  # the talk was held: its questions are open
    state: SeparateState | None  # of a separate consent
    crisis: CrisisHelp

    @property
    def is_treatment(self) -> bool:
        return self.text.kind == TREATMENT

    @property
    def left(self) -> int:
        """How many questions are not answered rightly yet."""
        return sum(not one.is_understood for one in self.questions)


def reading_page(course: Course, text: Text, at: datetime) -> ReadingPage:
    """A text of a course at a moment."""
    talk = latest_talk(course, at)
    moment = Moment(course=course, text=text, talk=talk, capacity=latest_capacity(course, at), at=at)
    is_treatment = text.kind == TREATMENT
    fresh = talk is not None and at - talk.held_at <= text.capacity_lasts
    before = readiness(moment) if is_treatment else [*capacity_reasons(moment), *talk_reasons(moment)]
    return ReadingPage(
        course=course,
        text=text,
        languages=languages_of(text),
        questions=asked(talk, text),
        obstacles=before,
        may_answer=fresh,
        state=None if is_treatment else state_of_kind(course, text.kind, at),
        crisis=crisis_help(course.site),
    )


def state_of_kind(course: Course, kind: str, at: datetime) -> SeparateState | None:
    """How a separate consent of a course stands."""
    document = document_wanted(course)
    route = document.stated.route if document else None
    return next((one for one in separate_states(course, at, route=route) if one.kind == kind), None)


@dataclass(frozen=True, kw_only=True)
class OwnPage:
    """What a patient sees of the consents of one course."""

    course: Course
    documents: list[PatientDocument]
    crisis: CrisisHelp


def own_page(course: Course, at: datetime, *, language: str) -> OwnPage:
    """The consents of a course as its patient sees them."""
    documents = documents_of_course(course, at, language=language)
    return OwnPage(course=course, documents=documents, crisis=crisis_help(course.site))


@dataclass(frozen=True, kw_only=True)
class SignedPage:
    """A text as it was signed, and where its paper is."""

    told: SignedPaper
    pdf: str  # the paper's address
    crisis: CrisisHelp


def signed_page(course: Course, told: SignedPaper, *, pdf: str) -> SignedPage:
    """What was signed, with whom to call."""
    return SignedPage(told=told, pdf=pdf, crisis=crisis_help(course.site))
