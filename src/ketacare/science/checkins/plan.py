"""The plan of check-ins as released: which scales at which point around a session, for how long, and how often one is reminded."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Review
from ketacare.science.scales import library
from ketacare.science.scales.conditions import ItemIs, leaves
from ketacare.science.scales.definition import Instrument

STEM = "checkins/plan"
SAME_DAY = 2  # the level of alert from which somebody must look the same day
Phase = Literal["planned", "induction", "maintenance"]


class Span(Frozen):
    """A stretch of time: hours that pass, or calendar days at the person's own hour."""

    hours: int | None = None
    days: int | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.hours is None) == (self.days is None):
            raise ValueError("a span is either hours or days")
        return self


class Repeat(Frozen):
    """A point that comes again, every so many days, until so many after its session."""

    every_days: int = Field(gt=0)
    until_days: int | None = None


class Ask(Frozen):
    """One scale of a point, for whom, and when it is left out."""

    scale: str
    indications: tuple[str, ...] = ()
    unless_answered_days: int | None = Field(default=None, gt=0)


class Point(Frozen):
    """One point before or after a session."""

    id: str
    label: str
    anchor: Literal["planned", "given"]
    phases: tuple[Phase, ...] = Field(min_length=1)
    opens: Span
    open_for: Span | None = None
    repeats: Repeat | None = None
    reminders: tuple[Span, ...] = ()
    ask: tuple[Ask, ...] = Field(min_length=1)
    sources: tuple[str, ...] = Field(min_length=1)
    mark: Mark
    note: str | None = None

    @model_validator(mode="after")
    def _closes(self) -> Self:
        if (self.anchor == "given") != (self.open_for is not None):
            raise ValueError("a point after a session says how long it is open; one before is open until the session")
        return self


class DefaultWishes(Frozen):
    """What a form starts from: the hour of the day, and the hours in which nobody is written to."""

    hour: int = Field(ge=0, lt=24)
    quiet_from_h: int = Field(ge=0, lt=24)
    quiet_until_h: int = Field(ge=0, lt=24)
    mark: Mark


class Messages(Frozen):
    """When a message that failed is tried again, and after how long a try without an end counts as unsure."""

    retry_after_min: tuple[int, ...] = Field(min_length=1)
    unsure_after_min: int = Field(gt=0)
    mark: Mark


class Capture(Frozen):
    """The share of what was asked that is to be answered, and how many must have been asked for a share to be told."""

    target: float = Field(gt=0, le=1)
    few: int = Field(gt=0)
    sources: tuple[str, ...] = Field(min_length=1)
    mark: Mark
    note: str | None = None


class Plan(Frozen):
    """One version of the plan."""

    id: str
    version: int
    schema_: Literal["ketacare.checkins/1"] = Field(alias="schema")
    title: str
    status: str
    review: Review
    sources: tuple[str, ...] = Field(min_length=1)
    points: tuple[Point, ...] = Field(min_length=1)
    wishes: DefaultWishes
    messages: Messages
    capture: Capture

    def point(self, point_id: str) -> Point:
        """The point with this id."""
        return next(point for point in self.points if point.id == point_id)


def parse(raw: Mapping[str, Any], *, place: str) -> Plan:
    """Turn what a plan's file says into a frozen value.

    Args:
        raw: the file's mapping, as `reference.read_yaml` returns it.
        place: what to call it in a problem, usually the file's name.

    Returns:
        The plan; nothing in it can be changed.

    Raises:
        BadReference: unknown key, wrong type, a scale that cannot be asked from a distance; every problem at once.

    Source: own format (ketacare.checkins/1).
    """
    try:
        plan = Plan.model_validate(_frozen(raw))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error
    if problems := [Problem(place=f"{place}: {where}", says=says) for where, says in _inconsistencies(plan)]:
        raise BadReference(problems)
    return plan


def _frozen(raw: Any) -> Any:
    if isinstance(raw, Mapping):
        return {key: _frozen(value) for key, value in raw.items()}
    return tuple(map(_frozen, raw)) if isinstance(raw, list) else raw


def _inconsistencies(plan: Plan) -> Iterator[tuple[str, str]]:
    ids = [point.id for point in plan.points]
    for twice in sorted({one for one in ids if ids.count(one) > 1}):
        yield twice, "this point is given twice"
    for source in sorted({*plan.sources, *(key for point in plan.points for key in point.sources)}):
        if source not in reference.sources():
            yield source, "there is no such source"
    for point in plan.points:
        for ask in point.ask:
            for says in _cannot_be_asked(ask.scale):
                yield f"{point.id}.{ask.scale}", says


def _cannot_be_asked(scale: str) -> Iterator[str]:
    """Why a scale cannot be asked of a patient who is alone with a screen."""
    if scale not in library.shipped():
        yield "this scale is not shipped"
        return
    instrument = library.load(scale)
    if instrument.informant != "patient" or instrument.context:
        yield "this scale is not filled in by the patient alone"
    if not instrument.licence.ship_text or not all(item.text for item in instrument.items):
        yield "its wording is not shipped"
    if not all(instrument.choices(item) for item in instrument.items):
        yield "it asks for numbers: a tap cannot answer"
    required = [item.id for item in instrument.items if item.required]
    if any(item != required[-1] for item in tripwires(instrument)):
        yield "an answer that needs somebody the same day stands before the last question: the rest would be lost"


def tripwires(instrument: Instrument) -> frozenset[str]:
    """Return the questions of which one answer alone asks for somebody the same day.

    Args:
        instrument: the scale.

    Returns:
        Ids of items; a question of which only the *missing* answer alerts is none.

    Source: the scale's own alert rules, from level 2 (same day) on.
    """
    return frozenset(
        leaf.item
        for rule in instrument.alerts
        if rule.level >= SAME_DAY
        for leaf in leaves(rule.when)
        if isinstance(leaf, ItemIs)
    )


@cache
def load(version: int | None = None) -> Plan:
    """Return a version of the plan of check-ins, the newest unless one is named."""
    file = reference.newest(STEM) if version is None else f"{STEM}.{version}.yaml"
    return parse(reference.read_yaml(file), place=file)
