"""How often something is so in a virtual population, and how far so many subjects can tell."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054  # the 97.5th percentile of the standard normal: both ends of a 95 % interval


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
    middle = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 * math.sqrt(share * (1 - share) / n + (Z95 / (2 * n)) ** 2) / (1 + Z95**2 / n)
    error = math.sqrt(share * (1 - share) / n)
    low, high = min(max(middle - half, 0), share), max(min(middle + half, 1), share)  # rounding: it holds the share
    return Probability(value=share, standard_error=error, low=low, high=high, n=n, says=says)
