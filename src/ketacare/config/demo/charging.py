"""What the demo's clinic charges, and what two of its patients are told and billed; every price is made up."""

from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.billing import actions, happened, queries
from ketacare.billing.values import Done, EstimateInput, Identity, NewPrice, Received
from ketacare.clinic.actor import Actor
from ketacare.clinic.models import Site
from ketacare.config.demo.pathway import Case
from ketacare.config.demo.people import read
from ketacare.config.demo.talking import key

DAY = timedelta(days=1)


def set_prices(site: Site, *, by: Actor, at: datetime) -> None:
    """The price list, with one price that is to rise, and the sliding scale."""
    told = read("prices.yaml")
    today = queries.today_at(site, at)
    actions.set_identity(site_id=site.pk, identity=Identity(**told["identity"]), by=by, at=at)
    raised = told["raised"]
    rows = [(item, amount, today) for item, amount in told["prices"].items()]
    for item, amount, day in [*rows, (raised["item"], raised["amount"], today + raised["in_days"] * DAY)]:
        price = NewPrice(item=item, amount=Decimal(amount), effective_on=day, note=told["note"])
        actions.set_price(site_id=site.pk, price=price, by=by, at=at)
    brackets = [(name, Decimal(percent)) for name, percent in told["brackets"]]
    actions.set_sliding_scale(site_id=site.pk, brackets=brackets, effective_on=today, by=by, at=at)


def estimate(case: Case, *, at: datetime) -> None:
    """Before the consent: what the course may cost, given on paper, to be paid in instalments."""
    told, desk = read("prices.yaml")["estimate"], case.by("front-desk")
    today = case.today(at)
    counts = {
        "evaluation": told["evaluations"],
        "session.iv_ketamine": told["sessions"],
        "ketamine_supply": told["sessions"],
        "therapy_visit": told["therapy_visits"],
    }
    asked = EstimateInput(
        counts=tuple((item, Decimal(count)) for item, count in counts.items()),
        first_on=today,
        last_on=today + told["until_days"] * DAY,
        requested_on=today,
        insurance="not-used",
        not_covered="Off-label use",
    )
    row = actions.make_estimate(course_id=case.course.pk, told=asked, by=desk, at=at)
    actions.give_estimate(estimate_id=row.pk, how="paper", given_on=today, by=desk, at=at)
    actions.arrange_payment_plan(
        estimate_id=row.pk, count=told["instalments"], first_on=today, every_months=1, by=desk, at=at
    )


def bill(case: Case, *, at: datetime) -> None:
    """The evaluation and what happened since, on one superbill, and a first payment."""
    desk, course = case.by("front-desk"), case.course
    evaluated = Done(item="evaluation", done_on=case.today(case.course.opened_at + DAY))
    actions.state_service(course_id=course.pk, done=evaluated, form_key=key("evaluated", course.pk), by=desk, at=at)
    what = [one.what for one in happened.unbilled(course, at=at)]
    actions.make_superbill(course_id=course.pk, what=what, by=desk, at=at)
    received = Received(
        amount=Decimal(read("prices.yaml")["paid"]),
        method="card",
        reference="R-0001",
        received_on=case.today(at),
        form_key=key("paid", course.pk),
    )
    actions.record_payment(course_id=course.pk, received=received, by=desk, at=at)
