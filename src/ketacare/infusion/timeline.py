"""The one writer of a session: ``append`` is to a session what ``save`` is elsewhere."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from django.db import connection
from django.db.models import F

from ketacare.clinic import clock
from ketacare.clinic.actions import ask_for_safety
from ketacare.clinic.actor import Actor, System
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Course, RulebookRuling, Site
from ketacare.clinic.prepared import Prepared
from ketacare.clinic.queries import approvals, in_force
from ketacare.infusion import states
from ketacare.infusion.models import OCCUPYING, Session, SessionEvent
from ketacare.record.models import Treatment
from ketacare.science.errors import OutOfRange
from ketacare.science.facts.readings import live_facts
from ketacare.science.facts.watching import due_alarms, late_alarms, late_names
from ketacare.science.monitoring.clocks import Mark, stepped
from ketacare.science.monitoring.delivered import delivered_mg
from ketacare.science.monitoring.dosing import round_half_up
from ketacare.science.monitoring.events import Alarm, AnyPayload, Event, Observation, Reading, StatusChange
from ketacare.science.monitoring.schedule import Schedule, schedule_for
from ketacare.science.monitoring.skew import device_policy
from ketacare.science.monitoring.timeline import (
    CORRECTABLE,
    MONITORED,
    State,
    clock_steps,
    dose_steps,
    may_follow,
    moved_since,
    start_as_written,
    step,
)
from ketacare.science.monitoring.tolerance import tolerance
from ketacare.science.rules.book import Book
from ketacare.science.rules.fields import Fact
from ketacare.science.rules.policy import Policy
from ketacare.stewardship import actions as stewardship

AHEAD = timedelta(seconds=30)  # how far a clock at the bedside may run before ours
GIVEN_DECIMALS = 3  # of the treatment's column
MACHINE = System(name="alarms")
CLOCK = System(name="clock")
STEPPED = frozenset({"last_seq", "alarm_level"})  # the cached columns that a reading may step
STEP = f"UPDATE {Session._meta.db_table} SET last_seq = %s, alarm_level = %s WHERE id = %s"  # noqa: S608  # a name of our own
LOCKED = Prepared(lambda ids: Session.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
SITES = Prepared(lambda ids: Site.objects.filter(pk__in=ids))
CHANNEL = "ketacare_session"  # PostgreSQL tells listeners here which session has changed


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Something that happened, to be written down."""

    payload: AnyPayload
    at: datetime
    supersedes: int | None = None
    sent_key: str = ""  # its sender's own name for it


@dataclass(frozen=True, kw_only=True)
class Writing:
    """What one actor writes into one session at one moment."""

    session: Session
    entries: Sequence[Entry]
    by: Actor
    at: datetime


@dataclass(kw_only=True)
class _Draft:
    """What is about to be written into one session."""

    session: Session
    state: State
    recorded_at: datetime
    by: Actor
    clocks: clock.Moment
    alarm_book: Callable[[Session, datetime], tuple[Book, Policy]]
    rows: list[SessionEvent] = field(default_factory=list)

    def book(self) -> tuple[Book, Policy]:
        """The alarm book and limits in force when the session began, so that no alarm changes meaning under way."""
        return self.alarm_book(self.session, start_as_written(self.state) or self.recorded_at)

    @property
    def mark(self) -> Mark:
        """Both clocks at the moment of writing: what is read now, told for then."""
        since_s = (self.clocks.at - self.recorded_at).total_seconds()
        return Mark(at=self.recorded_at, boot_s=self.clocks.boot_s - since_s)


def append(session: Session, *entries: Entry, by: Actor, at: datetime) -> State:
    """Write events at the end of a session's timeline, with the alarms that follow, and the columns cached from them.

    Locks the session, takes the next ``seq``, checks each transition. Belongs into the transaction of an action; ``at`` is now.
    """
    charts = Charts([session.pk])
    charts.write(Writing(session=session, entries=entries, by=by, at=at))
    charts.store()
    state = charts.states[session.pk]
    _set_columns(session, state)
    return state


class Charts:
    """Sessions that are locked to be written into, and what each adds up to with what was written so far.

    What is written is stored together at the end, so that the database is asked a few times for all of them.
    """

    def __init__(self, session_ids: Iterable[int]) -> None:
        self.sessions = {row.pk: row for row in LOCKED.rows(sorted(session_ids))}
        sites = {row.pk: row for row in SITES.rows(sorted({row.site_id for row in self.sessions.values()}))}
        for row in self.sessions.values():
            row.site = sites[row.site_id]
        self.states = states.current_all(list(self.sessions.values()))
        self._clocks = clock.now()
        self._drafts: list[_Draft] = []
        self._approvals: dict[int, list[RulebookRuling]] = {}

    def write(self, writing: Writing) -> tuple[int, ...]:
        """Draft the entries at the end of their session, with the alarms that follow; gives the ``seq`` of each entry."""
        number = writing.session.pk
        draft = _Draft(
            session=self.sessions[number],
            state=self.states[number],
            recorded_at=writing.at,
            by=writing.by,
            clocks=self._clocks,
            alarm_book=self._alarm_book,
        )
        seqs = _write(draft, writing)
        self.states[number] = draft.state
        self._drafts.append(draft)
        return seqs

    def store(self) -> None:
        """Store everything that was drafted, and step what is cached."""
        _store([draft for draft in self._drafts if draft.rows])

    def _alarm_book(self, session: Session, at: datetime) -> tuple[Book, Policy]:
        if session.site_id not in self._approvals:
            self._approvals[session.site_id] = approvals(session.site, "alarms")
        return in_force(session.site, "alarms", at=at, among=self._approvals[session.site_id])


def _write(draft: _Draft, writing: Writing) -> tuple[int, ...]:
    """Draft the entries with the alarms that follow; gives the ``seq`` of each entry."""
    behind = _tell_step(draft)
    entries = [replace(one, at=one.at + behind) for one in writing.entries]
    seqs = []
    for entry in entries:
        _refuse_what_cannot_be(draft, entry)
        _add(draft, entry.payload, by=writing.by, at=entry.at, supersedes=entry.supersedes, sent_key=entry.sent_key)
        seqs.append(draft.state.seq)
    _judge(draft, entries)
    return tuple(seqs)


def _tell_step(draft: _Draft) -> timedelta:
    """Write first that the wall clock was put forward or back since the session's last entry, if it was.

    Gives by how much the times of this writing are behind: they may have been read just before the step, which somebody
    else may have told of meanwhile.
    """
    mark = draft.state.marks.get(draft.clocks.boot_id)
    fresh = stepped(mark, draft.mark, limit_s=device_policy().machine.step_s) if mark else None
    told = [fresh] if fresh else [step for _, step in clock_steps(draft.state)[-1:]]
    if not told or draft.session.status not in OCCUPYING:
        return timedelta()
    waited = draft.clocks.at - draft.recorded_at
    behind = told[0].step if abs(waited - told[0].step) < abs(waited) else timedelta()
    draft.recorded_at += behind
    if fresh:
        _add(draft, fresh, by=CLOCK, at=draft.recorded_at)
        draft.session.pairings.filter(unpaired_at__isnull=True).update(paired_at=F("paired_at") + fresh.step)
    return behind


def schedule_of(session: Session) -> Schedule:
    """What is monitored in a session, and how often."""
    return _schedule(session.schedule, tuple(session.schedule_additions))


def by_the_clock_now(session: Session, row: SessionEvent) -> datetime:
    """When an entry happened, told by the clock as it is now."""
    return row.at + moved_since(states.current(session), row.seq)


@cache
def _schedule(name: str, additions: tuple[str, ...]) -> Schedule:
    return schedule_for(name, additions=additions)


def _refuse_what_cannot_be(draft: _Draft, entry: Entry) -> None:
    """Refuse a time in the future, a step that the status table does not know, a correction of nothing."""
    if entry.at > draft.recorded_at + AHEAD:
        raise ActionRefused("in-the-future", ["The time lies in the future."])
    if isinstance(entry.payload, StatusChange) and not may_follow(draft.state.status, entry.payload.to):
        reason = Reason(text=f"A session that is {draft.state.status} does not become {entry.payload.to}.")
        raise ActionRefused("session-step", [reason])
    if entry.supersedes is not None:
        _refuse_wrong_correction(draft, entry.supersedes)


def _refuse_wrong_correction(draft: _Draft, seq: int) -> None:
    row = draft.session.events.filter(seq=seq).first()
    if row is None or row.kind not in CORRECTABLE:
        raise ActionRefused("nothing-to-correct", [f"Entry {seq} is none that can be corrected."])
    if seq in draft.state.superseded:
        raise ActionRefused(
            "already-corrected", [f"Entry {seq} was already corrected by {draft.state.superseded[seq]}."]
        )


def _add(
    draft: _Draft,
    payload: AnyPayload,
    *,
    by: Actor,
    at: datetime,
    supersedes: int | None = None,
    sent_key: str = "",
) -> None:
    alarm = payload if isinstance(payload, Alarm) else None
    row = SessionEvent(
        session=draft.session,
        seq=draft.state.seq + 1,
        kind=payload.kind,
        at=at,
        recorded_at=draft.recorded_at,
        by=by.key,
        by_name=by.name,
        payload=payload.to_json(),
        supersedes=supersedes,
        alarm=alarm.key if alarm else "",
        episode=alarm.episode if alarm else None,
        once=alarm.once if alarm else "",
        sent_key=sent_key,
        boot_id=draft.clocks.boot_id,
        boot_s=draft.mark.boot_s,
    )
    event = Event(
        seq=row.seq,
        at=at,
        recorded_at=row.recorded_at,
        by=row.by,
        by_name=row.by_name,
        payload=payload,
        supersedes=supersedes,
        boot_id=row.boot_id,
        boot_s=row.boot_s,
    )
    draft.rows.append(row)
    draft.state = step(draft.state, event)


def _add_alarms(draft: _Draft, alarms: Iterable[Alarm]) -> None:
    for alarm in alarms:
        _add(draft, alarm, by=MACHINE, at=draft.recorded_at)


def _judge(draft: _Draft, entries: Iterable[Entry]) -> None:
    """Store what the alarm machine finds, while the drug may act: at this moment, and of earlier ones that new values tell of, marked late.

    All entries are in the timeline by then: a value that the same batch shows to have lasted, or to have stood alone, is judged so.
    """
    measured = [(one, one.payload.values) for one in entries if isinstance(one.payload, Reading | Observation)]
    started_at, schedule = draft.state.started_at, schedule_of(draft.session)
    if started_at is None or not (measured or draft.state.status in MONITORED):
        return
    facts = live_facts(draft.state, schedule, at=draft.recorded_at)
    book, limits = draft.book()
    _judge_now(draft, facts, book, limits)
    told_late = False
    for entry, values in measured:
        if entry.at >= started_at and (late := late_names(values, facts, taken_at=entry.at, book=book)):
            found = late_alarms(
                draft.state,
                schedule,
                names=late,
                taken_at=entry.at,
                at=draft.recorded_at,
                book=book,
                limits=limits,
            )
            _add_alarms(draft, found)
            told_late = told_late or bool(found)
    if told_late:
        _judge_now(draft, facts, book, limits)


def _judge_now(draft: _Draft, facts: dict[str, Fact], book: Book, limits: Policy) -> None:
    if draft.state.status in MONITORED:
        _add_alarms(draft, due_alarms(draft.state, facts, at=draft.recorded_at, book=book, limits=limits))


def _store(drafts: Sequence[_Draft]) -> None:
    if not drafts:
        return
    SessionEvent.objects.bulk_create([row for draft in drafts for row in draft.rows])
    moved = []
    for draft in drafts:
        moved += _cache(draft)
        states.remember(draft.session, draft.state, draft.rows[-1])
    with connection.cursor() as cursor:
        cursor.executemany(STEP, [(one.last_seq, one.alarm_level, one.pk) for one in moved])
        if connection.vendor == "postgresql":
            cursor.executemany("SELECT pg_notify(%s, %s)", [(CHANNEL, str(one.session.pk)) for one in drafts])


def columns_of(state: State) -> dict[str, object]:
    """The session's columns that are cached from its timeline."""
    return {
        "last_seq": state.seq,
        "status": state.status,
        "started_at": state.started_at,
        "ended_at": state.ended_at,
        "alarm_level": state.alarms.level or "",
    }


def _set_columns(session: Session, state: State) -> list[str]:
    """Set the cached columns; tell which have changed."""
    changed = {name: value for name, value in columns_of(state).items() if getattr(session, name) != value}
    for name, value in changed.items():
        setattr(session, name, value)
    return list(changed)


def treatment_of(session: Session, state: State, *, until: datetime) -> dict[str, object]:
    """What the rooms above read of a treatment: when it began and ended, and how much has arrived."""
    given = delivered_mg(dose_steps(state), until=until)
    return {
        "route": session.route,
        "started_at": state.started_at,
        "ended_at": state.ended_at,
        "given_mg": round_half_up(given, GIVEN_DECIMALS),
        "tolerance": tolerance(state),
    }


def _cache(draft: _Draft) -> list[Session]:
    """Step the columns that are cached from the timeline, and the treatment when the drug or the status moved.

    A correction may move them as well, whatever its own kind: a note takes a dose step back. Gives the session where only
    the number of its last entry and the level of its alarms are still to be stored: those of all go in one statement.
    """
    session = draft.session
    changed = set(_set_columns(session, draft.state)) - STEPPED
    if changed:
        session.save(update_fields=[*changed, *STEPPED])
    if session.status not in OCCUPYING and session.device_id is not None:
        session.pairings.filter(unpaired_at__isnull=True).update(unpaired_at=draft.recorded_at)
    moved = any(row.kind in ("dose", "status") or row.supersedes is not None for row in draft.rows)
    if moved:
        ask_for_safety(Course.objects.filter(pk=session.course_id), at=draft.recorded_at)
    if moved and draft.state.started_at is not None:
        try:
            treatment = treatment_of(session, draft.state, until=draft.recorded_at)
        except OutOfRange as error:
            reason = Reason(text="More would be lost than was given: correct the line loss first.")
            raise ActionRefused("more-than-given", [reason]) from error
        Treatment.objects.update_or_create(course=session.course, number=session.number, defaults=treatment)
        _book(draft, treatment["given_mg"])
    return [] if changed else [session]


def _book(draft: _Draft, given_mg: Decimal) -> None:
    """Move the vault in the same transaction: the chart and the register cannot disagree."""
    lost = [step.dose_mg for step in dose_steps(draft.state) if step.step == "line-loss" and step.dose_mg]
    stewardship.book_delivered(
        treatment=draft.session.course,
        number=draft.session.number,
        site=draft.session.site,
        delivered_mg=given_mg,
        lost_mg=sum(lost, Decimal(0)),
        by=draft.by,
        at=draft.recorded_at,
    )
