"""The account of a course: what was done outside a session, superbills, payments, refunds."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from ketacare.billing import happened, queries, superbilling
from ketacare.billing.models import Billed, Payment, Service, Superbill, SuperbillVoid
from ketacare.billing.values import Done, Received, why
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Course, Membership, Site
from ketacare.clinic.permissions import fetch
from ketacare.science.billing.catalogue import catalogue
from ketacare.science.billing.money import is_exact
from ketacare.science.billing.numbers import holds_card_number

KEEP = "billing.keep"
CARD = "This looks like the number of a card. Card numbers are never kept here: write the number of the receipt."
COURSES = Course.objects.select_related("site", "patient", "prescriber")


@transaction.atomic
def state_service(*, course_id: int, done: Done, form_key: UUID, by: Actor, at: datetime) -> Service:
    """Write down that something was done outside a session."""
    course = fetch(by, KEEP, COURSES, pk=course_id)
    if (sent := Service.objects.filter(form_key=form_key, course=course).first()) is not None:
        return sent
    _refuse("not-stated", _against_service(course, done, today=queries.today_at(course.site, at)))
    row = Service.objects.create(
        site=course.site,
        patient=course.patient,
        course=course,
        **vars(done),
        by_id=user_id(by),
        at=at,
        form_key=form_key,
    )
    audit.record(by=by, at=at, did="service stated", on=row)
    return row


def _against_service(course: Course, done: Done, *, today: date) -> Iterator[Reason]:
    item = catalogue().items.get(done.item)
    if item is None or item.route is not None:
        yield why("Choose a service outside a session: sessions come from their own timelines.")
        return
    if item.has_detail != bool(done.detail.strip()):
        yield why("Say which medicine." if item.has_detail else "This service has no further detail.")
    if holds_card_number(done.detail):
        yield why(CARD)
    if done.done_on > today:
        yield why("It was done today or earlier.")
    if not done.units.is_finite() or done.units <= 0:
        yield why("Say how many.")
    if done.code and done.code not in happened.choosable(done.item, done.done_on):
        yield why(f"The code {done.code} does not belong to this service on that day.")
    if done.clinician_id and not Membership.objects.filter(site=course.site, user_id=done.clinician_id).exists():
        yield why("The clinician does not work here.")


@transaction.atomic
def make_superbill(*, course_id: int, what: Sequence[str], diagnosis: str = "", by: Actor, at: datetime) -> Superbill:
    """Bill what happened; each thing is on one superbill that counts."""
    course = fetch(by, KEEP, COURSES, pk=course_id)
    Site.objects.select_for_update().get(pk=course.site_id)  # numbers of a site follow each other
    chosen = [one for one in happened.unbilled(course, at=at) if one.what in what]
    reasons = list(superbilling.reasons_against(course, chosen))
    if len(chosen) < len(set(what)):
        reasons.append(why("Some of it is billed already, or did not happen: open the page again."))
    _refuse("no-superbill", reasons)
    number = Superbill.objects.filter(site=course.site).count() + 1
    made = superbilling.document(course, chosen, number=number, diagnosis=diagnosis, at=at)
    row = Superbill.objects.create(
        site=course.site,
        patient=course.patient,
        course=course,
        number=number,
        document=made,
        total=Decimal(str(made["total"])),
        currency=made["currency"],
        by_id=user_id(by),
        at=at,
    )
    Billed.objects.bulk_create([Billed(superbill=row, what=one.what, attempt=attempt_of(one.what)) for one in chosen])
    audit.record(by=by, at=at, did="superbill made", on=row)
    return row


def attempt_of(what: str) -> int:
    """How often a thing was on a superbill that was made void."""
    return Billed.objects.filter(what=what, superbill__void__isnull=False).count()


@transaction.atomic
def void_superbill(*, superbill_id: int, reason: str, by: Actor, at: datetime) -> SuperbillVoid:
    """Say that a superbill does not count any more."""
    row = fetch(by, KEEP, queries.superbills(), pk=superbill_id)
    Site.objects.select_for_update().get(pk=row.site_id)
    if not reason.strip() or SuperbillVoid.objects.filter(superbill=row).exists():
        raise ActionRefused("not-void", [why("Say why; a superbill is made void once.")])
    if holds_card_number(reason):
        raise ActionRefused("not-void", [why(CARD)])
    void = SuperbillVoid.objects.create(superbill=row, reason=reason.strip(), by_id=user_id(by), at=at)
    audit.record(by=by, at=at, did="superbill made void", on=row)
    return void


@transaction.atomic
def record_payment(*, course_id: int, received: Received, by: Actor, at: datetime) -> Payment:
    """Write down money that came."""
    course = fetch(by, KEEP, COURSES, pk=course_id)
    if (sent := Payment.objects.filter(form_key=received.form_key, course=course).first()) is not None:
        return sent
    _refuse("not-received", _against_payment(course, received, today=queries.today_at(course.site, at)))
    row = Payment.objects.create(
        site=course.site,
        patient=course.patient,
        course=course,
        kind=Payment.Kind.PAYMENT,
        currency=course.site.currency,
        **vars(received),
        by_id=user_id(by),
        at=at,
    )
    audit.record(by=by, at=at, did="payment recorded", on=row)
    return row


def _against_payment(course: Course, received: Received, *, today: date) -> Iterator[Reason]:
    if not is_exact(received.amount, course.site.currency) or received.amount <= 0:
        yield why(f"An amount is above 0, in the digits of {course.site.currency}.")
    if received.method not in Payment.Method:
        yield why("Say how it was paid.")
    if holds_card_number(received.reference):
        yield why(CARD)
    if received.received_on > today:
        yield why("It was received today or earlier.")


@transaction.atomic
def refund(*, payment_id: int, amount: Decimal, reason: str, form_key: UUID, by: Actor, at: datetime) -> Payment:
    """Give money back: a counter-entry to its payment."""
    row = fetch(by, KEEP, Payment.objects.select_for_update(of=("self",)).select_related("site"), pk=payment_id)
    if (sent := Payment.objects.filter(form_key=form_key, refunds=row).first()) is not None:
        return sent
    _refuse("no-refund", _against_refund(row, amount, reason))
    back = Payment.objects.create(
        site=row.site,
        patient_id=row.patient_id,
        course_id=row.course_id,
        kind=Payment.Kind.REFUND,
        amount=amount,
        currency=row.currency,
        method=row.method,
        refunds=row,
        reason=reason.strip(),
        received_on=queries.today_at(row.site, at),
        by_id=user_id(by),
        at=at,
        form_key=form_key,
    )
    audit.record(by=by, at=at, did="payment refunded", on=back)
    return back


def _against_refund(row: Payment, amount: Decimal, reason: str) -> Iterator[Reason]:
    left = row.amount - (row.refunded_by.aggregate(all=Sum("amount"))["all"] or Decimal(0))
    if row.kind != Payment.Kind.PAYMENT:
        yield why("Only a payment can be given back.")
    if not is_exact(amount, row.currency) or not 0 < amount <= left:
        yield why("A refund is above 0 and not more than what is left of the payment.")
    if not reason.strip():
        yield why("Say why.")
    if holds_card_number(reason):
        yield why(CARD)


def _refuse(code: str, reasons: Iterator[Reason] | list[Reason]) -> None:
    if found := list(reasons):
        raise ActionRefused(code, found)
