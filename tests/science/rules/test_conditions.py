"""Three-valued logic, operator by operator and by properties."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.rules.conditions import AllOf, AnyOf, Comparison, comparisons, parse, possible

T, F, U = True, False, None
FACTS = {T: "t", F: "f", U: "u"}
VALUES = {"t": True, "f": False}


def leaf(verdict):
    return Comparison(fact=FACTS[verdict], op="is_true")


ANY = {(T, T): T, (T, F): T, (T, U): T, (F, F): F, (F, U): U, (U, U): U}
ALL = {(T, T): T, (T, F): F, (T, U): U, (F, F): F, (F, U): F, (U, U): U}


@pytest.mark.parametrize("pair", list(itertools.product([T, F, U], repeat=2)))
@pytest.mark.parametrize(("node", "table"), [(AnyOf, ANY), (AllOf, ALL)], ids=["any", "all"])
def test_two_members_follow_the_truth_table(node, table, pair):
    expected = table[pair] if pair in table else table[pair[::-1]]
    assert node(members=tuple(map(leaf, pair))).verdict(VALUES, {}) is expected


OPERATORS = [
    # op, operand, value that is true, value that is false, verdict on a missing fact
    ("is_true", None, True, False, U),
    ("is_false", None, False, True, U),
    ("not_true", None, False, True, T),
    ("missing", None, ..., 7, T),
    ("present", None, 7, ..., F),
    ("eq", 3, 3, 4, U),
    ("ne", 3, 4, 3, U),
    ("lt", 3, 2.9, 3, U),
    ("le", 3, 3, 3.1, U),
    ("gt", 3, 3.1, 3, U),
    ("ge", 3, 3, 2.9, U),
    ("in", ("a", "b"), "a", "c", U),
    ("not_in", ("a", "b"), "c", "a", U),
    ("contains_any", ("a", "b"), ("x", "b"), ("x",), U),
    ("contains_any", ("a", "b"), ("a", "b"), (), U),
]


@pytest.mark.parametrize(("op", "operand", "yes", "no", "missing"), OPERATORS)
def test_operator_on_each_side_of_its_line_and_on_a_missing_fact(op, operand, yes, no, missing):
    asked = Comparison(fact="x", op=op, value=operand)
    assert asked.verdict({} if yes is ... else {"x": yes}, {}) is True
    assert asked.verdict({} if no is ... else {"x": no}, {}) is False
    assert asked.verdict({}, {}) is missing


def test_a_parameter_stands_in_for_the_value():
    asked = Comparison(fact="x", op="ge", param="limit")
    assert asked.verdict({"x": 160}, {"limit": 160}) is True
    assert asked.verdict({"x": 159}, {"limit": 160}) is False
    assert asked.verdict({}, {"limit": 160}) is None


NAMES = st.sampled_from(["a", "b", "c", "d"])
INFORMATION_KEEPING = st.builds(
    Comparison, fact=NAMES, op=st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]), value=st.integers(0, 3)
)
CONDITIONS = st.recursive(
    INFORMATION_KEEPING,
    lambda inner: st.builds(
        lambda node, members: node(members=tuple(members)),
        st.sampled_from([AnyOf, AllOf]),
        st.lists(inner, min_size=1, max_size=4),
    ),
    max_leaves=12,
)
SOME_FACTS = st.dictionaries(NAMES, st.integers(0, 3))


@given(CONDITIONS, SOME_FACTS, SOME_FACTS)
def test_more_information_never_overturns_a_definite_verdict(condition, known, more):
    before = condition.verdict(known, {})
    after = condition.verdict({**more, **known}, {})
    assert before is None or after is before


@given(CONDITIONS, st.fixed_dictionaries(dict.fromkeys("abcd", st.integers(0, 3))))
def test_with_every_fact_known_nothing_is_unknown(condition, facts):
    assert condition.verdict(facts, {}) is not None


@given(CONDITIONS, SOME_FACTS)
def test_an_unknown_verdict_names_a_missing_fact_and_a_definite_one_rests_on_its_reasons(condition, facts):
    verdict = condition.verdict(facts, {})
    reasons = set(condition.reasons(facts, {}))
    if verdict is None:
        assert reasons - facts.keys()
    else:
        assert reasons <= facts.keys()
        assert condition.verdict({name: facts[name] for name in reasons}, {}) is verdict


@given(CONDITIONS, st.fixed_dictionaries(dict.fromkeys("abc", st.integers(0, 3))))
def test_every_verdict_reached_without_a_fact_was_announced_as_possible(condition, others):
    assert condition.verdict(others, {}) in possible(condition, without="d")


def test_the_comparisons_of_a_condition_come_in_reading_order():
    tree = {"all": [{"f": "a", "op": "present"}, {"any": [{"f": "b", "op": "missing"}, {"f": "c", "op": "is_true"}]}]}
    problems = []
    condition = parse(tree, place="x", stars={}, problems=problems)
    assert [one.fact for one in comparisons(condition)] == ["a", "b", "c"]
    assert not problems


@pytest.mark.parametrize(
    ("tree", "place", "says"),
    [
        ("a", "x", "a condition is"),
        ({"any": []}, "x.any", "at least one"),
        ({"any": [1]}, "x.any.0", "a condition is"),
        ({"any": [{"f": "a", "op": "missing"}], "all": []}, "x", "a condition is"),
        ({"op": "missing"}, "x", "a condition is"),
        ({"f": "a"}, "x", "unknown operator None"),
        ({"f": "a", "op": "like", "value": 1}, "x", "unknown operator 'like'"),
        ({"f": "a", "op": "missing", "value": 1}, "x", "takes neither"),
        ({"f": "a", "op": "ge"}, "x", "either a value or a param"),
        ({"f": "a", "op": "ge", "value": 1, "param": "p"}, "x", "either a value or a param"),
        ({"f": "a", "op": "ge", "value": [1]}, "x", "one plain value"),
        ({"f": "a", "op": "ge", "param": 1}, "x", "name of a parameter"),
        ({"f": "a", "op": "in", "value": "a"}, "x", "a list"),
        ({"f": "a", "op": "in", "value": []}, "x", "a list"),
        ({"f": "a", "op": "in", "param": "p"}, "x", "a list"),
        ({"f": "a", "op": "ge", "value": 1, "unless": 2}, "x", "unknown key unless"),
        ({"f": "*nothing", "op": "missing"}, "x", "unknown list"),
        ({"f": "*known", "op": "present"}, "x", "only be asked with op: missing"),
    ],
)
def test_what_the_grammar_does_not_know_is_refused_with_its_place(tree, place, says):
    problems = []
    parse(tree, place=place.split(".")[0], stars={"known": ()}, problems=problems)
    assert [one.place for one in problems] == [place]
    assert says in problems[0].says
