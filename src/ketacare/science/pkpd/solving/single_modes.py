# mypy: disable-error-code="no-untyped-def, no-untyped-call"
"""Residues of one subject, compiled by numba, which finds the types itself: ``fused_modes`` without lanes.

For blocks of up to three compartments. What each step is, and why, stands in ``residues``; the tests hold the writings together.
"""

from numba import njit

from ketacare.science.pkpd.solving.fused_modes import inlined

# A product may be added without being rounded first: twice as fast, and never further from the truth than the bound allows.
contracted = njit(nogil=True, error_model="numpy", fastmath={"contract"})


@contracted
def residues_of(k, c, tables, pole, residue, doubt, h, g):
    """Write residues and their sizes (o, term): the adjugate of each block on the way, over the distances to its poles.

    ``h`` (2, n) and ``g`` (2, 3): values and sizes of what the compartments hold, and of what flows into one block.
    """
    blocks, members, ways, passes = tables
    term = 0
    for way in range(ways.shape[0]):
        entry, home, before, after = ways[way, 0], ways[way, 1], ways[way, 2], ways[way, 3]
        for own in range(blocks[home], blocks[home + 1]):
            h[:] = 0.0
            for step in range(before + 1 + after):
                low, high = blocks[passes[way, step]], blocks[passes[way, step] + 1]
                _gather(k, members, low, high, entry if step <= before else -1, g, h)
                if step == before:  # what lies further down is fed by the pole's own block alone
                    h[:] = 0.0
                over = 1.0
                for number in range(low, high):
                    over *= 1.0 if number == own else pole[own] - pole[number]
                x, rounded, over = pole[own], 1.0 if step == before else 0.0, 1 / over
                if high - low == 1:
                    h[0, members[low]], h[1, members[low]] = g[0, 0] * over, g[1, 0] * abs(over)
                elif high - low == 2:
                    _pass_two(k, members[low], members[low + 1], x, rounded, over, g, h)
                else:
                    _pass_three(k, members[low], members[low + 1], members[low + 2], x, rounded, over, g, h)
            _read(c, h, residue, doubt, term)
            term += 1


@inlined
def _gather(k, members, low, high, entry, g, h):
    for i in range(low, high):
        at = members[i]
        value = size = 1.0 if at == entry else 0.0
        for source in range(h.shape[1]):  # what is not held is 0
            value += k[at, source] * h[0, source]
            size += abs(k[at, source]) * h[1, source]
        g[0, i - low], g[1, i - low] = value, size


@inlined
def _shift(k, i, x, rounded):
    """x - K on the diagonal, and its size."""
    apart = x - k[i, i]
    return apart, abs(apart) + rounded * abs(x)


@inlined
def _pass_two(k, a, b, x, rounded, over, g, h):
    for column in range(2):
        if g[1, column] != 0:
            s, e = _shift(k, b, x, rounded)
            value, size = g[0, column] * over, g[1, column] * abs(over)
            h[0, a] += s * value
            h[1, a] += e * size
            h[0, b] += k[b, a] * value
            h[1, b] += abs(k[b, a]) * size
        a, b = b, a


@inlined
def _pass_three(k, a, b, c, x, rounded, over, g, h):
    """Add one column of the adjugate of x - K for each of the compartments that something enters."""
    for column in range(3):
        if g[1, column] != 0:
            (s1, e1), (s2, e2) = _shift(k, b, x, rounded), _shift(k, c, x, rounded)
            ab, ac, bc, cb = k[b, a], k[c, a], k[c, b], k[b, c]
            value, size = g[0, column] * over, g[1, column] * abs(over)
            h[0, a] += (s1 * s2 - bc * cb) * value
            h[1, a] += (e1 * e2 + abs(bc * cb)) * size
            h[0, b] += (cb * ac + ab * s2) * value
            h[1, b] += (abs(cb * ac) + abs(ab) * e2) * size
            h[0, c] += (ab * bc + s1 * ac) * value
            h[1, c] += (abs(ab * bc) + e1 * abs(ac)) * size
        a, b, c = b, c, a


@inlined
def _read(c, h, residue, doubt, term):
    for o in range(c.shape[0]):
        value = size = 0.0
        for i in range(c.shape[1]):
            value += c[o, i] * h[0, i]
            size += abs(c[o, i]) * h[1, i]
        residue[o, term], doubt[o, term] = value, size
