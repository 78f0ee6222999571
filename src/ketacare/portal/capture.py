"""The capture rate: of what was to be answered, how much was, with a usable score. One query a figure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from ketacare.consent.beyond_care import COUNTED, asked
from ketacare.portal import queries
from ketacare.science.checkins import plan as plans
from ketacare.science.scales import library

WINDOW, WEEK = timedelta(weeks=13), timedelta(weeks=1)
NOBODY = "No nurse: before a session, or nobody started the drug"
BY = {"scale": "instrument_id", "clinic": "check_in__course__site__name", "nurse": "check_in__nurse__name"}


@dataclass(frozen=True, kw_only=True)
class Rate:
    """One line: of so many asked so many were answered with a usable score."""

    name: str
    asked: int
    captured: int
    target: float
    few: int

    @property
    def share(self) -> float | None:
        """None: too few were asked for a share to say anything."""
        return None if self.asked < self.few else self.captured / self.asked

    @property
    def is_met(self) -> bool | None:
        return None if self.share is None else self.share >= self.target


@dataclass(frozen=True, kw_only=True)
class Page:
    """The three tables, what they count and what they leave out."""

    tables: tuple[tuple[str, list[Rate]], ...]
    left_out: int
    not_allowed: str  # how many patients are not counted because they do not allow it; empty: none
    weeks: int
    goal: plans.Capture


def page(sites: Collection[int], *, at: datetime) -> Page:
    """The page of these sites: one query a table, one for what is left out, two for who does not allow it."""
    who = asked(queries.patients_asked(sites, since=at - WINDOW, at=at), COUNTED, at=at)
    return Page(
        tables=tuple((by, rates(sites, by=by, at=at, but=who.left_out.keys())) for by in BY),
        not_allowed=who.says,
        left_out=queries.left_out(sites, since=at - WINDOW, at=at),
        weeks=WINDOW.days // WEEK.days,
        goal=plans.load().capture,
    )


def rates(sites: Collection[int], *, by: str, at: datetime, but: Collection[int] = ()) -> list[Rate]:
    """The capture rate of the last 13 weeks at these sites, by scale, clinic or nurse: the most asked first; ``but`` these patients."""
    goal = plans.load().capture
    rows = queries.asked_and_captured(sites, since=at - WINDOW, at=at).exclude(check_in__course__patient__in=but)
    counted = (
        rows.values(BY[by])
        .annotate(asked=Count("pk"), captured=Count("pk", filter=Q(is_captured=True)))
        .order_by("-asked", BY[by])
    )
    return [
        Rate(
            name=name_of(row[BY[by]], by),
            asked=row["asked"],
            captured=row["captured"],
            target=goal.target,
            few=goal.few,
        )
        for row in counted
    ]


def name_of(value: str | None, by: str) -> str:
    """A line's name for people."""
    if by == "scale" and value is not None:
        return library.load(value).abbreviation
    return value or NOBODY
