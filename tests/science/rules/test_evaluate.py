"""What an evaluation tells: own values, needs, who supplies them, urgency, skipped rules, the record."""

import json
from datetime import date
from pathlib import Path

import pytest

from ketacare.science.errors import BadFacts
from ketacare.science.rules import Clearance, Fact, load
from ketacare.science.rules.cases import read_cases, with_clearances
from ketacare.science.rules.record import plain
from tests.science.rules.small_book import small_book

ON = date(2026, 11, 22)
HEALTHY = next(
    case.facts
    for file in [Path(__file__).parents[2] / "spec/rules/eligibility.yaml"]
    for case in read_cases(file.read_text(encoding="utf-8"), place=file.name)
    if case.id == "V01"
)


def screened(**changes):
    book = load("eligibility")
    facts, records = with_clearances(book, HEALTHY | changes, on=ON)
    return book.evaluate(facts, on=ON, clearances=records)


def test_a_complete_healthy_patient_has_no_unknown_rule_and_no_need():
    found = screened()
    assert (found.disposition, found.unknown, found.needs, found.contradictions) == ("eligible", (), (), ())


@pytest.mark.parametrize("fact", sorted(load("eligibility").required_facts))
def test_every_required_fact_left_blank_asks_for_it_and_is_never_a_pass(fact):
    found = screened(**{fact: None})
    assert found.disposition == "needs_workup"
    assert "WU-00" in found.fired
    assert fact in [used.name for used in found.finding("WU-00").because]
    assert fact in [need.fact for need in found.needs]


def test_a_finding_shows_the_patients_own_values_with_their_evidence():
    book = load("eligibility")
    facts = HEALTHY | {"cv.bp_sys": Fact(name="cv.bp_sys", value=166, unit="mmHg", as_of=ON, source="device 7")}
    finding = book.evaluate(facts, on=ON).finding("REL-01")
    (used, *_) = finding.because
    assert (used.name, used.value, used.unit, used.as_of, used.source) == ("cv.bp_sys", 166, "mmHg", ON, "device 7")
    assert [one.name for one in finding.because] == ["cv.bp_sys", "cv.bp_dia"]
    assert (finding.override, finding.severity, finding.certainty) == (
        "forbidden",
        "relative",
        finding.rule.stated.certainty,
    )
    assert set(finding.sources) == set(finding.rule.stated.sources)


def test_findings_come_strongest_first_and_fired_before_unknown():
    found = screened(**{"cv.avm": None, "patient.allergy_ketamine": True, "patient.bmi": 31})
    ranks = [list(load("eligibility").severities).index(one.severity) for one in found.findings]
    assert ranks == sorted(ranks)
    assert [one.rule.id for one in found.findings[:2]] == ["ABS-04", "ABS-02"]


def test_a_need_says_who_can_supply_it_and_which_rules_want_it():
    (need,) = screened(**{"cv.avm": None}).needs
    assert (need.fact, need.supplied_by, need.wanted_by) == ("cv.avm", "self", ("ABS-02", "WU-00"))
    assert need.ask.startswith("Has a doctor told you")


def test_a_missing_derived_fact_asks_for_what_it_is_derived_from():
    needs = {need.fact for need in screened(**{"meds.classes": None}).needs}
    assert "meds.classes" in needs
    assert "meds.cns_depressant_count" not in needs


def test_a_stale_fact_is_needed_again():
    book = load("eligibility")
    old = Fact(name="psych.suicide_risk", value="none", as_of=date(2026, 11, 14))
    found = book.evaluate(HEALTHY | {"psych.suicide_risk": old}, on=ON)
    (need,) = [need for need in found.needs if need.fact == "psych.suicide_risk"]
    assert need.stale
    assert found.disposition == "needs_workup"


def test_a_rule_for_another_route_or_jurisdiction_is_skipped_and_named():
    found = screened(**{"site.jurisdiction": "NZ", "meds.pdmp_checked": False})
    assert {"WU-05", "INF-03"} <= set(found.skipped)
    assert "WU-05" in screened(**{"meds.pdmp_checked": False}).fired


def test_a_rule_for_some_routes_is_unknown_while_the_route_is():
    found = screened(**{"plan.route": None, "patient.bmi": 31})
    assert "CAU-04" in found.unknown
    assert "plan.route" in found.finding("CAU-04").missing
    assert "CAU-04" not in screened(**{"plan.route": None}).unknown


def test_two_answers_that_contradict_each_other_are_named():
    found = screened(**{"cv.had_mi_or_cv_event": False, "cv.days_since_mi_or_event": 20})
    (told,) = found.contradictions
    assert told.says == "cv.had_mi_or_cv_event = False and cv.days_since_mi_or_event = 20 cannot all be true"
    assert found.disposition == "needs_workup"


def test_urgent_is_any_urgent_rule_that_fired():
    assert not screened().urgent
    assert screened(**{"psych.delirium": True}).urgent
    assert not screened(**{"psych.delirium": None}).urgent


def test_a_stricter_site_policy_changes_the_answer_and_is_kept():
    book = load("eligibility")
    facts = HEALTHY | {"cv.bp_sys": 150}
    assert book.evaluate(facts, on=ON).disposition == "eligible_with_precautions"
    strict = book.evaluate(facts, on=ON, policy=book.policy({"bp_treat_sys": 150}))
    assert strict.disposition == "needs_workup"
    assert strict.params["bp_treat_sys"] == 150


def test_the_record_of_an_evaluation_survives_json_and_repeats_it():
    found = screened(**{"cv.avm": None, "cv.stable_cad": True, "clearance.cardiology": True})
    kept = json.loads(json.dumps(plain(found)))
    assert (kept["book"], kept["version"], kept["sha256"]) == ("eligibility", 1, load("eligibility").sha256)
    assert [one["rule"] for one in kept["findings"]] == [one.rule.id for one in found.findings]
    again = load("eligibility").evaluate({name: one["value"] for name, one in kept["facts"].items()}, on=ON)
    assert again.fired == found.fired
    assert {one["mark"] for one in kept["findings"][0]["sources"]} <= {"seen", "recalled", "default", "mixed"}


def test_nothing_of_a_small_book_fires_when_all_is_well():
    facts = {"bp": 120, "dia": 70, "kinds": [], "risk": "low", "told": False}
    assert small_book().evaluate(facts, on=ON).disposition == "clear"


def test_an_evaluation_needs_no_day_while_nothing_is_dated():
    facts = {"bp": 165, "dia": 70, "kinds": [], "risk": "low", "told": False, "since": 4}
    undated = small_book().evaluate(facts)
    assert (undated.disposition, undated.fired, undated.on) == ("stopped", ("R-1",), None)
    assert undated.findings == small_book().evaluate(facts, on=ON).findings


def test_what_is_dated_needs_the_day_and_is_named():
    facts = {"bp": Fact(name="bp", value=120, as_of=ON), "since": ON, "risk": "low"}
    letter = Clearance(clearance="clearance.heart", covers=frozenset({"R-2"}), dated=ON, expires=ON)
    with pytest.raises(BadFacts) as refused:
        small_book().evaluate(facts, clearances=[letter])
    assert [one.place for one in refused.value.problems] == ["clearance.heart", "bp", "since"]
    assert {one.says for one in refused.value.problems} == {"is dated, so the day of evaluation must be given (on)"}


def test_a_rule_reads_as_its_id_and_a_finding_says_whether_it_fires():
    found = screened(**{"cv.avm": None, "patient.allergy_ketamine": True})
    assert [(str(one.rule), one.fires) for one in found.findings[:2]] == [("ABS-04", True), ("ABS-02", None)]
