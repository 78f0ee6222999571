"""What the acts of this room are asked with, and what its pages show."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ketacare.followup.models import Judgement, Reporting, SafetyCase
from ketacare.infusion.words import name_of, with_unit
from ketacare.science.monitoring.adverse import Duty, adverse_events
from ketacare.science.monitoring.events import AdverseEvent, FirstAdverseEvent

Told = AdverseEvent | FirstAdverseEvent


@dataclass(frozen=True, kw_only=True)
class Happened:
    """An adverse event as a person writes it down."""

    said: AdverseEvent
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What a person did about a report."""

    decision: str
    sent_on: date | None = None
    sent_to: str = ""
    how: str = ""
    reference: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A judgement with its author, as it is read."""

    judgement: Judgement
    said: Told

    @property
    def peak(self) -> list[tuple[str, str]]:
        """How far the session's own values went, in words."""
        peak = self.said.peak if isinstance(self.said, AdverseEvent) else {}
        return [(name_of(name), with_unit(name, value)) for name, value in peak.items()]

    @property
    def yes(self) -> list[str]:
        """The criteria by which it is serious."""
        return self._answered(answer=True)

    @property
    def open(self) -> list[str]:
        """The criteria that nobody has answered."""
        return self._answered(answer=None)

    def _answered(self, *, answer: bool | None) -> list[str]:
        said = self.said.seriousness if isinstance(self.said, AdverseEvent) else {}
        criteria = adverse_events().seriousness.criteria
        return [criteria.get(name, name) for name, found in said.items() if found is answer]


@dataclass(frozen=True, kw_only=True)
class ReportDue:
    """The report of a case: by when, and how long there is."""

    case: SafetyCase
    due_on: date
    days_left: int  # below 0: overdue by so many
    done: Reporting | None  # the newest decision about it
    is_older_than_case: bool  # the case was judged again since

    @property
    def is_open(self) -> bool:
        """Whether a person still has something to decide: an unknown seriousness is no answer."""
        return self.done is None and self.case.is_serious is not False

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.days_left < 0

    @property
    def words(self) -> str:
        """How long there is, in words."""
        if self.days_left == 0:
            return "due today"
        days = f"{abs(self.days_left)} day{'' if abs(self.days_left) == 1 else 's'}"
        return f"{days} left" if self.days_left > 0 else f"overdue by {days}"

    @property
    def duty(self) -> Duty:
        """What holds where the patient is treated."""
        return adverse_events().reporting.duty(self.case.course.site.jurisdiction)


def report_due(case: SafetyCase, *, done: Reporting | None, judged: int, at: datetime) -> ReportDue:
    """The report of a case as of a moment, counted in days of the site from the day the clinic learned of it."""
    zone = ZoneInfo(case.course.site.time_zone)
    days = adverse_events().reporting.within_days.default
    due_on = case.known_at.astimezone(zone).date() + timedelta(days=days)
    return ReportDue(
        case=case,
        due_on=due_on,
        days_left=(due_on - at.astimezone(zone).date()).days,
        done=done,
        is_older_than_case=done is not None and done.judgement < judged,
    )


@dataclass(frozen=True, kw_only=True)
class Thought:
    """What if: another session, or without one that is planned."""

    extra: date | None = None
    without: int | None = None  # its number
