# mypy: disable-error-code="no-untyped-def, no-untyped-call"
"""Weights and curves of a tile of subjects, compiled by numba, which finds the types itself: the third writing of ``modes`` and ``kernels``.

Imported only where numba is asked for (the extra "fast"). numba keeps what it has compiled beside this file and looks
only at what stands in this file: count ``WRITTEN`` on when ``eights``, ``fused_...`` or ``doubled...`` changes.
"""

import numpy as np
from numba import boolean, float64, int64, njit, types

from ketacare.science.pkpd.solving.doubled_curves import room_for, solve_again
from ketacare.science.pkpd.solving.fused_modes import compiled, gathered, poles_of, residues_of
from ketacare.science.pkpd.solving.fused_sums import CHUNK, LEAST_PEAK, exp, expm1, parts, tables, write_tile

WRITTEN = 9
LANES = 128  # subjects of one tile: side by side in the processor's registers
FEW = 8  # subjects for whom the times are laid side by side, not the subjects


@compiled
def _advance(plan, pole, z, at, bolus, rate, k, first, width):
    """Bring the modes of a tile from moment k - 1 to moment k, its bolus included."""
    if k:
        _later(plan, pole, z, rate, k - 1, at[k] - at[k - 1], first, width)
    blocks, _, ways, _, _ = plan
    each, term = min(1, bolus.shape[0] - 1), 0  # 0: one dose for all subjects
    for way in range(ways.shape[0]):
        entry, home = ways[way, 0], ways[way, 1]
        for _ in range(blocks[home], blocks[home + 1]):
            for lane in range(width):
                z[term, lane] += bolus[each * (first + lane), k, entry]
            term += 1


@compiled
def _later(plan, pole, z, rate, k, step, first, width):
    """Bring the modes on by a step during which the rates of moment k flow in."""
    if step == 0:
        return
    blocks, _, ways, _, _ = plan
    each, term, flows = min(1, rate.shape[0] - 1), 0, _flows(plan, rate, k, first, width)
    for way in range(ways.shape[0]):
        entry, home = ways[way, 0], ways[way, 1]
        for p in range(blocks[home], blocks[home + 1]):
            for lane in range(0 if flows else width):
                z[term, lane] *= exp(pole[p, lane] * step)
            for lane in range(width if flows else 0):
                rated, flowing = pole[p, lane], rate[each * (first + lane), k, entry]
                come = step if rated == 0 else expm1(rated * step) / rated
                z[term, lane] = z[term, lane] * exp(rated * step) + flowing * come
            term += 1


@compiled
def _flows(plan, rate, k, first, width):
    """Say whether anything flows in from moment k on."""
    ways, each = plan[2], min(1, rate.shape[0] - 1)
    found = False
    for way in range(ways.shape[0]):
        for lane in range(width):
            found |= rate[each * (first + lane), k, ways[way, 0]] != 0
    return found


@compiled
def _weigh(plan, pole, z, residue, doubt, rate, k, flows, span, first, width, weight, inflow, bound, now):
    """Fold the modes, and what flows in from moment k on, into weights.

    ``span``: min from moment k to the first of the times, and from there to the last. ``inflow``: per output what is there at the first of them, and
    what is added per minute. ``now``: room for a mode's strength, its size, what is there, growth.
    """
    blocks, _, ways, _, _ = plan
    weight[:], inflow[:], bound[:] = 0.0, 0.0, 0.0
    each, term = min(1, rate.shape[0] - 1), 0
    for way in range(ways.shape[0]):
        entry, home = ways[way, 0], ways[way, 1]
        for p in range(blocks[home], blocks[home + 1]):
            for lane in range(width):
                now[0, lane] = now[2, lane] = z[term, lane]
                now[1, lane] = abs(z[term, lane]) * (1 - pole[p, lane] * span[0])
            if flows:
                for lane in range(width):
                    rated, flowing = pole[p, lane], rate[each * (first + lane), k, entry]
                    level = 0.0 if rated == 0 else flowing / rated
                    now[3, lane] = flowing if rated == 0 else 0.0
                    now[1, lane] -= (now[1, lane] + abs(level)) * expm1(rated * span[1])
                    now[0, lane] += level
            for o in range(residue.shape[0]):
                for lane in range(width):
                    weight[o, p, lane] += residue[o, term, lane] * now[0, lane]
                    bound[o, lane] += doubt[o, term, lane] * now[1, lane]
                if flows:
                    for lane in range(width):
                        inflow[0, o, lane] += residue[o, term, lane] * now[2, lane]
                        inflow[1, o, lane] += residue[o, term, lane] * now[3, lane]
            term += 1


@compiled
def _even_step(pole, after, even, width):
    """The grid's step if it is even and longer than a chunk, else 0."""
    count = after.size
    if count <= CHUNK:
        return 0.0
    step, fastest = after[-1] / (count - 1), 0.0
    for p in range(pole.shape[0]):
        for lane in range(width):
            fastest = max(fastest, abs(pole[p, lane]))
    for i in range(count):
        if not abs(after[i] - i * step) * min(fastest, 1 / max(after[i], step)) <= even:
            return 0.0
    return step


@compiled
def _rows(found, first, width, begins_at, after, spans, pole, weight, inflow, flows, peak, factor):
    """The same for a few subjects: the times side by side instead of the subjects."""
    for lane in range(width):
        _row(found, first + lane, begins_at, after, spans, pole, weight, inflow, flows, peak, factor, lane)


@compiled
def _row(found, subject, begins_at, after, spans, pole, weight, inflow, flows, peak, factor, lane):
    for start in range(0, after.size, LANES):
        count = min(LANES, after.size - start)
        for p in range(pole.shape[0]):
            rated = pole[p, lane]
            for r in range(count):
                m, scale = parts(rated * after[start + r])
                factor[0, p, r] = scale * m + (scale - 1) if flows else scale * m + scale
        for o in range(weight.shape[0]):
            line = factor[0, pole.shape[0]]
            for r in range(count):
                line[r] = inflow[0, o, lane] + inflow[1, o, lane] * after[start + r]
            for p in range(spans[o, 0], spans[o, 1]):
                strength = weight[o, p, lane]
                for r in range(count):
                    line[r] += strength * factor[0, p, r]
            for r in range(count):
                found[o, begins_at + start + r, subject] = line[r]
                peak[o, lane] = max(peak[o, lane], abs(line[r]))


@compiled
def _room(outputs, n, poles, terms, lanes):
    """Room for one tile: modes, what changes from moment to moment, and what is only put down for a step."""
    modes = np.zeros((poles, lanes)), np.empty((outputs, terms, lanes)), np.empty((outputs, terms, lanes))
    laid_out = np.empty((n, n, lanes)), np.empty((outputs, n, lanes)), np.empty((2, 3, lanes)), np.empty((2, n, lanes))
    weights = np.zeros((outputs, poles, lanes)), np.zeros((2, outputs, lanes))
    kept = np.empty((terms, lanes)), np.empty((outputs, lanes)), np.empty((outputs, lanes)), np.empty((outputs, lanes))
    return modes, laid_out, weights, kept, np.empty((4, lanes)), np.empty((1, poles + 1, LANES))


@compiled
def _tile_modes(rates, readout, plan, room, first, width):
    """Lay out one tile and write its poles and residues; whose closed form does not hold is marked by an endless bound."""
    (pole, residue, doubt), (k, c, g, h), _, (z, bound, worst, peak), _, _ = room
    z[:], bound[:], worst[:], peak[:] = 0.0, 0.0, 0.0, 0.0
    gathered(rates, readout, first, width, k, c)
    for block in range(plan[0].size - 1):
        poles_of(k, plan[1], plan[0][block], plan[0][block + 1], pole, worst, g.reshape(6, g.shape[2]), width)
    residues_of(k, c, plan, pole, residue, doubt, g, h, np.empty(k.shape[0], dtype=np.bool_), width)


@compiled
def _again(found, doubtful, plan, given, limits, first, width, pole, room):
    """Solve the doubtful of a tile in pairs of floats; the mark stays on whom that does not help."""
    rates, readout, at, bolus, rate, times, edges = given
    for lane in range(width):
        one, put, run = first + lane, min(first + lane, bolus.shape[0] - 1), min(first + lane, rate.shape[0] - 1)
        if doubtful[one]:
            own = rates[one], readout[one], at, bolus[put], rate[run], times, edges
            doubtful[one] = not solve_again(found, one, plan, own, limits[1], pole[:, lane], room)


@compiled
def _worse(worst, bound, width):
    for o in range(worst.shape[0]):
        for lane in range(width):
            if not bound[o, lane] <= worst[o, lane]:  # no number is worse than any
                worst[o, lane] = bound[o, lane]


@compiled
def _judge(doubtful, first, width, worst, peak, limits):
    for lane in range(width):
        doubtful[first + lane] = False
        for o in range(worst.shape[0]):
            needed = max(worst[o, lane] * limits[0] / limits[1], LEAST_PEAK if worst[o, lane] > 0 else 0.0)
            doubtful[first + lane] |= not (worst[o, lane] < np.inf and needed <= peak[o, lane])


# One kind of array for each thing: a second one, such as what may not be written to, would be compiled anew for ten seconds.
READ = {rank: types.Array(float64, rank, "C", readonly=True) for rank in (1, 3)}
PLAN = types.Tuple([int64[::1], int64[::1], int64[:, ::1], int64[:, ::1], int64[:, ::1]])
NUMBERS = READ[3], READ[3], READ[1], READ[3], READ[3], READ[1]  # rates, readout, at, bolus, rate, times
SIGNATURE = (float64[:, :, ::1], boolean[::1], PLAN, *NUMBERS, int64[::1], types.UniTuple(float64, 3), int64, int64)


@njit(
    [SIGNATURE],
    cache=True,
    nogil=True,
    error_model="numpy",
    fastmath={"contract"},
)
def solve(found, doubtful, plan, rates, readout, at, bolus, rate, times, edges, limits, begin, end):
    """Fill ``found`` (o, t, s) for the subjects from ``begin`` to ``end``; mark in ``doubtful`` (s,) whom to solve again.

    Args:
        plan: blocks, members, ways, passes and spans, from ``kernels.tables``.
        edges: where each moment's stretch begins among the times, and their count: k + 1 numbers.
        limits: the rounding of a mode, the error that a curve may have, and how far off an even grid a time may lie.
    """
    blocks, members, ways, _, spans = plan
    terms = 0
    for home in ways[:, 1]:
        terms += blocks[home + 1] - blocks[home]
    room = _room(readout.shape[1], rates.shape[1], members.size, terms, LANES)
    (pole, residue, doubt), _, (weight, inflow), (z, bound, worst, peak), now, factor = room
    flat, slices = found.reshape(-1), tables(readout.shape[1], members.size)
    few = end - begin < FEW
    kept, again = np.empty_like(z), room_for(readout.shape[1], rates.shape[1], members.size, terms)
    for first in range(begin, end, LANES):
        width = min(LANES, end - first)
        _tile_modes(rates, readout, plan, room, first, width)
        found[:, : edges[0], first : first + width] = 0.0
        for k in range(at.size):
            _advance(plan, pole, z, at, bolus, rate, k, first, width)
            low, high = edges[k], edges[k + 1]
            if low == high:
                continue
            kept[:] = z
            _later(plan, pole, kept, rate, k, times[low] - at[k], first, width)
            after, flows = times[low:high] - times[low], _flows(plan, rate, k, first, width)
            span = times[low] - at[k], after[-1]
            _weigh(plan, pole, kept, residue, doubt, rate, k, flows, span, first, width, weight, inflow, bound, now)
            if few:
                _rows(found, first, width, low, after, spans, pole, weight, inflow, flows, peak, factor)
            else:
                step = 0.0 if flows else _even_step(pole, after, limits[2], width)
                write_tile(
                    flat, first, width, low, found.shape, after, step, spans, pole, weight, inflow, flows, peak, slices
                )
            _worse(worst, bound, width)
        _judge(doubtful, first, width, worst, peak, limits)
        _again(
            found, doubtful, plan, (rates, readout, at, bolus, rate, times, edges), limits, first, width, pole, again
        )
