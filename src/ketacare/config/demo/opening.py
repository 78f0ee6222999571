"""Makes the demo's clinic, or goes on with the one that is there; then plays the shift until it is told to stop."""

import fcntl
import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import IO, Any

from django.core.management import call_command
from django.db import close_old_connections, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.utils import timezone

from ketacare.clinic.models import Site
from ketacare.clinic.queries import books_not_as_put_in_force
from ketacare.config.demo import charging, checking, own_pages, people, requesting, story, talking, team, vault
from ketacare.config.demo.booked import book_courses, open_hours
from ketacare.config.demo.people import read
from ketacare.config.demo.shift import Shift
from ketacare.config.demo.team import Team
from ketacare.infusion.models import SessionEvent

FIRST_SEED = 1
GOES_STALE = timedelta(days=1)
BEFORE_THE_STORY = timedelta(days=120)  # when the clinic was opened
TURN_S = 1
HURRY = {"sqlite": "PRAGMA synchronous=OFF", "postgresql": "SET synchronous_commit TO off"}
RESTOCK_EVERY = timedelta(minutes=1)
Say = Callable[[str], None]
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Made:
    """What is kept beside the database once the story is told to its end."""

    site: int
    seed: int
    opened_at: datetime


def take(var: Path) -> IO[str] | None:
    """Take the demo's folder for this process alone; None while another demo has it. It is given back even by SIGKILL."""
    file = (var / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def open_or_go_on(var: Path, *, seed: int | None, is_fresh: bool, say: Say) -> Team:
    """The clinic of the last start when it is not stale and nobody wants another; else a new one."""
    made = None if is_fresh else kept(var)
    if made is not None and seed in (None, made.seed) and is_current(made, at=timezone.now()):
        found = team.team_of(Site.objects.get(pk=made.site), seed=made.seed)
        catch_up(found, at=timezone.now(), say=say)
        return found
    return open_afresh(var, seed=FIRST_SEED if seed is None else seed, say=say)


def kept(var: Path) -> Made | None:
    """What the last start left, if it came to its end."""
    file = var / "made.json"
    if not file.exists():
        return None
    told = json.loads(file.read_text(encoding="utf-8"))
    return Made(site=told["site"], seed=told["seed"], opened_at=datetime.fromisoformat(told["opened_at"]))


def is_current(made: Made, *, at: datetime) -> bool:
    """Whether the day is still that day, and the database that of this software."""
    executor = MigrationExecutor(connection)
    is_up_to_date = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return is_up_to_date and at - made.opened_at < GOES_STALE and not books_not_as_put_in_force(at=at)


def open_afresh(var: Path, *, seed: int, say: Say) -> Team:
    """Clear the demo's folder of the last clinic and make another one."""
    connection.close()
    (var / "made.json").unlink(missing_ok=True)  # first: a start that is cut off is never taken for a whole one
    for file in var.glob("clinic.sqlite3*"):
        file.unlink()
    for folder in ("audit-keys", "mail", "texts"):
        shutil.rmtree(var / folder, ignore_errors=True)
    say("making the demo's database")
    call_command("migrate", interactive=False, verbosity=0)
    hurry()
    opened_at = timezone.now()
    made = open_clinic(seed=seed, at=opened_at, say=say)
    story.open_chairs(made, at=timezone.now(), say=say)
    talking.call_back(made, at=timezone.now())
    vault.count(made, at=timezone.now())
    book_courses(made, at=timezone.now())
    checking.work_out_all(at=timezone.now())
    connection.close()
    told: dict[str, Any] = {"site": made.site.pk, "seed": seed, "opened_at": opened_at.isoformat()}
    (var / "made.json").write_text(json.dumps(told), encoding="utf-8")
    return made


def hurry() -> None:
    """Let this connection alone not wait for the disk: a clinic whose making is cut off is made afresh."""
    with connection.cursor() as cursor:
        cursor.execute(HURRY[connection.vendor])


def open_clinic(*, seed: int, at: datetime, say: Say) -> Team:
    """The clinic with everybody but those who are in a chair."""
    say("engaging the staff")
    made = team.open_clinic(people.place_at(at), seed=seed, at=at - BEFORE_THE_STORY)
    vault.fill(made, at=at - BEFORE_THE_STORY)
    charging.set_prices(made.site, by=made.staff["administrator"], at=at - BEFORE_THE_STORY)
    open_hours(made, at=at - BEFORE_THE_STORY)
    story.tell(made, at=at, say=say)
    requesting.ask(made, at=at)
    return made


def log_ins() -> str:
    """Who can be logged in as."""
    staff = read("people.yaml")["staff"].items()
    rows = [f"  {team.email_of(role):34}{name}" for role, name in staff if role not in team.HIDDEN]
    rows.append(f"  {own_pages.EMAIL:34}a patient, on pages of their own")
    title = f'A clinic of made-up people at work. Log in as any of these; the password is "{team.PASSWORD}".'
    return "\n".join([title, *rows])


def catch_up(found: Team, *, at: datetime, say: Say) -> None:
    """Play what happened since the demo was last stopped."""
    rows = SessionEvent.objects.filter(session__site=found.site, recorded_at__lte=at)
    moment = rows.aggregate(newest=Max("recorded_at"))["newest"] or at
    say(f"going on with the clinic of the last start ({int((at - moment) / timedelta(minutes=1))} minutes to catch up)")
    step = story.watched() if at - moment < story.charted() else story.charted()
    shift = Shift(team=found, is_calm=True)
    while (moment := moment + step) < at:
        shift.turn(at=moment, every_s=0)
        story.restock(found, at=moment)


def play(found: Team, stop: Event) -> None:
    """The shift at real speed, until told to stop. What fails is logged and tried again a second later."""
    shift, restocked_at = Shift(team=found), timezone.now()
    every_s = read("bedside.yaml")["monitor_every_s"]
    while not stop.wait(TURN_S):
        close_old_connections()
        at = timezone.now()
        try:
            shift.turn(at=at, every_s=every_s)
            if at - restocked_at > RESTOCK_EVERY:
                restocked_at = at
                story.restock(found, at=at)
        except Exception:
            log.exception("the demo's shift stumbled")
    connection.close()
