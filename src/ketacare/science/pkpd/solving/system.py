"""A model with its numbers filled in: a linear system of compartments, and what is put into it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ketacare.science.pkpd.solving.arrays import Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class System:
    """``dA/dt = K A + u(t)``, ``y = C A`` for s subjects at once; n compartments, o outputs.

    Compartments hold mg (of what the model carries mass in); the compartment "effect_site", always last, holds ng/mL.

    Args:
        compartments: the n names.
        rates_per_min: K, shape (s, n, n), 1/min: ``K[s, i, j]`` is the flow into i from j; the diagonal is minus all that leaves.
        outputs: the o names: the model's analytes, then "effect_site".
        readout: C, shape (s, o, n): ng/mL per unit of each compartment.
    """

    compartments: tuple[str, ...]
    rates_per_min: Floats
    outputs: tuple[str, ...]
    readout: Floats

    def part(self, subjects: slice | NDArray[np.int_]) -> "System":
        """The same of some subjects."""
        return replace(self, rates_per_min=self.rates_per_min[subjects], readout=self.readout[subjects])


@dataclass(frozen=True, kw_only=True, slots=True)
class Forcing:
    """What enters the compartments: amounts at k moments, and a steady rate from each moment to the next.

    Before the first moment nothing is there; at a moment its bolus is already in (right-continuous).

    Args:
        at_min: the k moments, shape (k,), min, ascending, none twice.
        bolus_mg: shape (s or 1, k, n), mg put into each compartment at each moment, after bioavailability.
        rate_mg_per_min: shape (s or 1, k, n), mg/min from each moment to the next; after the last moment: for ever.
    """

    at_min: Floats
    bolus_mg: Floats
    rate_mg_per_min: Floats
