"""The simulator: regimens beside each other, every problem at its field, files that give the very same curves again."""

import csv
import io
import re

import numpy as np
import pytest
from django.urls import reverse

from ketacare.planning.curve_words import DECIDES_NOTHING
from ketacare.planning.simulator import simulated
from ketacare.planning.simulator_sheet import MOST_PEOPLE, MOST_POINTS, Sheet
from ketacare.science.pkpd import scenario
from ketacare.science.pkpd.population import simulate_population
from ketacare.science.pkpd.regimen import Regimen
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.subject import Subject

ONE = {
    "a-doses": "35 mg iv 40 min",
    "a-drug": "racemic_ketamine",
    "a-model": "default",
    "a-weight_kg": "70",
    "until": "8 h",
    "step": "2 min",
    "seed": "1",
}
SIXTY = {"b-doses": "35 mg iv 60 min"}
WHERE = reverse("planning:simulator")


def text_of(response, status=200) -> str:
    assert response.status_code == status
    return re.sub(r"\s+", " ", response.content.decode().replace("\N{NO-BREAK SPACE}", " "))


def wrong(**changes) -> dict[str, list[str]]:
    """Every field that is named, with what is said there."""
    sheet = Sheet(ONE | {name.replace("__", "-"): value for name, value in changes.items()})
    assert not sheet.is_valid
    forms = [sheet.shared, *(form for form in sheet.forms if form.is_asked)]
    return {form.add_prefix(name): list(said) for form in forms for name, said in form.errors.items()}


def test_the_curve_is_that_of_the_simulation_and_every_curve_says_what_it_is(cast, browse):
    found = simulated(Sheet(ONE)).runs[0]
    regimen = Regimen.infusion(35, 40, drug="racemic_ketamine")
    expected = simulate("racemate_iv_venous", regimen, Subject(70), np.arange(0, 481, 2.0))
    assert np.array_equal(
        found.series.concentration_ng_per_ml["ketamine_total"], expected.concentration_ng_per_ml["ketamine_total"]
    )
    text = text_of(browse("nurse").post(WHERE, ONE))
    assert "160 ng/mL" in text
    assert "venous plasma · model" in text
    assert reverse("planning:model", args=["racemate_iv_venous"]) in text
    assert DECIDES_NOTHING in text


def test_what_a_later_regimen_leaves_empty_is_as_in_the_first():
    first, second = Sheet(ONE | SIXTY | {"a-age_years": "44", "a-race": "asian", "a-medicine": "rifampicin"}).arms
    assert second.regimen.end_min == 60
    assert (second.subject, second.model, second.interactions) == (first.subject, first.model, ("rifampicin",))


def test_up_to_four_stand_beside_each_other_in_one_picture(cast, browse):
    more = SIXTY | {"c-weight_kg": "50", "d-model": "kamp2020_iv"}
    text = text_of(browse("prescriber").post(WHERE, ONE | more))
    legend = re.findall(r">([ABCD]) [^<]*kg, \w+", text)
    assert set(legend) == set("ABCD")
    assert "arterial and venous" in text


def test_what_is_to_be_known_of_a_curve_stands_in_the_open_and_its_banner_too(cast, browse):
    muscle = {"a-doses": "35 mg im", "a-weight_kg": "190"}
    text = text_of(browse("nurse").post(WHERE, ONE | muscle)).split('<details class="mb-3">')[0]
    assert "0.41-0.93" in text
    assert "from memory" in text


def test_curves_of_one_site_are_compared_without_a_warning():
    assert not simulated(Sheet(ONE | SIXTY)).compared


def test_the_band_is_that_of_the_population_with_this_seed():
    people = simulated(Sheet(ONE | {"people": "100", "seed": "7"})).runs[0].people
    regimen = Regimen.infusion(35, 40, drug="racemic_ketamine")
    again = simulate_population("racemate_iv_venous", regimen, 100, np.arange(0, 481, 2.0), rng=7, subject=Subject(70))
    assert np.array_equal(people.bands["ketamine_total"], again.bands["ketamine_total"])


@pytest.mark.parametrize(
    "more", [{}, {"people": "50", "seed": "3"}, {"a-model": "kamp2020_iv", "a-doses": "10 mg iv push", "step": "7 min"}]
)
def test_the_yaml_gives_the_very_same_curve_again(cast, browse, more):
    reply = browse("nurse").post(WHERE, ONE | more | {"act": "yaml-A"})
    assert reply["Content-Disposition"] == 'attachment; filename="simulation-A.yaml"'
    told = scenario.parse(reply.content.decode(), place="download")
    run = simulated(Sheet(ONE | more)).runs[0]
    again = scenario.run(told.model_copy(update={"population": None}))
    assert np.array_equal(again.effect_site_ng_per_ml, run.series.effect_site_ng_per_ml)
    assert (told.population is None) == ("people" not in more)
    if told.population:
        assert np.array_equal(scenario.run(told).effect_site_band, run.people.effect_site_band)


def test_the_csv_holds_every_digit_of_every_curve_and_says_what_it_is(cast, browse):
    reply = browse("nurse").post(WHERE, ONE | SIXTY | {"act": "csv", "people": "20"})
    rows = list(csv.DictReader(io.StringIO(reply.content.decode())))
    runs = simulated(Sheet(ONE | SIXTY | {"people": "20"})).runs
    assert {row["curve"] for row in rows} == {"A", "B"}
    assert {row["says"] for row in rows} == {DECIDES_NOTHING}
    told = [float(row["typical_ng_per_ml"]) for row in rows if (row["curve"], row["analyte"]) == ("B", "effect_site")]
    assert told == runs[1].series.effect_site_ng_per_ml.tolist()
    high = [float(row["q0.95_ng_per_ml"]) for row in rows if (row["curve"], row["analyte"]) == ("A", "ketamine_total")]
    assert high == runs[0].people.bands["ketamine_total"][-1].tolist()


@pytest.mark.parametrize("act", ["svg", "svg-effect-site"])
def test_the_svg_stands_alone_and_carries_its_site_model_status_and_limits(cast, browse, act):
    reply = browse("nurse").post(WHERE, ONE | {"act": act})
    assert reply["Content-Type"].startswith("image/svg+xml")
    svg = re.sub(r"</text><text[^>]*>", " ", reply.content.decode())
    assert svg.startswith("<svg xmlns=")
    for words in ("venous plasma", "racemate_iv_venous 1", "calibration", "does not decide a dose, a discharge or"):
        assert words in svg


def test_everything_that_is_wrong_is_named_at_once_and_what_was_typed_is_kept(cast, browse):
    typed = {
        "a-doses": "35 iv\n10 mg iv push at -5 min",
        "a-weight_kg": "-3",
        "a-age_years": "old",
        "until": "8",
        "people": "99999",
        "b-weight_kg": "nan",
    }
    text = text_of(browse("nurse").post(WHERE, ONE | typed))
    assert "<svg" not in text.split('id="sheet"')[1]
    found = wrong(**{name.replace("-", "__"): value for name, value in typed.items()})
    assert {"a-doses", "a-weight_kg", "a-age_years", "until", "people", "b-weight_kg"} <= found.keys()
    for kept in (
        "35 iv",
        "10 mg iv push at -5 min",
        'value="-3"',
        'value="old"',
        'value="8"',
        'value="99999"',
        'value="nan"',
    ):
        assert kept in text


@pytest.mark.parametrize(
    "field, value, says",
    [
        ("a-doses", "", "Say what is given"),
        ("a-doses", "35 mg iv 40", "no unit"),
        ("a-doses", "35 mg iv 40 min\n10 mg iv push at 5 min", "hides the early peak"),
        ("a-doses", "10 mg iv push at 1 h\n10 mg iv push", "before the dose it follows"),
        ("a-doses", "50 mg intranasal", "bioavailabilities"),
        ("a-weight_kg", "", "Say the weight"),
        ("a-weight_kg", "0", "not a weight above 0"),
        ("a-weight_kg", "1e999", "number"),
        ("a-age_years", "-1", "not an age"),
        ("a-model", "henthorn2018_recirculatory", "not one of the available"),
        ("a-model", "../../etc/passwd", "not one of the available"),
        ("a-model", "", "Say which model"),
        ("until", "0 h", "more than 0"),
        ("until", "30 min", "after the last moment"),
        ("until", "900 d", "longer step"),
        ("step", "1 s", "longer step"),
        ("step", "9 h", "longer than the whole"),
        ("people", str(MOST_PEOPLE + 1), "less than or equal"),
        ("people", "-1", "greater than or equal"),
        ("seed", "-1", "greater than or equal"),
    ],
)
def test_bad_input_is_refused_with_the_field_named(field, value, says):
    found = " ".join(" ".join(said) for said in wrong(**{field.replace("-", "__"): value}).values())
    assert says in found


def test_a_racemic_dose_in_a_model_of_one_enantiomer_is_refused_at_the_drug():
    found = wrong(a__model="otto2021_s_ketamine")
    assert "half of a racemic mg is esketamine" in found["a-drug"][0]


def test_a_page_has_its_limits_and_says_them():
    many = {f"{letter}-weight_kg": "60" for letter in "bcd"}
    found = wrong(people=str(MOST_PEOPLE), **{name.replace("-", "__"): value for name, value in many.items()})
    assert f"{MOST_POINTS:,}" in found["people"][0]
    assert "is not known" in wrong(people="10", a__model="domino1984_iv")["people"][0]
    film = {"a__doses": "50 mg sublingual", "a__drug": "esketamine"}
    assert "command line" in wrong(people="201", **film)["people"][0]


def test_what_only_the_simulation_refuses_is_told_in_the_sheet_too(cast, browse):
    text = text_of(browse("nurse").post(WHERE, ONE | {"until": "70 d", "step": "2 h"}))
    assert "days after the last dose" in text
    assert 'value="70 d"' in text


def test_a_curve_that_has_only_begun_is_drawn_with_what_there_is(cast, browse):
    ends = {"a-doses": "10 mg iv push at 8 h", "a-model": "simons2022_s_ketamine", "a-drug": "esketamine"}
    text = text_of(browse("nurse").post(WHERE, ONE | ends))
    assert "Simulate again" in text


def test_no_target_and_no_dose_is_ever_offered(cast, browse):
    text = text_of(browse("prescriber").post(WHERE, ONE)).lower()
    for word in ("target", "recommended dose", "should be given"):
        assert word not in text


@pytest.mark.parametrize(
    "role, status",
    [("prescriber", 200), ("nurse", 200), ("therapist", 200), ("front-desk", 404), ("quality", 404), ("patient", 404)],
)
def test_the_simulator_is_for_those_who_treat(cast, browse, role, status):
    assert browse(role).get(WHERE).status_code == status
    assert browse(role).post(WHERE, ONE).status_code == status


def test_the_page_asks_the_database_about_nobody(cast, browse, django_assert_max_num_queries):
    client = browse("nurse")
    with django_assert_max_num_queries(12) as counted:
        text_of(client.post(WHERE, ONE | SIXTY))
    tables = set(re.findall(r'FROM "(\w+)"', " ".join(one["sql"] for one in counted)))
    assert not tables & {"clinic_course", "record_entry", "planning_order"}
