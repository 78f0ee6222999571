"""Interactions: the exact pair and route change the numbers; everything else is said in words, and nothing unknown is a pass."""

import importlib

import numpy as np
import pytest

from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.pkpd import interactions, models
from ketacare.science.pkpd.doses import Dose, Regimen
from ketacare.science.pkpd.interactions.book import STEM, parse
from ketacare.science.pkpd.modelling import assemble, parameters
from ketacare.science.pkpd.population import simulate_population
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.subject import Subject
from ketacare.science.pkpd.virtual import individuals

interactions_book = importlib.import_module("ketacare.science.pkpd.interactions.book")
WHO = Subject(62, age_years=25)
ORAL_MODELS = ["ashraf2018_s_ketamine", "perezruixo2021_esketamine"]
BY_MOUTH = Regimen((Dose(28, "oral", 0),), drug="esketamine")
BY_VEIN = Regimen((Dose(28, "iv", 0, 40),), drug="esketamine")
BY_NOSE = Regimen((Dose(28, "intranasal", 0),), drug="esketamine")
BOTH = Regimen((Dose(28, "iv", 0, 40), Dose(28, "oral", 0)), drug="esketamine")
MINUTES = np.arange(0.0, 5 * 1440, 2)


def curve(model, regimen, *names):
    return simulate(model, regimen, WHO, MINUTES, interactions=names)


def auc_ratio(model, regimen, *names, analyte=None):
    analyte = analyte or models.load(model).parent
    with_it, without = (curve(model, regimen, *one).concentration_ng_per_ml[analyte] for one in (names, ()))
    return np.trapezoid(with_it) / np.trapezoid(without)


def said(series, *, about=None):
    return {
        flag.code: flag.says
        for flag in series.flags
        if flag.code.startswith("interaction") and about in (None, flag.about)
    }


# --- the pair and route that were studied


@pytest.mark.parametrize("model", ORAL_MODELS)
@pytest.mark.parametrize(
    ("name", "ratio"),
    [
        ("clarithromycin", 2.6),
        ("grapefruit_juice", 3.0),
        ("itraconazole", 1.0),
        ("st_johns_wort", 0.42),
        ("rifampicin", 0.14),
    ],
)
def test_the_published_ratio_of_the_auc_by_mouth_is_met(model, name, ratio):
    assert auc_ratio(model, BY_MOUTH, name) == pytest.approx(ratio, rel=1e-9)
    told = said(curve(model, BY_MOUTH, name))
    assert f"{ratio:g}" in told["interaction-applied"]
    assert "enantiomer" in told["interaction-enantiomer"]
    assert "do not use these numbers" in told["interaction-metabolite"]


def test_grapefruit_juice_tells_its_range():
    assert "(2.4 to 3.6)" in said(curve(ORAL_MODELS[0], BY_MOUTH, "grapefruit juice"))["interaction-applied"]


def test_ticlopidine_is_the_published_ratio_where_a_model_has_no_form_of_its_own():
    assert auc_ratio("perezruixo2021_esketamine", BY_MOUTH, "ticlopidine") == pytest.approx(2.4, rel=1e-9)


def test_ticlopidine_goes_through_the_models_own_static_form():
    values = parameters.values(models.load("ashraf2018_s_ketamine"), [WHO])
    inhibited, _ = interactions.apply(models.load("ashraf2018_s_ketamine"), values, BY_MOUTH, ["ticlopidine"])
    flow, unbound, left = values["QH"][0], 0.70 / 0.50, 1 - 0.63
    extracted = unbound * 301 / 60 * left / (flow + unbound * 301 / 60 * left)
    assert inhibited["CL_h"][0] == pytest.approx(flow * extracted)
    assert inhibited["CL_h"][0] < values["CL_h"][0]
    assert "oral_fraction_factor" not in inhibited
    told = said(curve("ashraf2018_s_ketamine", BY_MOUTH, "ticlopidine"))
    assert "own form" in told["interaction-applied"]
    assert "interaction-metabolite" not in told
    assert 2 < auc_ratio("ashraf2018_s_ketamine", BY_MOUTH, "ticlopidine") < 3


def test_rifampicin_by_vein_raises_the_clearance_of_ketamine_by_13_percent_and_of_norketamine_threefold():
    assert auc_ratio("otto2021_s_ketamine", BY_VEIN, "rifampicin") == pytest.approx(1 / 1.13, rel=1e-3)
    assert auc_ratio("otto2021_s_ketamine", BY_VEIN, "rifampicin", analyte="s_norketamine") == pytest.approx(
        1 / 3, rel=1e-3
    )
    told = said(curve("otto2021_s_ketamine", BY_VEIN, "rifampicin"))
    assert "x 1.13" in told["interaction-applied"]
    assert "does not name the enantiomer" in told["interaction-enantiomer"]
    assert "interaction-class" not in told


@pytest.mark.parametrize("model", ["racemate_iv_venous", "kamp2020_iv", "domino1984_iv", "clements1981_iv"])
def test_rifampicin_by_vein_raises_the_clearance_of_every_enantiomer_and_in_every_form_of_model(model):
    racemate = Regimen((Dose(35, "iv", 0, 40),), drug="racemic_ketamine")
    assert auc_ratio(model, racemate, "rifampicin") == pytest.approx(1 / 1.13, rel=1e-3)


def test_a_model_without_one_parameter_for_clearance_takes_no_ratio_and_says_so():
    told = said(curve("perezruixo2021_esketamine", BY_VEIN, "rifampicin"))
    assert "cannot be put into it" in told["interaction-no-place"]
    assert "interaction-class" in told
    assert auc_ratio("perezruixo2021_esketamine", BY_VEIN, "rifampicin") == 1


def test_by_mouth_and_by_vein_at_once_each_part_has_its_own_published_change():
    own = models.load("otto2021_s_ketamine")
    two_routes = own.model_copy(update={"entries": {**own.entries, "oral": own.entries["iv"]}})
    values = parameters.values(own, [WHO])
    changed, _ = interactions.apply(two_routes, values, BOTH, ["rifampicin"])
    by_mouth = changed["oral_fraction_factor"] / changed["CL"] * values["CL"]
    assert by_mouth == pytest.approx(0.14)
    assert values["CL"] / changed["CL"] == pytest.approx(1 / 1.13)


def test_an_interaction_by_mouth_leaves_a_dose_by_vein_alone():
    assert auc_ratio("perezruixo2021_esketamine", BY_VEIN, "clarithromycin") == 1
    told = said(curve("perezruixo2021_esketamine", BOTH, "clarithromycin"))
    assert {"interaction-applied", "interaction-class"} <= told.keys()
    assert "under about 30 percent" in told["interaction-class"]


def test_two_medicines_that_were_never_studied_together_change_no_number():
    together = "clarithromycin", "grapefruit juice"
    assert auc_ratio("ashraf2018_s_ketamine", BY_MOUTH, *together) == 1
    told = said(curve("ashraf2018_s_ketamine", BY_MOUTH, *together))
    assert "never together" in told["interaction-not-together"]
    assert "interaction-applied" not in told


def test_the_same_medicine_under_two_names_counts_once():
    assert auc_ratio("ashraf2018_s_ketamine", BY_MOUTH, "rifampin", "Rifampicin 300 mg capsule") == pytest.approx(0.14)


def test_never_more_than_the_whole_dose_reaches_the_blood():
    model = models.load("perezruixo2021_esketamine")
    typical = parameters.values(model, [WHO, WHO])
    slow_liver = {
        name: np.array([one[0], one[1] / 50]) if name in ("kel", "kmet") else one for name, one in typical.items()
    }
    changed, flags = interactions.apply(model, slow_liver, BY_MOUTH, ["grapefruit juice"])
    reaches = changed["oral_fraction_factor"] * interactions.bioavailability(model, slow_liver, "oral")
    assert changed["oral_fraction_factor"][0] == pytest.approx(3)
    assert reaches == pytest.approx([3 * 0.178, 1.0], rel=1e-3)
    assert ["1 of 2" in flag.says for flag in flags if flag.code == "interaction-capped"] == [True]


@pytest.mark.parametrize(
    ("model", "fraction"), [("ashraf2018_s_ketamine", 0.120), ("perezruixo2021_esketamine", 0.178)]
)
def test_bioavailability_by_mouth_is_the_published_one(model, fraction):
    used = models.load(model)
    assert interactions.bioavailability(used, parameters.values(used, [WHO]), "oral") == pytest.approx(
        fraction, abs=6e-4
    )


def test_bioavailability_by_vein_is_all_of_the_dose():
    used = models.load("racemate_iv_venous")
    assert interactions.bioavailability(used, parameters.values(used, [WHO]), "iv") == pytest.approx(1)


def test_a_population_says_that_somebody_may_be_held_at_the_whole_dose():
    name = "ashraf2018_s_ketamine"
    people, alone = (
        simulate_population(name, BY_MOUTH, 40, [60, 120], rng=1, interactions=given)
        for given in (["grapefruit juice"], [])
    )
    assert {"interaction-applied", "interaction-capped"} <= {flag.code for flag in people.flags}
    assert (people.mean["s_ketamine"] <= 3 * alone.mean["s_ketamine"] * (1 + 1e-9)).all()
    assert (people.mean["s_ketamine"] > 2.5 * alone.mean["s_ketamine"]).all()


def test_a_medicine_changes_every_session_alike_whatever_its_route():
    """The model knows occasions, so its sessions are solved apart: by vein rifampicin changes clearance in both."""
    model = models.load("simons2022_s_ketamine")
    mixed = Regimen((Dose(28, "iv", 0, 40), Dose(50, "sublingual", 2880)), drug="esketamine")
    asked = individuals.Question(
        model=model, regimen=mixed, t_min=np.array([30.0, 2940.0]), interactions=("rifampicin",)
    )
    one = simulate(model, mixed, WHO, asked.t_min, interactions=["rifampicin"])
    apart = individuals.curves(asked, [WHO], [{}, {}])[0, :, 0]
    np.testing.assert_allclose(apart, one.concentration_ng_per_ml["s_ketamine"], rtol=1e-9)


def test_the_values_that_are_given_are_not_changed():
    model = models.load("otto2021_s_ketamine")
    values = parameters.values(model, [WHO])
    before = {name: one.copy() for name, one in values.items()}
    interactions.apply(model, values, BY_VEIN, ["rifampicin"])
    assert all((values[name] == before[name]).all() for name in before)
    assert interactions.apply(model, values, BY_VEIN, []) == (values, ())


# --- in words


def test_what_is_only_recalled_is_neither_applied_nor_shown():
    for name, recalled in (("clarithromycin", "1.04"), ("rifampicin", "0.72")):
        assert auc_ratio("perezruixo2021_esketamine", BY_NOSE, name) == 1
        told = said(curve("perezruixo2021_esketamine", BY_NOSE, name))
        assert "only recalled" in told["interaction-class"]
        assert recalled not in " ".join(told.values())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ketoconazole", "raise"),
        ("Voriconazole 200 MG Oral Tablet", "CYP2B6"),
        ("carbamazepine", "lower"),
        ("erythromycin", "raise"),
    ],
)
def test_another_inhibitor_or_inducer_gets_its_class_in_words_and_no_number(name, text):
    assert auc_ratio("ashraf2018_s_ketamine", BY_MOUTH, name) == 1
    told = said(curve("ashraf2018_s_ketamine", BY_MOUTH, name))
    assert text in told["interaction-class"]
    assert "No number is applied" in told["interaction-class"]


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        ("clonazepam 1 mg", "interaction-sedation", "adds to sedation"),
        ("Oxycodone", "interaction-sedation", "adds to sedation"),
        ("alcohol", "interaction-sedation", "adds to sedation"),
        ("methylphenidate", "interaction-pressure", "blood pressure"),
        ("phenelzine", "interaction-pressure", "MAO"),
        ("moclobemide", "interaction-pressure", "MAO"),
    ],
)
def test_what_adds_to_sedation_or_to_blood_pressure_is_said(name, code, text):
    told = said(curve("otto2021_s_ketamine", BY_VEIN, name))
    assert text in told[code]
    assert auc_ratio("otto2021_s_ketamine", BY_VEIN, name) == 1


def test_a_medicine_of_two_classes_is_warned_of_for_both():
    assert {"interaction-sedation", "interaction-class"} <= said(
        curve("otto2021_s_ketamine", BY_VEIN, "phenobarbital")
    ).keys()


@pytest.mark.parametrize("name", ["xyzzy", "", "amlodip"])
def test_a_name_that_is_not_known_is_never_a_pass(name):
    told = said(curve("otto2021_s_ketamine", BY_VEIN, name))
    assert "nothing can be said" in told["interaction-unknown"]
    assert "not a pass" in told["interaction-unknown"]


def test_a_medicine_without_an_entry_here_is_not_called_safe():
    told = said(curve("otto2021_s_ketamine", BY_VEIN, "amlodipine"))
    assert "not a pass" in told["interaction-not-listed"]


def test_one_name_may_be_given_as_it_is():
    series = simulate("otto2021_s_ketamine", BY_VEIN, WHO, [60], interactions="rifampicin")
    assert "interaction-applied" in said(series)


# --- the parameter that a clearance is proportional to


CLEARED = [
    (name, molecule)
    for name in models.names()
    for molecule in models.load(name).cleared_by
    if models.load(name).is_simulable
]


@pytest.mark.parametrize(("name", "molecule"), CLEARED)
def test_the_parameter_that_a_model_names_divides_the_auc_of_the_molecule_it_clears(name, molecule):
    model = models.load(name)
    typical = parameters.values(model, [WHO])
    doubled = parameters.with_derived(
        model, {**typical, model.cleared_by[molecule]: 2 * typical[model.cleared_by[molecule]]}
    )
    for analyte in (one for one, about in model.analytes.items() if about.molecule == molecule):
        assert auc(model, doubled, analyte) == pytest.approx(auc(model, typical, analyte) / 2)


def auc(model, values, analyte):
    """The AUC to infinity of 1 mg by vein."""
    system = assemble.system(model, values)
    entered = np.zeros(len(system.compartments))
    for entry in model.entries["iv"]:
        entered[system.compartments.index(entry.into)] += parameters.entering_fraction(entry, values).item()
    return system.readout[0, list(model.analytes).index(analyte)] @ np.linalg.solve(-system.rates_per_min[0], entered)


@pytest.mark.parametrize("wrong", ["{ketamine: CLx}", "{morphine: CL}"])
def test_a_model_cannot_be_cleared_by_what_it_does_not_have(wrong):
    text = reference.read_text("models/kamp2020_iv.1.yaml").replace("{ketamine: CL}", wrong)
    with pytest.raises(BadReference, match="cleared_by"):
        models.parse(text, place="x.yaml")


# --- names and data


def test_names_are_read_as_a_record_writes_them():
    assert [one.name for one in interactions.known("Rifampin 300 MG Oral Capsule")] == ["rifampicin"]
    assert [one.name for one in interactions.known("ST. JOHN’S WORT extract")] == ["st john's wort"]
    assert {one.name for one in interactions.known("lopinavir / ritonavir 200-50 mg")} == {"lopinavir", "ritonavir"}
    assert interactions.known("clarithromycine") == ()


def test_every_medicine_of_the_record_is_known_here_by_each_of_its_names():
    listed = reference.read_yaml(reference.newest("codes/medicines"))["ingredients"]
    for one in listed:
        for name in (one["name"], *one.get("also", ())):
            assert any(set(one["classes"]) <= set(found.classes) for found in interactions.known(name)), name


def test_every_class_here_that_the_record_does_not_have_belongs_to_a_medicine_here():
    listed = {
        name
        for one in reference.read_yaml(reference.newest("codes/medicines"))["ingredients"]
        for name in one["classes"]
    }
    ours = {name for one in interactions.book().medicines.values() for name in one.classes}
    assert not interactions.book().classes.keys() - listed - ours


def test_every_applied_number_was_read_and_names_its_study():
    sources = reference.sources()
    for pair in interactions.book().pairs:
        if pair.may_be_applied:
            assert any(sources[key].mark == "seen" for key in pair.sources)


def test_a_list_of_medicines_without_names_is_refused(monkeypatch):
    monkeypatch.setattr(interactions_book, "read_yaml", lambda file: {"ingredients": [{"classes": ["opioid"]}]})
    with pytest.raises(BadReference, match="names and classes"):
        interactions_book.ingredients.__wrapped__()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"medicine": "xyzzy"}, "no medicine 'xyzzy'"),
        ({"auc_ratio": None}, "an AUC ratio or clearance ratios"),
        ({"auc_ratio": 0}, "greater than 0"),
        ({"sources": ["NOBODY"]}, "no source NOBODY"),
        ({"route": "rectal"}, "route"),
        ({"medicine": "clarithromycin"}, "given twice"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused(change, says):
    tree = reference.read_yaml(reference.newest(STEM))
    tree["pairs"][0] |= change
    with pytest.raises(BadReference, match=says):
        parse(tree, place="x.yaml")
