"""Sixteen writers in four processes move drug at once; one process is killed and sends its forms again: every balance is exact."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from threading import Thread

from django.db import connection

from ketacare.stewardship import checking, queries
from ketacare.stewardship.models import Account, Movement
from tests.bench.figures import says, timed
from tests.bench.place import address, clinic
from tests.cast import Cast
from tests.faults.drawing import BACK, BOXES, DRAWN, STEPS, WASTED, WRITERS
from tests.faults.postgres import Postgres, clinic_on
from tests.rooms.stewardship import vault

PROCESSES, ACTS, LEAST_ACTS = 4, 30, 2
FULL_MINUTES = 0.5
CONTENT_MG = 100  # of each container
KILLED_AFTER = 3  # forms that the killed process was answered


def run(folder: Path, *, minutes: float) -> list[str]:
    acts = ACTS if minutes >= FULL_MINUTES else LEAST_ACTS
    with clinic("ledger") as people:
        broken = under("SQLite", people, address(), acts=acts)
    postgres = Postgres(folder / "postgres-ledger")
    with clinic_on(postgres) as people:
        return broken + under("PostgreSQL", people, postgres.url, acts=acts)


def under(name: str, people: Cast, database: str, *, acts: int) -> list[str]:
    """All writers at work on one engine, one process of them killed; what was promised and not kept."""
    vault.opened(people, vault.delivery(how_many=BOXES))
    connection.close()
    answered: list[str] = []
    before_kill: list[str] = []

    def all_of_them() -> None:
        processes = [begun(people, database, number, acts) for number in range(PROCESSES)]
        victim, *others = processes
        listening = [Thread(target=answered.extend, args=(map(str.strip, one.stdout),)) for one in others]
        for thread in listening:
            thread.start()
        before_kill.extend(victim.stdout.readline().strip() for _ in range(KILLED_AFTER))
        victim.kill()
        before_kill.extend(line.strip() for line in victim.stdout if line.endswith("\n"))
        victim.wait()
        again = begun(people, database, 0, acts)
        answered.extend(map(str.strip, again.stdout))
        for thread in listening:
            thread.join()
        failed.extend(one.wait() for one in (*others, again) if one.wait())

    failed: list[int] = []
    took_s = timed(all_of_them)
    return judged(name, people, answered, before_kill, acts=acts, took_s=took_s) + [
        "every writer gets to its end"
    ] * bool(failed)


def begun(people: Cast, database: str, number: int, acts: int) -> subprocess.Popen[str]:
    """One process with its share of the writers."""
    share = WRITERS // PROCESSES
    told = [json.dumps(asdict(people)), str(number * share), str(share), str(acts)]
    command = [sys.executable, "-m", "tests.faults.apart", "drawing", *told]
    return subprocess.Popen(
        command, env=os.environ | {"KETACARE_DATABASE_URL": database}, stdout=subprocess.PIPE, text=True
    )


def judged(
    name: str, people: Cast, answered: list[str], before_kill: list[str], *, acts: int, took_s: float
) -> list[str]:
    """Hold the register against what was answered; print it; give what was promised and not kept."""
    done = WRITERS * acts
    stored = list(Movement.objects.exclude(nonce="").values_list("nonce", flat=True))
    lost = set(answered) | set(before_kill)
    lost -= set(stored)
    chairs_mg, vault_mg = sum(one.mg for one in queries.at_chairs(people.here)), vault.vault_mg(people)
    wrong = [one.says for one in checking.disagreements()]
    open_ended = queries.held(Account.objects.filter(site=people.here))
    moved = DRAWN - BACK
    says(
        f"{name}: {WRITERS} writers in {PROCESSES} processes, one killed after {len(before_kill)} answers and started again: "
        f"{len(stored)} movements in {took_s:.0f} s, {len(lost)} answered and lost, {len(stored) - len(set(stored))} done twice"
    )
    says(
        f"vault {vault_mg} mg, chairs {chairs_mg} mg, {len(open_ended)} containers whose accounts do not sum to nothing; {len(wrong)} disagreements"
    )
    promises = {
        "no answered movement is lost": lost,
        "a form that is sent again is done once": sorted(stored) != sorted(set(stored))
        or len(stored) != done * len(STEPS),
        "the vault is exact": vault_mg != CONTENT_MG * BOXES - done * moved,
        "the chairs are exact": chairs_mg != done * (moved - WASTED),
        "the double entry is closed": open_ended or wrong,
        "no number of the register is missing": Movement.objects.count() != 1 + done * len(STEPS),
        "a process was killed in the middle": not before_kill
        or len(before_kill) >= acts * len(STEPS) * WRITERS // PROCESSES,
    }
    return [f"{name}: {promise}" for promise, is_broken in promises.items() if is_broken]
