"""What may be told of a group without telling of a person: small numbers kept back, counts rounded."""

from dataclasses import dataclass

from ketacare.science.errors import OutOfRange
from ketacare.science.stats.shares import wilson


@dataclass(frozen=True, kw_only=True)
class Limits:
    """From where on a count may be told. ``round_to``: counts are told to the nearest such number."""

    fewest_people: int
    smallest_part: int
    round_to: int


@dataclass(frozen=True, kw_only=True)
class Told:
    """A share that may be told: rounded counts, the share of them, and its Wilson interval."""

    treated: int
    scored: int
    better: int
    share: float
    low: float
    high: float

    @property
    def without_score(self) -> int:
        return self.treated - self.scored


def told(*, treated: int, scored: int, better: int, limits: Limits) -> Told | None:
    """Return what may be told of an outcome, or None where it could point at a person.

    Args:
        treated: everybody treated, the denominator.
        scored: those of them with a score before and after.
        better: those of the scored who were better.
        limits: from where on counts may be told.

    Returns:
        Rounded counts with a share of the rounded ones; None while too few were treated, or while the better, the others or
        those without a score are so few that they could be known (nobody without a score is no small part).

    Raises:
        OutOfRange: counts that do not lie inside each other.
    """
    if not 0 <= better <= scored <= treated:
        raise OutOfRange(f"{better} of {scored} of {treated} do not lie inside each other")
    parts = {better, scored - better, (treated - scored) or limits.smallest_part}
    if treated < limits.fewest_people or min(parts) < limits.smallest_part:
        return None
    everybody, known, well = (nearest(count, limits) for count in (treated, scored, better))
    low, high = wilson(well / known, known)
    return Told(treated=everybody, scored=known, better=well, share=well / known, low=low, high=high)


def rounded(count: int, *, limits: Limits) -> int:
    """Return a count of people as it may be told: to the nearest step, or 0 where they are so few that they could be known.

    Args:
        count: people, none or more.
        limits: from where on counts may be told.

    Returns:
        The rounded count; 0 for none as for too few, so that the two cannot be told apart.
    """
    return nearest(count, limits) if count >= limits.smallest_part else 0


def nearest(count: int, limits: Limits) -> int:
    """A count to the nearest step."""
    return limits.round_to * round(count / limits.round_to)
