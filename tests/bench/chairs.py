"""Eight chairs in use on the real clock, each patient taken there by actions, and a monitor at each."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import httpx
from django.utils import timezone

from ketacare.clinic import actions
from ketacare.clinic.models import Site
from ketacare.clinic.writing import directly
from ketacare.config.live import watcher
from ketacare.evaluation.screenings import courses_to_screen
from ketacare.followup.safety.queries import courses_to_watch
from ketacare.infusion.models import Session
from tests.cast import NOW, Cast, patient
from tests.rooms.infusion import today
from tests.rooms.infusion.bedside import TOKEN
from tests.serving import Served

CHAIRS = 8
BORN = date(1980, 1, 1)
SPO2 = (95, 96, 97, 98)


def in_use(people: Cast, count: int = CHAIRS) -> list[Session]:
    """A session under way in every chair."""
    here, desk = Site.objects.get(pk=people.here), people.actor("front-desk")
    sessions = []
    for number in range(1, count + 1):
        person = patient(here, "Chair", f"Number {number}", BORN + timedelta(days=number), "female", desk)
        course = actions.open_course(patient=person, site=here, indication="mdd_trd", by=desk, at=NOW)
        theirs = replace(people, ada=person.pk, ada_course=course.pk)
        chair = f"Room {number}"
        monitor = actions.add_device(site=here, name=chair, token=token_of(chair), by=people.actor("nurse"), at=NOW)
        sessions.append(today.started(theirs, chair=chair, device=monitor))
    return sessions


def screened() -> None:
    """Judge every course as the day would have begun with, its long-term safety too: a server that does so does little else."""
    while courses_to_screen(at=timezone.now(), at_most=1):
        watcher.screen_courses(timezone.now(), directly)
    while courses_to_watch(at=timezone.now(), at_most=1):
        watcher.watch_safety(timezone.now(), directly)


def token_of(chair: str) -> str:
    return f"{TOKEN} in {chair}"


def monitor_of(server: Served, *, token: str = TOKEN) -> httpx.Client:
    """A connection that a monitor keeps open."""
    authorized = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=server.url, headers=authorized, timeout=30, trust_env=False)


def post(monitor: httpx.Client, session_id: int, number: int) -> int:
    """Send one reading and wait until it is acknowledged; gives its number in the session."""
    values = {"spo2": SPO2[number % len(SPO2)], "heart_rate": 68 + number % 5}
    row = {"session": session_id, "key": str(number), "at": timezone.now().isoformat(), "values": values}
    reply = monitor.post("/door/readings", json={"rows": [row]})
    (result,) = reply.raise_for_status().json()["rows"]
    assert result["status"] == "stored", result
    return int(result["seq"])


def all_at_once(work: list[Callable[[], None]]) -> None:
    """Do several things in threads and wait for all of them."""
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
