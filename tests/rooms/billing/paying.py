"""A clinic with prices, an estimate, something that was done and a bill, by actions alone."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from uuid import uuid4

from ketacare.billing import actions, queries
from ketacare.billing.models import Estimate, Payment, Service, Superbill
from ketacare.billing.values import Done, EstimateInput, Identity, NewPrice, Received
from ketacare.clinic.models import Site
from ketacare.infusion import actions as infusion
from ketacare.infusion.models import Session
from tests.cast import NOW, Cast
from tests.rooms import steps
from tests.rooms.infusion import treatment

TODAY = date(2026, 3, 2)  # of NOW, at both sites
FIRST_ON, LAST_ON = date(2026, 3, 4), date(2026, 4, 30)
IV = "session.iv_ketamine"
PRICES = {
    "evaluation": "250.00",
    "follow_up": "120.00",
    IV: "450.00",
    "further_hour": "90.00",
    "ketamine_supply": "9.50",
    "session.in_esketamine.low": "700.00",
    "session.in_esketamine.high": "900.00",
    "esketamine_supply": "8.00",
    "therapy_visit": "160.00",
    "missed_appointment": "75.00",
}
IDENTITY = Identity(
    legal_name="Clinic for Tests Ltd",
    address="1 Quay Street",
    state="NY",
    phone="555 0100",
    npi="1234567893",
    tin="12-3456789",
)
TOLD = EstimateInput(
    counts=(("evaluation", Decimal(1)), (IV, Decimal(6)), ("therapy_visit", Decimal(2))),
    first_on=FIRST_ON,
    last_on=LAST_ON,
    requested_on=TODAY,
    not_covered="Off-label use",
)


def side(cast: Cast, site: str) -> Cast:
    """The cast as this site sees it."""
    return cast if site == "here" else steps.at_the_other_site(cast)


def priced(cast: Cast, *, bundles: bool = True, at: datetime = NOW, **changes: str) -> Site:
    """The site with its name on a bill and its prices."""
    by = cast.actor("administrator")
    actions.set_identity(site_id=cast.here, identity=replace(IDENTITY, bundles_esketamine=bundles), by=by, at=at)
    site = Site.objects.get(pk=cast.here)
    today = queries.today_at(site, at)
    for item, amount in (PRICES | changes).items():
        price = NewPrice(item=item, amount=Decimal(amount), effective_on=today)
        actions.set_price(site_id=cast.here, price=price, by=by, at=at)
    return site


def estimated(
    cast: Cast, *, at: datetime = NOW, given: bool = False, diagnosis: str = "", **changes: object
) -> Estimate:
    """An estimate for Ada."""
    desk = cast.actor("front-desk")
    told = replace(TOLD, **changes)
    row = actions.make_estimate(course_id=cast.ada_course, told=told, diagnosis=diagnosis, by=desk, at=at)
    if given:
        actions.give_estimate(estimate_id=row.pk, how="paper", given_on=TODAY, by=desk, at=at)
    return row


def done(cast: Cast, item: str = "evaluation", *, on: date = TODAY, at: datetime = NOW, **more: object) -> Service:
    """Something that was done outside a session."""
    told = Done(item=item, done_on=on, **more)
    by = cast.actor("front-desk")
    return actions.state_service(course_id=cast.ada_course, done=told, form_key=uuid4(), by=by, at=at)


def billed(cast: Cast, *what: str, at: datetime = NOW) -> Superbill:
    """A superbill."""
    return actions.make_superbill(course_id=cast.ada_course, what=what, by=cast.actor("front-desk"), at=at)


def paid(cast: Cast, amount: str = "100.00", *, at: datetime = NOW, **more: object) -> Payment:
    """Money that came."""
    told = {"amount": Decimal(amount), "method": "card", "received_on": TODAY, "form_key": uuid4()} | more
    by = cast.actor("front-desk")
    return actions.record_payment(course_id=cast.ada_course, received=Received(**told), by=by, at=at)


def went_home(cast: Cast) -> Session:
    """Ada, infused with 35 mg in 40 min, and home."""
    session = treatment.settled(cast)
    return infusion.discharge(session_id=session.pk, by=cast.actor("nurse"), at=treatment.after(100))
