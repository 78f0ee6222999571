"""Of all the values a fact may take, its cells are those that conditions can tell apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.rules import cells, load, names
from ketacare.science.rules.conditions import AllOf, Comparison
from ketacare.science.rules.fields import Field
from tests.science.rules import made_up
from tests.science.rules.made_up import FIELDS, PARAMS


def of(*comparisons, fields=FIELDS):
    return cells.of(comparisons, fields, PARAMS)


def judged(asked, fact, value):
    """What each comparison of a fact says of a value."""
    return tuple(one.verdict({} if value is None else {fact: value}, PARAMS) for one in asked)


@pytest.mark.parametrize("fact", [fact for fact in FIELDS if fact != "kinds"])
@given(data=st.data())
def test_every_value_is_judged_like_one_of_the_cells(fact, data):
    asked = data.draw(st.lists(made_up.comparison(fact), min_size=1, max_size=4))
    value = data.draw(made_up.value(FIELDS[fact]) | st.none())
    found = of(*asked)[fact]
    assert judged(asked, fact, value) in {judged(asked, fact, one) for one in found}


@given(data=st.data())
def test_every_cell_can_be_given_as_the_fact(data):
    asked = data.draw(st.lists(made_up.WITH_STARS, min_size=1, max_size=3))
    for fact, found in cells.of(asked, FIELDS, PARAMS).items():
        assert found[-1] is None
        assert all(FIELDS[fact].complaint(value) is None for value in found[:-1])
        assert len(found) == len(set(found))


@given(asked=st.lists(made_up.comparison("kinds"), min_size=1, max_size=1), value=made_up.value(FIELDS["kinds"]))
def test_one_comparison_of_a_list_has_a_cell_for_every_list(asked, value):
    assert judged(asked, "kinds", value) in {judged(asked, "kinds", one) for one in of(*asked)["kinds"]}


def test_a_number_has_its_limits_the_stretches_between_and_the_ends():
    asked = (Comparison(fact="share", op="ge", param="low"), Comparison(fact="share", op="lt", value=4))
    assert of(*asked)["share"] == (1.0, 3.0, 3.5, 4.0, 6.0, None)


def test_a_whole_number_stays_whole():
    asked = (Comparison(fact="days", op="ge", param="high"), Comparison(fact="days", op="eq", value=7))
    assert of(*asked)["days"] == (3, 7, 8, None)


def test_a_limit_outside_the_range_is_no_cell():
    assert of(Comparison(fact="days", op="ge", value=12))["days"] == (4, None)


def test_a_limit_at_the_end_of_the_range_is_a_cell():
    found = of(Comparison(fact="days", op="gt", value=9), Comparison(fact="days", op="le", value=0))["days"]
    assert found == (0, 4, 9, None)


def test_values_that_nobody_names_share_a_cell():
    assert of(Comparison(fact="risk", op="in", value=("mid", "high")))["risk"] == ("mid", "high", "none", None)


def test_a_list_compared_twice_has_the_cells_with_both():
    both = AllOf(
        members=(
            Comparison(fact="kinds", op="contains_any", value=("a", "b")),
            Comparison(fact="kinds", op="contains_any", value=("c",)),
        )
    )
    assert of(both)["kinds"] == ((), ("a",), ("b",), ("c",), ("d",), ("a", "c"), None)


def test_a_fact_only_asked_for_being_there_has_a_value_and_missing():
    found = of(*(Comparison(fact=fact, op="present") for fact in FIELDS))
    assert {fact: len(one) for fact, one in found.items()} == {
        "told": 3, "asked": 3, "days": 2, "share": 2, "grade": 5, "risk": 2, "note": 2, "kinds": 3,
    }  # fmt: skip


@pytest.mark.parametrize("name", names())
def test_the_cells_of_a_shipped_book_can_be_given_and_stay_in_their_cells_when_rounded(name):
    book = load(name)
    for rule in book.rules:
        for fact, found in cells.of([rule.when], book.fields, book.defaults.values).items():
            for value in found[:-1]:
                assert book.fields[fact].complaint(value) is None
                if book.rounding and book.fields[fact].unit in book.rounding.units:
                    assert round(value, book.rounding.decimals) == value


def test_a_rule_reads_the_facts_behind_its_stars():
    book = load("eligibility")
    assert set(book.required_facts) <= set(cells.reads(book.rule("WU-00").when))


def test_a_float_has_a_cell_below_and_above_a_limit_in_a_narrow_range():
    field = {"ratio": Field(type="float", range=(0, 1), **made_up.ANY_TIME)}
    assert of(Comparison(fact="ratio", op="gt", value=0.25), fields=field)["ratio"] == (0.1, 0.25, 0.6, None)
