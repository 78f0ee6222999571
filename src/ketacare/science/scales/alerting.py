"""Whom an alert calls and when, which worsening raises one, after which the patient is shown crisis help, and whom to reach then."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Literal, TypedDict, TypeVar

from pydantic import Field, ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Review
from ketacare.science.scales.definition import Instrument

Shape = TypeVar("Shape", bound=Frozen)
Tell = Literal["next", "prescriber", "everyone"]
Urgency = Literal[1, 2, 3]


class Step(Frozen):
    """One rung: after so many minutes without what is waited for, these people are told."""

    id: str
    after_min: int = Field(gt=0)
    tell: Tell


class Ladder(Frozen):
    """The rungs of one level of alert: until somebody takes it, and until somebody has spoken with the patient."""

    level: Urgency
    mark: Mark
    sources: list[str]
    until_taken: list[Step]
    until_contact: list[Step]


class Raised(Frozen):
    """An alert that a rule beside the scales' own raises."""

    id: str
    level: Urgency
    advice: str


class Rise(Raised):
    """A main score that is so many points worse than the first or the previous one; `unknown`: nobody can tell."""

    scale: str
    points: int = Field(gt=0)
    mark: Mark
    sources: list[str]
    unknown: Raised


class Unscored(Raised):
    """A screen that came to no score."""

    scale: str
    mark: Mark
    sources: list[str]


class CrisisRule(Frozen):
    """After which alerts the patient is shown crisis help."""

    alerts: list[str]
    mark: Mark
    sources: list[str]


class Alerting(Frozen):
    """The file that says all this."""

    id: str
    version: int
    schema_: Literal["ketacare.alerting/1"] = Field(alias="schema")
    title: str
    review: Review
    sources: list[str]
    ladder: list[Ladder]
    rises: list[Rise]
    unscored: list[Unscored]
    crisis_help: CrisisRule

    def rungs(self, level: int) -> Ladder:
        """The ladder of a level of alert."""
        return next(one for one in self.ladder if one.level == level)


class Waiting(TypedDict):
    """What `steps_due` and `next_step_at` are asked with."""

    waits_since: datetime | None
    without_contact_since: datetime | None
    done: Collection[tuple[str, datetime]]


class Line(Frozen):
    """Somebody who answers people in crisis, and how they are reached."""

    name: str
    reach: str
    hours: str


class Country(Frozen):
    """Whom people in crisis reach in one country."""

    name: str
    emergency: str
    lines: list[Line]
    mark: Mark
    sources: list[str]


class CrisisLines(Frozen):
    """The crisis lines of every country that we have any of."""

    id: str
    version: int
    schema_: Literal["ketacare.crisis_lines/1"] = Field(alias="schema")
    title: str
    review: Review
    sources: list[str]
    countries: Mapping[str, Country]


@cache
def load() -> Alerting:
    """Return the newest ladder, rises and occasions for crisis help, each source looked up."""
    return _read("protocols/alerting", Alerting)


@cache
def crisis_lines() -> CrisisLines:
    """Return the newest crisis lines by country, each source looked up."""
    return _read("protocols/crisis_lines", CrisisLines)


def _read(stem: str, shape: type[Shape]) -> Shape:
    file = reference.newest(stem)
    try:
        raw = reference.read_yaml(file)
        found = shape.model_validate(raw)
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=file)) from error
    if unknown := sorted(set(_cited(raw)) - reference.sources().keys()):
        raise BadReference([Problem(place=file, says=f"the source {name} is nowhere") for name in unknown])
    return found


def _cited(raw: object) -> list[str]:
    """Every source that a file cites, at whatever depth."""
    if isinstance(raw, Mapping):
        here = list(raw.get("sources", ()))
        return here + [name for key, value in raw.items() if key != "sources" for name in _cited(value)]
    return [name for one in raw for name in _cited(one)] if isinstance(raw, list) else []


def steps_due(
    ladder: Ladder,
    *,
    waits_since: datetime | None,
    without_contact_since: datetime | None,
    done: Collection[tuple[str, datetime]],
    at: datetime,
) -> list[tuple[Step, datetime]]:
    """Return the rungs whose time has come and that were not taken yet, earliest first.

    Args:
        ladder: the rungs of the alert's level.
        waits_since: since when somebody is waited for to take the alert; None: somebody has taken it.
        without_contact_since: since when a contact with the patient is waited for; None: there was one.
        done: the rungs taken so far, each with the moment its minutes were counted from.
        at: now.

    Returns:
        Each rung with the moment its minutes are counted from; a rung exactly at its minute is due.

    Assumes: a rung is known by its id and by that moment, so that an alert that is handed over climbs afresh.
    Source: our own choice (D-ALERTS).
    """
    return [
        (step, since) for when, step, since in _to_come(ladder, waits_since, without_contact_since, done) if when <= at
    ]


def next_step_at(
    ladder: Ladder,
    *,
    waits_since: datetime | None,
    without_contact_since: datetime | None,
    done: Collection[tuple[str, datetime]],
) -> datetime | None:
    """Return when the next rung is due; None when none is left. Arguments as for `steps_due`."""
    coming = _to_come(ladder, waits_since, without_contact_since, done)
    return coming[0][0] if coming else None


def _to_come(
    ladder: Ladder,
    waits_since: datetime | None,
    without_contact_since: datetime | None,
    done: Collection[tuple[str, datetime]],
) -> list[tuple[datetime, Step, datetime]]:
    waited = ((ladder.until_taken, waits_since), (ladder.until_contact, without_contact_since))
    rungs = [
        (since + timedelta(minutes=step.after_min), step, since)
        for steps, since in waited
        if since is not None
        for step in steps
        if (step.id, since) not in done
    ]
    return sorted(rungs, key=lambda rung: rung[0])


def raised_by_course(
    instrument: Instrument, *, now: Decimal | None, first: Decimal | None, previous: Decimal | None, had_any: bool
) -> list[Raised]:
    """Return the alerts that a sitting raises against the earlier ones of its course.

    Args:
        instrument: the scale.
        now: its main score, points; None when the answers came to none.
        first: the first main score of the course before this sitting, points; None when there is none to compare with.
        previous: the latest main score before this sitting, points; None when there is none to compare with.
        had_any: whether the scale was scored before in this course, also by a version that this one is not compared with.

    Returns:
        The rule that fired, or the one that says nobody can tell; nothing where the scale has none or nothing came before.

    Source: instruments catalogue, alerts (A-INSTRUMENTS); why it is watched: A-MCINNES22.
    """
    rules = [rise for rise in load().rises if rise.scale == instrument.id]
    main = instrument.score_rule(instrument.main_score)
    found: list[Raised] = [one for one in load().unscored if one.scale == instrument.id and now is None]
    if main is None or not had_any:
        return found
    before = [score for score in (first, previous) if score is not None]
    if now is None or not before:
        return found + [rise.unknown for rise in rules]
    sign = -1 if main.direction == "higher_better" else 1
    worse = max((now - score) * sign for score in before)
    return found + [rise for rise in rules if worse >= rise.points]


def shows_crisis_help(alerts: Collection[str]) -> bool:
    """Whether one of these alerts is one after which the patient is shown crisis help."""
    return not set(load().crisis_help.alerts).isdisjoint(alerts)
