"""Prices: from a day on, never for one that is past, in the money of the site."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from ketacare.billing import actions, queries
from ketacare.billing.models import Price
from ketacare.billing.values import Identity, NewCode, NewPrice
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Site
from tests.cast import NOW

TODAY = date(2026, 3, 2)
IV = "session.iv_ketamine"
IDENTITY = Identity(legal_name="Harbour Clinic Ltd", address="1 Quay", npi="1234567893", tin="12-3456789")


@pytest.fixture
def harbour(cast):
    return Site.objects.get(pk=cast.here)


def set_price(cast, amount, *, on=TODAY, item=IV, at=NOW, detail="", role="administrator"):
    value = None if amount is None else Decimal(amount)
    price = NewPrice(item=item, detail=detail, amount=value, effective_on=on)
    return actions.set_price(site_id=cast.here, price=price, by=cast.actor(role), at=at)


def on_day(site, day):
    return {line.item: line.amount for line in queries.price_list(site, on=day)}


def test_a_price_holds_from_its_day_until_the_next_one_and_the_past_keeps_its_own(cast, harbour):
    set_price(cast, "450.00")
    set_price(cast, "480.00", on=date(2026, 5, 1))
    assert on_day(harbour, date(2026, 3, 1)) == {}
    assert on_day(harbour, TODAY) == {IV: 450}
    assert on_day(harbour, date(2026, 4, 30)) == {IV: 450}
    assert on_day(harbour, date(2026, 5, 1)) == {IV: 480}
    assert AuditEvent.objects.filter(did="price set").count() == 2


def test_a_price_of_a_day_that_is_past_or_of_today_is_never_changed(cast, harbour):
    set_price(cast, "450.00")
    for day in (TODAY - timedelta(days=1), TODAY):
        with pytest.raises(ActionRefused):
            set_price(cast, "500.00", on=day)
    assert on_day(harbour, TODAY) == {IV: 450}


def test_a_price_of_a_day_to_come_may_be_said_again_and_the_last_word_counts(cast, harbour):
    for amount in ("480.00", "470.00"):
        set_price(cast, amount, on=date(2026, 5, 1))
    assert on_day(harbour, date(2026, 5, 1)) == {IV: 470}
    assert [row.amount for row in queries.prices_to_come(harbour, after=TODAY)] == [470]


def test_what_is_not_offered_any_more_leaves_the_list(cast, harbour):
    set_price(cast, "450.00")
    set_price(cast, None, on=date(2026, 5, 1))
    assert on_day(harbour, date(2026, 5, 1)) == {}


def test_the_database_itself_refuses_a_price_for_a_day_that_is_past(cast, harbour):
    row = set_price(cast, "450.00")
    row.pk, row.revision, row.effective_on = None, 9, TODAY - timedelta(days=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Price.objects.bulk_create([row])


@pytest.mark.parametrize("amount", ["-1", "450.005", "NaN", "Infinity"])
def test_a_price_is_exact_in_the_money_of_the_site(cast, amount):
    with pytest.raises(ActionRefused):
        set_price(cast, amount)


def test_an_item_that_the_catalogue_does_not_know_has_no_price(cast):
    for item, detail in (("gold", ""), ("medicine", ""), (IV, "blue")):
        with pytest.raises(ActionRefused):
            set_price(cast, "1", item=item, detail=detail)


def test_only_an_administrator_sets_prices(cast):
    for role in ("front-desk", "nurse", "prescriber"):
        with pytest.raises(NotAllowed):
            set_price(cast, "450.00", role=role)


def test_two_medicines_are_two_lines(cast, harbour):
    set_price(cast, "4.00", item="medicine", detail="ondansetron 4 mg")
    set_price(cast, "2.00", item="medicine", detail="clonidine 0.1 mg")
    assert [line.detail for line in queries.price_list(harbour, on=TODAY)] == ["clonidine 0.1 mg", "ondansetron 4 mg"]


def test_a_wrong_check_digit_is_no_npi(cast):
    for wrong in (replace(IDENTITY, npi="1234567890"), replace(IDENTITY, tin="123")):
        with pytest.raises(ActionRefused):
            actions.set_identity(site_id=cast.here, identity=wrong, by=cast.actor("administrator"), at=NOW)
    row = actions.set_identity(site_id=cast.here, identity=IDENTITY, by=cast.actor("administrator"), at=NOW)
    assert row.npi == "1234567893"


def test_a_code_of_the_site_counts_on_its_days_only(cast, harbour):
    set_price(cast, "450.00")
    told = NewCode(
        about=IV,
        system="other",
        code="HB-1",
        says="Infusion",
        valid_from=date(2026, 4, 1),
        valid_until=date(2026, 4, 30),
        source="Contract of 2026, page 3",
    )
    actions.set_code(site_id=cast.here, code=told, by=cast.actor("administrator"), at=NOW)
    codes = [queries.price_list(harbour, on=day)[0].codes for day in (TODAY, date(2026, 4, 1), date(2026, 5, 1))]
    assert codes == [("96365",), ("HB-1",), ("96365",)]


def test_a_code_without_a_source_is_refused(cast):
    told = NewCode(about=IV, system="CPT", code="1", says="", valid_from=TODAY, valid_until=None, source=" ")
    with pytest.raises(ActionRefused):
        actions.set_code(site_id=cast.here, code=told, by=cast.actor("administrator"), at=NOW)


def test_a_sliding_scale_is_the_sites_own_table(cast, harbour):
    by = cast.actor("administrator")
    table = [("Over twice the threshold", Decimal(0)), ("Under the threshold", Decimal(40))]
    actions.set_sliding_scale(site_id=cast.here, brackets=table, effective_on=TODAY, by=by, at=NOW)
    assert queries.sliding_scale(harbour, on=TODAY).brackets == [
        ["Over twice the threshold", "0"],
        ["Under the threshold", "40"],
    ]
    for bad in ([("A", Decimal(101))], [("A", Decimal(1)), ("A", Decimal(2))]):
        with pytest.raises(ActionRefused):
            actions.set_sliding_scale(site_id=cast.here, brackets=bad, effective_on=TODAY, by=by, at=NOW)
