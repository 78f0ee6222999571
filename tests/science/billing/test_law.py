"""By when an estimate is due, and when a bill may be disputed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.billing.difference import Sum, gaps
from ketacare.science.billing.law import business_days_between, due, law_of

MONDAY = date(2026, 3, 2)
US, ELSEWHERE = law_of("US"), law_of("EU")


def on(law=US, *, booked=None, asked=None, service):
    return due(law, booked_on=booked, requested_on=asked, service_on=service).on


@pytest.mark.parametrize(
    ("days_later", "expected"),
    [
        (2, None),  # two business days: too late for the rule
        (3, date(2026, 3, 3)),
        (11, date(2026, 3, 3)),  # nine business days
        (14, date(2026, 3, 5)),  # ten
        (30, date(2026, 3, 5)),
    ],
)
def test_an_estimate_is_due_by_how_long_before_it_was_booked(days_later, expected):
    assert on(booked=MONDAY, service=MONDAY + timedelta(days=days_later)) == expected


def test_who_asks_has_it_within_three_business_days():
    friday = date(2026, 3, 6)
    assert on(asked=friday, service=date(2026, 5, 1)) == date(2026, 3, 11)


def test_of_two_days_the_earlier_counts():
    assert on(booked=MONDAY, asked=MONDAY, service=MONDAY + timedelta(days=4)) == date(2026, 3, 3)


def test_where_no_law_is_held_no_day_is_made_up():
    assert on(ELSEWHERE, booked=MONDAY, asked=MONDAY, service=date(2026, 5, 1)) is None
    assert not ELSEWHERE.estimate.is_asked


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(0, 60), st.integers(0, 60))
def test_business_days_add_up(first, days, more):
    middle, last = first + timedelta(days=days), first + timedelta(days=days + more)
    assert business_days_between(first, middle) + business_days_between(middle, last) == business_days_between(
        first, last
    )


def test_a_bill_may_be_disputed_from_400_dollars_above_and_in_no_other_money():
    assert US.may_dispute(Decimal("400.00"), "USD")
    assert not US.may_dispute(Decimal("399.99"), "USD")
    assert not US.may_dispute(Decimal(4000), "EUR")
    assert not ELSEWHERE.may_dispute(Decimal(4000), "USD")


SUMS = st.dictionaries(
    st.sampled_from("abcdef"),
    st.builds(Sum, label=st.just("x"), units=st.decimals(1, 20, places=0), amount=st.decimals(0, 5000, places=2)),
)


@given(SUMS, SUMS)
def test_the_differences_of_the_lines_sum_to_the_difference_of_the_totals(estimated, billed):
    found = gaps(estimated, billed)
    total = sum(one.amount for one in billed.values()) - sum(one.amount for one in estimated.values())
    assert sum(gap.over for gap in found) == total
    assert {gap.item for gap in found} == estimated.keys() | billed.keys()
    assert all(gap.why for gap in found)


def test_each_difference_says_why():
    before = {
        "a": Sum(label="Session", units=Decimal(6), amount=Decimal(2700)),
        "b": Sum(label="Visit", units=Decimal(1), amount=Decimal(90)),
    }
    after = {
        "a": Sum(label="Session", units=Decimal(7), amount=Decimal(3220)),
        "c": Sum(label="Other", units=Decimal(1), amount=Decimal(5)),
    }
    assert [gap.why for gap in gaps(before, after)] == [
        "7 instead of 6, another price",
        "not billed, or not yet",
        "was not on the estimate",
    ]
