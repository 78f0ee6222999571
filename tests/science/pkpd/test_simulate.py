"""A simulation answers the figures that were computed from the same models by an independent integrator, and says what it is."""

import numpy as np
import pytest

from ketacare.science import reference
from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd import models
from ketacare.science.pkpd.noncompartmental import noncompartmental
from ketacare.science.pkpd.regimen import Dose, Regimen
from ketacare.science.pkpd.simulate import MOST_TIMES, simulate
from ketacare.science.pkpd.subject import Subject
from tests.science.pkpd.test_fused import needs_numba
from tests.science.pkpd.test_identities import WAYS, one

ADULT = Subject(70, 40)
SLOW = Regimen.infusion(35, 40, drug="racemic_ketamine")


def test_the_clinics_usual_infusion_gives_the_figures_of_the_independent_integrator():
    curve = simulate("racemate_iv_venous", SLOW, ADULT, [20, 40, 80, 110, 230, 1440])
    expected = [99, 160, 82, 63, 29.4, 1.34]
    assert curve.concentration_ng_per_ml["ketamine_total"] == pytest.approx(expected, rel=5e-3)


def test_times_are_answered_in_the_order_they_were_asked():
    forth = simulate("kamp2020_iv", SLOW, ADULT, [0, 20, 40])
    back = simulate("kamp2020_iv", SLOW, ADULT, [40, 20, 0, 20])
    assert (back.effect_site_ng_per_ml == forth.effect_site_ng_per_ml[[2, 1, 0, 1]]).all()


@pytest.mark.parametrize(
    ("t_min", "says"),
    [
        ([], "there is no time"),
        ([0, np.nan], "not a number"),
        ([0, np.inf], "not a number"),
        ([-1, 5], "below 0"),
        ([[0, 1]], "2 dimensions"),
        ([0, 60 * 60 * 24], "in minutes"),
        ("soon", "not a row of numbers"),
        (range(10**9), f"more than {MOST_TIMES}"),
        (np.broadcast_to(0.0, 10**9), f"more than {MOST_TIMES}"),
    ],
)
def test_times_that_cannot_be_meant_are_refused(t_min, says):
    with pytest.raises(OutOfRange, match=says) as refused:
        simulate("kamp2020_iv", SLOW, ADULT, t_min)
    assert {problem.place for problem in refused.value.problems} == {"t_min"}


def test_times_in_hours_are_asked_about():
    codes = [
        {flag.code for flag in simulate("kamp2020_iv", SLOW, ADULT, t_min).flags} for t_min in (range(25), [20, 40])
    ]
    assert ["ends-early" in one for one in codes] == [True, False]


@pytest.mark.parametrize("engine", ["numpy", pytest.param("numba", marks=needs_numba)])
@pytest.mark.parametrize(("name", "route"), WAYS)
def test_every_engine_answers_what_the_matrix_exponential_answers(name, route, engine):
    asked = name, Regimen((one(name, route),)), ADULT, [0, 5, 39, 40, 41, 90, 600, 1440]
    exact, found = simulate(*asked), simulate(*asked, engine=engine)
    for expected, curve in (
        (exact.effect_site_ng_per_ml, found.effect_site_ng_per_ml),
        *(
            (exact.concentration_ng_per_ml[key], found.concentration_ng_per_ml[key])
            for key in exact.concentration_ng_per_ml
        ),
        *((exact.amounts_mg[key], found.amounts_mg[key]) for key in exact.amounts_mg),
    ):
        np.testing.assert_allclose(curve, expected, rtol=0, atol=1e-12 * expected.max())
    assert (exact.flags, exact.reference) == (found.flags, found.reference)


def test_an_engine_that_is_not_there_is_refused_by_name():
    with pytest.raises(OutOfRange, match="engine"):
        simulate("kamp2020_iv", SLOW, ADULT, [20], engine="fortran")


def test_nobody_can_change_what_was_answered():
    curve = simulate("kamp2020_iv", SLOW, ADULT, [0, 20])
    with pytest.raises(ValueError, match="read-only"):
        curve.concentration_ng_per_ml["ketamine"][0] = 1
    with pytest.raises(TypeError):
        curve.amounts_mg["central"] = curve.t_min


def test_an_injection_is_refused_by_a_model_that_hides_its_peak():
    with pytest.raises(OutOfRange, match="early peak"):
        simulate("racemate_iv_venous", Regimen((Dose(35, "iv", 0, 9.9),), "racemic_ketamine"), ADULT, [10])


def test_the_curve_names_the_very_file_its_numbers_come_from():
    curve = simulate("racemate_iv_venous", SLOW, ADULT, [40])
    file = reference.newest("models/racemate_iv_venous")
    assert (curve.reference.id, curve.reference.sha256) == (curve.model, reference.digest(file))
    assert (curve.site, curve.status, curve.drug) == ("venous", "calibration", "racemic_ketamine")


def test_a_model_by_value_is_the_model_by_name():
    by_value = simulate(models.load("kamp2020_iv"), SLOW, ADULT, [40])
    assert by_value.effect_site_ng_per_ml == simulate("kamp2020_iv", SLOW, ADULT, [40]).effect_site_ng_per_ml


def test_an_individual_differs_from_the_typical_subject_by_their_eta():
    t_min = np.arange(0, 7200, 1.0)
    areas = [
        noncompartmental(simulate("kamp2020_iv", SLOW, ADULT, t_min, etas=etas)).auc_inf_ng_h_per_ml
        for etas in (None, {"CL": 0.3})
    ]
    assert areas[0] / areas[1] == pytest.approx(np.exp(0.3), rel=1e-4)
