"""Clinics for benches: a new database each, migrated, with the cast in it, everything committed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from ketacare.clinic.models import User
from tests import cast
from tests.cast import Cast


@contextmanager
def clinic(name: str) -> Iterator[Cast]:
    """A clinic of a bench's own."""
    template, people = built()
    use(shutil.copy(template, settings.VAR / f"{name}.sqlite3"))
    try:
        yield people
    finally:
        connection.close()


@cache
def built() -> tuple[Path, Cast]:
    """The database that the others are copied from."""
    use(settings.VAR / "template.sqlite3")
    call_command("migrate", verbosity=0)
    people = cast.build()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return settings.VAR / "template.sqlite3", people


def use(path: str | Path) -> None:
    """Work on this database from now on."""
    connection.close()
    connection.settings_dict["NAME"] = str(path)


def address() -> str:
    """The database we work on, as KETACARE_DATABASE_URL wants it."""
    return f"sqlite:///{connection.settings_dict['NAME']}"


def browser(user: User) -> Client:
    """Somebody logged in, without a network between."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
