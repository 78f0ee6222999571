"""Checklists for a rescue: what is done, by step and by class of medicine; never a drug, never a dose."""

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Literal

from pydantic import Field as Key
from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.monitoring import protocol
from ketacare.science.reference import Frozen, Mark, Review
from ketacare.science.rules.book import load

FILE = "protocols/rescue"
Names = Annotated[tuple[str, ...], Key(strict=False)]


class Step(Frozen):
    """One thing that is done and ticked; ``class`` where a class of medicine is given."""

    id: str
    says: str
    medicine_class: str = Key(default="", alias="class")


class Checklist(Frozen):
    """The steps of one rescue, and the alarms it answers."""

    id: str
    title: str
    answers: Names = ()
    classes: str = ""
    steps: Annotated[tuple[Step, ...], Key(strict=False, min_length=1)]

    def step(self, step_id: str) -> Step | None:
        """Return a step by its id, or None."""
        return next((one for one in self.steps if one.id == step_id), None)


class Rescue(Frozen):
    """The whole file."""

    id: str
    version: int
    schema_: Literal["ketacare.rescue/1"] = Key(alias="schema")
    title: str
    status: str
    review: Review
    sources: Names
    mark: Mark
    orders: str
    forbidden_with_maoi: str
    checklists: Annotated[tuple[Checklist, ...], Key(strict=False)]

    def checklist(self, checklist_id: str) -> Checklist | None:
        """Return a checklist by its id, or None."""
        return next((one for one in self.checklists if one.id == checklist_id), None)


@cache
def rescue() -> Rescue:
    """Return the newest checklists.

    Raises:
        BadReference: everything that is wrong with them, also an alarm or a class of medicine that is none.
    """
    file = reference.newest(FILE)
    try:
        found = Rescue.model_validate(reference.read_yaml(file))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=file)) from error
    if problems := list(_problems(found)):
        raise BadReference(problems)
    return found


def forbidden_with_maoi() -> tuple[str, ...]:
    """Return the medicines that nobody gives beside an MAO inhibitor, or within two weeks of one."""
    return protocol.load().recovery.rescue_medicine_classes[rescue().forbidden_with_maoi]


def _problems(found: Rescue) -> Iterator[Problem]:
    rules = {rule.id for rule in load("alarms").rules}
    groups = protocol.load().recovery.rescue_medicine_classes
    if found.forbidden_with_maoi not in groups:
        yield Problem(place="forbidden_with_maoi", says=f"{found.forbidden_with_maoi} is no line of the recovery file")
    for one in found.checklists:
        for alarm in set(one.answers) - rules:
            yield Problem(place=f"{one.id}: answers", says=f"{alarm} is no rule of the alarm book")
        if one.classes and one.classes not in groups:
            yield Problem(place=f"{one.id}: classes", says=f"{one.classes} is no line of the recovery file")
        for step in one.steps:
            if step.medicine_class and step.medicine_class not in groups.get(one.classes, ()):
                yield Problem(place=f"{one.id}: {step.id}", says=f"{step.medicine_class} is no class of this rescue")
