"""What callers hand in: any kind of number is a number; what is none is refused by its field, never a traceback of another kind."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from ketacare.science.errors import ScienceError
from ketacare.science.pkpd import (
    Dose,
    Observation,
    Regimen,
    Subject,
    effects,
    models,
    noncompartmental,
    posterior,
    regimen,
    simulate,
    simulate_population,
    simulate_trial,
)

GIVEN = Regimen.infusion(35, 40, drug="racemic_ketamine")
NO_NUMBERS = (
    None,
    "70",
    True,
    [35],
    np.array([1.0, 2.0]),
    1 + 2j,
    b"3",
    float("nan"),
    float("inf"),
    10**400,
    10**5000,
    object(),
)


def curve(t_min=(0, 20, 40, 80)):
    return simulate("racemate_iv_venous", GIVEN, Subject(70), t_min)


@pytest.mark.parametrize("value", [Decimal(35), Fraction(35), np.float32(35), np.int64(35), np.array(35.0), 35])
def test_an_amount_is_the_same_in_whatever_kind_of_number_it_is_given(value):
    given = Regimen((Dose(value, "iv", 0, 40),), "racemic_ketamine")
    found = simulate("racemate_iv_venous", given, Subject(70), [20, 40, 80])
    told = simulate("racemate_iv_venous", GIVEN, Subject(70), [20, 40, 80])
    assert np.array_equal(
        found.concentration_ng_per_ml["ketamine_total"], told.concentration_ng_per_ml["ketamine_total"]
    )


def test_a_decimal_weight_and_a_fraction_of_an_age_are_computed_with():
    found = simulate(
        "perezruixo2021_esketamine", Regimen.devices(2), Subject(Decimal(70), Fraction(151, 2), race="other"), [40]
    )
    told = simulate("perezruixo2021_esketamine", Regimen.devices(2), Subject(70, 75.5, race="other"), [40])
    assert found.concentration_ng_per_ml["esketamine"] == told.concentration_ng_per_ml["esketamine"]


def or_text(value):
    """None may stand for a duration: any infusion."""
    return "None" if value is None else value


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize(
    ("place", "ask"),
    [
        ("amount_mg", lambda value: Dose(value, "iv", 0, 40)),
        ("start_min", lambda value: Dose(35, "iv", value, 40)),
        ("duration_min", lambda value: Dose(35, "iv", 0, value)),
        ("weight_kg", lambda value: Subject(value)),
        ("count", lambda value: Regimen.devices(value)),
        ("by_min", lambda value: GIVEN.shifted(value)),
        ("factor", lambda value: GIVEN.scaled(value)),
        ("on_days[1]", lambda value: GIVEN.repeated([value])),
        ("steps[1].rate_mg_per_min", lambda value: Regimen.from_rates([(0, value)], 40)),
        ("end_min", lambda value: Regimen.from_rates([(0, 1)], value)),
        ("t_min", lambda value: Observation(value, "ketamine_total", 100)),
        ("concentration_ng_per_ml", lambda value: Observation(40, "ketamine_total", value)),
        ("target_ng_per_ml", lambda value: regimen.target("kamp2020_iv", Subject(70), value, 60, 5, 5)),
        ("step_min", lambda value: regimen.target("kamp2020_iv", Subject(70), 100, 60, value, 5)),
        ("duration_min", lambda value: models.default_for(route="iv", drug="esketamine", duration_min=or_text(value))),
    ],
)
def test_what_is_no_number_is_refused_by_its_field(place, ask, value):
    with pytest.raises(ScienceError) as refused:
        ask(value)
    assert place in [one.place for one in refused.value.problems]


@pytest.mark.parametrize("value", [None, "x", 35, np.array(35.0), object()], ids=lambda value: type(value).__name__)
@pytest.mark.parametrize(
    ("place", "ask"),
    [
        ("model", lambda value: simulate(value if value != "x" else None, GIVEN, Subject(70), [1])),
        ("regimen", lambda value: simulate("kamp2020_iv", value, Subject(70), [1])),
        ("subject", lambda value: simulate("kamp2020_iv", GIVEN, value, [1])),
        ("regimen", lambda value: simulate_population("kamp2020_iv", value, 2, [1], rng=1)),
        ("regimen", lambda value: posterior("kamp2020_iv", value, Subject(70), [])),
        ("observations", lambda value: posterior("racemate_iv_venous", GIVEN, Subject(70), [value])),
        ("arms", lambda value: simulate_trial("kamp2020_iv", value, 2, [20], rng=1)),
        ("doses", lambda value: Regimen((value,))),
        ("other", lambda value: GIVEN.along_with(value)),
        ("series", lambda value: noncompartmental(value)),
        ("series", lambda value: effects.drug_high(value)),
        ("series", lambda value: effects.nmda_occupancy(value)),
        ("route", lambda value: Dose(35, value, 0)),
        (
            "interactions",
            lambda value: simulate(
                "kamp2020_iv", GIVEN, Subject(70), [1], interactions=[b"x" if isinstance(value, str) else value]
            ),
        ),
    ],
)
def test_what_is_of_another_class_is_refused_by_its_name(place, ask, value):
    with pytest.raises(ScienceError) as refused:
        ask(value)
    assert all(one.place.startswith(place) for one in refused.value.problems)


@pytest.mark.parametrize("t_min", [["70"], "70", [True, False], np.array(["2026-01-01"], dtype="datetime64[D]"), [1j]])
def test_times_that_are_words_truths_or_dates_are_refused(t_min):
    with pytest.raises(ScienceError, match="t_min"):
        curve(t_min)


@pytest.mark.parametrize("value", ["70", True, b"3", None, 10**400, float("nan")])
def test_quantiles_and_limits_are_numbers(value):
    with pytest.raises(ScienceError, match="quantiles"):
        simulate_population("kamp2020_iv", GIVEN, 2, [20], rng=1, quantiles=[value])
    with pytest.raises(ScienceError, match="limits_ng_per_ml"):
        simulate_trial("kamp2020_iv", {"a": GIVEN}, 2, [20], rng=1, limits_ng_per_ml=[value])


@pytest.mark.parametrize("eta", [[0.1, 0.2], "x", float("nan"), None])
def test_a_person_has_one_eta_of_each_parameter(eta):
    """Two were taken for one: the first, and nothing was said of the second."""
    with pytest.raises(ScienceError, match=r"etas\.CL"):
        simulate("kamp2020_iv", GIVEN, Subject(70), [20], etas={"CL": eta})


def test_a_step_longer_than_the_whole_target_is_refused_and_never_looked_through():
    """It was looked at in steps of a quarter of a minute: a step of a billion minutes filled the memory."""
    with pytest.raises(ScienceError, match="step_min"):
        regimen.target("kamp2020_iv", Subject(70), 100, 60, 1e9, 5)
    with pytest.raises(ScienceError, match="until_min"):
        regimen.target("kamp2020_iv", Subject(70), 100, 1e9, 1e9, 5)


def test_a_dose_that_no_number_holds_is_refused_and_never_answered_with_infinity():
    """Bands and trials of it were infinite or no numbers, a posterior and the sum of two such doses broke off."""
    with pytest.raises(ScienceError, match="amount_mg"):
        Regimen.push(1e308, drug="racemic_ketamine")
    billion = Regimen.push(1e9, drug="racemic_ketamine")
    found = simulate_population("kamp2020_iv", billion, 5, [1, 2], rng=1)
    assert np.isfinite(found.bands["ketamine"]).all()
