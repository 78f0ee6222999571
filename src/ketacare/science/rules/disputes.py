"""Disputed evidence: our default, the stricter and the looser readings, and who holds them."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Literal

from pydantic import Field as Key
from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Review
from ketacare.science.rules.book import load
from ketacare.science.rules.catalogue import names
from ketacare.science.rules.shapes import Names


class OurReading(Frozen):
    """What our rules do unless a site says otherwise, and why."""

    says: str
    why: str


class Reading(Frozen):
    """What somebody else holds, seen from ours."""

    leans: Literal["stricter", "looser", "same", "other"]
    says: str
    held_by: str
    sources: Names
    mark: Mark


class Dispute(Frozen):
    """One question on which careful people disagree."""

    id: str
    question: str
    rules: Names = Key(min_length=1)
    ours: OurReading
    readings: Annotated[tuple[Reading, ...], Key(strict=False, min_length=1)]


class _DisputesShape(Frozen):
    id: str
    version: int
    schema_: Literal["ketacare.disputes/1"] = Key(alias="schema")
    title: str
    review: Review
    disputes: Annotated[tuple[Dispute, ...], Key(strict=False)]


@cache
def disputes() -> tuple[Dispute, ...]:
    """Return every dispute, in the order of the file.

    Raises:
        BadReference: a rule or a source that there is none of, a dispute told twice, or one in which nobody disagrees.
    """
    file = reference.newest("disputes")
    try:
        shape = _DisputesShape.model_validate(reference.read_yaml(file))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=file)) from error
    if problems := [Problem(place=f"{file}: {one.place}", says=one.says) for one in _problems(shape.disputes)]:
        raise BadReference(problems)
    return shape.disputes


def by_rule() -> Mapping[str, tuple[Dispute, ...]]:
    """Return the disputes about each disputed rule, by its id."""
    found: dict[str, tuple[Dispute, ...]] = {}
    for dispute in disputes():
        for rule in dispute.rules:
            found[rule] = (*found.get(rule, ()), dispute)
    return found


def _problems(told: tuple[Dispute, ...]) -> Iterator[Problem]:
    rules = {rule.id for name in names() for rule in load(name).rules}
    ids = [dispute.id for dispute in told]
    for dispute in told:
        cited = {key for reading in dispute.readings for key in reading.sources}
        if ids.count(dispute.id) > 1:
            yield Problem(place=dispute.id, says="is told twice")
        if all(reading.leans == "same" for reading in dispute.readings):
            yield Problem(place=dispute.id, says="nobody disagrees")
        for rule in dispute.rules:
            if rule not in rules:
                yield Problem(place=dispute.id, says=f"there is no rule {rule}")
        for key in sorted(cited - reference.sources().keys()):
            yield Problem(place=dispute.id, says=f"there is no source {key}")
