# mypy: disable-error-code="no-untyped-def, no-untyped-call"
"""Poles and residues of one subject in pairs of floats, compiled by numba: ``fused_modes`` and ``single_modes`` with twice as many digits.

For blocks of up to three compartments. What each step is, and why, stands in ``poles`` and ``residues``. An array of pairs holds
[0] what is known of each and [1] what that was rounded by; sizes are plain floats.
"""

from numba import njit

from ketacare.science.pkpd.solving.doubled import by, exactly, minus, over, plus, root

SETTLED = 2.0**-80  # of a root: what the last step of Newton's method may still move it by

pairwise = njit(nogil=True, error_model="numpy")  # no leave to round elsewhere than is written


@exactly
def taken(pairs, i):
    """Return one pair of an array of them."""
    return pairs[0, i], pairs[1, i]


@exactly
def put(pairs, i, pair):
    """Put one pair down."""
    pairs[0, i], pairs[1, i] = pair


@exactly
def _of(number):
    return number, 0.0


@exactly
def _leaving(k, here, one, other):
    """What leaves the block from a compartment: minus the sum of its column."""
    found = plus(plus(_of(k[here, here]), _of(k[one, here])), _of(k[other, here]))
    return -found[0], -found[1]


@pairwise
def poles_of(k, members, low, high, begun, pole):
    """Write one block's poles; say whether the closed form holds.

    Args:
        begun: (p,) the poles in floats, from which the largest is looked for.
        pole: (2, p) pairs.
    """
    if high - low == 1:
        put(pole, low, _of(k[members[low], members[low]]))
        return True
    if high - low == 2:
        return _two(k, members[low], members[low + 1], low, pole)
    return _three(k, members[low], members[low + 1], members[low + 2], low, -begun[low], pole)


@pairwise
def _two(k, m0, m1, low, pole):
    f01, f10 = k[m1, m0], k[m0, m1]
    e0, e1 = plus(_of(-k[m0, m0]), _of(-f01)), plus(_of(-k[m1, m1]), _of(-f10))
    product = plus(by(e0, plus(e1, _of(f10))), by(_of(f01), e1))
    apart = minus(_of(k[m0, m0]), _of(k[m1, m1]))
    inside = plus(by(apart, apart), by(_of(4 * f01), _of(f10)))
    fast = plus(plus(e0, _of(f01)), plus(plus(e1, _of(f10)), root(inside)))
    fast = -fast[0] / 2, -fast[1] / 2
    put(pole, low, fast)
    put(pole, low + 1, over(product, fast))
    return min(min(e0[0], e1[0]), min(f01, f10)) >= 0


@pairwise
def _three(k, m0, m1, m2, low, x0, pole):
    f01, f02, f10, f12, f20, f21 = k[m1, m0], k[m2, m0], k[m0, m1], k[m2, m1], k[m0, m2], k[m1, m2]
    e0, e1, e2 = _leaving(k, m0, m1, m2), _leaving(k, m1, m0, m2), _leaving(k, m2, m0, m1)
    s0, s1, s2 = _of(-k[m0, m0]), _of(-k[m1, m1]), _of(-k[m2, m2])
    first = plus(by(plus(e1, _of(f10)), s2), by(_of(f12), plus(e2, _of(f20))))
    a = plus(s0, plus(s1, s2))
    b = plus(by(plus(e0, _of(f02)), s1), by(_of(f01), plus(e1, _of(f12))))
    b = plus(plus(b, first), plus(by(plus(e0, _of(f01)), s2), by(_of(f02), plus(e2, _of(f21)))))
    c = plus(by(_of(f01), plus(by(e1, s2), by(_of(f12), e2))), by(_of(f02), plus(by(e2, s1), by(_of(f21), e1))))
    c = plus(by(e0, first), c)
    x, step = (x0, 0.0), (0.0, 0.0)
    for _ in range(2):
        value = minus(by(plus(by(minus(x, a), x), b), x), c)
        step = over(value, plus(by(minus((3 * x[0], 3 * x[1]), (2 * a[0], 2 * a[1])), x), b))
        x = minus(x, step)
    product = over(c, x)
    middle = over(minus(b, product), x)
    second = plus(middle, root(minus(by(middle, middle), (4 * product[0], 4 * product[1]))))
    second = second[0] / 2, second[1] / 2
    put(pole, low, (-x[0], -x[1]))
    put(pole, low + 1, (-second[0], -second[1]))
    third = over(product, second)
    put(pole, low + 2, (-third[0], -third[1]))
    least = min(min(min(e0[0], e1[0]), min(e2[0], f01)), min(min(f02, f10), min(f12, min(f20, f21))))
    return least >= 0 and abs(step[0]) <= SETTLED * x[0]


@pairwise
def residues_of(k, c, plan, pole, residue, doubt, h, g, sizes):
    """Write residues (2, o, term) and their sizes (o, term).

    ``h`` (2, n) and ``g`` (2, 3): what the compartments hold, and what flows into one block; ``sizes`` (2, n): of both.
    """
    blocks, _, ways, passes, _ = plan
    term = 0
    for way in range(ways.shape[0]):
        entry, home, before, after = ways[way, 0], ways[way, 1], ways[way, 2], ways[way, 3]
        for own in range(blocks[home], blocks[home + 1]):
            h[:], sizes[:] = 0.0, 0.0
            for step in range(before + 1 + after):
                low, high = blocks[passes[way, step]], blocks[passes[way, step] + 1]
                start = entry if step <= before else -1
                _through(k, plan[1], low, high, pole, own, start, step == before, h, g, sizes)
            _read(c, h, sizes, residue, doubt, term)
            term += 1


@pairwise
def _through(k, members, low, high, pole, own, entry, itself, h, g, sizes):
    """Pass one block at a pole: gather what flows in, solve, divide by the distances to its poles."""
    x, below = taken(pole, own), (1.0, 0.0)
    for number in range(low, high):
        if number != own:
            below = by(below, minus(x, taken(pole, number)))
    for i in range(low, high):
        at = members[i]
        value, size = _of(1.0 if at == entry else 0.0), 1.0 if at == entry else 0.0
        for source in range(h.shape[1]):
            if k[at, source] != 0 and sizes[0, source] != 0:
                value = plus(value, by(_of(k[at, source]), taken(h, source)))
                size += abs(k[at, source]) * sizes[0, source]
        put(g, i - low, over(value, below))
        sizes[1, i - low] = size / abs(below[0])
    if itself:  # what lies further down is fed by the pole's own block alone
        h[:], sizes[0] = 0.0, 0.0
    count = high - low
    for c in range(count):
        if sizes[1, c] == 0:
            continue
        for i in range(count):
            value, size = _adjugate(k, members, low, count, x, i, c, 1.0 if itself else 0.0)
            to = members[low + i]
            put(h, to, plus(taken(h, to), by(value, taken(g, c))))
            sizes[0, to] += size * sizes[1, c]


@exactly
def _adjugate(k, members, low, count, x, i, c, rounded):
    """An entry of adj(x - K) of one block, and its size."""
    if count == 1:
        return (1.0, 0.0), 1.0
    if count == 2:
        value, size = _shifted(k, members, low, x, 1 - c, 1 - i, rounded)
        return (value if i == c else (-value[0], -value[1])), size
    r1, r2, c1, c2 = (c + 1) % 3, (c + 2) % 3, (i + 1) % 3, (i + 2) % 3
    p, size_p = _shifted(k, members, low, x, r1, c1, rounded)
    q, size_q = _shifted(k, members, low, x, r2, c2, rounded)
    r, size_r = _shifted(k, members, low, x, r1, c2, rounded)
    s, size_s = _shifted(k, members, low, x, r2, c1, rounded)
    return minus(by(p, q), by(r, s)), size_p * size_q + size_r * size_s


@exactly
def _shifted(k, members, low, x, i, j, rounded):
    """An entry of x - K and its size; ``rounded`` is 1 where x is known to a rounding only, else 0."""
    entry = k[members[low + i], members[low + j]]
    if i != j:
        return (-entry, 0.0), abs(entry)
    apart = minus(x, (entry, 0.0))
    return apart, abs(apart[0]) + rounded * abs(x[0])


@pairwise
def _read(c, h, sizes, residue, doubt, term):
    for o in range(c.shape[0]):
        value, size = (0.0, 0.0), 0.0
        for i in range(c.shape[1]):
            if c[o, i] != 0 and sizes[0, i] != 0:
                value = plus(value, by((c[o, i], 0.0), taken(h, i)))
                size += abs(c[o, i]) * sizes[0, i]
        residue[0, o, term], residue[1, o, term] = value
        doubt[o, term] = size
