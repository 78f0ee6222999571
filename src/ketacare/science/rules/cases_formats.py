"""The shapes of case files: the vignettes, the book cases, and the cases of each rule."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic import Field as Key

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen
from ketacare.science.rules.cases_expect import Case, Expectation, RuleExpectation, RuleVerdict
from ketacare.science.rules.shapes import Names

Shape = TypeVar("Shape", bound=BaseModel)
Facts = Mapping[str, Any]
FindBase = Callable[[str], Facts]
READING_BOOK = "alarms"
EACH_RULE = "ketacare.rule_cases/1"
VERDICTS: tuple[RuleVerdict, ...] = get_args(RuleVerdict)


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

    def expectation(self, *, exact: bool) -> Expectation:
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


class _RuleCase(Frozen):
    """One case of one rule: the key names the verdict, its value is what differs from the base."""

    why: str = Key(min_length=1)
    fires: dict[str, Any] | None = None
    silent: dict[str, Any] | None = None
    unknown: dict[str, Any] | None = None
    skipped: dict[str, Any] | None = None
    cleared: bool | None = None
    urgent: bool = False
    needs: Names = ()
    policy: dict[str, float] = {}
    loosened_by: str = ""
    result: str | None = None

    @model_validator(mode="after")
    def _one_verdict(self) -> Self:
        given = [name for name in VERDICTS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"needs one of {', '.join(VERDICTS)}, with what differs from the base")
        if (self.cleared is not None or self.urgent) and given != ["fires"]:
            raise ValueError("only a rule that fires is cleared or urgent")
        if self.needs and given != ["unknown"]:
            raise ValueError("only an unknown rule needs facts")
        return self

    @property
    def verdict(self) -> RuleVerdict:
        return next(name for name in VERDICTS if getattr(self, name) is not None)


class _EachRule(Frozen):
    schema_: Literal["ketacare.rule_cases/1"] = Key(alias="schema")
    book: str
    base: str | dict[str, Any]
    rules: dict[str, Annotated[tuple[_RuleCase, ...], Key(strict=False)]]

    @model_validator(mode="after")
    def _every_case_has_its_own_reason(self) -> Self:
        for rule, cases in self.rules.items():
            whys = [case.why for case in cases]
            if twice := sorted({why for why in whys if whys.count(why) > 1}):
                raise ValueError(f"{rule}: two cases give the same why: {twice[0]}")
        return self


class Base(Frozen):
    """The patient that the cases of each rule start from: quiet, and what is told of everybody all the same."""

    book: str
    facts: dict[str, Any]
    result: str
    fires: Names = ()


def parsed(shape: type[Shape], tree: object, *, place: str) -> Shape:
    """Return a tree in its shape, or raise BadReference with every problem."""
    try:
        return shape.model_validate(tree)
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error


def cases_in(tree: object, *, place: str, vignette_book: str, find_base: FindBase) -> Iterator[Case]:
    """Yield the cases of a parsed file, whichever of the three formats it is in; raises BadReference."""
    if isinstance(tree, dict) and tree.get("schema") == EACH_RULE:
        yield from _each_rule(parsed(_EachRule, tree, place=place), find_base)
    elif isinstance(tree, dict) and "sets" in tree:
        yield from _book_cases(parsed(_BookCases, tree, place=place))
    elif isinstance(tree, dict) and tree.keys() & {"vignettes", "session_vignettes"}:
        yield from _vignettes(parsed(_Vignettes, tree, place=place), vignette_book)
    else:
        says = f"neither `vignettes`, nor `sets` of book cases, nor `schema: {EACH_RULE}` found"
        raise BadReference([Problem(place=place, says=says)])


def _vignettes(file: _Vignettes, book: str) -> Iterator[Case]:
    for one in file.vignettes:
        yield _case(one, book, file.base_profile | one.facts, exact=False)
    for one in file.session_vignettes:
        yield _case(one, READING_BOOK, one.readings, exact=False)


def _book_cases(file: _BookCases) -> Iterator[Case]:
    for group in file.sets:
        for one in group.cases:
            yield _case(one, group.book, group.base | one.given, exact=True)


def _case(one: _Case, book: str, facts: Facts, *, exact: bool) -> Case:
    expect = one.expect.expectation(exact=exact)
    return Case(id=one.id, book=book, facts=facts, expect=expect, why=one.why or one.note or one.story)


def _each_rule(file: _EachRule, find_base: FindBase) -> Iterator[Case]:
    base = find_base(file.base) if isinstance(file.base, str) else file.base
    for rule, cases in file.rules.items():
        for number, one in enumerate(cases, start=1):
            yield Case(
                id=f"{rule}/{number}",
                book=file.book,
                facts={**base, **getattr(one, one.verdict)},
                expect=RuleExpectation(
                    rule=rule,
                    verdict=one.verdict,
                    cleared=one.cleared,
                    urgent=one.urgent,
                    needs=one.needs,
                    result=one.result,
                ),
                why=one.why,
                policy=one.policy,
                loosened_by=one.loosened_by,
            )
