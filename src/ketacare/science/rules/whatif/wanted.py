"""What a fact would have to be: a range of numbers, some of its values, or a list without some members."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ketacare.science.rules.conditions import OPERATORS, Comparison, Params, Value
from ketacare.science.rules.fields import Field

NUMBERS = ("int", "float")
# operator -> the one that says the opposite of a fact that is there
OPPOSITES = {"lt": "ge", "ge": "lt", "le": "gt", "gt": "le"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a fact would have to be; with nothing said it only has to be known."""

    low: float = -math.inf
    low_itself: bool = True  # whether the lower end is allowed
    high: float = math.inf
    high_itself: bool = True
    among: tuple[Value, ...] | None = None  # None: any value
    without: frozenset[str] = frozenset()

    @classmethod
    def exactly(cls, value: Value) -> "Wanted":
        """Return what only one value is; of a list only that it is known."""
        return cls() if isinstance(value, tuple) else cls(among=(value,))

    def admits(self, value: Value) -> bool:
        """Return whether a value is as wanted."""
        if isinstance(value, tuple):
            return self.without.isdisjoint(value)
        if self.among is not None and value not in self.among:
            return False
        if isinstance(value, bool | str):
            return True
        above = value > self.low or (self.low_itself and value == self.low)
        below = value < self.high or (self.high_itself and value == self.high)
        return above and below

    def with_also(self, other: "Wanted") -> "Wanted":
        """Return what satisfies both; it may be impossible."""
        low = max((self.low, not self.low_itself), (other.low, not other.low_itself))
        high = min((self.high, self.high_itself), (other.high, other.high_itself))
        among = self.among if other.among is None else other.among
        if self.among is not None and other.among is not None:
            among = tuple(one for one in self.among if one in other.among)
        return Wanted(
            low=low[0],
            low_itself=not low[1],
            high=high[0],
            high_itself=high[1],
            among=among,
            without=self.without | other.without,
        )

    def number(self, *, whole: bool) -> int | float:
        """Return a number as wanted, near its lower end; with no lower end near the upper one."""
        ends = [end for end in (self.low, self.high) if math.isfinite(end)]
        if whole:
            near = [math.floor(end) + step for end in ends for step in (0, 1, -1)]
            return next(one for one in near if self.admits(one))
        return ends[0] if self.admits(ends[0]) else sum(ends) / len(ends)

    @property
    def is_impossible(self) -> bool:
        """Whether no value at all can be as wanted."""
        if self.among is not None:
            return not any(self.admits(one) for one in self.among)
        return self.low > self.high or (self.low == self.high and not (self.low_itself and self.high_itself))


def wanted(comparison: Comparison, truth: bool, field: Field, params: Params) -> Wanted | None:
    """Return what a fact would have to be for a comparison to come out so; None: no value does that.

    Args:
        comparison: of this fact.
        truth: what the comparison should say.
        field: the fact's own field.
        params: the parameters in use.
    """
    limit = comparison.value if comparison.param is None else params[comparison.param]
    if comparison.op in ("missing", "present"):
        return Wanted() if truth is (comparison.op == "present") else None
    if field.type == "list":
        listed = frozenset(map(str, limit)) if isinstance(limit, tuple) else frozenset()
        return None if truth else Wanted(without=listed)
    if comparison.op in OPPOSITES and isinstance(limit, int | float):
        return _ordered(comparison.op if truth else OPPOSITES[comparison.op], float(limit), field)
    judge = OPERATORS[comparison.op]
    values: Iterable[Value] = (True, False) if field.type == "bool" else field.allowed
    fitting = tuple(one for one in values if judge.test(one, limit) is truth)
    if fitting or field.type in ("bool", "enum"):
        return Wanted(among=fitting) if fitting else None
    return None


def _ordered(op: str, limit: float, field: Field) -> Wanted | None:
    found = {
        "lt": Wanted(high=limit, high_itself=False),
        "le": Wanted(high=limit),
        "gt": Wanted(low=limit, low_itself=False),
        "ge": Wanted(low=limit),
    }[op]
    if field.range is not None:
        found = found.with_also(Wanted(low=field.range[0], high=field.range[1]))
    elif field.values is not None:
        found = replace(found, among=field.values)
    return None if found.is_impossible else found
