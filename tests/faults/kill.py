"""SIGKILL of the app, the gateway and the database in turn: what was acknowledged is there, once, and a viewer waits for seconds."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.db import connection

from ketacare.clinic import actions as clinic_actions
from ketacare.clinic.models import Device, Site
from ketacare.infusion.models import Session
from tests.bench import chairs
from tests.bench.figures import says
from tests.bench.place import address, clinic
from tests.cast import NOW, Cast
from tests.contract import gateways
from tests.faults import monitors, viewer
from tests.faults.monitors import Monitor, over_http, over_mllp, sending
from tests.faults.postgres import Postgres, clinic_on
from tests.faults.viewer import Viewer, watching
from tests.serving import Served, cookie_of, free_port, start, stop

EVERY_S, IN_HASTE_S = 10, 3  # from one kill to the next
TIMED_MINUTES = 0.5  # a shorter run shows that nothing is lost; how long a viewer waits is only told
GOAL_S = 5


@dataclass(kw_only=True)
class House:
    """What runs, and can be killed."""

    database: str
    server: Served
    gateway: gateways.Running
    postgres: Postgres | None
    log: IO[str]  # what the server says to its operator

    def app(self) -> None:
        self.server.kill()
        self.server = start(self.database, port=int(self.server.url.rsplit(":", 1)[1]), log=self.log)

    def hl7_gateway(self) -> None:
        self.gateway.process.kill()
        self.gateway.process.wait()
        self.gateway = gateways.start(self.server.url, port=self.gateway.port)

    def postgresql(self) -> None:
        self.postgres.kill()
        self.postgres.start()

    def victims(self) -> dict[str, Callable[[], None]]:
        known = {"app": self.app, "gateway": self.hl7_gateway}
        return known | ({"database": self.postgresql} if self.postgres else {})


def run(folder: Path, *, minutes: float) -> list[str]:
    broken = []
    if minutes >= TIMED_MINUTES:  # else the server that has all three to kill
        with clinic("kill") as people:
            broken = under("SQLite, in the app", people, folder, minutes=minutes)
    postgres = Postgres(folder / "postgres")
    with clinic_on(postgres) as people:
        return broken + under("PostgreSQL", people, folder, minutes=minutes, postgres=postgres)


def under(name: str, people: Cast, folder: Path, *, minutes: float, postgres: Postgres | None = None) -> list[str]:
    """Kill what there is in turn, for so many minutes; what was promised and not kept."""
    sessions = chairs.in_use(people)
    last_id = ",".join(f"{one.pk}:{Session.objects.get(pk=one.pk).last_seq}" for one in sessions)
    with housed(people, folder, postgres) as house:
        at_work = talking(people, house, sessions)
        looking = Viewer(
            server=house.server,
            cookies=cookie_of(people.user("nurse")),
            sessions=[one.pk for one in sessions],
            last_id=last_id,
        )
        with watching(looking), sending(at_work):
            time.sleep(IN_HASTE_S)
            killed = list(kills(house, minutes=minutes))
            ended = time.monotonic()
    connection.close()
    says(f"{name}: {told(killed, at_work)} under {len(sessions)} chairs, half of them over HL7")
    spans = zip(killed, [*(at for _, at in killed[1:]), ended], strict=True)
    still = [looking.still_s(after=at, until=until) for (_, at), until in spans]
    goal_s = GOAL_S if minutes >= TIMED_MINUTES else None
    return [*monitors.judged(at_work), *viewer.judged(looking, still_s=still, goal_s=goal_s)]


@contextmanager
def housed(people: Cast, folder: Path, postgres: Postgres | None) -> Iterator[House]:
    """Server and gateway on the clinic's database."""
    site, nurse = Site.objects.get(pk=people.here), people.actor("nurse")
    clinic_actions.add_device(
        site=site, name="Gateway", token=gateways.GATEWAY_TOKEN, is_gateway=True, by=nurse, at=NOW
    )
    database = postgres.url if postgres else address()
    with (folder / "server.log").open("w", encoding="utf-8") as log:
        server = start(database, port=free_port(), log=log)
        gateway = gateways.start(server.url)
        house = House(database=database, server=server, gateway=gateway, postgres=postgres, log=log)
        try:
            yield house
        finally:
            gateways.stop(house.gateway)
            stop(house.server)


def talking(people: Cast, house: House, sessions: list[Session]) -> list[Monitor]:
    """Every other chair's monitor talks HL7 with the gateway, the others with the server."""
    found = []
    for number, session in enumerate(sessions):
        if number % 2:
            found.append(over_http(house.server.url, session))
            continue
        Device.objects.filter(name=session.chair).update(wire_name=f"MON-{session.pk}")
        found.append(over_mllp(house.gateway.port, session, wire_name=f"MON-{session.pk}"))
    return found


def kills(house: House, *, minutes: float) -> Iterator[tuple[str, float]]:
    """Kill and start again, one after another; what and when."""
    victims, pause_s = house.victims(), EVERY_S if minutes >= TIMED_MINUTES else IN_HASTE_S
    count = max(len(victims), round(minutes * 60 / EVERY_S))
    for number in range(count):
        name = list(victims)[number % len(victims)]
        began = time.monotonic()
        victims[name]()
        yield name, began
        time.sleep(max(pause_s / 2, pause_s - (time.monotonic() - began)))


def told(killed: list[tuple[str, float]], at_work: list[Monitor]) -> str:
    """How often each was killed, and the longest from a kill until every monitor that depends on it is answered."""
    words = []
    for name in dict.fromkeys(name for name, _ in killed):
        those = [one for one in at_work if name != "gateway" or one.wire_name]
        waits = [one.served_after(at) for killed_name, at in killed if killed_name == name for one in those]
        known = [wait for wait in waits if wait is not None]
        words.append(
            f"{name} killed {sum(one == name for one, _ in killed)} times, all answered again within {max(known):.1f} s"
        )
    return "; ".join(words)
