"""The gateway: what it acknowledges is durable, whatever is killed; what it cannot take it says so; nobody holds it up."""

import random
import socket
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.utils import timezone

from ketacare.clinic import actions as clinic
from ketacare.clinic.models import Site
from ketacare.config.live.posting import Door
from ketacare.infusion.models import RefusedDelivery, SessionEvent
from tests import serving
from tests.contract import gateways
from tests.contract.gateways import GATEWAY_TOKEN, Monitor, Shelf, a_gateway
from tests.contract.hl7_messages import HEAD, LOINC_ROWS, corpus, message
from tests.rooms.infusion import today
from tests.rooms.infusion.bedside import TOKEN

SPOILT = 300


def test_a_good_message_is_taken_and_its_rows_name_the_device():
    with a_gateway() as (_, port):
        assert Monitor(port).send(message(*LOINC_ROWS)) == "AA"
    assert [one["values"] for one in Shelf.kept] == [
        {"spo2": 97, "heart_rate": 71, "resp_rate": 14},
        {"bp_sys": 128, "bp_dia": 79},
    ]
    assert Shelf.kept[0]["device"] == ["ACME_CENTRAL@ROOM/1/A", "ACME_CENTRAL"]


def test_a_message_in_pieces_and_several_in_one_piece():
    first, second = (gateways.START + message(*LOINC_ROWS, control_id=one) + gateways.END for one in "12")
    with a_gateway() as (_, port):
        monitor = Monitor(port)
        for at in range(0, len(first), 97):
            monitor.socket.sendall(first[at : at + 97])
        monitor.socket.sendall(second + first)
        answers = [str(monitor.answer().segment("MSA")[2]) for _ in range(3)]
    assert answers == ["1", "2", "1"]


def test_a_sender_that_begins_anew_in_the_middle_is_understood():
    with a_gateway() as (_, port):
        monitor = Monitor(port)
        monitor.socket.sendall(gateways.START + message(*LOINC_ROWS)[:200])
        assert monitor.send(message(*LOINC_ROWS)) == "AA"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x00\xff\x17binary junk", "begins with the byte 0B"),
        (b"GET / HTTP/1.1\r\n\r\n", "begins with the byte 0B"),
        (gateways.START + b"MSH" + b"x" * 50_000, "20000 bytes at most"),
        (gateways.START + message(*LOINC_ROWS)[:90], "did not end within 0.4 s"),
    ],
    ids=["junk", "http", "huge", "unfinished"],
)
def test_what_is_no_frame_is_told_why_and_the_connection_is_closed(content, says):
    with a_gateway() as (_, port):
        monitor = Monitor(port)
        monitor.socket.sendall(content)
        answer = monitor.answer()
        assert (Monitor.code(answer), says in str(answer.segment("MSA")[3])) == ("AR", True)
        assert monitor.is_closed()
        assert Monitor(port).send(message(*LOINC_ROWS)) == "AA"


def test_slow_senders_do_not_hold_up_the_others():
    with a_gateway() as (_, port):
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
        for one in slow:
            one.sendall(gateways.START + b"M")
        monitor = Monitor(port)
        assert [monitor.send(message(*LOINC_ROWS, control_id=str(n))) for n in range(5)] == ["AA"] * 5
        for one in slow:
            one.settimeout(10)
            while one.recv(4096):
                pass
            one.close()


def test_without_a_server_nothing_is_acknowledged_and_it_says_send_again():
    with a_gateway(f"http://127.0.0.1:{serving.free_port()}") as (_, port):
        monitor = Monitor(port)
        monitor.socket.sendall(gateways.START + message(*LOINC_ROWS) + gateways.END)
        answer = monitor.answer()
    assert Monitor.code(answer) == "AE"
    assert "send it again" in str(answer.segment("MSA")[3])


def test_spoilt_messages_over_the_wire_are_each_refused_and_told_to_staff():
    with a_gateway() as (gateway, port):
        monitor = Monitor(port)
        for raw in corpus(SPOILT, seed=7):
            if b"\x1c" in raw or b"\x0b" in raw:
                continue
            assert monitor.send(raw) in ("AE", "AR")
        refused = gateway.counts["answered AE"] + gateway.counts["answered AR"]
        assert monitor.send(message(*LOINC_ROWS)) == "AA"
        serving.wait_until(lambda: sum("unreadable" in one for one in Shelf.kept) == refused)


def test_the_listener_leaves_this_machine_only_encrypted():
    command = [sys.executable, "-m", "ketacare", "gateway", "--listen", "0.0.0.0:0", "--server", "https://here"]
    said = subprocess.run(command, capture_output=True, text=True)
    assert (said.returncode, "must not travel unencrypted" in said.stderr) == (1, True)


def test_the_way_to_the_server_is_encrypted_too():
    with pytest.raises(ValueError, match="https"):
        Door(url="http://10.1.2.3:8000", token="t")


def devices(cast):
    site, nurse, at = Site.objects.get(pk=cast.here), cast.actor("nurse"), timezone.now()
    clinic.add_device(site=site, name="Gateway", token=GATEWAY_TOKEN, is_gateway=True, by=nurse, at=at)
    return clinic.add_device(site=site, name="Monitor 1", token=TOKEN, wire_name="MON-1", by=nurse, at=at)


def reading(number: int, *, device: str = "MON-1", at: datetime | None = None) -> bytes:
    """One second of a monitor."""
    now = (at or datetime.now(UTC)).strftime("%Y%m%d%H%M%S.%f")[:-2] + "+0000"
    row = f"OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC||{90 + number % 10}|262688^MDC_DIM_PERCENT^MDC|||||R|||{now}||||{device}"
    return message(row, control_id=f"R{number}", head=HEAD.replace("20260304091500+0000", now), before=())


def test_killing_the_server_and_the_gateway_loses_nothing_acknowledged_and_doubles_nothing(own_cast, own_database):
    session = today.started(own_cast, device=devices(own_cast))
    port, gateway_port = serving.free_port(), serving.free_port()
    server = serving.start(own_database, port=port)
    gateway = gateways.start(server.url, port=gateway_port)
    taken, rng = [], random.Random(3)
    try:
        monitor = Monitor(gateway_port)
        for number in range(60):
            raw, is_taken = reading(number), False
            if number in (15, 40):
                server.kill()
                connection.close()
                server = serving.start(own_database, port=port)
            while not is_taken:
                try:
                    if number in (25, 50) and rng.random() < 0.5:
                        monitor.socket.sendall(gateways.START + raw + gateways.END)
                        gateway.process.kill()
                        gateway.process.wait()
                        gateway = gateways.start(server.url, port=gateway_port)
                    is_taken = monitor.send(raw) == "AA"
                except OSError:
                    monitor = Monitor(gateway_port)
            taken.append(number)
        assert monitor.send(reading(99, device="NOBODY")) == "AE"
        said = gateways.stop(gateway)
    finally:
        gateway.process.kill()
        serving.stop(server)
    connection.close()
    rows = SessionEvent.objects.filter(session=session, sent_key__startswith="R").order_by("seq")
    stored = [int(one.sent_key.split()[0][1:]) for one in rows]
    assert Counter(stored) == Counter(taken)
    assert stored == sorted(stored)
    assert "answered AA" in said
    assert RefusedDelivery.objects.get().sender == "NOBODY"
