"""Effects say what they rest on, hold their hand-calculated points, and never claim what was not found."""

import numpy as np
import pytest

from ketacare.science import reference
from ketacare.science.errors import BadReference, MissingInput, OutOfRange
from ketacare.science.pkpd import effects, models
from ketacare.science.pkpd.doses import Dose, Regimen
from ketacare.science.pkpd.effects.book import STEM, parse
from ketacare.science.pkpd.series import Flag, Series
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.subject import Subject
from ketacare.science.reference import Reference

MADE_UP = Reference(id="made_up", version=1, sha256="0" * 64)


def series(plasma, *, parent, at_effect_site, site="arterial", flags=()):
    """A series with these concentrations and nothing behind them."""
    ce = np.asarray(at_effect_site, dtype=float)
    return Series(
        model="made_up",
        reference=MADE_UP,
        site=site,
        status="calibration",
        parent=parent,
        t_min=np.arange(float(len(ce))),
        concentration_ng_per_ml={name: np.asarray(one, dtype=float) for name, one in plasma.items()},
        effect_site_ng_per_ml=ce,
        amounts_mg={},
        flags=flags,
    )


def s_only(*ce, site="arterial"):
    return series({"s_ketamine": ce}, parent="s_ketamine", at_effect_site=ce, site=site)


def total_only(*ce, site="arterial"):
    return series({"ketamine": ce}, parent="ketamine", at_effect_site=ce, site=site)


def racemate(total, s_part, ce=None, site="venous", **more):
    total, s_part = np.asarray(total, dtype=float), np.asarray(s_part, dtype=float)
    plasma = {"ketamine_total": total, "s_ketamine": s_part, "r_ketamine": total - s_part, **more}
    return series(plasma, parent="ketamine_total", at_effect_site=total if ce is None else ce, site=site)


def codes(effect):
    return [flag.code for flag in effect.flags]


def infused(model, t_min, *, parent=None):
    """A model's curves for 35 mg over 40 min at 70 kg; the effect site follows ``parent``."""
    used = models.load(model).model_copy(update={"parent": parent} if parent else {})
    return simulate(used, Regimen((Dose(35, "iv", 0, 40),), drug="racemic_ketamine"), Subject(70), t_min)


MINUTES = np.arange(0.0, 241.0)


# --- what is told of each


def test_there_is_no_predicted_cadss_because_no_exposure_response_model_of_it_was_found():
    assert not hasattr(effects, "cadss")
    assert not [name for name in effects.book().effects if "cadss" in name]
    assert "not a dissociation score (CADSS)" in effects.drug_high(s_only(0, 71)).says


@pytest.mark.parametrize("effect", effects.OF_A_SERIES, ids=lambda one: one.__name__)
def test_each_effect_says_its_unit_its_status_and_the_data_it_rests_on(effect):
    found = effect(infused("racemate_iv_venous", MINUTES))
    assert found.unit
    assert found.says
    assert found.drivers
    assert found.status in ("published_in_part", "calibration", "illustration")
    assert found.reference.id == "effects"
    assert found.value.shape == found.t_min.shape == MINUTES.shape
    assert found.value[0] == 0
    if found.low is not None:
        assert (found.low <= found.value).all()
        assert (found.value <= found.high).all()


@pytest.mark.parametrize("effect", effects.OF_A_SERIES, ids=lambda one: one.__name__)
def test_an_effect_keeps_the_flags_of_its_series(effect):
    told = Flag(code="weight", about="weight_kg", says="outside the source population")
    assert (
        told in effect(series({"s_ketamine": [0, 1]}, parent="s_ketamine", at_effect_site=[0, 1], flags=(told,))).flags
    )


@pytest.mark.parametrize("effect", effects.OF_A_SERIES, ids=lambda one: one.__name__)
def test_an_effect_takes_several_subjects_at_once(effect):
    one = effect(s_only(0.0, 50.0, 200.0))
    both = effect(
        series(
            {"s_ketamine": [[0, 0], [50, 1], [200, 2]]}, parent="s_ketamine", at_effect_site=[[0, 0], [50, 1], [200, 2]]
        )
    )
    assert both.value.shape == (3, 2)
    np.testing.assert_allclose(both.value[:, 0], one.value)


@pytest.mark.parametrize("effect", effects.OF_A_SERIES[:-1], ids=lambda one: one.__name__)
def test_a_metabolite_alone_drives_no_effect_at_the_effect_site(effect):
    with pytest.raises(MissingInput, match=r"series\.parent: 's_norketamine' cannot stand for"):
        effect(series({"s_norketamine": [0, 1]}, parent="s_norketamine", at_effect_site=[0, 1]))


def test_no_ketamine_holds_no_receptor():
    with pytest.raises(MissingInput, match="no ketamine"):
        effects.nmda_occupancy(series({"s_norketamine": [0, 1]}, parent="s_norketamine", at_effect_site=[0, 1]))


def test_the_rating_scales_without_slopes_are_described_and_not_computed():
    described = effects.book().effects["psychotomimetic_linear"]
    assert described.status == "described"
    assert not described.parameters
    assert "nothing is computed" in described.says
    assert not hasattr(effects, "psychotomimetic_linear")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"range": [0.04, 0.05]}, "does not lie in its range"),
        ({"sources": ["NOBODY"]}, "no source NOBODY"),
        ({"mark": "guessed"}, "mark"),
    ],
)
def test_numbers_that_cannot_be_right_are_refused(change, says):
    tree = reference.read_yaml(reference.newest(STEM))
    tree["effects"]["blood_pressure"]["parameters"]["slope"] |= change
    with pytest.raises(BadReference, match=says):
        parse(tree, place="x.yaml")


# --- subjective effect


def test_half_of_the_scale_is_felt_at_the_published_c50():
    c50 = 0.3 * 237.73
    assert c50 == pytest.approx(71, abs=0.5)
    below, at, above = effects.drug_high(s_only(c50 / 3, c50, 3 * c50)).value
    assert (below, at, above) == pytest.approx((2.5, 5.0, 7.5))


def test_the_felt_effect_grows_with_concentration_and_stays_on_the_scale():
    value = effects.drug_high(s_only(*np.linspace(0, 5000, 50))).value
    assert (np.diff(value) > 0).all()
    assert value.max() < 10


def test_what_rounding_leaves_below_zero_is_no_effect():
    assert effects.drug_high(s_only(-1e-17, 0)).value.tolist() == [0, 0]


def test_of_the_racemate_only_the_s_part_is_felt():
    felt = effects.drug_high(racemate([0, 160], [0, 72]))
    assert felt.value[1] == pytest.approx(10 * 72 / (72 + 0.3 * 237.73))
    assert "s-share-of-plasma" in codes(felt)


def test_where_a_model_tells_no_enantiomers_apart_one_half_is_assumed_and_said():
    felt = effects.drug_high(total_only(0, 160))
    assert felt.value[1] == pytest.approx(effects.drug_high(s_only(0, 80)).value[1])
    assert any(flag.code == "s-share-assumed" and "50 percent" in flag.says for flag in felt.flags)


def test_where_s_ketamine_was_given_all_that_a_model_calls_ketamine_is_s():
    given = Regimen((Dose(28, "iv", 0, 40),), drug="esketamine")
    curve = simulate("kamp2020_iv", given, Subject(70), [0, 40])
    assert effects.drug_high(curve).value[1] == effects.drug_high(s_only(*curve.effect_site_ng_per_ml)).value[1]
    assert "s-share-assumed" not in codes(effects.drug_high(curve))
    x = 0.70 * curve.concentration_ng_per_ml["ketamine"][1] / 237.73 / 0.3
    assert effects.nmda_occupancy(curve).value[1] == pytest.approx(x / (1 + x))
    assert "racemate-equivalent" in codes(effects.blood_pressure(curve))


def test_where_nobody_said_which_ketamine_was_given_that_is_said_beside_the_share():
    unsaid = simulate("kamp2020_iv", Regimen((Dose(28, "iv", 0, 40),)), Subject(70), [0, 40])
    assert any(
        "was not said" in flag.says for flag in effects.drug_high(unsaid).flags if flag.code == "s-share-assumed"
    )


@pytest.mark.parametrize(
    ("site", "flagged"),
    [("arterial", False), ("venous", True), ("unspecified", True)],
    ids=["right", "venous", "not said"],
)
def test_a_curve_from_other_blood_than_the_effect_was_measured_in_is_flagged(site, flagged):
    assert ("effect-site-mismatch" in codes(effects.drug_high(s_only(0, 71, site=site)))) is flagged


def test_the_s_part_of_the_plasma_stands_for_the_s_part_of_the_effect_site_within_one_percent():
    whole, alone = (infused("racemate_iv_venous", MINUTES, parent=one) for one in ("ketamine_total", "s_ketamine"))
    exact = alone.effect_site_ng_per_ml
    share = whole.concentration_ng_per_ml["s_ketamine"][1:] / whole.concentration_ng_per_ml["ketamine_total"][1:]
    taken = share * whole.effect_site_ng_per_ml[1:]
    assert np.abs(taken - exact[1:]).max() < 0.01 * exact.max()


# --- blood pressure and cardiac output


def test_blood_pressure_rises_by_its_slope_and_diastolic_by_seven_tenths_of_it():
    curve = racemate([0, 160], [0, 80])
    systolic, diastolic = (effects.blood_pressure(curve, pressure=one) for one in ("systolic", "diastolic"))
    assert (systolic.low[1], systolic.value[1], systolic.high[1]) == pytest.approx((3.2, 4.8, 8.0))
    np.testing.assert_allclose(diastolic.value, 0.7 * systolic.value)
    assert systolic.title.endswith("systolic")
    assert diastolic.title.endswith("diastolic")


def test_the_mean_rise_of_a_standard_infusion_peaks_between_2_and_10_mmhg_between_25_and_45_min():
    rise = effects.blood_pressure(infused("racemate_iv_venous", MINUTES))
    assert 2 <= rise.value.max() <= 10
    assert 25 <= rise.t_min[rise.value.argmax()] <= 45


def test_blood_pressure_says_that_it_is_a_mean_over_time_points_and_clears_nobody():
    rise = effects.blood_pressure(racemate([0, 160], [0, 80]))
    assert "not the mean of each person's largest rise" in rise.says
    assert "never clears a patient" in rise.says
    assert codes(rise)[0] == "mean-over-time-points"


def test_a_subject_departs_from_the_mean_curve_by_a_factor():
    curve = racemate([0, 160], [0, 80])
    mean, own = effects.blood_pressure(curve), effects.blood_pressure(curve, eta=np.log(2))
    for edge in ("low", "value", "high"):
        np.testing.assert_allclose(getattr(own, edge), 2 * getattr(mean, edge))


def test_another_pressure_or_a_departure_that_is_no_number_is_refused_both_at_once():
    with pytest.raises(OutOfRange) as refused:
        effects.blood_pressure(racemate([0, 160], [0, 80]), pressure="mean", eta=np.nan)
    assert [one.place for one in refused.value.problems] == ["pressure", "eta"]


def test_s_ketamine_alone_counts_as_the_racemate_that_holds_as_much_of_it():
    alone = effects.blood_pressure(s_only(0, 80, site="venous"))
    assert alone.value[1] == pytest.approx(effects.blood_pressure(racemate([0, 160], [0, 80])).value[1])
    assert alone.low[1] == pytest.approx(0.02 * 80)
    assert "racemate-equivalent" in codes(alone)


def test_cardiac_output_rises_40_to_50_percent_at_320_ng_per_ml_of_s_ketamine():
    rise = effects.cardiac_output(s_only(0, 320))
    assert (rise.low[1], rise.value[1], rise.high[1]) == pytest.approx((40, 44.8, 50))
    assert rise.flags == ()


# --- pain and receptors


def test_half_of_the_pain_relief_lies_in_the_published_band():
    edges = [1.2 * 237.73, 1.7 * 237.73]
    relief = effects.antinociception(s_only(*edges))
    assert relief.high[0] == pytest.approx(0.5)
    assert relief.low[1] == pytest.approx(0.5)
    assert relief.low[0] < relief.value[0] < relief.high[0]


def test_160_ng_per_ml_of_racemate_holds_half_of_the_receptors_in_one_study_and_four_fifths_in_the_other():
    held = effects.nmda_occupancy(racemate([0, 160], [0, 80]))
    free_um = 0.70 * 80 / 237.73
    x = free_um / 0.3 + free_um / 1.4
    assert held.value[1] == held.low[1] == pytest.approx(x / (1 + x))
    assert held.value[1] == pytest.approx(0.49, abs=0.005)
    other = 0.70 * 160 / 237.73 / 0.119
    assert held.high[1] == pytest.approx(other / (1 + other))
    assert 3.5 < other / x < 4.5


def test_norketamine_adds_its_small_part():
    with_it = effects.nmda_occupancy(racemate([160], [80], norketamine_total=[60]))
    free_um = 0.70 * 80 / 237.73
    free_nk_um = 0.50 * 30 / 223.70
    x = free_um / 0.3 + free_um / 1.4 + free_nk_um / 1.7 + free_nk_um / 13
    assert with_it.value[0] == pytest.approx(x / (1 + x))
    assert codes(with_it) == ["s-share-assumed"]


def test_s_ketamine_binds_with_its_own_ki_and_keeps_the_disagreement_of_the_studies():
    held = effects.nmda_occupancy(
        series({"esketamine": [100], "noresketamine": [0]}, parent="esketamine", at_effect_site=[90])
    )
    x = 0.70 * 100 / 237.73 / 0.3
    assert held.value[0] == pytest.approx(x / (1 + x))
    assert held.drivers == ("esketamine", "noresketamine")
    assert held.high[0] > held.value[0]


def test_other_metabolites_hold_no_receptor():
    held = effects.nmda_occupancy(
        series({"s_ketamine": [0], "s_hydroxynorketamine": [500]}, parent="s_ketamine", at_effect_site=[0])
    )
    assert held.value[0] == 0
    assert held.drivers == ("s_ketamine",)


# --- the calendar


def test_the_antidepressant_curve_is_largest_within_two_days_and_mostly_gone_by_day_11():
    days = np.linspace(0, 28, 2801)
    course = effects.antidepressant(days)
    largest = days[course.value.argmin()]
    assert 0.3 <= largest <= 2
    assert course.value[days == 11] / course.value.min() <= 0.30
    tau_on, tau_off = 0.15, 7
    assert largest == pytest.approx(tau_on * np.log(1 + tau_off / tau_on), abs=0.01)


def test_the_antidepressant_curve_starts_at_nothing_and_has_its_hand_calculated_day():
    course = effects.antidepressant([0, 1])
    assert course.value[0] == 0
    assert course.value[1] == pytest.approx(-9 * (1 - np.exp(-1 / 0.15)) * np.exp(-1 / 7))
    assert course.value[1] == pytest.approx(-7.7, abs=0.2)
    assert course.low[1] < course.value[1] < course.high[1] < 0
    assert course.t_min.tolist() == [0, 1440]
    assert course.drivers == ()
    assert "not driven by concentration" in course.says


@pytest.mark.parametrize("days", [-1, [1, np.nan], np.inf])
def test_a_day_that_is_none_is_refused(days):
    with pytest.raises(OutOfRange, match="days"):
        effects.antidepressant(days)
