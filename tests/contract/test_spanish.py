"""Whoever reads Spanish reads Spanish: every page for patients and strangers, text by text beside its English self."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from ketacare.clinic.models import Patient, Site, User
from ketacare.portal.models import Thread, ThreadMessage
from ketacare.rights.models import RightsRequest
from tests.cast import Cast
from tests.contract.addresses import ARGUMENTS, HERE, LISTED, Address, addresses

QUIET = {"script", "style", "code", "svg"}
VOID = {"br", "hr", "img", "input", "link", "meta", "source", "wbr"}
SPOKEN = ("alt", "aria-label", "placeholder", "title", "content")
OURS = [one for one in addresses() if not one.is_of_allauth]
THEIRS = [one for one in OURS if (one.permission or "").startswith("own.") and one.permission != "own.invite"]
ANYBODYS = [one for one in OURS if getattr(one.view, "speaks", False)]
WRITTEN_BY_SOMEBODY = (Patient, RightsRequest, Site, Thread, ThreadMessage, User)
SAME = {
    "No",
    "Error",
    "Total",
    "Normal",
    "Plan",
    "Ketamine",
    "PDF",
    "FHIR",
    "JSON",
    "Ketacare",
    "Ketacare 0.1.0",
    "(CET)",
    "PHQ-9",
}


class Texts(HTMLParser):
    """The texts of a page that are said to be in its own language; what is marked as another's is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.found: list[str] = []
        self.language = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.language = self.language or (told.get("lang") or "" if tag == "html" else "")
        is_other = told.get("lang") not in (None, self.language) or told.get("translate") == "no"
        is_left_out = tag in QUIET or is_other or any(out for _, out in self.open)
        if not is_left_out:
            self.found += [value for name in SPOKEN if (value := told.get(name)) and is_said(tag, name, told)]
        if tag not in VOID:
            self.open.append((tag, is_left_out))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(out for _, out in self.open):
            self.found.append(data)


def is_said(tag: str, name: str, told: dict[str, str | None]) -> bool:
    return name != "content" or told.get("name") == "description"


def words(html: str) -> Iterator[str]:
    """Each text of three letters or more."""
    parser = Texts()
    parser.feed(html)
    for text in parser.found:
        told = " ".join(text.split())
        if sum(letter.isalpha() for letter in told) > 2:
            yield told


def shown(client: Client, path: str, language: str) -> list[str]:
    Patient.objects.update(language=language)
    reply = client.get(path, headers={"accept-language": language, "accept": "text/html"})
    is_page = reply.headers.get("Content-Type", "").startswith("text/html")
    return list(words(reply.content.decode())) if is_page else []


def names_of(cast: Cast) -> set[str]:
    """What is called the same in every language: people, places, and what somebody wrote."""
    rows = [row for model in WRITTEN_BY_SOMEBODY for row in model.objects.values()]
    return {" ".join(value.split()) for row in rows for value in row.values() if isinstance(value, str)}


def path_of(address: Address, cast: Cast) -> str:
    if address.arguments:
        return reverse(address.name, kwargs=ARGUMENTS[address.name](cast, HERE))
    for thing in LISTED:
        thing(cast, HERE)
    return reverse(address.name)


@pytest.mark.parametrize("address", THEIRS + ANYBODYS, ids=lambda address: address.name)
def test_no_text_of_a_page_stays_english(cast, browse, address):
    client = browse("patient") if address in THEIRS else Client()
    path = path_of(address, cast)
    english, spanish = shown(client, path, "en"), shown(client, path, "es")
    assert [one for one in spanish if one in english and one not in SAME | names_of(cast)] == []


@pytest.mark.parametrize("who", ["patient", None])
def test_a_page_that_is_not_there_says_so_in_the_readers_language(cast, browse, who):
    client = browse(who) if who else Client()
    english, spanish = (shown(client, "/no/such/page/", language) for language in ("en", "es"))
    assert "There is no such page" in english
    assert [one for one in spanish if one in english] == []


def test_a_form_without_its_secret_is_refused_in_the_readers_language(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(
        User.objects.get(pk=cast.ada_user), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    Patient.objects.update(language="es")
    reply = client.post("/my/messages/", {"text": "Hola"})
    assert reply.status_code == 403
    assert "Este formulario había caducado" in reply.content.decode()


def test_a_failure_is_told_in_the_readers_language_and_asks_the_database_nothing(db, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken for this test")

    monkeypatch.setattr("ketacare.public.views.home.render", fail)
    client = Client(raise_request_exception=False)
    reply = client.get("/welcome/", headers={"accept-language": "es"})
    assert reply.status_code == 500
    assert "Algo falló de nuestro lado" in reply.content.decode()


def test_the_staff_is_told_in_english_whatever_their_browser_asks(cast, browse):
    reply = browse("nurse").get("/no/such/page/", headers={"accept-language": "es"})
    assert "There is no such page for you" in reply.content.decode()
