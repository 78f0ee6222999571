"""A virtual trial: one population in every arm, so what differs is the regimen."""

import numpy as np
import pytest

from ketacare.science.errors import MissingInput, OutOfRange
from ketacare.science.pkpd import trial
from ketacare.science.pkpd.population import simulate_population
from ketacare.science.pkpd.regimen import Dose, Regimen
from ketacare.science.pkpd.trial import Arm, Trial, simulate_trial
from ketacare.science.pkpd.virtual import exposure
from ketacare.science.pkpd.virtual.probability import share_of

MODEL = "racemate_iv_venous"
TIMES = np.arange(0, 181, 10)
SHORT, LONG = (Regimen.infusion(35, minutes, drug="racemic_ketamine") for minutes in (40, 60))
ORAL = Regimen((Dose(14, "oral", 0),), drug="esketamine")


def run(arms=None, subjects=60, **more) -> Trial:
    given = arms or {"40 min": SHORT, "60 min": LONG}
    return simulate_trial(
        more.pop("model", MODEL), given, subjects, more.pop("t_min", TIMES), rng=more.pop("rng", 1), **more
    )


@pytest.fixture(scope="module")
def short_against_long() -> Trial:
    return run(limits_ng_per_ml=(100,))


def test_the_same_regimen_in_both_arms_differs_in_nobody():
    twice = run({"one": SHORT, "other": SHORT})
    assert np.all(twice.values[0] == twice.values[1])
    assert twice.probability("one", "cmax", than="other").value == 0


def test_each_arm_is_the_population_of_its_seed(short_against_long):
    for arm, given in (("40 min", SHORT), ("60 min", LONG)):
        alone = simulate_population(MODEL, given, 60, TIMES, rng=1, keep=True)
        for analyte, curves in alone.curves.concentration_ng_per_ml.items():
            np.testing.assert_array_equal(short_against_long.of(arm, "cmax", analyte), curves.max(axis=0))
            areas = exposure.area_h(np.asarray(TIMES, dtype=float), curves)
            np.testing.assert_array_equal(short_against_long.of(arm, "auc", analyte), areas)


def test_twice_the_dose_doubles_every_subjects_exposure_and_leaves_its_time_alone():
    found = run({"one": SHORT, "two": SHORT.scaled(2)})
    np.testing.assert_allclose(found.of("two", "cmax"), 2 * found.of("one", "cmax"), rtol=1e-12)
    np.testing.assert_allclose(found.of("two", "auc"), 2 * found.of("one", "auc"), rtol=1e-12)
    np.testing.assert_allclose(found.of("two", "systolic_rise_max"), 2 * found.of("one", "systolic_rise_max"))
    np.testing.assert_array_equal(found.of("two", "tmax"), found.of("one", "tmax"))
    high, low = found.of("two", "drug_high_max"), found.of("one", "drug_high_max")
    assert np.all((low < high) & (high < 2 * low) & (high < 10))


def test_the_same_dose_over_a_longer_time_peaks_lower_in_everybody(short_against_long):
    assert np.all(short_against_long.difference("60 min", "40 min", "cmax") < 0)
    probability = short_against_long.probability("40 min", "cmax", than="60 min")
    assert probability.value == 1
    assert probability.low > 0.9
    assert probability.says == "Highest Ketamine (S + R) in 40 min exceeds that in 60 min"


def test_a_probability_comes_with_its_monte_carlo_error(short_against_long):
    found = short_against_long.probability("40 min", "cmax", above=150)
    assert found.value == np.mean(short_against_long.of("40 min", "cmax") > 150)
    assert found.standard_error == pytest.approx(np.sqrt(found.value * (1 - found.value) / 60))
    assert found.low < found.value < found.high


@pytest.mark.parametrize("n", [1, 60, 2000, 12345])
def test_the_interval_of_a_share_holds_the_share_also_where_all_or_none_are(n):
    for so in (np.ones(n, bool), np.zeros(n, bool)):
        found = share_of(so, "")
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert found.low < found.high


def test_the_stated_error_is_how_far_such_trials_really_scatter():
    shares, errors = [], []
    for seed in range(40):
        found = run({"one": SHORT}, 200, model="kamp2020_iv", rng=seed, t_min=[40]).probability(
            "one", "cmax", above=250
        )
        shares.append(found.value)
        errors.append(found.standard_error)
    # The standard deviation of 40 shares is known to about a ninth of itself.
    assert np.std(shares, ddof=1) == pytest.approx(np.mean(errors), rel=4 / 9)


def test_subjects_differ_in_their_rise_of_pressure_beyond_their_concentrations(short_against_long):
    per_ng = short_against_long.of("40 min", "systolic_rise_max") / short_against_long.of("40 min", "effect_site_max")
    assert np.std(np.log(per_ng)) == pytest.approx(np.sqrt(0.5), rel=4 / np.sqrt(2 * 60))
    other = short_against_long.of("60 min", "systolic_rise_max") / short_against_long.of("60 min", "effect_site_max")
    np.testing.assert_allclose(per_ng, other)


def test_time_above_a_limit_is_an_outcome_of_its_own(short_against_long):
    above = short_against_long.of("40 min", "time_above_100")
    reached = short_against_long.of("40 min", "cmax") > 100
    np.testing.assert_array_equal(above > 0, reached)


def test_an_arm_may_differ_by_a_medicine_alone():
    arms = {"alone": ORAL, "with it": Arm(regimen=ORAL, interactions=("clarithromycin",))}
    found = run(arms, model="ashraf2018_s_ketamine")
    ratio = found.of("with it", "auc") / found.of("alone", "auc")
    assert np.all(ratio >= 1)
    assert any(flag.code.startswith("interaction") for flag in found.flags)


def test_order_of_the_times_does_not_matter():
    np.testing.assert_array_equal(run(t_min=TIMES[::-1]).values, run().values)


def test_more_workers_give_the_same_trial():
    one, four = (run(subjects=1100, model="kamp2020_iv", t_min=[40, 60], workers=workers) for workers in (1, 4))
    np.testing.assert_array_equal(one.values, four.values)


def test_what_an_outcome_is_of_defaults_to_the_parent(short_against_long):
    np.testing.assert_array_equal(
        short_against_long.of("40 min", "cmax"), short_against_long.of("40 min", "cmax", "ketamine_total")
    )
    assert short_against_long.outcome("systolic_rise_max").status == "calibration"


@pytest.mark.parametrize(
    ("place", "ask"),
    [
        ("arm", lambda one: one.of("90 min", "cmax")),
        ("outcome", lambda one: one.of("40 min", "cadss")),
        ("outcome", lambda one: one.of("40 min", "cmax", "water")),
        ("above", lambda one: one.probability("40 min", "cmax")),
        ("above", lambda one: one.probability("40 min", "cmax", above=1, than="60 min")),
        ("above", lambda one: one.probability("40 min", "cmax", above=float("nan"))),
    ],
)
def test_what_was_not_looked_at_is_refused_by_name(short_against_long, place, ask):
    with pytest.raises(OutOfRange, match=place):
        ask(short_against_long)


@pytest.mark.parametrize(
    ("place", "more"),
    [
        ("arms", {"arms": {}}),
        ("arms", {"arms": {"one": 35}}),
        ("arms", {"arms": [SHORT]}),
        ("subjects", {"subjects": 0}),
        ("subjects", {"subjects": 9_000_000}),
        (r"limits_ng_per_ml\[1\]", {"limits_ng_per_ml": (-1,)}),
        ("limits_ng_per_ml", {"limits_ng_per_ml": ("high",)}),
        ("t_min", {"t_min": []}),
    ],
)
def test_a_bad_question_is_refused_by_name(place, more):
    asked = {"arms": {"one": SHORT}, "subjects": 5, "t_min": TIMES, **more}
    with pytest.raises(OutOfRange, match=place):
        simulate_trial(
            MODEL,
            asked["arms"],
            asked["subjects"],
            asked["t_min"],
            rng=1,
            limits_ng_per_ml=asked.get("limits_ng_per_ml", ()),
        )


def test_the_table_holds_every_outcome_of_every_arm_and_how_the_second_differs(short_against_long):
    pytest.importorskip("pandas")
    table = short_against_long.table()
    row = table[(table["arm"] == "40 min") & (table["outcome"] == "cmax") & (table["of"] == "ketamine_total")].iloc[0]
    values = short_against_long.of("40 min", "cmax")
    assert (row["mean"], row["median"]) == (values.mean(), np.median(values))
    assert (row["unit"], row["site"], row["seed"], row["n"]) == ("ng/mL", "venous", 1, 60)
    assert set(table["arm"]) == {"40 min", "60 min", "60 min minus 40 min"}
    assert len(table) == 3 * len(short_against_long.outcomes)


def test_without_pandas_the_table_says_what_to_install(short_against_long, monkeypatch):
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(trial, "import_module", absent)
    with pytest.raises(MissingInput, match=r"ketacare\[research\]"):
        short_against_long.table()


def test_an_interrupted_trial_answers_with_what_was_done():
    def interrupt(done: int, asked: int) -> None:
        raise KeyboardInterrupt

    stopped = run({"one": SHORT}, 17 * 1024, model="kamp2020_iv", t_min=[40], progress=interrupt)
    assert stopped.n == stopped.values.shape[-1] == 16 * 1024
    assert "interrupted" in {flag.code for flag in stopped.flags}
