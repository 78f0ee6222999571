"""Whether the parts of a scale's definition fit each other: names that exist, bands without holes, ranges that add up."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from ketacare.science.scales.conditions import (
    ClassificationIs,
    Condition,
    ContextIs,
    ItemIs,
    ItemMissing,
    ScoreIs,
    leaves,
)
from ketacare.science.scales.definition import Instrument, ScoreRule

Found = Iterator[tuple[str, str]]


def inconsistencies(instrument: Instrument) -> Found:
    """Yield every place where a definition contradicts itself, and what is wrong there."""
    for check in CHECKS:
        yield from check(instrument)


def _items(instrument: Instrument) -> Found:
    yield from _twice("items", [item.id for item in instrument.items])
    for item in instrument.items:
        place = f"items.{item.id}"
        if item.options not in instrument.options:
            yield place, f"there are no options {item.options!r}"
        if instrument.licence.ship_text and not item.text:
            yield place, "the wording is missing"
        if not instrument.licence.ship_text and item.text:
            yield place, "the licence does not let us ship the wording"
    for rule in instrument.skip_rules:
        yield from _unknown("skip_rules", "item", rule.zero_if_missing, _item_ids(instrument))


def _scores(instrument: Instrument) -> Found:
    yield from _twice("scores", [rule.id for rule in instrument.scores])
    if instrument.main_score is not None and not instrument.score_rule(instrument.main_score):
        yield "main_score", f"there is no score {instrument.main_score!r}"
    for rule in instrument.scores:
        named = [*rule.items, *([rule.gate.item] if rule.gate else [])]
        unknown = list(_unknown(f"scores.{rule.id}", "item", named, _item_ids(instrument)))
        yield from unknown
        own = [*rule.reverse, *rule.thresholds, *(name for group in rule.one_of for name in group)]
        yield from _unknown(f"scores.{rule.id}", "own item", own, rule.items)
        if not unknown and rule.method == "sum" and _attainable(instrument, rule) != rule.range:
            yield f"scores.{rule.id}.range", f"the answers add up to {_attainable(instrument, rule)}, not {rule.range}"
        if rule.missing and rule.missing.method and not _is_prorated_well(rule):
            yield f"scores.{rule.id}.missing", "only a sum or a mean with some answers can be prorated"
        yield from _method(instrument, rule)


def _is_prorated_well(rule: ScoreRule) -> bool:
    """A sum takes the mean of the answered for each missing one, a mean is that of the answered; some must be answered."""
    fits = {"sum": "prorate_mean", "mean": "mean_of_answered"}.get(rule.method)
    return rule.missing is not None and rule.missing.method == fits and rule.missing.max_missing < len(rule.items)


def _method(instrument: Instrument, rule: ScoreRule) -> Found:
    """What a score's method needs, and that a composite stands on scores before it."""
    place = f"scores.{rule.id}"
    if rule.method == "count_at_least" and rule.default_threshold is None:
        yield place, "counting needs a default_threshold"
    if (rule.method == "rule") != (rule.when is not None):
        yield place, "a rule, and only it, needs `when`"
    if (rule.method == "composite") != bool(rule.parts) or bool(rule.items) == bool(rule.parts):
        yield place, "a composite, and only it, has parts and no items"
    before = [each.id for each in instrument.scores[: instrument.scores.index(rule)]]
    yield from _unknown(f"{place}.parts", "score before it", rule.parts, before)
    if rule.when is not None:
        said = [leaf.score for leaf in leaves(rule.when) if isinstance(leaf, ScoreIs)]
        yield from _unknown(f"{place}.when", "score before it", said, before)


def _attainable(instrument: Instrument, rule: ScoreRule) -> tuple[int, int]:
    """The lowest and highest sum the permitted answers can reach; what is not a known option adds nothing."""
    permitted = [
        instrument.permitted(item)
        for item in instrument.items
        if item.id in rule.items and item.options in instrument.options
    ]
    low, high = sum(min(values, default=0) for values in permitted), sum(max(values, default=0) for values in permitted)
    return int(low * rule.multiply), int(high * rule.multiply)


def _bands(instrument: Instrument) -> Found:
    if instrument.bands is None:
        return
    rule = instrument.score_rule(instrument.bands.score)
    if rule is None:
        yield "bands", f"there is no score {instrument.bands.score!r}"
        return
    step = Decimal(1).scaleb(-rule.decimals)
    ends = [Decimal(rule.range[0]) - step, *(band.max for band in instrument.bands.list)]
    if any(
        band.min != before + step or band.max < band.min
        for before, band in zip(ends, instrument.bands.list, strict=False)
    ):
        yield "bands", "the bands must follow each other without hole or overlap"
    if ends[-1] != rule.range[1]:
        yield "bands", f"the bands must end at {rule.range[1]}"


def _classifications(instrument: Instrument) -> Found:
    scores = [rule.id for rule in instrument.scores]
    yield from _twice("classifications", [each.id for each in instrument.classifications])
    for each in instrument.classifications:
        place = f"classifications.{each.id}"
        yield from _unknown(place, "score", each.requires, scores)
        yield from _unknown(place, "score", each.endorsement.needs if each.endorsement else (), scores)
        if bool(each.rules) == bool(each.endorsement):
            yield place, "give either rules or an endorsement"
        if each.rules and [rule.when is None for rule in each.rules] != [False] * (len(each.rules) - 1) + [True]:
            yield place, "the last rule, and only it, stands without `when` (otherwise)"


def _conditions(instrument: Instrument) -> Found:
    for place, condition in _all_conditions(instrument):
        for leaf in leaves(condition):
            yield from _unknown_in(leaf, place, instrument)


def _all_conditions(instrument: Instrument) -> Iterator[tuple[str, Condition]]:
    yield from ((f"items.{item.id}", item.show_when) for item in instrument.items if item.show_when)
    yield from (("skip_rules", rule.when) for rule in instrument.skip_rules)
    yield from ((f"scores.{rule.id}", rule.when) for rule in instrument.scores if rule.when)
    yield from ((f"flags.{flag.id}", flag.when) for flag in instrument.flags)
    yield from ((f"alerts.{alert.id}", alert.when) for alert in instrument.alerts)
    for each in instrument.classifications:
        yield from ((f"classifications.{each.id}", rule.when) for rule in each.rules if rule.when)


def _unknown_in(leaf: Condition, place: str, instrument: Instrument) -> Found:
    match leaf:
        case ItemIs() | ItemMissing():
            yield from _unknown(place, "item", [leaf.item], _item_ids(instrument))
        case ScoreIs():
            yield from _unknown(place, "score", [leaf.score], [rule.id for rule in instrument.scores])
        case ClassificationIs():
            classes = [each.id for each in instrument.classifications]
            yield from _unknown(place, "classification", [leaf.classification], classes)
        case ContextIs():
            yield from _unknown(place, "context", [leaf.context], instrument.context)


def _alerts(instrument: Instrument) -> Found:
    yield from _twice("alerts", [alert.id for alert in instrument.alerts])
    scores = [rule.id for rule in instrument.scores]
    yield from _unknown("cutoffs", "score", [cutoff.score for cutoff in instrument.cutoffs], scores)


def _item_ids(instrument: Instrument) -> list[str]:
    return [item.id for item in instrument.items]


def _unknown(place: str, kind: str, named: Iterable[str], known: Iterable[str]) -> Found:
    there = set(known)
    yield from ((place, f"there is no {kind} {name!r}") for name in named if name not in there)


def _twice(place: str, ids: Iterable[str]) -> Found:
    yield from ((place, f"{name!r} is given twice") for name, times in Counter(ids).items() if times > 1)


CHECKS: tuple[Callable[[Instrument], Found], ...] = (_items, _scores, _bands, _classifications, _conditions, _alerts)
