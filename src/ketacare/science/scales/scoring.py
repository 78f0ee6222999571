"""Answers to a scale become its score: status, scores, band, classes and the alerts somebody must look at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from types import MappingProxyType

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.scales.conditions import COMPARE, Known, Status, holds
from ketacare.science.scales.definition import (
    AlertRule,
    Band,
    Classification,
    Cutoff,
    Endorsement,
    Flag,
    Instrument,
    ScoreRule,
)

YES = 1


@dataclass(frozen=True, kw_only=True)
class Score:
    """What an answer set adds up to. `alerts` stand in the definition's order."""

    instrument: Instrument
    status: Status
    scores: Mapping[str, Decimal | None]
    prorated: tuple[str, ...]
    band: Band | None
    cutoffs: tuple[Cutoff, ...]
    classifications: Mapping[str, str | None]
    lower_bounds: tuple[str, ...]
    flags: tuple[Flag, ...]
    alerts: tuple[AlertRule, ...]
    missing_items: tuple[str, ...]
    invalid_items: tuple[str, ...]

    @property
    def main(self) -> Decimal | None:
        """The main score, or None when there is none."""
        return self.scores.get(self.instrument.main_score or "")


@dataclass(frozen=True, kw_only=True)
class _Sheet:
    """An answer set read by the scale's rules: gates and skips applied, nothing counted yet."""

    answers: Mapping[str, int]
    missing: frozenset[str]
    needed: frozenset[str]
    invalid: tuple[str, ...]
    entered: int | None = None


def score(instrument: Instrument, answers: Mapping[str, object], context: Mapping[str, str] | None = None) -> Score:
    """Score one answer set by the scale's own rules.

    Args:
        instrument: the scale's definition.
        answers: item id -> answer; None or an absent id is unanswered. Any other value than an integer (or a word, where its
            options have words) the item permits is invalid, and so is an id the scale does not have. Where the scale lets a
            total be entered, the main score's id alone may stand for all items.
        context: facts about the person the scale asks for (AUDIT-C: `sex_for_cutoff`); what is absent takes its default.

    Returns:
        Scores as exact decimals, in points; None where there is none. With an invalid answer there are no scores and no band
        at all, but alerts on items still run.

    Raises:
        OutOfRange: a context the scale does not know.

    Assumes: one answer set is one sitting with one version of the scale.
    Source: instruments catalogue ketacare.instruments/1, global_rules; checked against its worked examples.
    """
    told = _context(instrument, context or {})
    sheet = _read(instrument, answers)
    values = _values(instrument, sheet)
    scores = MappingProxyType({name: value for name, (value, _) in values.items()})
    prorated = tuple(name for name, (_, is_prorated) in values.items() if is_prorated)
    status = _status(instrument, sheet, scores, prorated)
    known = Known(items=sheet.answers, missing=sheet.missing, scores=scores, context=told, status=status)
    classes = {each.id: _class(each, instrument, sheet, known) for each in instrument.classifications}
    known = Known(
        items=known.items, missing=known.missing, scores=scores, classifications=classes, context=told, status=status
    )
    return Score(
        instrument=instrument,
        status=status,
        scores=scores,
        prorated=prorated,
        band=_band(instrument, scores),
        cutoffs=tuple(cut for cut in instrument.cutoffs if _reaches(cut, scores)),
        classifications=MappingProxyType(classes),
        lower_bounds=tuple(each.id for each in instrument.classifications if each.lower_bound and status != "complete"),
        flags=tuple(flag for flag in instrument.flags if holds(flag.when, known)),
        alerts=tuple(alert for alert in instrument.alerts if holds(alert.when, known)),
        missing_items=tuple(item.id for item in instrument.items if item.id in sheet.needed & sheet.missing),
        invalid_items=sheet.invalid,
    )


def _context(instrument: Instrument, told: Mapping[str, str]) -> Mapping[str, str]:
    wrong = [
        Problem(place=f"context.{name}", says=f"{value!r} is not one of {', '.join(instrument.context[name].values)}")
        if name in instrument.context
        else Problem(place=f"context.{name}", says=f"{instrument.id} does not ask for this")
        for name, value in told.items()
        if name not in instrument.context or value not in instrument.context[name].values
    ]
    if wrong:
        raise OutOfRange(wrong)
    return {name: asked.default for name, asked in instrument.context.items()} | dict(told)


def _read(instrument: Instrument, answers: Mapping[str, object]) -> _Sheet:
    """Sort answers into valid, invalid and missing; hidden items are never missing."""
    points = {item.id: instrument.points(item) for item in instrument.items}
    given = {name: value for name, value in answers.items() if value is not None}
    valid = {
        name: points[name][value]
        for name, value in given.items()
        if isinstance(value, int | str) and not isinstance(value, bool) and value in points.get(name, {})
    }
    entered = _entered(instrument, given)
    total = instrument.entered_total()
    unknown = set(answers) - set(points) - ({total.id} if total else set())
    invalid = tuple(sorted((unknown | set(given)) - set(valid) - set(entered)))
    for rule in instrument.skip_rules:
        if holds(rule.when, Known(items=valid)):
            valid = {name: 0 for name in rule.zero_if_missing if name not in invalid} | valid
    known = Known(items=valid)
    shown = [item for item in instrument.items if item.show_when is None or holds(item.show_when, known)]
    return _Sheet(
        answers=valid,
        missing=frozenset(item.id for item in shown if item.id not in valid),
        needed=frozenset(item.id for item in shown if item.required and not entered),
        invalid=invalid,
        entered=next(iter(entered.values()), None),
    )


def _entered(instrument: Instrument, given: Mapping[str, object]) -> Mapping[str, int]:
    """A total typed in whole, alone and in its range; beside answers to items it could contradict them."""
    rule = instrument.entered_total()
    if rule is None or set(given) != {rule.id}:
        return {}
    total = given[rule.id]
    return {rule.id: total} if type(total) is int and rule.range[0] <= total <= rule.range[1] else {}


def _values(instrument: Instrument, sheet: _Sheet) -> Mapping[str, tuple[Decimal | None, bool]]:
    """Every score and whether it was prorated; a composite finds the scores before it."""
    found: dict[str, tuple[Decimal | None, bool]] = {}
    for rule in instrument.scores:
        if sheet.invalid:
            found[rule.id] = None, False
        elif sheet.entered is not None:
            found[rule.id] = (Decimal(sheet.entered), False) if rule.id == instrument.main_score else (None, False)
        elif rule.method == "composite":
            found[rule.id] = _composite(rule, found)
        elif rule.method == "rule":
            found[rule.id] = _ruled(rule, sheet, found), False
        else:
            found[rule.id] = _value(rule, instrument, sheet)
    return found


def _composite(rule: ScoreRule, found: Mapping[str, tuple[Decimal | None, bool]]) -> tuple[Decimal | None, bool]:
    parts = [(found[name], divisor) for name, divisor in rule.parts.items()]
    known = [Fraction(value) / Fraction(divisor) for (value, _), divisor in parts if value is not None]
    if len(known) < len(parts):
        return None, False
    exact = (sum(known) - Fraction(rule.subtract)) * Fraction(rule.multiply) / Fraction(rule.divide)
    return round_half_up(exact, rule.decimals), any(is_prorated for (_, is_prorated), _ in parts)


def _ruled(rule: ScoreRule, sheet: _Sheet, found: Mapping[str, tuple[Decimal | None, bool]]) -> Decimal | None:
    """1 as soon as the condition holds; 0 only when no missing answer could still make it hold."""
    known = Known(items=sheet.answers, scores={name: value for name, (value, _) in found.items()})
    if rule.when is not None and holds(rule.when, known):
        return Decimal(1)
    return None if sheet.missing.intersection(rule.items) else Decimal(0)


def _value(rule: ScoreRule, instrument: Instrument, sheet: _Sheet) -> tuple[Decimal | None, bool]:
    """A score and whether it was prorated."""
    if rule.gate and sheet.answers.get(rule.gate.item) == rule.gate.no:
        return Decimal(rule.gate.score_if_no), False
    if rule.gate and rule.gate.item in sheet.missing:
        return None, False
    answered = {name: sheet.answers[name] for name in rule.items if name in sheet.answers}
    absent = _absent(rule, instrument, sheet)
    if rule.missing and len(absent) > rule.missing.max_missing:
        return None, False
    exact = METHODS[rule.method](rule, instrument, answered)
    if absent and rule.missing and rule.missing.method == "prorate_mean":
        exact *= Fraction(len(answered) + len(absent), len(answered))
    return round_half_up(exact * Fraction(rule.multiply), rule.decimals), bool(absent and rule.missing)


def _absent(rule: ScoreRule, instrument: Instrument, sheet: _Sheet) -> list[str]:
    if rule.missing and rule.missing.scope == "all_scored_items":
        return [item.id for item in instrument.items if item.scored and item.id in sheet.missing]
    if rule.one_of:
        return [group[0] for group in rule.one_of if not sheet.answers.keys() & set(group)]
    if rule.method == "max" and _is_at_the_top(rule, instrument, sheet):
        return []
    return [name for name in rule.items if name in sheet.missing]


def _is_at_the_top(rule: ScoreRule, instrument: Instrument, sheet: _Sheet) -> bool:
    """Whether an answer is already as high as any of the items can go."""
    top = max(instrument.permitted(item)[-1] for item in instrument.items if item.id in rule.items)
    return any(sheet.answers.get(name) == top for name in rule.items)


def _sum(rule: ScoreRule, instrument: Instrument, answers: Mapping[str, int]) -> Fraction:
    options = {item.id: instrument.permitted(item) for item in instrument.items if item.id in rule.reverse}
    mirrored = {name: values[0] + values[-1] for name, values in options.items()}
    return Fraction(sum(mirrored[name] - value if name in mirrored else value for name, value in answers.items()))


def _mean(rule: ScoreRule, instrument: Instrument, answers: Mapping[str, int]) -> Fraction:
    return _sum(rule, instrument, answers) / len(answers)


def _max(rule: ScoreRule, instrument: Instrument, answers: Mapping[str, int]) -> Fraction:
    return Fraction(max(answers.values()))


def _count_at_least(rule: ScoreRule, instrument: Instrument, answers: Mapping[str, int]) -> Fraction:
    return Fraction(
        sum(value >= rule.thresholds.get(name, rule.default_threshold or 0) for name, value in answers.items())
    )


def _highest_yes(rule: ScoreRule, instrument: Instrument, answers: Mapping[str, int]) -> Fraction:
    numbers = {item.id: int(item.n) for item in instrument.items if item.id in rule.items}
    return Fraction(max((numbers[name] for name, value in answers.items() if value == YES), default=0))


METHODS: Mapping[str, Callable[[ScoreRule, Instrument, Mapping[str, int]], Fraction]] = {
    "sum": _sum,
    "mean": _mean,
    "max": _max,
    "count_at_least": _count_at_least,
    "highest_yes": _highest_yes,
}


def round_half_up(exact: Fraction, decimals: int = 0) -> Decimal:
    """Round to so many decimals, a half always up (0.5 -> 1, -0.5 -> 0), never to even.

    Args:
        exact: any rational number.
        decimals: digits after the point, >= 0.

    Returns:
        The rounded number as an exact decimal.

    Source: instruments catalogue, global_rules.rounding.
    """
    return Decimal(floor(exact * 10**decimals + Fraction(1, 2))).scaleb(-decimals)


def _status(
    instrument: Instrument, sheet: _Sheet, scores: Mapping[str, Decimal | None], prorated: tuple[str, ...]
) -> Status:
    if sheet.invalid:
        return "invalid"
    if instrument.main_score in prorated:
        return "prorated"
    has_main = instrument.main_score is None or scores[instrument.main_score] is not None
    return "complete" if has_main and not sheet.needed & sheet.missing else "incomplete"


def _class(rule: Classification, instrument: Instrument, sheet: _Sheet, known: Known) -> str | None:
    if sheet.invalid and not rule.lower_bound:
        return None
    if any(known.scores[name] is None for name in rule.requires):
        return None
    if rule.endorsement:
        return _endorsed(rule.endorsement, instrument, sheet)
    return next(each.value for each in rule.rules if each.when is None or holds(each.when, known))


def _endorsed(rule: Endorsement, instrument: Instrument, sheet: _Sheet) -> str:
    """Met when answered items suffice; not met when even all missing ones could not help; else indeterminate."""
    groups = [(group.items, needed) for group in instrument.scores if (needed := rule.needs.get(group.id)) is not None]
    sure = [
        (sum(sheet.answers.get(name, -1) >= rule.at_least for name in items), items, need) for items, need in groups
    ]
    if all(count >= need for count, _, need in sure):
        return "met"
    possible = all(count + len(sheet.missing.intersection(items)) >= need for count, items, need in sure)
    return "indeterminate" if possible else "not_met"


def _band(instrument: Instrument, scores: Mapping[str, Decimal | None]) -> Band | None:
    value = scores[instrument.bands.score] if instrument.bands else None
    if instrument.bands is None or value is None:
        return None
    return next(band for band in instrument.bands.list if band.min <= value <= band.max)


def _reaches(cutoff: Cutoff, scores: Mapping[str, Decimal | None]) -> bool:
    value = scores[cutoff.score]
    return value is not None and COMPARE[cutoff.op](value, cutoff.value)
