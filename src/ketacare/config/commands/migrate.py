"""``ketacare migrate``."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from django.conf import settings
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from ketacare.clinic.queries import books_not_as_put_in_force


def add_arguments(parser: ArgumentParser) -> None:
    """This command takes none."""


def run(options: Namespace) -> int:
    """Bring the database up to this version and make sure its guards stand."""
    make_place()
    call_command("migrate", interactive=False, verbosity=0)
    problems = run_checks(tags=[Tags.database], databases=["default"])
    for problem in problems:
        print(problem)
    print("The database has lost its guards." if problems else f"The database is up to date ({connection.vendor}).")
    books = books_not_as_put_in_force(at=timezone.now())
    print("".join(f"RULEBOOK {says}\n" for says in books), end="")
    return 1 if problems or books else 0


def make_place() -> None:
    """Make the folder of an SQLite database."""
    if connection.vendor == "sqlite":
        Path(settings.DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
