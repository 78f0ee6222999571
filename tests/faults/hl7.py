"""Ten thousand malformed messages to a running gateway before a running server: each is refused and told why, and then a good one is taken."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ketacare.clinic import actions
from ketacare.clinic.models import Device, Site
from ketacare.config.rooms.ways import message as a_reading
from ketacare.infusion.models import RefusedDelivery, SessionEvent
from ketacare.interop.hl7v2 import read
from tests.bench import chairs
from tests.bench.figures import says, timed
from tests.bench.place import address, clinic
from tests.cast import NOW
from tests.contract import gateways
from tests.contract.gateways import GATEWAY_TOKEN, Monitor
from tests.contract.hl7_messages import SETS, corpus, message
from tests.serving import start, stop

MESSAGES, LEAST, SEED = 10_000, 500, 20_260_304  # in a whole run, in a short one
FULL_MINUTES = 0.5
OF_HYPOTHESIS = 0.3  # the share that hypothesis thinks up
FRAME = (b"\x0b", b"\x1c")  # what a frame cannot hold
REFUSALS = {"AE", "AR"}
NO_FRAMES = {
    "no frame": b"\x00\xff\x17binary",
    "http": b"GET / HTTP/1.1\r\n\r\n",
    "too large": gateways.START + b"MSH" + b"x" * 300_000,
}


@dataclass(kw_only=True)
class Answers:
    """What came back."""

    codes: Counter[str] = field(default_factory=Counter)
    without_reason: int = 0
    wrong: list[bytes] = field(default_factory=list)

    def take(self, raw: bytes, monitor: Monitor) -> None:
        monitor.post(raw)
        answer = monitor.answer()
        code = Monitor.code(answer)
        self.codes[code] += 1
        self.without_reason += not str(answer.segment("MSA")[3]).strip()
        if code not in REFUSALS:
            self.wrong.append(raw)


def run(folder: Path, *, minutes: float) -> list[str]:
    count = MESSAGES if minutes >= FULL_MINUTES else LEAST
    with clinic("hl7") as people:
        (session, *_) = chairs.in_use(people)
        site, nurse = Site.objects.get(pk=people.here), people.actor("nurse")
        actions.add_device(site=site, name="Gateway", token=GATEWAY_TOKEN, is_gateway=True, by=nurse, at=NOW)
        Device.objects.filter(name=session.chair).update(wire_name="MON-1")
        with (folder / "server.log").open("w", encoding="utf-8") as log:
            server = start(address(), log=log)
        gateway = gateways.start(server.url)
        try:
            broken = besieged(gateway, count)
        finally:
            lives = gateway.process.poll() is None and server.process.poll() is None
            gateways.stop(gateway)
            stop(server)
        connection.close()
        stored = SessionEvent.objects.filter(session=session).exclude(sent_key="").count()
        told = RefusedDelivery.objects.count()
        says(f"{stored} readings stored (1 is right); {told} kinds of refusal on the page of devices")
        logged = (folder / "server.log").read_text(encoding="utf-8").count("Traceback")
    promises = {
        "gateway and server live on": not lives,
        "the good message is stored and nothing else": stored != 1,
        "staff see that something was refused": not told,
        "the server fails at nothing": logged,
    }
    return [*broken, *(promise for promise, is_broken in promises.items() if is_broken)]


def besieged(gateway: gateways.Running, count: int) -> list[str]:
    """Send all of them, then what is no frame at all, then a good one."""
    answers, monitor = Answers(), Monitor(gateway.port)
    thought_up = round(count * OF_HYPOTHESIS)

    def send_all() -> None:
        for raw in islice(malformed(), count - thought_up):
            answers.take(raw, monitor)
        thought_of(thought_up, lambda raw: answers.take(raw, monitor))

    took_s = timed(send_all)
    unframed = {name: refused_and_closed(gateway, raw) for name, raw in NO_FRAMES.items()}
    now = datetime.now(UTC)
    row = {"key": "good-1", "values": {"spo2": 97, "heart_rate": 71}, "device_time": now}
    good = monitor.send(a_reading(row, wire_name="MON-1"))
    sent = answers.codes.total()
    says(
        f"{sent} malformed messages ({thought_up} by hypothesis): {answers.codes['AE']} AE, {answers.codes['AR']} AR, "
        f"{len(answers.wrong)} taken, {answers.without_reason} without a reason; {1000 * took_s / sent:.1f} ms each"
    )
    says(
        f"{sum(unframed.values())} of {len(unframed)} that are no message at all refused and hung up on; the good one after them: {good}"
    )
    promises = {
        "so many were sent": sent < count,
        "each malformed message is refused": answers.wrong,
        "each with a reason": answers.without_reason,
        "what is no message is refused and hung up on": not all(unframed.values()),
        "a good message is taken after them": good != "AA",
    }
    return [promise for promise, is_broken in promises.items() if is_broken]


def malformed() -> Iterator[bytes]:
    """Good messages that were spoilt, each in a way after which it may not be taken whole."""
    return (raw for raw in corpus(10 * MESSAGES, seed=SEED) if fits(raw))


def fits(raw: bytes) -> bool:
    return not any(one in raw for one in FRAME)


def thought_of(count: int, send) -> None:
    """Any bytes, and good messages with some of their bytes changed so that not all of them can be read."""
    sent = 0

    @settings(
        max_examples=2 * count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(st.binary(max_size=600), changed()))
    def each(raw: bytes) -> None:
        nonlocal sent
        if sent < count and fits(raw) and read(raw).verdict != "AA":
            sent += 1
            send(raw)

    while sent < count:
        each()


@st.composite
def changed(draw) -> bytes:
    raw = bytearray(message(*draw(st.sampled_from(SETS))))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(raw) - 1))
        raw[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=4))
    return bytes(raw)


def refused_and_closed(gateway: gateways.Running, raw: bytes) -> bool:
    monitor = Monitor(gateway.port)
    monitor.socket.sendall(raw)
    try:
        return Monitor.code(monitor.answer()) == "AR" and monitor.is_closed()
    except ConnectionError:
        return False
    finally:
        monitor.close()
