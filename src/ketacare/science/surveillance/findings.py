"""What the answers of the checks set off: facts for the surveillance book, and concerns of our own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ketacare.science.rules import Value
from ketacare.science.surveillance.checks import Ask, Check, CheckFile, Pressure
from ketacare.science.surveillance.due import Done

OF_PRESSURES = ("fu.raised_bp_visits", "fu.bp_trend_6")
Pressures = Sequence[tuple[float, float] | None]  # before each session, oldest first; None: not measured


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A score of one scale or test, with its name: only scores of the same name are compared."""

    name: str
    value: float
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything that the checks of one person tell."""

    done: Mapping[str, Sequence[Done]]  # by kind
    scored: Mapping[str, Sequence[Scored]] = field(default_factory=dict)  # by kind, oldest first
    pressures: Pressures = ()
    pressed_at: datetime | None = None  # when the newest of them was measured
    scores: Mapping[str, Value] = field(default_factory=dict)  # facts that are a newest score
    scored_at: Mapping[str, datetime] = field(default_factory=dict)  # when these were answered, by fact
    was_cholestatic: bool | None = None  # ALP or GGT, before the first dose


def facts_from_checks(evidence: Evidence, *, file: CheckFile) -> dict[str, Value]:
    """Return what the checks tell the surveillance book.

    Args:
        evidence: what was done, and what was measured.
        file: the checks.

    Returns:
        Facts by name. Of one kind the newest answer counts; where two kinds tell the same, the more worrying: a yes before a
        no, the larger number. What was found stays found until that check is done again. What nobody told is not there.

    Source: surveillance book, `derived` text of each field.
    """
    found: dict[str, Value] = {}
    for kind, check in file.checks.items():
        for name, value in _newest(evidence.done.get(kind, ())).items():
            if name.startswith("fu."):
                found[name] = _worse(found.get(name), value)
        found |= _changes(check, evidence.scored.get(kind, ()))
    found |= dict(evidence.scores)
    found |= _of_pressures(evidence.pressures, file.pressure)
    if evidence.was_cholestatic is not None:
        found["fu.cholestasis_at_baseline"] = evidence.was_cholestatic
    return found


def told_at(evidence: Evidence, *, file: CheckFile) -> dict[str, datetime]:
    """Return when each fact of ``facts_from_checks`` was told last: with another time it is new evidence."""
    found = dict(evidence.scored_at)
    for kind, check in file.checks.items():
        for one in evidence.done.get(kind, ()):
            found |= {name: max(one.at, found.get(name, one.at)) for name in one.told}
        scored = evidence.scored.get(kind, ())
        if scored and scored[-1].at is not None:
            found |= dict.fromkeys(filter(None, [check.rise, check.drop]), scored[-1].at)
    if evidence.pressed_at is not None:
        found |= dict.fromkeys(OF_PRESSURES, evidence.pressed_at)
    return found


def _newest(done: Sequence[Done]) -> dict[str, Value]:
    """Each fact as the newest check tells it that tells it at all; one that was not fully answered tells what it has."""
    told: dict[str, Value] = {}
    for one in sorted(done, key=lambda check: check.at):
        told |= dict(one.told)
    return told


def _worse(one: Value | None, other: Value) -> Value:
    if isinstance(one, bool) and isinstance(other, bool):
        return one or other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return max(one, other)
    return other


def _changes(check: Check, scored: Sequence[Scored]) -> dict[str, Value]:
    """A rise above the first score, or a fall below it, of the scale that was used last."""
    same = [one.value for one in scored if one.name == scored[-1].name] if scored else []
    if not same:
        return {}
    change = same[-1] - same[0]
    told = {check.rise: round(change), check.drop: round(-change)}
    return {name: value for name, value in told.items() if name is not None}


def _of_pressures(pressures: Pressures, limits: Pressure) -> dict[str, Value]:
    """How many visits in a row had a raised pressure, and the trend. A visit without one neither counts nor ends the row."""
    known = [one for one in pressures if one is not None]
    if not known:
        return {}
    row = 0
    for systolic, diastolic in reversed(known):
        if systolic < limits.systolic and diastolic < limits.diastolic:
            break
        row += 1
    trend = known[-1][0] - known[-1 - limits.trend_sessions][0] if len(known) > limits.trend_sessions else 0
    return dict(zip(OF_PRESSURES, (row, round(trend)), strict=True))


def is_read(check: Check, told: Mapping[str, Value | None]) -> bool:
    """Return whether every question that needs an answer has a clear one."""
    return all(_is_clear(ask, told.get(ask.key)) for ask in check.asks)


def _is_clear(ask: Ask, value: Value | None) -> bool:
    if value is None or value == "":
        return ask.may_be_empty
    return value not in ask.unclear


def concerns(check: Check, done: Sequence[Done]) -> Iterator[str]:
    """Give our own concerns that the newest answers raise, in words."""
    told = _newest(done)
    for ask in check.asks:
        if ask.concern is not None and told.get(ask.key) == ask.concern:
            yield ask.says if ask.concern is True else f"{ask.says}: {ask.concern}"
