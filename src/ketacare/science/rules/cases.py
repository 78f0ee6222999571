"""Clinical cases in YAML: patients with the verdict a clinician expects, in the two formats clinicians write them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic import Field as Key

from ketacare.science import reference
from ketacare.science.errors import BadFacts, BadReference, Problem
from ketacare.science.reference import Frozen
from ketacare.science.rules.book import Book, load
from ketacare.science.rules.clearances import PREFIX, Clearance
from ketacare.science.rules.evaluate import evaluate
from ketacare.science.rules.findings import Evaluation
from ketacare.science.rules.shapes import Names

Shape = TypeVar("Shape", bound=BaseModel)
VIGNETTE_BOOK, READING_BOOK = "eligibility", "alarms"


class _Expected(Frozen):
    disposition: str | None = None
    level: str | None = None
    urgent: bool | None = None
    must_fire: Names = ()
    must_not_fire: Names = ()
    cleared: Names = ()
    not_cleared: Names = ()
    unknown: Names = ()
    needs: Names = ()


class _Vignette(Frozen):
    id: str
    expect: _Expected
    facts: dict[str, Any] = {}
    readings: dict[str, Any] = {}
    story: str = ""
    why: str = ""
    note: str = ""


class _Vignettes(Frozen):
    base_profile: dict[str, Any] = {}
    vignettes: Annotated[tuple[_Vignette, ...], Key(strict=False)] = ()
    session_vignettes: Annotated[tuple[_Vignette, ...], Key(strict=False)] = ()


class _Exactly(Frozen):
    fires: Names
    result: str
    unknown: Names = ()
    urgent: bool = False


class _BookCase(Frozen):
    id: str
    given: dict[str, Any]
    expect: _Exactly
    why: str = ""


class _Set(Frozen):
    book: str
    base: dict[str, Any]
    cases: Annotated[tuple[_BookCase, ...], Key(strict=False)]


class _BookCases(Frozen):
    schema_: str = Key(alias="schema")
    sets: Annotated[tuple[_Set, ...], Key(strict=False)]
    set: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """What a case expects. ``None`` is not compared; ``fires`` and ``unknown`` are exact, the others at least."""

    result: str
    urgent: bool | None = None
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


def read_cases(text: str, *, place: str) -> tuple[Case, ...]:
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
        else _vignettes(_parsed(_Vignettes, tree, place))
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


def _vignettes(file: _Vignettes) -> Iterator[Case]:
    for one in file.vignettes:
        expect = _at_least(one.expect, urgent=bool(one.expect.urgent))
        facts = file.base_profile | one.facts
        yield Case(id=one.id, book=VIGNETTE_BOOK, facts=facts, expect=expect, why=one.why or one.story)
    for one in file.session_vignettes:
        expect = _at_least(one.expect, urgent=one.expect.urgent)
        yield Case(id=one.id, book=READING_BOOK, facts=one.readings, expect=expect, why=one.why or one.note)


def _at_least(expect: _Expected, *, urgent: bool | None) -> Expectation:
    return Expectation(
        result=expect.disposition or expect.level or "",
        urgent=urgent,
        must_fire=expect.must_fire,
        must_not_fire=expect.must_not_fire,
        must_be_unknown=expect.unknown,
        cleared=expect.cleared,
        not_cleared=expect.not_cleared,
        needs=expect.needs,
    )


def _book_cases(file: _BookCases) -> Iterator[Case]:
    for one in file.sets:
        for case in one.cases:
            expect = Expectation(
                result=case.expect.result,
                urgent=case.expect.urgent,
                fires=frozenset(case.expect.fires),
                unknown=frozenset(case.expect.unknown),
            )
            yield Case(id=case.id, book=one.book, facts=one.base | case.given, expect=expect, why=case.why)


def run_case(case: Case, *, on: date, book: Book | None = None) -> Outcome:
    """Return what came of a case: every mismatch in words."""
    book = book or load(case.book)
    try:
        facts, clearances = with_clearances(book, case.facts, on=on)
        found = evaluate(book, facts, on=on, clearances=clearances)
    except BadFacts as refused:
        return Outcome(case=case, mismatches=tuple(f"refused: {problem}" for problem in refused.problems))
    return Outcome(case=case, mismatches=tuple(_mismatches(case.expect, found)), evaluation=found)


def _mismatches(expect: Expectation, found: Evaluation) -> Iterator[str]:
    fired, unknown = set(found.fired), set(found.unknown)
    cleared = {finding.rule.id for finding in found.findings if finding.cleared}
    if found.result != expect.result:
        yield f"result is {found.result}, expected {expect.result}"
    if expect.urgent is not None and found.urgent != expect.urgent:
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

    ``clearance.x: true`` is a valid record that covers every rule. ``clearance.x: {covers: [ids], expires_in_days: n, inputs_changed: bool}``
    is one record; n below zero: expired.

    Raises:
        BadFacts: a clearance that nobody knows, or short-hand that is not understood.
    """
    plain = {name: value for name, value in facts.items() if not name.startswith(PREFIX)}
    records, problems = [], []
    for name in facts.keys() - plain.keys():
        if name not in book.fields:
            problems.append(Problem(place=name, says="unknown clearance"))
        elif isinstance(facts[name], bool | None):
            records += [_record(book, name, _Shorthand(), on=on)] if facts[name] else []
        else:
            try:
                records.append(_record(book, name, _Shorthand.model_validate(facts[name]), on=on))
            except ValidationError as error:
                problems += reference.problems_of(error, place=name)
    if problems:
        raise BadFacts(problems)
    return plain, tuple(records)


class _Shorthand(Frozen):
    covers: Names | None = None
    expires_in_days: int = 0
    inputs_changed: bool = False


def _record(book: Book, name: str, short: _Shorthand, *, on: date) -> Clearance:
    expires = on + timedelta(days=short.expires_in_days)
    covers = frozenset(rule.id for rule in book.rules) if short.covers is None else frozenset(short.covers)
    changed = {name: "as it was"} if short.inputs_changed else {}
    return Clearance(clearance=name, covers=covers, dated=min(on, expires), expires=expires, inputs=changed)
