from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.clinic import actions as clinic
from ketacare.consent import actions
from ketacare.consent.queries import consent_in_force, consent_status
from tests.rooms.steps import SIGNED, capable, consented, sign

LATER = SIGNED + timedelta(days=1)


@pytest.fixture
def signed(cast):
    """The cast with Ada's consent signed."""
    consented(cast)
    return cast


def said(cast, at=LATER, **asked) -> str:
    return " ".join(reason.text for reason in consent_status(cast.course("ada"), at, **asked).reasons)


def test_a_signed_consent_covers_its_route_and_doses(signed):
    course = signed.course("ada")
    for dose in (Decimal("0.1"), Decimal("0.5"), Decimal("0.75"), None):
        assert consent_in_force(course, route="iv_ketamine", dose_mg_per_kg=dose, at=LATER)
    for dose in (Decimal("0.0999"), Decimal("0.7501")):
        assert consent_in_force(course, route="iv_ketamine", dose_mg_per_kg=dose, at=LATER) is None


def test_a_consent_is_for_one_route(signed):
    assert consent_in_force(signed.course("ada"), route="im_ketamine", at=LATER) is None
    assert "the patient signed for into a vein, not for into a muscle" in said(signed, route="im_ketamine")


def test_a_course_without_a_signature_has_no_consent(cast):
    status = consent_status(cast.course("ada"), LATER)
    assert not status.in_force
    assert status.reasons[0].who


def test_a_consent_does_not_hold_before_it_was_signed(signed):
    assert consent_in_force(signed.course("ada"), route="iv_ketamine", at=SIGNED - timedelta(seconds=1)) is None


def test_a_consent_ends_the_moment_it_runs_out(signed):
    course, end = signed.course("ada"), SIGNED + timedelta(days=365)
    assert consent_in_force(course, route="iv_ketamine", at=end - timedelta(seconds=1))
    assert consent_in_force(course, route="iv_ketamine", at=end) is None
    assert "ran out" in said(signed, end)


def test_a_withdrawal_ends_a_consent_at_once(signed):
    actions.withdraw_consent(course_id=signed.ada_course, by=signed.patient_actor(), at=LATER)
    assert consent_in_force(signed.course("ada"), route="iv_ketamine", at=LATER) is None
    assert "took the consent back" in said(signed)
    assert consent_in_force(signed.course("ada"), route="iv_ketamine", at=LATER - timedelta(seconds=1))


def test_capacity_that_is_lost_ends_a_consent_and_its_return_does_not_revive_it(signed):
    capable(signed, at=LATER, chooses=False)
    assert "lost the capacity" in said(signed)
    capable(signed, at=LATER + timedelta(hours=1))
    assert "lost the capacity" in said(signed, LATER + timedelta(hours=2))
    sign(signed, at=LATER + timedelta(hours=3))
    assert consent_status(signed.course("ada"), LATER + timedelta(hours=3)).in_force


def test_maintenance_needs_a_consent_of_its_own(signed):
    by = signed.actor("prescriber")
    for status in ("planned", "in-induction", "in-maintenance"):
        clinic.move_course(course_id=signed.ada_course, to=status, by=by, at=LATER)
    assert "Maintenance has begun" in said(signed)
    capable(signed, at=LATER)
    sign(signed, at=LATER)
    assert consent_status(signed.course("ada"), LATER).in_force


def test_every_reason_is_told_at_once(signed):
    actions.withdraw_consent(course_id=signed.ada_course, by=signed.patient_actor(), at=LATER)
    status = consent_status(signed.course("ada"), SIGNED + timedelta(days=400), dose_mg_per_kg=Decimal(1))
    assert len(status.reasons) == 4  # taken back, run out, the dose, and off-label use that ran out too
