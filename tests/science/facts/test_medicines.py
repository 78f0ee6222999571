"""Which classes and doses the medicines of a record make known, and what stays unknown."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science import rules
from ketacare.science.errors import BadReference
from ketacare.science.facts.condition_codes import condition_book
from ketacare.science.facts.dosage import daily_mg
from ketacare.science.facts.entries import Coding, EntryKind, RecordEntry, Standing
from ketacare.science.facts.medicine_codes import medicine_book, parse_medicines
from ketacare.science.facts.medicines import DZE, MME, daily_totals, stated_by_medicines
from ketacare.science.facts.record import RecordFacts
from ketacare.science.facts.rivals import Answered, joined
from ketacare.science.reference import read_yaml
from ketacare.science.rules.catalogue import catalogue
from ketacare.science.rules.fields import Fact
from tests.science.facts.statements import NOW, condition, told

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
BOOK = medicine_book()
ELIGIBILITY = rules.load("eligibility")


def medicine(words: str, dosage: str = "", *, code: str = "1", **more: object) -> RecordEntry:
    kept = {
        "kind": EntryKind.MEDICINE,
        "display": words,
        "detail": dosage,
        "group": f"MedicationRequest/{words}{dosage}",
    }
    return condition(code, system=RXNORM, **(kept | more))


def stated(*entries: RecordEntry) -> dict[str, set[object]]:
    found: dict[str, set[object]] = {}
    for one in stated_by_medicines(entries, book=BOOK, at=NOW):
        if one.value is not None:
            found.setdefault(one.fact, set()).add(one.value)
    return found


def classes(*entries: RecordEntry) -> set[object]:
    return stated(*entries).get("meds.classes", set())


def totals(*entries: RecordEntry) -> dict[str, object]:
    return {one.fact: one.value for one in daily_totals(entries, book=BOOK, at=NOW)}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Hydrochlorothiazide 25 MG Oral Tablet", {"antihypertensive"}),
        ("Fluoxetine 25MG", {"ssri_snri"}),
        ("FLUoxetine 20 mg capsule", {"ssri_snri"}),
        ("Hydrocodone Bitartrate 5 MG / Acetaminophen 325 MG Oral Tablet", {"opioid"}),
        ("Ativan 1 mg", {"benzodiazepine"}),
        ("St. John’s wort extract", {"cyp_inducer"}),
        ("insulin glargine 100 UNT/ML Injectable Solution [Lantus]", {"insulin"}),
        ("S-ketamine nasal", {"ketamine_other_source"}),
        ("buprenorphine 8 MG / naloxone 2 MG Sublingual Film", {"buprenorphine"}),
        ("linezolid 600 MG Oral Tablet", {"maoi"}),
        ("moclobemide 150 MG", {"maoi_reversible"}),
        ("voriconazole 200 MG", {"cyp3a4_inhibitor_strong", "cyp2b6_inhibitor"}),
        ("Apomorphine 10 MG/ML", set()),
        ("Acetaminophen 325 MG Oral Tablet", set()),
        ("Nizatidine 15 MG/ML Oral Solution", set()),
    ],
)
def test_a_medicine_is_known_by_a_whole_word_of_its_text(words, expected):
    assert classes(medicine(words)) == expected


def test_a_medicine_is_known_by_the_code_of_its_ingredient():
    assert classes(medicine("a sedative", code="6470")) == {"benzodiazepine"}
    assert classes(condition("6470", kind=EntryKind.MEDICINE, system="http://example.org", display="x")) == set()
    other = medicine("x", code="9", codings=(Coding(system=RXNORM, code="9", display="Lorazepam 1 MG Oral Tablet"),))
    assert classes(other) == {"benzodiazepine"}


@pytest.mark.parametrize("standing", [one for one in Standing if one is not Standing.PRESENT])
def test_only_what_is_taken_now_counts(standing):
    assert classes(medicine("lorazepam 1 MG", standing=standing)) == set()


def test_every_medicine_of_the_record_stands_beside_the_question():
    several = [medicine("Acetaminophen 325 MG"), medicine("lorazepam 1 MG", standing=Standing.UNSURE)]
    told = [one.entry for one in stated_by_medicines(several, book=BOOK, at=NOW) if one.fact == "meds.classes"]
    assert told == several


def test_what_acts_where_it_is_applied_counts_for_no_class():
    assert classes(medicine("phenylephrine 25 MG/ML Ophthalmic Solution")) == set()
    assert classes(medicine("ketamine 100 MG/ML Topical Cream")) == set()
    assert classes(medicine("oxymetazoline 0.5 MG/ML Nasal Spray")) == {"decongestant"}


@pytest.mark.parametrize(
    ("words", "dosage", "expected"),
    [
        ("selegiline 5 MG Oral Capsule", "1 capsule twice daily", {"maoi_reversible"}),
        ("selegiline 5 MG Oral Capsule", "2 capsules twice daily", {"maoi"}),
        ("selegiline 5 MG Oral Capsule", "", {"maoi"}),
        ("24 HR selegiline 6 MG/24HR Transdermal System", "one patch daily", {"maoi"}),
    ],
)
def test_a_little_selegiline_by_mouth_is_selective_and_everything_else_is_not(words, dosage, expected):
    assert classes(medicine(words, dosage)) == expected


def test_every_class_of_the_rulebook_can_be_told_by_a_record():
    by_medicines = {name for one in BOOK.ingredients for name in (*one.classes, *filter(None, [one.then]))}
    by_conditions = {
        value for one in condition_book().conditions for value in one.makes.get("meds.classes", NOTHING).values
    }
    assert by_medicines | by_conditions == set(catalogue()["meds.classes"].allowed)


NOTHING = next(
    made for one in condition_book().conditions for fact, made in one.makes.items() if fact == "cv.avm"
).model_copy(update={"now": None})


def test_methadone_and_buprenorphine_are_not_also_opioids():
    for one in BOOK.ingredients:
        assert not ({"methadone", "buprenorphine"} & set(one.classes) and "opioid" in one.classes)


@pytest.mark.parametrize(
    ("dosage", "mg"),
    [
        ("1 tablet twice daily", 2),
        ("Take one tablet by mouth at bedtime", 1),
        ("2 tablets three times a day", 6),
        ("1 mg BID", 2),
        ("0.5 mg every 8 hours", Decimal("1.5")),
        ("1 mg q6h", 4),
        ("1 tablet · 2 times per 1 d", 2),
        ("1 tablet twice daily · 2 times per 1 d", 2),
        ("1 tablet · 1 times per 2 d", Decimal("0.5")),
        ("1 tablet · 1 times per 12 h", 2),
        ("1 tablet (1 mg) daily", 1),
        ("half tablet daily", Decimal("0.5")),
        ("500 mcg daily", Decimal("0.5")),
        ("1 tablet every other day", Decimal("0.5")),
    ],
)
def test_a_dosage_said_without_doubt_gives_the_daily_dose(dosage, mg):
    entry = medicine("lorazepam 1 MG Oral Tablet", dosage)
    (lorazepam,) = BOOK.ingredients_of(entry)
    assert daily_mg(entry, lorazepam, BOOK) == mg


@pytest.mark.parametrize(
    "dosage",
    [
        "",
        "1 tablet",
        "twice daily",
        "1 tablet twice daily as needed",
        "1 tablet at bedtime PRN sleep",
        "1-2 tablets daily",
        "1 to 2 tablets daily",
        "1 mg every 4 to 6 hours",
        "1 mg in the morning and 2 mg at bedtime",
        "1 tablet (2 mg) daily",
        "up to 3 tablets daily",
        "1 tablet daily, then 2 tablets daily",
        "1 tablet twice daily · 3 times per 1 d",
        "1 · 1 times per 1 d",
        "1 tablet · 1 times per 1 a",
        "1 tablet · 1 times per 0 d",
        "5 mg/mL daily",
    ],
)
def test_a_dosage_with_any_doubt_leaves_the_dose_unknown(dosage):
    entry = medicine("lorazepam 1 MG Oral Tablet", dosage)
    (lorazepam,) = BOOK.ingredients_of(entry)
    assert daily_mg(entry, lorazepam, BOOK) is None


def test_the_strength_of_a_combination_is_that_of_the_ingredient():
    assert totals(
        medicine("Hydrocodone Bitartrate 5 MG / Acetaminophen 325 MG Oral Tablet", "1 tablet four times a day")
    ) == {MME: 20}
    assert totals(medicine("oxycodone 10 MG / 5 MG Oral Tablet", "1 tablet daily")) == {MME: 15}
    assert totals(medicine("morphine 10 MG/ML Oral Solution", "1 tablet daily")) == {MME: None}


# The worked examples of the CDC 2022 table: hydrocodone 5 mg four times a day is 20, oxycodone 10 mg twice a day is 30 MME.
@pytest.mark.parametrize(
    ("words", "dosage", "mme"),
    [
        ("oxycodone 10 MG Extended Release Oral Tablet", "1 tablet twice daily", 30),
        ("methadone 10 MG Oral Tablet", "1 tablet daily", 47),
        ("tramadol 50 MG Oral Tablet", "1 tablet four times daily", 40),
        ("72 HR fentanyl 25 MCG/HR Transdermal Patch", "", 60),
        ("morphine 10 MG/ML Injection", "10 mg daily", None),
        ("pethidine 50 MG Oral Tablet", "1 tablet daily", None),
    ],
)
def test_opioids_are_counted_as_morphine_by_mouth(words, dosage, mme):
    assert totals(medicine(words, dosage)) == {MME: mme}


@pytest.mark.parametrize(
    ("words", "dosage", "dze"),
    [
        ("lorazepam 1 MG Oral Tablet", "1 tablet three times a day", 30),
        ("clonazepam 0.5 MG Oral Tablet", "1 tablet twice daily", 20),
        ("diazepam 5 MG Oral Tablet", "5 mg daily", 5),
        ("diazepam 10 MG Rectal Gel", "10 mg daily", None),
        ("lorazepam 1 MG Oral Tablet", "1 tablet as needed", None),
    ],
)
def test_benzodiazepines_are_counted_as_diazepam(words, dosage, dze):
    assert totals(medicine(words, dosage)) == {DZE: dze}


def test_buprenorphine_is_left_out_of_the_opioid_dose():
    assert totals(medicine("buprenorphine 8 MG Sublingual Film", "1 tablet daily")) == {}


def test_a_dose_that_is_not_known_leaves_the_total_unknown():
    known = medicine("diazepam 5 MG Oral Tablet", "1 tablet daily")
    assert totals(known, medicine("lorazepam 1 MG", "")) == {DZE: None}
    assert totals(known, medicine("lorazepam 1 MG Oral Tablet", "1 tablet daily")) == {DZE: 15}


def test_the_same_medicine_told_twice_is_taken_once():
    request = medicine("diazepam 5 MG Oral Tablet", "1 tablet daily")
    statement = medicine("Diazepam 5 mg", "5 mg daily")
    assert totals(request, statement) == {DZE: 5}


def test_a_stopped_maoi_is_told_with_its_day_while_the_wash_out_runs():
    def stopped(days: int, **more: object) -> RecordEntry:
        ended = NOW - timedelta(days=days)
        return medicine("phenelzine 15 MG", standing=Standing.PAST, days=400, ended_at=ended, **more)

    assert stated(stopped(10)) == {"meds.maoi_past": {True}, "meds.maoi_stopped_days_ago": {10}}
    assert stated(stopped(15)) == {"meds.maoi_past": {True}}
    assert stated(stopped(85)) == {}
    assert stated(medicine("phenelzine 15 MG", standing=Standing.PAST, days=60)) == {"meds.maoi_past": {True}}
    assert stated(medicine("phenelzine 15 MG", standing=Standing.PAST, days=400)) == {}
    assert stated(medicine("moclobemide 150 MG", standing=Standing.PAST, days=5)) == {}


@pytest.mark.parametrize(
    ("standing", "known"),
    [(Standing.PRESENT, {True}), (Standing.PAST, {True}), (Standing.UNSURE, set()), (Standing.REFUTED, set())],
)
def test_an_allergy_to_ketamine_is_known_when_it_is_confirmed(standing, known):
    allergy = medicine("Ketamine allergy", kind=EntryKind.ALLERGY, standing=standing)
    assert stated(allergy).get("patient.allergy_ketamine", set()) == known
    assert stated(medicine("Penicillin", kind=EntryKind.ALLERGY)) == {}


@pytest.mark.parametrize(("fact", "param"), [(DZE, "benzo_dze_relative"), (MME, "mme_relative")])
def test_a_total_settles_something_only_from_the_loosest_limit_on(fact, param):
    assert BOOK.total_settles_from[fact] == ELIGIBILITY.params[param].bounds[1]


def test_a_total_below_every_limit_stands_beside_the_question_and_a_high_one_fires():
    little = told(medicine("diazepam 5 MG Oral Tablet", "1 tablet twice daily"))
    much = told(medicine("diazepam 10 MG Oral Tablet", "1 tablet four times daily"))
    assert (little.at_least[DZE], DZE in names(little)) == (10, False)
    assert (much.at_least[DZE], DZE in names(much)) == (40, True)
    assert judged(little)["WU-20"] is True  # the dose is asked for
    assert judged(much)["DDI-02"] is True


def names(record: RecordFacts) -> set[str]:
    return {one.name for one in record.facts}


def judged(record: RecordFacts, **answers: object) -> dict[str, bool | None]:
    """How each rule stands: it fires, it is open, or it is silent."""
    given = [
        Answered(fact=Fact(name=name.replace("__", "."), value=value, as_of=NOW.date()))
        for name, value in answers.items()
    ]
    both = joined(record, given, fields=catalogue(), on=NOW.date())
    facts = {**both.facts, **{name: (one.answer, one.record) for name, one in both.rivals.items()}}
    findings = ELIGIBILITY.evaluate(facts, on=NOW.date()).findings
    return dict.fromkeys((rule.id for rule in ELIGIBILITY.rules), False) | {one.rule.id: one.fires for one in findings}


def test_a_record_lists_at_least_what_is_taken_and_never_lets_a_class_pass():
    found = judged(told(medicine("Fluoxetine 20 MG Oral Capsule")))
    assert (found["DDI-22"], found["DDI-07"], found["DDI-10"], found["DDI-27"]) == (True, None, None, None)


def test_a_clinician_who_reconciled_the_list_completes_it():
    record = told(medicine("Fluoxetine 20 MG Oral Capsule"))
    found = judged(record, meds__classes=["ssri_snri", "lithium"])
    assert (found["DDI-22"], found["DDI-07"], found["WU-22"]) == (True, False, None)


def test_a_list_that_leaves_out_what_the_record_names_is_a_contradiction_and_the_cautious_one_counts():
    found = judged(told(medicine("phenelzine 15 MG Oral Tablet")), meds__classes=["ssri_snri"])
    assert (found["DDI-07"], found["WU-22"]) == (True, True)


texts = st.text(st.sampled_from("lorazepam 1250.5MGtabletwicedaily/-() "), max_size=40)


@given(texts, texts)
def test_no_text_is_too_strange_to_read(words, dosage):
    entry = medicine(f"lorazepam {words}", dosage)
    for one in BOOK.ingredients_of(entry):
        found = daily_mg(entry, one, BOOK)
        assert found is None or found >= 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"classes": ["sedative"]}, "there is no class sedative"),
        ({"name": "diazepam"}, "diazepam is given twice"),
        ({"rxnorm": "3322"}, "3322 is given twice"),
        ({"mark": None}, "a code needs its mark"),
        ({"name": "Alprazolam"}, "in lower case"),
    ],
)
def test_a_table_with_a_mistake_is_refused(change, says):
    tree = read_yaml("codes/medicines.1.yaml")
    tree["ingredients"][0] |= change
    with pytest.raises(BadReference, match=says):
        parse_medicines(tree, place="medicines")
