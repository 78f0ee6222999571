"""What the mutants of the register showed to be unsaid: who may stand beside, what is left, and what a form says again."""

from decimal import Decimal

import pytest

from ketacare.clinic import actions as clinic
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import Qualification
from ketacare.stewardship import actions, queries
from ketacare.stewardship.models import Container, Discrepancy, Movement
from tests.rooms.stewardship import vault
from tests.rooms.stewardship.vault import LATER, book, bring_back, counted, delivery, found, issued, waste

D = Decimal


def test_a_second_person_whose_licence_has_ended_bears_nothing_out(cast):
    vault.opened(cast)
    box = issued(cast, "6")
    for row in Qualification.objects.filter(user=cast.user("prescriber")):
        by = cast.actor("quality")
        clinic.end_qualification(qualification_id=row.pk, reason="Given back", by=by, at=LATER)
    with pytest.raises(ActionRefused, match="not-qualified"):
        waste(cast, box, "1")
    assert vault.chair_mg(cast) == D(6)


def test_a_container_that_was_never_there_gets_the_answer_of_a_missing_one(cast):
    vault.opened(cast)
    box = issued(cast, "6")
    other = vault.vial(cast, 1)
    assert other.pk != box.pk
    for pk in (other.pk, 99_999):
        with pytest.raises(NotAllowed, match="register"):
            waste(cast, Container(pk=pk), "1")


def test_what_is_left_is_taken_to_its_last_part_and_then_nothing_is(cast):
    vault.opened(cast)
    box = issued(cast, "6")
    book(cast, "5.5")
    assert sum(line.amount.mg for line in bring_back(cast, box, None).lines.all()) == D("0.5")
    with pytest.raises(ActionRefused, match="nothing-there"):
        bring_back(cast, box, None)


def test_more_than_a_part_that_is_left_is_told_to_its_last_part(cast):
    vault.opened(cast)
    box = issued(cast, "6")
    book(cast, "5.5")
    row = waste(cast, box, "2")
    (gap,) = Discrepancy.objects.filter(kind="more-than-held")
    assert (gap.gap_mg, gap.movement_id, gap.course_id, gap.session) == (D("1.5"), row.pk, cast.ada_course, 1)


def test_a_correction_stands_where_its_movement_stood(cast):
    vault.opened(cast)
    issued(cast, "6")
    wrong = Movement.objects.get(kind="issue")
    told = {"site_id": cast.here, "reason": "Another chair", "by": cast.actor("custodian"), "at": LATER}
    back = actions.undo_movement(number=wrong.number, witness=cast.actor("nurse"), **told)
    assert (back.course_id, back.session) == (cast.ada_course, 1)
    came = actions.receive(site_id=cast.here, deliveries=[delivery(lot="K9")], by=cast.actor("custodian"), at=LATER)
    back = actions.undo_movement(number=came.number, witness=cast.actor("nurse"), **told)
    assert (back.course_id, back.session) == (None, None)


def test_a_form_about_a_chair_is_not_the_same_form_about_the_vault(cast):
    vault.opened(cast)
    box = issued(cast, "6")
    waste(cast, box, "1", nonce="abc")
    with pytest.raises(ActionRefused, match="form-used"):
        waste(cast, box, "1", nonce="abc", chair=None)


def test_a_loss_that_is_told_twice_is_one_open_discrepancy(cast):
    vault.opened(cast)
    told = {"site_id": cast.here, "container_id": vault.vial(cast).pk, "mg": None, "reason": "Not in the safe"}
    for _ in range(2):
        actions.report_loss(**told, witness=cast.actor("nurse"), by=cast.actor("custodian"), at=LATER, nonce="gone")
    assert vault.open_kinds(cast) == ["loss"]
    assert queries.open_discrepancies(cast.here)[0].gap_mg == D(-100)


@pytest.mark.parametrize(("lot", "named"), [("K7", "K7: "), ("", "Delivery: ")])
def test_a_delivery_that_cannot_be_is_named_by_its_lot(cast, lot, named):
    vault.opened(cast)
    wrong = delivery(lot=lot, how_many=0)
    with pytest.raises(ActionRefused) as refused:
        actions.receive(site_id=cast.here, deliveries=[wrong], by=cast.actor("custodian"), at=LATER)
    assert all(reason.text.startswith(named) for reason in refused.value.reasons)


def test_printed_serials_are_kept_as_they_are_printed(cast):
    vault.opened(cast)
    came = delivery(lot="K8", how_many=2, serials=("A-17", "A-18"))
    actions.receive(site_id=cast.here, deliveries=[came], by=cast.actor("custodian"), at=LATER)
    assert set(Container.objects.filter(lot="K8").values_list("serial", flat=True)) == {"A-17", "A-18"}


def test_whoever_counted_alone_is_not_the_second_person_of_that_count(cast):
    vault.opened(cast)
    counted(cast, found(cast, unopened=2), moment="open", witnessed=False)
    (alone,) = queries.open_discrepancies(cast.here)
    told = {"discrepancy_id": alone.pk, "reason": "Counted again together", "at": LATER}
    with pytest.raises(ActionRefused, match="same-person"):
        actions.explain(witness=cast.actor("nurse"), by=cast.actor("custodian"), **told)
    actions.explain(witness=cast.actor("custodian"), by=cast.actor("nurse"), **told)
    assert vault.open_kinds(cast) == []
