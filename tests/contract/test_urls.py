"""Deny by default: every address, asked for by everybody, about a patient of this site and of another.

What is expected follows from the permission that the view names and from the matrix. An address that the table in
addresses.py cannot fill fails: nobody adds a page without saying what it is about.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.test.client import ClientHandler
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic import actions
from ketacare.clinic.models import AuditEvent, Role, User
from ketacare.clinic.permissions import OPENED_BY_GRANT, PERMISSIONS
from tests.cast import Cast
from tests.contract.addresses import (
    ABOUT_NOBODY,
    ARGUMENTS,
    DOORS,
    HERE,
    LISTED,
    OF_ALLAUTH,
    OF_ALLAUTH_ARGUMENTS,
    SENDING_NEEDS,
    SENT,
    THERE,
    Address,
    addresses,
)

ALL = addresses()
OURS = [address for address in ALL if not address.is_of_allauth]
ALLAUTHS = [address for address in ALL if address.is_of_allauth]
CLOSED = [address for address in OURS if address.permission is not None]
ABOUT_SOMEBODY = [address for address in CLOSED if address.arguments and address.name not in ABOUT_NOBODY]
NOT_FOUND, WRONG_METHOD = 404, 405
SHOWN = {200, 204, 302, WRONG_METHOD}
TAKEN = {200, 204, 302, 303, 400, 409, 415, 422, WRONG_METHOD}
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


HANDLERS = {checks: ClientHandler(enforce_csrf_checks=checks) for checks in (False, True)}  # loaded once, not a client


def name(address: Address) -> str:
    return address.name


def path_of(address: Address, cast: Cast, site: str) -> str:
    if address.arguments:
        return reverse(address.name, kwargs=ARGUMENTS[address.name](cast, site))
    for thing in LISTED:
        thing(cast, HERE), thing(cast, THERE)
    return reverse(address.name)


def sites(address: Address) -> list[str]:
    return [HERE, THERE] if address in ABOUT_SOMEBODY else [HERE]


def readers(cast: Cast) -> Iterator[tuple[str, Client]]:
    """Everybody who works here, and ada."""
    for role in Role:
        yield role, client_of(cast.ada_user if role == Role.PATIENT else cast.staff[role])


def visitor(*, checks_csrf: bool = False) -> Client:
    """A browser of somebody who has not logged in."""
    client = Client(headers={"accept": "text/html"})
    client.handler = HANDLERS[checks_csrf]
    return client


def client_of(user_id: int, *, checks_csrf: bool = False) -> Client:
    client = visitor(checks_csrf=checks_csrf)
    client.force_login(User.objects.get(pk=user_id), backend=BACKEND)
    return client


def a_holder(cast: Cast, permission: str) -> int:
    role = next(role for role in sorted(PERMISSIONS[permission]) if role in cast.staff or role == Role.PATIENT)
    return cast.ada_user if role == Role.PATIENT else cast.staff[role]


def body(response: HttpResponseBase) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode(errors="replace")


def ask(client: Client, method: str, path: str, cast: Cast, *, reader: str, sent: dict[str, str] | None = None):
    """One request; whoever it names must be in the audit of this very page, and nobody in its title or address."""
    last = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    response = client.generic(method, path, urlencode(sent or {}), content_type="application/x-www-form-urlencoded")
    text = body(response)
    elsewhere = path + response.headers.get("Location", "") + text.partition("<title>")[2].partition("</title>")[0]
    for who in ("ada", "ben", "zoe"):
        patient = cast.patient(who)
        assert patient.family_name not in elsewhere, f"{path} names {who} in its title or address"
        if patient.family_name in text and not (
            reader == Role.PATIENT and who == "ada" and response.status_code != 200
        ):
            assert AuditEvent.objects.filter(pk__gt=last, subjects__patient=patient).exists(), f"{path} names {who}"
            assert who != "zoe" or reader == "there", f"{path} names a patient of another site to {reader}"
    return response


def without_what_varies(text: str, path: str) -> str:
    """A page without its own address and its anti-forgery tokens, which differ each time."""
    return re.sub(r'value="[A-Za-z0-9]{64}"', "", text).replace(path, "")


def test_every_address_with_an_argument_can_be_filled():
    unknown = [address.name for address in OURS if address.arguments and address.name not in ARGUMENTS]
    assert not unknown, "add a line to tests/contract/addresses.py for each"


def test_the_table_names_no_address_that_is_gone():
    known = {address.name for address in ALL}
    assert not (ARGUMENTS.keys() | SENDING_NEEDS.keys() | DOORS | OF_ALLAUTH.keys()) - known


def test_every_view_says_what_it_needs_and_the_matrix_knows_it():
    for address in OURS:
        assert hasattr(address.view, "needs"), f"{address.name} does not say which permission it needs"
        assert address.permission is None or address.permission in PERMISSIONS, address.name


@pytest.mark.parametrize("address", CLOSED, ids=name)
def test_nobody_sees_anything_before_logging_in(cast, address):
    for site in sites(address):
        path = path_of(address, cast, site)
        answers = {method: ask(visitor(), method, path, cast, reader="nobody") for method in ("GET", "HEAD", "POST")}
        for method, answer in answers.items():
            is_led_to_log_in = answer.status_code == 302 and answer.url.startswith("/accounts/login/")
            assert is_led_to_log_in or answer.status_code in {401, WRONG_METHOD}, (method, answer.status_code)
        assert {answer.status_code for answer in answers.values()} != {WRONG_METHOD}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("address", CLOSED, ids=name)
def test_only_who_holds_the_permission_gets_in_and_only_at_their_own_site(cast, address, method):
    holders = PERMISSIONS[address.permission]
    senders = PERMISSIONS[SENDING_NEEDS.get(address.name, address.permission)]
    paths = {site: path_of(address, cast, site) for site in sites(address)}
    for reader, client in readers(cast):
        for site, path in paths.items():
            sent = SENT.get(address.name) if method == "POST" else None
            status = ask(client, method, path, cast, reader=reader, sent=sent).status_code
            if reader not in holders or site == THERE or (sent and reader not in senders):
                assert status in {NOT_FOUND, WRONG_METHOD}, (reader, site, status)
            elif method == "GET":
                assert status in SHOWN, (reader, site, status)
            else:
                assert status in TAKEN | ({NOT_FOUND} if reader not in senders else set()), (reader, site, status)


@pytest.mark.parametrize("address", ABOUT_SOMEBODY, ids=name)
def test_another_sites_object_and_a_missing_one_get_the_same_answer(cast, address):
    client = client_of(a_holder(cast, address.permission))
    there = path_of(address, cast, THERE)
    missing = reverse(address.name, kwargs=dict.fromkeys(address.arguments, 987654321))
    for method in ("GET", "POST"):
        one, other = (ask(client, method, path, cast, reader="holder") for path in (there, missing))
        assert one.status_code == other.status_code
        assert without_what_varies(body(one), there) == without_what_varies(body(other), missing)


@pytest.mark.parametrize("address", CLOSED, ids=name)
def test_a_form_without_its_token_is_refused(cast, address):
    client = client_of(a_holder(cast, address.permission), checks_csrf=True)
    status = ask(client, "POST", path_of(address, cast, HERE), cast, reader="holder").status_code
    assert status in ({WRONG_METHOD, 403} if address.name not in DOORS else TAKEN | {401})


@pytest.mark.parametrize("address", CLOSED, ids=name)
def test_head_answers_as_get_does_or_not_at_all(cast, address):
    client, path = client_of(a_holder(cast, address.permission)), path_of(address, cast, HERE)
    assert client.head(path).status_code in {client.get(path).status_code, WRONG_METHOD}


@pytest.mark.parametrize("address", ABOUT_SOMEBODY, ids=name)
def test_breaking_the_glass_opens_reading_only_and_every_page_says_so(cast, address):
    path = path_of(address, cast, THERE)
    nurse = cast.actor("nurse")
    actions.break_glass(patient=cast.patient("zoe"), reason="Collapsed here", by=nurse, at=timezone.now())
    client = client_of(nurse.user_id)
    reply = ask(client, "GET", path, cast, reader="there")
    is_opened = address.permission in OPENED_BY_GRANT and Role.NURSE in PERMISSIONS[address.permission]
    assert (reply.status_code in SHOWN) if is_opened else (reply.status_code in {NOT_FOUND, WRONG_METHOD})
    text = body(reply)
    if reply.status_code == 200 and "<html" in text:
        assert "Emergency access" in text
    if not is_opened:
        assert client.post(path).status_code in {NOT_FOUND, WRONG_METHOD}


@pytest.mark.parametrize("address", ALLAUTHS, ids=name)
def test_pages_of_the_log_in_library_answer_as_listed(cast, address):
    assert address.name in OF_ALLAUTH, "a new address of allauth: decide who may see it, then list it"
    path = reverse(address.name, kwargs=OF_ALLAUTH_ARGUMENTS.get(address.name))
    for client, expected in zip((visitor(), client_of(cast.staff[Role.NURSE])), OF_ALLAUTH[address.name], strict=True):
        reply = ask(client, "GET", path, cast, reader="nobody")
        assert reply.status_code == expected
        assert not any(cast.patient(who).family_name in body(reply) for who in ("ada", "ben", "zoe"))
