"""What must hold of every linear model by every route, whatever its numbers: areas, sums, proportions, mass, time."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.science.pkpd import entering, models
from ketacare.science.pkpd.modelling import assemble, parameters
from ketacare.science.pkpd.noncompartmental import noncompartmental
from ketacare.science.pkpd.regimen import Dose, Regimen
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.solving import modes
from ketacare.science.pkpd.subject import Subject

SIMULABLE = [name for name in models.names() if models.load(name).is_simulable]
WAYS = [(name, route) for name in SIMULABLE for route in models.load(name).routes]
FEW = settings(max_examples=3, deadline=None)
EVERY = pytest.mark.parametrize(("name", "route"), WAYS)
# A device is not halved, and the second of a session is taken up less than the first.
BUT_DEVICES = pytest.mark.parametrize(("name", "route"), [way for way in WAYS if way[1] != "intranasal"])
# Rounding: of the matrix exponential (1e-12 of the peak), of sums of times, and of what is compared.
CLOSE = 1e-10
T_MIN = np.concatenate([np.arange(0, 240, 0.5), np.arange(240, 1440, 4), np.arange(1440, 14401, 30)])
weights_kg = st.floats(40, 120)


def one(name, route, start_min=0.0, times=1):
    """A dose that this route of this model takes: one device, or 30 mg at once or over 40 min."""
    if models.load(name).devices and route == "intranasal":
        return Dose(28, route, start_min)
    return Dose(30 * times, route, start_min, 40 if route == "iv" else 0)


def curves(name, regimen, weight_kg, t_min):
    """Every curve of a simulation, below each other, shape (o, t)."""
    series = simulate(name, regimen, Subject(weight_kg, 40), t_min)
    return np.array([*series.concentration_ng_per_ml.values(), series.effect_site_ng_per_ml])


def same(found, expected):
    return found == pytest.approx(expected, rel=CLOSE, abs=CLOSE * np.abs(expected).max(axis=-1).max())


def otto(w):
    return 1 / (95.2 * (w / 70) ** 0.75)


def racemate(w):
    return 0.5 * otto(w) * (1 + 1.165)


def simons(w):
    return 1 / (60 * 1.48 * (w / 70) ** 0.75)


def perez(taken_up):
    """Area per mg: Fgut and the liver's extraction on what is swallowed (pharmacology.md 3.4)."""
    extracted = 101 * (1.11 + 2.77) / (151 + 101 * (1.11 + 2.77))
    return lambda w: (taken_up + (1 - taken_up) * 0.64 * (1 - extracted)) / (151 * extracted)


def ashraf(is_oral):
    """Area per mg: gut wall and well-stirred liver (pharmacology.md 3.5)."""

    def area(w):
        flow = 3.75 * w**0.75
        villi = 0.6 * 0.8 * 0.4 * flow
        gut = villi * 4.1 / (villi + 4.1)
        extracted = 1.4 * 301 / (flow + 1.4 * 301)
        return (gut / (gut + 1.19) * (1 - extracted) if is_oral else 1) / (flow * extracted)

    return area


AREA_H_PER_L = {
    ("otto2021_s_ketamine", "iv"): otto,
    ("racemate_iv_venous", "iv"): racemate,
    ("racemate_im_venous", "im"): lambda w: 0.93 * racemate(w),
    ("kamp2020_iv", "iv"): lambda w: 1 / (84 * (w / 70) ** 0.75),
    ("simons2022_s_ketamine", "iv"): simons,
    ("simons2022_s_ketamine", "sublingual"): lambda w: 0.263 * simons(w),
    ("simons2022_s_ketamine", "buccal"): lambda w: 0.263 * simons(w),
    ("perezruixo2021_esketamine", "iv"): perez(1),
    ("perezruixo2021_esketamine", "intranasal"): perez(0.54),
    ("perezruixo2021_esketamine", "oral"): perez(0),
    ("ashraf2018_s_ketamine", "iv"): ashraf(False),
    ("ashraf2018_s_ketamine", "oral"): ashraf(True),
    ("domino1984_iv", "iv"): lambda w: 1 / (60 * 0.063 * w * 0.4381),
    ("clements1981_iv", "iv"): lambda w: 1 / (60 * 1.7522 * w * 0.0109),
    ("hijazi2003_icu_iv", "iv"): lambda w: 1 / (60 * 1.08 * w * 0.0333),
    ("herd2007_iv", "iv"): lambda w: 1 / (90 * (w / 70) ** 0.75),
    ("flint2017_picu", "iv"): lambda w: 1 / (112 * (w / 70) ** 0.75),
    ("hornik2018_child", "iv"): lambda w: 1 / (38.9 * (w / 70) ** 0.75),
}


@EVERY
def test_area_times_clearance_is_what_was_taken_up(name, route):
    dose = one(name, route)
    curve = simulate(name, Regimen((dose,)), Subject(83, 40), T_MIN)
    expected = dose.amount_mg * 1000 * AREA_H_PER_L[name, route](83)
    assert noncompartmental(curve).auc_inf_ng_h_per_ml == pytest.approx(expected, rel=1e-4)


@EVERY
@given(weight_kg=weights_kg, first=st.integers(0, 9), after=st.integers(0, 9))
@FEW
def test_two_doses_give_the_sum_of_what_each_gives(name, route, weight_kg, first, after):
    apart_min = 100 + 10 * after if route == "intranasal" else 10 * after
    starts = (10.0 * first, 10.0 * first + apart_min)
    doses = [Regimen((one(name, route, start_min=start),)) for start in starts]
    t = np.arange(0, 3000, 50.0)
    both = curves(name, doses[0].along_with(doses[1]), weight_kg, t)
    assert same(both, sum(curves(name, dose, weight_kg, t) for dose in doses))


@BUT_DEVICES
@given(weight_kg=weights_kg, factor=st.integers(1, 20))
@FEW
def test_concentration_is_proportional_to_dose(name, route, weight_kg, factor):
    t = np.arange(0, 1440, 80.0)
    once = curves(name, Regimen((one(name, route),)), weight_kg, t)
    assert same(curves(name, Regimen((one(name, route, times=factor),)), weight_kg, t), factor * once)


@EVERY
@given(weight_kg=weights_kg, later_min=st.floats(0, 40_000))
@FEW
def test_what_is_given_later_is_found_later(name, route, weight_kg, later_min):
    t = np.arange(0, 1440, 80.0)
    at_0 = curves(name, Regimen((one(name, route),)), weight_kg, t)
    later = curves(name, Regimen((one(name, route),)).shifted(later_min), weight_kg, t + later_min)
    assert later == pytest.approx(at_0, rel=1e-8, abs=1e-8 * at_0.max())


@BUT_DEVICES
@given(share=st.floats(0.01, 0.99))
@FEW
def test_splitting_a_dose_changes_nothing(name, route, share):
    whole = one(name, route)
    runs = whole.duration_min
    amounts = (whole.amount_mg * share, whole.amount_mg * (1 - share))
    parts = (Dose(amounts[0], route, 0, runs * share), Dose(amounts[1], route, runs * share, runs * (1 - share)))
    t = np.arange(0, 1440, 80.0)
    assert same(curves(name, Regimen(parts), 70, t), curves(name, Regimen((whole,)), 70, t))


@EVERY
@given(weight_kg=weights_kg)
@FEW
def test_what_entered_is_in_the_body_or_eliminated(name, route, weight_kg):
    subject, regimen = Subject(weight_kg, 40), Regimen((one(name, route), one(name, route, start_min=90)))
    t = np.array([0.0, 5, 20, 40, 91, 130, 1440, 10_000])
    held = sum(simulate(name, regimen, subject, t).amounts_mg.values())
    model = models.load(name)
    values = parameters.values(model, [subject])
    enters = entering.forcing(model, values, regimen, assemble.system(model, values))
    before = np.clip(t[:, None] - enters.at_min, 0, np.append(np.diff(enters.at_min), np.inf))
    entered = (t[:, None] >= enters.at_min) @ enters.bolus_mg[0] + before @ enters.rate_mg_per_min[0]
    assert held == pytest.approx(entered.sum(axis=1), rel=1e-11)


@pytest.mark.parametrize("name", [name for name, route in WAYS if route == "iv"])
@given(start_min=st.floats(0, 1400))
@FEW
def test_the_shortest_injection_of_a_day_is_never_stepped_over(name, start_min):
    lasts = max(models.load(name).shortest_iv_min, 0.5)
    injected = Regimen.infusion(30, lasts)
    seen = curves(name, injected.shifted(start_min), 70, [0, 1440])[:, 1]
    assert seen == pytest.approx(curves(name, injected, 70, [1440 - start_min])[:, 0], rel=1e-8, abs=1e-9)


@EVERY
def test_nothing_is_anywhere_before_the_first_dose_and_never_below_nothing(name, route):
    series = simulate(name, Regimen((one(name, route, start_min=60),)), Subject(70, 40), T_MIN)
    for held in (*series.amounts_mg.values(), *series.concentration_ng_per_ml.values()):
        assert not held[T_MIN < 60].any()
        assert held.min() >= -1e-12 * held.max()


@EVERY
def test_the_sum_of_exponentials_is_the_same_curve(name, route):
    subject, regimen, t = Subject(57, 66), Regimen((one(name, route), one(name, route, start_min=90))), T_MIN[::5]
    model = models.load(name)
    values = parameters.values(model, [subject])
    system = assemble.system(model, values)
    found = modes.curves(system, entering.forcing(model, values, regimen, system), t)[:, :, 0]
    series = simulate(name, regimen, subject, t)
    for curve, expected in zip(
        found, (*series.concentration_ng_per_ml.values(), series.effect_site_ng_per_ml), strict=True
    ):
        assert curve == pytest.approx(expected, rel=0, abs=2e-12 * expected.max())


def test_every_model_and_route_has_its_area_in_this_table():
    assert set(WAYS) == AREA_H_PER_L.keys()
    assert all(math.isfinite(area(70)) for area in AREA_H_PER_L.values())
