"""Everything on the way from a monitor to the server encrypted, end to end, with certificates of a small private authority."""

import json
import ssl
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from ketacare.clinic import actions as clinic
from ketacare.clinic.models import Device, Site
from ketacare.config.rooms.ways import message
from ketacare.infusion.models import Session, SessionEvent
from tests import serving
from tests.cast import Cast
from tests.certificates import Authority, Pair
from tests.contract import gateways
from tests.contract.gateways import GATEWAY_TOKEN, Monitor
from tests.rooms.infusion import today
from tests.rooms.infusion.bedside import TOKEN

WIRE_NAME = "MON-1"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def session(own_cast: Cast) -> Session:
    return today.started(own_cast, device=devices(own_cast))


@pytest.fixture
def server(own_database: str, session: Session, authority: Authority):
    with serving.served(own_database, *options(authority.pair("localhost", "127.0.0.1"))) as running:
        yield running


def devices(cast: Cast) -> Device:
    site, nurse, at = Site.objects.get(pk=cast.here), cast.actor("nurse"), timezone.now()
    clinic.add_device(site=site, name="Gateway", token=GATEWAY_TOKEN, is_gateway=True, by=nurse, at=at)
    return clinic.add_device(site=site, name="Monitor 1", token=TOKEN, wire_name=WIRE_NAME, by=nurse, at=at)


def options(pair: Pair) -> list[str]:
    return ["--tls-cert", str(pair.certificate), "--tls-key", str(pair.key)]


def test_a_reading_goes_encrypted_from_the_monitor_over_the_gateway_to_the_server(server, session, authority):
    told = ["--ca", str(authority.certificate), "--tls-client-ca", str(authority.certificate)]
    gateway = gateways.start(server.url, *told, *options(authority.pair("gateway", "127.0.0.1")))
    try:
        assert monitor(gateway.port, authority, client=authority.pair("monitor")).send(reading()) == "AA"
        with pytest.raises((ssl.SSLError, ConnectionError)):
            monitor(gateway.port, authority).send(reading())  # no certificate of its own
        with pytest.raises((AssertionError, ConnectionError)):
            Monitor(gateway.port).send(reading())  # not encrypted
        stranger = Authority(folder_in(authority.folder, "stranger"))
        with pytest.raises(ssl.SSLCertVerificationError):
            monitor(gateway.port, stranger, client=authority.pair("monitor"))  # a gateway it has no reason to trust
    finally:
        said = gateways.stop(gateway)
    connection.close()
    assert SessionEvent.objects.filter(session=session).exclude(sent_key="").count() == 1
    assert "1 answered AA" in said


def test_a_gateway_hands_nothing_to_a_server_it_cannot_trust(server, session, authority):
    stranger = Authority(folder_in(authority.folder, "stranger"))
    gateway = gateways.start(server.url, "--ca", str(stranger.certificate))
    try:
        assert Monitor(gateway.port).send(reading()) == "AE"
    finally:
        gateways.stop(gateway)
    connection.close()
    assert not SessionEvent.objects.filter(session=session).exclude(sent_key="").exists()


def test_simulated_rooms_send_to_a_server_over_tls_and_to_none_they_cannot_trust(server, session, authority):
    told = [{"name": "1", "session": session.pk, "wire_name": WIRE_NAME, "token": TOKEN}]
    file = authority.folder / "rooms.json"
    file.write_text(json.dumps({"rooms": told}), encoding="utf-8")
    stranger = Authority(folder_in(authority.folder, "stranger"))
    distrusted = rooms(file, server.url, stranger, grace_s=1)
    assert (distrusted["stored"], distrusted["unanswered"]) == (0, distrusted["measured"])
    trusted = rooms(file, server.url, authority, grace_s=30)
    assert trusted["stored"] == trusted["measured"] > 0


def folder_in(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def monitor(port: int, trusted: Authority, *, client: Pair | None = None) -> Monitor:
    """A monitor that talks TLS, with a certificate of its own or without."""
    context = ssl.create_default_context(cafile=str(trusted.certificate))
    if client is not None:
        context.load_cert_chain(client.certificate, client.key)
    return Monitor(port, tls=context)


def reading() -> bytes:
    row = {"key": "R-1", "values": {"spo2": 97}, "device_time": datetime.now(UTC)}
    return message(row, wire_name=WIRE_NAME)


def rooms(file: Path, url: str, authority: Authority, *, grace_s: int) -> dict:
    words = ["--devices", str(file), "--server", url, "--ca", str(authority.certificate)]
    words += ["--seconds", "3", "--grace", str(grace_s), "--json"]
    command = [sys.executable, "-m", "ketacare", "rooms", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return json.loads(done.stdout)
