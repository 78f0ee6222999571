"""Conditions as a reader says them, for pages and for the manual."""

from collections.abc import Callable, Mapping

from ketacare.science.rules.conditions import AllOf, AnyOf, Comparison, Condition, Incomplete, Params
from ketacare.science.rules.fields import Field

Label = Callable[[str], str]
# operator -> what is said of the fact; {} is the limit
PHRASES: Mapping[str, str] = {
    "is_true": "yes",
    "is_false": "no",
    "not_true": "no, or not known",
    "missing": "not known",
    "present": "known",
    "eq": "{}",
    "ne": "not {}",
    "lt": "below {}",
    "le": "{} or less",
    "gt": "above {}",
    "ge": "{} or more",
    "in": "{}",
    "not_in": "none of {}",
    "contains_any": "among them {}",
}


def sentence(condition: Condition, *, fields: Mapping[str, Field], params: Params, label: Label) -> str:
    """Return a condition in words, with the numbers in use.

    Args:
        condition: of a rule.
        fields: the book's fields, for units.
        params: the parameters in use.
        label: what a fact, and a coded value, is called.
    """
    match condition:
        case Comparison():
            return f"{label(condition.fact)}: {_phrase(condition, fields, params, label)}"
        case Incomplete():
            lists = "; ".join(_asked(one.facts, one.when, fields, params, label) for one in condition.asked)
            return f"one of these is not known: {lists}"
        case AnyOf() | AllOf():
            word = " or " if isinstance(condition, AnyOf) else " and "
            said = (_inside(one, condition, fields, params, label) for one in condition.members)
            return word.join(said)


def _inside(one: Condition, outer: Condition, fields: Mapping[str, Field], params: Params, label: Label) -> str:
    text = sentence(one, fields=fields, params=params, label=label)
    mixed = isinstance(one, AnyOf | AllOf) and type(one) is not type(outer) and len(one.members) > 1
    return f"({text})" if mixed else text


def _asked(
    facts: tuple[str, ...],
    when: Condition | None,
    fields: Mapping[str, Field],
    params: Params,
    label: Label,
) -> str:
    names = ", ".join(label(fact) for fact in facts)
    return names if when is None else f"{names} (if {sentence(when, fields=fields, params=params, label=label)})"


def _phrase(one: Comparison, fields: Mapping[str, Field], params: Params, label: Label) -> str:
    unit = fields[one.fact].unit
    limit = params[one.param] if one.param is not None else one.value
    if isinstance(limit, tuple):
        text = " or ".join(label(str(value)) for value in limit)
    elif isinstance(limit, str):
        text = label(limit)
    elif isinstance(limit, bool) or limit is None:
        text = ""
    else:
        text = f"{limit:g} {unit}" if unit else f"{limit:g}"
    set_here = f" [{one.param}]" if one.param is not None else ""
    return PHRASES[one.op].format(text) + set_here
