"""Estimates: every figure follows from the prices of the first day, and nothing that a law asks for is left out."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.billing import actions, estimating, queries
from ketacare.billing.models import EstimateGiven
from ketacare.billing.values import NewPrice
from ketacare.clinic.errors import ActionRefused, NotAllowed
from tests.cast import NOW
from tests.rooms import steps
from tests.rooms.billing.paying import FIRST_ON, IV, TODAY, TOLD, estimated, priced


@pytest.fixture
def hill(cast):
    """The site in the United States, with prices."""
    people = steps.at_the_other_site(cast)
    priced(people)
    return people


def test_the_total_is_the_sum_of_the_lines_and_each_line_its_price_times_its_count(hill):
    row = estimated(hill)
    lines = {line["item"]: line for line in row.document["lines"]}
    assert {item: line["amount"] for item, line in lines.items()} == {
        "evaluation": "250.00",
        IV: "2700.00",
        "therapy_visit": "320.00",
    }
    assert row.total == Decimal("3270.00")
    assert row.document["total"] == "3270.00"
    assert lines[IV]["codes"] == ["96365"]
    assert lines["therapy_visit"]["separately_scheduled"]


def test_every_element_that_the_law_asks_for_has_a_field(hill):
    told = estimated(hill).document
    assert told["name"] == "Good Faith Estimate"
    for path in (
        "patient.name",
        "patient.born_on",
        "primary_service",
        "first_on",
        "site.npi",
        "site.tin",
        "site.state",
        "site.address",
        "clinician",
        "diagnosis",
        "lines",
        "total",
        "disclaimers",
    ):
        value = told
        for key in path.split("."):
            value = value[key]
        assert value, path
    assert any("400 USD" in one for one in told["disclaimers"])
    assert any("not a contract" in one for one in told["disclaimers"])


def test_it_is_due_by_the_law_of_the_place_and_nowhere_by_another(hill, cast):
    assert estimated(hill).due_on == date(2026, 3, 5)  # asked for on a Monday
    booked = estimated(hill, requested_on=None, booked_on=TODAY, first_on=date(2026, 3, 6), last_on=date(2026, 5, 1))
    assert booked.due_on == date(2026, 3, 3)
    insured = estimated(hill, insurance="used")
    assert insured.due_on is None
    assert "uses insurance" in insured.document["due_why"]
    priced(cast)
    elsewhere = estimated(cast)
    assert elsewhere.due_on is None
    assert elsewhere.document["name"] == "Estimate of costs"
    assert elsewhere.currency == "EUR"


def test_a_clinic_without_its_numbers_makes_no_estimate_where_the_law_asks_for_them(cast):
    people = steps.at_the_other_site(cast)
    with pytest.raises(ActionRefused) as caught:
        estimated(people)
    said = " ".join(reason.text for reason in caught.value.reasons)
    assert "NPI" in said
    assert "No price holds" in said


@pytest.mark.parametrize(
    "changes",
    [
        {"first_on": TODAY - timedelta(days=1)},
        {"last_on": FIRST_ON - timedelta(days=1)},
        {"last_on": date(2027, 3, 5)},  # a day over twelve months
        {"counts": ()},
        {"counts": ((IV, Decimal(-1)),)},
        {"counts": (("gold", Decimal(1)),)},
        {"bracket": "Anybody"},
        {"requested_on": TODAY + timedelta(days=1)},
        {"not_covered": "paid with 4111 1111 1111 1111"},
        {"counts": (("session.in_esketamine.high", Decimal(8)), ("esketamine_supply", Decimal(672)))},
    ],
)
def test_what_cannot_be_is_refused(hill, changes):
    with pytest.raises(ActionRefused):
        estimated(hill, **changes)


def test_twelve_months_are_allowed(hill):
    assert estimated(hill, last_on=date(2027, 3, 4)).pk


def test_an_estimate_takes_the_price_of_its_first_day_and_keeps_it(hill):
    site = hill.course("ada").site
    later = NewPrice(item=IV, amount=Decimal("500.00"), effective_on=date(2026, 4, 1))
    before = estimated(hill)
    actions.set_price(site_id=site.pk, price=later, by=hill.actor("administrator"), at=NOW)
    after = estimated(hill, first_on=date(2026, 4, 2))
    assert before.document["lines"][1]["unit_price"] == "450.00"
    assert after.document["lines"][1]["unit_price"] == "500.00"
    assert after.version == before.version + 1


def test_the_sliding_scale_keeps_the_bracket_and_never_an_income(hill):
    table = [("Full price", Decimal(0)), ("Household under the threshold", Decimal("33.3"))]
    by = hill.actor("administrator")
    actions.set_sliding_scale(site_id=hill.here, brackets=table, effective_on=TODAY, by=by, at=NOW)
    told = estimated(hill, bracket="Household under the threshold").document
    assert told["lines"][1]["unit_price"] == "300.15"
    assert told["lines"][1]["amount"] == "1800.90"
    assert told["reduced_by_percent"] == "33.3"
    assert sum(Decimal(line["amount"]) for line in told["lines"]) == Decimal(told["total"])
    assert not [key for key in told if "income" in key]


def test_it_starts_from_the_plan_or_else_from_the_protocol(cast):
    course = cast.course("ada")
    assert estimating.starting_counts(course, on=TODAY) == {"evaluation": 1, IV: 6, "ketamine_supply": 6}
    steps.planned(cast)
    assert estimating.starting_counts(course, on=TODAY)[IV] == 6


def test_it_was_given_between_its_day_and_today(hill):
    row, desk = estimated(hill), hill.actor("front-desk")
    for day in (TODAY - timedelta(days=1), TODAY + timedelta(days=1)):
        with pytest.raises(ActionRefused):
            actions.give_estimate(estimate_id=row.pk, how="paper", given_on=day, by=desk, at=NOW)
    actions.give_estimate(estimate_id=row.pk, how="paper", given_on=TODAY, by=desk, at=NOW)
    assert EstimateGiven.objects.get().given_on == TODAY
    assert queries.newest_estimate(row.course) == row


def test_a_payment_plan_sums_to_the_total(hill):
    row, desk = estimated(hill), hill.actor("front-desk")
    plan = actions.arrange_payment_plan(
        estimate_id=row.pk, count=7, first_on=date(2026, 3, 31), every_months=1, by=desk, at=NOW
    )
    assert sum(Decimal(amount) for _, amount in plan.instalments) == row.total
    assert [day for day, _ in plan.instalments][:3] == ["2026-03-31", "2026-04-30", "2026-05-31"]
    with pytest.raises(ActionRefused):
        actions.arrange_payment_plan(estimate_id=row.pk, count=0, first_on=TODAY, every_months=1, by=desk, at=NOW)


def test_clinicians_read_and_the_front_desk_makes(hill):
    for role in ("nurse", "prescriber", "therapist", "administrator"):
        with pytest.raises(NotAllowed):
            actions.make_estimate(course_id=hill.ada_course, told=TOLD, by=hill.actor(role), at=NOW)


def test_the_patients_estimates_are_found_newest_first(hill):
    rows = [estimated(hill), estimated(hill)]
    assert list(queries.estimates_of(hill.patient("ada"))) == rows[::-1]


@settings(max_examples=25, deadline=None)
@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.integers(0, 40))
def test_months_later_is_the_same_day_or_the_last_of_the_month(day, months):
    later = estimating.months_after(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)
