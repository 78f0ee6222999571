"""The infusion for a target loads, then holds, and never passes the target by more than it says."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd import regimen
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.subject import Subject
from ketacare.science.pkpd.targeting import OVERSHOOT

SOURCE = Path(regimen.__file__).parents[2]
ADULT = Subject(70, 40)


def effect_site(model, given, until_min):
    return simulate(model, given, ADULT, np.arange(0, until_min, 0.1)).effect_site_ng_per_ml


@pytest.mark.parametrize("model", ["kamp2020_iv", "domino1984_iv", "simons2022_s_ketamine"])
@pytest.mark.parametrize(("step_min", "max_rate"), [(0.5, 100), (1, 5), (1, 1)])
def test_the_target_is_reached_held_and_not_passed(model, step_min, max_rate):
    given = regimen.target(model, ADULT, 100, until_min=90, step_min=step_min, max_rate_mg_per_min=max_rate)
    reached = effect_site(model, given, 240)
    assert reached.max() <= 100 * (1 + OVERSHOOT)
    assert reached[250:900].min() > 98
    assert max(dose.amount_mg / dose.duration_min for dose in given.doses) <= max_rate * (1 + 1e-12)


@pytest.mark.parametrize("step_min", [5, 10, 7])
def test_long_steps_never_pass_the_target_either(step_min):
    for model in ("kamp2020_iv", "domino1984_iv", "racemate_iv_venous"):
        given = regimen.target(model, ADULT, 80, until_min=100, step_min=step_min, max_rate_mg_per_min=2)
        assert effect_site(model, given, 240).max() <= 80 * (1 + OVERSHOOT)
        assert given.end_min <= 100


def test_rates_fall_while_the_target_is_held():
    given = regimen.target("kamp2020_iv", ADULT, 100, until_min=120, step_min=1, max_rate_mg_per_min=5)
    held = [dose.amount_mg / dose.duration_min for dose in given.doses if dose.start_min >= 20]
    assert (np.diff(held) < 0).all()


def test_a_target_out_of_the_pumps_reach_is_approached_with_its_fastest_rate():
    given = regimen.target("kamp2020_iv", ADULT, 1000, until_min=60, step_min=1, max_rate_mg_per_min=1)
    assert given.amount_mg == pytest.approx(60)


def test_twice_the_target_needs_twice_the_rates():
    one, two = (
        regimen.target("kamp2020_iv", ADULT, level, until_min=30, step_min=1, max_rate_mg_per_min=1000)
        for level in (50, 100)
    )
    assert [dose.amount_mg * 2 for dose in one.doses] == pytest.approx([dose.amount_mg for dose in two.doses])


def test_every_number_that_is_not_above_0_is_refused_by_its_name():
    with pytest.raises(OutOfRange) as refused:
        regimen.target("kamp2020_iv", ADULT, 0, until_min=-1, step_min=math.nan, max_rate_mg_per_min=math.inf)
    assert [problem.place for problem in refused.value.problems] == [
        "target_ng_per_ml",
        "until_min",
        "step_min",
        "max_rate_mg_per_min",
    ]


def test_a_step_of_a_millisecond_and_a_model_without_the_route_are_refused():
    with pytest.raises(OutOfRange, match="steps are more than"):
        regimen.target("kamp2020_iv", ADULT, 100, until_min=90, step_min=1e-5, max_rate_mg_per_min=5)
    with pytest.raises(OutOfRange, match="no route iv"):
        regimen.target("racemate_im_venous", ADULT, 100, until_min=90, step_min=1, max_rate_mg_per_min=5)


def test_a_loading_that_the_venous_model_would_hide_is_refused():
    with pytest.raises(OutOfRange, match="arterial"):
        regimen.target("racemate_iv_venous", ADULT, 100, until_min=90, step_min=1, max_rate_mg_per_min=100)


def test_no_page_of_the_clinic_reaches_for_a_target():
    offering = [
        path
        for path in SOURCE.rglob("*.py")
        if path.relative_to(SOURCE).parts[0] not in {"science", "config"}
        and re.search(r"targeting|import target\b|regimen\.target\b", path.read_text(encoding="utf-8"))
    ]
    assert len(list(SOURCE.iterdir())) > 10
    assert not offering
