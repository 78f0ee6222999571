"""The conditions of a scale: on answers, scores, classes, status and told context. Closed, positive, never true of what is missing."""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from ketacare.science.reference import Frozen

Status = Literal["complete", "prorated", "incomplete", "invalid"]
Comparison = Literal["==", "!=", ">=", "<=", ">", "<"]
Number = Annotated[Decimal, Field(strict=False)]

COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


class ItemIs(Frozen):
    """An answer compares so; an unanswered or invalid item never does."""

    item: str
    op: Comparison
    value: int


class ItemMissing(Frozen):
    """A shown item has no valid answer."""

    item: str
    missing: Literal[True]


class ScoreIs(Frozen):
    """A score compares so; a score that does not exist never does."""

    score: str
    op: Comparison
    value: Number


class ClassificationIs(Frozen):
    """A classification has this value; one that does not exist never has."""

    classification: str
    op: Literal["==", "!="]
    value: str


class ContextIs(Frozen):
    """A fact about the person, told beside the answers, has this value."""

    context: str
    op: Literal["==", "!="]
    value: str


class StatusIn(Frozen):
    """The answer set as a whole has one of these statuses."""

    status_in: tuple[Status, ...]


class AllOf(Frozen):
    """Every condition holds."""

    all: tuple["Condition", ...]


class AnyOf(Frozen):
    """At least one condition holds."""

    any: tuple["Condition", ...]


_KINDS = ("all", "any", "missing", "item", "score", "classification", "context", "status_in")


def _kind(raw: object) -> str | None:
    """Which kind of condition a mapping is, by its telling key."""
    return next((key for key in _KINDS if isinstance(raw, Mapping) and key in raw), None)


Condition = Annotated[
    Annotated[AllOf, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[ItemMissing, Tag("missing")]
    | Annotated[ItemIs, Tag("item")]
    | Annotated[ScoreIs, Tag("score")]
    | Annotated[ClassificationIs, Tag("classification")]
    | Annotated[ContextIs, Tag("context")]
    | Annotated[StatusIn, Tag("status_in")],
    Discriminator(_kind),
]


@dataclass(frozen=True, kw_only=True)
class Known:
    """What conditions may look at; what is not here is not true."""

    items: Mapping[str, int]
    missing: frozenset[str] = frozenset()
    scores: Mapping[str, Decimal | None] = field(default_factory=dict)
    classifications: Mapping[str, str | None] = field(default_factory=dict)
    context: Mapping[str, str] = field(default_factory=dict)
    status: Status | None = None


def holds(condition: Condition, known: Known) -> bool:
    """Decide whether a condition certainly holds.

    Args:
        condition: a parsed condition.
        known: valid answers, missing items, and the scores, classes, context and status there are so far.

    Returns:
        True only when what is known makes it true: a comparison with something missing is False.

    Source: instruments, global rules: "alert rules on scores or classifications run only when that score exists".
    """
    match condition:
        case AllOf():
            return all(holds(each, known) for each in condition.all)
        case AnyOf():
            return any(holds(each, known) for each in condition.any)
        case ItemMissing():
            return condition.item in known.missing
        case StatusIn():
            return known.status in condition.status_in
        case _:
            subject = _subject(condition, known)
            return subject is not None and COMPARE[condition.op](subject, condition.value)


def _subject(condition: ItemIs | ScoreIs | ClassificationIs | ContextIs, known: Known) -> int | Decimal | str | None:
    match condition:
        case ItemIs():
            return known.items.get(condition.item)
        case ScoreIs():
            return known.scores.get(condition.score)
        case ClassificationIs():
            return known.classifications.get(condition.classification)
        case ContextIs():
            return known.context.get(condition.context)


def leaves(condition: Condition) -> Iterator[Condition]:
    """Yield the comparisons a condition is made of."""
    match condition:
        case AllOf():
            for each in condition.all:
                yield from leaves(each)
        case AnyOf():
            for each in condition.any:
                yield from leaves(each)
        case _:
            yield condition
