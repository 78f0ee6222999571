"""What the file of alarm signals says: delays, returns, contradictions, trends, and how long a sound may be silenced. Shapes and loader."""

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field as Key
from pydantic import ValidationError, model_validator

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.monitoring.events import Level
from ketacare.science.monitoring.parameters import LIVE, SIGNALS, measured
from ketacare.science.reference import Frozen, Mark, Review
from ketacare.science.rules.book import load
from ketacare.science.rules.fields import Field

Names = Annotated[tuple[str, ...], Key(strict=False)]
Pair = Annotated[tuple[float, float], Key(strict=False)]
Delayed = Literal[
    "red", "amber"
]  # black is never delayed; the levels about equipment and clock have nothing to wait for
SHORTER_FOR_WORSE: tuple[Level, ...] = ("black", "red", "amber")  # a press keeps the worse one quiet no longer


class Bounded(Frozen):
    """A number with the bounds it must keep to."""

    default: float
    bounds: Pair

    @model_validator(mode="after")
    def _inside(self) -> Self:
        if not self.bounds[0] <= self.default <= self.bounds[1]:
            raise ValueError(f"{self.default:g} is outside {self.bounds[0]:g} to {self.bounds[1]:g}")
        return self

    @property
    def seconds(self) -> timedelta:
        return timedelta(seconds=self.default)

    @property
    def minutes(self) -> timedelta:
        return timedelta(minutes=self.default)


class Sound(Frozen):
    """How a level of alarms behaves as a sound."""

    silence_s: Bounded
    latches: bool  # sounds on, over or not, until somebody has seen it


class Sourced(Frozen):
    """A part of the file with its own sources."""

    sources: Annotated[Names, Key(min_length=1)]
    mark: Mark
    note: str = ""


class Delay(Sourced):
    """How long, and in how many readings one after another, a device's value must pass its limit."""

    seconds: Mapping[Delayed, Bounded]
    readings: Bounded

    @model_validator(mode="after")
    def _for_every_level(self) -> Self:
        if missing := set(get_args(Delayed)) - self.seconds.keys():
            raise ValueError(f"seconds: {', '.join(sorted(missing))} is missing")
        return self


class NoNext(Frozen):
    """When a value that no other follows is believed: after so many times its usual gap, within these seconds."""

    at_least_s: Bounded
    paces: Bounded
    at_most_s: Bounded
    mark: Mark

    def believed_after(self, pace: timedelta | None) -> timedelta:
        """How long after a value, whose stream brings one every ``pace``; None: nothing came before it."""
        usual = self.at_least_s.seconds if pace is None else self.paces.default * pace
        return min(self.at_most_s.seconds, max(self.at_least_s.seconds, usual))


class Return(Sourced):
    """How far inside its limit a device's value must come back, and for how long."""

    by: Bounded
    for_s: Bounded


class Stated(Sourced):
    """A finding of this file: it is named and explained like a rule of the alarm book."""

    id: Annotated[str, Key(min_length=1)]
    statement: Annotated[str, Key(min_length=1)]
    level: Literal["amber", "technical", "due"]
    parameter: str
    advice: Names

    @property
    def says(self) -> str:
        """The statement with its own numbers."""
        numbers = {name: one.default for name, one in self if isinstance(one, Bounded)}
        return self.statement.format(**numbers)


class Contradiction(Stated):
    """A value that another device disproves."""

    proof: str
    below_by: Bounded
    within_s: Bounded
    plausible: Mapping[str, Bounded]  # what must be there beside the proof, and how high at least


class Trend(Stated):
    """A value that moves so far in so many minutes."""

    towards: Literal["lower", "higher"]
    by: Bounded
    within_min: Bounded
    reaching: Bounded
    ends_below: Bounded

    @model_validator(mode="after")
    def _ends_later_than_it_begins(self) -> Self:
        if self.ends_below.default > self.by.default:
            raise ValueError("a trend cannot end with a greater change than it begins with")
        return self


class AlarmSignals(Frozen):
    """The whole file."""

    id: str
    version: int
    schema_: Literal["ketacare.alarm_signals/1"] = Key(alias="schema")
    title: str
    status: str
    review: Review
    sources: Annotated[Names, Key(min_length=1)]
    readings: Mapping[str, Field]
    levels: Mapping[Level, Sound]
    levels_mark: Mark
    delays: Mapping[str, Delay]
    no_next: NoNext
    returns: Mapping[str, Return]
    contradictions: Annotated[tuple[Contradiction, ...], Key(strict=False)]
    trends: Annotated[tuple[Trend, ...], Key(strict=False)]

    @property
    def findings(self) -> Mapping[str, Stated]:
        """Every finding of this file by its id."""
        return {one.id: one for one in (*self.contradictions, *self.trends)}

    def silence(self, level: Level) -> timedelta | None:
        """How long one press keeps an alarm of this level quiet; None: it makes no sound."""
        return self.levels[level].silence_s.seconds if level in self.levels else None

    def latches(self, level: Level) -> bool:
        """Whether an alarm of this level sounds on, over or not, until somebody has seen it."""
        return level in self.levels and self.levels[level].latches


def parse_signals(raw: Any, *, place: str) -> AlarmSignals:
    """Return the file a parsed YAML text states, or raise BadReference with every problem."""
    try:
        signals = AlarmSignals.model_validate(raw)
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error
    if problems := [Problem(place=f"{place}: {one.place}", says=one.says) for one in inconsistencies(signals)]:
        raise BadReference(problems)
    return signals


@cache
def alarm_signals() -> AlarmSignals:
    """Return the newest file of alarm signals.

    Raises:
        BadReference: everything that is wrong with it.
    """
    file = reference.newest(SIGNALS)
    return parse_signals(reference.read_yaml(file), place=file)


def inconsistencies(signals: AlarmSignals) -> Iterator[Problem]:
    """Yield every name that stands for nothing, and what contradicts itself."""
    live = [name.removeprefix(LIVE) for name in load("alarms").fields]
    readings = measured("reading")
    yield from _unknown("delays", signals.delays, readings)
    yield from _unknown("returns", signals.returns, live)
    for one in (*signals.contradictions, *signals.trends):
        yield from _unknown(f"{one.id}.parameter", [one.parameter], readings)
        yield from _unknown(f"{one.id}.sources", one.sources, reference.sources())
    for contradiction in signals.contradictions:
        yield from _unknown(f"{contradiction.id}.proof", [contradiction.proof], readings)
        yield from _unknown(f"{contradiction.id}.plausible", contradiction.plausible, readings)
    parts: tuple[tuple[str, Mapping[str, Sourced]], ...] = (("delays", signals.delays), ("returns", signals.returns))
    for part, named in parts:
        for name, sourced in named.items():
            yield from _unknown(f"{part}.{name}.sources", sourced.sources, reference.sources())
    yield from _unknown("sources", signals.sources, reference.sources())
    yield from _same_ids(signals)
    yield from _silences(signals)


def _same_ids(signals: AlarmSignals) -> Iterator[Problem]:
    ids = [one.id for one in (*signals.contradictions, *signals.trends)]
    taken = {rule.id for rule in load("alarms").rules}
    for name in sorted(set(ids)):
        if ids.count(name) > 1 or name in taken:
            yield Problem(place=name, says="another finding has this id")


def _silences(signals: AlarmSignals) -> Iterator[Problem]:
    times = [(level, signals.silence(level)) for level in SHORTER_FOR_WORSE]
    known = [(level, time) for level, time in times if time is not None]
    for (worse, short), (level, long) in pairwise(known):
        if short > long:
            yield Problem(place=f"levels.{worse}", says=f"is silenced for longer than {level}")


def _unknown(place: str, named: Iterable[str], known: Container[str]) -> Iterator[Problem]:
    yield from (Problem(place=place, says=f"{name!r} is not there") for name in named if name not in known)
