"""Amounts, instalments and reductions: exact in every currency."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.billing.money import currencies, in_words, instalments, is_exact, minor_unit, reduced
from ketacare.science.errors import OutOfRange

CURRENCY = st.sampled_from(sorted(currencies().digits))


@given(CURRENCY, st.integers(1, 10**8), st.integers(1, 60))
def test_instalments_sum_to_the_total_and_differ_by_the_smallest_coin_at_most(currency, units, count):
    unit = minor_unit(currency)
    total = unit * units
    if units < count:
        with pytest.raises(OutOfRange):
            instalments(total, count, currency)
        return
    parts = instalments(total, count, currency)
    assert sum(parts) == total
    assert len(parts) == count
    assert max(parts) - min(parts) <= unit
    assert parts == sorted(parts, reverse=True)
    assert all(part > 0 and is_exact(part, currency) for part in parts)


@given(CURRENCY, st.integers(0, 10**8), st.decimals(0, 100, places=2))
def test_a_reduction_is_exact_and_never_raises_the_price(currency, units, percent):
    amount = minor_unit(currency) * units
    left = reduced(amount, percent, currency)
    assert 0 <= left <= amount
    assert is_exact(left, currency)


def test_a_total_with_more_digits_than_its_currency_has_no_plan():
    for total, currency in ((Decimal("10.005"), "USD"), (Decimal("10.5"), "JPY"), (Decimal("NaN"), "USD")):
        with pytest.raises((OutOfRange, ArithmeticError)):
            instalments(total, 2, currency)


def test_a_currency_that_is_not_in_the_table_is_never_guessed():
    with pytest.raises(OutOfRange):
        minor_unit("XXX")


def test_an_amount_shows_every_digit_of_its_currency():
    assert in_words(Decimal("1250"), "USD") == "1,250.00 USD"
    assert in_words(Decimal("1250"), "JPY") == "1,250 JPY"
    assert in_words(Decimal("1.5"), "KWD") == "1.500 KWD"
