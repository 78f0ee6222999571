"""Sources that differ: the most cautious verdict counts, the contradiction is named with its evidence, a person settles it."""

import json
from datetime import UTC, date, datetime

import pytest

from ketacare.science.errors import BadFacts
from ketacare.science.rules import Clearance, Fact, load
from ketacare.science.rules.record import differences, plain, repeat
from tests.science.rules.healthy import HEALTHY
from tests.science.rules.small_book import small_book

ON = date(2026, 11, 22)
WELL = {"bp": 120, "dia": 70, "risk": "low", "told": False, "kinds": []}


def said(value, source="record", as_of=None, *, complete=True):
    return Fact(name="", value=value, source=source, as_of=as_of, complete=complete)


def evaluated(**changes):
    return small_book().evaluate(WELL | changes, on=ON)


@pytest.mark.parametrize("order", [1, -1])
def test_the_most_cautious_verdict_counts_whichever_source_comes_first(order):
    found = evaluated(told=[said(False, "answer"), said(True, "record")][::order])
    assert "R-2" in found.fired
    assert [(one.name, one.value, one.source) for one in found.finding("R-2").because] == [("told", True, "record")]


@pytest.mark.parametrize(
    ("low", "high", "rule"), [(120, 165, "R-1"), (120, 85, "R-4")], ids=["too high is true", "too low is true"]
)
def test_cautious_is_what_the_rule_makes_of_a_value_not_the_value(low, high, rule):
    assert rule in evaluated(bp=[said(low), said(high)]).fired


def test_unknown_is_more_cautious_than_false():
    found = evaluated(told=None, risk=[said("low"), said("none")])  # "none" would mean that nobody was told
    assert "R-2" in found.unknown


def test_the_contradiction_is_named_with_every_source_and_its_date_and_its_rule_fires():
    first, second = said(False, "answer:4", date(2026, 11, 20)), said(True, "record", date(2026, 3, 2))
    found = evaluated(told=[second, first])
    (told,) = found.contradictions
    assert told.says == "told is False (answer:4, 2026-11-20) but True (record, 2026-03-02)"
    assert [one.source for one in told.facts] == ["answer:4", "record"]
    assert "told" in [one.name for one in found.finding("R-3").because]
    assert (found.facts["told"].value, [one.value for one in found.facts["told"].rivals]) == (False, [True])


def test_sources_that_agree_are_one_fact_the_freshest():
    found = evaluated(told=[said(False, "old", date(2026, 1, 1)), said(False, "new", date(2026, 11, 21))])
    assert (found.disposition, found.contradictions, found.facts["told"].source) == ("clear", (), "new")
    assert evaluated(kinds=[said(["a", "c"]), said(["c", "a"])]).contradictions == ()


def test_a_source_that_says_nothing_or_whose_value_is_too_old_rivals_nobody():
    assert evaluated(told=[said(None), said(False)]).contradictions == ()
    old = said("high", "letter", date(2026, 11, 1))  # risk counts for seven days
    assert evaluated(risk=[old, said("low", as_of=ON)]).disposition == "clear"
    nothing = evaluated(risk=[old, said("high", "older", date(2026, 10, 1))]).facts["risk"]
    assert (nothing.value, nothing.stale, nothing.source) == (None, True, "letter")
    assert "risk" not in evaluated(risk=[said(None), said(None)]).facts


def test_the_freshest_is_found_among_days_and_moments():
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    told = [said(False, "noon", noon), said(False, "day", date(2026, 11, 22)), said(False, "now")]
    assert small_book().evaluate({"told": told[:1]}, on=noon).facts["told"].source == "noon"
    assert small_book().evaluate({"told": told[:2]}, on=noon).facts["told"].source == "day"
    assert small_book().evaluate({"told": told}, on=noon).facts["told"].source == "now"


def test_open_lists_add_up_and_agree_with_a_complete_list_that_holds_them():
    both = [said(["a"], "one", complete=False), said(["c"], "two", complete=False)]
    found = evaluated(kinds=both)
    assert (set(found.facts["kinds"].value), found.facts["kinds"].complete) == ({"a", "c"}, False)
    assert found.facts["kinds"].source == "one; two"
    assert not found.contradictions
    whole = evaluated(kinds=[*both, said(["a", "c"], "clinician")])
    assert (whole.disposition, whole.facts["kinds"].source) == ("clear", "clinician")


def test_an_open_list_that_holds_more_than_a_complete_one_contradicts_it():
    found = evaluated(kinds=[said([], "clinician"), said(["a", "b"], "record", complete=False)])
    assert "R-4" in found.fired
    assert found.contradictions[0].says == "kinds is () (clinician) but at least ('a', 'b') (record)"


def test_what_is_derived_follows_in_each_world():
    found = evaluated(kinds=[said(["a"]), said(["a", "b"])])
    assert "R-4" in found.fired
    assert [(one.name, one.value) for one in found.finding("R-4").because] == [("many", 2)]


def test_two_contradictions_are_tried_together():
    tree = {"all": [{"f": "bp", "op": "ge", "param": "limit"}, {"f": "told", "op": "is_true"}]}
    book = small_book("rules/0/when", tree)
    rivals = {"bp": [said(120), said(170)], "told": [said(False), said(True)]}
    assert "R-1" in book.evaluate(WELL | rivals).fired
    assert "R-1" not in book.evaluate(WELL | rivals | {"bp": 120}).fired


def test_a_clearance_that_rests_on_a_fact_that_is_contradicted_falls():
    records = [
        Clearance(clearance=f"clearance.{kind}", covers=frozenset({"R-2"}), dated=ON, expires=ON, inputs={"told": True})
        for kind in ("crisis", "heart")
    ]
    settled = small_book().evaluate(WELL | {"told": True}, on=ON, clearances=records)
    differ = small_book().evaluate(WELL | {"told": [said(True), said(False)]}, on=ON, clearances=records)
    assert settled.finding("R-2").cleared
    assert not differ.finding("R-2").cleared


def test_a_clearance_that_rests_on_an_open_list_lasts_while_the_list_holds_the_same():
    records = [
        Clearance(
            clearance=f"clearance.{kind}", covers=frozenset({"R-2"}), dated=ON, expires=ON, inputs={"kinds": ["c", "a"]}
        )
        for kind in ("crisis", "heart")
    ]
    for listed, cleared in ((["a", "c"], True), (["a", "b", "c"], False)):
        facts = WELL | {"told": True, "kinds": said(listed, complete=False)}
        assert small_book().evaluate(facts, on=ON, clearances=records).finding("R-2").cleared is cleared


def test_a_rule_for_another_route_is_judged_while_sources_differ_about_the_route():
    facts = HEALTHY | {"patient.bmi": 31}
    other = next(one for one in load("eligibility").fields["plan.route"].allowed if one != HEALTHY["plan.route"])
    rule = next(
        one
        for one in load("eligibility").rules
        if one.stated.applies_to
        and HEALTHY["plan.route"] not in one.stated.applies_to
        and other in one.stated.applies_to
    )
    assert rule.id in load("eligibility").evaluate(facts).skipped
    told = [said(HEALTHY["plan.route"]), said(other)]
    assert rule.id not in load("eligibility").evaluate(facts | {"plan.route": told}).skipped


def test_each_rival_is_checked_like_any_fact_and_named_by_its_place():
    with pytest.raises(BadFacts) as refused:
        evaluated(bp=[said(120), said(1200)], told=[said("no"), True])
    assert [one.place for one in refused.value.problems] == ["bp.1", "told.0"]


def test_the_record_keeps_rivals_and_open_lists_and_repeats_them():
    facts = HEALTHY | {
        "cv.avm": [said(False, "answer", ON), said(True, "record", date(2026, 3, 2))],
        "meds.classes": [said(["opioid"], "record", complete=False), said([], "clinician")],
    }
    found = load("eligibility").evaluate(facts, on=ON)
    kept = json.loads(json.dumps(plain(found)))
    again = repeat(kept)
    assert differences(kept, again) == ()
    assert json.loads(json.dumps(plain(again))) == kept
    assert again.contradictions == found.contradictions
    assert again.facts == found.facts


def test_many_contradictions_at_once_are_judged_without_trying_every_world():
    book = load("eligibility")
    yes_or_no = [name for name, one in book.fields.items() if one.type == "bool" and not name.startswith("clearance.")]
    facts = HEALTHY | {name: [said(False), said(True)] for name in yes_or_no}
    found = book.evaluate(facts)  # two to the power of about ninety worlds
    assert len(found.contradictions) >= len(yes_or_no)
    assert found.disposition == "not_eligible"
