"""The filter and the forecast against the worked example of the evidence and against one large normal distribution."""

import itertools

import numpy as np
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from ketacare.science.errors import BadFacts, MissingInput
from ketacare.science.trajectory.course import course
from ketacare.science.trajectory.forecast import fit, threshold_of
from ketacare.science.trajectory.presets import centred, file, prior
from ketacare.science.trajectory.refills import refill
from tests.science.trajectory import gaussian
from tests.science.trajectory.courses import EXAMPLE, any_course

PRESETS = st.tuples(st.sampled_from(sorted(file().scales)), st.sampled_from(sorted(file().presets)))


def test_the_worked_example_comes_out_to_its_printed_digits():
    found = fit(EXAMPLE, prior())
    assert found.log_likelihood == pytest.approx(-24.3528, abs=5e-5)
    assert found.weights == pytest.approx([0.0041, 0.0364, 0.1489, 0.0982, 0.0214, 0.6910], abs=5e-5)
    assert found.found.mean[:, 2] == pytest.approx([30.3036, 4.4196, 19.8435, -4.3374], abs=5e-5)
    days = found.forecast([33, 40, 47, 54, 68], threshold=20)
    assert [one.severity for one in days] == pytest.approx([15.686, 16.991, 17.771, 18.286, 18.940], abs=5e-4)
    assert [one.point_risk for one in days] == pytest.approx([0.1957, 0.3086, 0.3632, 0.3939, 0.4262], abs=5e-5)
    assert [one.relapse_by for one in days] == pytest.approx([0.1957, 0.3629, 0.4701, 0.5416, 0.6056], abs=1e-4)


def test_the_refills_of_the_worked_example():
    infusions, day = EXAMPLE.infusions, np.array([26.0])
    assert refill(infusions, day, gain=0.9, half_life_days=8) == pytest.approx([0.26788], abs=5e-6)
    assert refill(infusions, day, gain=0.5, half_life_days=20) == pytest.approx([0.54981], abs=5e-6)


def test_a_booster_in_the_worked_example_lowers_the_risk():
    found = fit(EXAMPLE, prior())
    days = found.forecast([33, 40, 54, 82], threshold=20, infusions=[28])
    assert [one.point_risk for one in days] == pytest.approx([0.0310, 0.1571, 0.3321, 0.4265], abs=5e-5)


@for_all(any_course(), PRESETS, st.lists(st.integers(1, 90), min_size=1, max_size=6, unique=True))
def test_the_filter_agrees_with_one_large_normal_distribution(patient, preset, after):
    before = prior(*preset)
    found = fit(patient, before)
    days = sorted(patient.last_day + one for one in after)
    mean, cov = found.ahead(days)
    for k, half_life in enumerate(before.slow_half_lives_days):
        log_likelihood, wanted, spread = gaussian.given(before, patient, days, half_life)
        assert found.found.log_likelihood[k] == pytest.approx(log_likelihood, rel=1e-10, abs=1e-9)
        assert mean[k] == pytest.approx(wanted, abs=1e-10 * 60, rel=1e-10)
        assert cov[k] == pytest.approx(spread, abs=1e-8, rel=1e-9)


@for_all(any_course(), PRESETS)
def test_the_smoother_agrees_with_one_large_normal_distribution(patient, preset):
    before = prior(*preset)
    found = fit(patient, before)
    days = [day / 2 for day in range(int(2 * patient.first_day), int(2 * patient.last_day) + 1, 7)]
    _, mean, sd = found.past(days)
    for k, half_life in enumerate(before.slow_half_lives_days):
        _, wanted, spread = gaussian.given(before, patient, days, half_life)
        assert mean[k] == pytest.approx(wanted, abs=1e-8)
        assert np.square(sd[k]) == pytest.approx(np.diag(spread), abs=1e-8)


@for_all(any_course())
def test_each_day_by_itself_is_the_diagonal_of_all_days_together(patient):
    found = fit(patient, prior())
    days = [patient.last_day + one for one in (0, 3, 3.5, 30)]
    mean, cov = found.ahead(days)
    alone, sd = found.each_day(days)
    assert alone == pytest.approx(mean, abs=1e-12)
    assert np.square(sd) == pytest.approx(np.diagonal(cov, axis1=1, axis2=2), rel=1e-9)


@for_all(any_course())
def test_bands_lie_in_each_other_and_a_relapse_grows_no_less_likely(patient):
    found = fit(patient, prior()).forecast([patient.last_day + one for one in (1, 8, 15, 40)], threshold=20)
    for one in found:
        low, high = one.band_50
        assert one.band_90[0] < low < high < one.band_90[1]
        assert one.score_band_90[0] < one.band_90[0]
        assert one.relapse_by >= one.point_risk - 2e-4
    assert all(b.relapse_by >= a.relapse_by for a, b in itertools.pairwise(found))


def test_a_band_holds_the_share_it_says():
    found = fit(EXAMPLE, prior())
    mean, sd = found.each_day([40])
    rng = np.random.default_rng(7)
    which = rng.choice(len(found.weights), size=400_000, p=found.weights)
    drawn = mean[which, 0] + sd[which, 0] * rng.standard_normal(len(which))
    (day,) = found.forecast([40], threshold=20)
    for level, (low, high) in ((0.5, day.band_50), (0.9, day.band_90)):
        assert np.mean((drawn > low) & (drawn < high)) == pytest.approx(level, abs=0.003)
    assert np.mean(drawn > 20) == pytest.approx(day.point_risk, abs=0.003)


def test_a_score_on_the_day_of_an_infusion_counts_as_before_it():
    alone = fit(course([], [(0, 30), (7, 25)]), prior())
    same_day = fit(course([7], [(0, 30), (7, 25)]), prior())
    assert same_day.log_likelihood == pytest.approx(alone.log_likelihood, abs=1e-12)


def test_a_missed_dose_refills_nothing():
    missed = fit(course([[0, 1.0], [7, 0.0]], [(0, 30), (9, 20)]), prior())
    never = fit(course([0], [(0, 30), (9, 20)]), prior())
    assert missed.log_likelihood == pytest.approx(never.log_likelihood, abs=1e-12)


def test_the_order_in_which_things_are_told_does_not_matter():
    assert course([11, 0, 4, 9, 2, 7], [*EXAMPLE.scores[4:], *EXAMPLE.scores[:4]]) == EXAMPLE


def test_without_scores_the_prior_speaks():
    (day,) = fit(course([], []), prior()).forecast([0], threshold=20)
    assert day.severity == pytest.approx(33)
    assert day.point_risk == pytest.approx(0.9643, abs=1e-4)  # 13 points above, SD sqrt(36 + 16)


def test_a_known_baseline_centres_the_set_point():
    before = centred(prior(), 28)
    assert before.mean == (28, 9, 16, 0)
    assert before.sd[0] == pytest.approx(np.sqrt(4.0**2 + 2.0**2))


@pytest.mark.parametrize(("scale", "wanted"), [("madrs", 20), ("phq9", 10), ("qids_sr16", 10)])
def test_a_scale_without_a_threshold_of_its_own_takes_half_of_the_first_score(scale, wanted):
    assert threshold_of(course([], [(0, 20)]), scale) == wanted


def test_half_of_no_score_is_refused():
    with pytest.raises(BadFacts, match="there is no score to take half of"):
        threshold_of(course([], []), "phq9")


def test_days_and_thoughts_before_the_last_score_are_refused_by_name():
    found = fit(EXAMPLE, prior())
    with pytest.raises(BadFacts, match="days: 25: lies before the last score, on day 26"):
        found.forecast([25, 33], threshold=20)
    with pytest.raises(BadFacts, match="infusions: 20"):
        found.forecast([33], threshold=20, infusions=[20])


def test_what_is_no_course_is_refused_with_every_problem():
    with pytest.raises(BadFacts) as refused:
        course([True, float("nan"), [0, 3]], [[1], [2, "x"], [40_000, 3]])
    assert [problem.place for problem in refused.value.problems] == [
        "infusions: 1",
        "infusions: 2",
        "scores: 1",
        "scores: 2",
        "scores: 3",
        "infusions: 3",
    ]


def test_an_unknown_scale_and_preset_are_both_named():
    with pytest.raises(MissingInput, match=r"there is no 'sofa'(.|\n)*there is no 'hospital'"):
        prior("sofa", "hospital")
