"""Facts that a running session gives: what is true now, as the alarm book and the start gate ask for it."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from statistics import fmean

from ketacare.science.monitoring.gate import resting_pressure
from ketacare.science.monitoring.parameters import GATE, LIVE, TEMPERATURE, Value
from ketacare.science.monitoring.policy import SCHEDULED
from ketacare.science.monitoring.schedule import Due, Schedule, due
from ketacare.science.monitoring.timeline import Sample, State
from ketacare.science.rules.book import load
from ketacare.science.rules.fields import Fact, Field

CONTINUOUS = "spo2"  # a value that a monitor sends without being asked ages as this one does
COUNTED_BY_HAND_OR_MONITOR = "resp_rate"
SYSTOLIC, RISE = "bp_sys", "now.bp_sys_rise"
OBSERVATION_DUE = "now.observation_due"
BY_SCHEDULE = "one scheduled interval late"


def live_facts(state: State, schedule: Schedule, *, at: datetime) -> dict[str, Fact]:
    """Return the facts of the alarm book as they are at a moment.

    Args:
        state: the session so far.
        schedule: what its monitoring schedule asks for.
        at: the moment; values taken later do not count.

    Returns:
        Facts by name. A value older than it may be is left out: it is missing, never assumed.

    Assumes: the drug has started, or the schedule's clock runs from the last status change.
    """
    fields = load("alarms").fields
    facts = {}
    for name, field in fields.items():
        sample = state.latest(name.removeprefix(LIVE), at=at) if name.startswith(LIVE) else None
        if sample is not None and _counts(state, schedule, name.removeprefix(LIVE), field, sample, at=at):
            facts[name] = Fact(name=name, value=sample.value, unit=field.unit, as_of=sample.at, source=sample.source)
    facts[SCHEDULED] = Fact(name=SCHEDULED, value=list(schedule.parameters), source="schedule")
    return facts | _derived(state, schedule, facts, at=at)


def clock(state: State, schedule: Schedule, *, at: datetime) -> tuple[Due, ...]:
    """Return, for every timed parameter that has been charted at least once, when it is wanted next; soonest first."""
    if state.started_at is None:
        return ()
    charted = [(name, state.latest(name, at=at)) for name in schedule.parameters]
    wanted = [_wanted(state, schedule, name, sample, at=at) for name, sample in charted if sample is not None]
    return tuple(sorted((one for one in wanted if one is not None), key=lambda one: (one.due_at, one.parameter)))


def baseline(state: State, parameter: str) -> float | None:
    """Return the mean of a parameter's readings of today from before the drug; None without any."""
    samples = state.series.get(parameter, ())
    if state.started_at is not None:
        samples = samples[: bisect_right(samples, state.started_at, key=attrgetter("at"))]
    values = [float(sample.value) for sample in samples if not isinstance(sample.value, str)]
    return fmean(values) if values else None


def gate_facts(state: State, *, green_sys: float, green_dia: float, at: datetime) -> dict[str, Fact]:
    """Return the facts of the start gate that the session itself holds: answers, and readings from before the drug.

    Args:
        state: the session so far.
        green_sys: the site's green line, systolic, mmHg.
        green_dia: the site's green line, diastolic, mmHg.
        at: the moment; what was recorded for a later one does not count.

    Returns:
        Facts by name, each with who answered or measured it and when. How old each may be is the book's to judge.
    """
    fields = load("start_gate").fields
    facts = {}
    for item, answers in state.checks.items():
        if item in fields and answers[-1].at <= at:
            facts[item] = _fact(item, answers[-1].value, answers[-1].at, source=f"attested by {answers[-1].by_name}")
    measured = {LIVE + name: state.latest(name, at=at) for name in ("heart_rate", "spo2", "resp_rate")}
    measured[GATE + TEMPERATURE] = state.latest(TEMPERATURE, at=at)
    for name, green_line in (("bp_sys", green_sys), ("bp_dia", green_dia)):
        taken = [sample for sample in state.series.get(name, ()) if sample.at <= at]
        measured[GATE + name] = resting_pressure(taken, green_line=green_line)
    for name, sample in measured.items():
        if sample is not None:
            facts[name] = _fact(name, sample.value, sample.at, source=sample.source)
    return facts


def _fact(name: str, value: Value | None, as_of: datetime, *, source: str) -> Fact:
    field = load("start_gate").fields[name]
    return Fact(name=name, value=value, unit=field.unit, as_of=as_of, source=source)


def _counts(state: State, schedule: Schedule, name: str, field: Field, sample: Sample, *, at: datetime) -> bool:
    """Whether a value is still fresh at a moment."""
    if field.fresh_for.seconds is not None:
        return at - sample.at <= timedelta(seconds=field.fresh_for.seconds)
    if field.fresh_for.says != BY_SCHEDULE:
        return True
    from_a_monitor = name == COUNTED_BY_HAND_OR_MONITOR and sample.source == "device"
    wanted = None if from_a_monitor else _wanted(state, schedule, name, sample, at=at)
    if wanted is None:
        return at - sample.at <= timedelta(seconds=load("alarms").fields[LIVE + CONTINUOUS].fresh_for.seconds or 0)
    return not wanted.is_late(at)


def _wanted(state: State, schedule: Schedule, name: str, sample: Sample, *, at: datetime) -> Due | None:
    ended_at = state.ended_at if state.ended_at is not None and state.ended_at <= at else None
    started_at = state.started_at or sample.at
    return due(schedule, name, taken_at=sample.at, started_at=started_at, ended_at=ended_at, at=at)


def _derived(state: State, schedule: Schedule, facts: Mapping[str, Fact], *, at: datetime) -> dict[str, Fact]:
    waiting = any(one.is_due(at) and not one.is_late(at) for one in clock(state, schedule, at=at))
    derived = {OBSERVATION_DUE: Fact(name=OBSERVATION_DUE, value=waiting, as_of=at, source="schedule")}
    pressure, before = facts.get(LIVE + SYSTOLIC), baseline(state, SYSTOLIC)
    if pressure is not None and before is not None:
        rise = float(str(pressure.value)) - before
        derived[RISE] = Fact(
            name=RISE, value=rise, unit=pressure.unit, as_of=pressure.as_of, source=f"baseline {before:g}"
        )
    return derived
