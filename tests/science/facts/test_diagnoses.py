"""What coded conditions and procedures make known, and above all what they do not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.interop.fhir import import_unit
from ketacare.science import rules
from ketacare.science.errors import BadReference
from ketacare.science.facts.codes import code_book
from ketacare.science.facts.condition_codes import condition_book, parse_conditions
from ketacare.science.facts.entries import EntryKind, Standing
from ketacare.science.facts.medicine_codes import medicine_book
from ketacare.science.facts.record import facts_from_record
from ketacare.science.reference import read_yaml
from ketacare.science.rules.catalogue import catalogue
from ketacare.science.rules.conditions import comparisons
from tests.science.facts.statements import NOW, condition, facts, told, values
from tests.shared_folder import SHARED, needs_shared

ELIGIBILITY = rules.load("eligibility")


@pytest.mark.parametrize(
    ("code", "fact", "value"),
    [
        ("38341003", "cv.hypertension_history", True),
        ("I10", "cv.hypertension_history", True),
        ("I71.40", "cv.aneurysmal_vascular_disease", True),
        ("I7140", "cv.aneurysmal_vascular_disease", True),
        ("F20.0", "psych.schizophrenia_spectrum_history", True),
        ("F31.81", "psych.bipolar_history", "II"),
        ("F31.9", "psych.bipolar_history", "unspecified"),
        ("G40.919", "neuro.seizure_disorder", "uncontrolled"),
        ("H40.1131", "eye.glaucoma", True),
        ("Z99.2", "renal.dialysis", True),
        ("F10.20", "sud.active_moderate_severe", True),
        ("710067001", "hep.child_pugh", "C"),
        ("420913000", "cv.nyha_class", 3),
    ],
)
def test_a_code_makes_its_fact_known_with_the_resource_as_its_evidence(code, fact, value):
    found = facts(condition(code))[fact]
    assert found.value == value
    assert f"Condition/{code}" in found.source
    assert "since 2026-01-31" in found.source


@pytest.mark.parametrize(
    "code", ["G40.909", "G47.33", "K74.60", "E05.90", "J44.9", "I35.0", "I50.9", "R07.9", "F32.1", "Z90.710"]
)
def test_a_code_that_does_not_say_enough_stands_beside_the_question_and_settles_nothing(code):
    said = told(condition(code))
    assert [one.name for one in said.facts] == ["patient.age_years"]
    assert said.speaks


@pytest.mark.parametrize("standing", [Standing.UNSURE, Standing.REFUTED])
def test_what_is_suspected_or_refuted_settles_nothing_and_is_shown(standing):
    said = told(condition("I21.9", standing=standing))
    assert [one.name for one in said.facts] == ["patient.age_years"]
    assert "cv.had_mi_or_cv_event" in said.speaks


@pytest.mark.parametrize("standing", [Standing.ERROR, Standing.WITHDRAWN])
def test_what_was_entered_in_error_or_withdrawn_says_nothing_at_all(standing):
    assert not told(condition("I21.9", standing=standing)).speaks


def test_what_was_once_stays_a_history_and_is_no_state_of_today():
    known = values(condition("F20.0", standing=Standing.PAST), condition("I71.4", standing=Standing.PAST))
    assert known == {"psych.schizophrenia_spectrum_history": True}


def test_a_treated_tumour_is_treated_and_an_open_one_is_not():
    assert values(condition("302835009"))["cv.phaeochromocytoma"] == "untreated_or_suspected"
    assert values(condition("302835009", standing=Standing.PAST))["cv.phaeochromocytoma"] == "treated"


def test_a_remission_code_is_a_history_and_no_active_disorder():
    assert values(condition("F10.21")) == {"sud.any_history": True}


def test_a_history_from_long_ago_does_not_grow_stale_while_the_record_says_it():
    known = facts(condition("I10", days=9000))
    judged = ELIGIBILITY.evaluate(known, on=NOW.date())
    assert judged.facts["cv.hypertension_history"].value is True


def test_a_state_of_the_day_ages_from_its_own_date():
    fresh = ELIGIBILITY.evaluate(facts(condition("F05", days=3)), on=NOW.date())
    old = ELIGIBILITY.evaluate(facts(condition("F05", days=300)), on=NOW.date())
    assert fresh.facts["psych.delirium"].value is True
    assert (old.facts["psych.delirium"].value, old.facts["psych.delirium"].stale) == (None, True)


def test_the_day_of_a_recent_event_is_known_and_that_of_an_older_one_is_asked():
    assert values(condition("I21.4", days=20))["cv.days_since_mi_or_event"] == 20
    assert values(condition("I21.4", days=43)) == {"cv.had_mi_or_cv_event": True}
    month = condition("I21.4", days=20, as_of_given="2026-02")
    assert values(month) == {"cv.had_mi_or_cv_event": True}
    assert values(condition("I21.4", days=None)) == {"cv.had_mi_or_cv_event": True}


def test_of_two_events_the_latest_is_counted():
    assert values(condition("I21.4", days=30), condition("22298006", days=9))["cv.days_since_mi_or_event"] == 9


@pytest.mark.parametrize(
    ("days", "param"),
    [("cv.days_since_mi_or_event", "mi_window_days"), ("neuro.days_since_stroke_or_tia", "stroke_window_days")],
)
def test_days_are_counted_no_further_than_every_policy_would_still_fire(days, param):
    tightest = ELIGIBILITY.params[param].bounds[0]
    assert {one.days.up_to for one in condition_book().conditions if one.days and one.days.fact == days} == {tightest}


def test_a_heart_attack_without_its_day_is_asked_for_and_never_a_pass():
    judged = ELIGIBILITY.evaluate(facts(condition("I25.2")), on=NOW.date())
    assert "cv.days_since_mi_or_event" in {one.fact for one in judged.needs}
    assert judged.disposition == "needs_workup"


def test_a_pregnancy_counts_while_it_can_still_last():
    assert values(condition("72892002", days=200)) == {"patient.pregnant": True}
    assert values(condition("72892002", days=301)) == {}
    assert values(condition("72892002", standing=Standing.PAST)) == {}


def test_what_is_dated_ahead_makes_nothing_known():
    assert values(condition("F20.0", days=-3)) == {}


def test_of_several_values_the_strongest_counts():
    assert values(condition("F31.81"), condition("F31.9"))["psych.bipolar_history"] == "unspecified"
    assert values(condition("371596008"), condition("F31.9"))["psych.bipolar_history"] == "I"


def test_a_graded_state_is_the_newest_one():
    assert values(condition("422293003", days=60), condition("421704003", days=5))["cv.nyha_class"] == 2


def test_a_procedure_can_be_evidence():
    done = condition("265764009", kind=EntryKind.PROCEDURE, standing=Standing.PAST, days=4)
    assert values(done) == {"renal.dialysis": True}


def test_a_code_of_an_unknown_system_says_nothing():
    assert values(condition("I10", system="http://example.org/own")) == {}
    assert values(replace(condition("I10"), kind=EntryKind.RESULT)) == {}


concepts = condition_book().conditions
coded = st.sampled_from(
    sorted(
        {
            *(code for one in concepts for code in one.prefixes),
            *(c for one in concepts for m in one.snomed.values() for c in m),
        }
    )
)
entries = st.lists(
    st.builds(
        condition,
        coded,
        days=st.one_of(st.none(), st.integers(-30, 4000)),
        standing=st.sampled_from(Standing),
        kind=st.sampled_from([EntryKind.CONDITION, EntryKind.PROCEDURE]),
    ),
    max_size=6,
)


@given(entries)
def test_no_code_ever_makes_a_fact_false(several):
    found = told(*several).facts
    assert not [one for one in found if one.value is False or one.value == "none"]
    assert not [one for one in found if catalogue()[one.name].complaint(one.value)]


GRADED = {
    name
    for one in condition_book().conditions
    for name, made in one.makes.items()
    if made.dated or True not in made.values
}
READS = {
    rule.id: {one.fact for one in comparisons(rule.when)}
    for rule in ELIGIBILITY.rules
    if rule.severity in {"absolute", "relative"}
}


def silent(known) -> set[str]:
    """The absolute and relative rules that are known not to fire."""
    judged = ELIGIBILITY.evaluate(known, on=NOW.date())
    return READS.keys() - {one.rule.id for one in judged.findings}


def history(several) -> dict:
    """What the entries say of the histories: what is so or not, without grades and states of the day."""
    return {name: one for name, one in facts(*several).items() if name not in GRADED}


@given(entries, entries)
def test_adding_entries_never_lets_a_rule_on_histories_pass_that_fired_or_was_open(before, added):
    known = history([*before, *added])
    fired = {one.rule.id for one in ELIGIBILITY.evaluate(known, on=NOW.date()).findings if one.fires}
    for rule in silent(known) - silent(history(before)):
        # Only where a rule says of itself that another one takes its place: that one fires, on the same fact.
        assert any(READS[rule] & READS.get(other, set()) & known.keys() for other in fired), rule


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"makes": {"cv.avm": {"now": False}}}, "never makes a fact false"),
        ({"makes": {"resp.osa": {"now": "none"}}}, "never makes a fact false"),
        ({"makes": {"resp.osa": {"now": "cured"}}}, "must be one of"),
        ({"makes": {"cv.nothing": {"now": True}}}, "there is no fact cv.nothing"),
        ({"shows": ["cv.nothing"]}, "there is no fact cv.nothing"),
        ({"nonsense": 1}, "Extra inputs"),
    ],
)
def test_a_table_with_a_mistake_is_refused_with_its_place(change, says):
    tree = read_yaml("codes/conditions.1.yaml")
    tree["conditions"][0] |= change
    with pytest.raises(BadReference, match=says):
        parse_conditions(tree, place="conditions")


def test_every_fact_is_filled_by_a_code_or_stands_with_the_reason_why_none_can():
    conditions, results, medicines = condition_book(), code_book(), medicine_book()
    filled = {fact for one in conditions.conditions for fact in one.facts}
    filled |= {fact for row in results.facts for fact in (row.fact, *row.also)} | {one.fact for one in results.done}
    filled |= {medicines.allergy.fact, "meds.classes", "meds.benzo_dze_mg", "meds.opioid_mme", "meds.maoi_past"}
    filled |= {"meds.maoi_stopped_days_ago", "patient.sex_at_birth", "cv.bp_readings", "hep.lft_done"}
    filled |= {"patient.pregnancy_test_result", "patient.pregnancy_test_days_ago"}
    ours = ("plan.", "clearance.", "site.")  # what this clinic itself decides
    asked = {
        name for name, one in ELIGIBILITY.fields.items() if one.supplied_by != "derived" and not name.startswith(ours)
    }
    assert asked - filled - conditions.not_filled.keys() - results.not_filled.keys() == set()


def test_every_code_is_in_the_notation_of_its_system():
    for one in condition_book().conditions:
        assert all(prefix[0].isalpha() and prefix[1].isdigit() for prefix in one.prefixes), one.id
        assert all(code.isdecimal() for codes in one.snomed.values() for code in codes), one.id


@pytest.mark.real_data
@needs_shared
def test_no_history_fact_of_any_synthea_adult_is_false_and_what_is_known_is_what_the_record_says():
    unit = import_unit([SHARED / "data" / "fhir_r4_synthea_patients"])
    known = {}
    for person in unit.people:
        said = [e for r in unit.resources if r.person == person.source.key for e in r.entries]
        newest = max(one.as_of for one in said if one.as_of)
        record = facts_from_record(
            said, born_on=person.born_on, sex_at_birth=person.sex_at_birth, at=newest, fields=catalogue()
        )
        names = {one.name: one.value for one in record.facts}
        assert not [name for name, value in names.items() if value is False]
        assert {"patient.age_years", "patient.sex_at_birth", "patient.weight_kg", "patient.bmi"} <= names.keys()
        assert "cv.bp_sys" not in names  # one pressure a visit: the record alone never says what the blood pressure is
        known[person.family_name.strip("0123456789")] = names
    # Read in the files by hand: three have "Hypertension" as an active condition, nobody has another history that a rule asks for.
    history = {name for name, facts in known.items() if facts.get("cv.hypertension_history")}
    assert history == {"McLaughlin", "Conn", "Larson"}
    lasting = {fact for facts in known.values() for fact, value in facts.items() if value is True}
    assert lasting == {"cv.hypertension_history"}
    # The active medicines that belong to a class: hydrochlorothiazide of three, one's epinephrine, one's fluoxetine.
    classes = {name: facts.get("meds.classes") for name, facts in known.items()}
    assert classes == {
        "McLaughlin": ["vasopressor_ergot", "antihypertensive"],
        "Beatty": ["ssri_snri"],
        "Conn": ["antihypertensive"],
        "O'Connell": None,
        "Larson": ["antihypertensive"],
    }


@pytest.mark.real_data
@needs_shared
def test_the_published_examples_of_us_core_make_known_only_what_they_say():
    unit = import_unit([SHARED / "data" / "fhir_r4_us_core_examples"])
    said = [e for r in unit.resources for e in r.entries]
    record = facts_from_record(said, born_on=NOW.date(), sex_at_birth="", at=NOW, fields=catalogue())
    assert not [one for one in record.facts if one.value is False]
    # A sulfonamide allergy, a nizatidine order and vital signs: no history, no class of medicine.
    assert not record.lasting
    assert {one.display for one in record.speaks["meds.classes"]} == {"Nizatidine 15 MG/ML Oral Solution"}
