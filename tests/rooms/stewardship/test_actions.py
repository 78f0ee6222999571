"""The register's acts: what they book, what they refuse, what stays open."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent
from ketacare.infusion import actions as infusion
from ketacare.stewardship import actions, queries
from ketacare.stewardship.models import Account, Container, Discrepancy, Explanation, Line, Movement
from tests.rooms.infusion import treatment
from tests.rooms.stewardship import vault
from tests.rooms.stewardship.vault import LATER, OPENED, bring_back, chair, counted, delivery, found, issued, waste

D = Decimal


def explain(cast, discrepancy, *, by="nurse", witness="prescriber", reason="Counted again with the pharmacist"):
    return actions.explain(
        discrepancy_id=discrepancy.pk, reason=reason, witness=cast.actor(witness), by=cast.actor(by), at=LATER
    )


def test_a_register_begins_with_the_opening_inventory_and_only_once(cast):
    assert not queries.is_kept(cast.here)
    row = vault.opened(cast)
    assert queries.is_kept(cast.here)
    assert not queries.is_kept(cast.there)
    assert (row.number, row.kind, vault.vault_mg(cast)) == (1, "opening", D(200))
    with pytest.raises(ActionRefused, match="register-kept"):
        vault.opened(cast)


def test_an_empty_vault_is_an_opening_inventory_too(cast):
    actions.open_register(site_id=cast.here, deliveries=[], by=cast.actor("custodian"), at=OPENED)
    assert vault.vault_mg(cast) == 0
    actions.receive(site_id=cast.here, deliveries=[delivery()], by=cast.actor("custodian"), at=LATER)
    assert vault.vault_mg(cast) == D(200)


def test_nothing_is_booked_where_no_register_is_kept(cast):
    with pytest.raises(ActionRefused, match="no-register"):
        actions.receive(site_id=cast.here, deliveries=[delivery()], by=cast.actor("custodian"), at=OPENED)
    assert vault.book(cast, "35") is None
    assert not Movement.objects.exists()


def test_draw_6_give_3_waste_1_return_2_closes(cast):
    vault.opened(cast)
    box = issued(cast, "6")
    vault.book(cast, "3")
    waste(cast, box, "1")
    bring_back(cast, box, "2")
    assert vault.chair_mg(cast) == 0
    assert vault.given_mg(cast) == D(3)
    assert vault.vault_mg(cast) == D(196)
    assert list(queries.at_chairs(cast.here)) == []
    assert vault.open_kinds(cast) == []


def test_the_millilitres_go_where_the_milligrams_go(cast):
    vault.opened(cast)
    box = issued(cast)
    for delivered in ("11.111", "22.222", "33.333"):
        vault.book(cast, delivered)
    waste(cast, box, None)
    held = queries.held(Account.objects.filter(site=cast.here))
    assert held == []  # over all accounts every container comes to nothing
    rooms = queries.held(queries.at_chair(cast.here, chair(cast)))
    assert rooms == []
    patient = queries.held(queries.at_chair(cast.here, chair(cast), "patient"))
    assert [(one.amount.mg, one.amount.ml) for one in patient] == [(D("33.333"), D("0.667"))]


def test_a_session_that_does_not_close_is_named_at_the_close_of_the_day(cast):
    vault.opened(cast)
    box = issued(cast, "6")
    vault.book(cast, "3")
    waste(cast, box, "1")
    counted(cast, found(cast, unopened=1, opened_ml="1.88"))
    (open_one,) = queries.open_discrepancies(cast.here)
    assert (open_one.kind, open_one.gap_mg) == ("not-closed", D(2))
    assert "2.000 mg are neither given, wasted nor returned" in open_one.says
    counted(cast, found(cast, unopened=1, opened_ml="1.88"))
    assert vault.open_kinds(cast) == ["not-closed"]  # asked once


def test_an_issue_takes_whole_containers_or_a_part_of_one(cast):
    vault.opened(cast)
    boxes = [one.container.pk for one in queries.vault(cast.here)]
    with pytest.raises(ActionRefused, match="one-container"):
        actions.issue(
            site_id=cast.here, chair=chair(cast), container_ids=boxes, mg=D(5), by=cast.actor("nurse"), at=LATER
        )
    actions.issue(site_id=cast.here, chair=chair(cast), container_ids=boxes, by=cast.actor("nurse"), at=LATER)
    assert (vault.vault_mg(cast), vault.chair_mg(cast)) == (D(0), D(200))


@pytest.mark.parametrize("mg", ["100.001", "0", "-1", "0.0001", "NaN"])
def test_an_issue_of_what_is_not_there_is_refused(cast, mg):
    vault.opened(cast)
    with pytest.raises(ActionRefused):
        issued(cast, mg)
    assert vault.vault_mg(cast) == D(200)


def test_expired_drug_is_not_issued_and_leaves_before_two_people(cast):
    vault.opened(cast, delivery(expires_on=date(2026, 3, 1), how_many=1))
    with pytest.raises(ActionRefused, match="expired"):
        issued(cast)
    actions.send_back(
        site_id=cast.here,
        container_id=vault.vial(cast).pk,
        reason="Expired",
        witness=cast.actor("nurse"),
        by=cast.actor("custodian"),
        at=LATER,
    )
    assert vault.vault_mg(cast) == 0
    assert vault.open_kinds(cast) == []


def test_the_last_day_of_a_lot_is_a_good_day(cast):
    vault.opened(cast, delivery(expires_on=date(2026, 3, 2)))
    issued(cast)
    assert vault.chair_mg(cast) == D(100)


def test_waste_without_a_second_person_is_recorded_and_stays_open_until_somebody_else_signs(cast):
    vault.opened(cast)
    box = issued(cast, "6")
    waste(cast, box, None, witnessed=False)
    assert vault.chair_mg(cast) == 0
    (open_one,) = queries.open_discrepancies(cast.here)
    assert open_one.kind == "unwitnessed"
    with pytest.raises(ActionRefused, match="same-person"):
        explain(cast, open_one, by="prescriber", witness="nurse")  # the nurse wasted it
    explain(cast, open_one, by="nurse", witness="prescriber")
    assert vault.open_kinds(cast) == []
    with pytest.raises(ActionRefused, match="explained"):
        explain(cast, open_one)


def test_nobody_is_their_own_second_person(cast):
    vault.opened(cast)
    box = issued(cast, "6")
    with pytest.raises(ActionRefused, match="same-person"):
        waste(cast, box, None, witness=cast.actor("nurse"))
    with pytest.raises(ActionRefused, match="not-a-witness"):
        waste(cast, box, None, witness=cast.actor("nurse", there=True))
    with pytest.raises(ActionRefused, match="not-a-witness"):
        waste(cast, box, None, witness=cast.actor("front-desk"))
    assert vault.chair_mg(cast) == D(6)


def test_the_database_itself_refuses_one_person_as_two(cast):
    vault.opened(cast)
    row = Movement.objects.get()
    nurse = cast.user("nurse")
    told = {"site": row.site, "at": LATER, "by": "staff:1", "by_name": "A nurse"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Movement.objects.create(number=2, kind="waste", by_user=nurse, witness=nurse, **told)


def test_more_than_the_register_holds_is_written_down_and_must_be_explained(cast):
    vault.opened(cast)
    box = issued(cast, "6")
    vault.book(cast, "3")
    bring_back(cast, box, "4.5")
    (open_one,) = queries.open_discrepancies(cast.here)
    assert (open_one.kind, open_one.gap_mg) == ("more-than-held", D("1.5"))
    assert vault.chair_mg(cast) == D("-1.5")


def test_a_form_sent_twice_is_done_once_and_with_other_words_refused(cast):
    vault.opened(cast)
    box = issued(cast, "6")
    first = waste(cast, box, "1", nonce="abc")
    assert waste(cast, box, "1", nonce="abc").pk == first.pk
    assert vault.chair_mg(cast) == D(5)
    assert AuditEvent.objects.filter(did="drug wasted").count() == 1
    with pytest.raises(ActionRefused, match="form-used"):
        waste(cast, box, "2", nonce="abc")
    with pytest.raises(ActionRefused, match="form-used"):
        waste(cast, box, "1", nonce="abc", by=cast.actor("prescriber"), witness=None)
    one = counted(cast, found(cast, unopened=1, opened_ml="1.88"), nonce="xyz")
    assert counted(cast, found(cast, unopened=1, opened_ml="1.88"), nonce="xyz").pk == one.pk


def test_a_count_that_differs_opens_a_discrepancy_for_its_lot_alone(cast):
    vault.opened(cast, delivery(), delivery(lot="K2", how_many=3))
    count = counted(cast, found(cast, unopened=2), found(cast, unopened=2, lot="K2"), moment="open")
    assert {one.lot: one.gap_mg for one in count.lots.all()} == {"K1": D(0), "K2": D(-100)}
    (open_one,) = queries.open_discrepancies(cast.here)
    assert (open_one.kind, open_one.gap_mg) == ("count", D(-100))
    assert "K2" in open_one.says


def test_a_lot_that_the_register_never_took_in_is_too_much_to_its_last_milligram(cast):
    vault.opened(cast)
    count = counted(cast, found(cast, unopened=2), found(cast, unopened=1, lot="KX"))
    assert {one.lot: one.gap_mg for one in count.lots.all()} == {"K1": D(0), "KX": D(100)}
    assert vault.open_kinds(cast) == ["count"]


def test_a_count_is_one_audit_event(cast):
    vault.opened(cast)
    count = counted(cast, found(cast, unopened=2))
    (event,) = AuditEvent.objects.filter(did="vault counted")
    assert event.on == f"stewardship.count:{count.pk}"


def test_two_counts_are_two_and_the_form_of_one_serves_no_other(cast):
    vault.opened(cast)
    first = counted(cast, found(cast, unopened=2), nonce="form")
    with pytest.raises(ActionRefused, match="form-used"):
        counted(cast, found(cast, unopened=1), nonce="form")
    assert counted(cast, found(cast, unopened=2)) != counted(cast, found(cast, unopened=2))
    assert (first.after_movement, first.by_name, first.note) == (1, "Harbour Nurse", "")


@pytest.mark.parametrize("wrong", [{"unopened": -1}, {"unopened": 1, "opened_ml": "-0.1"}])
def test_nobody_counts_less_than_nothing(cast, wrong):
    vault.opened(cast, delivery(), delivery(lot="K2"))
    with pytest.raises(ActionRefused, match="bad-amount"):
        counted(cast, found(cast, unopened=2), found(cast, lot="K2", **wrong))


@pytest.mark.parametrize("unopened, says", [(1, "100.000 mg missing"), (3, "100.000 mg too many")])
def test_a_gap_says_how_much_is_missing_or_too_many(cast, unopened, says):
    vault.opened(cast)
    counted(cast, found(cast, unopened=unopened), moment="open")
    (open_one,) = queries.open_discrepancies(cast.here)
    assert says in open_one.says


def test_a_session_that_still_runs_is_not_asked_about_at_the_close(cast):
    vault.opened(cast)
    issued(cast, "50")
    session = treatment.started(cast)
    rest = found(cast, unopened=1, opened_ml="1")
    counted(cast, rest)
    assert vault.open_kinds(cast) == []
    infusion.stop_treatment(
        session_id=session.pk, reason="Wishes to stop", by=cast.actor("nurse"), at=treatment.after(5)
    )
    counted(cast, rest, moment="open")
    assert vault.open_kinds(cast) == []
    counted(cast, rest)
    (open_one,) = queries.open_discrepancies(cast.here)
    assert (open_one.kind, open_one.course_id, open_one.session) == ("not-closed", cast.ada_course, 1)
    assert open_one.gap_mg == vault.chair_mg(cast) > 0


def test_half_a_count_is_none(cast):
    vault.opened(cast, delivery(), delivery(lot="K2"))
    with pytest.raises(ActionRefused, match="half-a-count"):
        counted(cast, found(cast, unopened=2))


def test_a_count_of_one_person_and_a_vial_nobody_knows_are_to_be_explained(cast):
    vault.opened(cast)
    counted(cast, found(cast, unopened=2), moment="open", witnessed=False, note="A vial without a lot")
    assert sorted(vault.open_kinds(cast)) == ["count", "unwitnessed"]


def test_a_loss_leaves_the_books_and_stays_open(cast):
    vault.opened(cast)
    told = {"site_id": cast.here, "container_id": vault.vial(cast).pk, "mg": None, "reason": "Not in the safe"}
    actions.report_loss(**told, witness=cast.actor("nurse"), by=cast.actor("custodian"), at=LATER)
    assert vault.vault_mg(cast) == D(100)
    (open_one,) = queries.open_discrepancies(cast.here)
    assert (open_one.kind, open_one.gap_mg) == ("loss", D(-100))


def test_a_movement_written_down_wrong_is_taken_back_by_a_counter_entry(cast):
    vault.opened(cast)
    wrong = actions.receive(site_id=cast.here, deliveries=[delivery(lot="K9")], by=cast.actor("custodian"), at=LATER)
    told = {"site_id": cast.here, "reason": "Typed the lot wrong", "by": cast.actor("custodian"), "at": LATER}
    actions.undo_movement(number=wrong.number, witness=cast.actor("nurse"), **told)
    assert [one.lot for one in queries.lots(cast.here)] == ["K1"]
    with pytest.raises(ActionRefused, match="undone"):
        actions.undo_movement(number=wrong.number, witness=cast.actor("nurse"), **told)
    with pytest.raises(NotAllowed):
        actions.undo_movement(number=99, **told)


def left(cast, act, place=0, **more) -> Movement:
    """A vial of the vault leaves it, before two people."""
    told = {"container_id": vault.vial(cast, place).pk, "reason": "Seen by two", "witness": cast.actor("nurse")}
    return act(site_id=cast.here, **told, by=cast.actor("custodian"), at=LATER, **more)


def last_movement() -> Movement:
    return Movement.objects.order_by("number").last()


MOVED = {
    "opening": lambda cast: None,
    "receipt": lambda cast: actions.receive(
        site_id=cast.here, deliveries=[delivery(lot="K9")], by=cast.actor("custodian"), at=LATER
    ),
    "issue": lambda cast: issued(cast, "6"),
    "return": lambda cast: bring_back(cast, issued(cast, "6"), "2"),
    "waste": lambda cast: waste(cast, issued(cast, "6"), "2"),
    "breakage": lambda cast: left(cast, actions.record_breakage, mg=D(100)),
    "expired": lambda cast: left(cast, actions.send_back),
    "loss": lambda cast: left(cast, actions.report_loss, mg=D(100)),
}


@pytest.mark.parametrize("kind", MOVED)
def test_whatever_was_moved_but_a_dose_goes_back_where_it_came_from(cast, kind):
    vault.opened(cast)
    MOVED[kind](cast)
    wrong = last_movement()
    assert wrong.kind == kind
    there = {(line.out_of.kind, line.container_id): line.amount.mg for line in wrong.lines.all()}
    told = {"reason": "Written down wrong", "witness": cast.actor("nurse"), "by": cast.actor("custodian"), "at": LATER}
    actions.undo_movement(site_id=cast.here, number=wrong.number, **told)
    back = last_movement()
    assert {(line.into.kind, line.container_id): line.amount.mg for line in back.lines.all()} == there
    assert (back.kind, back.undoes_id, back.witness_id) == ("correction", wrong.pk, cast.actor("nurse").user_id)


def test_opening_and_issue_forms_sent_twice_are_done_once(cast):
    told = {"site_id": cast.here, "by": cast.actor("custodian"), "at": OPENED, "nonce": "open"}
    first = actions.open_register(deliveries=[delivery()], **told)
    assert actions.open_register(deliveries=[delivery()], **told) == first
    with pytest.raises(ActionRefused, match="form-used"):
        actions.open_register(deliveries=[delivery(how_many=3)], **told)
    told = {"site_id": cast.here, "by": cast.actor("custodian"), "at": LATER, "nonce": "came"}
    came = actions.receive(deliveries=[delivery(lot="K2")], **told)
    assert actions.receive(deliveries=[delivery(lot="K2")], **told) == came
    told = {"site_id": cast.here, "chair": chair(cast), "by": cast.actor("nurse"), "at": LATER, "nonce": "issue"}
    box = vault.vial(cast).pk
    drawn = actions.issue(container_ids=[box], mg=D(6), **told)
    assert actions.issue(container_ids=[box], mg=D(6), **told) == drawn
    assert (vault.vault_mg(cast), vault.chair_mg(cast)) == (D(394), D(6))


def test_what_was_moved_on_or_given_is_not_taken_back(cast):
    vault.opened(cast)
    issued(cast)
    vault.book(cast, "35")
    told = {"site_id": cast.here, "reason": "Wrong", "by": cast.actor("custodian"), "at": LATER}
    with pytest.raises(ActionRefused, match="moved-on"):
        actions.undo_movement(number=2, **told)
    with pytest.raises(ActionRefused, match="not-undoable"):
        actions.undo_movement(number=3, **told)


def test_another_clinics_things_are_not_there(cast):
    vault.opened(cast)
    vault.opened(cast, there=True)
    mine, theirs = vault.vial(cast), queries.vault(cast.there)[0].container
    nurse = cast.actor("nurse")
    elsewhere = vault.Chair(course_id=cast.zoe_course, number=1)
    with pytest.raises(NotAllowed):
        actions.issue(site_id=cast.here, chair=chair(cast), container_ids=[theirs.pk], by=nurse, at=LATER)
    with pytest.raises(NotAllowed):
        actions.issue(site_id=cast.here, chair=elsewhere, container_ids=[mine.pk], by=nurse, at=LATER)
    with pytest.raises(NotAllowed):
        actions.issue(site_id=cast.there, chair=elsewhere, container_ids=[theirs.pk], by=nurse, at=LATER)
    with pytest.raises(NotAllowed):
        waste(cast, theirs, "1")
    with pytest.raises(NotAllowed):
        actions.receive(site_id=999_999, deliveries=[delivery()], by=nurse, at=LATER)


@pytest.mark.parametrize("role", ["nurse", "prescriber", "front-desk", "therapist", "quality", "administrator"])
def test_only_the_custodian_takes_stock_in(cast, role):
    with pytest.raises(NotAllowed):
        actions.open_register(site_id=cast.here, deliveries=[delivery()], by=cast.actor(role), at=OPENED)


@pytest.mark.parametrize(
    "changes",
    [
        {"how_many": 0},
        {"lot": " "},
        {"mg_per_ml": D(0)},
        {"content_mg": D("-1")},
        {"mg_per_ml": D("50.0001")},
        {"serials": ("a",)},
        {"serials": ("a", "a")},
    ],
)
def test_a_delivery_that_cannot_be_is_refused(cast, changes):
    with pytest.raises(ActionRefused, match="bad-delivery"):
        vault.opened(cast, delivery(**changes))
    assert not Container.objects.exists()


def test_containers_without_serials_are_numbered_on_and_printed_ones_never_taken_twice(cast):
    vault.opened(cast)
    by = cast.actor("custodian")
    actions.receive(site_id=cast.here, deliveries=[delivery(how_many=1)], by=by, at=LATER)
    assert [one.serial for one in Container.objects.order_by("pk")] == ["no. 1", "no. 2", "no. 3"]
    with pytest.raises(ActionRefused, match="serial-known"):
        actions.receive(site_id=cast.here, deliveries=[delivery(how_many=1, serials=("no. 2",))], by=by, at=LATER)


@pytest.mark.parametrize("model", [Movement, Line, Container, Account, Discrepancy, Explanation])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_database_changes_and_removes_nothing(cast, model, verb):
    vault.opened(cast)
    box = issued(cast, "6")
    waste(cast, box, None, witnessed=False)
    explain(cast, queries.open_discrepancies(cast.here).get())
    table = model._meta.db_table
    statement = f'UPDATE "{table}" SET id = id' if verb == "update" else f'DELETE FROM "{table}"'
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_every_movement_is_one_audit_event_with_its_patient_and_no_clinical_text(cast):
    vault.opened(cast)
    box = issued(cast, "6")
    waste(cast, box, None)
    events = AuditEvent.objects.filter(on__startswith="stewardship.movement").order_by("pk")
    assert [one.did for one in events] == ["register opened", "drug issued", "drug wasted"]
    assert [one.patients for one in events] == [[], [cast.ada], [cast.ada]]
    assert "Rest of the vial" not in str(events.values())
