"""Each model against its equations integrated as they are written, with the figures of the papers typed in again."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from ketacare.science.pkpd.entering import forcing
from ketacare.science.pkpd.modelling import assemble, parameters
from ketacare.science.pkpd.models import load
from ketacare.science.pkpd.regimen import Dose, Regimen
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.solving.propagate import amounts
from ketacare.science.pkpd.subject import Subject

HOUR = 60
State = Sequence[float]


def integrate(rhs: Callable, size: int, at_h: State, *, infused=(), at_once=()) -> np.ndarray:
    """Return the states at the asked hours, shape (t, n): steady inputs (place, mg/h, from, to) and amounts (place, mg, when)."""
    breaks = sorted({0.0, *at_h, *(x for _, _, a, b in infused for x in (a, b)), *(when for _, _, when in at_once)})
    state, found = np.zeros(size), {}
    for start, end in zip(breaks, [*breaks[1:], breaks[-1] + 1e-6], strict=True):
        for place, mg, when in at_once:
            state[place] += mg * (when == start)
        found[start] = state.copy()
        entering = np.zeros(size)
        for place, rate, begin, stop in infused:
            entering[place] += rate * (begin <= start < stop)
        solved = solve_ivp(
            lambda t, y, u=entering: rhs(y) + u, (start, end), state, method="LSODA", rtol=1e-10, atol=1e-13
        )
        state = solved.y[:, -1]
    return np.array([found[hour] for hour in at_h])


def assert_agree(series, at_h, **expected):
    assert list(series.t_min) == [HOUR * one for one in at_h]
    for analyte, curve in expected.items():
        assert series.concentration_ng_per_ml[analyte] == pytest.approx(curve, rel=1e-6, abs=1e-9), analyte


def otto(y: State, cl: float, weight: float = 70) -> np.ndarray:
    """S-ketamine and S-norketamine (pharmacology.md 3.2): clearances and central volumes by weight, the rest as it is."""
    v, vn, cln = 133 * weight / 70, 98.638 * weight / 70, 57.72 * (weight / 70) ** 0.75
    c, c1, c2, cn, cnp = y[0] / v, y[1] / 187, y[2] / 98.8, y[3] / vn, y[4] / 160.04
    slow, fast, tissue = 23.2 * (c - c1), 157 * (c - c2), 42.778 * (cn - cnp)
    return np.array([-cl * c - slow - fast, slow, fast, cl * c - cln * cn - tissue, tissue])


@pytest.mark.parametrize("weight", [50, 70, 110])
def test_the_racemate_is_two_enantiomers_of_which_the_right_is_cleared_more_slowly(weight):
    at_h, cl = [0.3, 2 / 3, 1, 2, 5, 24], 95.2 * (weight / 70) ** 0.75
    halves = [
        integrate(lambda y, k=k: otto(y, k, weight), 5, at_h, infused=[(0, 0.25 * weight / (2 / 3), 0, 2 / 3)])
        for k in (cl, cl / 1.165)
    ]
    s, r = (1000 * half / (133 * weight / 70) for half in halves)
    metabolite = sum(1000 * half[:, 3] / (98.638 * weight / 70) for half in halves)
    series = simulate("racemate_iv_venous", Regimen.infusion(0.5 * weight, 40), Subject(weight), np.array(at_h) * HOUR)
    assert_agree(
        series,
        at_h,
        s_ketamine=s[:, 0],
        r_ketamine=r[:, 0],
        ketamine_total=s[:, 0] + r[:, 0],
        norketamine_total=metabolite,
    )


def test_a_dose_into_muscle_passes_a_depot_before_the_racemate():
    at_h, ka = [0.1, 0.3, 1, 4], np.log(2) / (8 / 60)

    def with_depot(y: State, cl: float) -> np.ndarray:
        return np.array([-ka * y[0], *(otto(y[1:], cl) + np.array([ka * y[0], 0, 0, 0, 0]))])

    halves = [
        integrate(lambda y, k=k: with_depot(y, k), 6, at_h, at_once=[(0, 0.93 * 17.5, 0)]) for k in (95.2, 95.2 / 1.165)
    ]
    total = sum(1000 * half[:, 1] / 133 for half in halves)
    series = simulate("racemate_im_venous", Regimen((Dose(35, "im", 0),)), Subject(70), np.array(at_h) * HOUR)
    assert_agree(series, at_h, ketamine_total=total)


@pytest.mark.parametrize(
    ("name", "v", "k10", "exchanges"),
    [
        ("domino1984_iv", 0.063, 0.4381, [(0.5921, 0.2470), (0.59, 0.0146)]),
        ("clements1981_iv", 1.7522, 0.0109, [(0.0186, 0.0137)]),
        ("hijazi2003_icu_iv", 1.08, 0.0333, [(0.0088, 0.0030)]),
    ],
)
def test_models_by_rate_constants_give_what_their_rates_say(name, v, k10, exchanges):
    def rhs(y: State) -> np.ndarray:
        flows = [out * y[0] - back * y[n] for n, (out, back) in enumerate(exchanges, start=1)]
        return 60 * np.array([-k10 * y[0] - sum(flows), *flows])

    at_h = [0.25, 2 / 3, 1, 3]
    found = integrate(rhs, 1 + len(exchanges), at_h, infused=[(0, 35 / (2 / 3), 0, 2 / 3)])
    series = simulate(name, Regimen.infusion(35, 40), Subject(80), np.array(at_h) * HOUR)
    assert_agree(series, at_h, ketamine=1000 * found[:, 0] / (80 * v))


@pytest.mark.parametrize(
    ("name", "analyte", "volumes", "cl", "exchanges"),
    [
        ("kamp2020_iv", "ketamine", [25, 56, 157], 84, [161, 79]),
        ("herd2007_iv", "ketamine", [38.7, 102], 90, [215]),
        ("hornik2018_child", "ketamine", [32.8, 152], 38.9, [54.9]),
        ("flint2017_picu", "s_ketamine", [7.73, 545], 112, [196]),
    ],
)
def test_allometric_models_scale_volumes_by_weight_and_clearances_by_its_three_quarter_power(
    name, analyte, volumes, cl, exchanges
):
    weight, at_h = 20, [0.05, 0.5, 2, 6]
    v, size = np.array(volumes) * weight / 70, (weight / 70) ** 0.75

    def rhs(y: State) -> np.ndarray:
        c = np.asarray(y) / v
        flows = size * np.array(exchanges) * (c[0] - c[1:])
        return np.array([-size * cl * c[0] - flows.sum(), *flows])

    found = integrate(rhs, len(volumes), at_h, at_once=[(0, 10, 0)])
    series = simulate(name, Regimen((Dose(10, "iv", 0),)), Subject(weight), np.array(at_h) * HOUR)
    assert_agree(series, at_h, **{analyte: 1000 * found[:, 0] / v[0]})


def simons(y: State) -> np.ndarray:
    """Film and vein with two metabolites (catalogue of pk_models.yaml), in mg of ketamine and minutes, 70 kg."""
    mucosa, gut, delay, c, c2, c3, f1, f2, n, n2, g1, g2, h, h2 = y
    fast, slow = 2.43 * (c / 11.6 - c2 / 39), 1.21 * (c / 11.6 - c3 / 174)
    tissue, htissue = 2.63 * (n / 11.6 - n2 / 221), 1.70 * (h / 4.4 - h2 / 87.5)
    kn, kh = 2 / 20.1, 2 / 1.12
    per_min = [
        -0.04 * mucosa,
        -0.049 * gut,
        0.049 * gut - delay / 10.7,
        0.04 * mucosa - 1.48 * c / 11.6 - fast - slow,
        fast,
        slow,
        1.48 * c / 11.6 + delay / 10.7 - kn * f1,
        kn * (f1 - f2),
        0.8 * kn * f2 - n / 11.6 - tissue,
        tissue,
        n / 11.6 - kh * g1,
        kh * (g1 - g2),
        0.7 * kh * g2 - 0.933 * h / 4.4 - htissue,
        htissue,
    ]
    return 60 * np.array(per_min)


@pytest.mark.parametrize("route", ["sublingual", "buccal"])
def test_a_film_enters_by_the_mucosa_and_by_the_gut_and_metabolites_have_their_own_mass(route):
    at_h = [0.2, 0.5, 1, 2, 6]
    d1, d2 = 13.1 / 60, 29.9 / 60
    found = integrate(simons, 14, at_h, infused=[(0, 0.263 * 50 / d1, 0, d1), (1, 1.16 * 50 / d2, 0, d2)])
    series = simulate("simons2022_s_ketamine", Regimen((Dose(50, route, 0),)), Subject(70), np.array(at_h) * HOUR)
    assert_agree(
        series,
        at_h,
        s_ketamine=1000 * found[:, 3] / 11.6,
        s_norketamine=1000 * found[:, 8] / 11.6 * 223.70 / 237.73,
        s_hydroxynorketamine=1000 * found[:, 12] / 4.4 * 239.70 / 237.73,
    )


def esketamine(y: State, qh: float, kel: float, cln: float) -> np.ndarray:
    """Nose, swallowed, gut, blood, liver and noresketamine (pharmacology.md 3.4)."""
    nose, swallowed, gut, c, c1, c2, h, n, n1 = y
    fast, slow = 84.3 * (c / 192 - c1 / 143), 37.6 * (c / 192 - c2 / 417)
    liver, tissue = qh * (c / 192 - h / 101), 26.1 * (n / 70 - n1 / 115)
    return np.array(
        [
            -2.93 * nose,
            -1.45 * swallowed,
            -0.97 * gut,
            2.93 * nose - fast - slow - liver,
            fast,
            slow,
            1.45 * swallowed + 0.97 * gut + liver - (kel + 2.77) * h,
            2.77 * h - cln * n / 70 - tissue,
            tissue,
        ]
    )


@pytest.mark.parametrize(
    ("subject", "qh", "kel", "cln", "in_nose"),
    [
        (Subject(70, 40, race="other"), 151, 1.11, 38, 0.54),
        (Subject(45, 75, race="asian"), 151 - 2.19 * 15, 1.11 * 0.36, 38 * 0.81, 0.54),
        (Subject(70, 60, race="japanese"), 151, 1.11 * 0.36, 38 * 0.81, 0.54 * 1.34),
    ],
    ids=["neither", "asian and 75 years", "japanese"],
)
def test_devices_into_the_nose_are_partly_swallowed_and_later_ones_more_so(subject, qh, kel, cln, in_nose):
    at_h, starts = [0.25, 0.75, 2, 12, 24], [0, 5 / 60, 10 / 60]
    parts = [in_nose, 0.62 * in_nose, 0.62 * in_nose]
    found = integrate(
        lambda y: esketamine(y, qh, kel, cln),
        9,
        at_h,
        at_once=[(0, 28 * part, start) for part, start in zip(parts, starts, strict=True)],
        infused=[
            (1, 28 * (1 - part) * 0.64 / 0.53, start, start + 0.53) for part, start in zip(parts, starts, strict=True)
        ],
    )
    doses = tuple(Dose(28, "intranasal", start) for start in (0, 5, 10))
    series = simulate("perezruixo2021_esketamine", Regimen(doses), subject, np.array(at_h) * HOUR)
    assert_agree(series, at_h, esketamine=1000 * found[:, 3] / 192, noresketamine=1000 * found[:, 7] / 70)


def test_swallowed_esketamine_enters_the_liver_first():
    at_h = [0.3, 1, 4, 24]
    found = integrate(lambda y: esketamine(y, 151, 1.11, 38), 9, at_h, infused=[(2, 84 * 0.64 / 0.32, 0, 0.32)])
    series = simulate("perezruixo2021_esketamine", Regimen((Dose(84, "oral", 0),)), Subject(90), np.array(at_h) * HOUR)
    assert_agree(series, at_h, esketamine=1000 * found[:, 3] / 192, noresketamine=1000 * found[:, 7] / 70)


def gut_and_liver(y: State, weight: float, activity: float) -> np.ndarray:
    """Depot, S-ketamine and norketamine with gut wall and liver at quasi-steady state (pharmacology.md 3.5)."""
    depot, c, c1, c2, n, n1 = y
    qh = 3.75 * weight**0.75
    villi = 0.6 * 0.8 * 0.4 * qh
    gut = villi * 4.1 / (villi + 4.1)
    fg, fgn = gut / (gut + 1.19), villi / (villi + 44.4)
    clint = 0.70 / 0.50 * 301 * (activity * 0.63 + 0.37)
    eh, ehn = clint / (qh + clint), 0.5 * 73.5 / (qh + 0.5 * 73.5)
    inflow = 1.76 * depot * fg + qh * c / 14.4
    inflow_n = 1.76 * depot * (1 - fg) * fgn + eh * inflow + qh * n / 88.4
    fast, slow, tissue = 287 * (c / 14.4 - c1 / 102), 22.4 * (c / 14.4 - c2 / 180), 19.9 * (n / 88.4 - n1 / 88.9)
    return np.array(
        [
            -1.76 * depot,
            (1 - eh) * inflow - qh * c / 14.4 - fast - slow,
            fast,
            slow,
            (1 - ehn) * inflow_n - qh * n / 88.4 - tissue,
            tissue,
        ]
    )


@pytest.mark.parametrize("activity", [1, 0.4, 0])
@pytest.mark.parametrize(("route", "place"), [("oral", 0), ("iv", 1)])
def test_gut_wall_and_liver_form_norketamine_and_inhibiting_cyp2b6_slows_the_liver(route, place, activity):
    at_h, weight, model = [0.3, 1, 4, 24], 62, load("ashraf2018_s_ketamine")
    found = integrate(lambda y: gut_and_liver(y, weight, activity), 6, at_h, at_once=[(place, 12.4, 0)])
    values = parameters.values(model, [Subject(weight)])
    values = parameters.with_derived(model, values | {"cyp2b6_activity": np.array([float(activity)])})
    system = assemble.system(model, values)
    entering = forcing(model, values, Regimen((Dose(12.4, route, 0),)), system)
    curves = amounts(system, entering, np.array(at_h) * HOUR)[0] @ system.readout[0].T
    assert curves[:, 0] == pytest.approx(1000 * found[:, 1] / 14.4, rel=1e-6)
    assert curves[:, 1] == pytest.approx(1000 * found[:, 4] / 88.4, rel=1e-6)


def test_the_effect_site_follows_the_parent_with_a_half_life_of_six_minutes_and_takes_nothing():
    at_h = [0.1, 2 / 3, 1, 3]

    def rhs(y: State) -> np.ndarray:
        c = y[0] / 25
        fast, slow = 161 * (c - y[1] / 56), 79 * (c - y[2] / 157)
        return np.array([-84 * c - fast - slow, fast, slow, 60 * np.log(2) / 6.1 * (1000 * c - y[3])])

    found = integrate(rhs, 4, at_h, infused=[(0, 35 / (2 / 3), 0, 2 / 3)])
    series = simulate("kamp2020_iv", Regimen.infusion(35, 40), Subject(70), np.array(at_h) * HOUR)
    assert series.effect_site_ng_per_ml == pytest.approx(found[:, 3], rel=1e-6)
    assert_agree(series, at_h, ketamine=1000 * found[:, 0] / 25)
