"""What is checked in the long run: the data file, parsed. Every number in it is a parameter of the surveillance book, or marked."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Literal

from pydantic import Field as Key
from pydantic import ValidationError

from ketacare.science import reference, rules
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Review

STEM = "surveillance/checks"
Names = Annotated[tuple[str, ...], Key(strict=False)]
Sources = Annotated[tuple[str, ...], Key(strict=False, min_length=1)]


class Limit(Frozen):
    """An exposure that asks for a review: sessions, within some days or ever, or months of maintenance. Names are parameters."""

    sessions: str | None = None
    within_days: int | None = None
    months: str | None = None
    fact: str  # of the book, that tells how much there is


class Due(Frozen):
    """One reason for a check to fall due. Names are parameters of the book."""

    after_sessions: str | None = None
    after_days: str | None = None
    at_weekly_rate: str | None = None
    phase: Literal["maintenance"] | None = None
    once_after_session: str | None = None
    each_session: bool = False
    at_exposure: Annotated[tuple[Limit, ...], Key(strict=False)] = ()
    again_after_days: int | None = None
    reviewed: str | None = None  # the fact of the book that tells that it was done


class Ask(Frozen):
    """One question of a check: a fact of the book, or one of our own that is a concern when it is answered so."""

    says: str
    fact: str | None = None
    name: str | None = None
    type: Literal["bool", "number", "text"] = "bool"
    values: Names = ()
    concern: bool | str | None = None
    unclear: Names = ()
    may_be_empty: bool = False

    @property
    def key(self) -> str:
        """What its answer is kept under."""
        return self.fact or self.name or ""


class Check(Frozen):
    """One kind of check."""

    title: str
    rule: str | None
    due: Annotated[tuple[Due, ...], Key(strict=False, min_length=1)]
    grace_days: int
    triggers: Names
    asks: Annotated[tuple[Ask, ...], Key(strict=False)]
    applies: Literal["everybody", "may_be_pregnant"] = "everybody"
    jurisdictions: Names = ()  # empty: everywhere
    scales: Names = ()
    rise: str | None = None  # the fact that is a score's rise above the first
    drop: str | None = None  # the fact that is a score's fall below the first
    codes_of: str | None = None  # the fact whose codes tell that it was done
    panel: Names = ()  # facts of the record that make it done together
    measured: Names = ()  # measurements of the record that make it done together
    result: str | None = None  # the fact of the record that is its result
    sources: Sources
    mark: Mark
    note: str = ""


class Pressure(Frozen):
    """From where a pressure before a session counts as raised, mmHg; and over how many sessions its trend goes."""

    systolic: int
    diastolic: int
    trend_sessions: int
    mark: Mark
    sources: Sources


class Holds(Frozen):
    """Rules that are not red and place a Hold all the same."""

    rules: Names
    mark: Mark
    sources: Sources


class CheckFile(Frozen):
    """The whole file."""

    id: str
    version: int
    schema_: str
    title: str
    status: str
    review: Review
    book: str
    esketamine_routes: Names
    pressure: Pressure
    holds: Holds
    scores: Mapping[str, str]
    triggers: Names
    words: Mapping[str, str]  # what facts of the book are called where no question says it well
    lifts_when: Mapping[str, str]
    checks: Mapping[str, Check]

    @property
    def labels(self) -> dict[str, str]:
        """What every fact of the book is called."""
        asked = {ask.fact: ask.says for check in self.checks.values() for ask in check.asks if ask.fact}
        return asked | dict(self.words)

    @property
    def all_triggers(self) -> tuple[str, ...]:
        """Every rule that an answer may set off, once."""
        return tuple(
            dict.fromkeys([one for check in self.checks.values() for one in check.triggers] + [*self.triggers])
        )


@cache
def checks() -> CheckFile:
    """Return the newest file of checks; BadReference when it is not what it must be."""
    name = reference.newest(STEM)
    raw = dict(reference.read_yaml(name))
    raw["schema_"] = raw.pop("schema", "")
    try:
        read = CheckFile.model_validate(raw)
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=name)) from error
    if wrong := list(_wrong(read)):
        raise BadReference([Problem(place=f"{name}: {place}", says=says) for place, says in wrong])
    return read


def _wrong(read: CheckFile) -> Iterator[tuple[str, str]]:
    """What the book does not know."""
    book = rules.load(read.book)
    known = {rule.id: rule for rule in book.rules}
    for name, check in read.checks.items():
        wanted = [*check.triggers, *filter(None, [check.rule])]
        yield from ((f"checks.{name}", f"the book has no rule {one}") for one in wanted if one not in known)
        facts = [ask.fact for ask in check.asks if ask.fact] + [*filter(None, [check.rise, check.drop])]
        yield from ((f"checks.{name}", f"the book has no fact {one}") for one in facts if one not in book.fields)
        yield from ((f"checks.{name}", "a question is a fact or has a name") for ask in check.asks if not ask.key)
        yield from ((f"checks.{name}", f"no parameter {one}") for one in _params(check) if one not in book.params)
    yield from (("words", f"nothing says what {one} is called") for one in book.fields if one not in read.labels)
    yield from (("words", f"the book has no fact {one}") for one in read.words if one not in book.fields)
    for one in read.all_triggers:
        if one in known and places_hold(read, one, known[one].severity) and one not in read.lifts_when:
            yield "lifts_when", f"nothing says when a hold for {one} is lifted"


def _params(check: Check) -> Iterator[str]:
    for due in check.due:
        names = (due.after_sessions, due.after_days, due.at_weekly_rate, due.once_after_session)
        yield from filter(None, names)
        for limit in due.at_exposure:
            yield from filter(None, (limit.sessions, limit.months))


def places_hold(read: CheckFile, rule: str, severity: str) -> bool:
    """Return whether a rule that fires places a Hold: a red one does, and those whose own words say so."""
    return severity == "red" or rule in read.holds.rules
