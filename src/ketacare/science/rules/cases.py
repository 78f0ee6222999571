"""Clinical cases in YAML: patients with the verdict a clinician expects, in the two formats clinicians write them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic import Field as Key

from ketacare.science import reference
from ketacare.science.errors import BadFacts, BadReference, Problem
from ketacare.science.reference import Frozen
from ketacare.science.rules.book import Book, load
from ketacare.science.rules.clearances import PREFIX, Clearance
from ketacare.science.rules.findings import Evaluation
from ketacare.science.rules.policy import Policy
from ketacare.science.rules.shapes import Names

Shape = TypeVar("Shape", bound=BaseModel)
CHANGED = "(changed)"  # stands for an input that is no longer what it was: no fact has this name
VIGNETTE_BOOK, READING_BOOK = "eligibility", "alarms"


class _Told(BaseModel):
    """Base of what surrounds a verdict: a case may say more about itself than we read."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class _Expect(Frozen):
    disposition: str | None = None
    level: str | None = None
    result: str | None = None
    urgent: bool = False
    fires: Names | None = None
    unknown: Names = ()
    must_fire: Names = ()
    must_not_fire: Names = ()
    cleared: Names = ()
    not_cleared: Names = ()
    needs: Names = ()

    @model_validator(mode="after")
    def _says_what_comes_out(self) -> Self:
        if [self.disposition, self.level, self.result].count(None) != 2:
            raise ValueError("needs one of disposition, level, result")
        return self

    def expectation(self, *, exact: bool) -> "Expectation":
        return Expectation(
            result=self.disposition or self.level or self.result or "",
            urgent=self.urgent,
            fires=None if self.fires is None else frozenset(self.fires),
            unknown=frozenset(self.unknown) if exact else None,
            must_be_unknown=() if exact else self.unknown,
            **{name: getattr(self, name) for name in ("must_fire", "must_not_fire", "cleared", "not_cleared", "needs")},
        )


class _Case(_Told):
    id: str
    expect: _Expect
    facts: dict[str, Any] = {}
    readings: dict[str, Any] = {}
    given: dict[str, Any] = {}
    story: str = ""
    why: str = ""
    note: str = ""


_Cases = Annotated[tuple[_Case, ...], Key(strict=False)]


class _Vignettes(_Told):
    base_profile: dict[str, Any] = {}
    vignettes: _Cases = ()
    session_vignettes: _Cases = ()


class _Set(_Told):
    book: str
    base: dict[str, Any] = {}
    cases: _Cases


class _BookCases(_Told):
    sets: Annotated[tuple[_Set, ...], Key(strict=False)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """What a case expects: ``fires`` and ``unknown`` exactly (None: not compared), the others at least."""

    result: str
    urgent: bool = False
    fires: frozenset[str] | None = None
    unknown: frozenset[str] | None = None
    must_fire: Names = ()
    must_not_fire: Names = ()
    must_be_unknown: Names = ()
    cleared: Names = ()
    not_cleared: Names = ()
    needs: Names = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One case: facts and records for a book, and what must come out."""

    id: str
    book: str
    facts: Mapping[str, Any]
    expect: Expectation
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """A case that was run: its mismatches in words (none: passed)."""

    case: Case
    mismatches: tuple[str, ...]
    evaluation: Evaluation | None = field(default=None, compare=False)


def read_cases(text: str, *, place: str, vignette_book: str = VIGNETTE_BOOK) -> tuple[Case, ...]:
    """Return the cases of a file, in the vignettes' or the book cases' format.

    Raises:
        BadReference: everything that is wrong with the file, with its place.
    """
    tree = reference.parse_yaml(text, place=place)
    if not isinstance(tree, dict) or not tree.keys() & {"vignettes", "session_vignettes", "sets"}:
        raise BadReference([Problem(place=place, says="neither `vignettes` nor `sets` of book cases found")])
    cases = (
        _book_cases(_parsed(_BookCases, tree, place))
        if "sets" in tree
        else _vignettes(_parsed(_Vignettes, tree, place), vignette_book)
    )
    found = tuple(cases)
    ids = [case.id for case in found]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise BadReference([Problem(place=f"{place}: {one}", says="this case id is given twice") for one in twice])
    return found


def _parsed(shape: type[Shape], tree: object, place: str) -> Shape:
    try:
        return shape.model_validate(tree)
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error


def _vignettes(file: _Vignettes, book: str) -> Iterator[Case]:
    for one in file.vignettes:
        yield _case(one, book, file.base_profile | one.facts, exact=False)
    for one in file.session_vignettes:
        yield _case(one, READING_BOOK, one.readings, exact=False)


def _book_cases(file: _BookCases) -> Iterator[Case]:
    for group in file.sets:
        for one in group.cases:
            yield _case(one, group.book, group.base | one.given, exact=True)


def _case(one: _Case, book: str, facts: Mapping[str, Any], *, exact: bool) -> Case:
    expect = one.expect.expectation(exact=exact)
    return Case(id=one.id, book=book, facts=facts, expect=expect, why=one.why or one.note or one.story)


def run_case(case: Case, *, on: date, book: Book | None = None, policy: Policy | None = None) -> Outcome:
    """Return what came of a case: every mismatch in words."""
    book = book or load(case.book)
    try:
        facts, clearances = with_clearances(book, case.facts, on=on)
        found = book.evaluate(facts, on=on, policy=policy, clearances=clearances)
    except BadFacts as refused:
        return Outcome(case=case, mismatches=tuple(f"refused: {problem}" for problem in refused.problems))
    return Outcome(case=case, mismatches=tuple(_mismatches(case.expect, found)), evaluation=found)


def _mismatches(expect: Expectation, found: Evaluation) -> Iterator[str]:
    fired, unknown = set(found.fired), set(found.unknown)
    cleared = {finding.rule.id for finding in found.findings if finding.cleared}
    if found.disposition != expect.result:
        yield f"result is {found.disposition}, expected {expect.result}"
    if found.urgent != expect.urgent:
        yield f"urgent is {found.urgent}, expected {expect.urgent}"
    for what, exact, seen in (("fires", expect.fires, fired), ("unknown", expect.unknown, unknown)):
        if exact is not None and exact != seen:
            yield f"{what} {_listed(seen)}, expected {_listed(exact)}"
    for says, wrong in (
        ("should fire", set(expect.must_fire) - fired),
        ("should not fire", set(expect.must_not_fire) & fired),
        ("should be unknown", set(expect.must_be_unknown) - unknown),
        ("should fire and be cleared", set(expect.cleared) - cleared),
        ("should fire and stay", set(expect.not_cleared) - (fired - cleared)),
        ("should be needed", set(expect.needs) - {need.fact for need in found.needs}),
    ):
        if wrong:
            yield f"{_listed(wrong)} {says}"


def _listed(ids: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(ids)) or "nothing"


def with_clearances(book: Book, facts: Mapping[str, Any], *, on: date) -> tuple[dict[str, Any], tuple[Clearance, ...]]:
    """Return the facts without their short-hand clearances, and the records these stand for.

    ``clearance.x: true`` is a valid record that covers every rule; false or null is none. ``clearance.x: {covers: [ids], expires_in_days: n,
    inputs_changed: bool}`` is one record; n below zero: expired. What is not understood stays among the facts, where the evaluation refuses it.
    """
    plain: dict[str, Any] = {}
    records = []
    for name, value in facts.items():
        short = _shorthand(value) if name.startswith(PREFIX) and name in book.fields else None
        if short is None:
            plain[name] = value
        elif value:
            records.append(_record(book, name, short, on=on))
    return plain, tuple(records)


class _Shorthand(Frozen):
    covers: Names | None = None
    expires_in_days: int = 0
    inputs_changed: bool = False


def _shorthand(value: object) -> _Shorthand | None:
    if value is None or isinstance(value, bool):
        return _Shorthand()
    try:
        return _Shorthand.model_validate(value)
    except ValidationError:
        return None


def _record(book: Book, name: str, short: _Shorthand, *, on: date) -> Clearance:
    today = on.date() if isinstance(on, datetime) else on
    expires = today + timedelta(days=short.expires_in_days)
    return Clearance(
        clearance=name,
        covers=frozenset(rule.id for rule in book.rules) if short.covers is None else frozenset(short.covers),
        dated=min(today, expires),
        expires=expires,
        inputs={CHANGED: True} if short.inputs_changed else {},
    )
