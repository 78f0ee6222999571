from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, DecisionRecord, Role
from ketacare.clinic.permissions import PERMISSIONS
from ketacare.planning import actions
from ketacare.planning.models import ORDER_TRANSITIONS, Order, OrderEvent
from ketacare.planning.queries import live_order, order_view, orders_to_second_sign, orders_to_sign, signed_order
from ketacare.planning.values import EarlierDoses, PlanInput, VialCheck
from tests.cast import NOW
from tests.rooms.evaluation import answers
from tests.rooms.steps import FIRST_ON, SIGNED, consented, draft, ordered, planned, treated, weigh

START = datetime.combine(FIRST_ON, NOW.time(), tzinfo=NOW.tzinfo)


@pytest.fixture
def ready(cast):
    """The cast with Ada planned: 70 kg, 170 cm."""
    planned(cast)
    return cast


def sign(cast, order, *, by="prescriber", at=SIGNED, **acknowledged):
    told = {rule.replace("_", "-"): reason for rule, reason in acknowledged.items()}
    return actions.sign_order(order_id=order.pk, by=cast.actor(by), at=at, acknowledged=told)


def use(cast, order, *, at=START, by="nurse", computed_by="therapist", label_matches=True, **acknowledged):
    vial = VialCheck(computed_by=cast.staff[computed_by] if computed_by else None, label_matches=label_matches)
    told = {rule.replace("_", "-"): reason for rule, reason in acknowledged.items()}
    return actions.use_order(order_id=order.pk, vial=vial, by=cast.actor(by), at=at, acknowledged=told)


def rules_of(refused) -> set[str]:
    return {reason.rule for reason in refused.value.reasons}


def test_an_order_keeps_every_amount_that_belongs_together(ready):
    order = draft(ready)
    assert (order.weight_kg, order.dosing_weight_kg, order.weight_basis) == (Decimal(70), Decimal(70), "actual")
    assert (order.dose_mg, order.dose_mg_per_kg) == (Decimal(35), Decimal("0.5"))
    assert (order.concentration_mg_ml, order.volume_ml) == (Decimal(50), Decimal("0.7"))
    assert (order.diluted_to_ml, order.duration_min, order.rate_ml_h) == (Decimal(50), Decimal(40), Decimal(75))
    shown = order_view(Order.objects.get(pk=order.pk)).shown
    assert {"mg_per_kg", "mg", "mg_per_ml", "ml", "ml_per_h"} <= shown.keys()


def test_the_dose_is_exact_where_binary_fractions_are_not(cast):
    planned(cast, kg="71.3")
    assert Order.objects.get(pk=draft(cast).pk).dose_mg == Decimal("35.65")


def test_a_heavy_patient_is_dosed_by_the_ideal_weight(cast):
    planned(cast, kg="122")
    order = draft(cast)
    assert order.weight_basis == "ideal"
    assert order.dosing_weight_kg < order.weight_kg
    assert order.dose_mg == order.dosing_weight_kg * Decimal("0.5")


def test_a_signed_order_may_be_used(ready):
    order = draft(ready)
    assert signed_order(ready.course("ada"), 1) is None
    sign(ready, order)
    assert signed_order(ready.course("ada"), 1) == order
    assert order_view(signed_order(ready.course("ada"), 1)).is_ready


def test_a_signature_keeps_what_the_checks_found_and_rested_on(ready):
    order = sign(ready, draft(ready))
    decision = DecisionRecord.objects.get(book_id="order_checks")
    assert (decision.result, decision.decided, decision.decided_by_id) == (
        "accept",
        "signed",
        ready.staff["prescriber"],
    )
    assert decision.facts["order.mg_per_kg"]["value"] == 0.5
    assert decision.facts["order.double_check"]["source"] == "asked again when the order is used"
    assert decision.details["order"] == order.pk


@pytest.mark.parametrize("slip", [Decimal("5"), Decimal("0.05")])
def test_a_tenfold_slip_is_refused(ready, slip):
    order = draft(ready, dose_mg_per_kg=slip, concentration_mg_ml=Decimal(100), diluted_to_ml=Decimal(50))
    with pytest.raises(ActionRefused) as refused:
        sign(ready, order)
    assert "DOSE-11" in rules_of(refused)
    assert signed_order(ready.course("ada"), 1) is None
    assert not OrderEvent.objects.exists()


def test_a_refusal_lists_every_reason_with_who_can_settle_it(ready):
    order = draft(ready, dose_mg_per_kg=Decimal("1.5"), duration_min=Decimal(20), diluted_to_ml=None)
    with pytest.raises(ActionRefused) as refused:
        sign(ready, order)
    assert {"DOSE-01", "DOSE-03", "DOSE-05"} <= rules_of(refused)
    assert all(reason.who for reason in refused.value.reasons)
    assert not DecisionRecord.objects.filter(book_id="order_checks").exists()


def test_an_unknown_medicine_list_is_never_a_pass(ready):
    answers.answer(ready, at=SIGNED, meds__classes=None)
    with pytest.raises(ActionRefused, match=r"Not known: .*Classes of medicine") as refused:
        sign(ready, draft(ready))
    assert "DOSE-04" in rules_of(refused)


def test_a_medicine_list_that_is_too_old_is_unknown_again(ready):
    later = NOW + timedelta(days=31)
    weigh(ready, "70", at=later)
    with pytest.raises(ActionRefused, match=r"Not known: .*Classes of medicine"):
        sign(ready, draft(ready, at=later), at=later)


def test_whether_ketamine_was_given_elsewhere_must_be_answered(ready):
    order = draft(ready, earlier=EarlierDoses(had_elsewhere=None))
    with pytest.raises(ActionRefused, match="has earlier session"):
        sign(ready, order)


def test_a_dose_elsewhere_the_day_before_is_too_soon(ready):
    order = draft(
        ready, earlier=EarlierDoses(had_elsewhere=True, last_elsewhere_on=FIRST_ON - timedelta(days=1)), at=START
    )
    with pytest.raises(ActionRefused) as refused:
        sign(ready, order, at=START)
    assert "DOSE-09" in rules_of(refused)


def test_a_warning_is_acknowledged_with_a_reason_or_the_order_is_not_signed(ready):
    order = draft(ready, duration_min=Decimal(35))
    for acknowledged in ({}, {"DOSE_19": " "}):
        with pytest.raises(ActionRefused, match="Acknowledge") as refused:
            sign(ready, order, **acknowledged)
        assert rules_of(refused) == {"DOSE-19"}
    sign(ready, order, DOSE_19="The last slot of the day is short")
    assert "short" in DecisionRecord.objects.get(book_id="order_checks").reason


def test_a_weight_that_changed_by_more_than_ten_percent_asks(cast):
    planned(cast)
    weigh(cast, "77.1", at=SIGNED, height_cm=None)
    order = draft(cast, at=SIGNED)
    assert order.weight_before_kg == Decimal(70)
    with pytest.raises(ActionRefused) as refused:
        sign(cast, order)
    assert rules_of(refused) == {"DOSE-22"}
    sign(cast, order, DOSE_22="Weighed twice, kilograms")


@pytest.mark.parametrize("kg, confirmed", [("77", False), ("77.1", True)])
def test_a_weight_within_ten_percent_or_confirmed_does_not_ask(cast, kg, confirmed):
    planned(cast)
    weigh(cast, kg, at=SIGNED, height_cm=None)
    assert sign(cast, draft(cast, weight_change_confirmed=confirmed))


def test_a_weight_measured_after_the_draft_asks_too(ready):
    order = draft(ready)
    weigh(ready, "78", at=SIGNED + timedelta(hours=1), height_cm=None)
    with pytest.raises(ActionRefused) as refused:
        sign(ready, order, at=SIGNED + timedelta(hours=2))
    assert rules_of(refused) == {"DOSE-22"}


def test_an_old_weight_is_refused(ready):
    order = draft(ready)
    with pytest.raises(ActionRefused) as refused:
        sign(ready, order, at=NOW + timedelta(days=31))
    assert "DOSE-17" in rules_of(refused)


def test_what_needs_two_prescribers_waits_for_a_second_different_one(ready):
    order = sign(ready, draft(ready, dose_mg_per_kg=Decimal("0.6")))
    course = ready.course("ada")
    assert signed_order(course, 1) is None
    assert list(orders_to_second_sign([ready.here])) == [order]
    with pytest.raises(ActionRefused, match="another person"):
        actions.second_sign_order(order_id=order.pk, by=ready.actor("prescriber"), at=SIGNED)
    actions.second_sign_order(order_id=order.pk, by=ready.actor("second-prescriber"), at=SIGNED)
    assert signed_order(course, 1) == order
    assert list(orders_to_second_sign([ready.here])) == []
    assert DecisionRecord.objects.filter(second_by=ready.user("second-prescriber")).count() == 1


def test_an_order_half_signed_is_not_used(ready):
    order = sign(ready, draft(ready, dose_mg_per_kg=Decimal("0.6")))
    with pytest.raises(ActionRefused, match="second, different prescriber"):
        use(ready, order)


def test_an_order_is_used_once_with_a_second_person_at_the_vial(ready):
    order = sign(ready, draft(ready))
    use(ready, order)
    assert OrderEvent.objects.get(became="used").checked_by_id == ready.staff["therapist"]
    assert signed_order(ready.course("ada"), 1) is None
    with pytest.raises(ActionRefused, match="used does not become used"):
        use(ready, order)


@pytest.mark.parametrize(
    "change",
    [{"computed_by": None}, {"computed_by": "nurse"}, {"label_matches": False}, {"label_matches": None}],
)
def test_nothing_is_used_without_an_independent_check_of_the_vial(ready, change):
    order = sign(ready, draft(ready))
    with pytest.raises(ActionRefused) as refused:
        use(ready, order, **change)
    assert "DOSE-10" in rules_of(refused)
    assert signed_order(ready.course("ada"), 1) == order


def test_a_draft_is_not_used(ready):
    with pytest.raises(ActionRefused, match="draft does not become used"):
        use(ready, draft(ready))


def test_a_void_order_makes_room_for_another(ready):
    first = sign(ready, draft(ready))
    with pytest.raises(ActionRefused, match="has an order already"):
        draft(ready)
    with pytest.raises(ActionRefused, match="Say why"):
        actions.void_order(order_id=first.pk, reason=" ", by=ready.actor("prescriber"), at=SIGNED)
    actions.void_order(order_id=first.pk, reason="Wrong vial", by=ready.actor("prescriber"), at=SIGNED)
    assert signed_order(ready.course("ada"), 1) is None
    second = draft(ready)
    assert (second.version, live_order(ready.course("ada"), 1)) == (2, second)


def test_what_was_used_cannot_be_made_void(ready):
    order = sign(ready, draft(ready))
    use(ready, order)
    with pytest.raises(ActionRefused, match="used does not become void"):
        actions.void_order(order_id=order.pk, reason="Regret", by=ready.actor("prescriber"), at=START)


def test_only_the_order_of_the_next_session_is_signed(ready):
    order = draft(ready, session_number=2)
    with pytest.raises(ActionRefused, match="Session 1 comes next"):
        sign(ready, order)


def second_session(cast, **changes):
    """Ada's first session given, and a draft for her second."""
    use(cast, sign(cast, draft(cast)))
    treated(cast, started_at=START)
    earlier = EarlierDoses(last_session_adverse=False, poor_tolerated_sessions=0)
    return draft(cast, session_number=2, at=START + timedelta(days=1), **({"earlier": earlier} | changes))


def test_the_second_session_knows_the_first(ready):
    order = second_session(ready)
    sign(ready, order, at=START + timedelta(days=1))
    facts = DecisionRecord.objects.filter(book_id="order_checks", decided="signed").latest("pk").facts
    assert facts["order.session_number"]["value"] == 2
    assert facts["order.step_mg_per_kg"]["value"] == 0
    planned_on = order.plan.sessions.get(number=2).planned_on
    assert facts["order.since_last_session_h"]["value"] == 24 * (planned_on - FIRST_ON).days


def test_a_step_up_without_two_poor_sessions_asks(ready):
    order = second_session(ready, dose_mg_per_kg=Decimal("0.6"))
    with pytest.raises(ActionRefused) as refused:
        sign(ready, order, at=START + timedelta(days=1))
    assert rules_of(refused) == {"DOSE-06"}


def test_an_adverse_session_asks_for_a_lower_dose(ready):
    order = second_session(ready, earlier=EarlierDoses(last_session_adverse=True))
    with pytest.raises(ActionRefused) as refused:
        sign(ready, order, at=START + timedelta(days=1))
    assert rules_of(refused) == {"DOSE-07"}


def test_an_order_is_not_used_too_soon_after_the_last_session(ready):
    order = sign(ready, second_session(ready), at=START + timedelta(days=1))
    with pytest.raises(ActionRefused) as refused:
        use(ready, order, at=START + timedelta(hours=39))
    assert "DOSE-09" in rules_of(refused)
    assert use(ready, order, at=START + timedelta(hours=48))


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"session_number": 7}, "no session 7"),
        ({"dose_mg_per_kg": Decimal(0)}, "above 0"),
        ({"duration_min": Decimal(-1)}, "above 0"),
        ({"diluted_to_ml": Decimal("0.1")}, "smaller than the volume"),
    ],
)
def test_an_order_that_makes_no_sense_is_not_written(ready, changes, says):
    with pytest.raises(ActionRefused, match=says):
        draft(ready, **changes)
    assert not Order.objects.exists()


def test_an_order_needs_a_plan_a_weight_and_a_height(cast):
    consented(cast)
    with pytest.raises(ActionRefused) as refused:
        draft(cast)
    said = " ".join(reason.text for reason in refused.value.reasons)
    assert all(word in said for word in ("no plan", "no usable weight", "no usable height"))


def test_a_changed_template_asks_for_a_new_order(ready):
    order = draft(ready)
    plan = PlanInput(template_id="TPL-TRD-ESK", setting="supervised_clinic", first_on=FIRST_ON)
    actions.draft_plan(course_id=ready.ada_course, plan=plan, by=ready.actor("prescriber"), at=SIGNED, reason="Needles")
    with pytest.raises(ActionRefused, match="another template or route"):
        sign(ready, order)


def test_nothing_is_ordered_once_the_course_has_ended(ready):
    order = draft(ready)
    clinic.move_course(course_id=ready.ada_course, to="ended", by=ready.actor("prescriber"), at=SIGNED)
    with pytest.raises(ActionRefused, match="The course is ended"):
        sign(ready, order)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PATIENT])
@pytest.mark.parametrize("permission", ["order.draft", "order.sign", "order.second-sign", "order.void", "order.use"])
def test_only_those_who_may_act(ready, role, permission):
    by = ready.actor(role)
    order = draft(ready)
    acts = {
        "order.draft": lambda: actions.draft_order(course_id=ready.ada_course, order=None, by=by, at=SIGNED),
        "order.sign": lambda: actions.sign_order(order_id=order.pk, by=by, at=SIGNED),
        "order.second-sign": lambda: actions.second_sign_order(order_id=order.pk, by=by, at=SIGNED),
        "order.void": lambda: actions.void_order(order_id=order.pk, reason="A reason", by=by, at=SIGNED),
        "order.use": lambda: use(ready, order, by=role),
    }
    if role in PERMISSIONS[permission]:
        return
    with pytest.raises(NotAllowed):
        acts[permission]()


def test_nobody_acts_on_an_order_of_another_site(ready):
    order = draft(ready)
    for order_id in (order.pk, 987654):
        with pytest.raises(NotAllowed):
            actions.sign_order(order_id=order_id, by=ready.actor("prescriber", there=True), at=SIGNED)


def test_every_step_leaves_one_audit_event(ready):
    order = sign(ready, draft(ready, dose_mg_per_kg=Decimal("0.6")))
    actions.second_sign_order(order_id=order.pk, by=ready.actor("second-prescriber"), at=SIGNED)
    use(ready, order)
    for did in ("order drafted", "order signed", "order signed by a second prescriber", "order used"):
        assert AuditEvent.objects.filter(did=did, on=f"planning.order:{order.pk}", patients=[ready.ada]).count() == 1


def test_drafts_wait_on_the_prescribers_list(ready):
    order = draft(ready)
    assert list(orders_to_sign([ready.here])) == [order]
    assert list(orders_to_sign([ready.there])) == []
    sign(ready, order)
    assert list(orders_to_sign([ready.here])) == []


def test_lists_cost_the_same_however_many_orders_there_are(ready, django_assert_num_queries):
    for number in range(1, 4):
        draft(ready, session_number=number)
    with django_assert_num_queries(2):
        assert [order_view(order).status for order in orders_to_sign([ready.here])] == ["draft"] * 3


def test_an_order_is_never_changed_or_removed(cast):
    order = ordered(cast)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(dose_mg=350)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        OrderEvent.objects.filter(order=order).delete()


@pytest.mark.parametrize(
    "change, constraint",
    [
        ({"version": 1}, "order_version_once|UNIQUE"),
        ({"dose_mg": 0}, "order_amounts_are_positive"),
        ({"diluted_to_ml": Decimal("0.1")}, "order_dilution_holds_the_drug"),
        ({"dosing_weight_kg": Decimal(71)}, "order_dosing_weight_not_above_actual"),
    ],
)
def test_the_database_holds_what_an_order_must_be(cast, change, constraint):
    order = ordered(cast)
    order.pk, order.version = None, 2
    for name, value in change.items():
        setattr(order, name, value)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Order.objects.bulk_create([order])


@pytest.mark.parametrize(
    "change, constraint",
    [
        ({"became": "signed"}, "order_event_once|UNIQUE"),
        ({"became": "void", "reason": ""}, "order_void_has_a_reason"),
        ({"became": "used", "decision": None}, "order_step_keeps_its_decision"),
        ({"became": "used", "checked_by_id": "by"}, "order_double_check_is_by_another"),
    ],
)
def test_the_database_holds_what_a_step_must_be(cast, change, constraint):
    event = OrderEvent.objects.get(order=ordered(cast), became="signed")
    event.pk = None
    for name, value in change.items():
        setattr(event, name, event.by_id if value == "by" else value)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        OrderEvent.objects.bulk_create([event])


def test_every_status_has_its_steps():
    assert ORDER_TRANSITIONS.keys() == set(Order.Status)
    assert all(step in Order.Status for steps in ORDER_TRANSITIONS.values() for step in steps)
