"""Protocols: templates a prescriber starts from, what is monitored when, how long recovery lasts at least, how doses are reckoned."""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, MissingInput, OutOfRange, Problem
from ketacare.science.monitoring.protocol_files import (
    Dosing,
    Indication,
    Indications,
    MinimumObservation,
    Monitoring,
    ProtocolFile,
    Purpose,
    Recovery,
    RouteSchedule,
    Sourced,
    Template,
    Templates,
)
from ketacare.science.reference import Frozen
from ketacare.science.rules import book
from ketacare.science.rules.conditions import Values
from ketacare.science.rules.conditions import parse as conditions_of

Shape = TypeVar("Shape", bound=ProtocolFile)
Value = TypeVar("Value")


class Protocols(Frozen):
    """All protocol files, as released."""

    template_file: Templates
    indication_file: Indications
    monitoring: Monitoring
    recovery: Recovery
    dosing: Dosing

    @property
    def templates(self) -> Mapping[str, Template]:
        """Every template by its id."""
        return {template.id: template for template in self.template_file.templates}

    @property
    def indications(self) -> Mapping[str, Indication]:
        """Every indication by its diagnosis."""
        return self.indication_file.indications

    def purpose(self, diagnosis: str) -> Purpose | None:
        """What an order for this diagnosis is for; None: nothing is ordered for it."""
        purposes = self.template_file.purposes.items()
        return next((purpose for purpose, diagnoses in purposes if diagnosis in diagnoses), None)

    def schedule(self, route: str) -> RouteSchedule:
        """The monitoring schedule of a route, or of a template that has its own."""
        return _named(self.monitoring.schedules, route, "monitoring schedule")

    def minimum_observation(self, route: str) -> MinimumObservation:
        """How long a patient is watched at least after this route."""
        return _named(self.recovery.minimum_observation_min, route, "minimum observation")

    def observation_min(self, route: str, *, so: Collection[str] = (), site_min: int | None = None) -> int:
        """Minutes a patient is watched at least, with everything that adds to it.

        Args:
            route: the route, or `pain_long_infusion`.
            so: which of the additions apply, by name.
            site_min: the site's own minimum; None: the default.

        Returns:
            Minutes. The bounds hold for the site's minimum; the additions come on top and are not capped.

        Raises:
            MissingInput: no minimum is known for this route, or no addition has this name.
            OutOfRange: the site's minimum leaves its bounds.

        Source: recovery protocol, minimum_observation_min and add_min (each with its own sources).
        """
        rule = self.minimum_observation(route)
        minimum = rule.default if site_min is None else site_min
        if not rule.bounds[0] <= minimum <= rule.bounds[1]:
            raise OutOfRange(
                [Problem(place=route, says=f"{minimum} min is outside {rule.bounds[0]} to {rule.bounds[1]}")]
            )
        return minimum + sum(_named(self.recovery.add_min, name, "addition") for name in so)


def additions(recovery: Recovery, known: Values) -> frozenset[str]:
    """Return the additions to the minimum observation that follow from what is known of a patient.

    Args:
        recovery: the recovery protocol.
        known: facts by name; what is missing is unknown, and unknown adds.

    Raises:
        BadReference: a condition that is none, with its place.

    Source: recovery protocol, add_when.
    """
    problems: list[Problem] = []
    conditions = {
        name: conditions_of(tree, place=f"add_when.{name}", stars={}, problems=problems)
        for name, tree in recovery.add_when.items()
    }
    if problems:
        raise BadReference(problems)
    return frozenset(name for name, one in conditions.items() if one.verdict(known, {}) is not False)


def _named(there: Mapping[str, Value], name: str, what: str) -> Value:
    if name not in there:
        raise MissingInput(f"there is no {what} for {name!r}; there are: {', '.join(there)}")
    return there[name]


def parse(shape: type[Shape], raw: Any, *, place: str) -> Shape:
    """Turn what a protocol file says into a frozen value, or raise BadReference with every problem."""
    try:
        return shape.model_validate(raw)
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error


def _read(shape: type[Shape], stem: str) -> Shape:
    file = reference.newest(f"protocols/{stem}")
    return parse(shape, reference.read_yaml(file), place=file)


@cache
def load() -> Protocols:
    """Return the protocols we ship.

    Returns:
        Templates, schedules, recovery and dose arithmetic, each from the newest version of its file.

    Raises:
        BadReference: a file is not what it must be, or names something that is not there; every problem at once.
    """
    protocols = Protocols(
        template_file=_read(Templates, "templates"),
        indication_file=_read(Indications, "indications"),
        monitoring=_read(Monitoring, "monitoring"),
        recovery=_read(Recovery, "recovery"),
        dosing=_read(Dosing, "dosing"),
    )
    if problems := list(inconsistencies(protocols)):
        raise BadReference(problems)
    return protocols


def inconsistencies(protocols: Protocols) -> Iterator[Problem]:
    """Yield every name in a protocol that stands for nothing."""
    yield from _template_problems(protocols)
    yield from _schedule_problems(protocols)
    yield from _limit_problems(protocols)
    for place, part in _sourced(protocols):
        yield from _unknown(f"{place}.sources", part.sources, reference.sources())


def _template_problems(protocols: Protocols) -> Iterator[Problem]:
    file = protocols.template_file
    stops = [rule.id for rule in book.load("surveillance").rules]
    diagnoses = [name for names in file.purposes.values() for name in names]
    for template in file.templates:
        place = f"templates.{template.id}"
        yield from _unknown(f"{place}.indications", template.indications, diagnoses)
        yield from _unknown(f"{place}.stop_rules", template.stop_rules, stops)
        yield from _unknown(f"{place}.route", [template.route], protocols.dosing.routes)
        yield from _unknown(f"{place}.schedule", filter(None, [template.schedule]), protocols.monitoring.schedules)
        yield from _unknown(f"{place}.maintenance", template.maintenance, file.maintenance)
        yield from _unknown(f"{place}.titration", filter(None, [template.titration]), file.titration)
        yield from _ungraded(place, template, protocols)
    if len(protocols.templates) < len(file.templates):
        yield Problem(place="templates", says="an id is given twice")
    yield from _unknown("templates.maintenance_review.stop_rules", file.maintenance_review.stop_rules, stops)
    yield from _unknown("templates.disagree", file.disagree, stops)
    yield from _unknown("indications", diagnoses, protocols.indications)
    yield from _titration_problems(file)


def _ungraded(place: str, template: Template, protocols: Protocols) -> Iterator[Problem]:
    """Every template states how strong its evidence is, for each of its indications and its own route."""
    for name in template.indications:
        indication = protocols.indications.get(name)
        if indication is not None and not indication.grade_of(template.route):
            yield Problem(place=place, says=f"no evidence grade for {name} by {template.route}")


def _titration_problems(file: Templates) -> Iterator[Problem]:
    checks = book.load("order_checks")
    for name, one in file.titration.items():
        place = f"templates.titration.{name}"
        params = [f"{checks.id}.{param}" for param in checks.params]
        yield from _unknown(place, filter(None, [one.step_up, one.after_sessions]), params)
        yield from _unknown(f"{place}.rules", one.rules, [rule.id for rule in checks.rules])


def _schedule_problems(protocols: Protocols) -> Iterator[Problem]:
    monitoring = protocols.monitoring
    yield from _unknown("monitoring.schedules", protocols.dosing.routes, monitoring.schedules)
    yield from _unknown(
        "recovery.minimum_observation_min", monitoring.schedules, protocols.recovery.minimum_observation_min
    )
    for name, schedule in monitoring.schedules.items():
        yield from _unknown(f"monitoring.schedules.{name}", monitoring.basic_set, schedule.parameters)


def _limit_problems(protocols: Protocols) -> Iterator[Problem]:
    checks = book.load("order_checks")
    stops = [rule.id for rule in checks.rules if rule.severity == "hard_stop"]
    for purpose, shown in protocols.dosing.shown_limits.items():
        yield from _unknown(f"dosing.shown_limits.{purpose}", shown, protocols.dosing.limited_by[purpose])
        for route, limits in shown.items():
            place = f"dosing.shown_limits.{purpose}.{route}"
            yield from _unknown(place, [name for one in limits for name in one.params], checks.params)
            yield from _unknown(place, [name for one in limits for name in one.rules], [one.id for one in checks.rules])
    for purpose, routes in protocols.dosing.limited_by.items():
        yield from _unknown(f"dosing.limited_by.{purpose}", routes, protocols.dosing.routes)
        for route, rules in routes.items():
            yield from _unknown(f"dosing.limited_by.{purpose}.{route}", rules, stops)


def _sourced(protocols: Protocols) -> Iterator[tuple[str, Sourced | ProtocolFile]]:
    files = (
        protocols.template_file,
        protocols.indication_file,
        protocols.monitoring,
        protocols.recovery,
        protocols.dosing,
    )
    yield from ((file.id, file) for file in files)
    yield from ((template.id, template) for template in protocols.templates.values())
    yield from protocols.template_file.maintenance.items()
    yield from protocols.template_file.titration.items()
    yield from protocols.indications.items()
    yield from protocols.monitoring.schedules.items()
    yield from protocols.monitoring.adds_to.items()
    yield from protocols.recovery.minimum_observation_min.items()
    yield "recovery.rems", protocols.recovery.rems
    yield from protocols.dosing.routes.items()


def _unknown(place: str, named: Iterable[str], known: Container[str]) -> Iterator[Problem]:
    yield from (Problem(place=place, says=f"{name!r} is not there") for name in named if name not in known)
