"""The priors fitted to a clinic's own people: the values under which their scores are likeliest, mixed with the published ones while people are few."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import NDArray

from ketacare.science.errors import MissingInput, Problem
from ketacare.science.trajectory.course import Course
from ketacare.science.trajectory.presets import Prior
from ketacare.science.trajectory.validating import cohorts, foretelling

Floats = NDArray[np.float64]
LEAST_WEIGHT = 1e-4  # of a slow half-life, so that its logarithm exists
SETTLED = 1e-3  # of the mean log-likelihood: what is gained beyond it is below what is shown


@dataclass(frozen=True, kw_only=True)
class Refit:
    """What came of it."""

    prior: Prior  # mixed with the published one
    people: int
    weight: float  # of the fit in the mixture, 0 to 1
    log_likelihood_before: float  # a person
    log_likelihood_after: float
    converged: bool


def usable(courses: Sequence[Course]) -> tuple[Course, ...]:
    """Return the people with enough scores to count.

    Raises:
        MissingInput: too few of them.
    """
    about = cohorts.file().refit
    found = tuple(one for one in courses if len(one.scores) >= about.least_scores)
    if len(found) < about.least_people:
        says = (
            f"{len(found)} people have {about.least_scores} or more scores; {about.least_people} are needed "
            "to say more than the published priors do"
        )
        raise MissingInput([Problem(place="refit", says=says)])
    return found


def split(courses: Sequence[Course], *, rng: np.random.Generator) -> tuple[tuple[Course, ...], tuple[Course, ...]]:
    """Return the people to fit to, and a third that is held out, by chance."""
    order = rng.permutation(len(courses))
    count = round(len(courses) * cohorts.file().refit.held_out)
    return tuple(courses[at] for at in sorted(order[count:])), tuple(courses[at] for at in sorted(order[:count]))


def refit(start: Prior, courses: Sequence[Course], *, on_step: Callable[[int], None] = lambda step: None) -> Refit:
    """Return the prior under which these people's scores are likeliest, mixed with the published one.

    Fitted are set-point, amplitudes, fluctuation, drift and the weights of the slow half-lives; without infusions only what
    then matters. The noise of a score, gains and half-lives stay: scores do not tell them from the rest.

    Args:
        start: the published prior, in points of the scale.
        courses: infusions and scores of many people.
        on_step: told the number of each step.

    Source: own model; empirical Bayes, the summed log-likelihood is maximised over the priors.
    """
    given = foretelling.table(start, courses)
    treated = any(one.infusions for one in courses)
    origin = _packed(start, treated=treated)
    steps = 0

    def worse(at: Floats) -> float:
        return -_log_likelihood(_unpacked(start, at, treated=treated), given) / len(courses)

    def told(_: Floats) -> None:
        nonlocal steps
        steps += 1
        on_step(steps)

    found = scipy.optimize.minimize(  # type: ignore[call-overload]  # eps is missing from its stubs
        worse,
        origin,
        method="L-BFGS-B",
        bounds=_bounds(origin, treated=treated),
        callback=told,
        options={"ftol": SETTLED / len(origin), "eps": SETTLED},
    )
    share = min(1.0, len(courses) / cohorts.file().refit.full_weight_people)
    mixed = _unpacked(start, share * found.x + (1 - share) * origin, treated=treated)
    return Refit(
        prior=mixed,
        people=len(courses),
        weight=share,
        log_likelihood_before=-worse(origin),
        log_likelihood_after=-worse(share * found.x + (1 - share) * origin),
        converged=bool(found.success),
    )


def _log_likelihood(prior: Prior, given: foretelling.Table) -> float:
    found = foretelling.run(prior, given).log_likelihood.reshape(-1, len(prior.weights))
    return float(np.logaddexp.reduce(found + prior.log_weights, axis=1).sum())


def _packed(prior: Prior, *, treated: bool) -> Floats:
    """What is fitted, in the order of `_unpacked`: means as they are, all else as logarithms."""
    means, sds = np.array(prior.mean), np.log(prior.sd)
    others = np.log([prior.fluctuation_half_life_days, prior.drift_variance_per_day])
    known = [means[0], sds[0], sds[3], *others]
    if treated:
        known += [*means[1:3], *sds[1:3], *np.log(np.maximum(prior.weights, LEAST_WEIGHT))]
    return np.array(known)


def _unpacked(start: Prior, at: Floats, *, treated: bool) -> Prior:
    mean, sd, weights = list(start.mean), list(start.sd), start.weights
    mean[0], (sd[0], sd[3]) = float(at[0]), np.exp(at[1:3]).tolist()
    half_life, drift = np.exp(at[3:5]).tolist()
    if treated:
        mean[1:3], sd[1:3] = at[5:7].tolist(), np.exp(at[7:9]).tolist()
        shares = np.exp(at[9:] - np.logaddexp.reduce(at[9:]))
        weights = tuple(shares.tolist())
    return replace(
        start,
        mean=(mean[0], mean[1], mean[2], mean[3]),
        sd=(sd[0], sd[1], sd[2], sd[3]),
        fluctuation_half_life_days=half_life,
        drift_variance_per_day=drift,
        weights=weights,
    )


def _bounds(origin: Floats, *, treated: bool) -> list[tuple[float, float]]:
    """No mean is bound; no logarithm is far from the published one."""
    reach = float(np.log(cohorts.file().refit.farthest))
    is_mean = {0, 5, 6} if treated else {0}
    return [(-np.inf, np.inf) if at in is_mean else (value - reach, value + reach) for at, value in enumerate(origin)]
