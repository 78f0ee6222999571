"""How full the fast and the slow response are: each infusion refills them toward 1, and they decay between."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def refill(infusions: Sequence[tuple[float, float]], days: Floats, *, gain: float, half_life_days: float) -> Floats:
    """Return how full a response is on each day.

    Args:
        infusions: day and dose of each, in the order of their days; a dose of 1 is the planned one, 0 a missed one.
        days: (T,) in any order. A day on which there is an infusion counts as before it.
        gain: the share of what is lacking to 1 that one infusion of dose 1 refills.
        half_life_days: of the decay.

    Returns:
        (T,) from 0, empty, to 1, full.

    Source: own model (data/trajectory/presets).
    """
    full, since = 0.0, 0.0
    after = []  # how full just after each infusion
    for day, dose in infusions:
        full *= float(np.exp2(-(day - since) / half_life_days))
        full += min(gain * dose, 1.0) * (1 - full)
        since = day
        after.append(full)
    found = np.zeros(len(days))
    last = np.searchsorted([day for day, _ in infusions], days, side="left") - 1
    is_after = last >= 0
    at = last[is_after]
    gone = days[is_after] - np.array([day for day, _ in infusions])[at]
    found[is_after] = np.array(after)[at] * np.exp2(-gone / half_life_days)
    return found
