"""New memory, brought in by several threads at once, each its own share of it in order.

The system hands memory out when it is first written to, two megabytes at a time, and fills them with noughts. Threads that
write all over the same new memory do that twice and wait for each other; where nothing is computed that doubles the time,
in a population's curves it is a few hundredths of it.
"""

import math

import numpy as np

from ketacare.science.pkpd.solving.arrays import Floats

PAGE = 512  # float64 of the smallest piece of memory that a system hands out (4 kB)
SHARE = 2**21  # float64 that one thread brings in at a time (16 MB)
LINE = 8  # float64 of a line of memory


def shares(found: Floats) -> list[Floats]:
    """Cut a contiguous array into what one thread brings in at a time."""
    flat = found.reshape(-1)
    return [flat[start : start + SHARE] for start in range(0, flat.size, SHARE)]


def bring_in(share: Floats) -> None:
    """Write one number into each page of a share; before anybody writes values."""
    share[::PAGE] = 0


def new(shape: tuple[int, ...]) -> Floats:
    """Return a new array, its values anything, that begins where a line of memory does (64 bytes): such can be written past the caches."""
    size = math.prod(shape)
    whole = np.empty(size + LINE)
    begin = -whole.ctypes.data // whole.itemsize % LINE
    return whole[begin : begin + size].reshape(shape)
