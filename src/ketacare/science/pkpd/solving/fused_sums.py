# mypy: disable-error-code="no-untyped-def, no-untyped-call"
"""Sums of exponentials of a tile of subjects, compiled by numba: eight subjects in a register, eight times at once.

Handing an array on costs as much as a hundred products, and a line of memory that is written alone as much as fifty:
hence a slice of a tile is laid out anew, with all that its sums need side by side, and its part of each row is written in one go.
"""

import math

import numpy as np

from ketacare.science.pkpd.solving.eights import (
    WIDTH,
    fetch,
    larger_size,
    load,
    spread,
    store,
    stream,
    times,
    times_plus,
)
from ketacare.science.pkpd.solving.fused_modes import compiled, inlined

CHUNK = 8  # times that are summed at once: as many sums as registers hold beside what they are made of
GROUPS = 8  # eights of subjects of one slice: their exponentials lie in the nearest cache
LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = (
    0.6931471803691238,
    1.9082149292705877e-10,
)  # ln 2 in two parts, the first with 21 zero bits at its end
TINIEST = -707.0  # below it exp(x) is less than any normal number; 1e-307 stands for it
LEAST_PEAK = 1e-270  # a curve that stays below may feel that: it is solved again the other way
TAYLOR = tuple(
    1 / math.factorial(n) for n in range(12, 0, -1)
)  # exp(x) - 1's series over x, below the 13th power, for |x| < 0.35
THIRTEENTH = 1 / math.factorial(13)


@inlined
def parts(x):
    """(m, s) with exp(x) = s + s m, m small: written so that the compiler does several at once (Cody and Waite 1980)."""
    x = max(x, TINIEST)
    k = math.floor(x * LOG2_E + 0.5)
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    m = THIRTEENTH
    for c in TAYLOR:
        m = m * r + c
    return m * r, np.int64((np.int64(k) + 1023) << 52).view(np.float64)


@inlined
def exp(x):
    """e to the x."""
    m, s = parts(x)
    return s + s * m


@inlined
def expm1(x):
    """e to the x less 1, exact where x is small."""
    m, s = parts(x)
    return (s - 1) + s * m


@compiled
def tables(outputs, poles):
    """Room for one slice: rates [g, p], weights [g, o, p] twice, exponentials [g, p, r], sums [r]; each of eights."""
    eights = GROUPS * poles * WIDTH
    of_slice = np.zeros(eights), np.zeros(outputs * eights), np.zeros(outputs * eights), np.zeros(CHUNK * eights)
    return of_slice, np.zeros(eights), np.zeros(CHUNK * GROUPS * WIDTH)


@compiled
def write_tile(flat, first, width, begins, extent, after, step, spans, pole, weight, inflow, flows, peak, room):
    """Write a stretch's curves of one tile; keep the largest values.

    Args:
        flat: all curves, one after another.
        first: the tile's first subject, of ``width``.
        begins: the first of the times, of all.
        extent: how many outputs, times, subjects ``flat`` has.
        after: the times, from the first of them, min.
        step: of the times if they are even, else 0.
        weight: (o, p, lanes); inflow (2, o, lanes): what is there at first, and what is added per minute.
        peak: (o, lanes), the largest values so far.
    """
    (rates, laid, moved, factor), by, spill = room
    _, count_of_all, row = extent
    past = (flat.ctypes.data + 8 * first) % 64 == 0 and row % 8 == 0
    for lane in range(0, width, GROUPS * WIDTH):
        groups = min(GROUPS, (width - lane + WIDTH - 1) // WIDTH)
        _lay_out(pole, weight, lane, groups, rates, laid)
        for start in range(0, after.size, CHUNK):
            even = step != 0 and start != 0
            if even:
                _move(rates, after[start], laid, groups * pole.shape[0], weight.shape[0], pole.shape[0], by, moved)
            else:
                _factors(rates, after, start, groups * pole.shape[0], flows, factor)
            count, used = min(CHUNK, after.size - start), moved if even else laid
            for o in range(weight.shape[0]):
                where = lane, groups, start, o, pole.shape[0]
                place = (o * count_of_all + begins + start) * row + first + lane
                if count == CHUNK and width - lane >= groups * WIDTH:
                    _sum(flat, place, row, where, after, spans, used, inflow, flows, factor, peak, past)
                else:
                    _sum(spill, 0, GROUPS * WIDTH, where, after, spans, used, inflow, flows, factor, peak, False)
                    _put_down(spill, flat, place, row, count, min(width - lane, groups * WIDTH))


@compiled
def _lay_out(pole, weight, lane, groups, rates, laid):
    """Lay a slice's rates and weights out, group by group."""
    outputs, poles, lanes = weight.shape
    for g in range(groups):
        for p in range(poles):
            store(rates, (g * poles + p) * WIDTH, load(pole, p * lanes + lane + g * WIDTH))
        for q in range(outputs * poles):
            store(laid, (g * outputs * poles + q) * WIDTH, load(weight, q * lanes + lane + g * WIDTH))


@compiled
def _factors(rates, after, start, count, flows, factor):
    """Write exponentials at the next times; those after the last are the last's."""
    for r in range(CHUNK):
        time = spread(after[min(start + r, after.size - 1)])
        for q in range(count):
            store(factor, (q * CHUNK + r) * WIDTH, times(load(rates, q * WIDTH), time))
    if flows:
        for i in range(count * CHUNK * WIDTH):
            factor[i] = expm1(factor[i])
    else:
        for i in range(count * CHUNK * WIDTH):
            factor[i] = exp(factor[i])


@compiled
def _move(rates, time, laid, count, outputs, poles, by, moved):
    """Move weights on in time."""
    for i in range(count * WIDTH):
        by[i] = exp(rates[i] * time)
    for g in range(count // poles):
        for q in range(outputs * poles):
            at = (g * outputs * poles + q) * WIDTH
            store(moved, at, times(load(laid, at), load(by, (g * poles + q % poles) * WIDTH)))


@inlined
def _grown(inflow, line, growth, after, start):
    """What is there at the next times beside the exponentials; those after the last are the last's."""
    begins, grows, last = load(inflow, line), load(inflow, growth + line), after.size - 1
    return (
        times_plus(grows, spread(after[start]), begins),
        times_plus(grows, spread(after[min(start + 1, last)]), begins),
        times_plus(grows, spread(after[min(start + 2, last)]), begins),
        times_plus(grows, spread(after[min(start + 3, last)]), begins),
        times_plus(grows, spread(after[min(start + 4, last)]), begins),
        times_plus(grows, spread(after[min(start + 5, last)]), begins),
        times_plus(grows, spread(after[min(start + 6, last)]), begins),
        times_plus(grows, spread(after[min(start + 7, last)]), begins),
    )


@inlined
def _put_eight(out, into, row, s0, s1, s2, s3, s4, s5, s6, s7):
    store(out, into, s0)
    store(out, into + row, s1)
    store(out, into + 2 * row, s2)
    store(out, into + 3 * row, s3)
    store(out, into + 4 * row, s4)
    store(out, into + 5 * row, s5)
    store(out, into + 6 * row, s6)
    store(out, into + 7 * row, s7)


@inlined
def _stream_eight(out, into, row, s0, s1, s2, s3, s4, s5, s6, s7):
    stream(out, into, s0)
    stream(out, into + row, s1)
    stream(out, into + 2 * row, s2)
    stream(out, into + 3 * row, s3)
    stream(out, into + 4 * row, s4)
    stream(out, into + 5 * row, s5)
    stream(out, into + 6 * row, s6)
    stream(out, into + 7 * row, s7)


@compiled
def _sum(out, into, row, where, after, spans, weight, inflow, flows, factor, peak, past):
    """Write one output of a slice at the next times; what lies a chunk further is fetched from memory meanwhile."""
    lane, groups, start, o, poles = where
    _, outputs, lanes = inflow.shape
    line = o * lanes + lane
    for g in range(groups):
        for r in range(0 if past else CHUNK):
            fetch(out, into + (CHUNK + r) * row)
        s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = spread(0.0)
        if flows:
            s0, s1, s2, s3, s4, s5, s6, s7 = _grown(inflow, line, outputs * lanes, after, start)
        for p in range(spans[o, 0], spans[o, 1]):
            w, f = load(weight, ((g * outputs + o) * poles + p) * WIDTH), (g * poles + p) * CHUNK * WIDTH
            s0 = times_plus(w, load(factor, f), s0)
            s1 = times_plus(w, load(factor, f + WIDTH), s1)
            s2 = times_plus(w, load(factor, f + 2 * WIDTH), s2)
            s3 = times_plus(w, load(factor, f + 3 * WIDTH), s3)
            s4 = times_plus(w, load(factor, f + 4 * WIDTH), s4)
            s5 = times_plus(w, load(factor, f + 5 * WIDTH), s5)
            s6 = times_plus(w, load(factor, f + 6 * WIDTH), s6)
            s7 = times_plus(w, load(factor, f + 7 * WIDTH), s7)
        if past:
            _stream_eight(out, into, row, s0, s1, s2, s3, s4, s5, s6, s7)
        else:
            _put_eight(out, into, row, s0, s1, s2, s3, s4, s5, s6, s7)
        store(peak, line, larger_size(load(peak, line), s0))
        into, line = into + WIDTH, line + WIDTH


@compiled
def _put_down(spill, flat, into, row, count, width):
    """Write what is not a whole slice at a whole chunk of times."""
    for r in range(count):
        for lane in range(width):
            flat[into + r * row + lane] = spill[r * GROUPS * WIDTH + lane]
