"""What of a patient may be erased now, and what stays, until when, by which rule: said before anything is done."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Max, QuerySet

from ketacare.clinic.models import AuditSubject, Course, Patient, Site
from ketacare.consent.models import Consent
from ketacare.infusion.models import Session
from ketacare.outcomes.models import AnswerSet
from ketacare.portal.models import Thread
from ketacare.rights.models import RightsRequest
from ketacare.science.rights.law import Kept, Law, stays_until
from ketacare.therapy.models import TherapySession


@dataclass(frozen=True, kw_only=True)
class Line:
    """One kind of thing: how many, how many of them may go now, and until when the others stay. None: as long as it is not judged."""

    what: str
    count: int
    may_go: int
    until: date | None
    kept: Kept
    why: str


def threads_to_erase(patient: Patient) -> QuerySet[Thread]:
    """Threads that staff said belong to no care, and in which nothing waits."""
    rows = patient.threads.filter(is_care=False, waits_since__isnull=True, erased_at__isnull=True)
    return rows.order_by("pk")


def listing(patient: Patient, site: Site, law: Law, *, at: datetime) -> tuple[Line, ...]:
    """Everything there is of a patient, kind by kind. Nothing is erased by asking."""
    last = last_contact(patient)
    return (
        Line(
            what="Care record",
            count=care_count(patient),
            may_go=0,
            until=stays_until(law.kept("care"), last),
            kept=law.kept("care"),
            why="the law asks for it; append-only",
        ),
        *messages_of(patient, law, last=last),
        requests_line(patient, law, today=at.astimezone(ZoneInfo(site.time_zone)).date()),
        Line(
            what="Who looked and wrote",
            count=AuditSubject.objects.filter(patient=patient).count(),
            may_go=0,
            until=stays_until(law.kept("audit"), last),
            kept=law.kept("audit"),
            why="sealed; nobody can erase it",
        ),
    )


def messages_of(patient: Patient, law: Law, *, last: date) -> tuple[Line, ...]:
    """Messages by whether they belong to care; what nobody has judged stays."""
    care, other = law.kept("care"), law.kept("messages")
    threads = patient.threads.filter(erased_at__isnull=True)
    rows = (
        ("Messages that belong to care", True, 0, stays_until(care, last), care, "part of the care record"),
        ("Messages that nobody has judged", None, 0, None, care, "until somebody says whether they belong to care"),
        ("Other messages", False, threads_to_erase(patient).count(), None, other, "an open one is answered first"),
    )
    return tuple(
        Line(what=what, count=threads.filter(is_care=is_care).count(), may_go=may_go, until=until, kept=kept, why=why)
        for what, is_care, may_go, until, kept, why in rows
    )


def requests_line(patient: Patient, law: Law, *, today: date) -> Line:
    """The requests themselves: kept to show that they were decided."""
    kept, rows = law.kept("requests"), patient.rights_requests.all()
    decided = rows.aggregate(last=Max("decided_at"))["last"]
    return Line(
        what="Requests about the record",
        count=rows.count(),
        may_go=0,
        until=stays_until(kept, decided.date() if decided else today),
        kept=kept,
        why="to show that they were decided",
    )


def last_contact(patient: Patient) -> date:
    """The last day on which anything was done for the patient."""
    moments = [
        Course.objects.filter(patient=patient).aggregate(at=Max("opened_at"))["at"],
        Session.objects.filter(patient=patient).aggregate(at=Max("ended_at"))["at"],
        AnswerSet.objects.filter(course__patient=patient).aggregate(at=Max("answered_at"))["at"],
        TherapySession.objects.filter(course__patient=patient).aggregate(at=Max("held_at"))["at"],
        Thread.objects.filter(patient=patient).aggregate(at=Max("messages__sent_at"))["at"],
        RightsRequest.objects.filter(patient=patient).aggregate(at=Max("made_at"))["at"],
    ]
    written = AuditSubject.objects.filter(patient=patient).aggregate(at=Max("event__at"))["at"]
    return max(filter(None, moments), default=written).date()  # who only looked begins nothing anew


def care_count(patient: Patient) -> int:
    """How many rows of care there are."""
    of_course = (Session, AnswerSet, TherapySession, Consent)
    found = sum(model.objects.filter(course__patient=patient).count() for model in of_course)
    return found + patient.courses.count() + patient.entries.count()
