"""After the induction: the days of a maintenance pattern, and the points at which a course is looked at again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ketacare.science.errors import MissingInput, OutOfRange
from ketacare.science.monitoring.course import DAY, WEEK, open_day
from ketacare.science.monitoring.protocol_files import Maintenance, MaintenanceReview, Template


@dataclass(frozen=True, kw_only=True)
class ReviewPoint:
    """A point at which a prescriber looks at the course and decides, before any later session is ordered."""

    name: str  # for example session-3, week-4, maintenance-1
    after_session: int  # the last session that belongs to it
    due_on: date
    is_maintenance: bool = False


def maintenance_dates(
    pattern: Maintenance,
    *,
    last_on: date,
    until_days: int,
    min_days_apart: int,
    is_open: Callable[[date], bool] = lambda _: True,
) -> tuple[date, ...]:
    """Lay out the sessions of a maintenance pattern after the last session of the induction.

    Args:
        pattern: the maintenance pattern.
        last_on: day of the last session before it.
        until_days: how far a step without an end is laid out, days from the beginning of that step.
        min_days_apart: fewest calendar days between two sessions.
        is_open: whether the site treats on a day; a session falls on the next open day.

    Returns:
        The dates, earliest first. A step of so many weeks has as many sessions as its interval fits into it, to the nearest
        whole number: 12 weeks of 30 days are three.

    Raises:
        MissingInput: a pattern without steps (one session at a time) has no dates to plan.
        OutOfRange: an interval shorter than two sessions may lie apart.

    Source: templates file, maintenance (each with its own sources).
    """
    if not pattern.steps:
        raise MissingInput("this pattern has no dates of its own: each session is planned when it is needed")
    dates: list[date] = []
    begins = last_on
    for step in pattern.steps:
        if step.every_days < min_days_apart:
            raise OutOfRange(f"every {step.every_days} days is closer than {min_days_apart} days apart")
        whole = until_days if step.weeks is None else (step.weeks * WEEK).days
        for number in range(1, _nearest(whole, step.every_days) + 1):
            earliest = begins + number * step.every_days * DAY
            if dates:
                earliest = max(earliest, dates[-1] + min_days_apart * DAY)
            dates.append(open_day(earliest, is_open))
        begins += timedelta(days=_nearest(whole, step.every_days) * step.every_days)
    return tuple(dates)


def _nearest(whole_days: int, every_days: int) -> int:
    """How often an interval fits into a span, to the nearest whole number, a half counted up."""
    return max(1, (2 * whole_days + every_days) // (2 * every_days))


def review_points(
    template: Template, rules: MaintenanceReview, *, induction: Sequence[date], maintenance: Sequence[date] = ()
) -> tuple[ReviewPoint, ...]:
    """Return when a planned course is looked at again, in order.

    Args:
        template: what the course was planned from.
        rules: how often a course in maintenance is reviewed.
        induction: days of the induction's sessions, earliest first.
        maintenance: days of the maintenance sessions.

    Returns:
        One point after each of the template's review sessions that the plan has, one at the end of its review week, and in
        maintenance one every so many sessions or days, whichever comes first. Two points after the same session are one.

    Source: templates file, review_after_session, review_at_week, maintenance_review.
    """
    points = {
        number: ReviewPoint(name=f"session-{number}", after_session=number, due_on=induction[number - 1])
        for number in template.review_after_session
        if number <= len(induction)
    }
    if template.review_at_week is not None and induction:
        ends = induction[0] + template.review_at_week * WEEK
        after = sum(day < ends for day in induction)
        points[after] = ReviewPoint(
            name=f"week-{template.review_at_week}", after_session=after, due_on=max(induction[after - 1], ends - DAY)
        )
    if maintenance and induction and len(induction) not in points:
        points[len(induction)] = ReviewPoint(
            name=f"session-{len(induction)}", after_session=len(induction), due_on=induction[-1]
        )
    return (*(points[after] for after in sorted(points)), *_later(rules, len(induction), induction[-1:], maintenance))


def _later(
    rules: MaintenanceReview, before: int, last: Sequence[date], maintenance: Sequence[date]
) -> tuple[ReviewPoint, ...]:
    """The reviews of a course in maintenance: the session after which so many sessions or days have gone by."""
    points: list[ReviewPoint] = []
    since, begun = 0, last[0] if last else None
    for number, day in enumerate(maintenance, start=before + 1):
        since += 1
        begun = begun or day
        if since >= rules.every_sessions or (day - begun).days >= rules.every_days:
            name = f"maintenance-{len(points) + 1}"
            points.append(ReviewPoint(name=name, after_session=number, due_on=day, is_maintenance=True))
            since, begun = 0, day
    return tuple(points)
