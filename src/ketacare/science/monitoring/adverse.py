"""How an adverse event is judged: its data file, parsed, and what follows from the answers. Unknown is not no."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Literal, Self

from pydantic import Field as Key
from pydantic import ValidationError, model_validator

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Review

FILE = "protocols/adverse_events"
ELSEWHERE = "other"
Names = Annotated[tuple[str, ...], Key(strict=False)]
Sources = Annotated[tuple[str, ...], Key(strict=False, min_length=1)]


class Part(Frozen):
    """A part of the file with its own sources."""

    sources: Sources
    mark: Mark
    note: str = ""


class Grading(Part):
    """The grades, and what each means."""

    scheme: str
    grades: Annotated[Mapping[int, str], Key(strict=False)]


class PressureGrade(Frozen):
    """From which pressure on a grade holds, mmHg; either is enough."""

    grade: int
    systolic: float
    diastolic: float
    says: str


class PressureGrades(Part):
    """The grades of a raised pressure that are counted."""

    term: str
    from_: Annotated[tuple[PressureGrade, ...], Key(strict=False, alias="from")]


class Peak(Frozen):
    """The values of a session that are kept beside a grade."""

    highest: Names = ()
    lowest: Names = ()


class Seriousness(Part):
    """The criteria, each asked by itself."""

    criteria: Mapping[str, str]


class Relatedness(Part):
    """The steps, from certain to unassessable."""

    steps: Mapping[str, str]


class Fatal(Frozen):
    """The three ways to say that somebody died of it."""

    grade: int
    criterion: str
    outcome: str


class Days(Part):
    """In how many calendar days a serious event is reported, and within which bounds a site may set it."""

    default: Annotated[int, Key(ge=1)]
    bounds: Annotated[tuple[int, int], Key(strict=False)]


class Duty(Part):
    """What holds in a jurisdiction."""

    says: str


class Reporting(Frozen):
    """What a serious event starts."""

    within_days: Days
    duties: Mapping[str, Duty]
    programme: Duty

    def duty(self, jurisdiction: str) -> Duty:
        """Return what holds in a jurisdiction, or where we know of none."""
        return self.duties.get(jurisdiction, self.duties[ELSEWHERE])


class FormField(Frozen):
    """One field of the report. ``known`` names what the record fills in; without it a person does."""

    label: str
    known: str | None = None


class Section(Frozen):
    """One section of the report."""

    letter: str
    title: str
    fields: Annotated[tuple[FormField, ...], Key(strict=False, min_length=1)]


class Form(Part):
    """What is told of a serious event."""

    title: str
    sections: Annotated[tuple[Section, ...], Key(strict=False, min_length=1)]


class AdverseEvents(Frozen):
    """The whole file."""

    id: str
    version: int
    schema_: Literal["ketacare.adverse-events/1"] = Key(alias="schema")
    title: str
    status: str
    review: Review
    sources: Sources
    grading: Grading
    pressure_grades: PressureGrades
    peaks: Mapping[str, Peak]
    terms: Names
    seriousness: Seriousness
    relatedness: Relatedness
    drug_action: Mapping[str, str]
    outcome: Mapping[str, str]
    fatal: Fatal
    reporting: Reporting
    form: Form

    @model_validator(mode="after")
    def _names_what_it_has(self) -> Self:
        named = {*self.peaks, self.pressure_grades.term} - set(self.terms)
        named |= {self.fatal.criterion} - self.seriousness.criteria.keys()
        named |= {self.fatal.outcome} - self.outcome.keys()
        if named:
            raise ValueError(f"named but not listed: {', '.join(sorted(named))}")
        if ELSEWHERE not in self.reporting.duties:
            raise ValueError(f"the duties say nothing for {ELSEWHERE}")
        return self


@cache
def adverse_events() -> AdverseEvents:
    """Return the newest data file of adverse events.

    Raises:
        BadReference: everything that is wrong with it.
    """
    file = reference.newest(FILE)
    try:
        found = AdverseEvents.model_validate(reference.read_yaml(file))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=file)) from error
    parts: list[Part] = [found.grading, found.pressure_grades, found.seriousness, found.relatedness, found.form]
    parts += [found.reporting.within_days, found.reporting.programme, *found.reporting.duties.values()]
    if unknown := sorted({key for part in parts for key in part.sources} - reference.sources().keys()):
        raise BadReference([Problem(place=file, says=f"no such source: {', '.join(unknown)}")])
    return found


def is_serious(answers: Mapping[str, bool | None]) -> bool | None:
    """Return whether an adverse event is serious: yes by one criterion, no only when every criterion is a no.

    Args:
        answers: criterion -> yes, no, or None where nobody knows; a criterion that is not in it was not asked.

    Returns:
        True, False, or None while a criterion that could make it serious is not answered.

    Source: data/protocols/adverse_events, seriousness.
    """
    asked = [answers.get(name) for name in adverse_events().seriousness.criteria]
    if any(one is True for one in asked):
        return True
    return None if any(one is None for one in asked) else False


def contradictions(*, grade: int, outcome: str, answers: Mapping[str, bool | None]) -> tuple[str, ...]:
    """Return what of a judgement cannot be together: who says death in one place says it in all three.

    Args:
        grade: 1 to 5.
        outcome: how it ended.
        answers: the criteria of seriousness.

    Returns:
        Sentences; empty where nothing contradicts.
    """
    fatal = adverse_events().fatal
    said = {
        f"grade {fatal.grade}": grade == fatal.grade,
        f"outcome {fatal.outcome}": outcome == fatal.outcome,
        f"criterion {fatal.criterion}": answers.get(fatal.criterion) is True,
    }
    if len(set(said.values())) == 1:
        return ()
    yes, no = ([name for name, is_so in said.items() if is_so is wanted] for wanted in (True, False))
    return (f"It says death by {' and '.join(yes)}, but not by {' and '.join(no)}.",)


def pressure_grade(*, systolic: float | None, diastolic: float | None) -> int | None:
    """Return the grade that a raised pressure counts as, by the higher of the two; None below the first or without one.

    Args:
        systolic: mmHg, None where it was not measured.
        diastolic: mmHg, None where it was not measured.

    Source: data/protocols/adverse_events, pressure_grades (CTCAE v5); grades 4 and 5 are judged, never counted.
    """
    reached = [
        one.grade
        for one in adverse_events().pressure_grades.from_
        if (systolic is not None and systolic >= one.systolic) or (diastolic is not None and diastolic >= one.diastolic)
    ]
    return max(reached, default=None)


def peak_of(term: str, series: Mapping[str, Iterable[float]]) -> dict[str, float]:
    """Return how far the values that belong to a term went; a parameter without a value is left out.

    Args:
        term: what happened, as the file names it.
        series: parameter -> its values in the time looked at.
    """
    peak = adverse_events().peaks.get(term, Peak())
    found = {name: (max, list(series.get(name, ()))) for name in peak.highest}
    found |= {name: (min, list(series.get(name, ()))) for name in peak.lowest}
    return {name: extreme(values) for name, (extreme, values) in found.items() if values}
