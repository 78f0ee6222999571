"""Everything that writes in this room."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch
from ketacare.consent import actions as consent
from ketacare.followup import queries, reporting
from ketacare.followup.calls import DISCHARGED
from ketacare.followup.models import Judgement, NextDayCall, Reporting, SafetyCase, WantedSession, WantedSessionEnd
from ketacare.followup.values import Happened, Sent, Told
from ketacare.followup.wanted import (
    Wanted,
    next_number,
    planned_session,
    reasons_against_booking,
    reasons_against_wanting,
    wanted_sessions,
)
from ketacare.infusion import actions as infusion
from ketacare.infusion.models import Session, SessionEvent
from ketacare.infusion.outside import planned_route
from ketacare.science.monitoring.events import AdverseEvent

SESSIONS = Session.objects.select_related("course")
ENTRIES = SessionEvent.objects.filter(kind=AdverseEvent.kind).select_related("session__course")


@transaction.atomic
def record_in_session(*, session_id: int, happened: Happened, form_key: UUID, by: Actor, at: datetime) -> SafetyCase:
    """Write an adverse event into a session's timeline, which stays its source, and open its case."""
    session = fetch(by, "safety.record", SESSIONS, pk=session_id)
    if (sent := already(form_key, session.course)) is not None:
        return sent
    entry = infusion.record_adverse_event(
        session_id=session_id, said=happened.said, by=by, at=at, happened_at=happened.at
    )
    return open_from(entry, session.course, form_key=form_key, by=by, at=at)


@transaction.atomic
def take_up(*, entry_id: int, form_key: UUID, by: Actor, at: datetime) -> SafetyCase:
    """Open the case of an adverse event that stands in a timeline and has none."""
    entry = fetch(by, "safety.record", ENTRIES, pk=entry_id)
    taken = SafetyCase.objects.filter(session=entry.session, entry=entry.seq).first()
    return taken or open_from(entry, entry.session.course, form_key=form_key, by=by, at=at)


@transaction.atomic
def record_afterwards(*, course_id: int, happened: Happened, form_key: UUID, by: Actor, at: datetime) -> SafetyCase:
    """Write down an adverse event that was told of outside a session."""
    course = fetch(by, "safety.record", Course.objects.select_for_update(), pk=course_id)
    if (sent := already(form_key, course)) is not None:
        return sent
    if happened.at > at:
        raise ActionRefused("in-the-future", ["The time lies in the future."])
    case = SafetyCase(course=course, happened_at=happened.at, known_at=at, form_key=form_key)
    return opened(case, happened.said, by=by, at=at)


def already(form_key: UUID, course: Course) -> SafetyCase | None:
    """The case that this form has opened already: sent twice, it is one."""
    sent = SafetyCase.objects.filter(form_key=form_key).first()
    if sent is not None and sent.course_id != course.pk:
        raise ActionRefused("form-used", ["This form was sent before, for another course. Open it again."])
    return sent


def open_from(entry: SessionEvent, course: Course, *, form_key: UUID, by: Actor, at: datetime) -> SafetyCase:
    """A case on what a timeline says; the clinic has known of it since it was written there."""
    case = SafetyCase(
        course=course,
        session=entry.session,
        entry=entry.seq,
        happened_at=min(entry.at, entry.recorded_at),
        known_at=entry.recorded_at,
        form_key=form_key,
    )
    return opened(case, queries.told(entry.payload), by=by, at=at)


def opened(case: SafetyCase, said: Told, *, by: Actor, at: datetime) -> SafetyCase:
    """The case with its first judgement; the responsible prescriber owns it, where there is one."""
    case.opened_by_id, case.owner_id = user_id(by), case.course.prescriber_id
    cache(case, said)
    case.save()
    audit.record(by=by, at=at, did="adverse event case opened", on=case)
    return judged(case, said, number=1, was_serious=None, by=by, at=at)


def cache(case: SafetyCase, said: Told) -> None:
    """The columns that lists read, from the newest judgement."""
    case.term, case.grade, case.is_serious = said.term, said.grade, said.serious
    case.outcome = said.outcome if isinstance(said, AdverseEvent) else "unknown"


def judged(
    case: SafetyCase, said: Told, *, number: int, was_serious: bool | None, by: Actor, at: datetime
) -> SafetyCase:
    """Keep a judgement; an event that has become serious holds the course until a prescriber has looked, and asks for consent anew."""
    Judgement.objects.create(case=case, number=number, payload=said.to_json(), by_id=user_id(by), at=at)
    if said.serious and not was_serious:
        term = said.term.replace("_", " ")
        clinic.place_hold(
            course=case.course,
            reason=f"A serious adverse event: {term} (STOP-AE).",
            lifts_when="A prescriber has looked at the event and decided whether treatment goes on.",
            by=by,
            at=at,
        )
        consent.ask_again(course_id=case.course_id, why="serious-event", says=f"{term}.", by=by, at=at)
    return case


@transaction.atomic
def judge_again(*, case_id: int, said: AdverseEvent, after: int, by: Actor, at: datetime) -> SafetyCase:
    """Add what is known now; nothing that was said before is changed."""
    case = fetch(by, "safety.record", SafetyCase.objects.select_for_update(of=("self",)), pk=case_id)
    last, before = queries.newest(case)
    if last.number != after:
        raise ActionRefused("judged-meanwhile", ["Somebody has judged this event meanwhile: read that first."])
    was_serious = case.is_serious
    peak = before.peak if isinstance(before, AdverseEvent) else {}
    told = said.model_copy(update={"peak": peak})  # what the session's values went to does not change by judging
    cache(case, told)
    case.save(update_fields=["term", "grade", "is_serious", "outcome"])
    audit.record(by=by, at=at, did="adverse event judged again", on=case)
    return judged(case, told, number=last.number + 1, was_serious=was_serious, by=by, at=at)


@transaction.atomic
def take_case(*, case_id: int, by: Actor, at: datetime) -> SafetyCase:
    """Take a case: from now on its report is this person's to see through."""
    case = fetch(by, "safety.report", SafetyCase.objects.select_for_update(of=("self",)), pk=case_id)
    case.owner_id = user_id(by)
    case.save(update_fields=["owner"])
    audit.record(by=by, at=at, did="adverse event case taken", on=case)
    return case


@transaction.atomic
def record_reporting(*, case_id: int, sent: Sent, by: Actor, at: datetime) -> Reporting:
    """Write down when, to whom and how a person sent the report, or why it will not be sent. Software sends nothing."""
    case = fetch(by, "safety.report", SafetyCase.objects.select_for_update(of=("self",)), pk=case_id)
    last, said = queries.newest(case)
    refuse_reporting(case, sent, judgement=last.number, at=at)
    sections = reporting.sections_of(case, said, by=by, at=at)
    form = {one.letter: {line.label: line.said for line in one.lines} for one in sections}
    row = Reporting.objects.create(
        case=case,
        judgement=last.number,
        decision=sent.decision,
        sent_on=sent.sent_on,
        sent_to=sent.sent_to,
        how=sent.how,
        reference=sent.reference,
        reason=sent.reason,
        form=form,
        by_id=user_id(by),
        at=at,
    )
    audit.record(by=by, at=at, did=f"adverse event report {sent.decision}", on=case)
    return row


@transaction.atomic
def record_call(*, session_id: int, reached: bool, said: str, by: Actor, at: datetime) -> NextDayCall:
    """Write down a call after a session, with what was heard or that nobody answered."""
    session = fetch(by, "safety.record", SESSIONS, pk=session_id)
    if session.status != DISCHARGED:
        raise ActionRefused("not-home", ["The patient has not gone home from this session."])
    if not said.strip():
        raise ActionRefused("no-words", ["Say what was heard, or how you tried."])
    row = NextDayCall.objects.create(session=session, reached=reached, said=said.strip(), by_id=user_id(by), at=at)
    audit.record(by=by, at=at, did="next-day call recorded", on=session, details={"reached": reached})
    return row


@transaction.atomic
def want_session(*, course_id: int, wanted: Wanted, by: Actor, at: datetime) -> WantedSession:
    """Ask for a session on a day, or for a planned one to be postponed to it, with the forecast that it rests on."""
    course = fetch(
        by, "plan.draft", Course.objects.select_for_update(of=("self",)).select_related("site"), pk=course_id
    )
    if reasons := list(reasons_against_wanting(course, wanted, at=at)):
        raise ActionRefused("not-wanted", reasons)
    row = WantedSession.objects.create(
        course=course,
        wanted_on=wanted.on,
        instead_of=planned_session(course, wanted.instead_of),
        reason=wanted.reason.strip(),
        forecast=wanted.forecast,
        by_id=user_id(by),
        at=at,
    )
    audit.record(by=by, at=at, did="session wanted", on=row)
    return row


@transaction.atomic
def book_wanted(*, wanted_id: int, planned_at: datetime, by: Actor, at: datetime) -> Session:
    """Put a wanted session on the list; a session that it replaces is called off in the same step."""
    row = open_wanted(wanted_id, "infusion.plan", by)
    if reasons := list(reasons_against_booking(row, planned_at, at=at)):
        raise ActionRefused("not-booked", reasons)
    number = next_number(row.course)
    if row.instead_of is not None:
        number = row.instead_of.number
        infusion.cancel(session_id=row.instead_of.pk, reason=f"Postponed: {row.reason}", by=by, at=at)
    route, schedule = planned_route(row.course)
    session = infusion.plan_session(
        course=row.course, number=number, planned_at=planned_at, route=route, schedule=schedule, by=by, at=at
    )
    WantedSessionEnd.objects.create(wanted=row, booked=session, by_id=user_id(by), at=at)
    audit.record(by=by, at=at, did="wanted session booked", on=row)
    return session


@transaction.atomic
def take_back_wanted(*, wanted_id: int, reason: str, by: Actor, at: datetime) -> WantedSession:
    """Say that a session is not wanted any more, and why."""
    row = open_wanted(wanted_id, "plan.draft", by)
    if hasattr(row, "end"):
        raise ActionRefused("wanted-ended", ["It was booked or taken back already."])
    if not reason.strip():
        raise ActionRefused("no-reason", ["Say why it is not wanted any more."])
    WantedSessionEnd.objects.create(wanted=row, reason=reason.strip(), by_id=user_id(by), at=at)
    audit.record(by=by, at=at, did="wanted session taken back", on=row)
    return row


def open_wanted(wanted_id: int, permission: str, by: Actor) -> WantedSession:
    """A wanted session, its course locked, for one who may."""
    row = fetch(by, permission, WantedSession.objects.select_related("course"), pk=wanted_id)
    Course.objects.select_for_update().get(pk=row.course_id)
    return wanted_sessions().get(pk=row.pk)


def refuse_reporting(case: SafetyCase, sent: Sent, *, judgement: int, at: datetime) -> None:
    """Refuse what cannot be, every reason at once."""
    reasons = []
    if case.is_serious is not True:
        reasons.append("Say first whether the event was serious: judge it again.")
    if case.reportings.filter(judgement=judgement).exists():
        reasons.append("This was decided already; judge the event again before a further report.")
    if sent.decision == Reporting.Decision.NOT_SENT and not sent.reason.strip():
        reasons.append("Say why it will not be sent.")
    if sent.decision == Reporting.Decision.SENT:
        reasons += reasons_against_sent(case, sent, at=at)
    if reasons:
        raise ActionRefused("not-reported", reasons)


def reasons_against_sent(case: SafetyCase, sent: Sent, *, at: datetime) -> list[str]:
    """Why this cannot be how a report was sent."""
    zone = ZoneInfo(case.course.site.time_zone)
    known_on, today = case.known_at.astimezone(zone).date(), at.astimezone(zone).date()
    missing = [words for words, value in (("to whom", sent.sent_to), ("how", sent.how)) if not value.strip()]
    found = [f"Say {' and '.join(missing)} it was sent."] if missing else []
    if sent.sent_on is None or not known_on <= sent.sent_on <= today:
        found.append("It was sent between the day the clinic learned of it and today.")
    return found
