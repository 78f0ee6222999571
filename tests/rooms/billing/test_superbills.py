"""Superbills: from what happened, each thing once, and nothing twice that a code pays for already."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from ketacare.billing import actions, happened, queries, superbilling
from ketacare.billing.models import Billed
from ketacare.billing.values import NewPrice
from ketacare.clinic.errors import ActionRefused
from ketacare.infusion import actions as infusion
from tests.cast import NOW
from tests.rooms import steps
from tests.rooms.billing.paying import IV, TODAY, billed, done, estimated, paid, priced, went_home
from tests.rooms.infusion import spray, treatment

LATER = treatment.START + timedelta(days=1)
ON = date(2026, 3, 4)


@pytest.fixture
def infused(cast):
    """Ada, infused and gone home."""
    priced(cast)
    went_home(cast)
    return cast


@pytest.fixture
def sprayed(cast):
    """Ada at the other site, after 56 mg of esketamine."""
    people = spray.there(cast)
    priced(people)
    spray.discharged(people)
    return people


def waiting(cast, at=LATER):
    return {one.what: one for one in happened.unbilled(cast.course("ada"), at=at)}


def bill_all(cast, at=LATER):
    return billed(cast, *waiting(cast, at), at=at)


def test_a_session_is_billed_by_its_timeline_and_not_by_its_order(infused):
    told = bill_all(infused).document
    drug = told["drugs"][0]
    assert drug["given_mg"] == "35"
    assert drug["route"] == "into a vein"
    assert drug["wasted_mg"] == ""  # the site keeps no register: not known, never nought
    assert "off-label" in drug["approval"]
    lines = {line["item"]: line for line in told["lines"]}
    assert lines[IV]["amount"] == "450.00"
    assert lines[IV]["codes"] == ["96365"]
    assert lines["ketamine_supply"]["codes"] == ["J3490"]
    assert told["total"] == "459.50"


def test_a_session_stopped_early_is_billed_by_what_was_given(cast):
    priced(cast)
    told = {
        part.item: part
        for part in happened.session_parts(
            happened.Given(route="iv_ketamine", on=ON, minutes=Decimal(10), given_mg=Decimal(9))
        )
    }
    assert told[IV].codes == ()
    assert "9 mg in 10 min" in told[IV].why


def test_a_pause_is_not_billed(cast):
    priced(cast)
    session = treatment.started(cast)
    nurse = cast.actor("nurse")
    infusion.pause(session_id=session.pk, by=nurse, at=treatment.after(10))
    treatment.read(cast, session, treatment.after(19), **treatment.QUIET)
    infusion.resume(session_id=session.pk, by=nurse, at=treatment.after(20))
    session = infusion.end_infusion(session_id=session.pk, by=nurse, at=treatment.after(50))
    assert happened.given_in(session, at=LATER).minutes == 40


def test_an_appointment_that_nobody_came_to_is_billed_where_that_has_a_price(cast):
    session = treatment.planned(cast)
    infusion.mark_missed(session_id=session.pk, by=cast.actor("front-desk"), at=LATER)
    assert waiting(cast) == {}
    priced(cast)
    assert [(part.item, part.why) for part in waiting(cast)[f"session:{session.pk}"].parts] == [
        ("missed_appointment", "session 1 was missed")
    ]
    assert bill_all(cast).document["lines"][0]["codes"] == []


def test_what_is_planned_or_under_way_is_not_billed(cast):
    priced(cast)
    treatment.started(cast)
    assert waiting(cast) == {}


def test_each_thing_is_on_one_superbill_that_counts(infused):
    row = bill_all(infused)
    assert waiting(infused) == {}
    with pytest.raises(ActionRefused):
        billed(infused, *[one.what for one in row.billed.all()], at=LATER)
    with pytest.raises(IntegrityError), transaction.atomic():
        Billed.objects.bulk_create([Billed(superbill=row, what=row.billed.get().what, attempt=0)])


def test_a_superbill_that_is_void_stays_readable_and_its_session_may_be_billed_again(infused):
    first = bill_all(infused)
    desk = infused.actor("front-desk")
    actions.void_superbill(superbill_id=first.pk, reason="Wrong diagnosis", by=desk, at=LATER)
    assert not queries.superbills_of(infused.patient("ada"))
    second = bill_all(infused)
    assert list(queries.superbills_of(infused.patient("ada"))) == [second]
    assert second.number == first.number + 1
    with pytest.raises(ActionRefused):
        actions.void_superbill(superbill_id=first.pk, reason="Again", by=desk, at=LATER)


def test_a_bundling_code_strikes_the_visit_of_the_same_day(sprayed):
    done(sprayed, "follow_up", on=ON, at=LATER, code="99213")
    done(sprayed, "follow_up", on=ON - timedelta(days=1), at=LATER)
    told = bill_all(sprayed).document
    assert [(line["item"], line["on"]) for line in told["lines"]] == [
        ("follow_up", "2026-03-03"),
        ("session.in_esketamine.low", "2026-03-04"),
    ]
    assert [line["codes"] for line in told["lines"]] == [[], ["G2082"]]
    assert [(one["on"], one["why"]) for one in told["struck"]] == [("2026-03-04", "paid for by G2082 of the same day")]


def test_a_bundling_code_of_an_earlier_superbill_strikes_too(sprayed):
    bill_all(sprayed)
    done(sprayed, "evaluation", on=ON, at=LATER)
    later = bill_all(sprayed)
    assert later.document["lines"] == []
    assert later.total == 0


def test_a_visit_that_is_billed_already_stands_against_the_bundling_code(sprayed):
    visit = done(sprayed, "follow_up", on=ON, at=LATER)
    first = billed(sprayed, f"service:{visit.pk}", at=LATER)
    with pytest.raises(ActionRefused) as caught:
        bill_all(sprayed)
    assert f"superbill {first.number}" in caught.value.reasons[0].text


def test_without_the_bundle_the_drug_is_billed_by_mg(cast):
    people = spray.there(cast)
    priced(people, bundles=False)
    spray.discharged(people)
    lines = {line["item"]: line for line in bill_all(people).document["lines"]}
    assert lines["session.in_esketamine.low"]["codes"] == []
    assert (lines["esketamine_supply"]["units"], lines["esketamine_supply"]["codes"]) == ("56", ["J0013"])
    assert lines["esketamine_supply"]["amount"] == "448.00"


def test_a_price_that_the_day_did_not_have_is_never_made_up(cast):
    visit = done(cast)
    with pytest.raises(ActionRefused) as caught:
        billed(cast, f"service:{visit.pk}")
    assert "no price" in caught.value.reasons[0].text


def test_what_was_done_is_billed_at_the_price_of_its_day(cast):
    priced(cast)
    raised = NewPrice(item="evaluation", amount=Decimal(300), effective_on=date(2026, 3, 10))
    actions.set_price(site_id=cast.here, price=raised, by=cast.actor("administrator"), at=NOW)
    later = NOW + timedelta(days=20)
    done(cast, on=date(2026, 3, 9), at=later)
    done(cast, on=date(2026, 3, 10), at=later)
    assert [line["amount"] for line in bill_all(cast, later).document["lines"]] == ["250.00", "300.00"]


@pytest.mark.parametrize(
    ("item", "more"),
    [
        (IV, {}),
        ("gold", {}),
        ("medicine", {}),
        ("evaluation", {"on": TODAY + timedelta(days=1)}),
        ("evaluation", {"code": "99999"}),
        ("evaluation", {"code": "99213"}),  # of a known patient
        ("evaluation", {"units": Decimal(0)}),
    ],
)
def test_a_service_that_cannot_be_is_refused(cast, item, more):
    with pytest.raises(ActionRefused):
        done(cast, item, **more)


def test_the_difference_is_explained_line_by_line_and_sums_up(cast):
    people = steps.at_the_other_site(cast)
    priced(people)
    estimated(people, given=True, counts=(("evaluation", Decimal(1)), ("therapy_visit", Decimal(1))))
    for item in ("evaluation", "therapy_visit", "therapy_visit", "follow_up", "follow_up"):
        done(people, item)
    bill_all(people, NOW)
    found = superbilling.difference(people.course("ada"))
    assert {gap.item: (gap.over, gap.why) for gap in found.gaps} == {
        "evaluation": (0, "as estimated"),
        "therapy_visit": (160, "2 instead of 1"),
        "follow_up": (240, "was not on the estimate"),
    }
    assert found.over == 400
    assert "dispute" in found.dispute


def test_under_400_dollars_above_and_in_another_country_nothing_is_disputed(cast):
    priced(cast)
    estimated(cast, given=True, counts=(("evaluation", Decimal(1)),))
    for _ in range(6):
        done(cast, "follow_up")
    bill_all(cast, NOW)
    found = superbilling.difference(cast.course("ada"))
    assert found.over == 470
    assert found.dispute == ""


def test_an_estimate_that_nobody_was_given_is_held_against_nobody(cast):
    priced(cast)
    estimated(cast)
    assert superbilling.difference(cast.course("ada")) is None


def test_the_account_is_what_was_billed_less_what_was_paid(cast):
    priced(cast)
    done(cast)
    bill_all(cast, NOW)
    paid(cast, "200.00", reference="R-77")
    assert queries.balance(cast.course("ada")).due == Decimal("50.00")
