"""Estimates: made, given, and how they are paid."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from ketacare.billing import estimating, queries
from ketacare.billing.models import Estimate, EstimateGiven, PaymentPlan
from ketacare.billing.values import EstimateInput, why
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch
from ketacare.science.billing.dates import months_after
from ketacare.science.billing.law import law_of
from ketacare.science.billing.money import instalments, minor_unit

KEEP = "billing.keep"
PLAN_AT_MOST = 60  # instalments


@transaction.atomic
def make_estimate(*, course_id: int, told: EstimateInput, diagnosis: str = "", by: Actor, at: datetime) -> Estimate:
    """Work out what a course may cost and keep it as it is told."""
    course = fetch(
        by, KEEP, Course.objects.select_for_update(of=("self",)).select_related("site", "patient"), pk=course_id
    )
    if reasons := list(estimating.reasons_against(course, told, at=at)):
        raise ActionRefused("no-estimate", reasons)
    version = Estimate.objects.filter(course=course).count() + 1
    made = estimating.document(course, told, diagnosis=diagnosis, version=version, at=at)
    row = Estimate.objects.create(
        site=course.site,
        patient=course.patient,
        course=course,
        version=version,
        document=made,
        total=Decimal(str(made["total"])),
        currency=made["currency"],
        due_on=estimating.due_of(law_of(course.site.jurisdiction), told).on,
        by_id=user_id(by),
        at=at,
    )
    audit.record(by=by, at=at, did="estimate made", on=row)
    return row


@transaction.atomic
def give_estimate(*, estimate_id: int, how: str, given_on: date, by: Actor, at: datetime) -> EstimateGiven:
    """Write down that the patient was given it."""
    row = fetch(by, KEEP, queries.estimates(), pk=estimate_id)
    if how not in EstimateGiven.How:
        raise ActionRefused("not-given", [why("Say how it was given.")])
    if not queries.today_at(row.site, row.at) <= given_on <= queries.today_at(row.site, at):
        raise ActionRefused("not-given", [why("It was given between the day it was made and today.")])
    given = EstimateGiven.objects.create(estimate=row, how=how, given_on=given_on, by_id=user_id(by), at=at)
    audit.record(by=by, at=at, did="estimate given", on=row)
    return given


@transaction.atomic
def arrange_payment_plan(
    *, estimate_id: int, count: int, first_on: date, every_months: int, by: Actor, at: datetime
) -> PaymentPlan:
    """Split the total of an estimate into instalments that sum to it exactly."""
    row = fetch(by, KEEP, queries.estimates(), pk=estimate_id)
    most = int(row.total / minor_unit(row.currency))
    if not 1 <= count <= min(most, PLAN_AT_MOST) or every_months < 1 or first_on < queries.today_at(row.site, at):
        text = f"A plan has 1 to {PLAN_AT_MOST} instalments, the first today at the earliest, one month or more apart."
        raise ActionRefused("no-plan", [why(text)])
    parts = instalments(row.total.quantize(minor_unit(row.currency)), count, row.currency)
    days = [months_after(first_on, every_months * place) for place in range(count)]
    kept = [[day.isoformat(), f"{part:f}"] for day, part in zip(days, parts, strict=True)]
    plan = PaymentPlan.objects.create(estimate=row, instalments=kept, by_id=user_id(by), at=at)
    audit.record(by=by, at=at, did="payment plan arranged", on=row)
    return plan
