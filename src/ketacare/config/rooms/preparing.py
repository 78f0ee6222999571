"""Makes what a run needs in a database of made-up people: sessions under way, each with a paired monitor, and a gateway."""

import json
import os
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ketacare.clinic import actions
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Site, User
from ketacare.config.demo import charging, opening, people, story, team, vault
from ketacare.config.demo.shift import Shift
from ketacare.config.demo.team import DEMO, DOMAIN, Team

FIRST_PERSON = 10_000  # so that nobody of the demo's own story is met again
RUNS_SINCE = timedelta(minutes=2)
Say = Callable[[str], None]


def prepare(rooms: int, *, seed: int, file: Path, at: datetime, say: Say) -> None:
    """Make the rooms, and write down what their monitors need to be let in; or refuse a clinic of real people."""
    if User.objects.exclude(email__endswith=f"@{DOMAIN}").exists():
        raise ActionRefused("real", ["This database has people who are not made up: give the run one of its own."])
    opening.hurry()
    made = engaged(seed=seed, at=at)
    gateway = secrets.token_urlsafe()
    run = secrets.token_hex(3)
    actions.add_device(site=made.site, name=f"Gateway {run}", token=gateway, is_gateway=True, by=DEMO, at=at)
    told = []
    for number in range(1, rooms + 1):
        say(f"making room {number} of {rooms}")
        told.append(room(made.site, f"{run}-{number}", number=number, seed=seed, at=at))
    write(file, {"gateway": gateway, "rooms": told})


def engaged(*, seed: int, at: datetime) -> Team:
    """The clinic with its staff and nobody in it."""
    site = Site.objects.first()
    if site is not None:
        return team.team_of(site, seed=seed)
    opened_at = at - timedelta(days=story.SPARE_DAYS * 2)
    made = team.open_clinic(people.place_at(at), seed=seed, at=opened_at)
    vault.fill(made, at=opened_at)
    charging.set_prices(made.site, by=made.staff["administrator"], at=opened_at)
    return made


def room(site: Site, name: str, *, number: int, seed: int, at: datetime) -> dict[str, Any]:
    """One made-up patient with the infusion running, and a monitor of their own."""
    token, chair = secrets.token_urlsafe(), f"Bed {name}"
    actions.add_device(site=site, name=f"Monitor {chair}", token=token, wire_name=f"SIM-{name}", by=DEMO, at=at)
    made = team.team_of(site, seed=seed)
    case = story.newcomer(made, {"number": FIRST_PERSON + number}, days=story.SPARE_DAYS, at=at)
    starts_at = at - RUNS_SINCE
    session = story.course_until(case, 1, starts_at=starts_at, chair=chair)
    story.treat(
        Shift(team=made, is_calm=True), session, chair=chair, starts_at=starts_at, until=at, step=story.watched()
    )
    session.refresh_from_db()
    return {"name": name, "session": session.pk, "status": session.status, "wire_name": f"SIM-{name}", "token": token}


def write(file: Path, told: dict[str, Any]) -> None:
    """Tokens are for their owner alone."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(told, out, indent=1)
