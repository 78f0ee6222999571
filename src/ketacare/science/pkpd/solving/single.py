# mypy: disable-error-code="no-untyped-def, no-untyped-call"
"""Curves of a few subjects one by one, compiled by numba: ``fused`` without lanes, for who asks about one person again and again.

Imported only where numba is asked for (the extra "fast"), by ``prepared``. What each step is, and why, stands in ``modes`` and
``fused``; the tests hold the writings together. numba keeps what it has compiled beside this file and looks only at what stands
in this file: count ``WRITTEN`` on when ``single_modes``, ``fused_modes`` or ``fused_sums`` changes.
"""

import numpy as np
from numba import float64, int64, njit

from ketacare.science.pkpd.solving.fused_modes import inlined, poles_of
from ketacare.science.pkpd.solving.fused_sums import LEAST_PEAK, expm1, parts
from ketacare.science.pkpd.solving.single_modes import contracted, residues_of

WRITTEN = 1
WIDE = 256  # times whose exponentials are held at once: with six poles they lie in the processor's nearest cache
SIDE = 6  # poles that are added up at once, so that a sum is seldom put down and taken up again
SAMPLED = 8  # every so many times a curve's size is looked at first
GIVEN = float64[:, :, ::1]


@inlined
def _unpacked(plan):
    """Take ``prepared.plan_of`` apart: sizes, what ``kernels.tables`` returns, edges, and where a number may stand."""
    n, outputs, moments, blocks, poles = plan[0], plan[1], plan[2], plan[3], plan[4]
    ways, longest, terms, begin = plan[5], plan[6], plan[7], 8
    firsts, begin = plan[begin : begin + blocks + 1], begin + blocks + 1
    members, begin = plan[begin : begin + poles], begin + poles
    table, begin = plan[begin : begin + 4 * ways].reshape(ways, 4), begin + 4 * ways
    passes, begin = plan[begin : begin + longest * ways].reshape(ways, longest), begin + longest * ways
    edges, begin = plan[begin : begin + moments + 1], begin + moments + 1
    return (n, outputs, moments, poles, terms), (firsts, members, table, passes), edges, plan[begin:].reshape(-1, n)


@contracted
def _fits(given, allowed):
    """Say whether every number is finite and none stands where the structure has nothing; one row of ``allowed`` may serve all."""
    fine = True
    for i in range(given.shape[0]):
        row = min(i, allowed.shape[0] - 1)
        for j in range(given.shape[1]):
            fine &= (abs(given[i, j]) < np.inf) & ((given[i, j] == 0) | (allowed[row, j] != 0))
    return fine


@inlined
def _later(rated, z, flowing, step):
    """A mode a step later, while something flows in."""
    m, s = parts(rated * step)
    come = step if rated == 0 else ((s - 1) + s * m) / rated
    return z * (s + s * m) + flowing * come


@contracted
def _advance(tables, pole, z, at, bolus, rate, k):
    """Bring the modes from moment k - 1 to moment k, its bolus included."""
    blocks, _, ways, _ = tables
    term = 0
    for way in range(ways.shape[0]):
        entry, home = ways[way, 0], ways[way, 1]
        for p in range(blocks[home], blocks[home + 1]):
            if k:
                z[term] = _later(pole[p], z[term], rate[k - 1, entry], at[k] - at[k - 1])
            z[term] += bolus[k, entry]
            term += 1


@inlined
def _flows(ways, rate, k):
    """Say whether anything flows in from moment k on."""
    strongest = 0.0
    for way in range(ways.shape[0]):
        strongest = max(strongest, abs(rate[k, ways[way, 0]]))
    return strongest > 0


@contracted
def _weigh(tables, pole, z, residue, doubt, rate, k, flows, span, weight, inflow, bound):
    """Fold the modes, and what flows in from moment k on, into weights; ``fused`` says what each argument is."""
    blocks, _, ways, _ = tables
    weight[:], inflow[:], bound[:] = 0.0, 0.0, 0.0
    term = 0
    for way in range(ways.shape[0]):
        flowing, home = rate[k, ways[way, 0]], ways[way, 1]
        for p in range(blocks[home], blocks[home + 1]):
            there = z[term] if span[0] == 0 else _later(pole[p], z[term], flowing, span[0])
            held, strength, growth = abs(there) * (1 - pole[p] * span[0]), there, 0.0
            if flows:
                level = 0.0 if pole[p] == 0 else flowing / pole[p]
                growth = flowing if pole[p] == 0 else 0.0
                held -= (held + abs(level)) * expm1(pole[p] * span[1])
                strength += level
            for o in range(residue.shape[0]):
                weight[o, p] += residue[o, term] * strength
                bound[o] += doubt[o, term] * held
                inflow[0, o] += residue[o, term] * there
                inflow[1, o] += residue[o, term] * growth
            term += 1


@contracted
def _stretch(found, times, low, high, pole, weight, inflow, flows, factor):
    """Write one stretch's curves at the times from ``low`` to ``high`` into ``found`` (o, t)."""
    for start in range(low, high, WIDE):
        count, here = min(WIDE, high - start), times[start:]
        for p in range(pole.size):
            _exponentials(factor[p], pole[p], here, times[low], count, 1.0 if flows else 0.0)
        for o in range(weight.shape[0]):
            into = found[o, start:]
            if flows or not weight.shape[1]:
                for r in range(count):
                    into[r] = inflow[0, o] + inflow[1, o] * (here[r] - times[low])
            _add(into, weight[o], factor, count, flows)


@inlined
def _exponentials(into, rated, times, begin, count, less):
    """Write exp(x) - ``less``, which is 1 or 0."""
    for r in range(count):
        m, scale = parts(rated * (times[r] - begin))
        into[r] = scale * m + (scale - less)


@inlined
def _add(into, w, f, count, there):
    """Add up the poles, onto what is there."""
    for p in range(0, w.size, SIDE):
        w0, w1, w2, w3, w4, w5 = w[p], w[p + 1], w[p + 2], w[p + 3], w[p + 4], w[p + 5]
        for r in range(count):
            first = w0 * f[p, r] + w1 * f[p + 1, r] + w2 * f[p + 2, r]
            more = first + (w3 * f[p + 3, r] + w4 * f[p + 4, r] + w5 * f[p + 5, r])
            into[r] = into[r] + more if there or p else more


@contracted
def _curves(found, tables, edges, clock, pole, residue, doubt, bolus, rate, worst, room):
    """Fill one subject's curves (o, t), and the bound of each curve's error."""
    (at, times), outputs, terms = clock, residue.shape[0], residue.shape[1]
    rows = (pole.size + SIDE - 1) // SIDE * SIDE
    z, bound, room = room[:terms], room[terms : terms + outputs], room[terms + outputs :]
    weight, room = room[: outputs * rows].reshape(outputs, rows), room[outputs * rows :]
    inflow, room = room[: 2 * outputs].reshape(2, outputs), room[2 * outputs :]
    factor = room[: rows * WIDE].reshape(rows, WIDE)
    z[:], factor[pole.size :] = 0.0, 0.0
    found[:, : edges[0]] = 0.0
    for k in range(at.size):
        _advance(tables, pole, z, at, bolus, rate, k)
        low, high = edges[k], edges[k + 1]
        if low == high:
            continue
        flows = _flows(tables[2], rate, k)
        span = times[low] - at[k], times[high - 1] - times[low]
        _weigh(tables, pole, z, residue, doubt, rate, k, flows, span, weight, inflow, bound)
        for o in range(outputs):
            if not bound[o] <= worst[o]:  # no number is worse than any
                worst[o] = bound[o]
        _stretch(found, times, low, high, pole, weight, inflow, flows, factor)


@contracted
def _is_within(found, worst, limits):
    """Say whether each curve's error is small beside its peak, looked at closely only where need be."""
    for o in range(worst.size):
        needed, peak = max(worst[o] * limits[0] / limits[1], LEAST_PEAK if worst[o] > 0 else 0.0), 0.0
        if not worst[o] < np.inf:
            return False
        for i in range(0, found.shape[1], SAMPLED):
            peak = max(peak, abs(found[o, i]))
        for i in range(0 if needed <= peak else found.shape[1]):
            peak = max(peak, abs(found[o, i]))
        if not needed <= peak:
            return False
    return True


@contracted
def _solve(found, tables, sizes, edges, clock, limits, rates, readout, bolus, rate, room):
    """Fill one subject's curves and say whether they hold."""
    n, outputs, _, poles, terms = sizes
    blocks, members = tables[0], tables[1]
    pole, room = room[:poles], room[poles:]
    residue, room = room[: outputs * terms].reshape(outputs, terms), room[outputs * terms :]
    doubt, room = room[: outputs * terms].reshape(outputs, terms), room[outputs * terms :]
    worst, g, room = room[:outputs], room[outputs : outputs + 6], room[outputs + 6 :]
    h, room = room[: 2 * n].reshape(2, n), room[2 * n :]
    worst[:] = 0.0
    for block in range(blocks.size - 1):
        k, column, marks = rates.reshape(n, n, 1), pole.reshape(poles, 1), worst.reshape(outputs, 1)
        poles_of(k, members, blocks[block], blocks[block + 1], column, marks, g.reshape(6, 1), 1)
    residues_of(rates, readout, tables, pole, residue, doubt, h, g.reshape(2, 3))
    _curves(found, tables, edges, clock, pole, residue, doubt, bolus, rate, worst, room)
    return _is_within(found, worst, limits)


@njit(
    [int64(GIVEN, int64[::1], float64[::1], GIVEN, GIVEN, GIVEN, GIVEN)],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def solve_each(found, plan, clock, rates, readout, bolus, rate):
    """Fill ``found`` (s, o, t) and return a bit for each subject whose curves do not hold; -1: shapes that do not fit.

    Args:
        plan: whole numbers, and ``clock``: others, both from ``prepared``.
        rates: (s, n, n). readout: (s, o, n). bolus, rate: (s or 1, k, n). Who has what is not finite, or a number where
            the structure has nothing, does not hold.
    """
    sizes, tables, edges, allowed = _unpacked(plan)
    (n, outputs, moments, poles, terms), s = sizes, found.shape[0]
    if rates.shape != (s, n, n) or readout.shape != (s, outputs, n):
        return -1
    for given in (bolus, rate):
        if given.shape[1:] != (moments, n) or not (given.shape[0] == 1 or given.shape[0] == s):
            return -1
    limits, times = clock[:2], (clock[2 : 2 + moments], clock[2 + moments :])
    room = np.empty(poles + 3 * n + 6 + terms + (2 * terms + poles + SIDE + 4) * outputs + (poles + SIDE) * WIDE)
    inside, read, entered = allowed[:n], allowed[n : n + outputs], allowed[n + outputs :]
    doubtful = 0
    for subject in range(s):
        put, run = bolus[min(subject, bolus.shape[0] - 1)], rate[min(subject, rate.shape[0] - 1)]
        k, c = rates[subject], readout[subject]
        fine = _fits(k, inside) and _fits(c, read) and _fits(put, entered) and _fits(run, entered)
        if not (fine and _solve(found[subject], tables, sizes, edges, times, limits, k, c, put, run, room)):
            doubtful |= 1 << subject
    return doubtful
