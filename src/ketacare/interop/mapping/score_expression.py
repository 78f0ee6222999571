"""The main score of a scale as one FHIRPath expression over a QuestionnaireResponse: empty where there is no score.

Whole numbers only: a half is rounded up by (2 x a + b) div (2 x b), so no decimal of the reader's engine can tip it.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from ketacare.science.scales.conditions import AllOf, AnyOf, Condition, ItemIs, ScoreIs
from ketacare.science.scales.definition import Instrument, Item, ScoreRule

NOTHING = "{}"
OPERATORS = {"==": "="}


def main_score_expression(instrument: Instrument) -> str:
    """The expression of the main score, which the scale must have."""
    rule = instrument.score_rule(instrument.main_score)
    if rule is None:
        raise ValueError(f"{instrument.id} has no main score")
    return score_expression(instrument, rule)


def score_expression(instrument: Instrument, rule: ScoreRule) -> str:
    """One score: the scale's skips and gate first, then who is missing, then the arithmetic."""
    if rule.method == "composite":
        return _composite(instrument, rule)
    if rule.method == "rule":
        unknown = f"iif({_count(rule.items)} = {len(rule.items)}, 0, {NOTHING})"
        return f"iif({_holds(instrument, rule.when)}, 1, {unknown})" if rule.when else NOTHING
    found = _with_skips(instrument, rule, frozenset())
    if rule.gate:
        gate = _points(instrument, [rule.gate.item])
        found = f"iif({_count([rule.gate.item])} = 0, {NOTHING}, iif({gate} = {rule.gate.no}, {rule.gate.score_if_no}, {found}))"
    return found


def _with_skips(instrument: Instrument, rule: ScoreRule, zeroed: frozenset[str], after: int = 0) -> str:
    """Each skip rule halves the ways: with it, its unanswered items count as answered with 0."""
    if after == len(instrument.skip_rules):
        return _plain(instrument, rule, zeroed)
    skip = instrument.skip_rules[after]
    there = _with_skips(instrument, rule, zeroed | set(skip.zero_if_missing), after + 1)
    return f"iif({_holds(instrument, skip.when)}, {there}, {_with_skips(instrument, rule, zeroed, after + 1)})"


def _plain(instrument: Instrument, rule: ScoreRule, zeroed: frozenset[str]) -> str:
    needed = [name for name in rule.items if name not in zeroed]
    if rule.method == "max":
        return _maximum(instrument, rule)
    points, there = (
        _points(instrument, rule.items, rule.reverse),
        f"({_count(needed)} + {len(rule.items) - len(needed)})",
    )
    most = rule.missing.max_missing if rule.missing else 0
    all_ = len(rule.items)
    total = f"({points} * {all_})" if rule.method == "sum" else points
    scaled = Fraction(rule.multiply) * 10**rule.decimals
    top, bottom = f"{total} * {scaled.numerator}", f"({there} * {scaled.denominator})"
    return f"iif({there} >= {all_ - most}, {_half_up(top, bottom, rule.decimals)}, {NOTHING})"


def _half_up(top: str, bottom: str, decimals: int) -> str:
    """top / bottom, a half rounded up; a bottom of 0 is behind a condition."""
    whole = f"((2 * {top} + {bottom}) / (2 * {bottom})).floor()"
    return whole if decimals == 0 else f"({whole} / {10**decimals})"


def _maximum(instrument: Instrument, rule: ScoreRule) -> str:
    """The highest answer, when none that is missing could be higher."""
    items = [item for item in instrument.items if item.id in rule.items]
    top, low = (
        max(instrument.permitted(item)[-1] for item in items),
        min(instrument.permitted(item)[0] for item in items),
    )
    highest = str(low)
    for points in range(low + 1, top + 1):
        reached = " or ".join(f"{_points(instrument, [item.id])} >= {points}" for item in items)
        highest = f"iif({reached}, {points}, {highest})"
    enough = f"{_count(rule.items)} = {len(rule.items)} or ({highest}) = {top}"
    if rule.one_of:
        enough = " and ".join(f"{_count(group)} > 0" for group in rule.one_of)
    return f"iif({enough}, {highest}, {NOTHING})"


def _composite(instrument: Instrument, rule: ScoreRule) -> str:
    """Over a common divisor, so that it stays whole until it is rounded."""
    parts = {name: score_expression(instrument, _rule(instrument, name)) for name in rule.parts}
    common = 1
    for divisor in (*rule.parts.values(), rule.divide, rule.multiply, rule.subtract):
        common *= Fraction(divisor).denominator * (abs(Fraction(divisor).numerator) or 1)
    scale = Fraction(rule.multiply) / Fraction(rule.divide) * 10**rule.decimals
    terms = [f"({parts[name]}) * {_whole(common * scale / Fraction(by), common)}" for name, by in rule.parts.items()]
    offset = _whole(common * scale * Fraction(rule.subtract), common)
    top = f"({' + '.join(terms)} - {offset})"
    return _half_up(top, str(common * common), rule.decimals)


def _whole(value: Fraction, common: int) -> int:
    """The value times the common divisor, which makes it whole."""
    return int(value * common)


def _rule(instrument: Instrument, score_id: str) -> ScoreRule:
    return next(rule for rule in instrument.scores if rule.id == score_id)


def _holds(instrument: Instrument, condition: Condition) -> str:
    """A condition of the scale; false, never empty, where something is missing."""
    match condition:
        case AllOf():
            return "(" + " and ".join(_holds(instrument, each) for each in condition.all) + ")"
        case AnyOf():
            return "(" + " or ".join(_holds(instrument, each) for each in condition.any) + ")"
        case ItemIs():
            compared = (
                f"{_points(instrument, [condition.item])} {OPERATORS.get(condition.op, condition.op)} {condition.value}"
            )
            return f"({_count([condition.item])} = 1 and {compared})"
        case ScoreIs():
            inner = score_expression(instrument, _rule(instrument, condition.score))
            return f"iif(({inner}).exists(), ({inner}) {OPERATORS.get(condition.op, condition.op)} {condition.value}, false)"
        case _:
            raise ValueError("a score's condition looks at items and scores alone")


def _count(items: Iterable[str]) -> str:
    return f"%resource.item.where({_named(items)}).answer.count()"


def _named(items: Iterable[str]) -> str:
    return " or ".join(f"linkId = '{name}'" for name in items)


def _points(instrument: Instrument, items: Iterable[str], reverse: Iterable[str] = ()) -> str:
    """The points of the answered items together, 0 when none is; items with the same options are read together."""
    wanted = set(items)
    groups: dict[tuple[tuple[str, int], ...], list[str]] = {}
    for item in instrument.items:
        if item.id in wanted:
            groups.setdefault(tuple(_worth(instrument, item, item.id in set(reverse)).items()), []).append(item.id)
    return "(" + " + ".join(_sum_of(names, dict(worth)) for worth, names in groups.items()) + ")"


def _worth(instrument: Instrument, item: Item, is_reversed: bool) -> Mapping[str, int]:
    """The code of each option -> its points; empty for an item that takes a number."""
    values = instrument.permitted(item)
    return {
        option.loinc_answer or str(option.answer): values[0] + values[-1] - option.value
        if is_reversed
        else option.value
        for option in instrument.choices(item)
    }


def _sum_of(items: list[str], worth: Mapping[str, int]) -> str:
    """So many answers of each code, times its points."""
    answers = f"%resource.item.where({_named(items)}).answer"
    if not worth:
        return f"{answers}.value.aggregate($this + $total, 0)"
    terms = [f"{answers}.value.where(code = '{code}').count() * {points}" for code, points in worth.items() if points]
    return " + ".join(terms) or "0"
