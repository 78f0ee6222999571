"""What the cockpit shows of a session at a moment: plain values from the fold alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ketacare.infusion.queries import given_mg
from ketacare.infusion.words import alarm_statement, amount, name_of, unit_of, value_words, with_unit
from ketacare.science.facts.readings import clock, live_facts
from ketacare.science.monitoring.alarms import Episode, advised
from ketacare.science.monitoring.bedside import sheet
from ketacare.science.monitoring.events import Dose
from ketacare.science.monitoring.moment import Doubt, doubtful
from ketacare.science.monitoring.parameters import LIVE, Value
from ketacare.science.monitoring.policy import CALLS, alarm_policy
from ketacare.science.monitoring.schedule import Due, Schedule
from ketacare.science.monitoring.signal_files import alarm_signals
from ketacare.science.monitoring.sounds import sounds
from ketacare.science.monitoring.timeline import MONITORED, TRANSITIONS, Sample, State
from ketacare.science.rules.book import load

# name in the series -> class of its colour; blood pressure stands under its systolic
VITALS = {"bp_sys": "bp", "heart_rate": "hr", "spo2": "spo2", "resp_rate": "rr", "etco2": "other"}
ALWAYS_SHOWN = {"bp_sys", "heart_rate", "spo2", "resp_rate"}
DIASTOLIC = "bp_dia"
OBSERVED = tuple(one.parameter for one in sheet().scales)
PHASES = {"checked-in": "checked in", "treating": "infusing"}
WHOM = {"second-person": "calls a second person", "everyone": "calls everyone"}
WITHOUT_A_PUMP = PHASES | {"treating": "dosing"}
CURVES = {"heart_rate": "hr", "spo2": "spo2", "resp_rate": "rr", "bp_sys": "bp_sys", "bp_dia": "bp_dia"}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One value with its age. ``missing``: there is none, or it is too old to be called current."""

    name: str
    label: str
    text: str
    unit: str
    at: datetime | None
    css: str = ""
    missing: bool
    source: str = ""
    value: Value | None = None
    doubt: str = ""  # what another device says against it


@dataclass(frozen=True, kw_only=True)
class Duty:
    """What is to be charted next, and when."""

    label: str
    due_at: datetime
    late_at: datetime
    state: str  # later | due | late


@dataclass(frozen=True, kw_only=True)
class AlarmShown:
    """One alarm that is on, or that passed before anybody saw it."""

    key: str
    number: int
    level: str
    priority: str
    statement: str
    values: str
    raised_at: datetime
    late: bool
    is_on: bool
    is_waiting: bool
    acknowledged_by: str
    sounds: bool  # while it is not silenced
    silence_s: int  # how long one press keeps it quiet
    silent_until: datetime | None  # None: not silenced now
    called: str  # whom it has called, unseen: the second person, everyone; or nobody


@dataclass(frozen=True, kw_only=True)
class Cockpit:
    """Everything that changes while a session runs."""

    status: str
    phase: str  # the status in words
    since: datetime | None  # of the phase: start of the drug, or its end
    started_at: datetime | None
    vitals: tuple[Shown, ...]
    observations: tuple[Shown, ...]
    duties: tuple[Duty, ...]
    alarms: tuple[AlarmShown, ...]
    calm: str  # what is said where no alarm is on
    advice: str | None
    rate_mg_per_h: str  # as it runs now; empty when nothing runs
    given_mg: str  # so far
    at: datetime
    is_over: bool  # then ``at`` is when it ended


def cockpit(state: State, schedule: Schedule, *, at: datetime, is_infusion: bool = True) -> Cockpit:
    """What to show of a session at a moment."""
    is_over = not TRANSITIONS[state.status]
    at = state.moves[-1].at if is_over else at
    live = live_facts(state, schedule, at=at)
    fresh = _fresh(state, schedule, live, at=at)
    return Cockpit(
        status=state.status,
        phase=(PHASES if is_infusion else WITHOUT_A_PUMP).get(state.status, state.status),
        since=state.ended_at or state.started_at,
        started_at=state.started_at,
        vitals=tuple(_vitals(state, fresh, doubtful(state, at=at, fresh=live))),
        observations=tuple(_observations(state, fresh)),
        duties=() if is_over else tuple(duties(state, schedule, at=at)),
        alarms=alarms(state, at=at),
        calm=_calm(state),
        advice=advised(state.alarms, alarm_policy()),
        rate_mg_per_h=amount(now) if (now := rate(state)) else "",
        given_mg=amount(round(given_mg(state, until=at), 1)),
        at=at,
        is_over=is_over,
    )


def _calm(state: State) -> str:
    if not TRANSITIONS[state.status]:
        return "The session is over."
    return "No alarm is on." if state.status in MONITORED else "Not monitored yet: the drug has not been started."


def _vitals(state: State, fresh: set[str], doubts: Mapping[str, Doubt]) -> Iterator[Shown]:
    for name, css in VITALS.items():
        sample = state.latest(name)
        if sample is None and name not in ALWAYS_SHOWN:
            continue
        text = _pressure(state, sample) if name == "bp_sys" else None
        shown = _shown(name, sample, fresh, css=css, text=text)
        yield replace(shown, doubt=_against(doubts[name])) if name in doubts else shown


def _against(doubt: Doubt) -> str:
    proof = doubt.contradiction.proof
    return f"{name_of(proof)} {with_unit(proof, doubt.proof.value)}"


def _fresh(state: State, schedule: Schedule, live: Iterable[str], *, at: datetime) -> set[str]:
    """What still counts. What no alarm rule reads ages by the due clock all the same."""
    late = {one.parameter for one in clock(state, schedule, at=at) if one.is_late(at)}
    judged = {name.removeprefix(LIVE) for name in load("alarms").fields}
    unjudged = {name for name in OBSERVED if name not in judged and state.latest(name) and name not in late}
    return unjudged | {name.removeprefix(LIVE) for name in live}


def _observations(state: State, fresh: set[str]) -> Iterator[Shown]:
    for name in OBSERVED:
        yield _shown(name, state.latest(name), fresh)


def _shown(name: str, sample: Sample | None, fresh: set[str], *, css: str = "", text: str | None = None) -> Shown:
    return Shown(
        name=name,
        label=name_of(name),
        text=text or (value_words(sample.value) if sample else "no data"),
        unit=unit_of(name),
        at=sample.at if sample else None,
        css=css,
        missing=sample is None or name not in fresh,
        source=sample.source if sample else "",
        value=sample.value if sample else None,
    )


def _pressure(state: State, systolic: Sample | None) -> str | None:
    """The pair as measured together; a lone systolic says so."""
    if systolic is None:
        return None
    diastolic = next((one for one in state.series.get(DIASTOLIC, ()) if one.seq == systolic.seq), None)
    return f"{value_words(systolic.value)}/{value_words(diastolic.value) if diastolic else '–'}"


def duties(state: State, schedule: Schedule, *, at: datetime) -> Iterator[Duty]:
    """What the schedule asks for next, soonest first; what is due at the same time stands together."""
    groups: dict[tuple[datetime, datetime], list[str]] = {}
    for one in sorted((*_never_charted(state, schedule, at=at), *clock(state, schedule, at=at)), key=_soonest):
        groups.setdefault((one.due_at, one.late_at), []).append(one.parameter)
    for (due_at, late_at), names in groups.items():
        stage = "late" if late_at <= at else "due" if due_at <= at else "later"
        labels = dict.fromkeys(name_of("bp_sys" if name == DIASTOLIC else name) for name in names)
        yield Duty(label=", ".join(labels), due_at=due_at, late_at=late_at, state=stage)


def _soonest(one: Due) -> tuple[datetime, str]:
    return one.due_at, one.parameter


def _never_charted(state: State, schedule: Schedule, *, at: datetime) -> Iterator[Due]:
    """What the schedule asks for and nobody has charted yet: wanted since its first time."""
    if state.started_at is None:
        return
    for name in schedule.parameters:
        times = schedule.timing(name).times(state.started_at, up_to=at)
        if times and state.latest(name, at=at) is None:
            yield Due(parameter=name, due_at=times[0], late_at=times[1])


def alarms(state: State, *, at: datetime) -> tuple[AlarmShown, ...]:
    """The alarms that are on, strongest first, then those that passed unseen."""
    log = state.alarms
    passed = [one for one in log.waiting if not one.is_active]
    return tuple(_alarm(one, at=at) for one in (*log.active, *passed))


def _alarm(one: Episode, *, at: datetime) -> AlarmShown:
    book = load("alarms")
    statement = alarm_statement(one.rule)
    seen = one.acknowledged[-1].by_name if one.is_acknowledged else ""
    return AlarmShown(
        key=one.key,
        number=one.number,
        level=one.level,
        priority=book.severities[one.level].priority or "low",
        statement=f"No data: {name_of(one.parameter)}" if one.parameter else statement,
        values=evidence(one),
        raised_at=one.raised_at,
        late=one.happened_at is not None,
        is_on=one.is_active,
        is_waiting=one.is_waiting,
        acknowledged_by=seen,
        **sound_of(one, at=at),
        called="" if one.is_acknowledged else called(one),
    )


def sound_of(one: Episode, *, at: datetime) -> dict[str, Any]:
    """Whether an alarm makes a sound, how long one press keeps it quiet, and until when it is."""
    quiet_for = alarm_signals().silence(one.level)
    is_loud = quiet_for is not None and not one.is_acknowledged and (one.is_active or one.is_latched)
    return {
        "sounds": is_loud,
        "silence_s": int(quiet_for.total_seconds()) if quiet_for else 0,
        "silent_until": one.silenced_until if one.silenced_until and one.silenced_until > at else None,
    }


def called(one: Episode) -> str:
    """Whom an alarm that nobody has seen has called at the level it has now, the widest call last."""
    return next((WHOM[whom] for whom in reversed(CALLS) if f"escalated:{one.level}:{whom}" in one.stored), "")


def evidence(one: Episode) -> str:
    """The values an alarm rests on, in words; none for one about missing data."""
    known = {name.removeprefix(LIVE): value for name, value in one.values.items() if value is not None}
    return ", ".join(f"{name_of(name)} {_evidence(name, value)}" for name, value in known.items())


def _evidence(name: str, value: object) -> str:
    if isinstance(value, bool | int | float | str):
        return with_unit(name, value)
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def rate(state: State) -> Decimal | None:
    """The rate that runs now, mg/h; None when nothing runs."""
    points = list(rate_steps(state))
    return points[-1][1] or None if points else None


def rate_steps(state: State) -> Iterator[tuple[datetime, Decimal]]:
    """When the rate changed and to what, mg/h."""
    before = Decimal(0)
    for event in state.of_kind("dose"):
        if not isinstance(event.payload, Dose):
            continue
        match event.payload.step:
            case "start" | "rate":
                before = event.payload.rate_mg_per_h or Decimal(0)
                yield event.at, before
            case "resume":
                yield event.at, before
            case "pause" | "stop":
                yield event.at, Decimal(0)


def curves(state: State, *, since: timedelta | None = None, at: datetime) -> dict[str, list[tuple[float, Value]]]:
    """The points of every curve, by the name that the chart uses: seconds since 1970 and value."""
    earliest = at - since if since else None
    points = {
        curve: [
            (one.at.timestamp(), one.value) for one in state.series.get(name, ()) if not earliest or one.at >= earliest
        ]
        for name, curve in CURVES.items()
    }
    return points | {"rate": [(when.timestamp(), float(mg_per_h)) for when, mg_per_h in rate_steps(state)]}


def tones() -> dict[str, Any]:
    """The sound of each priority, for the page to play."""
    return {name: one.model_dump(mode="json") for name, one in sounds().patterns.items()}
