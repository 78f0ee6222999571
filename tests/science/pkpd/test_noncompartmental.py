"""Peak, areas and half-life of curves whose answers are known in closed form."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd.noncompartmental import curve_noncompartmental, noncompartmental
from ketacare.science.pkpd.regimen import Regimen
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.subject import Subject

ADULT = Subject(70, 40)


@given(half_life=st.floats(5, 500), start=st.floats(1, 1000), points=st.integers(4, 60))
def test_an_exponential_is_measured_exactly_on_any_grid(half_life, start, points):
    t = np.linspace(0, 4 * half_life, points)
    found = curve_noncompartmental(t, start * np.exp2(-t / half_life), analyte="x")
    assert found.half_life_min == pytest.approx(half_life)
    assert found.auc_inf_ng_h_per_ml == pytest.approx(start * half_life / math.log(2) / 60)
    assert (found.cmax_ng_per_ml, found.tmax_min) == (start, 0)
    assert found.extrapolated_share == pytest.approx(2**-4)
    assert found.half_life_points == points - 1
    assert found.flags == ()


def test_a_rise_is_a_straight_line():
    found = curve_noncompartmental(np.array([0.0, 60, 120]), np.array([0.0, 10, 30]), analyte="x")
    assert found.auc_ng_h_per_ml == 5 + 20
    assert {flag.code for flag in found.flags} == {"peak-at-the-end", "no-terminal-phase"}
    assert (found.half_life_min, found.auc_inf_ng_h_per_ml, found.extrapolated_share) == (None, None, None)


def test_a_plateau_has_its_area_and_no_half_life():
    found = curve_noncompartmental(np.arange(0.0, 300, 60), np.full(5, 7.0), analyte="x")
    assert found.auc_ng_h_per_ml == 28
    assert found.half_life_min is None


def test_a_curve_that_falls_to_nothing_ends_at_its_last_point_above_0():
    found = curve_noncompartmental(np.array([0.0, 60, 120]), np.array([10.0, 0, 0]), analyte="x")
    assert (found.auc_ng_h_per_ml, found.t_last_min) == (5, 0)


def test_a_large_tail_is_flagged():
    t = np.linspace(0, 60, 30)
    found = curve_noncompartmental(t, np.exp2(-t / 60), analyte="x")
    assert [flag.code for flag in found.flags] == ["mostly-extrapolated"]


def test_a_curve_that_begins_late_says_that_its_beginning_is_missing():
    t = np.linspace(10, 300, 30)
    found = curve_noncompartmental(t, np.exp2(-t / 60), analyte="x")
    assert [flag.code for flag in found.flags] == ["starts-late"]


def test_points_that_lie_on_no_line_give_no_half_life():
    value = np.array([100.0, 20, 60, 10, 55, 8, 50, 12])
    assert curve_noncompartmental(np.arange(8.0), value, analyte="x").half_life_min is None


def test_half_life_of_a_simulated_curve_is_that_of_the_slowest_rate():
    curve = simulate("kamp2020_iv", Regimen.infusion(35, 40), ADULT, np.arange(0, 2881, 5))
    v1, k12, k13, k21, k31, k10 = 25, 161 / 25, 79 / 25, 161 / 56, 79 / 157, 84 / 25
    assert v1
    rates = np.array([[-(k10 + k12 + k13), k21, k31], [k12, -k21, 0], [k13, 0, -k31]]) / 60
    slowest = -np.linalg.eigvals(rates).real.max()
    assert noncompartmental(curve).half_life_min == pytest.approx(math.log(2) / slowest, rel=1e-3)


def test_times_in_any_order_and_given_twice_are_the_same_curve():
    t = np.arange(0, 1441, 5.0)
    forth = simulate("kamp2020_iv", Regimen.infusion(35, 40), ADULT, t)
    back = simulate("kamp2020_iv", Regimen.infusion(35, 40), ADULT, np.concatenate([t[::-1], t]))
    assert noncompartmental(forth) == noncompartmental(back)


def test_what_cannot_be_measured_is_refused_by_name():
    curve = simulate("kamp2020_iv", Regimen.infusion(35, 40), ADULT, [0, 10])
    with pytest.raises(OutOfRange, match="none of ketamine"):
        noncompartmental(curve, "norketamine")
    with pytest.raises(OutOfRange, match="two different times"):
        noncompartmental(replace(curve, t_min=np.array([10.0, 10.0])))
    with pytest.raises(OutOfRange, match="nothing of it"):
        noncompartmental(simulate("kamp2020_iv", Regimen.infusion(0, 40), ADULT, [0, 10]))
