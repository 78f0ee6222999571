"""The plan of a course as a page: its sessions with orders and reviews between them, and how its versions differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from ketacare.clinic.models import Course
from ketacare.planning.checks import requirements
from ketacare.planning.course_review import due_point, points_of
from ketacare.planning.fitting import Requirement, Use, requirement_words, uses_of
from ketacare.planning.models import CoursePlan, CourseReview, Order
from ketacare.planning.queries import OrderView, given, is_confirmed, order_view, orders, plans, reviews, template_of
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.protocol_files import Maintenance, Template
from ketacare.science.monitoring.upkeep import ReviewPoint


@dataclass(frozen=True, kw_only=True)
class ReviewLine:
    """One review point between the sessions: planned, due, or decided."""

    point: ReviewPoint
    is_due: bool
    review: CourseReview | None

    @property
    def waits_for_second(self) -> bool:
        """Whether another prescriber has still to stand by it."""
        return self.review is not None and not is_confirmed(self.review)


@dataclass(frozen=True, kw_only=True)
class SessionLine:
    """One session of a plan with its order, and the review after it."""

    number: int
    planned_on: date
    phase: str
    is_given: bool
    view: OrderView | None
    review: ReviewLine | None


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing in which a version of a plan differs from the one before."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version of a plan, and what it changed."""

    plan: CoursePlan
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class PlanPage:
    """The plan page of a course."""

    plan: CoursePlan | None
    template: Template | None
    uses: tuple[Use, ...]
    requirements: tuple[Requirement, ...]
    maintenance: Maintenance | None
    sessions: tuple[SessionLine, ...]
    has_begun: bool
    is_review_due: bool
    extra_reviews: tuple[CourseReview, ...]  # at no point of the plan
    versions: tuple[Version, ...]
    void: tuple[OrderView, ...]


def plan_page(course: Course, *, at: datetime) -> PlanPage:
    """The newest plan, each session with its order and the review after it, the versions, and the orders that are void."""
    kept = list(plans(course))
    plan = kept[0] if kept else None
    template = None if plan is None else template_of(plan)
    views = [order_view(order) for order in orders(course)]
    done = len(given(course, before=at))
    said = reviews(course)
    lines = () if plan is None else tuple(review_lines(plan, template, said, done=done))
    points = {one.point.after_session for one in lines}
    return PlanPage(
        plan=plan,
        template=template,
        uses=() if template is None else uses_of(template, course.indication),
        requirements=() if plan is None else tuple(requirement_lines(plan, at=at)),
        maintenance=None if plan is None else protocol.load().template_file.maintenance.get(plan.maintenance),
        sessions=() if plan is None else tuple(session_lines(plan, views, lines, done=done)),
        has_begun=done > 0,
        is_review_due=any(one.is_due for one in lines),
        extra_reviews=tuple(one for one in said if one.after_session not in points),
        versions=tuple(versions(kept)),
        void=tuple(view for view in views if view.status == Order.Status.VOID),
    )


def session_lines(
    plan: CoursePlan, views: list[OrderView], lines: tuple[ReviewLine, ...], *, done: int
) -> Iterator[SessionLine]:
    """Each session of a plan with its order and the review after it."""
    live = {view.order.session_number: view for view in views if view.status != Order.Status.VOID}
    after = {one.point.after_session: one for one in lines}
    for one in plan.sessions.all():
        yield SessionLine(
            number=one.number,
            planned_on=one.planned_on,
            phase=one.get_phase_display(),
            is_given=one.number <= done,
            view=live.get(one.number),
            review=after.get(one.number),
        )


def review_lines(
    plan: CoursePlan, template: Template | None, said: list[CourseReview], *, done: int
) -> Iterator[ReviewLine]:
    """Each review point of a plan with what was decided there."""
    due = due_point(plan, said, done=done)
    decided = {one.after_session: one for one in reversed(said)}
    for point in points_of(plan, template):
        yield ReviewLine(point=point, is_due=point == due, review=decided.get(point.after_session))


def requirement_lines(plan: CoursePlan, *, at: datetime) -> Iterator[Requirement]:
    """What the plan's template requires, and whether it is met today."""
    for name, met in requirements(plan, at=at).items():
        yield Requirement(name=name, words=requirement_words(name), is_met=met)


def versions(kept: list[CoursePlan]) -> Iterator[Version]:
    """Every version of a plan, newest first, with what it changed."""
    for after, before in pairwise(kept):
        yield Version(plan=after, changes=tuple(changes(before, after)))
    if kept:
        yield Version(plan=kept[-1], changes=())


def changes(before: CoursePlan, after: CoursePlan) -> Iterator[Change]:
    """In what two versions of a plan differ, in words."""
    for what, one, other in zip(
        ("Protocol", "How", "Where", "Maintenance"), said_of(before), said_of(after), strict=True
    ):
        if one != other:
            yield Change(what=what, before=one, after=other)
    was, now = days_of(before), days_of(after)
    for number in sorted(was | now):
        if was.get(number) != now.get(number):
            yield Change(
                what=f"Session {number}", before=was.get(number, "not planned"), after=now.get(number, "not planned")
            )


def said_of(plan: CoursePlan) -> tuple[str, str, str, str]:
    """What a plan says beside its days."""
    return (plan.template_id, plan.route_name, plan.setting.replace("_", " "), plan.maintenance or "none")


def days_of(plan: CoursePlan) -> dict[int, str]:
    """The day of each session, in words."""
    return {one.number: f"{one.planned_on:%a %-d %b %Y}, {one.phase}" for one in plan.sessions.all()}
