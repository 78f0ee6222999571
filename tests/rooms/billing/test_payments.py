"""Payments and refunds; what accounting gets."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.billing import accounting, actions, queries
from ketacare.billing.models import Payment
from ketacare.clinic.errors import ActionRefused
from tests.cast import NOW
from tests.rooms.billing.paying import TODAY, billed, done, paid, priced
from tests.rooms.rights.asking import limit


def give_back(cast, row, amount, *, reason="Paid twice", form_key=None):
    by = cast.actor("front-desk")
    return actions.refund(
        payment_id=row.pk, amount=Decimal(amount), reason=reason, form_key=form_key or uuid4(), by=by, at=NOW
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"reference": "4111 1111 1111 1111"},
        {"reference": "Visa 4111111111111111"},
        {"method": "gold"},
        {"received_on": TODAY + timedelta(days=1)},
    ],
)
def test_a_payment_that_cannot_be_or_that_holds_the_number_of_a_card_is_refused(cast, wrong):
    with pytest.raises(ActionRefused):
        paid(cast, **wrong)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("amount", ["0", "-5", "1.005", "NaN"])
def test_an_amount_is_exact_and_above_nought(cast, amount):
    with pytest.raises(ActionRefused):
        paid(cast, amount)


def test_a_form_sent_twice_is_one_payment(cast):
    key = uuid4()
    assert paid(cast, form_key=key) == paid(cast, form_key=key)
    assert Payment.objects.count() == 1


def test_a_refund_is_a_counter_entry_and_never_more_than_is_left(cast):
    row = paid(cast, "100.00")
    give_back(cast, row, "60.00")
    with pytest.raises(ActionRefused):
        give_back(cast, row, "40.01")
    give_back(cast, row, "40.00")
    found = queries.balance(cast.course("ada"))
    assert (found.paid, found.refunded, found.due) == (100, 100, 0)
    row.refresh_from_db()
    assert row.amount == 100


def test_a_refund_is_not_given_back_again_and_says_why(cast):
    row = paid(cast, "100.00")
    back = give_back(cast, row, "60.00")
    for bad in (lambda: give_back(cast, back, "1.00"), lambda: give_back(cast, row, "1.00", reason=" ")):
        with pytest.raises(ActionRefused):
            bad()


def read(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_accounting_gets_every_movement_with_stable_columns(cast):
    priced(cast)
    visit = done(cast)
    bill = billed(cast, f"service:{visit.pk}")
    row = paid(cast, "100.00", reference="=HYPERLINK(1)")
    give_back(cast, row, "10.00", reason='@SUM(A1)\nGrüße, "quoted"')
    actions.void_superbill(superbill_id=bill.pk, reason="+1", by=cast.actor("front-desk"), at=NOW)
    told = read(accounting.as_csv([cast.here], since=TODAY, until=TODAY, at=NOW).text)
    assert tuple(told[0]) == accounting.COLUMNS
    assert [(one["kind"], one["amount"]) for one in told] == [
        ("superbill", "250.00"),
        ("void", "-250.00"),
        ("payment", "-100.00"),
        ("refund", "10.00"),
    ]
    assert [one["reference"] for one in told][2] == "'=HYPERLINK(1)"
    assert told[3]["reason"] == '\'@SUM(A1)\nGrüße, "quoted"'
    assert told[1]["reason"] == "'+1"
    assert not any("Ada" in value for one in told for value in one.values())


def test_accounting_gets_nothing_of_another_site_or_of_other_days(cast):
    paid(cast)
    assert read(accounting.as_csv([cast.there], since=TODAY, until=TODAY, at=NOW).text) == []
    assert (
        read(
            accounting.as_csv(
                [cast.here], since=TODAY + timedelta(days=1), until=TODAY + timedelta(days=9), at=NOW
            ).text
        )
        == []
    )


def test_accounts_add_up_without_pointing_at_whoever_forbids_passing_on(cast):
    row = paid(cast, "100.00", reference="slip 7")
    give_back(cast, row, "10.00", reason="Ada Lindqvist paid twice")
    limit(cast, "sharing", at=NOW)
    file = accounting.as_csv([cast.here], since=TODAY, until=TODAY, at=NOW)
    told = read(file.text)
    assert [one["amount"] for one in told] == ["-100.00", "10.00"]
    assert {(one["patient"], one["course"], one["reason"]) for one in told} == {("", "", "")}
    assert told[0]["reference"] == "slip 7"
    assert (
        file.asked.says
        == "1 patient left out: use for files for accounting that point at them is forbidden by the patient."
    )


@given(st.text(max_size=40))
def test_no_text_begins_as_a_formula(text):
    kept = str(accounting.safe(text))
    assert not kept.startswith(("=", "+", "@", "\t", "\r", "\n"))
    assert kept.endswith(text)
    assert not kept.startswith("-") or kept.removeprefix("-").replace(".", "", 1).isdecimal()
