"""Reads of adverse events: the cases of a course, what a report tells, what waits for somebody."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, QuerySet

from ketacare.clinic.models import Course
from ketacare.followup.models import Judgement, SafetyCase
from ketacare.followup.values import ReportDue, Shown, Told, report_due
from ketacare.infusion.models import SessionEvent
from ketacare.science.monitoring.events import AdverseEvent, FirstAdverseEvent, from_json


def cases() -> QuerySet[SafetyCase]:
    """Cases with what every page about one names, how often each was judged, and what was done about its report."""
    named = SafetyCase.objects.select_related("course__patient", "course__site", "session", "owner", "opened_by")
    return named.annotate(judged=Count("judgements")).prefetch_related("reportings__by")


def cases_of(course: Course, *, at: datetime) -> list[ReportDue]:
    """The cases of a course, newest first, each with its report."""
    return [due_of(case, at=at) for case in cases().filter(course=course).order_by("-happened_at", "-pk")]


def due_of(case: SafetyCase, *, at: datetime) -> ReportDue:
    """The report of a case that came from ``cases``."""
    decided = sorted(case.reportings.all(), key=lambda one: one.judgement)
    return report_due(case, done=decided[-1] if decided else None, judged=case.judged, at=at)


def told(payload: dict[str, object]) -> Told:
    """What a stored judgement says."""
    said = from_json(payload, stored=True)
    if not isinstance(said, AdverseEvent | FirstAdverseEvent):
        raise TypeError(f"a judgement says {said.kind}")
    return said


def judgements(case: SafetyCase) -> list[Shown]:
    """Everything that was ever said of a case, newest first."""
    rows = case.judgements.select_related("by").order_by("-number")
    return [Shown(judgement=row, said=told(row.payload)) for row in rows]


def newest(case: SafetyCase) -> tuple[Judgement, Told]:
    """What is known of a case now."""
    row = case.judgements.order_by("-number").first()
    if row is None:
        raise LookupError(f"{case} was never judged")
    return row, told(row.payload)


def reports_open(sites: Collection[int], *, at: datetime) -> list[ReportDue]:
    """The cases whose report nobody has decided about, or of which nobody has said whether they are serious; the first due first."""
    rows = cases().filter(course__site__in=sites, reportings__isnull=True).exclude(is_serious=False)
    return sorted((due_of(case, at=at) for case in rows), key=lambda one: one.due_on)


def without_case(sites: Collection[int]) -> QuerySet[SessionEvent]:
    """Adverse events in timelines for which no case is open: nothing that was written down may be lost."""
    rows = SessionEvent.objects.filter(kind=AdverseEvent.kind, session__site__in=sites)
    opened = SafetyCase.objects.filter(session=OuterRef("session"), entry=OuterRef("seq"))
    corrected = SessionEvent.objects.filter(session=OuterRef("session"), supersedes=OuterRef("seq"))
    waiting = rows.filter(~Exists(opened), ~Exists(corrected))
    return waiting.select_related("session__patient", "session__course").order_by("recorded_at", "pk")


def is_taken_back(case: SafetyCase) -> bool:
    """Whether the session's own entry was corrected since: then both are shown, and a person decides what it means."""
    if case.session_id is None:
        return False
    return SessionEvent.objects.filter(session=case.session_id, supersedes=case.entry).exists()
