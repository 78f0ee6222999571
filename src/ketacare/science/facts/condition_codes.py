"""Which coded conditions and procedures mean which facts: the parsed ``data/codes/conditions``."""

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import Annotated

from pydantic import Field, ValidationError

from ketacare.science.errors import BadReference, Problem
from ketacare.science.facts.entries import Coding
from ketacare.science.reference import Frozen, Mark, Review, newest, problems_of, read_yaml, sources
from ketacare.science.rules.catalogue import catalogue

Names = Annotated[tuple[str, ...], Field(strict=False)]
Told = bool | int | str


class Systems(Frozen):
    """By which addresses the code systems call themselves."""

    icd10cm: Names
    snomed: Names


class Made(Frozen):
    """What a fact becomes: while the condition is there, and when it is over; None leaves it unknown."""

    now: Told | None = None
    past: Told | None = None
    dated: bool = False
    within_days: int | None = None

    @property
    def values(self) -> tuple[Told, ...]:
        return tuple(one for one in (self.now, self.past) if one is not None)


class Days(Frozen):
    """A number of days since, counted from an entry whose day is known and which is not older than so many days."""

    fact: str
    up_to: int


class Concept(Frozen):
    """One condition in the words of this file, with its codes and what they make known."""

    id: str
    says: str
    icd10cm: dict[Mark, Names] = {}
    but_not: Names = ()
    snomed: dict[Mark, dict[str, str]] = {}
    makes: dict[str, Made] = {}
    days: Days | None = None
    shows: Names = ()

    @property
    def prefixes(self) -> frozenset[str]:
        """The ICD-10-CM prefixes without their dots."""
        return frozenset(plain(code) for codes in self.icd10cm.values() for code in codes)

    @property
    def excepted(self) -> tuple[str, ...]:
        return tuple(map(plain, self.but_not))

    @property
    def facts(self) -> tuple[str, ...]:
        """Every fact that the concept speaks of."""
        counted = (self.days.fact,) if self.days else ()
        return (*self.makes, *counted, *self.shows)


class ConditionBook(Frozen):
    """Everything that turns coded conditions and procedures into facts."""

    id: str
    version: int
    review: Review
    sources: Names
    systems: Systems
    strongest: dict[str, Annotated[tuple[Told, ...], Field(strict=False)]]
    fits: dict[str, dict[str, Names]]
    not_filled: dict[str, str]
    conditions: Annotated[tuple[Concept, ...], Field(strict=False)]

    @cached_property
    def _by_prefix(self) -> Mapping[str, tuple[Concept, ...]]:
        prefixes = {prefix for one in self.conditions for prefix in one.prefixes}
        return {prefix: tuple(one for one in self.conditions if prefix in one.prefixes) for prefix in prefixes}

    @cached_property
    def _by_snomed(self) -> Mapping[str, tuple[Concept, ...]]:
        found: dict[str, tuple[Concept, ...]] = {}
        for one in self.conditions:
            for code in {code for codes in one.snomed.values() for code in codes}:
                found[code] = (*found.get(code, ()), one)
        return found

    def concepts(self, codings: tuple[Coding, ...]) -> tuple[Concept, ...]:
        """The concepts that any of an entry's codes belongs to, in the order of the file."""
        found = {one.id for coding in codings for one in self._of(coding)}
        return tuple(one for one in self.conditions if one.id in found)

    def _of(self, coding: Coding) -> Iterator[Concept]:
        if coding.system in self.systems.snomed:
            yield from self._by_snomed.get(coding.code, ())
        elif coding.system in self.systems.icd10cm:
            code = plain(coding.code)
            for length in range(1, len(code) + 1):
                for one in self._by_prefix.get(code[:length], ()):
                    if not code.startswith(one.excepted):
                        yield one


def plain(code: str) -> str:
    """An ICD-10-CM code without its dot."""
    return code.replace(".", "").upper()


@cache
def condition_book() -> ConditionBook:
    """Return the newest table of conditions, or raise BadReference with every problem of it."""
    file = newest("codes/conditions")
    return parse_conditions(read_yaml(file), place=file)


def parse_conditions(tree: object, *, place: str) -> ConditionBook:
    """Return the table that a parsed file states, or raise BadReference with every problem."""
    try:
        book = ConditionBook.model_validate(tree)
    except ValidationError as error:
        raise BadReference(problems_of(error, place=place)) from error
    if says := [*_problems(book)]:
        raise BadReference([Problem(place=place, says=one) for one in says])
    return book


def _problems(book: ConditionBook) -> Iterator[str]:
    yield from (f"there is no source {key}" for key in sorted(set(book.sources) - sources().keys()))
    ids = [one.id for one in book.conditions]
    yield from (f"{one} is given twice" for one in sorted({one for one in ids if ids.count(one) > 1}))
    for one in book.conditions:
        for fact in (*one.facts, *book.not_filled):
            if fact not in catalogue():
                yield f"{one.id}: there is no fact {fact}"
        yield from _bad_values(one)


def _bad_values(one: Concept) -> Iterator[str]:
    for fact, made in one.makes.items():
        field = catalogue().get(fact)
        if field is None:
            continue
        if False in made.values or "none" in made.values:
            yield f"{one.id}: {fact}: a code never makes a fact false"
        for value in made.values:
            if says := field.complaint([value] if field.type == "list" else value):
                yield f"{one.id}: {fact} {says}"
