"""Idle time asks for the password in place; what was typed goes on, and only for the person who typed it."""

import html
import re
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic.models import Hold, User
from tests.cast import PASSWORD

TYPED = {"reason": 'Chest pain & <tight> "breath"\r\nsince noon', "lifts_when": "Seen by a cardiologist"}
BROWSER = {"accept": "text/html,application/xhtml+xml", "sec-fetch-mode": "navigate"}
SCRIPT = {"accept": "*/*", "sec-fetch-mode": "cors"}


@pytest.fixture(autouse=True)
def _no_earlier_attempts(db):
    cache.clear()


@pytest.fixture
def later():
    """``with later(minutes=16): ...``"""
    return lambda **time: time_machine.travel(timezone.now() + timedelta(**time))


@pytest.fixture
def nurse(cast, browse) -> Client:
    client = browse("nurse")
    client.get("/")
    return client


@pytest.fixture
def holds(cast) -> str:
    return reverse("clinic:course-holds", args=[cast.ada_course])


def fields_of(page) -> dict[str, str]:
    """What a page's first form would send as it stands."""
    form = re.search(r"<form method=\"post\".*?</form>", page.content.decode().partition("<section")[2], re.DOTALL)[0]
    return {html.unescape(n): html.unescape(v) for n, v in re.findall(r'name="([^"]*)" value="([^"]*)"', form)}


def log_in_as(client: Client, user: User) -> None:
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")


def test_a_page_asks_for_the_password_and_shows_nothing_of_the_record(nurse, holds, later):
    with later(minutes=16):
        page = nurse.get(holds, headers=BROWSER)
        assert page.status_code == 401
        assert b"Lindqvist" not in page.content
        assert b'type="password"' in page.content
        again = nurse.post("/log-in/unlock/", fields_of(page) | {"unlock_password": PASSWORD}, headers=BROWSER)
        assert again.url == holds
        assert nurse.get(holds, headers=BROWSER).status_code == 200


def test_work_keeps_the_log_in_open(nurse, holds, later):
    for minutes in (10, 20, 30):
        with later(minutes=minutes):
            assert nurse.get(holds, headers=BROWSER).status_code == 200


def test_the_clinic_sets_how_long(nurse, holds, later, settings):
    settings.IDLE_MINUTES = 5
    with later(minutes=6):
        assert nurse.get(holds, headers=BROWSER).status_code == 401


def test_polls_of_the_page_itself_are_no_activity(nurse, holds, later):
    for minutes in (5, 10):
        with later(minutes=minutes):
            assert nurse.get(holds, headers=SCRIPT | {"x-background": "yes"}).status_code == 200
            assert nurse.get(f"{holds}?background", headers=BROWSER).status_code == 200
            assert nurse.get("/log-in/state/").json() == {
                "person": str(nurse.session["_auth_user_id"]),
                "locked": False,
            }
    with later(minutes=16):
        assert nurse.get(holds, headers=SCRIPT | {"x-background": "yes"}).status_code == 401
        assert nurse.get("/log-in/state/").json()["locked"]


def test_a_form_sent_too_late_goes_on_with_everything_typed_once_the_password_is_given(cast, nurse, holds, later):
    with later(minutes=16):
        page = nurse.post(holds, TYPED, headers=BROWSER)
        assert page.status_code == 401
        assert not Hold.objects.exists()
        carried = fields_of(page)
        assert {name: carried[name] for name in TYPED} == TYPED
        assert nurse.post(holds, carried | {"unlock_password": PASSWORD}, headers=BROWSER).url == holds
    hold = Hold.objects.get()
    assert (hold.reason.split(), hold.placed_by_id) == (TYPED["reason"].split(), cast.staff["nurse"])


def test_a_wrong_password_keeps_what_was_typed_and_sends_nothing(nurse, holds, later):
    with later(minutes=16):
        page = nurse.post(holds, TYPED | {"unlock_password": "wrong"}, headers=BROWSER)
        assert page.status_code == 401
        assert b"That is not your password" in page.content
        assert {name: fields_of(page)[name] for name in TYPED} == TYPED
        assert b"wrong" not in page.content
        assert not Hold.objects.exists()


def test_passwords_cannot_be_tried_for_ever(nurse, later):
    with later(minutes=16):
        tries = [nurse.post("/log-in/unlock/", {"unlock_password": "wrong"}, headers=SCRIPT) for _ in range(6)]
        assert [reply.status_code for reply in tries] == [401, 401, 401, 401, 429, 429]
        assert nurse.post("/log-in/unlock/", {"unlock_password": PASSWORD}, headers=SCRIPT).status_code == 429


def test_a_script_gets_a_bare_answer_it_understands_then_sends_the_very_same_again(cast, nurse, holds, later):
    acting = SCRIPT | {"x-acting-as": str(cast.staff["nurse"])}
    with later(minutes=16):
        reply = nurse.post(holds, TYPED, headers=acting)
        assert (reply.status_code, reply.headers["X-Locked"]) == (401, str(cast.staff["nurse"]))
        assert b"<" not in reply.content
        unlock = {"unlock_password": PASSWORD, "unlock_person": cast.staff["nurse"]}
        assert nurse.post("/log-in/unlock/", unlock, headers=SCRIPT).status_code == 204
        assert nurse.post(holds, TYPED, headers=acting).status_code == 302
    assert Hold.objects.count() == 1


def test_htmx_gets_the_bare_answer_too(nurse, holds, later):
    with later(minutes=16):
        reply = nurse.get(holds, headers=BROWSER | {"hx-request": "true"})
        assert (reply.status_code, "X-Locked" in reply.headers) == (401, True)


def test_another_persons_log_in_sends_nothing_of_what_the_first_one_typed(cast, nurse, holds, later):
    with later(minutes=16):
        carried = fields_of(nurse.post(holds, TYPED, headers=BROWSER))
        log_in_as(nurse, cast.user("prescriber"))
        reply = nurse.post(holds, carried | {"unlock_password": PASSWORD}, headers=BROWSER)
        assert (reply.status_code, reply.url) == (302, "/")
        by_script = nurse.post(holds, TYPED, headers=SCRIPT | {"x-acting-as": str(cast.staff["nurse"])})
        assert (by_script.status_code, by_script.headers["X-Other-Person"]) == (409, "yes")
        unlock = {"unlock_password": PASSWORD, "unlock_person": cast.staff["nurse"]}
        assert nurse.post("/log-in/unlock/", unlock, headers=SCRIPT).status_code == 409
    assert not Hold.objects.exists()


def test_a_plain_form_of_the_first_person_fails_at_its_token(cast, holds):
    client = Client(enforce_csrf_checks=True)
    token = lambda page: re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())[1]  # noqa: E731
    for email in ("nurse@harbour.example", "prescriber@harbour.example"):
        page = client.get("/accounts/login/")
        client.post("/accounts/login/", {"login": email, "password": PASSWORD, "csrfmiddlewaretoken": token(page)})
        if email.startswith("nurse"):
            form = TYPED | {"csrfmiddlewaretoken": token(client.get(holds))}
            client.post("/accounts/logout/", {"csrfmiddlewaretoken": token(client.get("/accounts/logout/"))})
    assert client.post(holds, form).status_code == 403
    assert not Hold.objects.exists()


def test_after_logging_out_a_carried_form_is_dropped(cast, nurse, holds, later):
    with later(minutes=16):
        carried = fields_of(nurse.post(holds, TYPED, headers=BROWSER))
        nurse.post("/accounts/logout/")
        assert nurse.post(holds, carried | {"unlock_password": PASSWORD}, headers=BROWSER).url == "/"
    assert not Hold.objects.exists()


def test_one_may_leave_without_the_password(nurse, later):
    with later(minutes=16):
        assert nurse.post("/accounts/logout/", headers=BROWSER).status_code == 302
        assert nurse.get("/log-in/state/").json() == {"person": "", "locked": False}


def test_unlocking_leads_nowhere_else(nurse, later):
    with later(minutes=16):
        form = {"unlock_password": PASSWORD, "next": "https://elsewhere.example/"}
        assert nurse.post("/log-in/unlock/", form, headers=BROWSER).url == "/"


def test_a_log_in_left_for_half_a_day_is_over(nurse, later):
    with later(hours=13):
        assert nurse.get("/", headers=BROWSER).url.startswith("/accounts/login/")


def test_the_password_reaches_no_view(nurse, holds, later, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "ketacare.clinic.views.access.HoldForm", lambda data: seen.append(dict(data)) or FormThatFails()
    )
    with later(minutes=16), pytest.raises(LookupError):
        nurse.post(holds, TYPED | {"unlock_password": PASSWORD}, headers=BROWSER)
    assert seen == [{name: [value] for name, value in TYPED.items()}]


class FormThatFails:
    def is_valid(self) -> bool:
        raise LookupError
