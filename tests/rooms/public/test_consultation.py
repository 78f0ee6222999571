"""Asking for a consultation from the public pages: names kept exactly, machines kept out, and nobody told who is a patient."""

import logging
import re
import unicodedata
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.core import mail
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ketacare.frontdesk import actions, effort, guarding
from ketacare.frontdesk.models import ConsultationRequest, Knock, SentSelfCheck
from tests.cast import NOW

ADDRESS, DONE = "/consultation/", "/consultation/received/"
FORM = "application/x-www-form-urlencoded"
PERSON = {
    "given_name": "Nadia",
    "family_name": "Benali",
    "born_on": "1988-04-09",
    "way": "phone",
    "phone": "+49 30 901820",
    "email": "",
    "needs": "",
    "consent": "on",
}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def visitor(cast):
    return Client()


def told(cast, **other):
    ticket = other.pop("ticket", None) or effort.issue(at=NOW)
    work = other.pop("work", None)
    sent = (
        PERSON | {"site": cast.here, "ticket": ticket, "work": effort.worked(ticket) if work is None else work} | other
    )
    return urlencode(sent, doseq=True)


def send(client, cast, **other):
    return client.post(
        ADDRESS, told(cast, **other), content_type=FORM, headers={"Accept-Language": other.pop("language", "en")}
    )


def text(reply):
    return reply.content.decode()


def test_a_request_arrives_at_the_front_desk(visitor, cast):
    reply = send(visitor, cast, times=["saturday", "weekday-morning"])
    assert (reply.status_code, reply.url) == (302, DONE)
    kept = ConsultationRequest.objects.get()
    assert (kept.site_id, kept.family_name, kept.language, kept.consented_at) == (cast.here, "Benali", "en", NOW)
    assert kept.consent_text == "The clinic may contact me about this request."
    assert "within 24 hours" in text(visitor.get(DONE))


def test_a_request_in_spanish_keeps_the_language_and_the_sentence_agreed_to(visitor, cast):
    visitor.post(ADDRESS, told(cast), content_type=FORM, headers={"Accept-Language": "es"})
    kept = ConsultationRequest.objects.get()
    assert (kept.language, kept.consent_text) == (
        "es",
        "La clínica puede ponerse en contacto conmigo por esta solicitud.",
    )


LETTERS = st.characters(categories=["L", "M", "Pd"], include_characters="'’ .\u200c\u200d·")
NAMES = st.text(LETTERS, min_size=1, max_size=60).filter(
    lambda name: name == name.strip() and any(map(str.isalpha, name))
)


@given(given_name=NAMES, family_name=NAMES)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_names_of_every_script_are_kept_exactly(cast, monkeypatch, given_name, family_name):
    monkeypatch.setattr(guarding, "let_in", lambda *_, **__: True)
    monkeypatch.setattr(effort, "is_worked", lambda *_: True)
    assert send(Client(), cast, given_name=given_name, family_name=family_name, work="1").status_code == 302
    kept = ConsultationRequest.objects.latest("pk")
    assert (kept.given_name, kept.family_name) == (given_name, family_name)


@pytest.mark.parametrize("sign", ["\x00", "\n", "\u202e", "\u2066", "\x1b", "\u2028"])
def test_signs_that_hide_or_turn_what_follows_are_no_part_of_a_name(visitor, cast, sign):
    reply = send(visitor, cast, family_name=f"Ben{sign}ali")
    assert reply.status_code == 422
    assert not ConsultationRequest.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"given_name": ""},
        {"given_name": "x" * 121},
        {"born_on": "2199-01-01"},
        {"born_on": "1850-01-01"},
        {"phone": ""},
        {"phone": "call me"},
        {"way": "email"},
        {"way": "email", "email": "nobody"},
        {"consent": ""},
        {"needs": "x" * 301},
        {"times": ["always"]},
        {"site": "0"},
    ],
)
def test_what_cannot_be_taken_comes_back_with_everything_typed_and_keeps_nothing(visitor, cast, wrong):
    reply = send(visitor, cast, **wrong)
    assert reply.status_code == 422
    assert 'value="Benali"' in text(reply)
    assert not ConsultationRequest.objects.exists()


def test_without_script_the_form_is_taken_after_some_seconds_and_what_was_typed_stays(visitor, cast, clock):
    ticket = effort.issue(at=NOW)
    early = send(visitor, cast, ticket=ticket, work="")
    assert early.status_code == 422
    assert 'value="Benali"' in text(early)
    assert ticket in text(early)
    clock.shift(effort.PATIENCE)
    assert send(visitor, cast, ticket=ticket, work="").status_code == 302


@pytest.mark.parametrize("ticket", ["forged", "a:b:c"])
def test_without_a_ticket_of_ours_nothing_is_taken(visitor, cast, ticket):
    assert send(visitor, cast, ticket=ticket, work="1").status_code == 422
    assert not ConsultationRequest.objects.exists()


def test_the_other_language_keeps_what_was_typed_and_the_answers_and_sends_nothing(visitor, cast):
    typed = told(cast, times=["saturday", "weekday-morning"], vessels="avm", with_answers="yes", stay="yes", work="")
    page = text(visitor.post(f"{ADDRESS}?language=es", typed, content_type=FORM))
    assert "Pedir una consulta" in page
    for kept in ('value="Benali"', 'value="1988-04-09"', 'value="+49 30 901820"', 'name="vessels" value="avm"'):
        assert kept in page
    for ticked in ("saturday", "weekday-morning", "phone"):
        assert re.search(rf'value="{ticked}"[^>]*checked', page), ticked
    assert not re.search(r'name="consent"[^>]*checked', page), "the sentence is another one now"
    assert 'role="alert"' not in page
    assert not ConsultationRequest.objects.exists()


def test_a_ticket_brings_one_request_however_often_it_is_sent(visitor, cast):
    ticket = effort.issue(at=NOW)
    replies = [send(visitor, cast, ticket=ticket, family_name=name) for name in ("Benali", "Other")]
    assert {(reply.status_code, reply.url) for reply in replies} == {(302, DONE)}
    assert ConsultationRequest.objects.get().family_name == "Benali"


def test_a_machine_that_fills_the_trap_is_told_the_same_and_keeps_nothing(visitor, cast):
    reply = send(visitor, cast, website="https://spam.example")
    assert (reply.status_code, reply.url) == (302, DONE)
    assert not ConsultationRequest.objects.exists()


def test_too_many_from_one_address_are_refused_for_an_hour_and_nothing_typed_is_lost(visitor, cast, clock):
    for _ in range(guarding.PER_CALLER[False]):
        assert send(visitor, cast).status_code == 302
    refused = send(visitor, cast)
    assert refused.status_code == 429
    assert 'value="Benali"' in text(refused)
    clock.shift(guarding.WINDOW + timedelta(seconds=1))
    assert send(visitor, cast, ticket=effort.issue(at=NOW + guarding.WINDOW)).status_code == 302


def test_no_address_of_a_sender_is_kept_in_clear(visitor, cast):
    send(visitor, cast)
    assert "127.0.0.1" not in str(list(Knock.objects.values())) + str(list(ConsultationRequest.objects.values()))


def test_a_form_without_its_token_is_refused(cast):
    assert send(Client(enforce_csrf_checks=True), cast).status_code == 403
    assert not ConsultationRequest.objects.exists()


def test_a_patient_and_a_stranger_get_the_same_answer(visitor, cast):
    """That the statements are the same too: test_by_asking_nobody_learns_who_is_registered."""
    ada = cast.patient("ada")
    known = {"given_name": ada.given_name, "family_name": ada.family_name, "born_on": ada.born_on.isoformat()}
    one, other = send(visitor, cast, **known), send(visitor, cast)
    assert (one.status_code, one.url, one.content) == (other.status_code, other.url, other.content)
    assert set(one.headers) == set(other.headers)


def test_answers_go_along_only_with_the_tick_and_are_shown_to_be_there(visitor, cast):
    carried = {"suicide": "no", "heart": "valve"}
    page = text(visitor.post("/consultation/with-answers/", urlencode(carried), content_type=FORM))
    assert 'name="heart" value="valve"' in page
    assert "checked" in page
    send(visitor, cast, **carried)
    assert not SentSelfCheck.objects.exists()
    send(visitor, cast, **carried, with_answers="yes")
    assert SentSelfCheck.objects.get().answers == {"suicide": ["no"], "heart": ["valve"]}


def test_a_tick_that_was_taken_away_stays_away_when_the_form_comes_back(visitor, cast):
    page = text(send(visitor, cast, heart="valve", family_name=""))
    assert 'id="with_answers"' in page
    assert 'value="yes" checked' not in page


PLANTED = {
    "given_name": "Zqxwv",
    "family_name": "Plantedname",
    "phone": "+49 30 77777701",
    "needs": "Plantedneed",
    "heart": "valve",
    "with_answers": "yes",
}


def test_nothing_about_a_person_is_in_logs_addresses_mail_or_error_pages(visitor, cast, caplog, monkeypatch):
    """One walk through every way a form can end, with planted words, then a search everywhere."""
    caplog.set_level(logging.DEBUG)
    visitor.raise_request_exception = False
    secrets = ("Zqxwv", "Plantedname", "77777701", "Plantedneed", "valve")
    replies = [send(visitor, cast, **PLANTED), send(visitor, cast, **PLANTED, website="x")]
    shown_again = [
        send(visitor, cast, **PLANTED, born_on="x"),
        send(visitor, cast, **PLANTED, ticket="forged", work="1"),
    ]
    errors = [send(Client(enforce_csrf_checks=True), cast, **PLANTED)]
    errors.append(visitor.post(ADDRESS, told(cast, **PLANTED) + "&x=" + "y" * 30_000, content_type=FORM))
    errors.append(visitor.post("/consultation/nowhere/", told(cast, **PLANTED), content_type=FORM))
    monkeypatch.setattr(actions, "keep_self_check", lambda *_, **__: 1 / 0)
    errors.append(send(visitor, cast, **PLANTED))
    assert [reply.status_code for reply in errors] == [403, 413, 404, 500]
    for reply in [*replies, *shown_again, *errors]:
        assert not [word for word in secrets if word in reply.headers.get("Location", "")]
    for reply in errors:
        assert not [word for word in secrets if word in text(reply)]
    formatter = logging.Formatter()
    logged = "\n".join(formatter.format(record) for record in caplog.records if record.name != "django.db.backends")
    assert "ZeroDivisionError" in logged
    assert not [word for word in secrets if word in logged]
    assert not [letter for letter in mail.outbox if any(word in letter.subject for word in secrets)]


def test_the_page_can_be_read_in_both_languages_and_says_it_is_not_for_emergencies(visitor, cast):
    assert "not for emergencies" in text(visitor.get(ADDRESS))
    assert "no es para emergencias" in text(visitor.get(ADDRESS, headers={"Accept-Language": "es"}))


def test_every_letter_of_a_combined_name_is_stored_as_it_was_composed(visitor, cast):
    apart = unicodedata.normalize("NFD", "Nguyễn")
    send(visitor, cast, family_name=apart)
    assert ConsultationRequest.objects.get().family_name == apart
