"""Reads of money: the prices of a day, the estimates and superbills of a patient, the account of a course."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import QuerySet, Sum

from ketacare.billing.models import (
    Estimate,
    Payment,
    PaymentPlan,
    Price,
    SiteCode,
    SiteIdentity,
    SlidingScale,
    Superbill,
)
from ketacare.clinic.models import Course, Patient, Site
from ketacare.science.billing.catalogue import catalogue
from ketacare.science.billing.money import in_words

NOUGHT = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class PriceLine:
    """One price as it holds on a day."""

    item: str
    detail: str
    label: str
    per: str
    amount: Decimal
    currency: str
    effective_on: date
    codes: tuple[str, ...]

    @property
    def key(self) -> str:
        """What names it in a form."""
        return key_of(self.item, self.detail)

    @property
    def words(self) -> str:
        """The amount as people read it."""
        return in_words(self.amount, self.currency)


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What was billed and paid on a course; superbills that were made void do not count."""

    billed: Decimal
    paid: Decimal
    refunded: Decimal
    currency: str

    @property
    def due(self) -> Decimal:
        """What is still to be paid; below 0: it is the patient's."""
        return self.billed - self.paid + self.refunded


def key_of(item: str, detail: str) -> str:
    """An item with its detail, as one word."""
    return f"{item}|{detail}" if detail else item


def label_of(item: str, detail: str = "") -> str:
    """An item in words; the code itself where the catalogue knows none."""
    known = catalogue().items.get(item)
    label = known.label if known else item
    return f"{label}: {detail}" if detail else label


def today_at(site: Site, at: datetime) -> date:
    """The day at a site."""
    return at.astimezone(ZoneInfo(site.time_zone)).date()


def price_list(site: Site, *, on: date) -> list[PriceLine]:
    """What a site charges on a day, in the order of the catalogue; what it does not offer is left out."""
    identity, own = identity_of(site), codes_of(site)
    newest = {(row.item, row.detail): row for row in priced(site).filter(effective_on__lte=on)}
    order = list(catalogue().items)
    rows = [row for row in newest.values() if row.amount is not None and row.item in order]
    return [
        line_of(row, site, codes_on(row.item, on, identity=identity, own=own))
        for row in sorted(rows, key=lambda one: (order.index(one.item), one.detail))
    ]


def line_of(row: Price, site: Site, codes: tuple[str, ...]) -> PriceLine:
    """A stored price as a line."""
    return PriceLine(
        item=row.item,
        detail=row.detail,
        label=label_of(row.item, row.detail),
        per=catalogue().items[row.item].per,
        amount=row.amount or NOUGHT,
        currency=site.currency,
        effective_on=row.effective_on,
        codes=codes,
    )


def priced(site: Site) -> QuerySet[Price]:
    """Every price that was ever said, the one that counts last."""
    return Price.objects.filter(site=site).select_related("by").order_by("effective_on", "revision")


def prices_to_come(site: Site, *, after: date) -> list[Price]:
    """Prices of days to come; of two for one day the later revision."""
    newest = {(row.item, row.detail, row.effective_on): row for row in priced(site).filter(effective_on__gt=after)}
    return list(newest.values())


def codes_of(site: Site) -> Sequence[SiteCode]:
    """The codes that a site put to items and diagnoses itself, the newest first."""
    return list(SiteCode.objects.filter(site=site).select_related("by").order_by("-pk"))


def site_code(own: Sequence[SiteCode], about: str, on: date) -> SiteCode | None:
    """The site's own code for something on a day."""
    held = (one for one in own if one.about == about and one.valid_from <= on)
    return next((one for one in held if one.valid_until is None or on <= one.valid_until), None)


def codes_on(item: str, on: date, *, identity: SiteIdentity | None, own: Sequence[SiteCode]) -> tuple[str, ...]:
    """The codes of an item on a day: the site's own before the catalogue's."""
    if (chosen := site_code(own, item, on)) is not None:
        return (chosen.code,)
    known = catalogue().items[item]
    if known.route == "in_esketamine" and identity is not None and not identity.bundles_esketamine:
        return ()
    return catalogue().codes_on(item, on)


def identity_of(site: Site) -> SiteIdentity | None:
    """What the site is called on a bill; None: nobody has said."""
    return SiteIdentity.objects.filter(site=site).order_by("-pk").first()


def sliding_scale(site: Site, *, on: date) -> SlidingScale | None:
    """The site's table of reductions on a day."""
    return SlidingScale.objects.filter(site=site, effective_on__lte=on).order_by("-effective_on", "-pk").first()


def estimates() -> QuerySet[Estimate]:
    """Estimates with what a page about one names."""
    return Estimate.objects.select_related("site", "patient", "course", "by").prefetch_related("given__by")


def estimates_of(patient: Patient) -> QuerySet[Estimate]:
    """The estimates of a patient, newest first."""
    return estimates().filter(patient=patient).order_by("-pk")


def superbills() -> QuerySet[Superbill]:
    """Superbills with what a page about one names."""
    return Superbill.objects.select_related("site", "patient", "course", "by", "void__by")


def superbills_of(patient: Patient) -> QuerySet[Superbill]:
    """The superbills of a patient that count, newest first."""
    return superbills().filter(patient=patient, void__isnull=True).order_by("-pk")


def newest_estimate(course: Course) -> Estimate | None:
    """The estimate that a bill is held against: the newest one that the patient was given."""
    return Estimate.objects.filter(course=course, given__isnull=False).order_by("-version").first()


def newest_plan_of(estimate: Estimate) -> PaymentPlan | None:
    """The payment plan that counts."""
    return estimate.payment_plans.order_by("-pk").first()


def payments(course: Course) -> QuerySet[Payment]:
    """What was paid and given back on a course, newest first."""
    rows = Payment.objects.filter(course=course).select_related("by", "refunds", "site")
    return rows.annotate(given_back=Sum("refunded_by__amount")).order_by("-received_on", "-pk")


def balance(course: Course) -> Balance:
    """What a course's patient owes."""
    moved = dict(Payment.objects.filter(course=course).values_list("kind").annotate(Sum("amount")).order_by())
    billed = Superbill.objects.filter(course=course, void__isnull=True).aggregate(all=Sum("total"))["all"]
    return Balance(
        billed=billed or NOUGHT,
        paid=moved.get("payment", NOUGHT),
        refunded=moved.get("refund", NOUGHT),
        currency=course.site.currency,
    )


def movements(sites: Collection[int], *, since: date, until: date) -> QuerySet[Payment]:
    """Payments and refunds of these days, in their order."""
    rows = Payment.objects.filter(site__in=sites, received_on__gte=since, received_on__lte=until)
    return rows.select_related("site", "by").order_by("received_on", "pk")
