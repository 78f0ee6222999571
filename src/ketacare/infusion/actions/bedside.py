"""At the bedside: readings, observations, alarms, notes, what was done; and the clock."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.permissions import require
from ketacare.infusion.doing import RECORDABLE, allowed, entry, made, require_status
from ketacare.infusion.models import Session, SessionEvent
from ketacare.infusion.queries import state_of
from ketacare.infusion.timeline import Charts, Writing, append, by_the_clock_now
from ketacare.science.monitoring import alarms
from ketacare.science.monitoring.adverse import peak_of
from ketacare.science.monitoring.events import (
    AdverseEvent,
    BadEvent,
    Intervention,
    Note,
    Observation,
    from_json,
)
from ketacare.science.monitoring.parameters import Value
from ketacare.science.monitoring.signal_files import alarm_signals
from ketacare.science.monitoring.timeline import State
from ketacare.science.monitoring.way_home import editions


@transaction.atomic
def chart_observation(
    *, session_id: int, values: Mapping[str, Value], by: Actor, at: datetime, happened_at: datetime | None = None
) -> Session:
    """Write down what was seen or said: sedation, dissociation, nausea, symptoms, a recovery score."""
    session = allowed(session_id, "infusion.chart", by)
    require_status(session, RECORDABLE)
    append(
        session,
        entry(made(Observation, values=dict(values), editions=editions(values)), happened_at or at),
        by=by,
        at=at,
    )
    audit.record(by=by, at=at, did="observation charted", on=session)
    return session


@transaction.atomic
def acknowledge_alarm(*, session_id: int, alarm: str, episode: int, by: Actor, at: datetime) -> Session:
    """A named person has seen an alarm, at the level it has now; seeing it again changes nothing."""
    session = allowed(session_id, "infusion.acknowledge", by)
    log = state_of(session).alarms
    if log.episode(alarm, episode) is None:
        raise ActionRefused("no-such-alarm", ["There is no such alarm in this session."])
    if seen := alarms.acknowledge(log, alarm, episode):
        append(session, entry(seen, at), by=by, at=at)
        audit.record(by=by, at=at, did="alarm acknowledged", on=session, details={"alarm": alarm, "episode": episode})
    return session


@transaction.atomic
def silence_alarm(*, session_id: int, alarm: str, episode: int, by: Actor, at: datetime) -> Session:
    """Silence the sound of an alarm for its level's own time, or until it grows worse; it stays unacknowledged, and goes on calling people."""
    session = allowed(session_id, "infusion.acknowledge", by)
    log = state_of(session).alarms
    one = log.episode(alarm, episode)
    if one is None:
        raise ActionRefused("no-such-alarm", ["There is no such alarm in this session."])
    if alarm_signals().silence(one.level) is None:
        raise ActionRefused("no-sound", ["This alarm makes no sound."])
    if silenced := alarms.silence(log, alarm, episode, at=at):
        append(session, entry(silenced, at), by=by, at=at)
        audit.record(by=by, at=at, did="alarm silenced", on=session, details={"alarm": alarm, "episode": episode})
    return session


@transaction.atomic
def add_note(*, session_id: int, text: str, by: Actor, at: datetime, happened_at: datetime | None = None) -> Session:
    """Write a note into the timeline."""
    session = allowed(session_id, "infusion.chart", by)
    require_status(session, RECORDABLE)
    append(session, entry(made(Note, text=text.strip()), happened_at or at), by=by, at=at)
    audit.record(by=by, at=at, did="note written", on=session)
    return session


@transaction.atomic
def record_intervention(
    *,
    session_id: int,
    what: str,
    by: Actor,
    at: datetime,
    medicine_class: str = "",
    detail: str = "",
    alarm: str = "",
    happened_at: datetime | None = None,
) -> Session:
    """Write down what was done for the patient, and for which alarm."""
    session = allowed(session_id, "infusion.intervene", by)
    require_status(session, RECORDABLE)
    done = made(Intervention, what=what.strip(), medicine_class=medicine_class, detail=detail, alarm=alarm)
    append(session, entry(done, happened_at or at), by=by, at=at)
    audit.record(by=by, at=at, did="intervention recorded", on=session)
    return session


@transaction.atomic
def record_adverse_event(
    *, session_id: int, said: AdverseEvent, by: Actor, at: datetime, happened_at: datetime | None = None
) -> SessionEvent:
    """Write down an unwanted event as it was judged, with how far the session's own values went: kept beside the grade."""
    session = allowed(session_id, "infusion.intervene", by)
    require_status(session, RECORDABLE)
    peak = peak_of(said.term, values_since_start(state_of(session)))
    told = said.model_copy(update={"peak": MappingProxyType(peak)})
    append(session, entry(told, happened_at or at), by=by, at=at)
    audit.record(by=by, at=at, did="adverse event recorded", on=session)
    return session.events.filter(kind=AdverseEvent.kind).order_by("-seq")[0]


def values_since_start(state: State) -> dict[str, list[float]]:
    """The numbers of each parameter since the drug began."""
    begun = state.started_at
    return {
        name: [float(one.value) for one in samples if isinstance(one.value, int | float) and begun and one.at >= begun]
        for name, samples in state.series.items()
    }


@transaction.atomic
def correct_event(
    *,
    session_id: int,
    seq: int,
    payload: Mapping[str, Any],
    by: Actor,
    at: datetime,
    happened_at: datetime | None = None,
) -> Session:
    """Put a new entry in the place of a wrong one; both stay visible. A note takes an entry back without another value."""
    session = allowed(session_id, "infusion.correct", by)
    wrong = session.events.filter(seq=seq).first()
    if wrong is None:
        raise ActionRefused("nothing-to-correct", [f"There is no entry {seq} in this session."])
    try:
        right = from_json(payload)
    except BadEvent as error:
        raise ActionRefused("bad-entry", list(map(str, error.problems))) from error
    if right.kind not in (wrong.kind, Note.kind):
        raise ActionRefused("other-kind", ["A correction is of the same kind, or a note that takes the entry back."])
    append(
        session, by=by, at=at
    )  # a step of the clock is told first: the wrong entry's place is told by the clock as it is
    append(session, entry(right, happened_at or by_the_clock_now(session, wrong), supersedes=seq), by=by, at=at)
    audit.record(by=by, at=at, did="entry corrected", on=session, details={"seq": seq})
    return session


@transaction.atomic
def tick(*, session_id: int, by: Actor, at: datetime) -> int:
    """Turn the clock of a session: store the alarms that time alone has brought; tell how many. May run twice."""
    return tick_together(session_ids=[session_id], by=by, at=at)


@transaction.atomic
def tick_together(*, session_ids: Sequence[int], by: Actor, at: datetime) -> int:
    """Turn the clock of several sessions at once; what it brings in each is one audit event."""
    charts = Charts(session_ids)
    if gone := set(session_ids) - charts.sessions.keys():
        raise NotAllowed("infusion.tick", f"infusion.session:{min(gone)}")
    done = []
    for number, session in charts.sessions.items():
        require(by, "infusion.tick", session)
        before = charts.states[number].seq
        charts.write(Writing(session=session, entries=(), by=by, at=at))
        if alarms_found := charts.states[number].seq - before:
            details: dict[str, object] = {"alarms": alarms_found}
            done.append(audit.Done(by=by, at=at, did="clock turned", on=session, details=details))
    charts.store()
    audit.record_all(done)
    return sum(int(str(one.details["alarms"])) for one in done)
