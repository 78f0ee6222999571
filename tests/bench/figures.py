"""Measured values, and how they are shown: median, least and most, so that a reader sees how far to trust them."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 5
LABEL, COLUMN = 58, 10


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One thing measured several times."""

    label: str
    values: tuple[float, ...]
    tail: int | None = None  # a percentile to show as well

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def at(self, percent: int) -> float:
        """The value that so many percent do not exceed."""
        return statistics.quantiles(self.values, n=100, method="inclusive")[percent - 1]


def timed(work: Callable[[], object]) -> float:
    """How long something takes, in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def worked(work: Callable[[], object]) -> float:
    """How long this process computed at something, in seconds: what else the machine does counts for less."""
    began = time.process_time()
    work()
    return time.process_time() - began


def in_turn(sides: dict[str, Callable[[], float]], *, rounds: int = ROUNDS) -> dict[str, tuple[float, ...]]:
    """Measure several sides in turn, round after round, so that whatever else the machine does falls on all of them.

    The first round warms every side and does not count.
    """
    values: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, measure in sides.items():
            value = measure()
            if number:
                values[name].append(value)
    return {name: tuple(found) for name, found in values.items()}


def ratios(of: tuple[float, ...], to: tuple[float, ...]) -> tuple[float, ...]:
    """How many times as much, round by round."""
    return tuple(one / other for one, other in zip(of, to, strict=True))


def show(unit: str, figures: list[Figure]) -> None:
    """Print figures of one unit as a table."""
    tail = next((one.tail for one in figures if one.tail), None)
    heads = ["median", "min", "max", *([f"p{tail}"] if tail else [])]
    print(f"  {unit:{LABEL}}" + "".join(f"{head:>{COLUMN}}" for head in heads))
    for one in figures:
        numbers = [one.median, min(one.values), max(one.values), *([one.at(one.tail)] if one.tail else [])]
        print(f"    {one.label:{LABEL - 2}}" + "".join(f"{readable(number):>{COLUMN}}" for number in numbers))


def shares(title: str, parts: dict[str, float], *, of: float) -> None:
    """Print where a span of time went, the greatest part first, with what is left over."""
    rest = {"everything else": of - sum(parts.values())}
    print(f"  {title}")
    for name, spent in sorted({**parts, **rest}.items(), key=lambda one: -one[1]):
        print(f"    {name:{LABEL - 2}}{spent / of:>{COLUMN}.0%}")


def says(text: str) -> None:
    """Print what the figures mean."""
    print(f"  = {text}", flush=True)


def readable(number: float) -> str:
    """Three figures are all that a busy machine can answer for."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
