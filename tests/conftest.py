"""The database of the tests: migrated and filled with the cast once, then rolled back or copied, never flushed."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import setup_databases, teardown_databases
from django.utils import timezone
from hypothesis import HealthCheck, settings

from ketacare.clinic import clock
from ketacare.clinic.models import User
from ketacare.config.live.saving import saving
from ketacare.infusion import states
from tests import cast as people

# A busy machine is slow, and no test of ours is about time.
# Every run tries other examples; `pytest --hypothesis-profile thorough` tries many at once, for a night.
settings.register_profile("ketacare", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("ketacare"), max_examples=2000)
settings.load_profile("ketacare")

built: dict[str, people.Cast] = {}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Keep SQLite's test database in a file: Django never closes one that lives in memory, so none could stand in."""
    if connection.vendor == "sqlite":
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        path = Path(os.environ["KETACARE_VAR"]) / f"test-{worker}.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(path)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker
) -> Iterator[None]:
    """Make the test database and put the cast into it, for every test of this process."""
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default"})
        built["cast"] = people.build()
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture(autouse=True)
def one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that travels in time moves both clocks of the machine: a wall clock that steps alone is a case of its own."""

    def agreed() -> clock.Moment:
        at = timezone.now()
        return clock.Moment(at=at, boot_id="a test", boot_s=at.timestamp())

    monkeypatch.setattr(clock, "now", agreed)


@pytest.fixture(autouse=True)
def nothing_written_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test's watcher proved is not another's."""
    monkeypatch.setattr(saving, "proved_s", None)
    monkeypatch.setattr(saving, "failed", False)
    monkeypatch.setattr(saving, "no_room", False)


@pytest.fixture
def cast(db: None) -> people.Cast:
    """The cast; what a test changes is rolled back, so nothing an earlier test committed may be remembered of it."""
    states.forget()
    return built["cast"]


@pytest.fixture(scope="session")
def template(django_db_setup: None, django_db_blocker: pytest.FixtureRequest, tmp_path_factory) -> str:
    """A database with the cast that others are copied from: a file (SQLite) or a database name (PostgreSQL)."""
    if connection.vendor == "postgresql":
        return str(connection.settings_dict["NAME"])
    path = tmp_path_factory.mktemp("template") / "clinic.sqlite3"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(path)])
    return str(path)


@pytest.fixture
def own_database(template: str, django_db_blocker, tmp_path: Path) -> Iterator[str]:
    """A committed copy of the cast's database for tests with several connections or processes; gives its address."""
    with django_db_blocker.unblock(), standing_in(copy_of(template, tmp_path)) as name:
        yield address(name)


def copy_of(template: str, folder: Path) -> str:
    """Copy the cast's database; gives the copy's name."""
    return copy_sqlite(template, folder) if connection.vendor == "sqlite" else copy_postgres(template)


@contextmanager
def standing_in(name: str) -> Iterator[str]:
    """A database in the place of the usual one, until it is dropped."""
    settings = connections.databases["default"]
    before = settings["NAME"]
    connections["default"].close()
    settings["NAME"] = connections["default"].settings_dict["NAME"] = name
    try:
        yield name
    finally:
        connections.close_all()
        settings["NAME"] = connections["default"].settings_dict["NAME"] = before
        if connection.vendor == "postgresql":
            run_on_maintenance(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def own_cast(own_database: str) -> people.Cast:
    """The cast in a database of the test's own, committed."""
    return built["cast"]


def copy_sqlite(template: str, folder: Path) -> str:
    return str(shutil.copy(template, folder / "clinic.sqlite3"))


def copy_postgres(template: str) -> str:
    name = f"copy_{uuid.uuid4().hex[:12]}"
    connections["default"].close()
    run_on_maintenance(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return name


def run_on_maintenance(statement: str) -> None:
    """Run one statement on the server's own database, outside any transaction."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)


def address(name: str) -> str:
    """A database's address as KETACARE_DATABASE_URL wants it."""
    settings = connections["default"].settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    host = settings["HOST"]
    if host.startswith("/"):
        return f"postgresql://{settings['USER']}@{port}/{name}?host={host}"
    return f"postgresql://{settings['USER']}@{host}{port}/{name}"


@pytest.fixture
def browse(cast: people.Cast):
    """A test client logged in as the person with a role: ``browse("prescriber").get(...)``."""

    def log_in(role: str, *, there: bool = False) -> Client:
        client = Client()
        user = User.objects.get(pk=cast.ada_user) if role == "patient" else cast.user(role, there=there)
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return log_in
