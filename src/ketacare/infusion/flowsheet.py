"""The flowsheet: what was measured, seen and given, a row for each minute that has something, and for each that is still wanted."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from ketacare.infusion.models import Session
from ketacare.infusion.sentences import sentence
from ketacare.infusion.states import current
from ketacare.infusion.timeline import schedule_of
from ketacare.infusion.words import value_words
from ketacare.science.monitoring.minutes import per_minute
from ketacare.science.monitoring.schedule import Schedule, Timing
from ketacare.science.monitoring.timeline import Sample, State

MINUTE = timedelta(minutes=1)
# a column of the sheet: its parameter, and what stands above it
COLUMNS = {
    "heart_rate": "HR", "spo2": "SpO2", "resp_rate": "RR", "bp_sys": "BP", "moaas": "MOAA/S", "rass": "RASS",
    "dissociation": "Dissoc.", "nausea": "Nausea", "distress": "Anxiety", "pain": "Pain",
}  # fmt: skip
DIASTOLIC = "bp_dia"
MONITOR = "monitor"


class Told(NamedTuple):
    """Who wrote an entry, and which earlier one it corrects."""

    by_name: str
    corrects: int | None


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What stands in one column of a row."""

    label: str
    text: str = ""
    spread: str = ""  # of a monitor's minute: lowest and highest; the text is the middle
    is_corrected: bool = False
    is_wanted: bool = False  # the schedule asked for it at this minute and nobody has charted it


@dataclass(frozen=True, kw_only=True)
class Line:
    """One minute."""

    at: datetime
    minute: int | None  # since the start of the drug
    is_scheduled: bool
    cells: tuple[Cell, ...]
    given: tuple[str, ...]
    by: tuple[str, ...]


@dataclass(kw_only=True)
class _Minute:
    """What happened in one minute, while it is gathered."""

    values: dict[str, list[Sample]] = field(default_factory=lambda: defaultdict(list))
    given: list[str] = field(default_factory=list)
    seqs: list[int] = field(default_factory=list)


def flowsheet(session: Session, *, at: datetime) -> tuple[Line, ...]:
    """The sheet of a session at a moment, newest minute first."""
    return lines(current(session), _told(session), schedule_of(session), at=at)


def _told(session: Session) -> dict[int, Told]:
    """Who wrote what a person wrote, by the number of the entry."""
    rows = session.events.filter(kind__in=("reading", "observation", "dose")).exclude(by__startswith="device:")
    return {seq: Told(by_name, corrects) for seq, by_name, corrects in rows.values_list("seq", "by_name", "supersedes")}


def lines(state: State, told: Mapping[int, Told], schedule: Schedule, *, at: datetime) -> tuple[Line, ...]:
    """The sheet from what a session's events add up to."""
    minutes: dict[datetime, _Minute] = defaultdict(_Minute)
    for name in (*COLUMNS, DIASTOLIC):
        for sample in state.series.get(name, ()):
            minutes[_floor(sample.at)].values[name].append(sample)
            minutes[_floor(sample.at)].seqs.append(sample.seq)
    for event in state.of_kind("dose"):
        mark = " (corrected)" if event.supersedes is not None else ""
        minutes[_floor(event.at)].given.append(sentence(event) + mark)
        minutes[_floor(event.at)].seqs.append(event.seq)
    wanted = scheduled(state, schedule, at=at)
    times = sorted({*minutes, *wanted}, reverse=True)
    return tuple(_line(time, minutes.get(time, _Minute()), wanted.get(time, set()), state, told) for time in times)


def _floor(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def scheduled(state: State, schedule: Schedule, *, at: datetime) -> dict[datetime, set[str]]:
    """The minutes that have come at which the schedule asks for something that the sheet has a column for."""
    if state.started_at is None:
        return {}
    asked: dict[datetime, set[str]] = defaultdict(set)
    spans = [(schedule.during, state.started_at, min(at, state.ended_at or at))]
    spans += [(schedule.after, state.ended_at, at)] if state.ended_at else []
    for timings, anchor, until in spans:
        for name in COLUMNS.keys() & timings.keys():
            for time in _times(timings[name], anchor, until=until):
                asked[_floor(time)].add(name)
    return dict(asked)


def _times(timing: Timing, anchor: datetime, *, until: datetime) -> Iterator[datetime]:
    return (time for time in timing.times(anchor, up_to=until) if anchor <= time <= until)


def _line(at: datetime, found: _Minute, wanted: set[str], state: State, told: Mapping[int, Told]) -> Line:
    began = state.started_at
    by = dict.fromkeys(told[seq].by_name if seq in told else MONITOR for seq in found.seqs)
    return Line(
        at=at,
        minute=None if began is None else int((at - _floor(began)) / MINUTE),
        is_scheduled=bool(wanted),
        cells=tuple(_cell(name, found, told, is_wanted=name in wanted) for name in COLUMNS),
        given=tuple(found.given),
        by=tuple(by),
    )


def _cell(name: str, found: _Minute, told: Mapping[int, Told], *, is_wanted: bool) -> Cell:
    samples = found.values.get(name, [])
    if not samples:
        return Cell(label=COLUMNS[name], is_wanted=is_wanted)
    text, spread = _of_minute(samples)
    if name == "bp_sys":
        newest = samples[-1]
        lower = next((one.value for one in found.values.get(DIASTOLIC, []) if one.seq == newest.seq), None)
        text = f"{value_words(newest.value)}/{value_words(lower) if lower is not None else '–'}"
        spread = ""
    corrected = any(one.seq in told and told[one.seq].corrects is not None for one in samples)
    return Cell(label=COLUMNS[name], text=text, spread=spread, is_corrected=corrected)


def _of_minute(samples: list[Sample]) -> tuple[str, str]:
    """The newest value that a person charted; else the middle of what the monitor sent, with lowest and highest."""
    typed = [one.value for one in samples if one.source != "device"]
    if typed:
        return value_words(typed[-1]), ""
    (sent,) = per_minute((one.at, float(one.value)) for one in samples)
    return value_words(round(sent.median, 1)), f"{sent.low:g}–{sent.high:g}" if sent.n > 1 else ""
