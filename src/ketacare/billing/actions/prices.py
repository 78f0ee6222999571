"""What a site charges and how it is called: a new row each time, with who and when."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from ketacare.billing import queries
from ketacare.billing.models import ClinicianNumber, Price, SiteCode, SiteIdentity, SlidingScale
from ketacare.billing.values import ADMINISTRATOR, Identity, NewCode, NewPrice, why
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.indications import INDICATIONS
from ketacare.clinic.models import Membership, Site
from ketacare.clinic.permissions import fetch
from ketacare.science.billing.catalogue import catalogue
from ketacare.science.billing.money import WHOLE, is_exact
from ketacare.science.billing.numbers import is_npi, is_tin

SET = "billing.price"


@transaction.atomic
def set_price(*, site_id: int, price: NewPrice, by: Actor, at: datetime) -> Price:
    """Say what an item costs from a day on; a price of a day that is past, or of today once it is in force, stays."""
    site = fetch(by, SET, Site.objects.select_for_update(), pk=site_id)
    today = queries.today_at(site, at)
    _refuse("bad-price", _against_price(site, price, today=today))
    same = Price.objects.filter(site=site, item=price.item, detail=price.detail, effective_on=price.effective_on)
    row = Price.objects.create(
        site=site,
        item=price.item,
        detail=price.detail,
        amount=price.amount,
        effective_on=price.effective_on,
        recorded_on=today,
        revision=same.count() + 1,
        note=price.note,
        by_id=user_id(by),
        at=at,
    )
    audit.record(by=by, at=at, did="price set", on=row)
    return row


def _against_price(site: Site, price: NewPrice, *, today: date) -> Iterator[Reason]:
    item = catalogue().items.get(price.item)
    if item is None:
        yield why("There is no such item.", ADMINISTRATOR)
    elif item.has_detail != bool(price.detail):
        yield why("Say which medicine." if item.has_detail else "This item has no further detail.", ADMINISTRATOR)
    if price.amount is not None and (not is_exact(price.amount, site.currency) or price.amount < 0):
        yield why(f"The price is 0 or more, in the digits of {site.currency}.", ADMINISTRATOR)
    if price.effective_on < today:
        yield why("A price of a day that is past never changes.", ADMINISTRATOR)
    rows = Price.objects.filter(site=site, item=price.item, detail=price.detail)
    if price.effective_on == today and rows.filter(effective_on__lte=today).exists():
        yield why("This item has a price today. A new one starts tomorrow at the earliest.", ADMINISTRATOR)


@transaction.atomic
def set_identity(*, site_id: int, identity: Identity, by: Actor, at: datetime) -> SiteIdentity:
    """Say what a site is called on a bill."""
    site = fetch(by, SET, Site.objects.all(), pk=site_id)
    reasons = []
    if identity.npi and not is_npi(identity.npi):
        reasons.append(why("The NPI has ten digits, and its check digit is wrong or it is no NPI.", ADMINISTRATOR))
    if identity.tin and not is_tin(identity.tin):
        reasons.append(why("The TIN has nine digits.", ADMINISTRATOR))
    _refuse("bad-identity", reasons)
    row = SiteIdentity.objects.create(site=site, **vars(identity), by_id=user_id(by), at=at)
    audit.record(by=by, at=at, did="billing identity set", on=row)
    return row


@transaction.atomic
def set_clinician_number(*, site_id: int, clinician_id: int, npi: str, by: Actor, at: datetime) -> ClinicianNumber:
    """Say the NPI of somebody who works here."""
    site = fetch(by, SET, Site.objects.all(), pk=site_id)
    reasons = [] if is_npi(npi) else [why("The NPI has ten digits, and its check digit is wrong or it is no NPI.")]
    if not Membership.objects.filter(site=site, user_id=clinician_id).exists():
        reasons.append(why("This person does not work here.", ADMINISTRATOR))
    _refuse("bad-number", reasons)
    row = ClinicianNumber.objects.create(site=site, user_id=clinician_id, npi=npi, by_id=user_id(by), at=at)
    audit.record(by=by, at=at, did="clinician number set", on=row)
    return row


@transaction.atomic
def set_code(*, site_id: int, code: NewCode, by: Actor, at: datetime) -> SiteCode:
    """Put a code to an item or a diagnosis, with where it was read."""
    site = fetch(by, SET, Site.objects.all(), pk=site_id)
    reasons = []
    if code.about not in catalogue().items and code.about not in INDICATIONS:
        reasons.append(why("There is no such item and no such diagnosis.", ADMINISTRATOR))
    if not code.source.strip() or not code.code.strip():
        reasons.append(why("Say the code and where it was read.", ADMINISTRATOR))
    if code.valid_until is not None and code.valid_until < code.valid_from:
        reasons.append(why("It ends after it began.", ADMINISTRATOR))
    _refuse("bad-code", reasons)
    row = SiteCode.objects.create(site=site, **vars(code), by_id=user_id(by), at=at)
    audit.record(by=by, at=at, did="billing code set", on=row)
    return row


@transaction.atomic
def set_sliding_scale(
    *, site_id: int, brackets: Sequence[tuple[str, Decimal]], effective_on: date, by: Actor, at: datetime
) -> SlidingScale:
    """Say by how much prices are reduced for each bracket of a household, from today or a later day on."""
    site = fetch(by, SET, Site.objects.all(), pk=site_id)
    reasons = []
    if effective_on < queries.today_at(site, at):
        reasons.append(why("It starts today at the earliest.", ADMINISTRATOR))
    if not all(name.strip() and 0 <= percent <= WHOLE for name, percent in brackets):
        reasons.append(why("Each bracket has a name and a reduction from 0 to 100 per cent.", ADMINISTRATOR))
    if len({name for name, _ in brackets}) < len(brackets):
        reasons.append(why("Each bracket is named once.", ADMINISTRATOR))
    _refuse("bad-scale", reasons)
    kept = [[name, f"{percent:f}"] for name, percent in brackets]
    row = SlidingScale.objects.create(site=site, brackets=kept, effective_on=effective_on, by_id=user_id(by), at=at)
    audit.record(by=by, at=at, did="sliding scale set", on=row)
    return row


def _refuse(code: str, reasons: Iterator[Reason] | list[Reason]) -> None:
    if found := list(reasons):
        raise ActionRefused(code, found)
