"""What several sources say of one fact: where they agree it is one, where they differ they stand side by side."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, tzinfo

from ketacare.science.rules.conditions import AtLeast, Compared
from ketacare.science.rules.findings import Used


def settled(told: Sequence[Used], *, as_compared: Callable[[Used], Compared], on: date | None) -> Used:
    """Return one fact out of what several sources say: the freshest, with those that differ from it as its rivals.

    A source that says nothing, or whose value is too old, rivals nobody. Open lists never contradict each other: together they hold at
    least what each of them holds. A complete list that holds all of that agrees with them, and says more.

    Args:
        told: one for each source, in any order.
        as_compared: a value as conditions see it, so that what no condition can tell apart is the same.
        on: the day or moment of evaluation, for its time zone.
    """
    zone = on.tzinfo if isinstance(on, datetime) else None
    freshest_first = sorted(told, key=lambda one: _age(one, zone), reverse=True)
    there = [one for one in freshest_first if one.value is not None]
    if not there:
        return freshest_first[0]
    closed = _different([one for one in there if one.complete], as_compared)
    opened = [one for one in there if not one.complete]
    if opened and not any(set(_members(one)) >= {*_all_members(opened)} for one in closed):
        closed = sorted([*closed, _together(opened)], key=lambda one: _age(one, zone), reverse=True)
    first, *others = closed
    return replace(first, rivals=tuple(others))


def _age(one: Used, zone: tzinfo | None) -> tuple[date, time]:
    """What has no date is as fresh as the evaluation; a day counts as its end."""
    if one.as_of is None:
        return date.max, time.max
    if not isinstance(one.as_of, datetime):
        return one.as_of, time.max
    local = one.as_of.astimezone(zone or UTC) if one.as_of.tzinfo else one.as_of
    return local.date(), local.time()


def _different(told: Sequence[Used], as_compared: Callable[[Used], Compared]) -> list[Used]:
    """Return the freshest of each value."""
    found: dict[Hashable, Used] = {}
    for one in told:
        value = as_compared(one)
        found.setdefault(frozenset(value) if isinstance(value, tuple) else value, one)
    return list(found.values())


def _together(opened: Sequence[Used]) -> Used:
    """Return open lists as one, under the freshest date and every source."""
    sources = dict.fromkeys(one.source for one in opened if one.source)
    return replace(opened[0], value=_all_members(opened), source="; ".join(sources))


def _all_members(told: Sequence[Used]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(member for one in told for member in _members(one)))


def _members(one: Used) -> tuple[str, ...]:
    return one.value if isinstance(one.value, tuple) else ()


def agrees(entered: Compared, derived: Compared) -> bool:
    """Return whether an entered value may be what follows from others; a count is never below what an open list holds."""
    if isinstance(derived, AtLeast):
        return isinstance(entered, int | float) and isinstance(derived.known, int) and entered >= derived.known
    return entered == derived
