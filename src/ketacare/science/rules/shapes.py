"""The shapes a rulebook file is parsed into: frozen, no unknown keys, no loose types."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field as Key
from pydantic import ValidationError, model_validator

from ketacare.science.errors import Problem
from ketacare.science.reference import Frozen, Mark, Review, problems_of
from ketacare.science.rules.conditions import Value
from ketacare.science.rules.fields import Field
from ketacare.science.rules.policy import Param

Override = Literal["forbidden", "second_prescriber", "reason", "acknowledge"]
Names = Annotated[tuple[str, ...], Key(strict=False)]  # YAML has lists; we keep tuples
OVERRIDES: tuple[Override, ...] = ("forbidden", "second_prescriber", "reason", "acknowledge")  # strictest first


class Severity(Frozen):
    """One severity of a book: what it means and what it takes to go on against it (None: each rule says so itself)."""

    meaning: str
    override: Override | None = None
    priority: Literal["high", "medium", "low"] | None = None


class Occasion(Frozen):
    """What of the findings makes a row of the result table match: one of the named is enough."""

    fired: Names = ()
    uncleared: Names = ()
    unknown: Names = ()


class Outcome(Frozen):
    """One row of the result table; the last has ``else`` instead of a condition."""

    when: Occasion | None = Key(default=None, alias="if")
    then: str | None = None
    otherwise: str | None = Key(default=None, alias="else")

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.when is None) != (self.then is None) or (self.when is None) == (self.otherwise is None):
            raise ValueError("a row is {if: ..., then: ...} or {else: ...}")
        return self


class Derivation(Frozen):
    """How a missing fact is filled from others before the rules run."""

    id: str
    when: Any = None
    set: dict[str, Value] | None = None
    fact: str | None = None
    count_of: str | None = None
    among: Names | None = None
    difference: tuple[str, str] | None = Key(default=None, strict=False)
    note: str = ""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = self.model_fields_set - {"id", "note"}
        if given not in ({"when", "set"}, {"fact", "count_of", "among"}, {"fact", "difference"}):
            raise ValueError("a derivation is when + set, fact + count_of + among, or fact + difference")
        return self


class Required(Frozen):
    """Facts that must be there when a condition holds."""

    when: Any = Key(alias="if")
    then: Names


class Clearances(Frozen):
    """How long a clearance of each kind may be valid, in days."""

    max_age_days: dict[str, int]


class Rounding(Frozen):
    """Facts of these units are rounded half up before they are compared."""

    units: Names
    decimals: int


class Imports(Frozen):
    """Facts that another book declares, in the version named here: they mean the same for as long as this book is read."""

    book: str
    version: int
    facts: Names


class RuleShape(Frozen):
    """A rule as the file states it."""

    id: str
    statement: str
    when: Any
    severity: str
    evidence: Mark
    certainty: Literal["high", "moderate", "low"]
    sources: Names = ()  # none is a problem told with all others
    advice: Names = ()
    override: Override | None = None
    cleared_by: Names = ()
    applies_to: Names | None = None
    jurisdiction: str | None = None
    temporary: bool = False
    urgent: bool = False
    tell_patient: str = ""
    note: str = ""
    disagree: str = ""
    hold_hours: float | None = None
    hold_needs: Literal["prescriber", "patient"] | None = None
    fast_hours: dict[str, float] | None = None


class BookShape(Frozen):
    """A rulebook as the file states it."""

    id: str
    version: int
    schema_: Literal["ketacare.rulebook/1"] = Key(alias="schema")
    title: str
    status: str
    review: Review
    severities: dict[str, Severity]
    result: tuple[Outcome, ...] = Key(strict=False, min_length=1)
    params: dict[str, Param]
    fields: dict[str, Field]
    rules: tuple[RuleShape, ...] = Key(strict=False, min_length=1)
    prefix: str = ""
    contradictions: str | None = None
    clearances: Clearances | None = None
    round_half_up: Rounding | None = None
    param_order: tuple[Names, ...] = Key(default=(), strict=False)
    imports: Imports | None = None
    derivations: tuple[Derivation, ...] = Key(default=(), strict=False)
    complete_for: Names = ()
    required_facts: Names = ()
    conditional_required: tuple[Required, ...] = Key(default=(), strict=False)
    annex: dict[str, Any] = {}


def shape_of(tree: object, problems: list[Problem]) -> BookShape | None:
    """Return what a parsed file states; whatever is wrong with its shape is added to ``problems``.

    Where only single rules are misshapen, the others are returned, so that what is wrong with those is told too; else None.
    """
    try:
        return BookShape.model_validate(tree)
    except ValidationError as error:
        problems += problems_of(error, place="")
        broken = {one["loc"][1] if one["loc"][0] == "rules" and len(one["loc"]) > 1 else None for one in error.errors()}
    if None in broken or not isinstance(tree, dict):
        return None
    rest = [rule for index, rule in enumerate(tree["rules"]) if index not in broken]
    return shape_of({**tree, "rules": rest, "contradictions": None}, []) if rest else None
