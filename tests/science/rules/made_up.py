"""Made-up fields, conditions and facts: small enough that every patient can be tried, rich enough to reach every corner of the language."""

from hypothesis import strategies as st

from ketacare.science.rules.conditions import AllOf, AnyOf, Asked, Comparison, Incomplete
from ketacare.science.rules.fields import Field

PARAMS = {"low": 3.0, "high": 7.5}
ANY_TIME = {"from": "clin", "fresh_for": "always"}
FIELDS = {
    "told": Field(type="bool", **ANY_TIME),
    "asked": Field(type="bool", **ANY_TIME),
    "days": Field(type="int", range=(0, 9), **ANY_TIME),
    "share": Field(type="float", range=(-1, 9), **ANY_TIME),
    "grade": Field(type="int", values=(1, 2, 3, 4), **ANY_TIME),
    "risk": Field(type="enum", values=("none", "low", "mid", "high"), **ANY_TIME),
    "note": Field(type="text", **ANY_TIME),
    "kinds": Field(type="list", values=("a", "b", "c", "d", "e"), **ANY_TIME),
}
NUMBERS = st.sampled_from([-2, -1, 0, 1, 3, 3.5, 4, 7.5, 9, 12])
ORDERS = st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"])


def named(members):
    return st.lists(st.sampled_from(members), min_size=1, max_size=3, unique=True).map(tuple)


def comparison(fact):
    """Any comparison that the loader would take of a fact."""
    is_there = st.sampled_from(["missing", "present"]).map(lambda op: Comparison(fact=fact, op=op))
    match FIELDS[fact].type:
        case "bool":
            asked = st.sampled_from(["is_true", "is_false", "not_true"]).map(lambda op: Comparison(fact=fact, op=op))
        case "int" | "float":
            value = st.builds(lambda op, value: Comparison(fact=fact, op=op, value=value), ORDERS, NUMBERS)
            param = st.builds(
                lambda op, name: Comparison(fact=fact, op=op, param=name), ORDERS, st.sampled_from(["low", "high"])
            )
            asked = value | param | listed(fact, st.lists(NUMBERS, min_size=1, max_size=2).map(tuple))
        case "list":
            asked = named("abcd").map(lambda value: Comparison(fact=fact, op="contains_any", value=value))
        case _:
            asked = listed(fact, named(FIELDS[fact].values or ("x", "y", "z")))
    return asked | is_there


def listed(fact, values):
    return st.builds(
        lambda op, value: Comparison(fact=fact, op=op, value=value), st.sampled_from(["in", "not_in"]), values
    )


COMPARISONS = st.sampled_from(sorted(FIELDS)).flatmap(comparison)


def tree(leaves, size):
    """Conditions of so many leaves at most."""
    members = lambda child: st.lists(child, min_size=1, max_size=3).map(tuple)  # noqa: E731
    return st.recursive(
        leaves,
        lambda child: st.builds(lambda kind, one: kind(members=one), st.sampled_from([AnyOf, AllOf]), members(child)),
        max_leaves=size,
    )


CONDITIONS = tree(COMPARISONS, 6)
ASKED = st.builds(
    lambda facts, when: Asked(facts=facts, when=when),
    st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=2, unique=True).map(tuple),
    st.none() | tree(COMPARISONS, 2),
)
STARS = st.lists(ASKED, min_size=1, max_size=2).map(lambda asked: Incomplete(star="required_facts", asked=tuple(asked)))
WITH_STARS = tree(COMPARISONS | STARS, 5)


def value(field):
    """Any value that may be given as a fact."""
    match field.type:
        case "bool":
            return st.booleans()
        case "text":
            return st.sampled_from(["x", "y", "other"])
        case "enum":
            return st.sampled_from(field.values)
        case "list":
            return st.lists(st.sampled_from(field.values), unique=True).map(tuple)
        case _ if field.values:
            return st.sampled_from(field.values)
        case "int":
            return st.integers(*map(int, field.range))
    return st.floats(*field.range) | NUMBERS.map(float).filter(lambda one: field.range[0] <= one <= field.range[1])


PATIENTS = st.fixed_dictionaries({}, optional={fact: value(field) for fact, field in FIELDS.items()})
