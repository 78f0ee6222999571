"""A list from a record says "at least these": it can make a rule fire, and never lets one pass."""

from datetime import date

import pytest

from ketacare.science.errors import BadFacts
from ketacare.science.rules import Fact
from ketacare.science.rules.conditions import AtLeast, Comparison
from tests.science.rules.small_book import small_book

T, F, U = True, False, None
WELL = {"bp": 120, "dia": 70, "risk": "low", "told": False}


def kinds(*listed, complete=False):
    return {"kinds": Fact(name="kinds", value=listed, complete=complete, source="imported record")}


@pytest.mark.parametrize(
    ("op", "operand", "known", "verdict"),
    [
        ("contains_any", ("a", "b"), ("b",), T),
        ("contains_any", ("a", "b"), ("c",), U),
        ("missing", None, ("c",), T),
        ("present", None, ("c",), T),
        ("ge", 2, 1, U), ("ge", 2, 2, T), ("ge", 2, 3, T),
        ("gt", 2, 2, U), ("gt", 2, 3, T),
        ("lt", 2, 1, U), ("lt", 2, 2, F), ("lt", 9, 1, U),
        ("le", 2, 2, U), ("le", 2, 3, F),
        ("eq", 2, 1, U), ("eq", 2, 2, U), ("eq", 2, 3, F),
        ("ne", 2, 2, U), ("ne", 2, 3, T),
        ("in", (1, 2), 2, U), ("in", (1, 2), 3, F),
        ("not_in", (1, 2), 2, U), ("not_in", (1, 2), 3, T),
    ],
)  # fmt: skip
def test_what_an_operator_says_of_at_least_these_and_of_at_least_so_many(op, operand, known, verdict):
    assert Comparison(fact="x", op=op, value=operand).verdict({"x": AtLeast(known)}, {}) is verdict


def test_a_count_of_an_open_list_is_a_lower_bound():
    assert "R-4" in small_book().evaluate(WELL | kinds("a", "b")).fired
    some = small_book().evaluate(WELL | kinds("a"))
    assert (some.facts["many"].value, some.facts["many"].complete) == (1, False)
    assert "kinds" not in small_book().evaluate(WELL | kinds("a", complete=True)).facts["many"].name


def test_an_open_list_that_holds_everything_that_is_counted_has_an_exact_count():
    many = small_book().evaluate(WELL | kinds("a", "b")).facts["many"]
    assert (many.value, many.complete) == (2, True)


def test_an_open_list_is_still_to_be_asked_for_and_the_need_says_that_some_is_known():
    found = small_book().evaluate(WELL | kinds("c"))
    assert "R-4" in found.fired  # kinds are asked of everybody with a pressure
    (need,) = [need for need in found.needs if need.fact == "kinds"]
    assert (need.partial, need.stale) == (True, False)
    assert not small_book().evaluate(WELL | kinds("c", complete=True)).needs


def test_an_open_list_of_nothing_says_nothing():
    nothing, missing = small_book().evaluate(WELL | kinds()), small_book().evaluate(WELL)
    assert (nothing.fired, nothing.unknown, nothing.needs) == (missing.fired, missing.unknown, missing.needs)
    assert small_book().evaluate(WELL | kinds(complete=True)).disposition == "clear"


def test_only_a_list_can_be_open():
    with pytest.raises(BadFacts, match="bp: only a list can be incomplete"):
        small_book().evaluate({"bp": Fact(name="bp", value=120, complete=False)})


def test_an_open_list_that_is_too_old_is_missing():
    old = {"kinds": Fact(name="kinds", value=("a", "b"), complete=False, as_of=date(2026, 11, 20))}
    assert "kinds" in [need.fact for need in small_book().evaluate(WELL | old, on=date(2026, 11, 22)).needs]
