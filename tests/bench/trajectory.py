"""Filter and smoother of 100,000 courses of 20 scores beside statsmodels, their agreement with the textbook, and one person's forecast."""

import subprocess
import sys
from functools import partial

import numpy as np
from statsmodels.tsa.statespace.kalman_smoother import SMOOTHER_STATE, SMOOTHER_STATE_COV, KalmanSmoother

from ketacare.science.trajectory import kalman
from ketacare.science.trajectory.forecast import fit
from ketacare.science.trajectory.presets import Prior, prior
from ketacare.science.trajectory.refills import refill
from ketacare.science.trajectory.window import window
from tests.bench.figures import Figure, in_turn, ratios, says, show, timed
from tests.science.trajectory import textbook
from tests.science.trajectory.courses import EXAMPLE

PATIENTS, SCORES, MISSING = 100_000, 20, 0.05
IN_TURN, IN_TEXTBOOK = 200, 300  # patients of statsmodels a round, and of the textbook's loop
GOALS = {"numpy": 200, "numba": 1000}
MARGIN = 0.8  # a busy machine may miss a goal by so much
AGREES, FORECAST_MS = 1e-10, 50
INFUSIONS = tuple((float(day), 1.0) for day in (0, 2, 4, 7, 9, 11, 40, 70))
ALONE = """
import resource, sys
from ketacare.science.trajectory import kalman
from tests.bench.trajectory import rows
kalman.smoothed(*rows(), engine=sys.argv[1], threads=None)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def run() -> int:
    given = rows()
    show_agreement(given)
    taken = in_turn(
        {
            f"statsmodels, {IN_TURN} patients, scaled": lambda: timed(partial(by_statsmodels, *given)) / IN_TURN,
            **{engine: lambda engine=engine: timed(partial(by_us, engine, given)) / PATIENTS for engine in GOALS},
        }
    )
    times = list(taken.values())
    show("us a patient", [Figure(label=name, values=tuple(1e6 * one for one in v)) for name, v in taken.items()])
    beside = [Figure(label=name, values=ratios(times[0], v)) for name, v in zip(GOALS, times[1:], strict=True)]
    show("times as fast as statsmodels", beside)
    for engine in GOALS:
        says(
            f"{engine}: at most {alone(engine):.0f} MB in all, of which {courses_mb(given):.0f} are the courses and the answer."
        )
    return int(any(one.median < GOALS[one.label] * MARGIN for one in beside)) | one_person()


def rows(seed: int = 1) -> tuple[Prior, np.ndarray, np.ndarray, np.ndarray]:
    """Made-up courses: days, scores and refills differ from person to person; some scores are missing."""
    rng = np.random.default_rng(seed)
    before = prior()
    gaps = rng.integers(1, 8, (SCORES, PATIENTS)).astype(float)
    days = gaps.cumsum(axis=0) - gaps[0]
    fast, slow = (
        refill(INFUSIONS, days.ravel(), gain=gain, half_life_days=half_life).reshape(days.shape)
        for gain, half_life in ((before.fast_gain, before.fast_half_life_days), (before.slow_gain, 20))
    )
    scores = np.round(33 - 9 * fast - 16 * slow + rng.normal(0, 5, days.shape))
    scores[rng.random(days.shape) < MISSING] = np.nan
    return before, gaps, scores, kalman.loading(fast, slow)


def by_us(engine: str, given: tuple[Prior, np.ndarray, np.ndarray, np.ndarray]) -> kalman.Smoothed:
    return kalman.smoothed(*given, engine=engine, threads=None)


def by_statsmodels(before: Prior, gaps: np.ndarray, scores: np.ndarray, loads: np.ndarray) -> list[tuple]:
    return [
        statsmodels_of(before, gaps[:, at], scores[:, at], np.ascontiguousarray(loads[:, :, at]))
        for at in range(IN_TURN)
    ]


def statsmodels_of(before: Prior, gaps: np.ndarray, scores: np.ndarray, loads: np.ndarray) -> tuple:
    """Their smoother on the same model: asked for states and covariances alone, which is the least from which the severity follows."""
    model = KalmanSmoother(k_endog=1, k_states=4, k_posdef=2, smoother_output=SMOOTHER_STATE | SMOOTHER_STATE_COV)
    model.bind(scores[None].copy())
    after = np.append(gaps[1:], 0.0)  # theirs moves the state after each score
    keep = 2 ** (-after / before.fluctuation_half_life_days)
    moves, adds = np.repeat(np.eye(4)[:, :, None], SCORES, axis=2), np.zeros((2, 2, SCORES))
    moves[3, 3], adds[0, 0] = keep, before.drift_variance_per_day * after
    adds[1, 1] = before.sd[3] ** 2 * (1 - keep**2)
    model["design"], model["transition"], model["state_cov"] = loads[None], moves, adds
    model["selection"], model["obs_cov"] = np.eye(4)[:, [0, 3]], np.array([[before.noise_sd**2]])
    cov = np.diag(np.square(before.sd))
    cov[0, 0] += before.drift_variance_per_day * gaps[0]
    model.initialize_known(np.array(before.mean), cov)
    found = model.smooth()
    return found.llf, found.smoothed_state, found.smoothed_state_cov


def show_agreement(given: tuple[Prior, np.ndarray, np.ndarray, np.ndarray]) -> None:
    before, gaps, scores, loads = given
    ours = {engine: by_us(engine, given) for engine in GOALS}
    worst = dict.fromkeys([*GOALS, "statsmodels"], 0.0)
    for at in range(IN_TEXTBOOK):
        one = gaps[:, at], scores[:, at], loads[:, :, at]
        wanted = np.concatenate([np.atleast_1d(part) for part in textbook.smoothed(before, *one)])
        for engine, found in ours.items():
            got = np.concatenate([[found.log_likelihood[at]], found.mean[:, at], found.var[:, at]])
            worst[engine] = max(worst[engine], np.abs(got - wanted).max())
        llf, state, cov = statsmodels_of(before, *one)
        theirs = np.concatenate(
            [[llf], np.einsum("it,it->t", one[2], state), np.einsum("it,ijt,jt->t", one[2], cov, one[2])]
        )
        worst["statsmodels"] = max(worst["statsmodels"], np.abs(theirs - wanted).max())
    for name, off in worst.items():
        says(
            f"{name}: at most {off:.1e} from the textbook's loop over {IN_TEXTBOOK} patients (points, points squared)."
        )
    if max(worst[engine] for engine in GOALS) > AGREES:
        raise SystemExit(f"the engines differ from the textbook by more than {AGREES}")


def alone(engine: str) -> float:
    """Most memory in MB of a process of its own."""
    done = subprocess.run([sys.executable, "-c", ALONE, engine], capture_output=True, text=True, check=True)
    return float(done.stdout)


def courses_mb(given: tuple[Prior, np.ndarray, np.ndarray, np.ndarray]) -> float:
    """Days, scores and loads, and two answers as large as the scores."""
    return (sum(one.nbytes for one in given[1:]) + 2 * given[2].nbytes) / 2**20


def one_person() -> int:
    """The forecast of one person: filter, twelve weekly days with relapse, window."""

    def work() -> None:
        found = fit(EXAMPLE, prior())
        found.forecast([33 + 7 * week for week in range(12)], threshold=20)
        window(found, threshold=20)

    (taken,) = in_turn({"": lambda: timed(work)}).values()
    one = Figure(label="one person's twelve weeks with window", values=tuple(1000 * each for each in taken))
    show("ms", [one])
    return int(one.median > FORECAST_MS)
