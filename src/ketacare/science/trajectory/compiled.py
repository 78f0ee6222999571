# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-overload"
"""``sweeps`` once more, compiled by numba: forward and back over tiles of columns that lie side by side in the processor's registers.

Imported only where numba is asked for (the extra "fast"). Covariances are symmetric: ten of their sixteen rows are kept. numba keeps what
it has compiled beside this file.
"""

import numpy as np
from numba import float64, int64, njit, types, uint64

TILE = 128  # columns
STATES, ENTRIES = 4, 10  # of a symmetric matrix of four states
STATE, ALONG, HALF, LOWERS = range(4)  # vectors of the state that are kept while a tile is worked on
PRODUCT, LOG_LIKELIHOOD, INNER, PULL = range(4)  # and single numbers
FLUSH = 8  # variances multiplied before their logarithm is taken: far from what a number can hold
LOG_2_PI = float(np.log(2 * np.pi))

compiled = njit(nogil=True, error_model="numpy", fastmath={"contract"})


@compiled
def _entry(i, j):
    """Where row i, column j of a symmetric matrix lies among its ten entries."""
    low, high = min(i, j), max(i, j)
    return low * STATES - (low * (low + 1)) // 2 + high


@compiled
def _times(matrix, vectors, place, into, to):
    """into[to] = matrix x vectors[place], in every lane."""
    for i in range(STATES):
        first, second, third, last = _entry(i, 0), _entry(i, 1), _entry(i, 2), _entry(i, 3)
        for lane in range(TILE):
            into[to, i, lane] = (
                matrix[first, lane] * vectors[place, 0, lane]
                + matrix[second, lane] * vectors[place, 1, lane]
                + matrix[third, lane] * vectors[place, 2, lane]
                + matrix[last, lane] * vectors[place, 3, lane]
            )


@compiled
def _dot(ones, place, others, at, into, to):
    """into[to] = ones[place] . others[at], in every lane."""
    for lane in range(TILE):
        into[to, lane] = (
            ones[place, 0, lane] * others[at, 0, lane]
            + ones[place, 1, lane] * others[at, 1, lane]
            + ones[place, 2, lane] * others[at, 2, lane]
            + ones[place, 3, lane] * others[at, 3, lane]
        )


@compiled
def _take_off(matrix, gains, row, states):
    """matrix -= gain x what it lowers', of which only the entries on and above the diagonal are kept."""
    for i in range(STATES):
        for j in range(i, STATES):
            entry = _entry(i, j)
            for lane in range(TILE):
                matrix[entry, lane] -= gains[row, i, lane] * states[LOWERS, j, lane]


@compiled
def _add_both(matrix, loads, row, states):
    """matrix += load x half' + half x load', likewise."""
    for i in range(STATES):
        for j in range(i, STATES):
            entry = _entry(i, j)
            for lane in range(TILE):
                one, other = loads[row, i, lane] * states[HALF, j, lane], states[HALF, i, lane] * loads[row, j, lane]
                matrix[entry, lane] += one + other


@compiled
def _forget(matrix, states, keeps, row):
    """What the fluctuation keeps of itself."""
    for lane in range(TILE):
        keep = keeps[row, lane]
        states[STATE, 3, lane] *= keep
        matrix[3, lane] *= keep
        matrix[6, lane] *= keep
        matrix[8, lane] *= keep
        matrix[9, lane] *= keep * keep


@compiled
def _observe(about, row, matrix, states, lanes, kept):
    """One row on the way forward: what time does and what its score says; ``kept`` takes what the way back needs."""
    drift, fluctuation_var, noise_var = about
    gaps, keeps, scores, loads, there, gains, score_mean, score_var, weighted, inverse = kept
    _forget(matrix, states, keeps, row)
    for lane in range(TILE):
        matrix[0, lane] += drift * gaps[row, lane]
        matrix[9, lane] += fluctuation_var * (1.0 - keeps[row, lane] * keeps[row, lane])
    _times(matrix, loads, row, states, ALONG)
    _dot(loads, row, states, STATE, score_mean, row)
    _dot(loads, row, states, ALONG, score_var, row)
    for lane in range(TILE):
        score_var[row, lane] += noise_var
        inverse[row, lane] = 1.0 / score_var[row, lane]
        residual = there[row, lane] * (scores[row, lane] - score_mean[row, lane])
        weighted[row, lane] = residual * inverse[row, lane]
        lanes[LOG_LIKELIHOOD, lane] -= 0.5 * (residual * weighted[row, lane] + there[row, lane] * LOG_2_PI)
        lanes[PRODUCT, lane] *= there[row, lane] * score_var[row, lane] + 1.0 - there[row, lane]
    for i in range(STATES):
        for lane in range(TILE):
            along = states[ALONG, i, lane]
            gains[row, i, lane] = along * inverse[row, lane]
            states[STATE, i, lane] += along * weighted[row, lane]
            states[LOWERS, i, lane] = along * there[row, lane]
    _take_off(matrix, gains, row, states)


@compiled
def _look_back(noise, row, matrix, states, lanes, kept, found):
    """One row on the way back: mean and variance of its severity from all scores."""
    _, _, _, loads, there, gains, score_mean, score_var, weighted, inverse = kept
    _times(matrix, gains, row, states, ALONG)
    _dot(states, ALONG, gains, row, lanes, INNER)
    _dot(gains, row, states, STATE, lanes, PULL)
    for lane in range(TILE):
        var, is_there = score_var[row, lane], there[row, lane]
        known = is_there * noise + (1.0 - is_there) * var
        found[0, row, lane] = score_mean[row, lane] + (var - noise) * weighted[row, lane] + known * lanes[PULL, lane]
        found[1, row, lane] = known * ((var - noise) * inverse[row, lane] - known * lanes[INNER, lane])
        lanes[PULL, lane] = weighted[row, lane] - is_there * lanes[PULL, lane]
        lanes[INNER, lane] = 0.5 * (lanes[INNER, lane] + inverse[row, lane])
    for i in range(STATES):
        for lane in range(TILE):
            states[STATE, i, lane] += loads[row, i, lane] * lanes[PULL, lane]
            half = loads[row, i, lane] * lanes[INNER, lane] - states[ALONG, i, lane]
            states[HALF, i, lane] = half * there[row, lane]
    _add_both(matrix, loads, row, states)


@compiled
def _take_logarithms(lanes):
    """Add the logarithms of the variances that were multiplied."""
    for lane in range(TILE):
        lanes[LOG_LIKELIHOOD, lane] -= 0.5 * np.log(lanes[PRODUCT, lane])
        lanes[PRODUCT, lane] = 1.0


@compiled
def _take(given, kept, first, skipped):
    """Copy a tile's rows. Places are whole numbers without a sign, or the compiler would look at each whether it counts from the end."""
    gaps, keeps, scores, fast, slow = given
    for row in range(gaps.shape[0]):
        for lane in range(TILE):
            kept[3][row, 0, lane] = 1.0
            kept[3][row, 3, lane] = 1.0
        for lane in range(uint64(TILE)):
            kept[0][row, lane] = gaps[row, first + lane]
            kept[1][row, lane] = keeps[row, skipped + lane]
        for lane in range(uint64(TILE)):
            kept[3][row, 1, lane] = fast[row, first + lane]
            kept[3][row, 2, lane] = slow[row, first + lane]
        for lane in range(uint64(TILE)):
            score = scores[row, first + lane]
            is_there = score == score
            kept[2][row, lane] = score if is_there else 0.0
            kept[4][row, lane] = 1.0 if is_there else 0.0


@compiled
def _give(found, lanes, into, first):
    """Copy what was found to where it belongs."""
    log_likelihood, mean, var = into
    for lane in range(uint64(TILE)):
        log_likelihood[first + lane] = lanes[LOG_LIKELIHOOD, lane]
    for row in range(mean.shape[0]):
        for lane in range(uint64(TILE)):
            mean[row, first + lane] = found[0, row, lane]
            var[row, first + lane] = found[1, row, lane]


_TABLE = float64[:, ::1]
_NUMBERS, _STATE = types.UniTuple(float64, 3), types.UniTuple(float64, STATES)
_FOUND = types.Tuple([float64[::1], _TABLE, _TABLE])


@njit(
    [(_NUMBERS, _STATE, _STATE, types.UniTuple(_TABLE, 5), _FOUND, int64, int64)],
    cache=True,
    nogil=True,
    error_model="numpy",
    fastmath={"contract"},
)
def sweep(about, mean_before, var_before, given, into, begin, end):
    """Fill columns from ``begin`` to ``end``, of which there are at least a tile: the last tile reaches back into the one before.

    Args:
        about: drift variance a day, variance of the fluctuation, variance of the noise.
        mean_before: of the state, points.
        var_before: of the state, points squared.
        given: gaps, what the fluctuation keeps of itself (of these columns alone), scores, loads of the fast and slow amplitude; (T, n).
        into: log-likelihood (n,), mean and variance (T, n) of the severity.
    """
    rows = given[0].shape[0]
    flat = np.empty((7, rows, TILE))
    loads, gains = np.empty((rows, STATES, TILE)), np.empty((rows, STATES, TILE))
    there, found = np.empty((rows, TILE)), np.empty((2, rows, TILE))
    kept = (flat[0], flat[1], flat[2], loads, there, gains, flat[3], flat[4], flat[5], flat[6])
    states, matrix, lanes = np.empty((4, STATES, TILE)), np.empty((ENTRIES, TILE)), np.empty((4, TILE))
    for place in range(begin, end, TILE):
        first = min(place, end - TILE)
        _take(given, kept, uint64(first), uint64(first - begin))
        matrix[:], lanes[PRODUCT], lanes[LOG_LIKELIHOOD] = 0.0, 1.0, 0.0
        for i in range(STATES):
            states[STATE, i] = mean_before[i]
            matrix[_entry(i, i)] = var_before[i]
        for row in range(rows):
            _observe(about, row, matrix, states, lanes, kept)
            if row % FLUSH == FLUSH - 1 or row == rows - 1:
                _take_logarithms(lanes)
        matrix[:], states[STATE] = 0.0, 0.0
        for row in range(rows - 1, -1, -1):
            if row + 1 < rows:
                _forget(matrix, states, kept[1], row + 1)
            _look_back(about[2], row, matrix, states, lanes, kept, found)
        _give(found, lanes, into, uint64(first))
