"""Backup and restore, as an operator runs them: each command a process of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from django.db import connection


def run_in(folder: Path, *arguments: object, code: int = 0) -> str:
    """``ketacare ...`` in a process of its own, on an SQLite clinic in a folder."""
    environment = os.environ | {"KETACARE_VAR": str(folder / "var")}
    environment["KETACARE_DATABASE_URL"] = f"sqlite:///{folder / 'var' / 'clinic.sqlite3'}"
    command = [sys.executable, "-m", "ketacare", *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clinic as ``ketacare migrate`` leaves it; each test works on a copy."""
    folder = tmp_path_factory.mktemp("migrated")
    assert "up to date" in run_in(folder, "migrate")
    return folder


@pytest.fixture
def ketacare(migrated: Path, tmp_path: Path) -> Callable[..., str]:
    """Runs ``ketacare ...`` on a clinic of the test's own."""
    shutil.copytree(migrated / "var", tmp_path / "var")
    return partial(run_in, tmp_path)


@pytest.fixture(autouse=True)
def only_once():
    if connection.vendor != "sqlite":
        pytest.skip("the commands choose their own database; the run on SQLite has this test")


def test_a_backup_restores_to_the_same_clinic(ketacare, tmp_path):
    ketacare("backup", tmp_path / "first.backup")
    before = json.loads(ketacare("verify", "--json"))
    ketacare("backup", tmp_path / "second.backup")
    assert "sound" in ketacare("restore", tmp_path / "first.backup")
    after = json.loads(ketacare("verify", "--json"))
    assert after["audit"]["events"] == before["audit"]["events"] + 1  # the restore itself
    assert list((tmp_path / "var").glob("clinic.sqlite3.before-restore-*"))


def test_a_backup_never_overwrites(ketacare, tmp_path):
    (tmp_path / "taken").write_text("mine")
    assert "exists already" in ketacare("backup", tmp_path / "taken", code=2)
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + b"x" * 2000])
def test_a_damaged_backup_is_refused_and_the_clinic_stays(ketacare, tmp_path, content):
    (tmp_path / "damaged").write_bytes(content)
    assert "not an undamaged backup" in ketacare("restore", tmp_path / "damaged", code=1)
    assert "guarded" in ketacare("verify")


def test_migrating_again_changes_nothing(ketacare):
    before = json.loads(ketacare("verify", "--json"))
    assert "up to date" in ketacare("migrate")
    assert json.loads(ketacare("verify", "--json")) == before
