"""What the pages about changes of an evaluation show, as plain values. Nothing here reads the database."""

from collections.abc import Iterable
from dataclasses import dataclass

from ketacare.clinic.models import Course
from ketacare.evaluation.changes import Change
from ketacare.evaluation.pages import DISPOSITIONS, ValueShown, value_then
from ketacare.evaluation.panel import Panel
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
