"""Everything that writes in this room."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.decisions import columns_of
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Course, DecisionRecord, Site
from ketacare.clinic.permissions import fetch
from ketacare.planning import drafting, ordering
from ketacare.planning.checks import SECOND_PRESCRIBER, WHO, Moment, check, newer_weight_kg, obstacles
from ketacare.planning.course_review import Looked, look, reasons_against_confirmation, reasons_against_decision
from ketacare.planning.models import (
    ORDER_TRANSITIONS,
    CoursePlan,
    CourseReview,
    Order,
    OrderEvent,
    PlannedSession,
    ReviewConfirmation,
    SitePractice,
)
from ketacare.planning.queries import is_confirmed, newest_plan, signed_by, status_of, with_events
from ketacare.planning.settling import reasons_against_practice
from ketacare.planning.values import OrderInput, PlanInput, ReviewInput, VialCheck
from ketacare.science.rules import Evaluation

S = Order.Status


@transaction.atomic
def draft_plan(*, course_id: int, plan: PlanInput, by: Actor, at: datetime, reason: str = "") -> CoursePlan:
    """Lay out a course from a template; a later version needs a reason and replaces the one before."""
    course = locked(course_id, "plan.draft", by)
    before = newest_plan(course)
    laid_out = drafting.lay_out(course, plan, before=before, reason=reason, at=at)
    row = CoursePlan.objects.create(
        course=course,
        version=1 if before is None else before.version + 1,
        reason=reason.strip(),
        author_id=user_id(by),
        drafted_at=at,
        **laid_out.columns,
    )
    PlannedSession.objects.bulk_create(
        [
            PlannedSession(plan=row, number=number, planned_on=day, phase=phase)
            for number, (day, phase) in enumerate(laid_out.sessions, start=1)
        ]
    )
    audit.record(by=by, at=at, did="plan drafted", on=row)
    if course.status == Course.Status.CONSENTED:
        clinic.move_course(course_id=course.pk, to=Course.Status.PLANNED, by=by, at=at)
    return row


@transaction.atomic
def draft_order(*, course_id: int, order: OrderInput, by: Actor, at: datetime) -> Order:
    """Write an order for a session of the plan; nothing is given before it is signed."""
    course = locked(course_id, "order.draft", by)
    columns = ordering.order_columns(course, order, at=at)
    earlier = course.orders.filter(session_number=order.session_number).count()
    row = Order.objects.create(course=course, version=earlier + 1, author_id=user_id(by), drafted_at=at, **columns)
    audit.record(by=by, at=at, did="order drafted", on=row)
    return row


@transaction.atomic
def sign_order(*, order_id: int, by: Actor, at: datetime, acknowledged: Mapping[str, str] | None = None) -> Order:
    """Sign an order after every check, or refuse with every reason and who can settle it."""
    order = locked_order(order_id, "order.sign", by, at=at)
    require_step(order, S.SIGNED)
    told = acknowledged or {}
    evaluation = check(order, Moment(at=at, signer=user_id(by), newer_weight_kg=newer_weight_kg(order, at)))
    if reasons := [*drafting.plan_reasons(order, at=at), *obstacles(evaluation, told)]:
        raise ActionRefused("order-not-safe", reasons)
    decision = keep(order, evaluation, told, decided="signed", first=user_id(by), at=at)
    step(order, S.SIGNED, by=by, at=at, decision=decision)
    audit.record(by=by, at=at, did="order signed", on=order)
    return with_events(Order.objects.filter(pk=order.pk)).get()


@transaction.atomic
def second_sign_order(
    *, order_id: int, by: Actor, at: datetime, acknowledged: Mapping[str, str] | None = None
) -> Order:
    """Another prescriber signs what the checks ask two people for."""
    order = locked_order(order_id, "order.second-sign", by, at=at)
    require_step(order, S.SECOND_SIGNED)
    first = signed_by(order)
    if first == user_id(by):
        raise ActionRefused(
            "same-prescriber", [Reason(text="The second signature is another person's.", who=SECOND_PRESCRIBER)]
        )
    told = signed_decision(order).details["acknowledged"] | dict(acknowledged or {})
    evaluation = check(order, Moment(at=at, newer_weight_kg=newer_weight_kg(order, at)))
    if reasons := [*drafting.plan_reasons(order, at=at), *obstacles(evaluation, told)]:
        raise ActionRefused("order-not-safe", reasons)
    decision = keep(order, evaluation, told, decided="signed twice", first=first, second=user_id(by), at=at)
    step(order, S.SECOND_SIGNED, by=by, at=at, decision=decision)
    audit.record(by=by, at=at, did="order signed by a second prescriber", on=order)
    return with_events(Order.objects.filter(pk=order.pk)).get()


@transaction.atomic
def void_order(*, order_id: int, reason: str, by: Actor, at: datetime) -> Order:
    """Take an order out of use for good, with the reason; a new one may be written."""
    order = locked_order(order_id, "order.void", by)
    require_step(order, S.VOID)
    if not reason.strip():
        raise ActionRefused("no-reason", [Reason(text="Say why the order is void.", who="the one who voids it")])
    step(order, S.VOID, by=by, at=at, reason=reason.strip())
    audit.record(by=by, at=at, did="order voided", on=order)
    return with_events(Order.objects.filter(pk=order.pk)).get()


@transaction.atomic
def use_order(
    *, order_id: int, vial: VialCheck, by: Actor, at: datetime, acknowledged: Mapping[str, str] | None = None
) -> Order:
    """Use an order at the start of its session: every check again, now with what is known at the vial."""
    order = locked_order(order_id, "order.use", by)
    require_step(order, S.USED)
    told = signed_decision(order).details["acknowledged"] | dict(acknowledged or {})
    moment = Moment(at=at, vial=vial, newer_weight_kg=newer_weight_kg(order, at))
    evaluation = check(order, moment)
    reasons = [*drafting.vial_reasons(order, vial, by), *drafting.second_reasons(order, evaluation.disposition)]
    if reasons := [*reasons, *drafting.plan_reasons(order, at=at), *obstacles(evaluation, told)]:
        raise ActionRefused("order-not-usable", reasons)
    decision = keep(order, evaluation, told, decided="used", first=user_id(by), at=at)
    step(order, S.USED, by=by, at=at, decision=decision, checked_by=vial.computed_by)
    audit.record(by=by, at=at, did="order used", on=order)
    return with_events(Order.objects.filter(pk=order.pk)).get()


@transaction.atomic
def decide_review(*, course_id: int, review: ReviewInput, by: Actor, at: datetime) -> CourseReview:
    """Record what a prescriber decided at a review point: stop, adjust once, or go on, with everything it rests on."""
    course = locked(course_id, "review.decide", by, at=at)
    looked = look(course, review.answers, at=at)
    if looked is None:
        text = "There is nothing to review yet: no session was given."
        raise ActionRefused("nothing-to-review", [Reason(text=text, who=WHO["clin"])])
    if reasons := list(reasons_against_decision(looked, review)):
        raise ActionRefused("review-not-possible", reasons)
    goes_on = review.decision != CourseReview.Decision.STOP
    row = CourseReview.objects.create(
        course=course,
        plan=looked.plan,
        point=looked.point.name,
        after_session=looked.point.after_session,
        is_maintenance=looked.point.is_maintenance,
        decision=review.decision,
        reason=review.reason.strip(),
        needs_second=goes_on and looked.needs_second,
        record=keep_review(looked, review, by=by, at=at),
        decided_by_id=user_id(by),
        decided_at=at,
    )
    audit.record(by=by, at=at, did="course reviewed", on=row)
    enter_maintenance(row, by=by, at=at)
    return row


@transaction.atomic
def confirm_review(*, review_id: int, by: Actor, at: datetime) -> ReviewConfirmation:
    """A second prescriber stands by the decision to go on against a finding that takes two."""
    review = fetch(by, "review.decide", CourseReview.objects.select_related("course", "plan"), at=at, pk=review_id)
    Course.objects.select_for_update().get(pk=review.course_id)
    if reasons := list(reasons_against_confirmation(review, by)):
        raise ActionRefused("review-not-confirmed", reasons)
    row = ReviewConfirmation.objects.create(review=review, by_id=user_id(by), at=at)
    audit.record(by=by, at=at, did="review confirmed", on=review)
    review.refresh_from_db()
    enter_maintenance(review, by=by, at=at)
    return row


def enter_maintenance(review: CourseReview, *, by: Actor, at: datetime) -> None:
    """A course goes into maintenance once its induction is over and the review decided to go on."""
    course = Course.objects.get(pk=review.course_id)
    later = review.plan.sessions.filter(phase=PlannedSession.Phase.MAINTENANCE).exists()
    over = not review.plan.sessions.filter(
        phase=PlannedSession.Phase.INDUCTION, number__gt=review.after_session
    ).exists()
    goes_on = review.decision != CourseReview.Decision.STOP and is_confirmed(review)
    if goes_on and over and later and course.status == Course.Status.IN_INDUCTION:
        clinic.move_course(course_id=course.pk, to=Course.Status.IN_MAINTENANCE, by=by, at=at)


def keep_review(looked: Looked, review: ReviewInput, *, by: Actor, at: datetime) -> DecisionRecord:
    """Keep what the surveillance book found at a review, with everything needed to repeat it."""
    return DecisionRecord.objects.create(
        course=looked.course,
        **columns_of(looked.evaluation),
        decided=f"review: {review.decision}",
        reason=review.reason.strip(),
        details={"point": looked.point.name, "recorded": dict(review.recorded)},
        decided_by_id=user_id(by),
        decided_at=at,
    )


@transaction.atomic
def settle_practice(*, site_id: int, name: str, value: object, reason: str, by: Actor, at: datetime) -> SitePractice:
    """Settle one thing for a site's plans and orders, with who signs it and why; what stood before stays readable."""
    site = fetch(by, "practice.settle", Site.objects.select_for_update(), pk=site_id)
    if reasons := list(reasons_against_practice(site, name, value, reason)):
        raise ActionRefused("practice-not-possible", reasons)
    row = SitePractice.objects.create(
        site=site, name=name, value=value, reason=reason.strip(), signed_by_id=user_id(by), signed_at=at
    )
    audit.record(by=by, at=at, did="practice settled", on=row, patients=[], details={"name": name})
    return row


def locked(course_id: int, permission: str, by: Actor, *, at: datetime | None = None) -> Course:
    """The course, locked until the transaction ends, for an actor who holds the permission."""
    rows = Course.objects.select_for_update(of=("self",)).select_related("patient", "site")
    return fetch(by, permission, rows, at=at, pk=course_id)


def locked_order(order_id: int, permission: str, by: Actor, *, at: datetime | None = None) -> Order:
    """The order with its events, its course locked, for an actor who holds the permission."""
    order = fetch(by, permission, Order.objects.all(), at=at, pk=order_id)
    Course.objects.select_for_update().get(pk=order.course_id)
    return with_events(Order.objects.filter(pk=order.pk)).get()


def require_step(order: Order, to: str) -> None:
    """Refuse a step that an order's status does not allow."""
    status = status_of(order)
    if to not in ORDER_TRANSITIONS[status]:
        text = f"An order that is {S(status).label.lower()} does not become {S(to).label.lower()}."
        raise ActionRefused("order-step", [Reason(text=text, who="a prescriber, with a new order")])


def signed_decision(order: Order) -> DecisionRecord:
    """The decision behind the last signature."""
    return [event.decision for event in order.events.all() if event.decision is not None][-1]


def keep(
    order: Order,
    evaluation: Evaluation,
    acknowledged: Mapping[str, str],
    *,
    decided: str,
    first: int | None,
    at: datetime,
    second: int | None = None,
) -> DecisionRecord:
    """Keep what the checks found and who went on, with everything needed to repeat it."""
    return DecisionRecord.objects.create(
        course=order.course,
        **columns_of(evaluation),
        decided=decided,
        reason="; ".join(f"{rule}: {reason}" for rule, reason in sorted(acknowledged.items())),
        details={"order": order.pk, "acknowledged": dict(acknowledged)},
        decided_by_id=first,
        second_by_id=second,
        decided_at=at,
    )


def step(
    order: Order,
    to: str,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    decision: DecisionRecord | None = None,
    checked_by: int | None = None,
) -> None:
    """Add the event that makes an order what it becomes."""
    OrderEvent.objects.create(
        order=order, became=to, by_id=user_id(by), at=at, reason=reason, decision=decision, checked_by_id=checked_by
    )
