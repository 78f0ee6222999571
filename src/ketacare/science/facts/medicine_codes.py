"""Which medicines belong to which classes, and how much one milligram counts: the parsed ``data/codes/medicines``."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import Annotated

from pydantic import Field, ValidationError

from ketacare.science.errors import BadReference, Problem
from ketacare.science.facts.codes import Exact
from ketacare.science.facts.condition_codes import Names
from ketacare.science.facts.entries import RecordEntry
from ketacare.science.reference import Frozen, Mark, Review, newest, problems_of, read_yaml, sources
from ketacare.science.rules.catalogue import catalogue

CLASSES = "meds.classes"


class Ingredient(Frozen):
    """One ingredient: its RxNorm code, its names, its classes, and what one milligram of it by mouth counts as."""

    name: str
    rxnorm: str = ""
    mark: Mark | None = None
    also: Names = ()
    classes: Names
    dze: Exact | None = None
    mme: Exact | None = None
    mme_patch: Exact | None = None
    oral_up_to_mg: Exact | None = None
    then: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.also)


class Factors(Frozen):
    """Where the factors of a conversion come from."""

    key: str
    mark: Mark
    note: str


class Washout(Frozen):
    """How a stopped medicine of a class is told, and for how long."""

    class_: str = Field(alias="class")
    within_days: int
    days_up_to: int
    mark: Mark


class KetamineAllergy(Frozen):
    """Which substances an allergy must be to for a fact."""

    fact: str
    ingredients: Names


class Often(Frozen):
    """Words that say how many times a day."""

    words: Names
    times: Exact


class MedicineBook(Frozen):
    """Everything that turns medicines into classes and daily doses."""

    id: str
    version: int
    review: Review
    sources: Names
    systems: Names
    dze_source: Factors
    mme_source: Factors
    local_forms: Names
    oral_words: Names
    not_oral_words: Names
    unsure_words: Names
    units_mg: dict[str, Exact]
    counted_forms: Names
    number_words: dict[str, Exact]
    hours_of_period: dict[str, Exact]
    times_a_day: Annotated[tuple[Often, ...], Field(strict=False)]
    total_settles_from: dict[str, float]
    maoi_washout: Washout
    allergy: KetamineAllergy
    ingredients: Annotated[tuple[Ingredient, ...], Field(strict=False)]

    @cached_property
    def _by_code(self) -> Mapping[str, Ingredient]:
        return {one.rxnorm: one for one in self.ingredients if one.rxnorm}

    @cached_property
    def _by_name(self) -> Mapping[str, Ingredient]:
        return {name: one for one in self.ingredients for name in one.names}

    @cached_property
    def _any_name(self) -> re.Pattern[str]:
        return whole_words(tuple(self._by_name))

    def ingredients_of(self, entry: RecordEntry) -> tuple[Ingredient, ...]:
        """The known ingredients of an entry: by code, and by name in its words."""
        coded = [self._by_code.get(one.code) for one in entry.codings if one.system in self.systems]
        texts = [entry.display, *(one.display for one in entry.codings)]
        named = [self._by_name[found] for text in texts for found in self._any_name.findall(simple(text))]
        return tuple({one.name: one for one in (*coded, *named) if one is not None}.values())


@cache
def whole_words(words: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern for any of the words as a whole word, the longest first."""
    longest = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, longest))})(?!\w)")


def simple(text: str) -> str:
    """Text as names are compared: lower case, plain apostrophes."""
    return text.lower().replace("’", "'")


@cache
def medicine_book() -> MedicineBook:
    """Return the newest table of medicines, or raise BadReference with every problem of it."""
    file = newest("codes/medicines")
    return parse_medicines(read_yaml(file), place=file)


def parse_medicines(tree: object, *, place: str) -> MedicineBook:
    """Return the table that a parsed file states, or raise BadReference with every problem."""
    try:
        book = MedicineBook.model_validate(tree)
    except ValidationError as error:
        raise BadReference(problems_of(error, place=place)) from error
    if says := [*_problems(book)]:
        raise BadReference([Problem(place=place, says=one) for one in says])
    return book


def _problems(book: MedicineBook) -> Iterator[str]:
    cited = {*book.sources, book.dze_source.key, book.mme_source.key}
    yield from (f"there is no source {key}" for key in sorted(cited - sources().keys()))
    known = set(catalogue()[CLASSES].allowed)
    for one in book.ingredients:
        classes = {*one.classes, *filter(None, [one.then])}
        yield from (f"{one.name}: there is no class {name}" for name in sorted(classes - known))
        if bool(one.rxnorm) != (one.mark is not None):
            yield f"{one.name}: a code needs its mark, and a mark its code"
        yield from (f"{one.name}: write {name} in lower case" for name in one.names if name != simple(name))
    names = Counter([name for one in book.ingredients for name in one.names])
    codes = Counter([one.rxnorm for one in book.ingredients if one.rxnorm])
    yield from (f"{one} is given twice" for counter in (names, codes) for one, times in counter.items() if times > 1)
