"""Plans and orders as other rooms read them; an order's status is what its events say."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.models import Course, Role, Site, User
from ketacare.clinic.permissions import may
from ketacare.planning.models import (
    ORDER_TRANSITIONS,
    CoursePlan,
    CourseReview,
    Order,
    OrderEvent,
    PlannedSession,
    SitePractice,
)
from ketacare.planning.practices import PRACTICES, Practice, practice_of
from ketacare.record.models import Treatment
from ketacare.science.monitoring import dosing, protocol
from ketacare.science.monitoring.protocol_files import Route, Template

S = Order.Status
STEPS = (S.VOID, S.USED, S.SECOND_SIGNED, S.SIGNED)  # the last step first
SECOND_NEEDED = "second_signature"  # the result of the order checks that asks for another prescriber


@dataclass(frozen=True, kw_only=True)
class OrderView:
    """An order with its status and every amount as it is shown."""

    order: Order
    status: str
    label: str
    needs_second: bool  # another prescriber has still to sign
    amounts: dosing.Amounts
    shown: dict[str, Decimal]
    events: tuple[OrderEvent, ...]

    @property
    def each_mg(self) -> int | None:
        """What one device of the route holds."""
        return protocol.load().dosing.routes[self.order.route].device_mg

    @property
    def apart_min(self) -> int | None:
        """The rest between two devices of the route."""
        return protocol.load().dosing.routes[self.order.route].apart_min

    @property
    def is_open(self) -> bool:
        """Whether the order is neither used nor void."""
        return bool(ORDER_TRANSITIONS[self.status])

    @property
    def is_ready(self) -> bool:
        """Whether the order may be used."""
        return self.status in {S.SIGNED, S.SECOND_SIGNED} and not self.needs_second


def plans(course: Course) -> QuerySet[CoursePlan]:
    """Every version of a course's plan, newest first, with its sessions in order."""
    sessions = Prefetch("sessions", queryset=PlannedSession.objects.order_by("number"))
    return course.plans.select_related("author").prefetch_related(sessions).order_by("-version")


def newest_plan(course: Course) -> CoursePlan | None:
    """The plan that counts."""
    return plans(course).first()


def practice(site: Site) -> Practice:
    """What a site has settled for its plans and orders: the newest of each name."""
    return practice_of({row.name: row.value for row in site.practices.order_by("pk")})


@dataclass(frozen=True, kw_only=True)
class PracticeLine:
    """One thing a site may settle: what is so now, and everything that was settled about it, newest first."""

    name: str
    label: str
    now: str
    rows: tuple[tuple[SitePractice, str], ...]


@dataclass(frozen=True, kw_only=True)
class PracticePage:
    """What one site has settled."""

    site: Site
    lines: tuple[PracticeLine, ...]


def practice_pages(sites: Collection[int]) -> list[PracticePage]:
    """What these sites have settled, with who signed it and why."""
    people = dict(User.objects.values_list("pk", "name"))
    rows = SitePractice.objects.filter(site__in=sites).select_related("signed_by").order_by("-pk")
    by_place: dict[tuple[int, str], list[tuple[SitePractice, str]]] = {}
    for row in rows:
        by_place.setdefault((row.site_id, row.name), []).append((row, said(row.value, people)))
    return [
        PracticePage(
            site=site, lines=tuple(practice_line(name, by_place.get((site.pk, name), [])) for name in PRACTICES)
        )
        for site in Site.objects.filter(pk__in=sites).order_by("name")
    ]


def practice_line(name: str, rows: list[tuple[SitePractice, str]]) -> PracticeLine:
    """One thing a site may settle, as it is shown."""
    kind = PRACTICES[name]
    now = rows[0][1] if rows else kind.until_settled
    return PracticeLine(name=name, label=kind.label, now=now, rows=tuple(rows))


def said(value: object, people: Mapping[int, str]) -> str:
    """A settled value in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(people.get(one, f"user {one}") for one in value) or "nobody"
    return f"{value:g}" if isinstance(value, float) else str(value)


def prescribers(site: Site) -> list[tuple[int, str]]:
    """The prescribers of a site, by name."""
    rows = User.objects.filter(memberships__site=site, memberships__role=Role.PRESCRIBER).distinct()
    return list(rows.order_by("name").values_list("pk", "name"))


def route_of(course: Course) -> Route | None:
    """How the plan of a course gives the drug; None without a plan."""
    plan = newest_plan(course)
    return None if plan is None else protocol.load().dosing.routes[plan.route]


def route_words(course: Course) -> str:
    """How the plan of a course gives the drug, in words; empty without a plan."""
    plan = newest_plan(course)
    return "" if plan is None else plan.route_name


def purpose_of(course: Course) -> str | None:
    """What the orders of a course are for: mood or pain."""
    return protocol.load().purpose(course.indication)


def template_of(plan: CoursePlan) -> Template | None:
    """The template a plan was made from, as it is now; None when it is not shipped any more."""
    return protocol.load().templates.get(plan.template_id)


def as_asked(plan: CoursePlan | None) -> dict[str, object]:
    """What a changed plan starts from: the plan as it is."""
    if plan is None:
        return {}
    length = sum(one.phase == PlannedSession.Phase.INDUCTION for one in plan.sessions.all())
    said = {name: "yes" if value else "no" for name, value in plan.attested.items()}
    asked = {"template_id": plan.template_id, "setting": plan.setting, "maintenance": plan.maintenance}
    return asked | {"sessions": length} | said


def starting_point(course: Course, number: int) -> dict[str, Decimal]:
    """What a new order starts from: the template's dose by weight for the first session, and its time for every one."""
    plan = newest_plan(course)
    template = None if plan is None else template_of(plan)
    if template is None:
        return {}
    dose = template.dose.mg_per_kg if number == 1 else None
    found = {"dose_mg_per_kg": dose, "duration_min": template.dose.duration_min}
    return {name: value for name, value in found.items() if value is not None}


def reviews(course: Course) -> list[CourseReview]:
    """Every review of a course, newest first."""
    return list(course.reviews.select_related("decided_by", "confirmation__by", "plan").order_by("-pk"))


def newest_review(course: Course) -> CourseReview | None:
    """The review that stands."""
    return next(iter(reviews(course)), None)


def is_confirmed(review: CourseReview) -> bool:
    """Whether a review counts: a second prescriber stands by it where that is needed."""
    return not review.needs_second or hasattr(review, "confirmation")


def may_confirm(review: CourseReview, by: Actor) -> bool:
    """Whether somebody may stand by a review as the second prescriber."""
    waits = review.needs_second and not is_confirmed(review)
    return waits and review.decided_by_id != user_id(by) and may(by, "review.decide", review)


def given(course: Course, *, before: datetime) -> list[Treatment]:
    """The treatments of a course that had begun before a moment, oldest first."""
    return list(course.treatments.filter(started_at__lt=before).order_by("number"))


def orders(course: Course) -> QuerySet[Order]:
    """Every order of a course, the newest of a session first, with its events."""
    return with_events(course.orders.all()).order_by("session_number", "-version")


def with_events(rows: QuerySet[Order]) -> QuerySet[Order]:
    """Orders with everything that a view of them needs."""
    events = OrderEvent.objects.select_related("by", "decision", "checked_by").order_by("pk")
    related = rows.select_related("author", "plan", "course__patient", "course__site")
    return related.prefetch_related(Prefetch("events", queryset=events))


def status_of(order: Order) -> str:
    """What an order has become."""
    became = {event.became for event in order.events.all()}
    return next((step for step in STEPS if step in became), S.DRAFT)


def needs_second(order: Order) -> bool:
    """Whether another prescriber has still to sign a signed order."""
    if status_of(order) != S.SIGNED:
        return False
    signed = next(event for event in order.events.all() if event.became == S.SIGNED)
    return signed.decision.result == SECOND_NEEDED


def is_ready(order: Order) -> bool:
    """Whether an order is signed as often as it must be and neither used nor void."""
    return status_of(order) in {S.SIGNED, S.SECOND_SIGNED} and not needs_second(order)


def live_order(course: Course, session_number: int) -> Order | None:
    """The order of a session that is not void: draft, signed or used."""
    rows = orders(course).filter(session_number=session_number)
    return next((order for order in rows if status_of(order) != S.VOID), None)


def signed_order(course: Course, session_number: int) -> Order | None:
    """The order of a session that may be used now; None while it is missing, unsigned, half signed, used or void."""
    order = live_order(course, session_number)
    return order if order is not None and is_ready(order) else None


def order_view(order: Order) -> OrderView:
    """An order with every amount as it is shown together."""
    dose = amounts_of(order)
    status = status_of(order)
    return OrderView(
        order=order,
        status=status,
        label=S(status).label,
        needs_second=needs_second(order),
        amounts=dose,
        shown=dict(dosing.shown(dose)),
        events=tuple(order.events.all()),
    )


def amounts_of(order: Order) -> dosing.Amounts:
    """The dose of an order said in every way, reckoned from the dose, the weight and the vial it keeps."""
    return dosing.amounts(
        mg=order.dose_mg,
        dosing_weight_kg=order.dosing_weight_kg,
        mg_per_ml=order.concentration_mg_ml,
        duration_min=order.duration_min,
        diluted_to_ml=order.diluted_to_ml,
    )


def orders_to_sign(sites: Collection[int]) -> QuerySet[Order]:
    """The drafts at these sites, oldest first."""
    rows = with_events(Order.objects.filter(course__site__in=sites))
    return rows.exclude(Exists(OrderEvent.objects.filter(order=OuterRef("pk")))).order_by("drafted_at", "pk")


def orders_to_second_sign(sites: Collection[int]) -> QuerySet[Order]:
    """The orders at these sites that wait for another prescriber, oldest first."""
    events = OrderEvent.objects.filter(order=OuterRef("pk"))
    rows = with_events(Order.objects.filter(course__site__in=sites))
    waiting = rows.filter(Exists(events.filter(became=S.SIGNED, decision__result=SECOND_NEEDED)))
    return waiting.exclude(Exists(events.exclude(became=S.SIGNED))).order_by("drafted_at", "pk")


def signed_by(order: Order) -> int | None:
    """The prescriber who signed first."""
    return next((event.by_id for event in order.events.all() if event.became == S.SIGNED), None)
