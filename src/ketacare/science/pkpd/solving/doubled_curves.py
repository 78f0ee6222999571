# mypy: disable-error-code="no-untyped-def, no-untyped-call"
"""Curves of one subject in pairs of floats, compiled by numba: whom ``fused`` finds doubtful is solved again here, by the same thread.

What each step is, and why, stands in ``modes`` and ``fused``. An array of pairs holds [0] numbers and [1] what each was rounded by.
"""

import numpy as np

from ketacare.science.pkpd.solving.doubled import by, exactly, exp, expm1, over, parts, plus, two_sum
from ketacare.science.pkpd.solving.doubled_modes import pairwise, poles_of, put, residues_of, taken
from ketacare.science.pkpd.solving.fused_sums import LEAST_PEAK

WIDE = 256  # times whose exponentials are held at once
ROUNDING = 2.0**-88  # how large an error a mode of the size 1 brings: exponentials are good to 2**-95


@pairwise
def room_for(outputs, n, poles, terms):
    """Room for one subject: poles, residues, modes, weights, exponentials."""
    laid_out = np.empty((2, poles)), np.empty((2, outputs, terms)), np.empty((outputs, terms))
    passed = np.empty((2, n)), np.empty((2, 3)), np.empty((2, max(n, 3)))
    weights = np.empty((2, outputs, poles)), np.empty((2, 2, outputs)), np.empty(outputs)
    return laid_out, passed, weights, np.empty((2, 2, terms)), np.empty((2, poles, WIDE)), np.empty((2, WIDE))


@pairwise
def solve_again(found, subject, plan, given, within, begun, room):
    """Write one subject's curves into ``found`` (o, t, s); say whether their errors are below ``within`` of their peaks.

    ``given``: what ``fused.solve`` has of this subject, K, C, moments, doses and rates of each, times, edges. ``begun``: poles in floats.
    """
    k, c, at, bolus, rate, times, edges = given
    (pole, residue, doubt), passed, (weight, inflow, bound), (z, later), _, _ = room
    blocks, members = plan[0], plan[1]
    for block in range(blocks.size - 1):
        if not poles_of(k, members, blocks[block], blocks[block + 1], begun, pole):
            return False
    residues_of(k, c, plan, pole, residue, doubt, passed[0], passed[1], passed[2])
    worst, peak = np.zeros(bound.size), np.zeros(bound.size)
    z[:] = 0.0
    for moment in range(at.size):
        if moment:
            _later(z, z, plan, pole, rate[moment - 1], at[moment] - at[moment - 1])
        _add(z, plan, bolus[moment])
        low, high = edges[moment], edges[moment + 1]
        if low == high:
            continue
        begins = times[low] - at[moment]
        _later(later, z, plan, pole, rate[moment], begins)
        span = begins, times[high - 1] - times[low]
        flows = _weigh(plan, pole, later, residue, doubt, rate[moment], span, weight, inflow, bound)
        worst[:] = np.where(bound <= worst, worst, bound)  # no number is worse than any
        _write(found, subject, times, low, high, plan[4], flows, room, peak)
    return _holds(worst, peak, within)


@pairwise
def _holds(worst, peak, within):
    fine = True
    for o in range(worst.size):
        needed = max(worst[o] * ROUNDING / within, LEAST_PEAK if worst[o] > 0 else 0.0)
        fine &= worst[o] < np.inf and needed <= peak[o]
    return fine


@pairwise
def _add(z, plan, bolus):
    blocks, _, ways, _, _ = plan
    term = 0
    for way in range(ways.shape[0]):
        for _ in range(blocks[ways[way, 1]], blocks[ways[way, 1] + 1]):
            put(z, term, plus(taken(z, term), (bolus[ways[way, 0]], 0.0)))
            term += 1


@pairwise
def _later(into, z, plan, pole, rate, step):
    """Write the modes after a step during which the rates flow in."""
    blocks, _, ways, _, _ = plan
    term = 0
    for way in range(ways.shape[0]):
        flowing = rate[ways[way, 0]]
        for p in range(blocks[ways[way, 1]], blocks[ways[way, 1] + 1]):
            rated = taken(pole, p)
            x = by(rated, (step, 0.0))
            gone = by(taken(z, term), exp(x))
            if flowing != 0:
                come = (step, 0.0) if rated[0] == 0 else over(expm1(x), rated)
                gone = plus(gone, by((flowing, 0.0), come))
            put(into, term, gone)
            term += 1


@pairwise
def _weigh(plan, pole, z, residue, doubt, rate, span, weight, inflow, bound):
    """Fold the modes, and what flows in, into weights; say whether anything flows in."""
    blocks, _, ways, _, _ = plan
    weight[:], inflow[:], bound[:] = 0.0, 0.0, 0.0
    flows, term = False, 0
    for way in range(ways.shape[0]):
        flows |= rate[ways[way, 0]] != 0
    for way in range(ways.shape[0]):
        flowing, home = rate[ways[way, 0]], ways[way, 1]
        for p in range(blocks[home], blocks[home + 1]):
            rated, there = taken(pole, p), taken(z, term)
            held, strength, growth = abs(there[0]) * (1 - rated[0] * span[0]), there, 0.0
            if flows:
                level = (0.0, 0.0) if rated[0] == 0 else over((flowing, 0.0), rated)
                growth = flowing if rated[0] == 0 else 0.0
                held -= (held + abs(level[0])) * np.expm1(rated[0] * span[1])
                strength = plus(strength, level)
            for o in range(doubt.shape[0]):
                heard = residue[0, o, term], residue[1, o, term]
                _add_to(weight, o, p, by(heard, strength))
                _add_to(inflow, 0, o, by(heard, there))
                _add_to(inflow, 1, o, by(heard, (growth, 0.0)))
                bound[o] += doubt[o, term] * held
            term += 1
    return flows


@exactly
def _add_to(pairs, i, j, more):
    pairs[0, i, j], pairs[1, i, j] = plus((pairs[0, i, j], pairs[1, i, j]), more)


@pairwise
def _write(found, subject, times, low, high, spans, flows, room, peak):
    """Write one stretch's curves."""
    (pole, _, _), _, (weight, inflow, _), _, factor, line = room
    for start in range(low, high, WIDE):
        count, here = min(WIDE, high - start), times[start:]
        for p in range(pole.shape[1]):
            _exponentials(factor[0, p], factor[1, p], taken(pole, p), here, times[low], count, flows)
        for o in range(peak.size):
            _sums(line, o, here, times[low], count, spans[o], weight, inflow, flows, factor)
            for r in range(count):
                found[o, start + r, subject] = line[0, r]
                peak[o] = max(peak[o], abs(line[0, r]))


@pairwise
def _exponentials(high, low, rated, times, begin, count, flows):
    """Write exp(x), less 1 while something flows in."""
    less = -1.0 if flows else 0.0
    for r in range(count):
        m, s = parts(by(rated, (times[r] - begin, 0.0)))
        high[r], low[r] = plus(two_sum(s, less), (s * m[0], s * m[1]))


@pairwise
def _sums(line, o, times, begin, count, span, weight, inflow, flows, factor):
    high, low = line[0], line[1]
    high[:], low[:] = 0.0, 0.0
    if flows:
        there, grows = (inflow[0, 0, o], inflow[1, 0, o]), (inflow[0, 1, o], inflow[1, 1, o])
        for r in range(count):
            high[r], low[r] = plus(there, by(grows, (times[r] - begin, 0.0)))
    for p in range(span[0], span[1]):
        w, f, e = (weight[0, o, p], weight[1, o, p]), factor[0, p], factor[1, p]
        for r in range(count):
            high[r], low[r] = plus((high[r], low[r]), by(w, (f[r], e[r])))
