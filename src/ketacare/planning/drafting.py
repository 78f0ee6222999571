"""From what a prescriber hands in to the columns of a plan or an order, and what stands in the way."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Course, Membership
from ketacare.planning.checks import SECOND_PERSON, SECOND_PRESCRIBER, WHO, policy_in_force, site_rules
from ketacare.planning.course_review import review_reasons
from ketacare.planning.fitting import reasons_against_template
from ketacare.planning.models import CoursePlan, CourseReview, Order, PlannedSession
from ketacare.planning.queries import SECOND_NEEDED, given, needs_second, newest_plan, newest_review
from ketacare.planning.values import PlanInput, VialCheck
from ketacare.science import reference
from ketacare.science.errors import MissingInput, OutOfRange
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.course import DAY, course_dates, min_days_apart, open_day
from ketacare.science.monitoring.protocol_files import CoursePattern, Maintenance, Template
from ketacare.science.monitoring.upkeep import maintenance_dates

TEMPLATES = "protocols/templates"
PLANNABLE = frozenset(
    {Course.Status.CONSENTED, Course.Status.PLANNED, Course.Status.IN_INDUCTION, Course.Status.IN_MAINTENANCE}
)
ORDERABLE = PLANNABLE - {Course.Status.CONSENTED}


Days = tuple[date, ...]
IsOpen = Callable[[date], bool]
FRIDAY = 5


@dataclass(frozen=True, kw_only=True)
class LaidOut:
    """A plan ready to be kept."""

    columns: dict[str, object]
    induction: Days
    maintenance: Days

    @property
    def sessions(self) -> list[tuple[date, str]]:
        """Every session's day with its phase, in order."""
        phases = PlannedSession.Phase
        return [(day, phases.INDUCTION) for day in self.induction] + [
            (day, phases.MAINTENANCE) for day in self.maintenance
        ]


def lay_out(course: Course, plan: PlanInput, *, before: CoursePlan | None, reason: str, at: datetime) -> LaidOut:
    """The columns and days of a plan, or a refusal with every reason."""
    template = protocol.load().templates.get(plan.template_id)
    if reasons := list(reasons_against_plan(course, template, plan, before=before, reason=reason, at=at)):
        raise ActionRefused("plan-not-possible", reasons)
    which = protocol.load().template_file
    columns = {
        "template_id": template.id,
        "template_version": which.version,
        "template_sha256": reference.digest(reference.newest(TEMPLATES)),
        "route": template.route,
        "setting": plan.setting,
        "maintenance": plan.maintenance,
        "attested": dict(plan.attested),
    }
    induction, later = days_of(course, template, plan, at=at)
    return LaidOut(columns=columns, induction=induction, maintenance=later)


def reasons_against_plan(
    course: Course,
    template: Template | None,
    plan: PlanInput,
    *,
    before: CoursePlan | None,
    reason: str,
    at: datetime,
) -> Iterator[Reason]:
    """Why a plan cannot be made now."""
    if course.status not in PLANNABLE:
        label = course.get_status_display().lower()
        yield Reason(text=f"The course is {label}; a plan comes after consent.", who=WHO["clin"])
    if template is None or course.indication not in template.indications:
        yield Reason(text="There is no such template for this course's indication.", who=WHO["clin"])
    else:
        yield from reasons_against_template(template, site_rules(course.site, at=at))
        yield from reasons_about_course(course, template, plan)
    if before is not None and not reason.strip():
        yield Reason(text="Say why the plan changes.", who=WHO["clin"])
    newest = newest_review(course)
    if newest is not None and newest.decision == CourseReview.Decision.STOP:
        yield Reason(text="The last review decided to stop; another review comes before a plan.", who=WHO["clin"])


def reasons_about_course(course: Course, template: Template, plan: PlanInput) -> Iterator[Reason]:
    """What of the asked course the template does not allow."""
    if plan.maintenance and plan.maintenance not in template.maintenance:
        yield Reason(text="This protocol knows no such maintenance.", who=WHO["clin"])
    first = template.course.starts_with if template.course else None
    if first is not None and plan.sessions is not None and plan.sessions > first and not went_on(course, first):
        text = f"This protocol begins with {first}; more are planned after a review that decided to go on."
        yield Reason(text=text, who=WHO["clin"])


def went_on(course: Course, after_session: int) -> bool:
    """Whether a review after so many sessions, or later, decided to go on."""
    newest = newest_review(course)
    stands = newest is not None and newest.after_session >= after_session
    return stands and newest.decision != CourseReview.Decision.STOP


def days_of(course: Course, template: Template, plan: PlanInput, *, at: datetime) -> tuple[Days, Days]:
    """The days of induction and maintenance; sessions that were given keep their days, the rest goes on from the first day."""
    zone = ZoneInfo(course.site.time_zone)
    done = tuple(one.started_at.astimezone(zone).date() for one in given(course, before=at))
    apart_h = policy_in_force(course.site, at=at).values["min_interval_h"]
    is_open = on_weekdays if plan.weekdays_only else any_day
    try:
        induction = course_dates(
            pattern_of(template, plan.sessions),
            first_on=plan.first_on,
            min_interval_h=apart_h,
            per_week=plan.per_week,
            sessions=plan.sessions,
            given=done,
            is_open=is_open,
        )
        later = days_after(course, template, plan, induction, done[len(induction) :], apart_h=apart_h, is_open=is_open)
    except (OutOfRange, MissingInput) as problem:
        raise refusal("plan-not-possible", problem) from problem
    return induction, later


def pattern_of(template: Template, sessions: int | None) -> CoursePattern:
    """The first of the template's patterns that allows the number asked for."""
    patterns = [template.course, *template.alternatives]
    fits = (
        one
        for one in patterns
        if sessions is None or not one.sessions or one.sessions[0] <= sessions <= one.sessions[1]
    )
    return next(fits, template.course)


def days_after(
    course: Course, template: Template, plan: PlanInput, induction: Days, done: Days, *, apart_h: float, is_open: IsOpen
) -> Days:
    """The days of the maintenance: those of the pattern, the given ones kept; on relapse one session at a time."""
    if not plan.maintenance:
        return done
    file = protocol.load().template_file
    pattern, apart = file.maintenance[plan.maintenance], min_days_apart(min_interval_h=apart_h)
    if not pattern.steps:
        return single_session(pattern, plan, induction, done, apart)
    last_on = induction[-1]
    days = maintenance_dates(
        pattern, last_on=last_on, until_days=file.maintenance_review.every_days, min_days_apart=apart, is_open=is_open
    )
    rest = days[len(done) :]
    earliest = max([plan.first_on, (done or induction)[-1] + apart * DAY])
    late = max(timedelta(0), earliest - rest[0]) if rest else timedelta(0)
    moved = rest if not late or not done else tuple(open_day(day + late, is_open) for day in rest)
    return (*done, *moved)


def single_session(pattern: Maintenance, plan: PlanInput, induction: Days, done: Days, apart: int) -> Days:
    """One session on relapse, on the first day asked for; never more a month than the pattern allows."""
    before = [*induction, *done]
    if plan.first_on < before[-1] + apart * DAY:
        raise OutOfRange(f"the session lies less than {apart} days after the last one")
    span = timedelta(days=pattern.month_days or 0)
    month = [day for day in done if plan.first_on - day < span]
    if pattern.at_most_per_month is not None and len(month) >= pattern.at_most_per_month:
        raise OutOfRange(f"this would be more than {pattern.at_most_per_month} sessions in a month")
    return (*done, plan.first_on)


def on_weekdays(day: date) -> bool:
    """Whether a day is none of the weekend."""
    return not day.isoweekday() > FRIDAY


def any_day(day: date) -> bool:
    """Every day."""
    return True


def plan_reasons(order: Order, *, at: datetime) -> Iterator[Reason]:
    """What has changed since an order was drafted, and whether its session comes next."""
    plan = newest_plan(order.course)
    if order.course.status not in ORDERABLE:
        yield Reason(text=f"The course is {order.course.get_status_display().lower()}.", who=WHO["clin"])
    if (plan.template_id, plan.route) != (order.plan.template_id, order.route):
        yield Reason(text="The plan has another template or route now; write the order anew.", who=WHO["clin"])
    if order.session_number not in {session.number for session in plan.sessions.all()}:
        yield Reason(text="The plan does not have this session any more.", who=WHO["clin"])
    done = len(given(order.course, before=at))
    yield from review_reasons(order.course, done=done)
    comes_next = done + 1
    if order.session_number != comes_next:
        text = f"Session {comes_next} comes next; an order is signed and used when the sessions before it were given."
        yield Reason(text=text, who=WHO["clin"])


def vial_reasons(order: Order, vial: VialCheck, by: Actor) -> Iterator[Reason]:
    """What is wrong with the second person who computed the volume."""
    if vial.computed_by is None:
        return
    if vial.computed_by == user_id(by):
        yield Reason(text="The volume is computed independently by another person.", who=SECOND_PERSON, rule="DOSE-10")
    if not Membership.objects.filter(user_id=vial.computed_by, site_id=order.course.site_id).exists():
        yield Reason(text="The second person does not work at this site.", who=SECOND_PERSON, rule="DOSE-10")


def second_reasons(order: Order, result: str) -> Iterator[Reason]:
    """Whether another prescriber has still to sign before the order is used."""
    if needs_second(order) or (result == SECOND_NEEDED and has_one_signature(order)):
        yield Reason(text="A second, different prescriber has to sign this order.", who=SECOND_PRESCRIBER)


def has_one_signature(order: Order) -> bool:
    """Whether only one prescriber has signed."""
    return Order.Status.SECOND_SIGNED not in {event.became for event in order.events.all()}


def refusal(code: str, problem: OutOfRange | MissingInput) -> ActionRefused:
    """A calculation that cannot be done, as a refusal with every problem."""
    return ActionRefused(code, [Reason(text=str(one), who=WHO["clin"]) for one in problem.problems])
