"""A route that a model lacks, with a bioavailability of the caller's own."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd import models
from ketacare.science.pkpd.modelling.absorption import Absorption, with_absorption
from ketacare.science.pkpd.noncompartmental import noncompartmental
from ketacare.science.pkpd.regimen import Dose, Regimen
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.subject import Subject

NASAL = Absorption(route="intranasal", fraction=0.13, half_life_min=4, basis="a study")
T_MIN = np.concatenate([np.arange(0, 600, 0.25), np.arange(600, 6000, 5)])


def curve(model, route, amount_mg=30.0, duration_min=0.0):
    return simulate(model, Regimen(Dose(amount_mg, route, 0, duration_min), "racemic_ketamine"), Subject(70), T_MIN)


@pytest.mark.parametrize("name", ["kamp2020_iv", "racemate_iv_venous"])
def test_the_part_that_is_absorbed_is_the_part_of_the_area(name):
    model = with_absorption(models.load(name), NASAL)
    nasal = noncompartmental(curve(model, "intranasal")).auc_inf_ng_h_per_ml
    vein = noncompartmental(curve(model, "iv", duration_min=20)).auc_inf_ng_h_per_ml
    assert nasal / vein == pytest.approx(0.13, rel=1e-4)


def test_absorption_is_the_convolution_of_a_push_with_its_exponential():
    model = with_absorption(models.load("kamp2020_iv"), NASAL)
    rate, t = math.log(2) / 4, np.arange(0, 240, 0.05)
    push = simulate(model, Regimen.push(30 * 0.13, drug="racemic_ketamine"), Subject(70), t)
    blood, absorbed = push.concentration_ng_per_ml["ketamine"], rate * np.exp(-rate * t)
    ends = (blood[0] * absorbed + blood * absorbed[0]) / 2  # the trapezoid rule takes half of either end
    slow = 0.05 * (np.convolve(blood, absorbed)[: len(t)] - ends)
    nasal = simulate(model, Regimen(Dose(30, "intranasal", 0), "racemic_ketamine"), Subject(70), t)
    assert nasal.concentration_ng_per_ml["ketamine"] == pytest.approx(slow, abs=1e-4 * slow.max())


def test_nothing_is_lost_on_the_way_but_what_was_never_absorbed():
    found = curve(with_absorption(models.load("kamp2020_iv"), NASAL), "intranasal")
    assert sum(found.amounts_mg.values()) == pytest.approx(np.full(len(T_MIN), 30 * 0.13), rel=1e-12)


def test_the_curve_says_that_the_number_is_the_callers_own():
    found = curve(with_absorption(models.load("kamp2020_iv"), NASAL), "intranasal")
    assert found.status == "calibration"
    assert any("bioavailability 0.13" in flag.says and "a study" in flag.says for flag in found.flags)


def test_the_other_routes_stay_as_they_are():
    plain, more = models.load("kamp2020_iv"), with_absorption(models.load("kamp2020_iv"), NASAL)
    one, other = (curve(model, "iv", duration_min=40).concentration_ng_per_ml["ketamine"] for model in (plain, more))
    assert one == pytest.approx(other, rel=1e-12)


def test_a_route_that_the_model_has_is_not_replaced():
    with pytest.raises(OutOfRange, match="has a route iv of its own"):
        with_absorption(models.load("kamp2020_iv"), Absorption(route="iv", fraction=0.5, half_life_min=4))


@pytest.mark.parametrize(("fraction", "half_life_min"), [(0, 4), (1.2, 4), (float("nan"), 4), (0.5, 0), (0.5, -1)])
def test_a_fraction_or_half_life_that_cannot_be_is_refused(fraction, half_life_min):
    with pytest.raises(ValidationError):
        Absorption(route="intranasal", fraction=fraction, half_life_min=half_life_min)
