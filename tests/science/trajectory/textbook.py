"""Filter and smoother of one person in one slow half-life, as the textbook writes them: matrices, one day after the other."""

import numpy as np

from ketacare.science.trajectory.presets import Prior


def smoothed(
    prior: Prior, gaps: np.ndarray, scores: np.ndarray, loads: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Log-likelihood, mean and variance (T,) of the severity; gaps and scores (T,), loads (4, T).

    Rauch, Tung and Striebel 1965, with the whole state and a pseudo-inverse.
    """
    mean, cov = np.array(prior.mean), np.diag(np.square(prior.sd))
    log_likelihood, steps = 0.0, []
    for gap, score, load in zip(gaps, scores, loads.T, strict=True):
        keep = 2 ** (-gap / prior.fluctuation_half_life_days)
        moves = np.diag([1, 1, 1, keep])
        before = moves @ mean
        before_cov = moves @ cov @ moves + np.diag(
            [prior.drift_variance_per_day * gap, 0, 0, prior.sd[3] ** 2 * (1 - keep**2)]
        )
        mean, cov = before, before_cov
        if not np.isnan(score):
            var = load @ cov @ load + prior.noise_sd**2
            residual = score - load @ mean
            log_likelihood -= 0.5 * (np.log(2 * np.pi * var) + residual**2 / var)
            mean = mean + cov @ load * residual / var
            cov = cov - np.outer(cov @ load, cov @ load) / var
        steps.append((moves, before, before_cov, mean, cov))
    means, covs = [steps[-1][3]], [steps[-1][4]]
    for (_, _, _, mean, cov), (moves, before, before_cov, _, _) in zip(steps[-2::-1], steps[:0:-1], strict=True):
        gain = np.linalg.solve(before_cov, moves @ cov).T
        means.append(mean + gain @ (means[-1] - before))
        covs.append(cov + gain @ (covs[-1] - before_cov) @ gain.T)
    severity = [load @ one for load, one in zip(loads.T, means[::-1], strict=True)]
    return (
        log_likelihood,
        np.array(severity),
        np.array([load @ one @ load for load, one in zip(loads.T, covs[::-1], strict=True)]),
    )
