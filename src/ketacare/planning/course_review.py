"""The review of a course: which one is due, what the surveillance book says then, and what speaks against a decision."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import Reason
from ketacare.clinic.models import Course
from ketacare.clinic.queries import in_force
from ketacare.evaluation import queries as evaluation
from ketacare.evaluation.words import label_of
from ketacare.planning.checks import WHO, scores_on
from ketacare.planning.models import CoursePlan, CourseReview, Order, PlannedSession
from ketacare.planning.queries import is_confirmed, newest_plan, reviews, template_of
from ketacare.planning.values import ReviewInput
from ketacare.record.models import Treatment
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.course_facts import DERIVED, CourseSession, CourseSoFar, course_facts
from ketacare.science.monitoring.dosing import template_mg
from ketacare.science.monitoring.protocol_files import Template
from ketacare.science.monitoring.upkeep import ReviewPoint, review_points
from ketacare.science.rules import Book, Evaluation, Fact, Field, Finding, Rule, Value
from ketacare.science.rules.conditions import comparisons

BOOK = "surveillance"
EXTRA = "extra"  # a review that no point asks for
PRESCRIBER = "a prescriber"
BIPOLAR = "psych.bipolar_history"
D = CourseReview.Decision


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A course looked at: the point, the rules that are judged there, and what they found."""

    course: Course
    plan: CoursePlan
    point: ReviewPoint
    is_due: bool
    scale: str
    so_far: CourseSoFar
    evaluation: Evaluation
    findings: tuple[Finding, ...]
    rules: tuple[Rule, ...]
    asked: Mapping[str, Field]  # what only a person can answer here
    disagree: Mapping[str, str]

    @property
    def fired(self) -> tuple[Finding, ...]:
        """The findings that speak against going on."""
        return tuple(one for one in self.findings if one.fires)

    @property
    def silent(self) -> tuple[Rule, ...]:
        """The rules that were judged and did not fire."""
        found = {one.rule.id for one in self.findings}
        return tuple(rule for rule in self.rules if rule.id not in found)

    @property
    def needs_second(self) -> bool:
        """Whether going on against them takes a second prescriber."""
        return any(one.override == "second_prescriber" for one in self.fired)


def points_of(plan: CoursePlan, template: Template | None) -> tuple[ReviewPoint, ...]:
    """The review points of a plan, in order."""
    if template is None:
        return ()
    days = {phase: [] for phase in PlannedSession.Phase.values}
    for session in plan.sessions.all():
        days[session.phase].append(session.planned_on)
    rules = protocol.load().template_file.maintenance_review
    phases = PlannedSession.Phase
    return review_points(template, rules, induction=days[phases.INDUCTION], maintenance=days[phases.MAINTENANCE])


def due_point(plan: CoursePlan, kept: Sequence[CourseReview], *, done: int) -> ReviewPoint | None:
    """The latest review point that the given sessions have reached and that nobody has decided on."""
    reviewed = max((one.after_session for one in kept), default=0)
    due = [one for one in points_of(plan, template_of(plan)) if reviewed < one.after_session <= done]
    return due[-1] if due else None


def review_reasons(course: Course, *, done: int) -> Iterator[Reason]:
    """What of the course's reviews keeps the next order from being signed or used."""
    plan, kept = newest_plan(course), reviews(course)
    if kept and kept[0].decision == D.STOP:
        yield Reason(text=f"The review after session {kept[0].after_session} decided to stop.", who=PRESCRIBER)
    elif kept and not is_confirmed(kept[0]):
        text = f"The decision to go on after session {kept[0].after_session} waits for a second prescriber."
        yield Reason(text=text, who="a second prescriber")
    point = None if plan is None else due_point(plan, kept, done=done)
    if point is not None:
        text = (
            f"The review after session {point.after_session} comes first: stop, adjust once, or go on, with a reason."
        )
        yield Reason(text=text, who=PRESCRIBER)


def look(course: Course, answers: Mapping[str, object], *, at: datetime) -> Looked | None:
    """Look at a course now; None while there is nothing to look at: no plan, or no session given."""
    plan = newest_plan(course)
    template = None if plan is None else template_of(plan)
    so_far = None if plan is None or template is None else course_so_far(course, plan, template, at=at)
    if plan is None or template is None or so_far is None or not so_far.own:
        return None
    done = len(so_far.own)
    due = due_point(plan, reviews(course), done=done)
    point = due or ReviewPoint(
        name=EXTRA, after_session=done, due_on=today(course, at), is_maintenance=so_far.is_in_maintenance
    )
    book, policy = in_force(course.site, BOOK, at=at)
    rules = rules_at(book, template, point)
    facts = course_facts(so_far, at=at.astimezone(ZoneInfo(course.site.time_zone)), fields=book.fields)
    asked = asked_by(book, rules)
    told = {name: fact_of(name, asked[name], value, at) for name, value in answers.items() if name in asked}
    found = book.evaluate(facts | told, on=today(course, at), policy=policy)
    judged = {rule.id for rule in rules}
    return Looked(
        course=course,
        plan=plan,
        point=point,
        is_due=due is not None,
        scale=template.response_scale.name if template.response_scale else "",
        so_far=so_far,
        evaluation=found,
        findings=tuple(one for one in found.findings if one.rule.id in judged),
        rules=rules,
        asked=asked,
        disagree={name: says for name, says in protocol.load().template_file.disagree.items() if name in judged},
    )


def today(course: Course, at: datetime) -> date:
    """The day at the course's site."""
    return evaluation.today_at(course, at)


def rules_at(book: Book, template: Template, point: ReviewPoint) -> tuple[Rule, ...]:
    """The rules that are judged at a review: the template's stop rules, in maintenance its own as well."""
    later = protocol.load().template_file.maintenance_review.stop_rules if point.is_maintenance else ()
    return tuple(book.rule(name) for name in dict.fromkeys((*template.stop_rules, *later)))


def asked_by(book: Book, rules: Sequence[Rule]) -> dict[str, Field]:
    """What the rules look at and the course's own rows cannot tell: a person answers it at the review."""
    names = {one.fact for rule in rules for one in comparisons(rule.when)} - DERIVED
    return {name: field for name, field in book.fields.items() if name in names}


def fact_of(name: str, field: Field, value: object, at: datetime) -> Fact:
    """An answer of the review as a fact."""
    known: Value | None = value if isinstance(value, bool | int | float | str) else None
    return Fact(name=name, value=known, unit=field.unit, as_of=at, source="answered at the review")


def course_so_far(course: Course, plan: CoursePlan, template: Template, *, at: datetime) -> CourseSoFar:
    """A course as its rows tell it: sessions of the patient, scores on the response scale, reviews."""
    kept = reviews(course)
    rows = Treatment.objects.filter(course__patient_id=course.patient_id, started_at__lt=at).order_by("started_at")
    used = Order.objects.filter(course=course, events__became=Order.Status.USED)
    orders = {one.session_number: one for one in used}
    length = sum(one.phase == PlannedSession.Phase.INDUCTION for one in plan.sessions.all())
    sessions = [course_session(row, course, template, orders.get(row.number), induction=length) for row in rows]
    answers = course.orders.order_by("-pk").values_list("answers", flat=True).first() or {}
    return CourseSoFar(
        purpose=protocol.load().purpose(course.indication),
        is_in_maintenance=course.status == Course.Status.IN_MAINTENANCE,
        is_bipolar=is_bipolar(course, at=at),
        sessions=tuple(sessions),
        knows_all_sessions=answers.get("had_elsewhere") is False,
        scores=scores_on(course, template.response_scale.instruments if template.response_scale else (), at=at),
        reviewed_at=tuple(one.decided_at for one in kept),
        reviewed_in_induction=any(not one.is_maintenance for one in kept),
    )


def course_session(
    row: Treatment, course: Course, template: Template, order: Order | None, *, induction: int
) -> CourseSession:
    """One treatment as the review reads it."""
    own = row.course_id == course.pk
    return CourseSession(
        started_at=row.started_at,
        is_of_this_course=own,
        is_maintenance=own and row.number > induction,
        is_adequate=is_adequate(row, template, order) if own else None,
    )


def is_adequate(row: Treatment, template: Template, order: Order | None) -> bool | None:
    """Whether a session was given in full, but for a minute of the pump, at the template's dose or more; None: not known."""
    if order is None:
        return None
    expected = template_mg(
        template, dosing_weight_kg=order.dosing_weight_kg, duration_min=order.duration_min, is_first=row.number == 1
    )
    one_minute = order.dose_mg / order.duration_min if order.duration_min else Decimal(0)
    return row.given_mg + one_minute >= order.dose_mg and (expected is None or order.dose_mg >= expected)


def is_bipolar(course: Course, *, at: datetime) -> bool | None:
    """Whether the course is for bipolar depression or the patient has a bipolar history; None: nobody has said."""
    if course.indication == "bipolar_depression":
        return True
    known = evaluation.known(course, at=at).facts.get(BIPOLAR)
    return None if known is None or known.value is None else known.value != "none"


def reasons_against_decision(looked: Looked, review: ReviewInput) -> Iterator[Reason]:
    """Why a decision cannot be recorded."""
    if review.decision not in D.values:
        yield Reason(text="Decide: stop, adjust once, or go on.", who=PRESCRIBER)
    if not review.reason.strip():
        yield Reason(text="Say why.", who=PRESCRIBER)
    if looked.point.is_maintenance:
        wanted = protocol.load().template_file.maintenance_review.must_record
        yield from (
            Reason(text=f"Record at this review: {name}.", who=PRESCRIBER)
            for name in wanted
            if not review.recorded.get(name, "").strip()
        )
    if review.decision == D.ADJUST and any(one.decision == D.ADJUST for one in reviews(looked.course)):
        yield Reason(text="The course was adjusted once already: stop, or go on.", who=PRESCRIBER)
    if review.decision != D.STOP:
        yield from (reason for one in looked.findings if (reason := against_going_on(one)) is not None)


def against_going_on(finding: Finding) -> Reason | None:
    """A red rule that cannot be gone against, or that nobody can judge."""
    rule = finding.rule
    if finding.fires and finding.override == "forbidden":
        return Reason(text=f"{rule.statement} The course cannot go on.", who=WHO["clin"], rule=rule.id)
    if not finding.fires and finding.severity == "red":
        missing = sorted({label_of(used.name) for used in finding.because if used.value is None})
        return Reason(text=f"Not known: {', '.join(missing)}. {rule.statement}", who=PRESCRIBER, rule=rule.id)
    return None


def reasons_against_confirmation(review: CourseReview, by: Actor) -> Iterator[Reason]:
    """Why a review cannot be confirmed by this person."""
    if not review.needs_second or is_confirmed(review):
        yield Reason(text="This review waits for nobody.", who=PRESCRIBER)
    if review.decided_by_id == user_id(by):
        yield Reason(text="The second prescriber is another person.", who="a second prescriber")
    if CourseReview.objects.filter(course=review.course_id, pk__gt=review.pk).exists():
        yield Reason(text="A later review stands above this one.", who=PRESCRIBER)
