"""``ketacare restore``."""

import shutil
import sqlite3
import subprocess
from argparse import ArgumentParser, Namespace
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from ketacare.clinic import audit, seals, verify
from ketacare.clinic.actor import Operator
from ketacare.config.commands.backup import postgres_arguments, postgres_environment


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the backup to restore; stop the clinic's server first")


def run(options: Namespace) -> int:
    """Put the backup in place, keep the old database beside it, and check the audit trail."""
    if not options.file.is_file():
        print(f"{options.file}: no such file.")
        return 2
    reason = restore_sqlite(options.file) if connection.vendor == "sqlite" else restore_postgres(options.file)
    if reason:
        print(reason)
        return 1
    call_command("migrate", interactive=False, verbosity=0)
    at = timezone.now()
    put_head_aside(at.strftime("%Y%m%dT%H%M%SZ"))
    verdict = verify.audit_trail()
    audit.record(by=Operator(), at=at, did="database restored", details={"blocks": verdict.blocks})
    seals.seal_pending(at=at)
    print(f"Restored {options.file}: {verdict.events} audit events in {verdict.blocks} blocks.")
    print(f"BROKEN at block {verdict.broken_block}: {verdict.broken}" if verdict.broken else "Every block is sound.")
    return 0 if verdict.sound else 1


def put_head_aside(stamp: str) -> None:
    """Keep the head of the trail that the restored database no longer reaches, under another name."""
    path = seals.head_path()
    if path.exists():
        path.rename(path.with_name(f"head-before-restore-{stamp}.json"))


def restore_sqlite(backup: Path) -> str:
    """Check the file, move the present database aside, put the copy in place."""
    try:
        with sqlite3.connect(f"file:{backup}?mode=ro", uri=True) as copy:
            sound = copy.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            ours = copy.execute("SELECT count(*) FROM sqlite_master WHERE name = 'clinic_auditseal'").fetchone()[0]
    except sqlite3.DatabaseError:
        sound = ours = False
    if not sound or not ours:
        return f"{backup} is not an undamaged backup of ketacare."
    target = Path(connection.settings_dict["NAME"])
    connection.close()
    stamp = timezone.now().strftime("%Y%m%dT%H%M%SZ")
    for suffix in ("", "-wal", "-shm"):
        old = Path(f"{target}{suffix}")
        if old.exists():
            old.rename(f"{target}.before-restore-{stamp}{suffix}")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(backup, target)
    return ""


def restore_postgres(backup: Path) -> str:
    """Restore into an empty database only: what is there is never overwritten."""
    if shutil.which("pg_restore") is None:
        return "pg_restore is missing: install PostgreSQL's client tools of the server's version, then run this again."
    if connection.introspection.table_names():
        return "The database is not empty: make a new one, name it in KETACARE_DATABASE_URL, then run this again."
    connection.close()
    command = [
        "pg_restore",
        "--no-owner",
        "--exit-on-error",
        "--single-transaction",
        *postgres_arguments(),
        str(backup),
    ]
    done = subprocess.run(command, env=postgres_environment(), capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"pg_restore failed: {done.stderr.strip()}"
