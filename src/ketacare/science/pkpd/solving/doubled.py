# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, operator"
"""Numbers of twice as many digits (about 31), compiled by numba: each a pair, the second what the first was rounded by.

For the few subjects whose curves cancel so many digits that plain floats would keep too few. The compiler must not join a
product with a sum here (it would round elsewhere than is written), hence these are compiled without that leave.

Source: Joldes, Muller, Popescu 2017, Tight and rigorous error bounds for basic building blocks of double-word arithmetic:
sum, product and quotient are good to 2**-101 and better.
"""

import math
from fractions import Fraction

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils

from ketacare.science.pkpd.solving.eights import written_out
from ketacare.science.pkpd.solving.fused_sums import LOG2_E, TINIEST

LN2 = (
    float.fromhex("0x1.62e42fefa2p-1"),
    float.fromhex("0x1.9ef35793c6p-41"),
    float.fromhex("0x1.673007e5ed5e8p-81"),
)  # the first two with so many zero bits at their ends that a thousand times as much fits, the third what is left
HALVINGS = 5  # of what is left of an exponent: below 0.011 a few terms of the series do
PLAIN = tuple(1 / math.factorial(n) for n in range(12, 5, -1))  # terms too small to need more than a float
FIFTH, FOURTH, THIRD = (
    (1 / math.factorial(n), float(Fraction(1, math.factorial(n)) - Fraction(1 / math.factorial(n)))) for n in (5, 4, 3)
)

exactly = njit(nogil=True, error_model="numpy", forceinline=True)


@written_out
def fused(typingctx, a, b, c):
    """Return a b + c, rounded once."""

    def written(context, builder, signature, given):
        double = ir.DoubleType()
        kind = ir.FunctionType(double, [double] * 3)
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.fma.f64"), given)

    return types.float64(types.float64, types.float64, types.float64), written


@exactly
def settled(large, small):
    """A pair of two numbers, the first not the smaller (Fast2Sum)."""
    whole = large + small
    return whole, small - (whole - large)


@exactly
def two_sum(a, b):
    """The sum of two floats, exact."""
    whole = a + b
    part = whole - a
    return whole, (a - (whole - part)) + (b - part)


@exactly
def plus(a, b):
    """The sum of two pairs."""
    high, low = two_sum(a[0], b[0])
    more, least = two_sum(a[1], b[1])
    high, low = settled(high, low + more)
    return settled(high, low + least)


@exactly
def minus(a, b):
    """The difference of two pairs."""
    return plus(a, (-b[0], -b[1]))


@exactly
def by(a, b):
    """The product of two pairs."""
    high = a[0] * b[0]
    low = fused(a[0], b[0], -high)
    return settled(high, low + fused(a[1], b[0], fused(a[0], b[1], a[1] * b[1])))


@exactly
def over(a, b):
    """The quotient of two pairs."""
    first = a[0] / b[0]
    left = minus(a, by(b, (first, 0.0)))
    return settled(first, left[0] / b[0])


@exactly
def root(a):
    """The square root of a pair."""
    first = np.sqrt(a[0])
    if not first > 0:
        return first, 0.0
    left = minus(a, by((first, 0.0), (first, 0.0)))
    return settled(first, left[0] / (2 * first))


@exactly
def _twice(m):
    """exp(2 x) - 1 of exp(x) - 1."""
    return plus((2 * m[0], 2 * m[1]), by(m, m))


@exactly
def parts(x):
    """(m, s) with exp(x) = s + s m, m a pair between -0.3 and 0.42, s a power of two: as ``fused_sums.parts``."""
    high = max(x[0], TINIEST)
    low = x[1] if high == x[0] else 0.0
    k = math.floor(high * LOG2_E + 0.5)
    r, rest = two_sum(high - k * LN2[0], -(k * LN2[1]))
    r, rest = settled(r, rest + (low - k * LN2[2]))
    r, rest = r / 2**HALVINGS, rest / 2**HALVINGS
    q = 0.0
    for c in PLAIN:
        q = q * r + c
    m = q * r, 0.0
    m = by(plus(m, FIFTH), (r, rest))  # one by one: a loop would keep the compiler from doing several x at once
    m = by(plus(m, FOURTH), (r, rest))
    m = by(plus(m, THIRD), (r, rest))
    m = by(plus(m, (0.5, 0.0)), (r, rest))
    m = by(plus(m, (1.0, 0.0)), (r, rest))
    return _twice(_twice(_twice(_twice(_twice(m))))), np.int64((np.int64(k) + 1023) << 52).view(np.float64)


@exactly
def exp(x):
    """e to the x, a pair."""
    m, s = parts(x)
    m = plus((1.0, 0.0), m)
    return s * m[0], s * m[1]


@exactly
def expm1(x):
    """e to the x less 1, a pair, exact where x is small."""
    m, s = parts(x)
    return plus(two_sum(s, -1.0), (s * m[0], s * m[1]))
