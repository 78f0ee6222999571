"""``ketacare backup``."""

import os
import shutil
import sqlite3
import subprocess
from argparse import ArgumentParser, Namespace
from pathlib import Path

from django.db import connection
from django.utils import timezone

from ketacare.clinic import audit, seals
from ketacare.clinic.actor import Operator


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the file to write; it must not exist yet")


def run(options: Namespace) -> int:
    """Write the database to one file; the signing key and the secrets stay behind on purpose."""
    if options.file.exists():
        print(f"{options.file} exists already: name a new file, so that no older backup is lost.")
        return 2
    at = timezone.now()
    audit.record(by=Operator(), at=at, did="backup made")
    seals.seal_pending(at=at)
    draft = options.file.with_name(options.file.name + ".part")
    draft.unlink(missing_ok=True)
    reason = backup_sqlite(draft) if connection.vendor == "sqlite" else backup_postgres(draft)
    if reason:
        draft.unlink(missing_ok=True)
        print(reason)
        return 1
    flush(draft)
    draft.rename(options.file)
    print(f"Wrote {options.file}. Keep the folder of the audit key apart from it.")
    return 0


def backup_sqlite(path: Path) -> str:
    """Copy a consistent state of the database, page by page, while others write."""
    connection.ensure_connection()
    copy = sqlite3.connect(path)
    try:
        connection.connection.backup(copy, pages=1000)
        copy.execute("PRAGMA journal_mode=DELETE")
    finally:
        copy.close()
    return ""


def backup_postgres(path: Path) -> str:
    """Dump the database with PostgreSQL's own tool."""
    if shutil.which("pg_dump") is None:
        return "pg_dump is missing: install PostgreSQL's client tools of the server's version, then run this again."
    command = ["pg_dump", "--format=custom", f"--file={path}", *postgres_arguments()]
    done = subprocess.run(command, env=postgres_environment(), capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"pg_dump failed: {done.stderr.strip()}"


def postgres_arguments() -> list[str]:
    """Where the database is, as PostgreSQL's tools want it."""
    settings = connection.settings_dict
    given = {"--host": settings["HOST"], "--port": settings["PORT"], "--username": settings["USER"]}
    return [f"{name}={value}" for name, value in given.items() if value] + [f"--dbname={settings['NAME']}"]


def postgres_environment() -> dict[str, str]:
    """The environment with the password, which never stands on a command line."""
    return os.environ | {"PGPASSWORD": connection.settings_dict["PASSWORD"]}


def flush(path: Path) -> None:
    """Make sure that the file is on the disk before it gets its name."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
