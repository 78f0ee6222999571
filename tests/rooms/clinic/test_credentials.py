"""A second person signs with their own credential, and nobody signs for them."""

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from axes.models import AccessAttempt
from django.core.cache import cache
from django.test import RequestFactory
from django.utils import timezone

from ketacare.clinic import credentials
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import AuditEvent, Site
from tests.cast import PASSWORD
from tests.rooms.clinic.test_login import code_now, with_authenticator

SECRET_TEXT = "Rest of the vial of Ada Lindqvist"


@pytest.fixture(autouse=True)
def _no_earlier_attempts(db):
    cache.clear()


def ask(cast, *, email="prescriber@harbour.example", password=PASSWORD, code="", by="nurse"):
    return credentials.verified(
        email=email,
        password=password,
        code=code,
        by=cast.actor(by),
        on=Site.objects.get(pk=cast.here),
        permission="register.witness",
        at=timezone.now(),
        request=RequestFactory().post("/register/1/waste/", {"reason": SECRET_TEXT, "password": password}),
    )


def test_the_right_credential_gives_the_person_and_is_on_record(cast):
    assert ask(cast, email=" Prescriber@Harbour.example ").user_id == cast.user("prescriber").pk
    event = AuditEvent.objects.get(did="second person verified")
    assert event.actor == cast.actor("nurse").key
    assert event.details == {"permission": "register.witness", "person": cast.user("prescriber").pk}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"password": "wrong"}, "not-verified"),
        ({"email": "nobody@harbour.example"}, "not-verified"),
        ({"email": ""}, "not-verified"),
        ({"password": ""}, "not-verified"),
        ({"email": "nurse@harbour.example"}, "same-person"),
        ({"email": "front-desk@harbour.example"}, "not-allowed"),
        ({"email": "nurse@hill.example"}, "not-allowed"),
        ({"email": "ada@patients.example"}, "not-allowed"),
    ],
)
def test_anybody_else_is_refused_and_the_try_is_on_record(cast, sent, code):
    with pytest.raises(ActionRefused) as refused:
        ask(cast, **sent)
    assert refused.value.code == code
    event = AuditEvent.objects.get(did="second person not verified")
    assert event.details["because"] == code
    assert PASSWORD not in str(event.details)


def test_somebody_whose_log_in_was_ended_signs_nothing(cast):
    user = cast.user("prescriber")
    user.is_active = False
    user.save(update_fields=["is_active"])
    with pytest.raises(ActionRefused, match="not-verified"):
        ask(cast)


def test_whoever_has_an_authenticator_gives_its_code_and_each_code_is_good_once(cast):
    secret = with_authenticator(cast.user("prescriber"))
    for wrong in ("", "000000"):
        with pytest.raises(ActionRefused, match="not-verified"):
            ask(cast, code=wrong)
    code = code_now(secret)
    assert ask(cast, code=code).user_id == cast.user("prescriber").pk
    with pytest.raises(ActionRefused, match="not-verified"):
        ask(cast, code=code)


def test_a_recovery_code_does_as_well(cast):
    user = cast.user("prescriber")
    with_authenticator(user)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    assert ask(cast, code=codes[0]).user_id == user.pk


def test_a_clinic_that_asks_for_second_factors_asks_for_them_here(cast, settings):
    settings.REQUIRE_MFA = True
    with pytest.raises(ActionRefused, match="no-second-factor"):
        ask(cast)


def test_five_wrong_tries_lock_out_as_at_a_log_in_wrong_codes_among_them(cast):
    secret = with_authenticator(cast.user("prescriber"))
    for sent in ({"password": "wrong"}, {"password": "wrong"}, {"code": "000000"}, {"code": ""}, {"password": "wrong"}):
        with pytest.raises(ActionRefused):
            ask(cast, **sent)
    with pytest.raises(ActionRefused, match="locked-out"):
        ask(cast, code=code_now(secret))
    assert ask(cast, email="custodian@harbour.example").user_id == cast.user("custodian").pk


def test_what_was_typed_in_the_form_is_not_kept_with_the_tries(cast):
    with pytest.raises(ActionRefused):
        ask(cast, password="a wrong password")
    kept = AccessAttempt.objects.get()
    assert SECRET_TEXT not in str(kept.post_data)
    assert "a wrong password" not in str(kept.post_data)
