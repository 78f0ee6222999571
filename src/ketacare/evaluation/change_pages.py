"""What the pages about changes of an evaluation show, as plain values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from ketacare.clinic.models import Course, DecisionRecord
from ketacare.evaluation import queries
from ketacare.evaluation.changes import Change
from ketacare.evaluation.evidence import counted_on
from ketacare.evaluation.models import ClearanceRecord, Decided, Screening, ScreeningSeen
from ketacare.evaluation.pages import DISPOSITIONS, ValueShown, value_then
from ketacare.evaluation.panel import Panel
from ketacare.evaluation.queries import Assessment
from ketacare.evaluation.words import label_of
from ketacare.science import rules
from ketacare.science.errors import BadFacts
from ketacare.ui.words import in_words


@dataclass(frozen=True, kw_only=True)
class ChangeShown:
    """A rule that stands otherwise, with the patient's values in words."""

    change: Change
    because: tuple[ValueShown, ...]


@dataclass(frozen=True, kw_only=True)
class ConcernedShown:
    """A course that a proposed rulebook judges otherwise."""

    course: Course
    before: tuple[str, str]
    after: tuple[str, str]
    changes_disposition: bool
    changes: tuple[ChangeShown, ...]


def concerned_shown(panel: Panel) -> list[ConcernedShown]:
    """The courses that a proposal concerns; those whose disposition changes come first."""
    return [
        ConcernedShown(
            course=one.course,
            before=said_of(one.before),
            after=said_of(one.after),
            changes_disposition=one.changes_disposition,
            changes=changes_shown(one.changes),
        )
        for one in sorted(panel.concerned, key=lambda one: not one.changes_disposition)
    ]


def said_of(disposition: str) -> tuple[str, str]:
    """What a book's result is called, and its mark."""
    return DISPOSITIONS.get(disposition, (in_words(disposition).capitalize(), "info"))


def changes_shown(changes: Iterable[Change]) -> tuple[ChangeShown, ...]:
    """Changes of rules, with the patient's values in words."""
    return tuple(ChangeShown(change=one, because=tuple(map(value_then, one.because))) for one in changes)


@dataclass(frozen=True, kw_only=True)
class ScreeningShown:
    """A screening with its changes in words."""

    screening: Screening
    result: tuple[str, str] | None  # None: could not be judged
    changes: tuple[ChangeShown, ...]
    seen: ScreeningSeen | None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An override or a letter: which rules it covers, and when it falls."""

    what: str
    rules: tuple[str, ...]
    who: str
    last_day: date
    rests_on: tuple[str, ...]
    fault: str  # why it does not count now; empty: it counts


def screenings_shown(rows: Iterable[Screening]) -> list[ScreeningShown]:
    """Screenings as their page shows them."""
    return [
        ScreeningShown(
            screening=one,
            result=said_of(one.result) if one.result else None,
            changes=changes_shown(Change(**change) for change in one.changes),
            seen=getattr(one, "seen", None),
        )
        for one in rows
    ]


def standing_shown(course: Course, *, at: datetime) -> list[Standing]:
    """The overrides of the last decision and every letter on file, each with when it falls."""
    try:
        assessment = queries.assess(course, at=at)
    except BadFacts:
        return []
    decision = queries.latest_decision(course)
    overrides = decision.details.get("overrides", {}) if decision and decision.decided == Decided.TREAT else {}
    return [
        *(_override(rule, given, decision, assessment) for rule, given in overrides.items()),
        *(_letter(row, assessment) for row in course.clearances.order_by("-pk")),
    ]


def _override(rule: str, given: Mapping[str, Any], decision: DecisionRecord, assessment: Assessment) -> Standing:
    people = (decision.decided_by, decision.second_by)
    last_day = date.fromisoformat(given["expires"])
    finding = assessment.evaluation.finding(rule)
    fault = "its last day is over" if last_day < assessment.on else ""
    if not fault and finding is not None and given["because"] != assessment.rests_on(finding):
        fault = "the values have changed"
    return Standing(
        what="Override",
        rules=(rule,),
        who=" and ".join(one.name for one in people if one is not None),
        last_day=last_day,
        rests_on=tuple(map(label_of, given["because"])),
        fault=fault,
    )


def _letter(row: ClearanceRecord, assessment: Assessment) -> Standing:
    book = rules.load(assessment.evaluation.book_id, assessment.evaluation.book_version)
    kind = row.clearance.removeprefix("clearance.")
    oldest = book.clearance_max_age_days.get(kind, book.clearance_max_age_days["others"])
    last_day = min(row.expires, row.dated + timedelta(days=oldest))
    values = {name: used.value for name, used in assessment.evaluation.facts.items()}
    inputs = {name: counted_on(name, kept, on=assessment.on) for name, kept in row.inputs.items()}
    changed = [label_of(name) for name, value in inputs.items() if values.get(name) != value]
    fault = "its last day is over" if last_day < assessment.on else f"{', '.join(changed)} changed" if changed else ""
    return Standing(
        what=f"Letter: {in_words(kind)}",
        rules=tuple(row.covers),
        who=f"{row.given_by}, {row.specialty} ({row.document})",
        last_day=last_day,
        rests_on=tuple(map(label_of, row.inputs)),
        fault=fault,
    )
