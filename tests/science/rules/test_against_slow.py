"""The engine and a slow, obvious evaluator agree on made-up patients, for every shipped book."""

from datetime import date
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ketacare.science.rules import load, names
from tests.science.rules import slow

ON = date(2026, 11, 22)
slow_book = cache(slow.book)


def values(field, edges):
    """Values a fact may take: its own, and the numbers its rules compare with, on both sides of each."""
    if field.type == "bool":
        return st.booleans()
    if field.type == "enum":
        return st.sampled_from(field.values)
    if field.type == "list":
        return st.lists(st.sampled_from(field.values), max_size=4, unique=True)
    if field.type == "text":
        return st.sampled_from(["TPL-TRD-IV", "TPL-CRPS-OUT"])
    if field.values:
        return st.sampled_from(field.values)
    low, high = field.range
    step = 1 if field.type == "int" else 0.00004
    near = [one + side * step for one in edges for side in (-1, 0, 1) if low <= one + side * step <= high]
    if field.type == "int":
        near = [int(one) for one in near if float(one).is_integer()]
        return st.sampled_from(near or [int(low)]) | st.integers(int(low), int(high))
    return st.sampled_from([float(one) for one in near or [low]]) | st.floats(low, high, allow_nan=False)


@cache
def patients(name):
    """Made-up facts of a book: each there or missing, close to the limits that matter."""
    book = load(name)
    edges = [param.default for param in book.params.values()] + [0, 1, 2, 3, 35]
    plain = {fact: field for fact, field in book.fields.items() if not fact.startswith("clearance.")}
    return st.fixed_dictionaries({}, optional={fact: values(field, edges) for fact, field in plain.items()})


@pytest.mark.parametrize("name", names())
@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_engine_agrees_with_the_slow_evaluator(name, data):
    facts = data.draw(patients(name))
    found = load(name).evaluate(facts, on=ON)
    fired, unknown, result = slow.evaluate(slow_book(name), facts)
    if any("follows from other facts" in one.says for one in found.contradictions):
        assert fired <= set(found.fired)  # the more cautious of both facts counts, so never fewer
        return
    assert (set(found.fired), set(found.unknown), found.disposition) == (fired, unknown, result)
