"""Facts at the door: refused all at once, stale ones missing, dates counted on the day, missing ones derived."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from ketacare.science.errors import BadFacts
from ketacare.science.rules import Fact, load
from tests.science.rules.small_book import small_book

ON = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def refused(facts, on=ON):
    with pytest.raises(BadFacts) as error:
        small_book().evaluate(facts, on=on)
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("bp", 39, "must lie between 40 and 300 mmHg"),
        ("bp", 301, "must lie between"),
        ("bp", "140", "must be a number"),
        ("bp", True, "must be a number"),
        ("bp", 140.5, "must be a whole number"),
        ("bp", float("nan"), "must be a whole number"),
        ("told", "yes", "must be true or false"),
        ("told", 1, "must be true or false"),
        ("risk", "medium", "must be one of none, low, high"),
        ("risk", False, "must be one of"),
        ("kinds", "a", "must be a list"),
        ("kinds", ["a", "z"], "'z' not among a, b, c"),
        ("since", -1, "must lie between"),
        ("since", date(2026, 11, 23), "is a date in the future"),
        ("rsk", "low", "unknown fact"),
        ("clearance.heart", True, "a dated record"),
    ],
)
def test_a_wrong_fact_is_refused_by_name(name, value, says):
    (problem,) = refused({name: value})
    assert problem.startswith(f"{name}: ")
    assert says in problem


@pytest.mark.parametrize(
    ("fact", "says"),
    [
        (Fact(name="dia", value=140), "says itself that it is 'dia'"),
        (Fact(name="bp", value=140, as_of="2026-11-01"), "which is no day and no moment"),
        (Fact(name="bp", value=140, source=3), "must name its source in words"),
    ],
)
def test_a_value_whose_evidence_cannot_be_read_is_refused_by_name(fact, says):
    (problem,) = refused({"bp": fact})
    assert problem.startswith("bp: ")
    assert says in problem


def test_a_mapping_is_a_value_with_its_evidence():
    told = {"value": 170, "unit": "mmHg", "as_of": "2026-11-01", "source": "nurse"}
    used = small_book().evaluate({"bp": told}, on=ON).facts["bp"]
    assert (used.value, used.as_of, used.source) == (170, date(2026, 11, 1), "nurse")
    assert refused({"bp": told | {"unit": "kPa"}}) == ["bp: must be given in mmHg, not in kPa"]
    rivals = small_book().evaluate({"bp": [told, {"value": 120, "source": "patient"}]}, on=ON)
    assert rivals.contradictions
    assert "must be a number" in refused({"bp": {"vlaue": 170}})[0]


@pytest.mark.parametrize("names", [("spo2", "now.spo2"), ("now.spo2", "spo2")])
def test_a_fact_given_under_both_its_names_is_refused_for_one_of_the_values_would_be_lost(names):
    with pytest.raises(BadFacts, match="it is given twice"):
        load("alarms").evaluate(dict(zip(names, (98, 80), strict=True)))


def test_what_is_no_facts_at_all_is_refused():
    assert refused({3: True, "bp": 400}) == [
        "3: is no name of a fact",
        "bp: must lie between 40 and 300 mmHg, not 400",
    ]
    assert refused([("bp", 120)]) == ["facts: must be a mapping of fact names to values, not [('bp', 120)]"]
    assert refused({}, on="2026-11-22") == ["on: must be a day or a moment, not '2026-11-22'"]


def test_numbers_that_are_not_finite_are_refused():
    with pytest.raises(BadFacts, match=r"patient\.weight_kg: must lie between 25 and 350 kg, not nan"):
        load("eligibility").evaluate({"patient.weight_kg": float("nan")}, on=ON)


def test_a_huge_wrong_value_makes_no_huge_message():
    huge = [["x" * 1000] * 1000] * 1000
    for name in ("kinds", "told", "bp", "risk"):
        assert len(refused({name: huge})[0]) < 5_000


def test_every_wrong_fact_is_told_at_once():
    assert len(refused({"bp": 400, "risk": "x", "rsk": 1, "told": 3})) == 4


def test_a_value_on_the_edge_of_its_range_is_taken():
    small_book().evaluate({"bp": 40, "dia": 200, "since": 9999}, on=ON)


def test_a_unit_that_differs_is_refused():
    assert "must be given in mmHg, not in kPa" in refused({"bp": Fact(name="bp", value=140, unit="kPa")})[0]
    assert "in no unit, not in mmHg" in refused({"told": Fact(name="told", value=True, unit="mmHg")})[0]


def test_none_is_unknown():
    found = small_book().evaluate({"bp": None, "risk": None}, on=ON)
    assert "R-1" in found.unknown


def fires(name, value, as_of, on=ON, **others):
    facts = {"risk": "low", "told": False, "bp": 120, "dia": 70, "kinds": []} | others
    found = small_book().evaluate(facts | {name: Fact(name=name, value=value, as_of=as_of)}, on=on)
    return found, found.facts[name].stale


@pytest.mark.parametrize(("age_days", "stale"), [(0, False), (30, False), (31, True)])
def test_a_value_older_than_its_days_is_missing(age_days, stale):
    found, is_stale = fires("bp", 170, ON - timedelta(days=age_days))
    assert is_stale is stale
    assert ("R-1" in found.fired, "R-1" in found.unknown) == (not stale, stale)
    assert [need.stale for need in found.needs if need.fact == "bp"] == ([True] if stale else [])


@pytest.mark.parametrize(("minutes", "stale"), [(0, False), (15, False), (15.1, True)])
def test_a_reading_older_than_its_minutes_is_missing(minutes, stale):
    found, is_stale = fires("dia", 60, NOW - timedelta(minutes=minutes), on=NOW)
    assert is_stale is stale
    assert ("dia" in [need.fact for need in found.needs]) is stale


def test_the_same_day_is_the_calendar_day_of_the_evaluations_time_zone():
    midnight_in_auckland = timezone(timedelta(hours=13))
    on = datetime(2026, 11, 23, 8, 0, tzinfo=midnight_in_auckland)
    assert fires("kinds", ["a"], datetime(2026, 11, 22, 11, 30, tzinfo=UTC), on=on)[1] is False
    assert fires("kinds", ["a"], datetime(2026, 11, 22, 10, 30, tzinfo=UTC), on=on)[1] is True


def test_what_does_not_age_stays():
    assert fires("told", True, date(1990, 1, 1))[1] is False


def test_a_value_from_the_future_is_refused():
    assert "future" in refused({"bp": Fact(name="bp", value=120, as_of=ON + timedelta(days=1))})[0]
    assert "future" in refused({"bp": Fact(name="bp", value=120, as_of=NOW + timedelta(seconds=1))}, on=NOW)[0]


def test_a_reading_that_ages_by_minutes_needs_a_time():
    assert "needs a time" in refused({"dia": Fact(name="dia", value=70, as_of=ON)}, on=NOW)[0]
    assert "needs a time" in refused({"dia": Fact(name="dia", value=70, as_of=NOW.replace(tzinfo=None))}, on=NOW)[0]


def test_days_since_are_counted_from_the_date_on_the_day_of_evaluation():
    facts = {"cv.had_mi_or_cv_event": True, "cv.days_since_mi_or_event": date(2026, 10, 11)}
    book = load("eligibility")
    assert "ABS-10" not in book.evaluate(facts, on=date(2026, 11, 22)).fired  # 42 days: out of the window of 42
    assert "ABS-10" in book.evaluate(facts, on=date(2026, 11, 21)).fired
    assert book.evaluate(facts, on=ON).facts["cv.days_since_mi_or_event"].value == 42


def test_a_missing_fact_is_derived():
    found = small_book().evaluate({"bp": 120, "dia": 80, "kinds": ["a", "c", "b"], "risk": "none"}, on=ON)
    assert [found.facts[name].value for name in ("gap", "many", "told")] == [40, 2, False]
    assert {found.facts[name].source for name in ("gap", "many", "told")} == {"derived"}


def test_nothing_is_derived_from_a_missing_fact():
    found = small_book().evaluate({"bp": 120}, on=ON)
    assert not found.facts.keys() & {"gap", "many", "told"}


def test_a_derived_value_never_replaces_an_entered_one_and_the_conflict_is_told():
    found = small_book().evaluate({"bp": 120, "dia": 80, "kinds": ["a", "b"], "many": 1, "risk": "low"}, on=ON)
    assert found.facts["many"].value == 1
    assert [one.says for one in found.contradictions] == ["many was entered as 1 and follows from other facts as 2"]
    assert "R-3" in found.fired
    assert [used.name for used in found.finding("R-3").because] == ["many"]


def test_until_a_contradiction_is_settled_the_more_cautious_value_counts():
    asked = {"bp": 120, "dia": 80, "risk": "low", "told": False}
    for entered, listed in ((1, ["a", "b"]), (2, ["a"])):
        found = small_book().evaluate(asked | {"kinds": listed, "many": entered}, on=ON)
        assert "R-4" in found.fired
    assert "R-4" not in small_book().evaluate(asked | {"kinds": ["a"], "many": 1}, on=ON).fired


def test_a_bare_name_takes_the_books_prefix():
    found = load("alarms").evaluate({"spo2": 89, "now.bp_sys": 120}, on=NOW)
    assert found.facts.keys() == {"now.spo2", "now.bp_sys"}
    assert found.disposition == "red"


def test_a_fact_of_another_book_is_checked_and_not_used():
    load("alarms").evaluate({"patient.weight_kg": 70.0}, on=NOW)
    with pytest.raises(BadFacts, match=r"patient\.weight_kg"):
        load("alarms").evaluate({"patient.weight_kg": 7000.0}, on=NOW)


def test_doses_are_compared_after_rounding_half_up_to_four_decimals():
    book = load("order_checks")
    order = {"plan.route": "iv_ketamine", "order.purpose": "mood"}
    for mg_per_kg, fires in ((1.0000000000000002, False), (1.00004, False), (1.00005, True)):
        found = book.evaluate(order | {"order.mg_per_kg": mg_per_kg}, on=ON)
        assert ("DOSE-01" in found.fired) is fires
        assert found.facts["order.mg_per_kg"].value == mg_per_kg
