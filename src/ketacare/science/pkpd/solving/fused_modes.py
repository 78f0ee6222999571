# mypy: disable-error-code="no-untyped-def, no-untyped-call"
"""Poles and residues of a tile of subjects, compiled by numba, which finds the types itself: ``poles`` and ``residues`` written for subjects side by side.

For blocks of up to three compartments. What each step is, and why, stands there; the tests hold both writings together.
Where an index is added to a subject's place the compiler no longer sees that neighbours are neighbours, and a view costs
as much as sixty products: hence whole arrays are passed on, with their places.
"""

import numpy as np
from numba import njit

NEWTON_STEPS = 2

# Dividing by 0 gives no number: whoever it is, is solved again. Kept on disk is only what is called from outside.
compiled = njit(nogil=True, error_model="numpy", fastmath={"contract"})
inlined = njit(nogil=True, error_model="numpy", fastmath={"contract"}, inline="always")


@inlined
def _minus_sum(a, b, c):
    """-(a + b + c), rounded once (TwoSum)."""
    two = a + b
    b_in = two - a
    lost = (a - (two - b_in)) + (b - b_in)
    three = two + c
    c_in = three - two
    return -(three + (lost + ((two - (three - c_in)) + (c - c_in))))


@compiled
def poles_of(k, members, low, high, pole, worst, room, width):
    """Write a tile's poles of one block; whose closed form does not hold gets an endless bound."""
    m0 = members[low]
    if high - low == 1:
        for lane in range(width):
            pole[low, lane] = k[m0, m0, lane]
    elif high - low == 2:
        _two(k, m0, members[low + 1], low, pole, room, width)
    else:
        _three(k, m0, members[low + 1], members[low + 2], low, pole, room, width)
    if high - low > 1:
        for o in range(worst.shape[0]):
            for lane in range(width):
                worst[o, lane] = worst[o, lane] if room[0, lane] >= 0 else np.inf


@compiled
def _two(k, m0, m1, low, pole, room, width):
    for lane in range(width):
        f01, f10 = k[m1, m0, lane], k[m0, m1, lane]
        s0, s1 = -k[m0, m0, lane], -k[m1, m1, lane]
        e0, e1 = _minus_sum(-s0, f01, 0.0), _minus_sum(-s1, f10, 0.0)
        product = e0 * (e1 + f10) + f01 * e1
        fast = (e0 + f01 + e1 + f10 + np.sqrt((s0 - s1) * (s0 - s1) + 4 * f01 * f10)) / 2
        pole[low, lane], pole[low + 1, lane] = -fast, -product / fast
        room[0, lane] = min(min(e0, e1), min(f01, f10))


@compiled
def _three(k, m0, m1, m2, low, pole, room, width):
    for lane in range(width):
        f01, f02, f10 = k[m1, m0, lane], k[m2, m0, lane], k[m0, m1, lane]
        f12, f20, f21 = k[m2, m1, lane], k[m0, m2, lane], k[m1, m2, lane]
        e0 = _minus_sum(k[m0, m0, lane], f01, f02)
        e1 = _minus_sum(f10, k[m1, m1, lane], f12)
        e2 = _minus_sum(f20, f21, k[m2, m2, lane])
        s1, s2 = e1 + f10 + f12, e2 + f20 + f21
        first = (e1 + f10) * s2 + f12 * (e2 + f20)
        a = e0 + f01 + f02 + s1 + s2
        b = (e0 + f02) * s1 + f01 * (e1 + f12) + (e0 + f01) * s2 + f02 * (e2 + f21) + first
        c = e0 * first + f01 * (e1 * s2 + f12 * e2) + f02 * (e2 * s1 + f21 * e1)
        third = a / 3
        half = np.sqrt(third * third - b / 3)
        room[0, lane] = min(min(min(e0, e1), min(e2, f01)), min(min(f02, f10), min(f12, min(f20, f21))))
        room[1, lane], room[2, lane], room[3, lane], room[4, lane] = a, b, c, half
        room[5, lane] = ((third * third - b / 2) * third + c / 2) / (half * half * half)
    for lane in range(width):
        room[5, lane] = np.cos(np.arccos(room[5, lane]) / 3)
    for lane in range(width):
        a, b, c = room[1, lane], room[2, lane], room[3, lane]
        x = a / 3 + 2 * room[4, lane] * room[5, lane]
        for _ in range(NEWTON_STEPS):
            x -= (((x - a) * x + b) * x - c) / ((3 * x - 2 * a) * x + b)
        product = c / x
        middle = (b - product) / x
        second = (middle + np.sqrt(middle * middle - 4 * product)) / 2
        pole[low, lane], pole[low + 1, lane], pole[low + 2, lane] = -x, -second, -product / second


@compiled
def gathered(rates, readout, first, width, k, c):
    """Lay one tile's K and C out with the subjects side by side."""
    for lane in range(width):
        for i in range(k.shape[0]):
            for j in range(k.shape[1]):
                k[i, j, lane] = rates[first + lane, i, j]
        for o in range(c.shape[0]):
            for i in range(c.shape[1]):
                c[o, i, lane] = readout[first + lane, o, i]


@compiled
def _through(k, members, low, high, pole, own, itself, entry, held, g, h, width):
    """Pass one block at a pole: gather what flows in from the compartments held, solve, divide by the distances to its poles.

    ``g`` and ``h`` hold values [0] and their sizes [1]; ``itself`` is the pole's number among all if it is this block's.
    """
    for i in range(low, high):
        at = members[i]
        g[:, i - low, :width] = 1.0 if at == entry else 0.0
        for source in range(held.size):
            if held[source]:
                for lane in range(width):
                    flow = k[at, source, lane]
                    g[0, i - low, lane] += flow * h[0, source, lane]
                    g[1, i - low, lane] += abs(flow) * h[1, source, lane]
    _passed(k, members, low, high - low, pole, own, 1.0 if itself >= 0 else 0.0, g, h, width)
    over = g[0, 0]
    over[:width] = 1.0
    for number in range(low, high):
        if number != itself:
            for lane in range(width):
                over[lane] *= pole[own, lane] - pole[number, lane]
    for lane in range(width):
        over[lane] = 1 / over[lane]
    for i in range(low, high):
        at = members[i]
        for lane in range(width):
            h[0, at, lane] *= over[lane]
            h[1, at, lane] *= abs(over[lane])


@compiled
def _passed(k, members, low, size, pole, own, rounded, g, h, width):
    """Put adj(x - K) g of one block into h, and its size beside it."""
    m0 = members[low]
    if size == 1:
        h[:, m0, :width] = g[:, 0, :width]
        return
    m1, m2 = members[low + 1], members[low + size - 1]
    for i in range(size):
        h[:, members[low + i], :width] = 0.0
    for column in range(size):
        if not _any(g, column, width):
            continue
        if size == 2:
            _pass_two(k, members[low + column], members[low + 1 - column], pole, own, rounded, g, column, h, width)
        elif column == 0:
            _pass_three(k, m0, m1, m2, pole, own, rounded, g, column, h, width)
        elif column == 1:
            _pass_three(k, m1, m2, m0, pole, own, rounded, g, column, h, width)
        else:
            _pass_three(k, m2, m0, m1, pole, own, rounded, g, column, h, width)


@compiled
def _pass_two(k, a, b, pole, own, rounded, g, column, h, width):
    """Add one column of the adjugate, a's."""
    for lane in range(width):
        value, size, x = g[0, column, lane], g[1, column, lane], pole[own, lane]
        s, ab = x - k[b, b, lane], k[b, a, lane]
        h[0, a, lane] += s * value
        h[1, a, lane] += (abs(s) + rounded * abs(x)) * size
        h[0, b, lane] += ab * value
        h[1, b, lane] += abs(ab) * size


@compiled
def _pass_three(k, a, b, c, pole, own, rounded, g, column, h, width):
    """Add one column of the adjugate, a's; b and c follow it in the block."""
    for lane in range(width):
        value, size, x = g[0, column, lane], g[1, column, lane], pole[own, lane]
        s1, s2 = x - k[b, b, lane], x - k[c, c, lane]
        e1, e2 = abs(s1) + rounded * abs(x), abs(s2) + rounded * abs(x)
        ab, ac, bc, cb = k[b, a, lane], k[c, a, lane], k[c, b, lane], k[b, c, lane]
        h[0, a, lane] += (s1 * s2 - bc * cb) * value
        h[1, a, lane] += (e1 * e2 + abs(bc * cb)) * size
        h[0, b, lane] += (cb * ac + ab * s2) * value
        h[1, b, lane] += (abs(cb * ac) + abs(ab) * e2) * size
        h[0, c, lane] += (ab * bc + s1 * ac) * value
        h[1, c, lane] += (abs(ab * bc) + e1 * abs(ac)) * size


@compiled
def _any(g, c, width):
    found = False
    for lane in range(width):
        found |= g[1, c, lane] != 0
    return found


@compiled
def residues_of(k, readout, plan, pole, residue, doubt, g, h, held, width):
    """Write a tile's residues and their sizes; a term is a way and one pole of its block."""
    blocks, members, ways, passes, _ = plan
    term = 0
    for way in range(ways.shape[0]):
        entry, home, before, after = ways[way, 0], ways[way, 1], ways[way, 2], ways[way, 3]
        for own in range(blocks[home], blocks[home + 1]):
            held[:] = False
            for step in range(before + 1 + after):
                low, high = blocks[passes[way, step]], blocks[passes[way, step] + 1]
                itself, start = own if step == before else -1, entry if step <= before else -1
                _through(k, members, low, high, pole, own, itself, start, held, g, h, width)
                if step == before:  # what lies further down is fed by the pole's own block alone
                    held[:] = False
                for i in range(low, high):
                    held[members[i]] = True
            _read(readout, held, h, residue, doubt, term, width)
            term += 1


@compiled
def _read(readout, held, h, residue, doubt, term, width):
    for o in range(readout.shape[0]):
        residue[o, term, :width] = 0.0
        doubt[o, term, :width] = 0.0
        for i in range(held.size):
            if held[i]:
                for lane in range(width):
                    residue[o, term, lane] += readout[o, i, lane] * h[0, i, lane]
                    doubt[o, term, lane] += abs(readout[o, i, lane]) * h[1, i, lane]
