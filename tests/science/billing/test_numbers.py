"""Numbers that name a clinic are checked; numbers of cards are seen however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.billing.numbers import holds_card_number, is_npi, is_tin, luhn

CARDS = ("4111111111111111", "5500005555555559", "378282246310005", "6011000990139424")


def test_the_number_that_the_standard_prints_is_an_npi():
    assert is_npi("1234567893")


@given(st.integers(0, 9), st.integers(0, 9))
def test_one_wrong_digit_is_always_found(place, digit):
    right = "1234567893"
    wrong = right[:place] + str(digit) + right[place + 1 :]
    assert is_npi(wrong) == (wrong == right)


@pytest.mark.parametrize("text", ["", "123456789", "12345678933", "123456789x", "१२३४५६७८९३", "3234567893"])
def test_what_is_no_npi_is_refused(text):
    assert not is_npi(text)


def test_a_tax_number_has_nine_digits():
    assert is_tin("12-3456789")
    assert not is_tin("12-345678")
    assert not is_tin("000000000")


@pytest.mark.parametrize("card", CARDS)
def test_the_number_of_a_card_is_seen_however_it_is_written(card):
    assert luhn(card)
    spaced = " ".join(card[place : place + 4] for place in range(0, len(card), 4))
    for written in (
        card,
        spaced,
        spaced.replace(" ", "-"),
        f"Visa {card} exp 12/29",
        f"ref:{spaced}.",
        card.translate({ord("0") + d: 0x0660 + d for d in range(10)}),
    ):
        assert holds_card_number(written), written


def test_a_reference_of_a_receipt_is_no_card():
    for reference in ("", "R-2026-0193", "receipt 118842", "4111 1111 1111 1112"):
        assert not holds_card_number(reference)
