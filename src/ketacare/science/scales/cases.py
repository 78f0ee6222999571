"""Worked examples of scoring, written as data: read a file of them and say where ours differ."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Literal

from pydantic import ConfigDict, ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadFacts, Problem, ScienceError
from ketacare.science.reference import Frozen
from ketacare.science.scales import library
from ketacare.science.scales.change import change
from ketacare.science.scales.conditions import Number
from ketacare.science.scales.definition import Instrument, ScoreRule
from ketacare.science.scales.scoring import Score, score

Verdict = Literal["passed", "failed", "not shipped"]


class _Case(Frozen):
    id: str
    instrument: str
    note: str | None = None
    expect: dict[str, Any]


class Example(_Case):
    """Answers by item id, and what they must come to."""

    answers: dict[str, Any]
    context: dict[str, str] = {}

    def produced(self, instrument: Instrument) -> Mapping[str, Any]:
        """What our scoring says, in the example's own keys."""
        return summary(score(instrument, self.answers, self.context))


class ListExample(_Case):
    """Answers in the order of the items, and the scores they must come to, without nesting."""

    items: list[Any] | dict[str, Any]

    def produced(self, instrument: Instrument) -> Mapping[str, Any]:
        """What our scoring says, in the example's own keys."""
        if isinstance(self.items, dict):
            answers = self.items
        else:
            answers = dict(zip(_in_order(instrument, len(self.items)), self.items, strict=True))
        said = summary(score(instrument, answers))
        return {**_by_group(instrument, said["scores"]), **said["scores"], **said}


def _in_order(instrument: Instrument, count: int) -> list[str]:
    """The items a list of so many answers goes to: all of them, or those that must be answered."""
    every, needed = list(instrument.items), [item for item in instrument.items if item.required]
    for items in (every, needed):
        if len(items) == count:
            return [item.id for item in items]
    raise BadFacts(f"{count} answers for {len(every)} items")


def _by_group(instrument: Instrument, scores: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Scores that belong together (the domains of a questionnaire), under the name of their group."""
    groups = {rule.group for rule in instrument.scores if rule.group}
    return {name: {rule.id: scores[rule.id] for rule in instrument.scores if rule.group == name} for name in groups}


class ChangeExample(_Case):
    """Two main scores, and what their change must mean."""

    baseline: Number | None
    current: Number | None
    best: Number | None = None

    def produced(self, instrument: Instrument) -> Mapping[str, Any]:
        """What our reading of the change says, in the example's own keys."""
        return asdict(change(instrument, baseline=self.baseline, current=self.current, best=self.best))


class CaseFile(Frozen):
    """A file of worked examples; its heading may say more than we read."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)
    examples: list[Example] = []
    scoring_only_examples: list[ListExample] = []
    change_examples: list[ChangeExample] = []

    def cases(self) -> list[Example | ListExample | ChangeExample]:
        """Every case, in the file's order."""
        return [*self.examples, *self.scoring_only_examples, *self.change_examples]


@dataclass(frozen=True, kw_only=True)
class CaseResult:
    """How one case went; `mismatches` says each difference with its place."""

    id: str
    verdict: Verdict
    mismatches: tuple[str, ...] = ()


def parse(raw: Any, *, place: str) -> CaseFile:
    """Turn a file of worked examples into frozen cases.

    Args:
        raw: what the file says.
        place: what to call it in a problem.

    Raises:
        BadFacts: not a mapping, no cases, a case of another shape, an id given twice: every problem at once.

    Source: format ketacare.scoring_examples/1.
    """
    try:
        file = CaseFile.model_validate(raw)
    except ValidationError as error:
        raise BadFacts(reference.problems_of(error, place=place)) from error
    if not file.cases():
        raise BadFacts([Problem(place=place, says="holds no examples, scoring_only_examples or change_examples")])
    if twice := [name for name, times in Counter(case.id for case in file.cases()).items() if times > 1]:
        raise BadFacts([Problem(place=f"{place}: {name}", says="this case is given twice") for name in twice])
    return file


def run(case: Example | ListExample | ChangeExample) -> CaseResult:
    """Decide one case: passed, failed with every mismatch, or not shipped (never counted as passed).

    Args:
        case: a parsed case.

    Returns:
        The verdict. Every key under `expect` is compared, numbers by value, lists in order.
    """
    if case.instrument not in library.shipped():
        return CaseResult(id=case.id, verdict="not shipped")
    try:
        produced = case.produced(library.load(case.instrument))
    except ScienceError as error:
        return CaseResult(id=case.id, verdict="failed", mismatches=tuple(map(str, error.problems)))
    mismatches = tuple(_mismatches("", case.expect, {key: produced.get(key, "nothing") for key in case.expect}))
    return CaseResult(id=case.id, verdict="failed" if mismatches else "passed", mismatches=mismatches)


def _mismatches(place: str, expected: Any, produced: Any) -> list[str]:
    if isinstance(expected, dict) and isinstance(produced, Mapping):
        keys = [*expected, *(key for key in produced if key not in expected)]
        found = [_mismatches(f"{place}.{key}", expected.get(key), produced.get(key)) for key in keys]
        absent = [f"{place}.{key}: expected, not produced"[1:] for key in expected if key not in produced]
        return absent + [line for lines in found for line in lines]
    return [] if _is_same(expected, produced) else [f"{place}: expected {_shown(expected)}, got {_shown(produced)}"[1:]]


def _is_same(expected: Any, produced: Any) -> bool:
    if isinstance(produced, Decimal):
        return type(expected) in (int, float) and Decimal(str(expected)) == produced
    return type(expected) is type(produced) and bool(expected == produced)


def _shown(value: Any) -> str:
    return "null" if value is None else str(value)


def _said(result: Score, rule: ScoreRule) -> Decimal | bool | str | None:
    """A score as the examples write it: a rule as true or false, one answer recorded as a word as that word."""
    value = result.scores[rule.id]
    if value is None or rule.method == "rule":
        return None if value is None else bool(value)
    single = [item for item in result.instrument.items if (item.id,) == rule.items]
    words = [option.code for item in single for option in result.instrument.choices(item) if option.value == value]
    return next((word for word in words if word), value)


def summary(result: Score) -> Mapping[str, Any]:
    """What a score says, in the keys of the worked examples."""
    return {
        "status": result.status,
        "scores": {rule.id: _said(result, rule) for rule in result.instrument.scores},
        "band": result.band.id if result.band else None,
        "classifications": dict(result.classifications),
        "alerts": [alert.id for alert in result.alerts],
        "invalid_items": list(result.invalid_items),
        "flags": [flag.id for flag in result.flags],
        **{
            f"{each.id}_is_lower_bound": each.id in result.lower_bounds
            for each in result.instrument.classifications
            if each.lower_bound
        },
    }
