"""Which papers an act asks of the person who does it, and what is missing on a day. Unknown is never a pass."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Annotated, Literal, Self

from pydantic import Field as Key
from pydantic import ValidationError, model_validator

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Review

STEM = "staff/qualifications"
Names = Annotated[tuple[str, ...], Key(strict=False, min_length=1)]
State = Literal["expired", "ended", "not-seen", "not-yet", "missing"]
TELLING: tuple[State, ...] = (
    "expired",
    "not-seen",
    "not-yet",
    "ended",
    "missing",
)  # of several papers, the one to speak of


class Rule(Frozen):
    """A part of the file with its own sources."""

    sources: Names
    mark: Mark
    note: str = ""


class Kind(Rule):
    """One kind of paper: whether it must say until when, carries a number, and may stand on the public profile."""

    label: str
    runs_out: bool
    has_number: bool
    is_public: bool


class Demand(Rule):
    """Whoever does one of these acts holds one of these kinds; ``where``: under which law, everywhere if None."""

    acts: Names
    any_of: Names
    where: Names | None = None


class Never(Rule):
    """Acts that no missing paper may hold up."""

    acts: Names


class Warnings(Rule):
    """Days before the end on which it is told, the earliest first."""

    days: Annotated[tuple[Annotated[int, Key(ge=1)], ...], Key(strict=False, min_length=1)]

    @model_validator(mode="after")
    def _falling(self) -> Self:
        if list(self.days) != sorted(set(self.days), reverse=True):
            raise ValueError("the earliest warning comes first")
        return self


class Table(Frozen):
    """The whole file."""

    id: str
    version: int
    schema_: Literal["ketacare.qualifications/1"] = Key(alias="schema")
    title: str
    review: Review
    sources: Names
    kinds: Mapping[str, Kind]
    demands: Annotated[tuple[Demand, ...], Key(strict=False, min_length=1)]
    never: Never
    warnings: Warnings

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if unknown := sorted({kind for one in self.demands for kind in one.any_of} - self.kinds.keys()):
            raise ValueError(f"no such kind: {', '.join(unknown)}")
        if held_up := sorted(self.acts & set(self.never.acts)):
            raise ValueError(f"may never ask for a paper: {', '.join(held_up)}")
        return self

    @property
    def acts(self) -> frozenset[str]:
        """The acts that ask for any paper anywhere."""
        return frozenset(act for one in self.demands for act in one.acts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """One paper of one person, as far as the table asks; ``expires_on`` None: it has no end."""

    kind: str
    valid_from: date
    expires_on: date | None
    is_seen: bool  # by a second person
    has_ended: bool  # taken back before its day
    replaced_from: date | None = None  # where a newer record of it was seen: the day from which that one counts


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """One demand that nothing meets: the kind to speak of, how it stands, and the day that matters if there is one."""

    kinds: tuple[str, ...]
    kind: str
    state: State
    on: date | None


@cache
def table() -> Table:
    """Return the newest table of kinds and demands.

    Raises:
        BadReference: the file is not what it must be; every problem at once.
    """
    file = reference.newest(STEM)
    reference.refuse_if_changed(file)
    return parse(reference.read_yaml(file), place=file)


def parse(raw: object, *, place: str) -> Table:
    """Turn what a file says into a frozen table, or raise BadReference with every problem."""
    try:
        found = Table.model_validate(raw)
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error
    parts: tuple[Rule, ...] = (*found.kinds.values(), *found.demands, found.never, found.warnings)
    named = {*found.sources, *(key for part in parts for key in part.sources)}
    if unknown := sorted(named - reference.sources().keys()):
        raise BadReference([Problem(place=place, says=f"no such source: {', '.join(unknown)}")])
    return found


def demands_of(act: str, *, law: str) -> tuple[Demand, ...]:
    """Return what an act asks for under the law of a place; nothing for an act that the table does not name."""
    return tuple(one for one in table().demands if act in one.acts and (one.where is None or law in one.where))


def is_valid(paper: Paper, *, on: date) -> bool:
    """Decide whether a paper counts on a day: seen by a second person, begun, not over. Its last day counts."""
    begun = paper.valid_from <= on and (paper.expires_on is None or on <= paper.expires_on)
    return begun and paper.is_seen and not is_over(paper, on=on)


def is_over(paper: Paper, *, on: date) -> bool:
    """Decide whether a paper was taken back, or replaced by one that has begun; what replaced it may itself be over."""
    return paper.has_ended or (paper.replaced_from is not None and paper.replaced_from <= on)


def gaps(act: str, papers: Iterable[Paper], *, law: str, on: date) -> tuple[Gap, ...]:
    """Return every demand of an act that a person's papers do not meet.

    Args:
        act: the permission that the act asks for.
        papers: the person's papers, in any order.
        law: the law of the site, as a site names it.
        on: the day at the site.

    Returns:
        One gap for each demand; none when the person may go on. No paper at all is a gap, never a pass.
    """
    held = tuple(papers)
    return tuple(gap for one in demands_of(act, law=law) if (gap := gap_of(one, held, on=on)) is not None)


def gap_of(demand: Demand, papers: Iterable[Paper], *, on: date) -> Gap | None:
    """Return how one demand is not met, by the paper that comes nearest; None where it is met."""
    named = [paper for paper in papers if paper.kind in demand.any_of]
    if any(is_valid(paper, on=on) for paper in named):
        return None
    told = [(state, day, paper.kind) for paper in named for state, day in [standing(paper, on=on)]]
    if not told:
        return Gap(kinds=demand.any_of, kind=demand.any_of[0], state="missing", on=None)
    state, day, kind = min(told, key=lambda one: (TELLING.index(one[0]), -(one[1] or date.min).toordinal(), one[2]))
    return Gap(kinds=demand.any_of, kind=kind, state=state, on=day)


def standing(paper: Paper, *, on: date) -> tuple[State, date | None]:
    """Return why a paper does not count on a day, and the day that matters."""
    if is_over(paper, on=on):
        return "ended", None
    if paper.expires_on is not None and paper.expires_on < on:
        return "expired", paper.expires_on
    if not paper.is_seen:
        return "not-seen", None
    return "not-yet", paper.valid_from


def warned(expires_on: date | None, *, on: date) -> int | None:
    """Return the warning that a paper's end has reached: 60, 30 or 7 days; None while it is further off or has no end."""
    if expires_on is None:
        return None
    left = (expires_on - on).days
    reached = [days for days in table().warnings.days if left <= days]
    return min(reached, default=None)
