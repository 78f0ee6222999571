"""The array type that every number of this package travels in."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
