"""Logging in, the lock-out, the second factor, and what a log-in leaves behind."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from ketacare.clinic.models import AuditEvent, User
from tests.cast import PASSWORD

PERIOD_S = 30  # for which an authenticator shows one code

LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def _no_earlier_attempts(db):
    cache.clear()


def log_in(client: Client, email: str, password: str = PASSWORD):
    return client.post(LOGIN, {"login": email, "password": password})


def code_now(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD_S))


def with_authenticator(user: User) -> str:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def test_a_person_logs_in_with_e_mail_and_password_and_it_is_on_record(cast):
    client = Client()
    reply = log_in(client, "Nurse@Harbour.example")
    assert (reply.status_code, reply.url) == (302, "/")
    assert client.get("/").status_code == 200
    assert AuditEvent.objects.filter(did="logged in", actor=cast.actor("nurse").key).count() == 1


@pytest.mark.parametrize("host", ["", "mail.example"])
def test_what_to_do_about_a_forgotten_password_is_said_once(cast, settings, host):
    settings.EMAIL_HOST = host
    page = Client().get(LOGIN).content.decode()
    assert len(re.findall(r"\b[Ff]org[oe]t", page)) == 1
    assert (reverse("account_reset_password") in page) == bool(host)


def test_the_log_in_page_loads_nothing_but_our_own_files(cast):
    reply = Client().get(LOGIN)
    assert reply.status_code == 200
    assert "script-src 'self'" in reply.headers["Content-Security-Policy"]
    scripts = re.findall(r"<script\b([^>]*)>", reply.content.decode())
    assert scripts
    assert all('src="/static/' in script or 'type="application/json"' in script for script in scripts)


@pytest.mark.parametrize("page", ["/accounts/signup/", "/accounts/email/"])
def test_nobody_signs_up_or_changes_the_address_they_log_in_with(browse, page):
    for client in (Client(), browse("nurse")):
        assert client.get(page).status_code == 404
        assert client.post(page, {"email": "me@elsewhere.example", "password1": PASSWORD}).status_code == 404


def test_five_wrong_passwords_lock_the_address_out_with_a_page_that_says_so(cast):
    client = Client()
    replies = [log_in(client, "nurse@harbour.example", "wrong password") for _ in range(5)]
    assert [reply.status_code for reply in replies[:4]] == [200] * 4
    assert replies[4].status_code == 429
    assert b"15 minutes" in replies[4].content
    assert log_in(client, "nurse@harbour.example").status_code == 429  # the right one, too late
    assert log_in(Client(), "prescriber@harbour.example").status_code == 302  # others are not locked out


def attempts_from(place: str) -> int:
    """Try five wrong passwords, then the right one, with the header in which a proxy says where somebody sits."""
    from_there = Client(headers={"X-Forwarded-For": f"198.51.100.9, {place}"})
    for _ in range(5):
        log_in(from_there, "nurse@harbour.example", "wrong password")
    return log_in(from_there, "nurse@harbour.example").status_code


def test_behind_a_proxy_only_the_computer_that_guessed_is_locked_out(cast, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert attempts_from("203.0.113.5") == 429
    elsewhere = Client(headers={"X-Forwarded-For": "203.0.113.6"})
    assert log_in(elsewhere, "nurse@harbour.example").status_code == 302


def test_without_a_proxy_nobody_escapes_the_lock_out_by_naming_another_computer(cast):
    assert attempts_from("203.0.113.5") == 429
    elsewhere = Client(headers={"X-Forwarded-For": "203.0.113.6"})
    assert log_in(elsewhere, "nurse@harbour.example").status_code == 429


def test_failed_log_ins_leave_no_address_in_the_logs(cast, caplog):
    for _ in range(6):
        log_in(Client(), "ada@patients.example", "wrong password")
    assert "ada@patients.example" not in caplog.text


def test_a_log_in_gets_a_new_session_key(cast):
    client = Client()
    client.get(LOGIN)
    client.session.save()
    client.cookies["sessionid"] = "set-by-somebody-else"
    log_in(client, "nurse@harbour.example")
    assert client.cookies["sessionid"].value != "set-by-somebody-else"


def test_logging_out_takes_a_post_and_is_on_record(cast, browse):
    nurse = browse("nurse")
    nurse.get("/accounts/logout/")
    assert nurse.get("/").status_code == 200
    nurse.post("/accounts/logout/")
    assert nurse.get("/").status_code == 302
    assert AuditEvent.objects.filter(did="logged out", actor=cast.actor("nurse").key).exists()


def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(cast):
    client = Client()
    log_in(client, "nurse@harbour.example")
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["expires"]  # gone with the browser


def test_a_deactivated_person_is_out_at_once(cast, browse):
    nurse = browse("nurse")
    User.objects.filter(pk=cast.staff["nurse"]).update(is_active=False)
    assert nurse.get("/").status_code == 302
    assert log_in(Client(), "nurse@harbour.example").url == "/accounts/inactive/"


class TestSecondFactor:
    @pytest.fixture(autouse=True)
    def _required(self, settings):
        settings.REQUIRE_MFA = True

    def test_staff_without_one_are_led_to_set_one_up_before_anything_else(self, cast, browse):
        nurse = browse("nurse")
        for page in ("/", reverse("account_change_password")):
            reply = nurse.get(page)
            assert (reply.status_code, reply.url) == (302, "/accounts/2fa/")
        assert b"A second factor comes first" in nurse.get("/accounts/2fa/").content
        assert nurse.post("/accounts/logout/").status_code == 302

    def test_a_patient_needs_none(self, browse):
        assert browse("patient").get("/accounts/password/change/").status_code == 200

    def test_recovery_codes_alone_are_no_second_factor(self, cast, browse):
        RecoveryCodes.activate(cast.user("nurse"))
        assert browse("nurse").get("/").url == "/accounts/2fa/"

    def test_with_an_authenticator_the_log_in_asks_for_its_code(self, cast):
        secret = with_authenticator(cast.user("nurse"))
        client = Client()
        assert log_in(client, "nurse@harbour.example").url == "/accounts/2fa/authenticate/"
        assert client.get("/").status_code == 302  # not in yet
        assert client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
        assert client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)}).url == "/"
        assert client.get("/").status_code == 200

    def test_a_recovery_code_works_once(self, cast):
        user = cast.user("nurse")
        with_authenticator(user)
        code = RecoveryCodes.activate(user).get_unused_codes()[0]
        for expected in (302, 200):
            client = Client()
            log_in(client, user.email)
            assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == expected

    def test_its_secret_is_encrypted_in_the_database(self, cast):
        secret = with_authenticator(cast.user("nurse"))
        row = Authenticator.objects.get(user=cast.user("nurse"), type=Authenticator.Type.TOTP)
        assert secret not in str(row.data)
        assert TOTP(row).validate_code(code_now(secret))

    @pytest.mark.parametrize("page", ["mfa_activate_totp", "mfa_add_webauthn"])
    def test_the_pages_to_set_one_up_run_under_the_strict_policy(self, cast, page):
        client = Client()
        log_in(client, "nurse@harbour.example")
        reply = client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        reply = client.get(reverse(page))
        assert reply.status_code == 200
        html = reply.content.decode()
        assert "style=" not in html
        scripts = re.findall(r"<script\b([^>]*)>", html)
        assert all('src="/static/' in script or 'type="application/json"' in script for script in scripts)


class TestForgottenPassword:
    @pytest.fixture(autouse=True)
    def _sends_mail(self, settings):
        settings.EMAIL_HOST = "localhost"

    def ask(self, email: str):
        return Client().post("/accounts/password/reset/", {"email": email})

    def test_the_message_names_nobody(self, cast):
        self.ask("ada@patients.example")
        (message,) = mail.outbox
        assert message.subject == "[ketacare] Choose a new password"
        for word in ("Ada", "Lindqvist", "ketamine", "Harbour"):
            assert word not in message.subject + message.body

    def test_the_answer_does_not_say_whether_an_address_is_known(self, cast):
        known, unknown = self.ask("nurse@harbour.example"), self.ask("nobody@harbour.example")
        assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
        assert len(mail.outbox) == 1

    def test_the_link_works_once(self, cast):
        self.ask("nurse@harbour.example")
        path = re.search(r"https?://testserver(\S+)", mail.outbox[0].body)[1]
        new = {"password1": "battery horse staple correct", "password2": "battery horse staple correct"}
        client = Client()
        page = client.get(path)
        assert client.post(page.url, new).status_code == 302
        assert log_in(Client(), "nurse@harbour.example", new["password1"]).status_code == 302
        assert b"password1" not in Client().get(path, follow=True).content
