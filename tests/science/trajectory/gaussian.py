"""The oracle: scores and severities of all days as one normal distribution, written down without a filter."""

import numpy as np

from ketacare.science.trajectory.course import Course
from ketacare.science.trajectory.presets import Prior


def full(infusions, day: float, *, gain: float, half_life: float) -> float:
    """How full a response is just before whatever happens on a day, by the definition."""
    before = [(at, dose) for at, dose in infusions if at < day]
    if not before:
        return 0.0
    at, dose = before[-1]
    left = full(before[:-1] if before[:-1] else (), at, gain=gain, half_life=half_life) if before[:-1] else 0.0
    return (left + gain * dose * (1 - left)) * 2 ** (-(day - at) / half_life)


def joint(prior: Prior, course: Course, days: list[float], slow_half_life: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the severities of these days, before any score."""
    fast = [full(course.infusions, day, gain=prior.fast_gain, half_life=prior.fast_half_life_days) for day in days]
    slow = [full(course.infusions, day, gain=prior.slow_gain, half_life=slow_half_life) for day in days]
    base, quick, lasting, loose = prior.sd
    mean = [prior.mean[0] - prior.mean[1] * f - prior.mean[2] * s for f, s in zip(fast, slow, strict=True)]
    cov = [
        [
            base**2
            + prior.drift_variance_per_day * (min(one, other) - course.first_day)
            + quick**2 * fast[i] * fast[j]
            + lasting**2 * slow[i] * slow[j]
            + loose**2 * 2 ** (-abs(one - other) / prior.fluctuation_half_life_days)
            for j, other in enumerate(days)
        ]
        for i, one in enumerate(days)
    ]
    return np.array(mean), np.array(cov)


def given(
    prior: Prior, course: Course, days: list[float], slow_half_life: float
) -> tuple[float, np.ndarray, np.ndarray]:
    """Log-likelihood of the scores; mean and covariance of the severities of these days, after them."""
    count = len(course.scores)
    mean, cov = joint(prior, course, [day for day, _ in course.scores] + days, slow_half_life)
    of_scores = cov[:count, :count] + prior.noise_sd**2 * np.eye(count)
    residual = np.array([score for _, score in course.scores]) - mean[:count]
    weighed = np.linalg.solve(of_scores, np.column_stack([residual, cov[:count, count:]]))
    log_likelihood = -0.5 * (residual @ weighed[:, 0] + np.linalg.slogdet(of_scores)[1] + count * np.log(2 * np.pi))
    across = cov[count:, :count]
    return log_likelihood, mean[count:] + across @ weighed[:, 0], cov[count:, count:] - across @ weighed[:, 1:]
