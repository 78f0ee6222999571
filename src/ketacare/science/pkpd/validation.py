"""Rows of figures that a simulation must give, run: what came out, how far it is from what is expected, and whether that will do."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from ketacare.science.errors import OutOfRange, Problem, ScienceError
from ketacare.science.pkpd import readings
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.targets import Given, Measure, Row, Tolerance

_ROUNDING, _SMALLEST_PLAIN, _LARGEST_DIGITS = 1e-12, 1e-3, 1e4  # how numbers are printed, not what they are
Verdict = Literal["met", "not met", "shown", "known miss", "known miss, met now", "no model", "refused"]
STATISTICS: Mapping[str, Callable[[Floats], float]] = {
    "typical": lambda values: float(values[0]),
    "mean": lambda values: float(np.mean(values)),
    "median": lambda values: float(np.median(values)),
    "geometric_mean": lambda values: float(np.exp(np.mean(np.log(values)))),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """One row, run.

    Args:
        row: what was asked.
        got: one number, two for percentiles, none where nothing could be computed; in the row's unit.
        verdict: in words.
        says: why nothing was computed, else empty.
    """

    row: Row
    got: tuple[float, ...]
    verdict: Verdict
    says: str = ""

    @property
    def deviation(self) -> float | None:
        """How far from what is expected, as a share of it; None where there is nothing to compare."""
        if len(self.got) != 1 or not self.row.expected:
            return None
        return self.got[0] / self.row.expected - 1

    @property
    def fails(self) -> bool:
        """Whether a gate did not hold."""
        return self.row.kind == "gate" and self.verdict != "met"


def run(rows: Iterable[Row]) -> tuple[Outcome, ...]:
    """Return what comes of every row, in their order.

    Args:
        rows: from ``targets.load()`` or ``targets.parse(text, place=...)``.

    Returns:
        One outcome a row. A row whose simulation is refused is an outcome too, with the reason; a gate then fails.
    """
    simulated = lru_cache(maxsize=32)(readings.simulated)
    return tuple(_outcome(row, simulated) for row in rows)


def _outcome(row: Row, simulated: readings.Simulator) -> Outcome:
    if row.measure is None:
        return Outcome(row=row, got=(), verdict="no model", says=row.note)
    try:
        values = _values(row, row.given, row.measure, simulated)
        if row.over:
            with np.errstate(divide="ignore", invalid="ignore"):  # what is no number agrees with nothing
                values = values / _values(row, *row.over, simulated)
    except ScienceError as refused:
        return Outcome(row=row, got=(), verdict="refused", says=str(refused).replace("\n", "; "))
    got = _summary(row, values)
    return Outcome(row=row, got=got, verdict=_verdict(row, got))


def _values(row: Row, given: Given, measure: Measure, simulated: readings.Simulator) -> Floats:
    """What the measure is for each subject, shape (s,), in the row's unit."""
    found = readings.measured(given, measure, simulated)
    if row.over:
        return found.values
    if row.unit not in found.units:
        says = f"{row.unit} is no unit of it: {', '.join(found.units)}"
        raise OutOfRange([Problem(place=f"{row.id}: unit", says=says)])
    return found.values * found.units[row.unit]


def _summary(row: Row, values: Floats) -> tuple[float, ...]:
    if row.percentiles:
        low, high = np.percentile(values, row.percentiles)
        return float(low), float(high)
    return (STATISTICS[row.statistic](values),)


def _verdict(row: Row, got: tuple[float, ...]) -> Verdict:
    if row.kind == "inform" or row.tolerance is None:
        return "known miss" if row.kind == "known miss" else "shown"
    agrees = _agrees(row.tolerance, row.expected, got)
    if row.kind == "known miss":
        return "known miss, met now" if agrees else "known miss"
    return "met" if agrees else "not met"


def _agrees(tolerance: Tolerance, expected: float | None, got: tuple[float, ...]) -> bool:
    if not all(map(np.isfinite, got)):
        return False
    if tolerance.overlaps:
        low, high = tolerance.overlaps
        return got[0] <= high and got[-1] >= low
    if tolerance.within:
        low, high = tolerance.within
        return low <= got[0] <= high
    return expected is not None and abs(got[0] - expected) <= allowed(tolerance, expected)


def allowed(tolerance: Tolerance, expected: float) -> float:
    """Return how far from what is expected still agrees: the relative part, the absolute one, and half of the last digit, added."""
    parts = (
        (tolerance.relative or 0) * abs(expected),
        tolerance.absolute or 0,
        (tolerance.rounded_to or 0) / 2,
    )
    return sum(parts)


def told(outcome: Outcome) -> tuple[str, ...]:
    """Return a row as people read it: id, what it is, expected, tolerance, got, deviation, verdict."""
    row = outcome.row
    expected = "" if row.expected is None else f"{_plain(row.expected)} {_unit(row)}"
    got = " to ".join(map(_plain, outcome.got)) + (f" {_unit(row)}" if outcome.got else "")
    off = "" if outcome.deviation is None else f"{outcome.deviation:+.1%}".replace("-0.0%", "+0.0%")
    verdict = f"{outcome.verdict}: {outcome.says}" if outcome.says and outcome.verdict == "refused" else outcome.verdict
    return row.id, what(row), expected.strip(), tolerance_told(row.tolerance), got.strip(), off, verdict


def _unit(row: Row) -> str:
    return "" if row.unit == "1" else row.unit


def _plain(number: float) -> str:
    """Four digits, as a power of ten only where a plain number would hide it; what is less than rounding is 0."""
    if abs(number) < _ROUNDING:
        return "0"
    if abs(number) < _SMALLEST_PLAIN:
        return f"{number:.1e}"
    return f"{number:,.0f}" if abs(number) >= _LARGEST_DIGITS else f"{number:.4g}"


def what(row: Row) -> str:
    """Return what is measured, in a few words."""
    measure = row.measure
    if measure is None:
        return row.id.rpartition(".")[2]
    of = measure.of or "parent"
    words = {"at": f"at {_plain(measure.at_min or 0)} min", "time_of_max": "time of max", "auc_inf": "AUC to infinity"}
    words |= {"auc": f"AUC to {_plain(measure.to_min)} min" if measure.to_min else "AUC", "half_life": "half-life"}
    said = words.get(measure.quantity, measure.quantity.replace("_", " "))
    statistic = "" if row.statistic == "typical" else f", {row.statistic.replace('_', ' ')}"
    return f"{of}, {said}{statistic}{', ratio' if row.over else ''}"


def tolerance_told(tolerance: Tolerance | None) -> str:
    """Return a tolerance in words."""
    if tolerance is None:
        return ""
    for name, limits in (("in", tolerance.within), ("overlaps", tolerance.overlaps)):
        if limits:
            return f"{name} {_plain(limits[0])} to {_plain(limits[1])}"
    parts = [
        f"{tolerance.relative * 100:g} %" if tolerance.relative is not None else "",
        f"{tolerance.absolute:g}" if tolerance.absolute is not None else "",
        f"{tolerance.rounded_to / 2:g} (rounding)" if tolerance.rounded_to is not None else "",
    ]
    return f"± {' + '.join(filter(None, parts))}"
