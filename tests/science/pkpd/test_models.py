"""Model files: what each says of itself, what a wrong one is told, and which model answers by default."""

import numpy as np
import pytest

from ketacare.science import reference
from ketacare.science.errors import BadReference, OutOfRange
from ketacare.science.pkpd import models
from ketacare.science.pkpd.modelling import assemble, parameters
from ketacare.science.pkpd.modelling.defaults import defaults
from ketacare.science.pkpd.models import default_for, load, names, parse
from ketacare.science.pkpd.subject import Subject

ADULT = Subject(70, 40, race="other")
SMALL = """
id: small
version: 1
schema: ketacare.pk_model/1
title: A small model
status: calibration
review: {status: unreviewed}
drug: esketamine
site: venous
population: {says: nobody, mark: default}
reference_weight_kg: 70
sources: [D-PKPD]
parent: s_ketamine
analytes:
  s_ketamine: {label: S-ketamine, read_in: [blood], molecule: ketamine}
parameters:
  V: {value: 20, unit: L, mark: default}
  CL: {value: 60, unit: L/h, mark: default}
  F: {value: 0.5, unit: "1", mark: default}
  T: {value: 10, unit: min, mark: default}
compartments:
  gut: {}
  blood: {volume: V}
flows:
  - {from: gut, to: blood, half_life: T}
  - {from: blood, to: eliminated, clearance: CL}
entries:
  oral: [{into: gut, fractions: [F]}]
"""
POPULATION = "population: {says: nobody, mark: default}"


def wrong_with(text: str) -> list[str]:
    with pytest.raises(BadReference) as refused:
        parse(text, place="small")
    return [str(one) for one in refused.value.problems]


def test_a_model_of_ones_own_is_read_like_a_released_one():
    model = parse(SMALL, place="small")
    values = parameters.values(model, [ADULT])
    system = assemble.system(model, values, ke0_per_min=0.1)
    assert model.routes == ("oral",)
    assert system.compartments == ("gut", "blood", "effect_site")
    assert system.readout[0, 0] == pytest.approx([0, 1000 / 20, 0])
    assert system.rates_per_min[0] == pytest.approx(
        np.array([[-np.log(2) / 10, 0, 0], [np.log(2) / 10, -1 / 20, 0], [0, 0.1 * 1000 / 20, -0.1]])
    )
    assert model.reference.sha256 == reference.sha256(SMALL)


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ("title: A small model", "titel: A small model", "small: title: Field required"),
        ("version: 1", "version: 1\nextra: 2", "small: extra: Extra inputs are not permitted"),
        ("version: 1", "version: 1\nreference: {id: a, version: 1, sha256: b}", "small: reference: is not said by a file"),
        ("unit: L/h", "unit: L/hour", "small: parameters.CL.unit: 'L/hour' is none of"),
        ("value: 60", "value: .nan", "small: parameters.CL.value: Input should be a finite number"),
        ("value: 60", "value: '60'", "small: parameters.CL.value: Input should be a valid number"),
        ("value: 60", "value: -60", "small: parameters.CL.value: -60.0 is not above 0"),
        ("clearance: CL", "clearance: CX", "small: flows.2.clearance: there is no parameter 'CX'"),
        ("clearance: CL", "clearance: T", "small: flows.2.clearance: 'T' is a time, not a clearance"),
        ("clearance: CL", "clearance: CL, rate: T", "a flow has one of clearance, rate, mean_time, half_life"),
        ("from: gut", "from: stomach", "small: flows.1: there is no compartment 'stomach'"),
        ("from: gut", "from: eliminated", "small: flows.1: there is no compartment 'eliminated'"),
        ("to: blood", "to: {blood: V}", "small: flows.1.to: 'V' is a volume, not a ratio"),
        ("to: blood", "to: bloood", "small: flows.1: there is no compartment 'bloood'"),
        ("into: gut", "into: nose", "small: entries.oral.1.into: there is no compartment 'nose'"),
        ("oral:", "by_mouth:", "small: entries.by_mouth"),
        ("fractions: [F]", "fractions: [F], over: V", "small: entries.oral.1.over: 'V' is a volume, not a time"),
        ("blood: {volume: V}", "blood: {}", "the compartment 'blood' has no volume to read a concentration with"),
        ("gut: {}", "effect_site: {}", "small: compartments.effect_site: this name is kept"),
        ("parent: s_ketamine", "parent: ketamine", "small: parent: there is no analyte 'ketamine'"),
        ("molecule: ketamine", "molecule: aspirin", "small: analytes.s_ketamine: 'aspirin' is none of"),
        ("read_in: [blood]", "read_in: [plasma]", "small: analytes.s_ketamine.read_in: there is no compartment 'plasma'"),
        ("sources: [D-PKPD]", "sources: [NOBODY]", "small: sources.sources: there is no source 'NOBODY'"),
        ("unit: min, mark: default", "unit: min, mark: seen", "marked 'seen', and names no source"),
        (POPULATION, POPULATION + "\nformula: magic", "small: formula: 'magic' is none of"),
        (POPULATION, POPULATION + "\nformula: two_enantiomers", "small: formula: two_enantiomers needs the parameter"),
        (POPULATION, POPULATION + "\nderived: {X: {unit: L, says: x}}", "small: derived: there is no formula"),
        (POPULATION, POPULATION + "\nresidual: {k: {mark: default}}", "small: residual.k: there is no such analyte"),
        (POPULATION, POPULATION + "\ncovariates: [{parameter: X, race: asian, times: F}]", "there is no parameter 'X'"),
        (POPULATION, POPULATION + "\ncovariates: [{parameter: F, race: asian}]", "a covariate has race and times"),
        (POPULATION, POPULATION + "\nrefused_routes: {oral: because}", "small: refused_routes.oral: has entries too"),
        (
            POPULATION,
            POPULATION + "\ncovariances: [{between: [CL, V], covariance: 1, mark: default}]",
            "small: covariances.1: CL, V does not vary between subjects",
        ),
        (
            'V: {value: 20, unit: L, mark: default}\n  CL: {value: 60, unit: L/h, mark: default}',
            "V: {value: 20, unit: L, mark: default, between_subject: {variance: 0.1}}\n"
            "  CL: {value: 60, unit: L/h, mark: default, between_subject: {variance: 0.1}}\n"
            "covariances: [{between: [V, CL], covariance: 0.2, mark: default}]\nmore:",
            "small: covariances: these variances and covariances cannot all hold",
        ),
        (
            'F: {value: 0.5, unit: "1"',
            'F: {value: 1.5, between_subject: {variance: 1, scale: logit}, unit: "1"',
            "small: parameters.F: 1.5 has no logit",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_model_file_is_said_with_its_place(was, now, says):
    assert was in SMALL
    assert any(says in one for one in wrong_with(SMALL.replace(was, now, 1))), wrong_with(SMALL.replace(was, now, 1))


def test_everything_that_is_wrong_is_said_at_once():
    text = SMALL.replace("title:", "remark: none\ntitle:").replace("unit: L/h", "unit: litres", 1)
    text = text.replace("half_life: T", "half_life: nothing").replace("into: gut", "into: nowhere")
    text = text.replace('unit: "1", mark: default', 'unit: "1", mark: recalled, colour: red')
    said = "\n".join(wrong_with(text))
    for part in ("remark", "'litres'", "'nothing'", "'nowhere'", "marked 'recalled', and names no source", "F.colour"):
        assert part in said


def test_a_number_that_is_none_hides_no_other_problem_and_makes_none():
    text = (
        SMALL.replace("value: 60", "value: much")
        .replace("half_life: T", "half_life: nothing")
        .replace("title:", "titel:")
    )
    assert wrong_with(text) == [
        "small: title: Field required",
        "small: parameters.CL.value: Input should be a valid number",
        "small: titel: Extra inputs are not permitted",
        "small: flows.1.half_life: there is no parameter 'nothing'",
    ]


@pytest.mark.parametrize("text", ["", "[]", "a", "id: [1]", SMALL + "inherits: {model: kamp2020_iv}\n"])
def test_what_is_no_model_at_all_is_refused(text):
    assert wrong_with(text)


@pytest.mark.parametrize("name", names())
def test_each_model_says_what_it_is(name):
    model = load(name)
    assert model.id == name
    assert model.population.says
    assert model.caveats
    assert model.reference.sha256 == reference.digest(f"models/{name}.1.yaml")
    assert model.review.status == "unreviewed"
    assert model.is_simulable or model.not_simulable


def test_all_models_of_the_evidence_are_there():
    assert set(names()) >= {
        "racemate_iv_venous", "racemate_im_venous", "otto2021_s_ketamine", "kamp2020_iv", "simons2022_s_ketamine",
        "perezruixo2021_esketamine", "ashraf2018_s_ketamine", "domino1984_iv", "clements1981_iv", "hijazi2003_icu_iv",
        "herd2007_iv", "hornik2018_child", "flint2017_picu", "henthorn2018_recirculatory",
    }  # fmt: skip


def test_a_name_or_version_that_is_not_there_is_refused():
    with pytest.raises(BadReference, match="is none of"):
        load("kamp1999")
    with pytest.raises(BadReference, match="there is no version 7"):
        load("kamp2020_iv", 7)


def test_what_is_not_known_is_not_computed():
    with pytest.raises(OutOfRange, match="volumes"):
        assemble.system(load("henthorn2018_recirculatory"), {})
    assert "rate of absorption was not" in load("hornik2018_child").refused_routes["im"]
    assert "im" not in load("hornik2018_child").routes
    assert "every hour" in load("flint2017_picu").refused_analytes["s_norketamine"]


@pytest.mark.parametrize(
    ("question", "model"),
    [
        ({"route": "iv", "drug": "racemic_ketamine", "duration_min": 40}, "racemate_iv_venous"),
        ({"route": "iv", "drug": "racemic_ketamine", "duration_min": 10, "site": "venous"}, "racemate_iv_venous"),
        ({"route": "iv", "drug": "racemic_ketamine", "duration_min": 9.9}, "kamp2020_iv"),
        ({"route": "iv", "drug": "racemic_ketamine", "duration_min": 40, "site": "arterial"}, "kamp2020_iv"),
        ({"route": "iv", "drug": "racemic_ketamine", "duration_min": 40, "analyte": "norketamine"}, "racemate_iv_venous"),
        ({"route": "iv", "drug": "esketamine", "duration_min": 30, "site": "venous"}, "otto2021_s_ketamine"),
        ({"route": "iv", "drug": "esketamine", "duration_min": 30, "analyte": "s_norketamine"}, "otto2021_s_ketamine"),
        ({"route": "iv", "drug": "esketamine", "duration_min": 0}, "simons2022_s_ketamine"),
        ({"route": "iv", "drug": "esketamine"}, "otto2021_s_ketamine"),
        ({"route": "iv_push", "drug": "racemic_ketamine"}, "kamp2020_iv"),
        ({"route": "iv", "drug": "esketamine", "duration_min": 30, "site": "arterial"}, "simons2022_s_ketamine"),
        ({"route": "iv", "drug": "esketamine", "duration_min": 30, "analyte": "s_hydroxynorketamine"}, "simons2022_s_ketamine"),
        ({"route": "intranasal", "drug": "esketamine"}, "perezruixo2021_esketamine"),
        ({"route": "oral", "drug": "esketamine"}, "ashraf2018_s_ketamine"),
        ({"route": "sublingual", "drug": "esketamine"}, "simons2022_s_ketamine"),
        ({"route": "buccal", "drug": "esketamine"}, "simons2022_s_ketamine"),
        ({"route": "im", "drug": "racemic_ketamine"}, "racemate_im_venous"),
    ],
)  # fmt: skip
def test_one_model_answers_by_default_for_a_route_a_drug_and_a_site(question, model):
    assert default_for(**question).id == model


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ({"route": "iv", "drug": "racemic_ketamine", "site": "venous", "duration_min": 2}, "early peak"),
        ({"route": "iv", "drug": "esketamine", "site": "venous", "duration_min": 0}, "early peak"),
        ({"route": "iv_push", "drug": "racemic_ketamine", "site": "venous"}, "early peak"),
        ({"route": "intranasal", "drug": "racemic_ketamine"}, "give the bioavailability"),
        ({"route": "oral", "drug": "racemic_ketamine"}, "no model of racemic ketamine by mouth"),
        ({"route": "im", "drug": "esketamine"}, "no model of esketamine into muscle"),
        ({"route": "intranasal", "drug": "esketamine", "site": "arterial"}, "perezruixo2021_esketamine"),
        ({"route": "iv", "drug": "racemic_ketamine", "site": "arterial", "analyte": "norketamine"}, "norketamine"),
        ({"route": "rectal", "drug": "esketamine"}, "no model of ours"),
    ],
)
def test_where_there_is_no_default_the_reason_is_given(question, why):
    with pytest.raises(OutOfRange, match=why):
        default_for(**question)


def test_no_model_of_children_is_a_default_and_none_for_whom_somebody_must_ask_by_name():
    given = {row.model for row in defaults().rows if row.model}
    apart = {name for one in defaults().only_by_name.values() for name in one.models}
    assert given <= set(names())
    assert apart <= set(names())
    assert not given & apart
    assert not any(load(name).opt_in or not load(name).is_simulable for name in given)


def test_a_default_has_the_site_and_the_route_of_its_row():
    for row in defaults().rows:
        if row.model:
            assert (load(row.model).site, row.route in load(row.model).routes) == (row.site, True)
            assert load(row.model).drug in (row.drug, "any")
            assert load(row.model).shortest_iv_min <= row.at_least_min or row.route != "iv"


def test_etas_move_values_on_their_own_scale_around_one_subject_or_many():
    model = load("perezruixo2021_esketamine")
    typical = parameters.values(model, [ADULT])
    moved = parameters.values(model, [ADULT], {"Vc": np.array([0, np.log(2)]), "FRn": np.array([-50, 50])})
    assert moved["Vc"] == pytest.approx([192, 384])
    assert moved["FRn"] == pytest.approx([0, 1])
    assert moved["Qh"] == pytest.approx(np.repeat(typical["Qh"], 2))
    assert parameters.values(model, [ADULT, ADULT], {"Vc": np.array([0, 1])})["Vc"][0] == typical["Vc"][0]


@pytest.mark.parametrize(
    ("subjects", "etas", "place"),
    [
        ([], {}, "subjects"),
        ([ADULT], {"V9": np.zeros(1)}, "etas.V9"),
        ([ADULT, ADULT], {"Vc": np.zeros(3)}, "etas"),
        ([ADULT], {"Vc": np.zeros(3), "Vh": np.zeros(2)}, "etas"),
        ([ADULT], {"Vc": np.zeros((2, 2))}, "etas"),
    ],
)
def test_etas_that_fit_nobody_are_refused(subjects, etas, place):
    with pytest.raises(OutOfRange) as refused:
        parameters.values(load("perezruixo2021_esketamine"), subjects, etas)
    assert [one.place for one in refused.value.problems] == [place]


@pytest.mark.parametrize("ke0", [0, -1, np.nan, np.inf])
def test_an_effect_site_that_follows_at_no_rate_is_refused(ke0):
    model = load("kamp2020_iv")
    with pytest.raises(OutOfRange, match="ke0"):
        assemble.system(model, parameters.values(model, [ADULT]), ke0_per_min=ke0)


def test_the_effect_site_follows_with_the_half_life_that_was_read():
    assert np.log(2) / assemble.default_ke0_per_min() == pytest.approx(6.1)
    assert defaults().effect_site.half_life_min.mark == "seen"


def test_hydrochloride_holds_the_base_that_its_molecular_weights_say():
    weights = defaults().molecular_weights
    share = weights["ketamine"].value / weights["ketamine_hydrochloride"].value
    assert defaults().base_fraction.value == pytest.approx(share, abs=5e-4)


def test_a_file_that_inherits_from_itself_is_refused(tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    (tmp_path / "models/small.1.yaml").write_text(SMALL + "inherits: {model: small, version: 1, takes: [parameters]}\n")
    monkeypatch.setattr(reference, "DATA", tmp_path)
    with pytest.raises(BadReference, match="would inherit from itself"):
        parse(reference.read_text("models/small.1.yaml"), place="small")


@pytest.mark.parametrize(
    ("inherits", "says"),
    [
        ("{model: kamp2020_iv}", "names model, version and what it takes"),
        ("{model: kamp2020_iv, version: 1, takes: [title]}", "names model, version and what it takes"),
        ("{model: kamp1999, version: 1, takes: [flows]}", "no such data file"),
    ],
)
def test_what_cannot_be_inherited_is_refused(inherits, says):
    assert any(says in one for one in wrong_with(SMALL + f"inherits: {inherits}\n"))


def test_a_racemate_takes_over_what_its_file_names_and_nothing_else():
    racemate, s_ketamine = load("racemate_iv_venous"), load("otto2021_s_ketamine")
    assert dict(s_ketamine.parameters).items() <= dict(racemate.parameters).items()
    assert racemate.covariances == s_ketamine.covariances
    assert racemate.status == "calibration"
    assert load("racemate_im_venous").routes == ("im",)
    assert models.has_analyte(racemate, "norketamine")


@pytest.mark.parametrize(
    ("route", "drug", "site", "model"),
    [
        ("iv_infusion", "racemic_ketamine", "venous", "racemate_iv_venous"),
        ("iv_infusion", "racemic_ketamine", "arterial", "kamp2020_iv"),
        ("iv_push", "racemic_ketamine", "arterial", "kamp2020_iv"),
        ("iv_infusion", "esketamine", "venous", "otto2021_s_ketamine"),
        ("oral_solution", "esketamine", "venous", "ashraf2018_s_ketamine"),
        ("sublingual_buccal", "esketamine", "arterial", "simons2022_s_ketamine"),
        ("intramuscular", "racemic_ketamine", "venous", "racemate_im_venous"),
    ],
)
def test_the_default_is_found_by_the_names_in_which_the_evidence_writes_a_route(route, drug, site, model):
    """Dose knew them; the defaults answered that no model of ours does."""
    assert models.default_for(route=route, drug=drug, site=site).id == model


def test_an_infusion_shorter_than_a_venous_model_holds_for_stays_refused_whatever_its_route_is_called():
    with pytest.raises(OutOfRange):
        models.default_for(route="iv_infusion", drug="racemic_ketamine", site="venous", duration_min=5)
