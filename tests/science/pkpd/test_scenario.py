"""A scenario gives a simulation again, bit for bit, and refuses to where it no longer could."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.science import reference
from ketacare.science.errors import BadReference, OutOfRange
from ketacare.science.pkpd import scenario
from ketacare.science.pkpd.modelling.absorption import Absorption
from ketacare.science.pkpd.regimen import Dose, Regimen
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.subject import Subject

GIVEN = Regimen.infusion(35, 40, drug="racemic_ketamine")


def written(**changes):
    said = {"model": "racemate_iv_venous", "regimen": GIVEN, "subject": Subject(70), "t_min": scenario.grid(480, 1)}
    return scenario.of(**(said | changes))


@given(
    weight=st.floats(min_value=30, max_value=200),
    amounts=st.lists(st.floats(min_value=0.1, max_value=100), min_size=1, max_size=4),
    step=st.floats(min_value=0.1, max_value=30),
)
@settings(max_examples=15, deadline=None)
def test_what_is_written_gives_the_very_same_curves(weight, amounts, step):
    regimen = Regimen(tuple(Dose(mg, "iv", 60.0 * n, 20 + mg) for n, mg in enumerate(amounts)), "racemic_ketamine")
    t_min = scenario.grid(300, step)
    first = simulate("kamp2020_iv", regimen, Subject(weight), t_min)
    text = scenario.dump(scenario.of("kamp2020_iv", regimen, Subject(weight), t_min))
    again = scenario.run(scenario.parse(text, place="scenario.yaml"))
    assert np.array_equal(again.t_min, first.t_min)
    assert np.array_equal(again.effect_site_ng_per_ml, first.effect_site_ng_per_ml)
    for name, curve in first.concentration_ng_per_ml.items():
        assert np.array_equal(again.concentration_ng_per_ml[name], curve)


@pytest.mark.parametrize(
    "t_min",
    [[0, 20, 40, 41.5], [7.25], [0, 1e-9, 480], [3, 1, 2], [0, 0], scenario.grid(100, 7), scenario.grid(480, 0.1)],
)
def test_every_moment_comes_back(t_min):
    again = scenario.parse(scenario.dump(written(t_min=t_min)), place="x")
    assert np.array_equal(again.times.t_min(), np.asarray(t_min, dtype=float))


def test_a_regular_grid_is_said_in_a_line_and_ends_where_it_was_told_to():
    assert "step_min: 1.0" in scenario.dump(written())
    assert scenario.grid(100, 30).tolist() == [0, 30, 60, 90, 100]
    assert scenario.grid(1, 0.1)[-1] == 1
    assert len(scenario.grid(1, 0.1)) == 11


@pytest.mark.parametrize(("until", "step"), [(10, 20), (1e9, 1e-3)])
def test_a_grid_that_cannot_be_is_refused_by_its_step(until, step):
    with pytest.raises(OutOfRange) as refused:
        scenario.grid(until, step)
    assert [one.place for one in refused.value.problems] == ["step"]


def test_another_model_file_than_the_one_it_was_written_with_is_refused():
    changed = scenario.dump(written()).replace(written().model.sha256, "f" * 64)
    with pytest.raises(BadReference, match="model: is not the file that the scenario was written with"):
        scenario.run(scenario.parse(changed, place="x"))


def test_a_model_that_only_inherited_from_a_changed_file_is_refused_too():
    base = reference.digest("models/otto2021_s_ketamine.1.yaml")
    with pytest.raises(BadReference, match=r"models/otto2021_s_ketamine\.1\.yaml"):
        scenario.run(scenario.parse(scenario.dump(written()).replace(base, "f" * 64), place="x"))


def test_another_version_of_the_software_is_told():
    text = scenario.dump(written())
    assert scenario.flags(scenario.parse(text, place="x")) == ()
    other = text.replace("ketacare: ", "ketacare: 9.")
    assert [one.code for one in scenario.flags(scenario.parse(other, place="x"))] == ["another-version"]


def test_every_problem_is_told_at_once_with_its_place():
    text = scenario.dump(written()).replace("weight_kg: 70.0", "weight_kg: -70.0\n  wieght: 3")
    text = text.replace("amount_mg: 35.0", "amount_mg: .nan").replace("until_min: 480.0", "until_h: 8.0")
    with pytest.raises(BadReference) as refused:
        scenario.parse(text, place="x")
    places = {one.place for one in refused.value.problems}
    assert {"x: subject.weight_kg", "x: subject.wieght", "x: regimen.doses.0.amount_mg", "x: times.until_h"} <= places


def test_doses_out_of_order_are_refused_with_their_number():
    out_of_order = "doses:\n  - {amount_mg: 1.0, route: oral, start_min: 9}\n  - {amount_mg: 1.0, route: oral, start_min: 1}\ntimes:"
    head, _, rest = scenario.dump(written()).partition("doses:")
    text = head + out_of_order + rest.partition("times:")[2]
    with pytest.raises(BadReference, match=r"x: doses\[2\]\.start_min"):
        scenario.parse(text, place="x")


@pytest.mark.parametrize("text", ["", "[]", "schema: ketacare.scenario/1", "a: 1\na: 2", "schema: ketacare.targets/1"])
def test_what_is_no_scenario_is_refused(text):
    with pytest.raises(BadReference):
        scenario.parse(text, place="x")


@pytest.mark.parametrize("n", [0, -1, 1_000_000_000])
def test_a_population_has_its_limits(n):
    text = scenario.dump(written(population=scenario.Drawn(n=100, seed=1))).replace("n: 100", f"n: {n}")
    with pytest.raises(BadReference, match=r"population\.n"):
        scenario.parse(text, place="x")


def test_a_population_comes_back_bit_for_bit_whatever_the_number_of_workers():
    drawn = scenario.Drawn(n=300, seed=7, quantiles=(0.1, 0.9))
    text = scenario.dump(written(population=drawn, t_min=[0, 40, 80]))
    one, other = (scenario.run(scenario.parse(text, place="x"), workers=workers) for workers in (1, 2))
    assert (one.n, one.seed, one.quantiles) == (300, 7, (0.1, 0.9))
    assert np.array_equal(one.effect_site_band, other.effect_site_band)
    assert all(np.array_equal(one.bands[name], other.bands[name]) for name in one.bands)


def test_a_medicine_beside_it_is_part_of_the_scenario():
    oral = Regimen(Dose(14, "oral", 0), "esketamine")
    said = scenario.of("ashraf2018_s_ketamine", oral, Subject(70), [0, 20, 60], interactions=["ticlopidine"])
    assert any(file.startswith("pharmacology/interactions") for file in said.data)
    plain = scenario.of("ashraf2018_s_ketamine", oral, Subject(70), [0, 20, 60])
    more, less = (scenario.run(scenario.parse(scenario.dump(one), place="x")) for one in (said, plain))
    assert more.concentration_ng_per_ml["s_ketamine"][1] > 2 * less.concentration_ng_per_ml["s_ketamine"][1]


def test_a_route_of_the_callers_own_is_part_of_the_scenario():
    nasal = Regimen(Dose(30, "intranasal", 0), "racemic_ketamine")
    given = Absorption(route="intranasal", fraction=0.13, half_life_min=4)
    text = scenario.dump(scenario.of("kamp2020_iv", nasal, Subject(70), [0, 6], absorption=given))
    found = scenario.run(scenario.parse(text, place="x"))
    assert found.concentration_ng_per_ml["ketamine"][1] > 40
    assert found.status == "calibration"


@pytest.mark.parametrize("t_min", [[], [0, float("nan")], [-1, 0], [0, 1e9]])
def test_times_that_cannot_be_simulated_are_not_written_down(t_min):
    with pytest.raises(OutOfRange) as refused:
        written(t_min=t_min)
    assert {one.place for one in refused.value.problems} == {"t_min"}
