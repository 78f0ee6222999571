"""Who may explain what does not add up, what a count leaves behind, and what its refusals say."""

from decimal import Decimal

import pytest

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent
from ketacare.record.models import Treatment
from ketacare.stewardship import actions, queries
from ketacare.stewardship.models import Explanation
from tests.rooms.stewardship import vault
from tests.rooms.stewardship.vault import LATER, chair, counted, found, issued, waste

D = Decimal


def explain(cast, pk, *, by="nurse", witness="prescriber", there=False):
    seen = cast.actor(witness, there=there) if witness else None
    reason = "Counted again with the pharmacist"
    return actions.explain(discrepancy_id=pk, witness=seen, reason=reason, by=cast.actor(by, there=there), at=LATER)


@pytest.fixture
def gap(cast):
    """A nurse and the custodian found a vial too few."""
    vault.opened(cast)
    counted(cast, found(cast, unopened=1), moment="open")
    (open_one,) = queries.open_discrepancies(cast.here)
    return open_one


def test_a_discrepancy_that_is_missing_or_another_clinics_gets_one_answer(cast, gap):
    for there, pk in ((False, gap.pk + 999), (True, gap.pk)):
        with pytest.raises(NotAllowed, match=r"register\.explain"):
            explain(cast, pk, there=there)
    assert not Explanation.objects.exists()


def test_who_keeps_no_drug_explains_nothing(cast, gap):
    with pytest.raises(NotAllowed):
        explain(cast, gap.pk, by="front-desk")


def test_one_person_alone_explains_nothing(cast, gap):
    with pytest.raises(ActionRefused, match="two-people"):
        explain(cast, gap.pk, witness=None)
    assert vault.open_kinds(cast) == ["count"]


def test_an_explanation_names_both_and_is_one_audit_event(cast, gap):
    row = explain(cast, gap.pk)
    (event,) = AuditEvent.objects.filter(did="discrepancy explained")
    assert event.on == f"stewardship.discrepancy:{gap.pk}"
    assert event.details == {"witness": cast.actor("prescriber").user_id}
    assert (row.by_user_id, row.witness_id) == (cast.actor("nurse").user_id, cast.actor("prescriber").user_id)
    assert vault.open_kinds(cast) == []


def test_whoever_counted_may_bear_out_what_a_gap_was(cast, gap):
    explain(cast, gap.pk, by="custodian", witness="nurse")  # the nurse counted, beside another: nobody acted alone
    assert vault.open_kinds(cast) == []


def test_whoever_wasted_alone_is_not_the_second_person_of_it(cast):
    vault.opened(cast)
    waste(cast, issued(cast, "6"), None, witnessed=False)
    (open_one,) = queries.open_discrepancies(cast.here)
    with pytest.raises(ActionRefused, match="same-person"):
        explain(cast, open_one.pk, by="custodian", witness="nurse")
    explain(cast, open_one.pk, by="nurse", witness="custodian")
    assert vault.open_kinds(cast) == []


def test_an_issue_of_nothing_is_none(cast):
    vault.opened(cast)
    with pytest.raises(ActionRefused, match="one-container"):
        actions.issue(site_id=cast.here, chair=chair(cast), container_ids=[], by=cast.actor("nurse"), at=LATER)


@pytest.mark.parametrize(("first", "holds"), [(None, "holds 0 mg"), ("40", "holds 60.000 mg")])
def test_a_refused_issue_says_what_is_there(cast, first, holds):
    vault.opened(cast)
    box = issued(cast, first)
    told = {"site_id": cast.here, "chair": chair(cast), "container_ids": [box.pk], "mg": D(70)}
    with pytest.raises(ActionRefused) as refused:
        actions.issue(**told, by=cast.actor("nurse"), at=LATER)
    assert holds.removesuffix(" mg") in refused.value.reasons[0].text


def test_a_delivery_of_nothing_is_none(cast):
    vault.opened(cast)
    with pytest.raises(ActionRefused, match="nothing-came"):
        actions.receive(site_id=cast.here, deliveries=[], by=cast.actor("custodian"), at=LATER)


def test_a_delivery_form_sent_twice_is_one_delivery_and_serves_no_other(cast):
    vault.opened(cast)
    told = {"site_id": cast.here, "by": cast.actor("custodian"), "at": LATER, "nonce": "form"}
    first = actions.receive(deliveries=[vault.delivery(how_many=1)], reason="Invoice 7", **told)
    assert actions.receive(deliveries=[vault.delivery(how_many=1)], reason="Invoice 7", **told) == first
    with pytest.raises(ActionRefused, match="form-used"):
        actions.receive(deliveries=[vault.delivery(how_many=1)], reason="Invoice 8", **told)
    assert (vault.vault_mg(cast), first.reason) == (D(300), "Invoice 7")


def test_a_movement_that_is_missing_or_another_clinics_gets_one_answer(cast):
    vault.opened(cast)
    vault.opened(cast, there=True)
    with pytest.raises(NotAllowed, match=r"register\.stock"):
        undone(cast, 99)
    with pytest.raises(NotAllowed):
        actions.undo_movement(site_id=cast.there, number=1, reason="Wrong lot", by=cast.actor("custodian"), at=LATER)


def test_what_was_taken_back_is_told_once_in_the_audit_and_never_taken_back_again(cast):
    wrong = vault.opened(cast)
    row = undone(cast, wrong.number)
    (event,) = AuditEvent.objects.filter(did="movement undone")
    assert (event.on, event.details) == (f"stewardship.movement:{row.pk}", {"undoes": wrong.pk})
    with pytest.raises(ActionRefused, match="undone") as refused:
        undone(cast, wrong.number)
    assert refused.value.reasons[0].text == f"No. {wrong.number} was taken back already."
    with pytest.raises(ActionRefused, match="no-reason"):
        undone(cast, wrong.number, reason=" ")


def undone(cast, number, *, reason="Wrong lot"):
    seen = {"witness": cast.actor("prescriber"), "by": cast.actor("custodian"), "at": LATER}
    return actions.undo_movement(site_id=cast.here, number=number, reason=reason, **seen)


def test_a_loss_says_how_much_is_gone(cast):
    vault.opened(cast)
    row = actions.report_loss(
        site_id=cast.here,
        container_id=vault.vial(cast).pk,
        mg=D("2.5"),
        reason="Not on its shelf",
        witness=cast.actor("nurse"),
        by=cast.actor("custodian"),
        at=LATER,
    )
    (open_one,) = queries.open_discrepancies(cast.here)
    assert (open_one.kind, open_one.movement, open_one.gap_mg) == ("loss", row, D("-2.5"))
    assert open_one.says == "2.500 mg are gone: Not on its shelf"


def test_what_a_count_found_is_kept_to_the_microgram(cast):
    vault.opened(cast)
    count = counted(cast, found(cast, unopened=1, opened_ml="0.375"), moment="open")
    (lot,) = count.lots.all()
    assert (lot.strength_ug_per_ml, lot.content_ug, lot.opened_ul) == (50_000, 100_000, 375)
    assert (lot.counted_ug, lot.expected_ug, lot.expires_on) == (118_750, 200_000, vault.delivery().expires_on)


def test_no_vial_at_all_is_a_count_too_and_its_gap_points_to_it(cast):
    vault.opened(cast)
    count = counted(cast, found(cast, unopened=0), moment="open")
    (open_one,) = queries.open_discrepancies(cast.here)
    assert (open_one.count, open_one.counted, open_one.gap_mg) == (count, count.lots.get(), D(-200))


def test_half_a_milligram_too_many_is_too_many(cast):
    vault.opened(cast)
    counted(cast, found(cast, unopened=2, opened_ml="0.01"), moment="open")
    (open_one,) = queries.open_discrepancies(cast.here)
    assert "0.500 mg too many" in open_one.says


def test_what_a_close_asks_about_points_to_its_count(cast):
    vault.opened(cast)
    issued(cast, "6")
    count = counted(cast, found(cast, unopened=1, opened_ml="1.88"))
    (open_one,) = queries.open_discrepancies(cast.here)
    assert (open_one.kind, open_one.count) == ("not-closed", count)


def test_a_session_on_paper_that_never_began_is_asked_about_at_the_close(cast):
    vault.opened(cast)
    issued(cast, "6")
    Treatment.objects.create(course=cast.course("ada"), number=1, route="iv_ketamine")
    counted(cast, found(cast, unopened=1, opened_ml="1.88"))
    assert vault.open_kinds(cast) == ["not-closed"]


def test_where_the_law_lets_one_person_count_one_may(cast, monkeypatch):
    vault.opened(cast)
    law = queries.law_of(cast.course("ada").site)
    alone = law.model_copy(update={"second_person": law.second_person.model_copy(update={"acts": ()})})
    monkeypatch.setattr(queries, "law_of", lambda site: alone)
    counted(cast, found(cast, unopened=2), moment="open", witnessed=False)
    assert vault.open_kinds(cast) == []
