"""What has no honest answer is refused with its field; what still means something is answered with a flag."""

from dataclasses import replace

import pytest

from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd import guards, models
from ketacare.science.pkpd.noncompartmental import noncompartmental
from ketacare.science.pkpd.regimen import Dose, Regimen
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.subject import Subject

ADULT = Subject(70, 40, race="other")
SLOW = Regimen.infusion(35, 40, drug="racemic_ketamine")
ESKETAMINE = Regimen.infusion(28, 40, drug="esketamine")


def codes(model, regimen, subject=ADULT):
    return {flag.code for flag in guards.flags(models.load(model), regimen, [subject])}


def refusals(model, regimen):
    with pytest.raises(OutOfRange) as refused:
        guards.flags(models.load(model), regimen, [ADULT])
    return {problem.place: problem.says for problem in refused.value.problems}


def hiding():
    return [name for name in models.names() if models.load(name).shortest_iv_min]


@pytest.mark.parametrize("name", hiding())
def test_an_injection_is_refused_below_the_models_shortest_time_and_not_at_it(name):
    model = models.load(name)
    shortest = model.shortest_iv_min
    assert "doses[1].duration_min" in refusals(name, Regimen.infusion(28, shortest - 0.01))
    assert "doses[1].duration_min" in refusals(name, Regimen.push(28))
    assert codes(name, Regimen.infusion(28, shortest))


def test_the_venous_default_for_the_racemate_is_one_of_them():
    assert {"racemate_iv_venous", "otto2021_s_ketamine"} <= set(hiding())


def test_a_push_before_an_infusion_is_still_an_injection():
    both = SLOW.along_with(Regimen.infusion(10, 1, start_min=40, drug="racemic_ketamine"))
    assert list(refusals("racemate_iv_venous", both)) == ["doses[2].duration_min"]


def test_a_pause_or_a_change_of_rate_does_not_make_an_injection_of_an_infusion():
    paused = Regimen.from_rates([(0, 0.875), (6, 0), (9, 0.875), (30, 1.0), (34, 0.5)], end_min=45)
    assert "caveat" in codes("racemate_iv_venous", paused)


def test_an_infusion_whose_minutes_became_hours_is_asked_about():
    slow = Regimen.infusion(35, 40 * 60, drug="racemic_ketamine")
    assert "slow-infusion" in codes("kamp2020_iv", slow)
    assert "slow-infusion" not in codes("kamp2020_iv", slow.scaled(2))
    assert "slow-infusion" not in codes("kamp2020_iv", SLOW)
    assert "slow-infusion" not in codes("kamp2020_iv", SLOW.repeated([0, 3, 7]))


def test_a_racemic_dose_in_a_model_of_esketamine_alone_is_refused():
    assert "split the dose" in refusals("otto2021_s_ketamine", SLOW)["drug"]
    assert "esketamine" in refusals("racemate_iv_venous", ESKETAMINE)["drug"]


def test_a_drug_that_is_not_said_is_flagged():
    assert "drug-not-said" in codes("racemate_iv_venous", Regimen.infusion(35, 40))
    assert "drug-not-said" not in codes("racemate_iv_venous", SLOW)


def test_a_route_that_the_model_does_not_have_is_refused_with_those_it_has():
    says = refusals("otto2021_s_ketamine", Regimen((Dose(12, "oral", 0),), "esketamine"))["doses[1].route"]
    assert "otto2021_s_ketamine has no route oral; it has iv" in says


def test_compounded_spray_has_no_answer_in_any_model():
    spray = Regimen((Dose(28, "intranasal", 0),), "racemic_ketamine")
    for name in models.names():
        assert refusals(name, spray)
    with pytest.raises(OutOfRange):
        models.default_for(route="intranasal", drug="racemic_ketamine")


def test_a_model_that_is_not_known_well_enough_is_refused_with_the_reason():
    unknown = [name for name in models.names() if not models.load(name).is_simulable]
    assert unknown
    for name in unknown:
        assert models.load(name).not_simulable in refusals(name, Regimen.infusion(35, 40))["model"]


def test_a_nasal_amount_of_no_whole_devices_is_refused_and_of_whole_ones_is_not():
    assert list(refusals("perezruixo2021_esketamine", Regimen((Dose(42, "intranasal", 0),)))) == ["doses[1].amount_mg"]
    assert "devices-close" in codes("perezruixo2021_esketamine", Regimen((Dose(84, "intranasal", 0),)))


def test_devices_nearer_than_the_labels_rest_are_flagged():
    name = "perezruixo2021_esketamine"
    assert "devices-close" not in codes(name, Regimen.devices(3))
    assert "devices-close" in codes(name, Regimen.devices(3, apart_min=4.9))


def test_an_intramuscular_dose_carries_the_range_of_its_bioavailability():
    into_muscle = Regimen((Dose(35, "im", 0),), "racemic_ketamine")
    said = {flag.about: flag.says for flag in guards.flags(models.load("racemate_im_venous"), into_muscle, [ADULT])}
    assert "0.41-0.93" in said["F_im"]
    assert "from memory" in said["F_im"]


@pytest.mark.parametrize(
    ("subject", "about"),
    [(Subject(38.9, 40), "weight_kg"), (Subject(170.1, 40), "weight_kg"), (Subject(70, 17), "age_years")],
)
def test_a_subject_outside_the_source_population_is_flagged(subject, about):
    flags = guards.flags(models.load("perezruixo2021_esketamine"), Regimen.devices(1), [subject])
    assert [flag.about for flag in flags if flag.code == "outside-population"] == [about]


@pytest.mark.parametrize("subject", [Subject(39, 18), Subject(170, 86)])
def test_a_subject_at_the_edge_of_the_source_population_is_inside(subject):
    assert "outside-population" not in codes("perezruixo2021_esketamine", Regimen.devices(1), subject)


def test_a_population_is_told_how_many_lie_outside():
    people = [Subject(30, 40), Subject(70, 40), Subject(200, 40)]
    flags = guards.flags(models.load("perezruixo2021_esketamine"), Regimen.devices(1), people)
    assert [flag.says.startswith("2 of 3 subjects") for flag in flags if flag.code == "outside-population"] == [True]


def test_what_the_model_looks_at_and_nobody_said_is_flagged():
    name = "perezruixo2021_esketamine"
    said = guards.flags(models.load(name), ESKETAMINE, [Subject(70)])
    assert {flag.about for flag in said if flag.code == "covariate-not-said"} == {"race", "age_years"}
    assert "covariate-not-said" not in codes(name, ESKETAMINE)
    assert "covariate-not-said" not in codes("kamp2020_iv", ESKETAMINE, Subject(70))


def test_the_effect_site_of_a_model_that_is_not_arterial_is_flagged():
    assert "effect-site-not-arterial" in codes("racemate_iv_venous", SLOW)
    assert "effect-site-not-arterial" not in codes("kamp2020_iv", SLOW)


def test_venous_blood_after_an_intravenous_dose_says_that_it_shows_no_early_peak():
    into_muscle = Regimen((Dose(35, "im", 0),), "racemic_ketamine")
    assert "venous-blood" in codes("racemate_iv_venous", SLOW)
    assert "venous-blood" not in codes("racemate_im_venous", into_muscle)
    assert "venous-blood" not in codes("kamp2020_iv", SLOW)


def test_a_model_of_children_says_that_it_is_one():
    assert {"opt-in-model", "outside-population"} <= codes("herd2007_iv", SLOW)


def test_mg_of_the_hydrochloride_are_flagged():
    assert "salt-converted" in codes("kamp2020_iv", Regimen.infusion(35, 40, salt="hydrochloride"))


def test_every_caveat_of_a_model_is_carried_by_its_curve():
    model = models.load("perezruixo2021_esketamine")
    said = {flag.says for flag in guards.flags(model, Regimen.devices(1), [ADULT])}
    assert set(model.caveats) <= said


def test_the_warning_about_one_analyte_goes_with_its_figures_and_no_others():
    curve = simulate("perezruixo2021_esketamine", Regimen.devices(1), ADULT, range(1440))
    warned = {
        name: [flag.says for flag in noncompartmental(curve, name).flags] for name in curve.concentration_ng_per_ml
    }
    assert "AUC" in warned["noresketamine"][0]
    assert not warned["esketamine"]


def test_a_child_in_a_model_of_adults_is_flagged_though_their_ages_were_not_seen():
    assert models.load("kamp2020_iv").population.age_years is None
    assert "outside-population" in codes("kamp2020_iv", SLOW, Subject(50, 17))
    assert "outside-population" not in codes("kamp2020_iv", SLOW, Subject(50, 18))


def test_everything_that_is_wrong_is_told_at_once():
    wrong = Regimen((Dose(35, "iv", 0, 1), Dose(35, "oral", 5)), "racemic_ketamine")
    assert set(refusals("otto2021_s_ketamine", wrong)) == {"doses[1].duration_min", "doses[2].route", "drug"}


def test_curves_of_different_sites_are_not_compared_without_a_warning():
    arterial = simulate("kamp2020_iv", SLOW, ADULT, [40])
    venous = simulate("racemate_iv_venous", SLOW, ADULT, [40])
    assert "site-mismatch" in {flag.code for flag in guards.compare(arterial, venous)}
    assert not guards.compare(arterial, simulate("kamp2020_iv", SLOW.scaled(2), ADULT, [40]))


def test_the_same_molecule_under_two_names_is_no_difference_and_two_drugs_are_one():
    racemate, pooled = (simulate(name, SLOW, ADULT, [40]) for name in ("racemate_iv_venous", "kamp2020_iv"))
    alone = simulate("kamp2020_iv", replace(SLOW, drug="esketamine"), ADULT, [40])
    assert racemate.parent != pooled.parent
    assert "analyte-mismatch" not in {flag.code for flag in guards.compare(racemate, pooled)}
    assert "analyte-mismatch" in {flag.code for flag in guards.compare(pooled, alone)}
