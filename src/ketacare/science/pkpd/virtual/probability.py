"""How often something is so in a virtual population, and how far so many subjects can tell."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacare.science.stats.shares import wilson


@dataclass(frozen=True, kw_only=True, slots=True)
class Probability:
    """How often something is so among the subjects.

    Args:
        value: the share of the subjects, 0 to 1.
        standard_error: Monte-Carlo error of ``value``; 0 where all or none of them are.
        low: lower end of the 95 % interval (Wilson), which is never empty.
        high: its upper end.
        n: how many subjects.
        says: what is so, in words.
    """

    value: float
    standard_error: float
    low: float
    high: float
    n: int
    says: str


def share_of(so: NDArray[np.bool_], says: str) -> Probability:
    """Return how often something is so, with Wilson's interval."""
    n, share = len(so), float(so.mean())
    error = math.sqrt(share * (1 - share) / n)
    low, high = wilson(share, n)
    return Probability(value=share, standard_error=error, low=low, high=high, n=n, says=says)
