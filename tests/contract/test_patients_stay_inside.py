"""No patient in the log, in an address, in the subject of a letter or on an error page: every address is walked with people of rare names.

Pages that answer whoever may see the patient (200, a form again with what was typed, a refusal with its reasons) name them on purpose; no error page does.
"""

import asyncio
import html
import logging
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from urllib.parse import unquote_plus, urlencode

import pytest
from django.conf import settings
from django.core import mail
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic.models import Patient, User
from ketacare.config.discreet import Discreet
from ketacare.config.live import gateway as live_gateway
from ketacare.config.live import telling
from ketacare.config.live.gateway import Gateway
from ketacare.frontdesk import actions as desk
from ketacare.frontdesk import effort
from tests.contract.addresses import Address, addresses
from tests.contract.gateways import LIMITS
from tests.contract.hl7_messages import ORDER, message
from tests.contract.test_urls import a_holder, body, client_of, name, path_of, visitor
from tests.rooms.infusion.treatment import START
from tests.rooms.portal.asked import DAY, HOUR, arranged, treated, turn

GIVEN, FAMILY, PHONE, EMAIL, BORN = (
    "Quixotherina",
    "Zarabandović",
    "+493055577131",
    "qz@marker.example",
    date(1984, 10, 27),
)
SECRETS = [
    GIVEN,
    FAMILY,
    FAMILY[:-1],
    PHONE,
    PHONE[-8:],
    EMAIL,
    "qz@marker",
    *(f"{BORN:{how}}" for how in ("%Y-%m-%d", "%-d %b %Y", "%Y%m%d", "%d.%m.%Y")),
]
IN_ADDRESSES = re.compile(r'(?:href|src|action|hx-get|hx-post|poster)="([^"]*)"')
REACHES_SOMEBODY = ("tel:", "mailto:", "sms:")  # opens a telephone; never a line of a log
PAGES_ON_PURPOSE = {409, 422}
# What a form might ask for, filled in with somebody: whichever of it a page takes
TYPED = {
    "given_name": GIVEN,
    "family_name": FAMILY,
    "name": f"{GIVEN} {FAMILY}",
    "person": FAMILY,
    "born_on": BORN.isoformat(),
    "phone": PHONE,
    "email": EMAIL,
    "login": EMAIL,
    "password": GIVEN,
    **dict.fromkeys(
        [
            "words",
            "text",
            "subject",
            "reason",
            "needs",
            "note",
            "about",
            "because",
            "lifts_when",
            "title",
            "wanted",
            "q",
        ],
        f"{GIVEN} {FAMILY}, {PHONE}",
    ),
    "way": "email",
    "language": "en",
    "consent": "on",
    "channel": "email",
    "kind": GIVEN,
    "decision": "accept",
    "page": FAMILY,
}


def named(text: str) -> list[str]:
    """The secrets that a text holds, however they are written."""
    plain = unquote_plus(html.unescape(text)).casefold()
    return [one for one in SECRETS if one.casefold() in plain]


class Heard(logging.Handler):
    """Everything that anything logs, as the clinic's log would write it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []
        self.setFormatter(Discreet("%(name)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


@pytest.fixture(autouse=True)
def heard() -> Iterator[Heard]:
    """Every logger at DEBUG but for those that the settings hold back; nothing that they say may name a patient."""
    handler, root = Heard(), logging.getLogger()
    held_back = {one for one, told in settings.LOGGING["loggers"].items() if "level" in told}
    loud = [
        root,
        *(
            one
            for label, one in root.manager.loggerDict.items()
            if isinstance(one, logging.Logger) and label not in held_back
        ),
    ]
    before = [(one, one.level) for one in loud]
    for one in loud:
        one.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    for one, level in before:
        one.setLevel(level)
    for said in handler.said:
        assert not named(said), said


@pytest.fixture
def rare(cast, settings):
    """The cast with patients whose names are nobody else's, and mail that is caught."""
    settings.CAN_SEND_EMAIL = True
    Patient.objects.update(given_name=GIVEN, family_name=FAMILY, phone=PHONE, email=EMAIL, born_on=BORN)
    User.objects.filter(pk=cast.ada_user).update(name=f"{GIVEN} {FAMILY}", email=EMAIL)
    yield cast
    for letter in mail.outbox:
        assert not named(letter.subject), letter.subject


def judged(client: Client, method: str, path: str, sent: dict[str, str] | None = None) -> int:
    """Ask; nobody is named where nobody may be. Gives the status."""
    client.raise_request_exception = False
    reply = client.generic(method, path, urlencode(sent or {}), content_type="application/x-www-form-urlencoded")
    text, where = body(reply), reply.headers.get("Location", "")
    assert not named(path + where), f"{method} {path} leads to {where}"
    for address in IN_ADDRESSES.findall(text):
        assert address.startswith(REACHES_SOMEBODY) or not named(address), f"{method} {path} links {address}"
    if reply.status_code >= 400 and reply.status_code not in PAGES_ON_PURPOSE:
        assert not named(text), f"{method} {path}, {reply.status_code}: {named(text)}"
    return reply.status_code


def readers(address: Address, cast) -> Iterator[Client]:
    """Nobody, somebody of another site, and whoever may."""
    yield visitor()
    if address.permission is not None:
        yield client_of(cast.staff_there["quality"])
        yield client_of(a_holder(cast, address.permission))


@pytest.mark.parametrize("address", [one for one in addresses() if not one.is_of_allauth], ids=name)
def test_no_address_gives_a_patient_away(rare, address):
    path = path_of(address, rare, "here")
    for client in readers(address, rare):
        for method, sent in (("GET", None), ("POST", TYPED)):
            judged(client, method, path, sent)


@pytest.mark.parametrize("address", ["account_login", "account_reset_password", "account_reauthenticate"])
def test_no_page_of_a_log_in_gives_away_who_tried(rare, address):
    for _ in range(settings.AXES_FAILURE_LIMIT + 1):
        assert judged(Client(), "POST", reverse(address), TYPED) < 500


def a_row(*_: object, **__: object) -> None:
    """What PostgreSQL says of a row that it refuses."""
    raise IntegrityError(
        f"new row violates check constraint\nDETAIL:  Failing row contains ({GIVEN}, {FAMILY}, {BORN}, {PHONE})."
    )


def sent_by_the_public(cast) -> dict[str, str]:
    ticket = effort.issue(at=timezone.now())
    return TYPED | {"site": str(cast.here), "ticket": ticket, "work": effort.worked(ticket), "text": ""}


def test_a_request_that_the_database_refuses_is_an_error_page_without_the_person(rare, monkeypatch, heard):
    monkeypatch.setattr(desk, "send_request", a_row)
    assert judged(Client(), "POST", reverse("public:request"), sent_by_the_public(rare)) == 500
    assert any("Internal Server Error" in said for said in heard.said)
    assert any("IntegrityError" in said for said in heard.said)


@pytest.mark.parametrize(
    ("role", "address", "broken"),
    [
        ("patient", "portal:own-correct", "ketacare.rights.actions.ask"),
        ("patient", "portal:own-home", "ketacare.portal.own.views.pages.page"),
        ("nurse", "worklist:patients", "ketacare.worklist.queries.patients.patient_page"),
        ("front-desk", "frontdesk:queue", "ketacare.frontdesk.queries.queue"),
        ("quality", "rights:requests", "ketacare.rights.queries.requests_open"),
    ],
)
def test_a_page_that_fails_says_nothing_of_whom_it_was_about(rare, browse, monkeypatch, role, address, broken):
    monkeypatch.setattr(broken, a_row)
    client = browse(role)
    method, sent = (
        ("POST", {"words": GIVEN, "about": "", "form_key": "00000000-0000-4000-8000-000000000001"})
        if "correct" in address
        else ("GET", None)
    )
    assert judged(client, method, reverse(address), sent) == 500


def test_a_wish_for_a_consultation_and_all_that_follows_says_nothing_outside(rare, browse):
    assert judged(Client(), "POST", reverse("public:request"), sent_by_the_public(rare)) == 302
    row = desk.ConsultationRequest.objects.latest("pk")
    assert row.family_name == FAMILY
    front = browse("front-desk")
    steps = [
        ("frontdesk:queue", [], None),
        ("frontdesk:request", [row.pk], None),
        ("frontdesk:contact", [row.pk], {"way": "email", "came": "reached", "note": GIVEN}),
        ("frontdesk:closing", [row.pk], {"because": f"{GIVEN} went elsewhere"}),
        ("portal:invite", [rare.ben], {"email": EMAIL.replace("qz", "qz2"), "language": "en"}),
    ]
    for address, arguments, sent in steps:
        assert judged(front, "POST" if sent else "GET", reverse(address, args=arguments), sent) < 400
    assert mail.outbox


def test_letters_between_sessions_and_about_alerts_name_nobody_in_their_subject(rare):
    arranged(rare)
    treated(rare)
    turn(START + 7 * DAY + HOUR)
    assert mail.outbox
    assert not named(telling.SUBJECT + telling.BODY)


class Failing:
    """A server that cannot take what a gateway hands on, and says it with a patient's name."""

    async def send(self, rows: list[object]) -> list[object]:
        raise RuntimeError(f"{GIVEN} {FAMILY}")

    def tell(self, row: object) -> None:
        assert not named(str(row))


@pytest.mark.parametrize("spoilt", ["whole", "cut", "no observation", "junk"])
def test_a_monitors_message_with_a_patient_in_it_leaves_none_of_them_behind(spoilt, heard):
    person = f"PID|1||999999^^^CLINIC^MR||{FAMILY}^{GIVEN}||{BORN:%Y%m%d}|F|||||{PHONE}"
    row = "OBX|1|NM|8867-4^Heart rate^LN||71|{beat}/min^^UCUM|||||F|||20260304091459+0000"
    raw = {
        "whole": message(row, before=(person, ORDER)),
        "cut": message(row, before=(person, ORDER))[9:],
        "no observation": message(before=(person,)),
        "junk": f"{GIVEN}|{FAMILY}".encode(),
    }[spoilt]
    taken: list[bytes] = []

    async def talk() -> None:
        gateway = Gateway(post=Failing(), zone=UTC, limits=LIMITS)
        server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"\x0b" + raw + b"\x1c\r")
        taken.append(await reader.read(10_000))
        writer.close()
        server.close()
        await gateway.close()

    asyncio.run(asyncio.wait_for(talk(), 20))
    assert live_gateway.log.name.startswith("ketacare")
    assert not named(taken[0].decode(errors="replace"))
    if spoilt == "whole":
        assert any("a connection failed" in said for said in heard.said)


def test_the_markers_are_found_however_they_are_written():
    moment = datetime(1984, 10, 27, tzinfo=UTC)
    for text in (
        FAMILY,
        "Zarabandovi%C4%87",
        "ZARABANDOVIĆ",
        "Zarabandovi&#263;",
        "a=%2B493055577131",
        f"{moment:%-d %b %Y}",
    ):
        assert named(text), text
    assert not named("Harbour Clinic, 555 0100")


def test_a_name_that_somebody_logs_is_heard(heard):
    logging.getLogger("ketacare.anything").debug("a call of %s", FAMILY)
    assert named(heard.said.pop())
