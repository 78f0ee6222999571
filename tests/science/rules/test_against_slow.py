"""The engine and a slow, obvious evaluator agree on made-up patients, for every shipped book."""

from datetime import date
from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ketacare.science.rules import Fact, load, names
from ketacare.science.rules.cells import reads
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
@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_engine_agrees_with_the_slow_evaluator(name, data):
    facts = data.draw(patients(name))
    found = load(name).evaluate(facts, on=ON)
    fired, unknown, result = slow.evaluate(slow_book(name), facts)
    assert (set(found.fired), set(found.unknown), found.disposition) == (fired, unknown, result)


def told(value, *, complete=True):
    """What one source says of a fact, for both evaluators."""
    ours = Fact(name="", value=value, complete=complete)
    return ours, value if complete or value is None else slow.Open(value)


@st.composite
def sources(draw, field, edges):
    """What two or three sources say of one fact; a list may be open, and one of them may say nothing."""
    said = []
    for _ in range(draw(st.integers(1, 3))):
        value = draw(st.none() | values(field, edges))
        complete = field.type != "list" or value is None or draw(st.booleans())
        said.append(told(value, complete=complete))
    return [one for one, _ in said], slow.Several(one for _, one in said)


# a whole patient takes hours to shrink and is read as easily unshrunk
UNSHRUNK = settings(
    deadline=None,
    max_examples=30,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@pytest.mark.parametrize("name", names())
@UNSHRUNK
@given(data=st.data())
def test_engine_agrees_with_the_slow_evaluator_where_lists_are_open_and_sources_differ(name, data):
    book = load(name)
    facts = data.draw(patients(name))
    lists = [fact for fact, field in book.fields.items() if field.type == "list"]
    together = data.draw(st.sampled_from([read_by(rule.when) for rule in book.rules]))
    chosen = data.draw(st.lists(st.sampled_from(sorted({*lists, *together})), max_size=3, unique=True))
    edges = [param.default for param in book.params.values()] + [0, 1, 2]
    drawn = {fact: data.draw(sources(book.fields[fact], edges)) for fact in chosen}
    found = book.evaluate(facts | {fact: ours for fact, (ours, _) in drawn.items()}, on=ON)
    expected = slow.evaluate(slow_book(name), facts | {fact: theirs for fact, (_, theirs) in drawn.items()})
    assert (set(found.fired), set(found.unknown), found.disposition) == expected


def read_by(condition):
    return [fact for fact in reads(condition) if not fact.startswith("clearance.")] or ["plan.route"]
