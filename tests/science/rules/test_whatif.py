"""What would have to be true: every set shown leads there, none can do with less, and a search by brute force finds none smaller."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import chain, combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.science import rules
from ketacare.science.errors import BadReference
from ketacare.science.rules import Clearance, Fact, cells
from ketacare.science.rules.cases import read_cases, with_clearances
from ketacare.science.rules.conditions import comparisons
from ketacare.science.rules.whatif.answer import WayOut, WhatIf, what_if
from ketacare.science.rules.whatif.changes import Changes, changes, problems_in
from ketacare.science.rules.whatif.wanted import Wanted, wanted
from tests.science.rules.healthy import CASES, HEALTHY

ON = date(2026, 11, 22)
BOOK = rules.load("eligibility")
MAY = changes("eligibility")
CELLS = cells.of(
    [*(rule.when for rule in BOOK.rules), *(one.when for one in BOOK.derivations if one.when is not None)],
    BOOK.fields,
    BOOK.defaults.values,
)
PATIENTS = [case for case in read_cases(CASES.read_text("utf-8"), place=CASES.name) if case.book == BOOK.id]

WITH_ECG = HEALTHY | {"cv.ecg_done": True, "cv.qtc_ms": 420, "cv.ecg_interpretation": "normal"}
# Things that can be wrong with an otherwise healthy patient, and that something can be done about.
TROUBLES: list[dict[str, object]] = [
    {"cv.bp_sys": 170},
    {"cv.bp_dia": 104},
    {"cv.had_mi_or_cv_event": True, "cv.days_since_mi_or_event": 10},
    {"resp.osa": "untreated"},
    {"psych.bipolar_history": "I", "psych.mood_stabiliser": False},
    {"meds.pdmp_concern": True},
    {"meds.classes": ["theophylline"]},
    {"eye.glaucoma": True},
    {"psych.current_mania": True},
    {"renal.egfr": None},
    {"neuro.seizure_disorder": "uncontrolled"},
]


def asked(facts: Mapping[str, object], **kwargs: object) -> WhatIf:
    plain, letters = with_clearances(BOOK, facts, on=ON)
    return what_if(BOOK, plain, on=ON, clearances=letters, **kwargs)


@cache
def asked_of_case(name: str) -> WhatIf:
    """What several tests ask of a case, asked once."""
    return asked(next(case.facts for case in PATIENTS if case.id == name))


def records(way: WayOut) -> list[Clearance]:
    return [
        Clearance(clearance=one.clearance, covers=frozenset(one.asked_by), dated=ON, expires=ON, inputs={})
        for one in way.letters
    ]


def gone(facts: Mapping[str, object], way: WayOut, values: Mapping[str, object]) -> str:
    """Return the result for a patient who has gone a way, with these values for its facts."""
    plain, letters = with_clearances(BOOK, facts, on=ON)
    return BOOK.evaluate(plain | values, on=ON, clearances=[*letters, *records(way)]).disposition


def admitted(facts: Mapping[str, object], way: WayOut) -> dict[str, list[object]]:
    """Return the values that each step of a way admits, one of each kind that the book can tell apart."""
    found: dict[str, list[object]] = {}
    for step in way.steps:
        now = facts.get(step.fact)
        if isinstance(now, list):
            found[step.fact] = [[one for one in now if one not in step.want.without]]
            continue
        found[step.fact] = [value for value in CELLS[step.fact] if value is not None and step.want.admits(value)]
    return found


@pytest.mark.parametrize("case", PATIENTS, ids=lambda case: case.id)
def test_whoever_goes_a_way_arrives(case):
    for way in asked_of_case(case.id).ways_out:
        values = admitted(case.facts, way)
        first = {name: options[0] for name, options in values.items()}
        for name, options in values.items():
            results = {str(value): gone(case.facts, way, first | {name: value}) for value in options}
            reached = [value for value, result in results.items() if result in MAY.goals]
            assert reached, (name, results)
        assert way.result in MAY.goals


@pytest.mark.parametrize("case", PATIENTS, ids=lambda case: case.id)
def test_a_patient_who_may_be_treated_needs_nothing_and_another_needs_something_or_has_no_way(case):
    found = asked_of_case(case.id)
    if case.expect.result in MAY.goals:
        assert [way.size for way in found.ways_out] == [0]
    else:
        assert all(way.size for way in found.ways_out)
        assert bool(found.ways_out) != bool(found.no_way)
    assert found.complete


def blocked_patients() -> Iterator[dict[str, object]]:
    for some in chain(combinations(TROUBLES, 1), combinations(TROUBLES, 2)):
        yield WITH_ECG | {name: value for one in some for name, value in one.items()}


BLOCKED = list(blocked_patients())
EACH = range(len(BLOCKED))


@cache
def answered(place: int) -> WhatIf:
    """What several tests ask of a blocked patient, asked once."""
    return asked(BLOCKED[place])


def smallest_by_brute_force(facts: Mapping[str, object]) -> int:
    """Return the fewest changes and clearances that reach a goal, trying every set of both among what the findings touch."""
    plain, letters = with_clearances(BOOK, facts, on=ON)
    first = BOOK.evaluate(plain, on=ON, clearances=letters)
    names = sorted(
        {used.name for one in first.findings for used in one.because if used.name in MAY.facts or used.value is None}
    )
    touched = {rule.id for rule in BOOK.rules if {one.fact for one in comparisons(rule.when)} & set(names)}
    kinds = sorted({kind for rule in BOOK.rules if rule.id in touched | set(first.fired) for kind in rule.cleared_by})
    every = frozenset(rule.id for rule in BOOK.rules)
    for size in range(1, 5):
        for some in combinations([*names, *kinds], size):
            filed = [
                Clearance(clearance=kind, covers=every, dated=ON, expires=ON, inputs={})
                for kind in some
                if kind in kinds
            ]
            facts_changed = [name for name in some if name in names]
            for values in product(*(list(possible(name, plain)) for name in facts_changed)):
                changed = plain | dict(zip(facts_changed, values, strict=True))
                if BOOK.evaluate(changed, on=ON, clearances=[*letters, *filed]).disposition in MAY.goals:
                    return size
    return 0


def possible(name: str, facts: Mapping[str, object]) -> Iterator[object]:
    """Yield what a fact may become: anything where it is missing, else what the list of changes allows."""
    now = facts.get(name)
    if isinstance(now, list):
        yield from (list(some) for size in range(len(now)) for some in combinations(now, size))
        return
    for value in CELLS[name]:
        if value is None:
            continue
        if now is None or MAY.facts[name].may_become.admits(value):
            waits = now is not None and MAY.facts[name].kind == "wait"
            if not waits or value > now:  # type: ignore[operator]
                yield value


@pytest.mark.parametrize("place", EACH)
def test_no_set_is_larger_than_the_smallest_that_brute_force_finds(place):
    found = answered(place)
    assert found.ways_out
    assert found.ways_out[0].size == smallest_by_brute_force(BLOCKED[place])


@pytest.mark.parametrize("place", EACH)
def test_no_step_of_a_way_can_be_left_out(place):
    facts = BLOCKED[place]
    for way in answered(place).ways_out:
        values = {name: options[0] for name, options in admitted(facts, way).items()}
        for left_out in values:
            rest = {name: value for name, value in values.items() if name != left_out}
            assert gone(facts, way, rest) not in MAY.goals, left_out
        for letter in way.letters:
            fewer = replace(way, letters=tuple(one for one in way.letters if one != letter))
            assert gone(facts, fewer, values) not in MAY.goals, letter


def test_high_pressure_and_old_coronary_disease_need_a_lower_reading_and_cardiology():
    way = asked(WITH_ECG | {"cv.bp_sys": 165, "cv.stable_cad": True}).ways_out[0]
    (step,) = way.steps
    assert (step.fact, step.kind) == ("cv.bp_sys", "measure")
    assert {"REL-01", "WU-23"} <= set(step.asked_by)
    assert (step.want.low, step.want.high, step.want.high_itself) == (90, 160, False)
    assert [(one.clearance, one.asked_by) for one in way.letters] == [("clearance.cardiology", ("REL-04",))]


def test_a_recent_heart_attack_asks_for_time_and_then_for_cardiology():
    facts = WITH_ECG | {"cv.had_mi_or_cv_event": True, "cv.days_since_mi_or_event": 10}
    (way,) = asked(facts).ways_out
    assert [(one.fact, one.kind, one.want.low) for one in way.steps] == [("cv.days_since_mi_or_event", "wait", 42)]
    assert [one.clearance for one in way.letters] == ["clearance.cardiology"]


def test_what_a_stricter_site_asks_for_is_what_the_way_asks_for():
    policy = BOOK.policy({"bp_treat_sys": 150})
    found = asked(HEALTHY | {"cv.bp_sys": 155}, policy=policy)
    assert found.ways_out[0].steps[0].want.high == 150


def test_a_history_that_stays_has_no_way_and_says_which_finding():
    found = asked(HEALTHY | {"cv.avm": True})
    assert not found.ways_out
    assert [one.rule.id for one in found.no_way] == ["ABS-02"]


def test_contradicting_answers_can_be_settled_either_way():
    found = asked(HEALTHY | {"dx.primary": "bipolar_depression", "psych.bipolar_history": "none"})
    assert {(step.fact, step.kind) for way in found.ways_out for step in way.steps} >= {("dx.primary", "settle")}


def test_of_a_patient_nobody_knows_the_answers_are_asked_and_the_search_comes_to_its_end():
    found = asked({})
    assert found.complete
    assert found.ways_out[0].size > len(BOOK.required_facts) / 2
    assert all(step.kind is None for step in found.ways_out[0].steps)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_every_way_of_a_generated_patient_arrives(data):
    names = data.draw(st.lists(st.sampled_from(sorted(CELLS)), max_size=6, unique=True))
    drawn = {name: data.draw(st.sampled_from(CELLS[name])) for name in names if not name.startswith("clearance.")}
    derived = {one.stated.fact for one in BOOK.derivations}
    facts = HEALTHY | {name: value for name, value in drawn.items() if name not in derived}
    for way in asked(facts, most=2).ways_out:
        assert way.result in MAY.goals


@pytest.mark.parametrize("fact", ["cv.bp_sys", "cv.bp_dia", "cv.bp_readings", "patient.age_years", "meds.classes"])
def test_one_missing_answer_is_all_that_is_asked(fact):
    found = asked(HEALTHY | {fact: None})
    assert [step.fact for step in found.ways_out[0].steps] == [fact]


def test_a_pulse_pressure_that_cannot_be_asks_for_one_of_both_readings_again():
    found = asked(HEALTHY | {"cv.bp_sys": 92, "cv.bp_dia": 95})
    assert {way.steps[0].fact for way in found.ways_out} == {"cv.bp_sys", "cv.bp_dia"}
    assert all(way.size == 1 for way in found.ways_out)


@pytest.mark.parametrize(
    ("want", "whole"),
    [
        (Wanted(low=78, low_itself=False), True),
        (Wanted(high=3), True),
        (Wanted(low=1, high=2, low_itself=False, high_itself=False), False),
        (Wanted(low=1, high=2, high_itself=False), False),
    ],
)
def test_a_number_is_found_where_it_is_wanted(want, whole):
    found = want.number(whole=whole)
    assert want.admits(found)
    assert isinstance(found, int) or not whole


def test_the_list_of_changes_must_fit_its_book():
    wrong = Changes(
        goals=("cured",), facts={"cv.avm": MAY.facts["resp.osa"], "no.such": MAY.facts["cv.bp_sys"]}, says={}
    )
    places = [problem.place for problem in problems_in(wrong, BOOK)]
    assert places == ["cured", "cv.avm", "no.such"]


def test_a_book_without_a_list_of_changes_is_told():
    with pytest.raises(BadReference):
        changes("alarms")


@pytest.mark.parametrize("name", sorted(CELLS))
def test_what_is_wanted_of_a_fact_is_exactly_what_makes_a_comparison_say_so(name):
    field, params = BOOK.fields[name], BOOK.defaults.values
    asked_of = [one for rule in BOOK.rules for one in comparisons(rule.when) if one.fact == name]
    for comparison in asked_of:
        for truth in (True, False):
            want = wanted(comparison, truth, field, params) or Wanted(among=())
            for value in CELLS[name]:
                if value is not None and not (field.type == "list" and truth):
                    says = comparison.verdict({name: value}, params)
                    assert want.admits(value) is (says is truth), (comparison, value)


def told(fact: str, *values: object, complete: bool = True) -> list[Fact]:
    return [
        Fact(name=fact, value=value, as_of=ON, source=f"source {number}", complete=complete)
        for number, value in enumerate(values)
    ]


def test_sources_that_differ_are_settled_by_a_person_and_the_harmless_one_leads_on():
    found = what_if(BOOK, HEALTHY | {"cv.avm": told("cv.avm", False, True)}, on=ON)
    (way,) = found.ways_out
    assert [(one.fact, one.kind, one.want.among) for one in way.steps] == [("cv.avm", "settle", (False,))]


def test_an_open_list_asks_to_be_completed_without_what_blocks():
    found = what_if(BOOK, HEALTHY | {"meds.classes": told("meds.classes", ["ssri_snri"], complete=False)}, on=ON)
    way = found.ways_out[0]
    assert [(one.fact, one.kind) for one in way.steps] == [("meds.classes", None)]


def test_what_an_open_list_already_holds_is_not_forgotten():
    facts = HEALTHY | {"meds.classes": told("meds.classes", ["theophylline"], complete=False)}
    found = what_if(BOOK, facts, on=ON)
    assert all(
        way.letters or "theophylline" in step.want.without
        for way in found.ways_out
        for step in way.steps
        if step.fact == "meds.classes"
    )
    assert found.ways_out
