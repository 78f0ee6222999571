"""How sure one may be of a share."""

import math

Z95 = 1.959963984540054  # the 97.5th percentile of the standard normal: both ends of a 95 % interval


def wilson(share: float, n: float) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson's score; it holds the share and lies within 0 and 1.

    Args:
        share: observed, 0 to 1.
        n: of so many; of weighted people as many as equal weights would be, > 0.

    Source: Wilson 1927, probable inference, the law of succession, and statistical inference; checked against scipy's binomtest.
    """
    square = Z95 * Z95
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z95 / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return min(max(middle - half, 0.0), share), max(min(middle + half, 1.0), share)  # rounding: it holds the share
