"""Chances of relapse among people of whom some are lost: weights by hand, Brier and calibration where the answer is known."""

import numpy as np
import pytest

from ketacare.science.trajectory.course import course
from ketacare.science.trajectory.presets import prior
from ketacare.science.trajectory.validating import relapsing
from ketacare.science.trajectory.validating.relapsing import Followed, calibration, followed, still_seen, weights

INF = np.inf


def people(chance, relapsed_after, seen_for) -> Followed:
    chance = np.array(chance, dtype=float)
    return Followed(
        chance=np.repeat(chance[:, None], 3, axis=1),
        relapsed_after=np.array(relapsed_after, dtype=float),
        seen_for=np.array(seen_for, dtype=float),
    )


def test_the_chance_of_being_still_seen_falls_at_each_loss_by_those_at_risk():
    times, is_lost = np.array([2.0, 3, 3, 5, 8]), np.array([True, False, True, True, False])
    found = still_seen(times, is_lost, np.array([1.0, 2, 3, 4.9, 5, 100]))
    assert found == pytest.approx([1, 4 / 5, 4 / 5 * 3 / 4, 3 / 5, 3 / 5 * 1 / 2, 3 / 10])


def test_weights_stand_for_those_who_were_lost():
    # five people, 14 days: lost at 2; relapsed at 3; lost at 10; two stayed
    some = people([0.5] * 5, [INF, 3, INF, INF, INF], [2, 3, 10, 30, 40])
    weight, relapsed = weights(some, 14)
    assert relapsed.tolist() == [False, True, False, False, False]
    assert weight == pytest.approx([0, 1 / (4 / 5), 0, 1 / (4 / 5 * 2 / 3), 1 / (4 / 5 * 2 / 3)])
    assert weight.sum() == pytest.approx(5)


def test_without_loss_the_brier_score_is_the_mean_square():
    rng = np.random.default_rng(1)
    chance = rng.random(200)
    came = rng.random(200) < chance
    found = calibration(people(chance, np.where(came, 5.0, INF), np.where(came, 5.0, 50.0)), 7)
    assert found.brier == pytest.approx(np.mean((chance - came) ** 2))
    assert found.scaled == pytest.approx(1 - found.brier / (came.mean() * (1 - came.mean())))


def test_losing_people_by_chance_does_not_bend_the_brier_score():
    rng, n = np.random.default_rng(2), 40_000
    chance = rng.beta(2, 3, n)
    after = np.where(rng.random(n) < chance, rng.uniform(0, 28, n), INF)
    whole = calibration(people(chance, after, np.minimum(after, 60)), 28)
    lost = rng.exponential(30, n)
    seen = people(chance, np.where(after <= lost, after, INF), np.minimum(after, np.minimum(lost, 60)))
    found = calibration(seen, 28)
    assert found.lost > n / 5
    assert found.brier == pytest.approx(whole.brier, abs=0.004)
    assert found.slope == pytest.approx(1, abs=0.06)
    assert found.intercept == pytest.approx(0, abs=0.05)
    kept = seen.relapsed_after <= 28
    known = kept | (seen.seen_for >= 28)
    assert (
        np.mean(kept[known]) > np.mean(after <= 28) + 0.05
    )  # without weights the rate is bent: who relapses soon is seldom lost first


def test_bold_and_shifted_chances_are_told_by_slope_and_intercept():
    rng, n = np.random.default_rng(3), 30_000
    odds = rng.normal(-0.5, 1, n)
    came = rng.random(n) < 1 / (1 + np.exp(-odds))
    after, seen = np.where(came, 5.0, INF), np.where(came, 5.0, 50.0)
    bold = calibration(people(1 / (1 + np.exp(-2 * odds)), after, seen), 7)
    assert bold.slope == pytest.approx(0.5, abs=0.03)
    low = calibration(people(1 / (1 + np.exp(-(odds - 1))), after, seen), 7)
    assert low.intercept == pytest.approx(1, abs=0.05)


def test_few_relapses_draw_no_line():
    found = calibration(people([0.2] * 30, [5.0] * 4 + [INF] * 26, [5.0] * 4 + [50.0] * 26), 7)
    assert (found.slope, found.intercept, found.scaled) == (None, None, None)


def test_wilsons_interval_is_the_published_one():
    assert relapsing.wilson(0.1, 10) == pytest.approx((0.0179, 0.4042), abs=1e-4)
    assert relapsing.wilson(0.0, 10)[0] == pytest.approx(0, abs=1e-12)


def test_a_person_counts_from_the_first_score_at_half_of_the_first_after_the_last_infusion():
    responder = course([0, 3], [(0, 30), (2, 10), (5, 20), (7, 15), (12, 12), (20, 16), (40, 28)])
    never = course([0, 3], [(0, 30), (2, 10), (5, 20), (9, 25)])
    found = followed(prior(), [responder, never])
    assert found.relapsed_after.tolist() == [13]  # from day 7 to day 20
    assert found.seen_for.tolist() == [13]
    assert found.chance.shape == (1, 3)
    assert found.chance[0, 0] < found.chance[0, 1]  # day 12 alone, then day 20 too ... both within their horizons


def test_days_on_which_a_person_was_due_count_whether_or_not_they_came():
    left = course([0, 3], [(0, 30), (7, 12)])
    assert not len(followed(prior(), [left]).chance)
    found = followed(prior(), [left], due=[0, 7, 14, 21, 28, 35])
    assert found.relapsed_after.tolist() == [INF]
    assert found.seen_for.tolist() == [0]
