"""What a record makes known, and above all what it does not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.facts.codes import LOINC, SNOMED, code_book
from ketacare.science.facts.entries import Coding, EntryKind, RecordEntry, Standing
from ketacare.science.facts.record import RecordFacts, facts_from_record
from ketacare.science.rules.book import load
from ketacare.science.rules.catalogue import catalogue

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BORN = date(1980, 2, 29)
MEASURED = load("eligibility").fields.keys() - {"patient.age_years"}
WEIGHT, HEIGHT, SYS, DIA, SPO2, ALT, EGFR = "29463-7", "8302-2", "8480-6", "8462-4", "59408-5", "1742-6", "62238-1"


def entry(code: str, value: object = None, unit: str = "", *, days: float = 1, **more: object) -> RecordEntry:
    at = NOW - timedelta(days=days)
    plain = {
        "kind": EntryKind.RESULT,
        "codings": (Coding(system=LOINC, code=code),),
        "display": code,
        "standing": Standing.PRESENT,
        "status": "final",
        "as_of": at,
        "as_of_given": at.isoformat(),
        "group": f"Observation/{code}-{days}",
        "pointer": "",
        "value": None if value is None else Decimal(str(value)),
        "unit": unit,
    }
    return RecordEntry(**(plain | more))


def found(*entries: RecordEntry, sex: str = "unknown", born: date = BORN) -> RecordFacts:
    return facts_from_record(entries, born_on=born, sex_at_birth=sex, at=NOW, fields=catalogue())


def values(*entries: RecordEntry) -> dict[str, object]:
    """What becomes known for the eligibility book; the other books' facts of the same measurements have their own tests."""
    return {one.name: one.value for one in found(*entries).facts if one.name in MEASURED}


def every(*entries: RecordEntry, **more: object) -> dict[str, object]:
    return {one.name: one.value for one in found(*entries, **more).facts}


def reasons(*entries: RecordEntry) -> str:
    return "; ".join(map(str, found(*entries).unused))


def test_a_birthday_counts_on_its_day():
    assert found(born=date(1980, 3, 2)).facts[0].value == 46
    assert found(born=date(1980, 3, 3)).facts[0].value == 45


@pytest.mark.parametrize(("sex", "known"), [("female", True), ("male", True), ("unknown", False), ("", False)])
def test_only_a_recorded_sex_at_birth_is_known(sex, known):
    assert ("patient.sex_at_birth" in {one.name for one in found(sex=sex).facts}) is known


@pytest.mark.parametrize(
    ("code", "value", "unit", "fact", "expected"),
    [
        (WEIGHT, 70, "kg", "patient.weight_kg", 70),
        (WEIGHT, 70000, "g", "patient.weight_kg", 70),
        (WEIGHT, 154, "[lb_av]", "patient.weight_kg", 69.853),
        (HEIGHT, "1.7", "m", "patient.height_cm", 170),
        (HEIGHT, 70, "[in_i]", "patient.height_cm", 177.8),
        (EGFR, 88, "mL/min/{1.73_m2}", "renal.egfr", 88),
        ("8636-3", "0.44", "s", "cv.qtc_ms", 440),
        (SPO2, "96.5", "%", "resp.spo2", 97),
    ],
)
def test_a_value_is_turned_into_the_unit_of_its_fact(code, value, unit, fact, expected):
    assert values(entry(code, value, unit))[fact] == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize("unit", ["stone", "", "mg", "KG"])
def test_a_unit_that_cannot_be_turned_leaves_the_fact_unknown_and_is_listed(unit):
    assert values(entry(WEIGHT, 11, unit)) == {}
    assert "cannot be turned into kg" in reasons(entry(WEIGHT, 11, unit))


def test_a_newer_value_that_cannot_be_used_is_not_replaced_by_an_older_one():
    assert values(entry(WEIGHT, 70, "kg", days=20), entry(WEIGHT, 12, "stone", days=1)) == {}
    assert values(entry(WEIGHT, 70, "kg", days=1), entry(WEIGHT, 12, "stone", days=20)) == {"patient.weight_kg": 70}


def test_the_newest_of_several_counts():
    assert values(entry(WEIGHT, 70, "kg", days=9), entry(WEIGHT, 72, "kg", days=3))["patient.weight_kg"] == 72


def test_two_values_at_the_same_time_are_no_answer():
    assert values(entry(WEIGHT, 70, "kg"), entry(WEIGHT, 90, "kg")) == {}
    assert "two different values" in reasons(entry(WEIGHT, 70, "kg"), entry(WEIGHT, 90, "kg"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"comparator": ">"}, "only a bound"),
        ({"standing": Standing.UNSURE, "status": "preliminary"}, "not final"),
        ({"as_of": None}, "no date"),
        ({"as_of": NOW + timedelta(hours=1)}, "in the future"),
    ],
)
def test_a_value_that_is_not_a_plain_measurement_is_listed(change, reason):
    result = replace(entry(EGFR, 60, "mL/min/{1.73_m2}"), **change)
    assert values(result) == {}
    assert reason in reasons(result)


@pytest.mark.parametrize("standing", [Standing.ERROR, Standing.WITHDRAWN, Standing.REFUTED])
def test_what_was_taken_back_says_nothing(standing):
    assert values(replace(entry(WEIGHT, 70, "kg"), standing=standing)) == {}


def test_a_value_that_is_absent_with_a_reason_is_not_a_zero():
    assert values(entry(SYS, None, absent_reason="cuff slipped")) == {}


def pressure(systolic: int, *, days: float, **more: object) -> RecordEntry:
    return entry(SYS, systolic, "mm[Hg]", days=days, **more)


def test_a_blood_pressure_is_the_mean_of_two_or_more_readings_close_together():
    known = values(pressure(141, days=1), pressure(132, days=1.01), pressure(180, days=30))
    assert known == {"cv.bp_sys": 137, "cv.bp_readings": 2}


def test_one_reading_is_not_a_blood_pressure():
    assert values(pressure(141, days=1), pressure(139, days=3)) == {}
    assert "1 seated reading within 24 h" in reasons(pressure(141, days=1))


def test_the_same_reading_told_twice_is_one_reading():
    assert values(pressure(141, days=1), replace(pressure(141, days=1), group="Observation/copy")) == {}


def test_a_reading_lying_down_does_not_count_and_a_seated_one_does():
    lying = pressure(120, days=1, position="40199007")
    seated = [pressure(140, days=1.01, position="33586001"), pressure(142, days=1.02, position="33586001")]
    assert values(lying, *seated)["cv.bp_sys"] == 141
    assert "not measured seated" in reasons(lying)


def test_the_evidence_says_that_the_position_was_not_stated():
    facts = found(pressure(141, days=1), pressure(132, days=1.01)).facts
    assert "position not stated" in next(one.source for one in facts if one.name == "cv.bp_sys")


def test_kilopascals_are_a_pressure():
    known = values(entry(DIA, "10.0", "kPa", days=1), entry(DIA, "10.4", "kPa", days=1.01))
    assert known["cv.bp_dia"] == 77


@pytest.mark.parametrize(("flow", "unit", "room_air"), [(0, "L/min", True), (6, "L/min", False), (2, "gal", False)])
def test_a_saturation_on_oxygen_is_not_the_one_on_room_air(flow, unit, room_air):
    beside = {"group": "Observation/one"}
    known = values(entry(SPO2, 97, "%", **beside), entry("3151-8", flow, unit, **beside))
    assert ("resp.spo2" in known) is room_air


def test_a_liver_enzyme_is_told_in_multiples_of_the_laboratory_s_own_limit():
    assert values(entry(ALT, 120, "U/L", reference_high=Decimal(40))) == {"hep.alt_x_uln": 3}


def test_without_the_laboratory_s_limit_a_liver_enzyme_stays_unknown():
    assert values(entry(ALT, 20, "U/L")) == {}
    assert "no single upper limit" in reasons(entry(ALT, 20, "U/L"))
    older = entry(ALT, 20, "U/L", days=30, reference_high=Decimal(40))
    assert values(entry(ALT, 400, "U/L"), older) == {}


def test_liver_tests_are_done_when_all_five_are_there():
    codes = ["1742-6", "1920-8", "6768-6", "2324-2", "1975-2"]
    panel = [entry(code, 30, "x", reference_high=Decimal(40)) for code in codes]
    assert values(*panel)["hep.lft_done"] is True
    assert "hep.lft_done" not in values(*panel[1:])


def test_a_body_mass_index_follows_from_weight_and_height_and_is_never_taken_as_typed():
    stated = entry("39156-5", 31, "kg/m2")
    assert values(stated) == {}
    known = values(entry(WEIGHT, 70, "kg"), entry(HEIGHT, 170, "cm", days=400), stated)
    assert known["patient.bmi"] == pytest.approx(24.22, abs=0.01)
    assert "contradicts the 24.2 kg/m2" in reasons(entry(WEIGHT, 70, "kg"), entry(HEIGHT, 170, "cm"), stated)
    near = entry("39156-5", 25, "kg/m2")
    assert reasons(entry(WEIGHT, 70, "kg"), entry(HEIGHT, 170, "cm"), near) == ""


def pregnancy(result: str, *, days: float = 2, code: str = "", **more: object) -> RecordEntry:
    codings = (Coding(system=SNOMED, code=code),) if code else ()
    return entry("2106-3", days=days, value_text=result, value_codings=codings, **more)


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (pregnancy("Negative"), "negative"),
        (pregnancy("", code="260385009"), "negative"),
        (pregnancy("nicht nachweisbar", code="10828004"), "positive"),
    ],
)
def test_a_pregnancy_test_has_a_result_and_an_age(test, expected):
    known = values(test)
    assert known == {"patient.pregnancy_test_result": expected, "patient.pregnancy_test_days_ago": 2}


def test_an_unclear_pregnancy_test_hides_an_older_clear_one():
    assert values(pregnancy("see note", days=1), pregnancy("Negative", days=5)) == {}
    assert "not clear" in reasons(pregnancy("see note"))


def test_a_value_that_the_books_would_refuse_is_listed_and_left_out():
    assert values(entry(WEIGHT, 4, "kg")) == {}
    assert "patient.weight_kg" in reasons(entry(WEIGHT, 4, "kg"))


codes = st.sampled_from([WEIGHT, HEIGHT, SYS, DIA, SPO2, ALT, EGFR, "8636-3", "2106-3", "39156-5", "38341003"])
made = st.builds(
    entry,
    codes,
    st.one_of(st.none(), st.decimals(-1000, 1000, allow_nan=False)),
    st.sampled_from(["kg", "cm", "mm[Hg]", "%", "", "U/L"]),
    days=st.floats(-10, 4000),
    standing=st.sampled_from(Standing),
    reference_high=st.sampled_from([None, Decimal(40), Decimal(0)]),
    value_text=st.sampled_from(["", "Negative", "no"]),
)


@given(st.lists(made, max_size=12))
def test_whatever_the_record_says_no_fact_becomes_false(entries):
    known = found(*entries)
    assert not [one for one in known.facts if one.value is False]
    fields = catalogue()
    assert not [one for one in known.facts if fields[one.name].complaint(one.value)]


@given(st.lists(made, max_size=12), st.randoms())
def test_the_order_of_entries_does_not_matter(entries, order):
    shuffled = list(entries)
    order.shuffle(shuffled)
    assert {one.name for one in found(*entries).facts} == {one.name for one in found(*shuffled).facts}


def test_every_code_is_given_once():
    rows = [code.code for row in code_book().facts for code in row.codes]
    assert len(rows) == len(set(rows))
    assert {row.fact for row in code_book().facts} <= catalogue().keys()


LIVER = ["1742-6", "1920-8", "6768-6", "2324-2", "1975-2"]
CREATININE, TSH, GLUCOSE, TEMPERATURE, HCG = "2160-0", "3016-3", "2345-7", "8310-5", "19080-1"


def test_one_measurement_serves_every_book_that_asks_for_it():
    known = every(entry(ALT, 80, "U/L", reference_high=Decimal(40)))
    assert known["hep.alt_x_uln"] == known["fu.alt_x_uln"] == 2


@pytest.mark.parametrize(
    ("code", "value", "unit", "fact", "expected"),
    [
        (GLUCOSE, 90, "mg/dL", "gate.glucose_mmol_l", 5.0),
        (GLUCOSE, "5.2", "mmol/L", "gate.glucose_mmol_l", 5.2),
        (TEMPERATURE, "98.6", "[degF]", "gate.temp_c", 37.0),
        (TEMPERATURE, 212, "°F", "gate.temp_c", None),
        (TEMPERATURE, "36.6", "Cel", "gate.temp_c", 36.6),
    ],
)
def test_laboratory_units_are_turned(code, value, unit, fact, expected):
    assert every(entry(code, value, unit)).get(fact) == (
        None if expected is None else pytest.approx(expected, abs=0.01)
    )


# What published CKD-EPI 2021 calculators give, rounded.
@pytest.mark.parametrize(
    ("sex", "age", "creatinine", "egfr"),
    [
        ("male", 50, "1.0", 92),
        ("female", 50, "1.0", 69),
        ("male", 70, "2.0", 35),
        ("female", 30, "0.6", 123),
        ("male", 20, "0.9", 125),
    ],
)
def test_an_egfr_is_estimated_from_creatinine(sex, age, creatinine, egfr):
    known = every(entry(CREATININE, creatinine, "mg/dL"), sex=sex, born=date(2026 - age, 1, 1))
    assert known["renal.egfr"] == pytest.approx(egfr, abs=1)


def test_creatinine_in_substance_units_is_the_same_kidney():
    of = {"sex": "male", "born": date(1976, 1, 1)}
    mass, substance = (
        every(entry(CREATININE, *told), **of)["renal.egfr"] for told in (("1", "mg/dL"), ("88.42", "umol/L"))
    )
    assert mass == pytest.approx(substance, rel=0.001)


def test_a_reported_egfr_that_is_as_new_is_not_replaced():
    of = {"sex": "male", "born": date(1976, 1, 1)}
    reported, older = entry(EGFR, 60, "mL/min/{1.73_m2}", days=2), entry(EGFR, 60, "mL/min/{1.73_m2}", days=9)
    creatinine = entry(CREATININE, 1, "mg/dL", days=2)
    assert every(reported, creatinine, **of)["renal.egfr"] == 60
    assert every(older, creatinine, **of)["renal.egfr"] > 80


@pytest.mark.parametrize("change", [{"sex": "unknown"}, {"born": date(2012, 1, 1)}])
def test_no_kidney_function_is_estimated_without_sex_or_of_a_child(change):
    assert "renal.egfr" not in every(entry(CREATININE, 1, "mg/dL"), **({"sex": "male", "born": BORN} | change))


def test_a_tsh_is_the_answer_that_there_is_one():
    assert every(entry(TSH, 2, "mIU/L"))["endo.thyroid_symptoms_no_tsh"] is False
    assert "endo.thyroid_symptoms_no_tsh" not in every(replace(entry(TSH, 2, "mIU/L"), standing=Standing.UNSURE))
    assert "endo.thyroid_symptoms_no_tsh" not in every(entry(TSH, None, absent_reason="haemolysed"))


@pytest.mark.parametrize(
    ("value", "comparator", "result"),
    [
        (2, "", "negative"),
        (5, "<", "negative"),
        ("4.99", "", "negative"),
        (5, "", "indeterminate"),
        ("24.9", "", "indeterminate"),
        (25, "", "positive"),
        (1000, ">", "positive"),
        (10, "<", None),
        (3, ">", None),
    ],
)
def test_hcg_as_a_number_is_a_pregnancy_test(value, comparator, result):
    assert every(entry(HCG, value, "m[iU]/mL", comparator=comparator)).get("patient.pregnancy_test_result") == result


def test_days_are_counted_since_the_last_measurement_that_could_be_used():
    known = every(entry(WEIGHT, 70, "kg", days=12), entry("24356-8", days=100, value_text="normal"))
    assert (known["fu.weight_days"], known["gate.weight_age_days"], known["fu.urinalysis_days"]) == (12, 12, 100)
    assert "fu.weight_days" not in every(entry(WEIGHT, 11, "stone"))


def test_a_liver_panel_is_as_old_as_its_oldest_test():
    tests = [entry(code, 20, "U/L", days=10 + n, reference_high=Decimal(40)) for n, code in enumerate(LIVER)]
    assert every(*tests)["fu.liver_days"] == 14
    assert "fu.liver_days" not in every(*tests[1:])
