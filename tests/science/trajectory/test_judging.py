"""Scores of forecasts against closed forms and brute force; calibration that is found, and wrongness that is found out."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import norm

from ketacare.science.errors import MissingInput
from ketacare.science.trajectory.course import course
from ketacare.science.trajectory.forecast import fit
from ketacare.science.trajectory.presets import prior
from ketacare.science.trajectory.validating import cohorts, foretelling, judging, ranks, report
from ketacare.science.trajectory.validating.foretelling import Foretold
from tests.science.trajectory.courses import EXAMPLE

CHANCE = np.random.default_rng


def foretold(mean, sd, score) -> Foretold:
    """One normal distribution for each score."""
    score = np.array(score, dtype=float)
    shape = (1, len(score))
    return Foretold(
        person=np.arange(len(score)),
        score=score,
        weights=np.ones(shape),
        mean=np.broadcast_to(np.array(mean, dtype=float), shape),
        sd=np.broadcast_to(np.array(sd, dtype=float), shape),
    )


@pytest.mark.parametrize("score", [3, 20, 31])
def test_the_crps_of_a_wide_normal_forecast_is_its_closed_form(score):
    grid, below = judging.chances(foretold(20.0, 6.0, [score]), largest=None)
    z = (score - 20) / 6
    wanted = 6 * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    assert judging.crps(grid, below, np.array([float(score)]))[0] == pytest.approx(wanted, abs=0.01)


def test_the_crps_is_the_distance_to_what_came_less_half_the_distance_within():
    few = foretold([4.0, 1.0], [3.0, 2.0], [0, 6])
    grid, below = judging.chances(few, largest=10.0)
    chance = np.diff(below, axis=1, prepend=0)
    for row, score in enumerate(few.score):
        to_what_came = (chance[row] * np.abs(grid - score)).sum()
        within = (chance[row][:, None] * chance[row] * np.abs(grid[:, None] - grid)).sum()
        found = judging.crps(grid, below, few.score)[row]
        assert found == pytest.approx(to_what_came - within / 2, abs=1e-12)


def test_what_would_lie_beyond_the_scale_counts_as_its_end():
    grid, below = judging.chances(foretold(0.0, 2.0, [0]), largest=10.0)
    assert grid.tolist() == list(range(11))
    assert below[0, 0] == pytest.approx(ndtr(0.25))
    assert below[0, -1] == 1


def test_a_calibrated_forecast_of_whole_scores_has_an_even_histogram_and_bands_that_hold():
    """By enumeration: each score as often as the forecast says."""
    chance = np.diff(norm.cdf(np.arange(-0.5, 21), 9, 4), prepend=0)
    chance = chance / chance.sum()
    high = np.cumsum(chance)
    low = high - chance
    some = np.repeat(np.arange(len(chance)), np.rint(chance * 200_000).astype(int))
    assert judging.histogram(low[some], high[some]) == pytest.approx(np.full(10, 0.1), abs=1e-3)
    for level in judging.LEVELS:
        assert judging.within(low[some], high[some], level).mean() == pytest.approx(level, abs=1e-3)


def test_scores_of_one_person_count_as_one_for_the_error():
    values, person = np.repeat([0.0, 1.0], 50), np.repeat(np.arange(20), 5)
    mean, error = judging.clustered(values, person)
    assert mean == 0.5
    assert error == pytest.approx(0.5 / np.sqrt(20))
    assert judging.clustered(values, np.arange(100))[1] == pytest.approx(0.5 / np.sqrt(100))


@pytest.mark.parametrize("preset", ["research", "community"])
def test_people_drawn_from_the_model_rank_evenly_among_what_the_filter_believes(preset):
    found = ranks.calibrated(prior("madrs", preset), 2000, rng=CHANCE(3), kind=preset)
    assert min(one.p for one in found) > 0.05 / (2 * len(found))  # Bonferroni over both presets


@pytest.mark.parametrize(
    "wrong",
    [
        {"noise_sd": 1.0},
        {"sd": (6.0, 8.0, 5.0, 4.0)},
        {"fluctuation_half_life_days": 20.0},
        {"fast_half_life_days": 3.0},
    ],
    ids=str,
)
def test_a_wrong_filter_is_found_out_by_its_ranks(wrong):
    believed = replace(prior(), **wrong)
    found = ranks.calibrated(prior(), 1000, rng=CHANCE(4), filter_prior=believed)
    assert min(one.p for one in found) < 1e-6


def test_the_model_foretells_many_people_as_it_does_one():
    many = foretelling.by_model(prior(), [EXAMPLE, course([0, 3], [(0, 30), (5, 12), (9, 20)])])
    alone = fit(EXAMPLE, prior())
    low, high = alone.score_intervals(0.9)
    own = many.person == 0
    for level, ends in ((0.05, low[1:]), (0.95, high[1:])):
        below = (many.weights[:, own] * ndtr((ends - many.mean[:, own]) / many.sd[:, own])).sum(axis=0)
        assert below == pytest.approx(np.full(len(ends), level), abs=1e-9)
    assert many.score.tolist()[:2] == [20, 12]  # place by place in the course, everybody's first left out


def test_the_last_value_is_carried_forward_with_the_spread_of_other_peoples_changes():
    known = [course([], [(0, 10), (7, 14)]), course([], [(0, 20), (7, 18)])]
    found = foretelling.by_last_value(known, [course([], [(0, 30), (7, 28), (9, 20)])])
    assert found.mean.tolist() == [[30, 28]]
    assert found.sd[0, 0] == pytest.approx(3)  # of +4 and -2


def test_the_mean_of_other_people_goes_place_by_place():
    known = [course([], [(0, 30), (7, score)]) for score in (10, 20, 30)]
    found = foretelling.by_population(known, [course([], [(0, 12), (3, 14), (9, 16)])])
    assert found.mean.tolist() == [[20, 20]]
    assert found.sd.tolist() == [[10, 10]]
    with pytest.raises(MissingInput, match="too few to learn from"):
        foretelling.by_population(known[:2], known)


def test_the_mixed_model_knows_people_who_are_of_its_kind():
    rng, people = CHANCE(5), []
    for _ in range(300):
        level, slope = rng.normal(0, 4), rng.normal(0, 2)
        days = np.array([0.0, 2, 6, 14, 30])
        scores = 30 + level + (slope - 3) * np.log1p(days) + rng.normal(0, 2, len(days))
        people.append(course([], list(zip(days.tolist(), scores.tolist(), strict=True))))
    found = foretelling.by_mixed_model(people[:150], people[150:])
    z = (found.score - found.mean[0]) / found.sd[0]
    assert z.mean() == pytest.approx(0, abs=0.1)
    assert z.std() == pytest.approx(1, abs=0.08)


def test_without_statsmodels_the_mixed_model_says_what_to_install(monkeypatch):
    monkeypatch.setattr(foretelling, "find_spec", lambda name: None)
    people = report.made_up("community", 40, floor=False, rng=CHANCE(1))
    ways = {one.name: one for one in report.ways(people, seed=1)}
    assert "ketacare[research]" in ways["mixed model"].says
    assert ways["mixed model"].found is None
    assert ways[report.AWARE].found.crps > 0


def test_awareness_of_the_floor_makes_forecasts_of_low_scores_better():
    people = report.made_up("research", 600, floor=False, rng=CHANCE(2))
    blind, aware = (
        judging.judge(foretelling.by_model(one, people.judged), largest=60.0, rng=CHANCE(1))
        for one in (people.prior, report.floor_aware(people))
    )
    assert aware.crps < blind.crps
    assert aware.log_score < blind.log_score
    assert abs(aware.histogram[0] - 0.1) < abs(blind.histogram[0] - 0.1)


def test_a_cohort_is_what_its_file_says():
    found = cohorts.lifelike("research", 400, floor=False, rng=CHANCE(6))
    scores = np.array([score for one in found for _, score in one.scores])
    about = cohorts.file()
    assert scores.min() >= 0
    assert scores.max() <= about.largest
    assert (scores == np.rint(scores)).all()
    assert all(one.scores[0][0] == 0 for one in found)
    late = [any(day > 60 for day, _ in one.scores) for one in found]
    assert 0.4 < np.mean(late) < 0.9  # people are lost
    again = cohorts.lifelike("research", 400, floor=False, rng=CHANCE(6))
    assert found == again
