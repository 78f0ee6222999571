"""A real ``ketacare serve`` in a process of its own, on a database of the test's own."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import httpx
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from ketacare.clinic.models import User

START_S = 60
STOP_S = 15


@dataclass(frozen=True, kw_only=True)
class Served:
    """A server that answers."""

    process: subprocess.Popen[str]
    url: str

    def kill(self) -> None:
        """SIGKILL: no chance to finish anything."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(STOP_S)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def start(
    database: str,
    *options: str,
    port: int | None = None,
    log: IO[str] | None = None,
    module: Sequence[str] = ("ketacare",),
) -> Served:
    """Start a server and wait for the line that says it answers."""
    return answering(begin(database, *options, port=port, log=log, module=module))


def begin(
    database: str,
    *options: str,
    port: int | None = None,
    log: IO[str] | None = None,
    module: Sequence[str] = ("ketacare",),
) -> subprocess.Popen[str]:
    """Start a server and wait for nothing.

    ``log``: where what it logs goes, or where our own goes. ``module``: by way of another one, with its arguments.
    """
    command = [sys.executable, "-m", *module, "serve", "--port", str(port or free_port()), *options]
    environment = os.environ | {"KETACARE_DATABASE_URL": database, "PYTHONWARNINGS": "default"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)


def answering(process: subprocess.Popen[str]) -> Served:
    """A server that was begun, once it says that it answers."""
    line = first_line(process)
    assert line.startswith("http"), f"the server said {line!r} and ended with {process.poll()}"
    return Served(process=process, url=line.strip())


def first_line(process: subprocess.Popen[str]) -> str:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        ready, _, _ = select.select([process.stdout], [], [], 1)
        if ready:
            return process.stdout.readline()
    process.kill()
    raise TimeoutError("the server did not say that it answers")


def wait_until(true: Callable[[], object], *, at_most_s: float = 20) -> None:
    """Wait for something that another process is about to do."""
    deadline = time.monotonic() + at_most_s
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


@contextmanager
def served(database: str, *options: str) -> Iterator[Served]:
    """A server for the length of a test."""
    server = start(database, *options)
    try:
        yield server
    finally:
        stop(server)


def stop(server: Served) -> int:
    """End a server; returns its exit code."""
    return end(server.process)


def end(process: subprocess.Popen[str]) -> int:
    """TERM, then KILL after a while; returns the exit code."""
    process.terminate()
    try:
        return process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(STOP_S)


def cookie_of(user: User) -> dict[str, str]:
    """The cookie of somebody who has logged in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return {settings.SESSION_COOKIE_NAME: session.session_key}


def client(server: Served, cookies: dict[str, str] | None = None) -> httpx.Client:
    return httpx.Client(base_url=server.url, cookies=cookies, timeout=30, trust_env=False)
