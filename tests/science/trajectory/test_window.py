"""When to look again: dates, and the reasons for none."""

import numpy as np
import pytest

from ketacare.science.trajectory.course import course
from ketacare.science.trajectory.forecast import fit
from ketacare.science.trajectory.presets import file, prior
from ketacare.science.trajectory.refills import refill
from ketacare.science.trajectory.window import fits, window
from tests.science.trajectory.courses import EXAMPLE, SCORES


def days(found) -> list[int | None]:
    return [one.days for one in found.dates]


def test_the_window_of_the_worked_example_opens_is_due_and_late():
    assert days(window(fit(EXAMPLE, prior()), threshold=20)) == [8, 14, 30]


def test_with_a_booster_it_moves():
    assert days(window(fit(EXAMPLE, prior()), threshold=20, infusions=[28])) == [17, 25, 43]


def test_dates_count_from_a_session_that_is_thought_of():
    (opens, *_) = window(fit(EXAMPLE, prior()), threshold=20, infusions=[26 + 60]).dates
    assert 60 < opens.days < 90  # without it the window has opened after 8 days


def test_a_site_may_set_other_limits():
    strict = file().window.model_copy(update={"opens": 0.10})
    assert days(window(fit(EXAMPLE, prior()), threshold=20, limits=strict))[0] == 4


def test_no_date_is_sooner_than_the_protocol_allows_after_the_last_infusion():
    assert days(window(fit(EXAMPLE, prior()), threshold=20, at_least_days=28)) == [
        13,
        14,
        30,
    ]  # day 11 + 28 is 13 days after day 26


def test_a_risk_that_is_never_reached_has_no_date():
    found = window(fit(EXAMPLE, prior()), threshold=55)
    assert days(found) == [None, None, None]
    assert found.looked_ahead_days == 180
    assert not found.says_why_not


def test_a_date_lies_between_those_of_the_likely_half_lives():
    due = window(fit(EXAMPLE, prior()), threshold=20).date("due")
    low, high = due.between
    assert low <= due.days
    assert high is None or high >= due.days


@pytest.mark.parametrize(
    ("infusions", "scores", "says"),
    [
        ([], SCORES, "No infusion has been given."),
        ([0], [(0, 34), (5, 20)], "there is 1"),
        ([0], [(0, 34)], "there are 0"),
        ([30], SCORES, "there are 0"),
    ],
)
def test_no_date_is_shown_before_two_scores_follow_the_first_infusion(infusions, scores, says):
    found = window(fit(course(infusions, scores), prior()), threshold=20)
    assert found.dates == ()
    assert says in found.says_why_not


def test_scores_that_all_miss_what_was_expected_say_that_the_model_does_not_fit():
    wild = course([0, 3], [(0, 34), (2, 30), (4, 31), (40, 2), (41, 58), (42, 1)])
    found = window(fit(wild, prior()), threshold=20)
    assert not found.fits
    assert "does not fit this patient" in found.says_why_not
    assert found.dates == ()


def test_one_score_that_was_expected_is_enough_to_go_on():
    assert fits(fit(EXAMPLE, prior()))


def test_scores_that_rise_with_treatment_show_no_measurable_effect():
    worse = course([0, 2, 4, 7], [(0, 25), (1, 31), (3, 34), (5, 36), (8, 38), (12, 38)])
    assert not window(fit(worse, prior()), threshold=20).effect
    assert window(fit(EXAMPLE, prior()), threshold=20).effect


def test_the_next_score_lies_in_its_interval_as_often_as_the_interval_says():
    rng, before = np.random.default_rng(11), prior()
    inside = total = 0
    for _ in range(150):
        b, fast, slow, _ = rng.normal(before.mean, before.sd)
        half_life = rng.choice(before.slow_half_lives_days, p=before.weights)
        patient = drawn(before, rng, b=b, fast=fast, slow=slow, half_life=half_life)
        low, high = fit(patient, before).score_intervals(0.9)
        values = np.array([score for _, score in patient.scores])
        inside += int(((values >= low) & (values <= high)).sum())
        total += len(values)
    assert inside / total == pytest.approx(0.9, abs=0.025)


def drawn(before, rng, *, b, fast, slow, half_life):
    """A made-up person of the prior."""
    infusions = [(float(day), 1.0) for day in (0, 2, 4, 7, 9, 11)]
    times = np.array([0, 1, 3, 5, 8, 10, 12, 19, 26, 40], dtype=float)
    n, last, scores = rng.normal(0, before.sd[3]), 0.0, []
    for day in times:
        gap = day - last
        keep = 2 ** (-gap / before.fluctuation_half_life_days)
        n = keep * n + rng.normal(0, before.sd[3] * np.sqrt(1 - keep**2))
        b += rng.normal(0, np.sqrt(before.drift_variance_per_day * gap))
        full = [
            refill(infusions, np.array([day]), gain=gain, half_life_days=days)[0]
            for gain, days in ((before.fast_gain, before.fast_half_life_days), (before.slow_gain, half_life))
        ]
        scores.append((day, b - fast * full[0] - slow * full[1] + n + rng.normal(0, before.noise_sd)))
        last = day
    return course(infusions, scores)
