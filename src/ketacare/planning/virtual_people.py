"""The band around a typical curve: virtual people of the same weight and age, always the same ones."""

import numpy as np

from ketacare.planning.exposure import Band, shown_until
from ketacare.planning.prescribed import Asked
from ketacare.science.pkpd.population import simulate_population
from ketacare.science.pkpd.regimen import Regimen
from ketacare.science.pkpd.solving.arrays import Floats

PEOPLE, SEED = 1000, 1
EVERY_MIN = 4  # between two moments at which the people are followed; the band is drawn straight from one to the next
QUANTILES = (0.05, 0.5, 0.95)


def band_of(asked: Asked, t_min: Floats) -> Band | None:
    """How far virtual people lie around the typical curve, at these times; None where the model does not know it."""
    if not asked.model.varying:
        return None
    moments = band_times(asked.regimen)
    found = simulate_population(
        asked.model,
        asked.regimen,
        PEOPLE,
        moments,
        rng=SEED,
        quantiles=QUANTILES,
        interactions=asked.interactions,
        subject=asked.subject,
    )
    low, middle, high = (
        {name: np.interp(t_min, moments, edges[row]) for name, edges in found.bands.items()}
        for row in range(len(QUANTILES))
    )
    return Band(low=low, middle=middle, high=high, people=found.n, seed=found.seed, flags=found.flags)


def band_times(regimen: Regimen) -> Floats:
    """Every few minutes, and where a dose begins or ends."""
    until = shown_until(regimen)
    ends = [moment for dose in regimen.doses for moment in (dose.start_min, dose.end_min)]
    return np.union1d(np.arange(0, until + 1, EVERY_MIN, dtype=np.float64), np.array(ends))
