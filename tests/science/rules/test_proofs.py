"""What a rule can ever say is proved, and agrees with trying every patient one by one."""

from itertools import product
from math import prod

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.rules import book as books
from ketacare.science.rules import cells, names, proofs
from ketacare.science.rules.conditions import AllOf, AnyOf, AtLeast, Comparison
from tests.science.rules import made_up
from tests.science.rules.made_up import FIELDS, PARAMS
from tests.science.rules.small_book import changed

HELD = [tuple(one for one in "abcd" if bits & 1 << "abcd".index(one)) for bits in range(16)]
LISTS = [*HELD, *(AtLeast((*held, "e")) for held in HELD)]
EVERYTHING = {
    "told": [True, False],
    "asked": [True, False],
    "days": list(range(10)),
    "share": [-1, -0.5, 0, 0.5, 1, 2, 3, 3.2, 3.5, 3.7, 4, 5, 7.5, 8, 9],
    "grade": [1, 2, 3, 4],
    "risk": ["none", "low", "mid", "high"],
    "note": ["x", "y", "z", "other"],
    "kinds": LISTS,
}
MOST = 4000  # patients tried one by one for one made-up condition


def one_by_one(condition, never=()):
    """The verdicts of a condition over every patient there is."""
    facts = sorted({fact for one in (condition, *never) for fact in cells.reads(one)})
    choices = [[*EVERYTHING[fact], None] for fact in facts]
    assume(prod(map(len, choices)) <= MOST)
    found = set()
    for values in product(*choices):
        patient = {fact: value for fact, value in zip(facts, values, strict=True) if value is not None}
        if not any(one.verdict(patient, PARAMS) for one in never):
            found.add(condition.verdict(patient, PARAMS))
    return found


@settings(deadline=None)
@given(condition=made_up.WITH_STARS)
def test_what_a_condition_can_say_is_what_some_patient_makes_it_say(condition):
    assert proofs.reachable(condition, FIELDS, PARAMS, from_below={"kinds"}) == one_by_one(condition)


@settings(deadline=None)
@given(condition=made_up.tree(made_up.COMPARISONS, 3), data=st.data())
def test_patients_who_do_not_exist_are_left_out(condition, data):
    never = data.draw(made_up.tree(made_up.comparison(cells.reads(condition)[0]) | made_up.STARS, 2))
    assume(set(cells.reads(never)) & set(cells.reads(condition)))
    assert proofs.reachable(condition, FIELDS, PARAMS, never=[never], from_below={"kinds"}) == one_by_one(
        condition, [never]
    )


def comparison(fact, op, value=None, param=None):
    return Comparison(fact=fact, op=op, value=value, param=param)


NEVER = {
    "below three and above five": [comparison("days", "lt", 3), comparison("days", "gt", 5)],
    "two answers to one question": [comparison("risk", "eq", "low"), comparison("risk", "eq", "high")],
    "over the range": [comparison("days", "ge", 100), comparison("told", "is_true")],
    "missing and known": [comparison("told", "missing"), comparison("told", "is_true")],
    "between two whole numbers": [comparison("days", "gt", 3), comparison("days", "lt", 4)],
    "over one limit and under a lower": [
        comparison("share", "ge", param="high"),
        comparison("share", "lt", param="low"),
    ],
}


@pytest.mark.parametrize("members", NEVER.values(), ids=list(NEVER))
def test_a_condition_that_contradicts_itself_never_comes_true(members):
    assert True not in proofs.reachable(AllOf(members=tuple(members)), FIELDS, PARAMS)


def test_the_same_between_two_whole_numbers_is_possible_for_a_number_with_a_fraction():
    members = (comparison("share", "gt", 3), comparison("share", "lt", 4))
    assert proofs.reachable(AllOf(members=members), FIELDS, PARAMS) == {True, False, None}


def test_an_open_list_is_both_there_and_still_to_be_asked_for():
    members = (comparison("kinds", "contains_any", ("a",)), comparison("kinds", "missing"))
    assert True not in proofs.reachable(AllOf(members=members), FIELDS, PARAMS)
    assert True in proofs.reachable(AllOf(members=members), FIELDS, PARAMS, from_below={"kinds"})


def test_a_count_may_be_known_from_below_only():
    members = (comparison("days", "ge", 2), comparison("days", "missing"))
    assert True not in proofs.reachable(AllOf(members=members), FIELDS, PARAMS)
    assert True in proofs.reachable(AllOf(members=members), FIELDS, PARAMS, from_below={"days"})


ALWAYS = {
    "there or not": [comparison("told", "missing"), comparison("told", "present")],
    "the range and beyond": [comparison("days", "missing"), comparison("days", "le", 9)],
    "either side": [comparison("days", "missing"), comparison("days", "lt", 4), comparison("days", "ge", 4)],
}


@pytest.mark.parametrize("members", ALWAYS.values(), ids=list(ALWAYS))
def test_a_condition_that_leaves_nobody_out_is_always_true(members):
    assert proofs.reachable(AnyOf(members=tuple(members)), FIELDS, PARAMS) == {True}


def test_a_long_condition_is_proved_by_splitting_not_by_trying_everything():
    pairs = [
        AllOf(members=(comparison(f"f{index}", "is_true"), comparison(f"f{index + 1}", "is_false")))
        for index in range(40)
    ]
    fields = {f"f{index}": FIELDS["told"] for index in range(41)}
    assert proofs.reachable(AnyOf(members=tuple(pairs)), fields, {}) == {True, False, None}


def problems(tree):
    """What the loader says about a book's tree in which only the proofs find anything."""
    try:
        books.parse_book(tree, place="made up", sha256="0")
    except BadReference as refused:
        return {one.place.removeprefix("made up: "): one.says for one in refused.problems}
    return {}


@pytest.mark.parametrize("name", names())
def test_every_shipped_rule_can_fire_and_stay_silent_wherever_a_site_sets_its_parameters(name):
    assert problems(reference.read_yaml(reference.newest(f"rulebooks/{name}"))) == {}


def test_the_small_book_has_nothing_wrong():
    assert problems(changed()) == {}


def test_a_rule_that_can_never_fire_is_told():
    dead = {"all": [{"f": "bp", "op": "lt", "value": 100}, {"f": "bp", "op": "gt", "value": 200}]}
    assert problems(changed("rules/0/when/any/0", {"any": [{"f": "bp", "op": "ge", "param": "limit"}, dead]})) == {}
    tree = changed("rules/1/when", {"all": [dead, {"f": "told", "op": "is_true"}]})
    assert problems(tree) == {"rules.R-2": "can never fire, whatever the facts are"}


def test_a_rule_that_never_stays_silent_is_told():
    tree = changed("rules/1/when", {"any": [{"f": "risk", "op": "in", "value": ["none", "low", "high"]}]})
    assert problems(tree) == {"rules.R-2": "can never stay silent, whatever the facts are"}


def test_a_rule_that_only_a_sites_own_number_kills_is_told():
    tree = changed(
        "rules/0/when", {"all": [{"f": "bp", "op": "ge", "param": "limit"}, {"f": "bp", "op": "lt", "value": 150}]}
    )
    tree["params"]["limit"] |= {"default": 140, "stricter": "higher"}
    assert problems(tree) == {"rules.R-1": "can never fire, whatever the facts are where a site sets limit to 160"}


def test_a_rule_for_a_fact_that_is_always_derived_is_told():
    undone = [{"f": "gap", "op": "missing"}, {"f": "bp", "op": "present"}, {"f": "dia", "op": "present"}]
    assert "R-2" in "".join(problems(changed("rules/1/when", {"all": undone})))
    assert problems(changed("rules/1/when", {"all": undone[:2]})) == {}
    unset = [{"f": "risk", "op": "eq", "value": "none"}, {"f": "told", "op": "missing"}]
    assert "R-2" in "".join(problems(changed("rules/1/when", {"all": unset})))


def test_a_count_that_is_missing_beside_its_list_may_be_that_of_an_open_list():
    uncounted = [{"f": "kinds", "op": "present"}, {"f": "many", "op": "missing"}, {"f": "bp", "op": "present"}]
    assert problems(changed("rules/1/when", {"all": uncounted})) == {}


def test_a_rule_for_a_route_it_is_not_for_is_told():
    tree = changed(
        "rules/1/when",
        {"all": [{"f": "plan.route", "op": "eq", "value": "im_ketamine"}, {"f": "told", "op": "is_true"}]},
    )
    tree["imports"] = {"book": "eligibility", "version": 1, "facts": ["plan.route"]}
    tree["required_facts"].extend(["plan.route", "told"])
    tree["rules"][1]["applies_to"] = ["iv_ketamine", "im_ketamine"]
    assert problems(tree) == {}
    tree["rules"][1]["applies_to"] = ["iv_ketamine"]
    assert problems(tree) == {"rules.R-2": "can never fire, whatever the facts are"}


def test_a_rule_may_fire_for_everybody_on_its_route():
    tree = changed("rules/1/when", {"f": "plan.route", "op": "eq", "value": "im_ketamine"})
    tree["imports"] = {"book": "eligibility", "version": 1, "facts": ["plan.route"]}
    tree["required_facts"].append("plan.route")
    tree["rules"][1]["applies_to"] = ["im_ketamine"]
    assert problems(tree) == {}


def test_the_rule_on_contradictions_may_fire_by_a_derived_fact_alone():
    tree = changed(
        "rules/2/when", {"all": [{"f": "bp", "op": "lt", "value": 100}, {"f": "bp", "op": "gt", "value": 200}]}
    )
    assert problems(tree) == {}
