"""Axes: where a value lies on paper, and which round numbers stand beside it."""

from dataclasses import dataclass
from math import ceil, floor, log10


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A straight scale from values to places."""

    low: float
    high: float
    start: float  # the place of ``low``
    end: float

    def at(self, value: float) -> float:
        """The place of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def ticks(low: float, high: float, *, most: int = 5) -> list[float]:
    """Round numbers, at most about ``most`` steps, that reach from below ``low`` to above ``high``."""
    if not high > low:
        high = low + 1
    rough = (high - low) / most
    power = 10.0 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(count * step, 10) for count in range(first, last + 1)]


def number(value: float) -> str:
    """A number for a drawing or a label: two decimals at most, no trailing noughts, no minus nought."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
