"""``ketacare demo`` as somebody meets it who has just cloned the project."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from ketacare.config import cli
from ketacare.config.demo import apart
from tests.serving import STOP_S, free_port

START_S = 180  # a busy machine; the figure for a quiet one is in the docs


@dataclass(kw_only=True)
class Demo:
    """A demo that runs, and what it has said so far."""

    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.said[-1]


def environment(var: Path) -> dict[str, str]:
    real = {"KETACARE_DATABASE_URL": f"sqlite:///{var / 'real.sqlite3'}", "KETACARE_SECURE": "yes"}
    return os.environ | real | {"KETACARE_VAR": str(var), "PYTHONWARNINGS": "default"}


@contextmanager
def demo(var: Path, *options: str) -> Iterator[Demo]:
    """A demo that answers, killed at the end if it still runs."""
    command = [sys.executable, "-m", "ketacare", "demo", "--port", str(free_port()), *options]
    process = subprocess.Popen(
        command, env=environment(var), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    running = Demo(process=process)
    try:
        listen(running)
        yield running
    finally:
        process.kill()
        process.wait(STOP_S)
        process.stdout.close()


def listen(running: Demo) -> None:
    """Read what the demo says until it gives its address."""
    deadline = time.monotonic() + START_S
    while not running.said or not running.said[-1].startswith("http"):
        ready, _, _ = select.select([running.process.stdout], [], [], 1)
        line = running.process.stdout.readline() if ready else None
        assert line != "", f"the demo ended: {running.said}"
        assert time.monotonic() < deadline, f"the demo gave no address: {running.said}"
        running.said += [line.strip()] if line else []


def log_in(url: str, email: str, password: str) -> httpx.Client:
    browser = httpx.Client(base_url=url, timeout=30, trust_env=False, follow_redirects=True)
    page = browser.get("/accounts/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text).group(1)
    form = {"login": email, "password": password, "csrfmiddlewaretoken": token}
    reply = browser.post("/accounts/login/", data=form, headers={"Referer": url})
    assert reply.status_code == 200
    return browser


def test_a_newcomer_starts_it_logs_in_and_goes_on_after_a_crash(tmp_path):
    with demo(tmp_path) as first:
        told = "\n".join(first.said)
        assert "making the demo's database" in told
        email = re.search(r"nurse@\S+", told).group()
        password = re.search(r'password is "([^"]+)"', told).group(1)
        with closing(log_in(first.url, email, password)) as browser:
            assert browser.get("/").url.path == "/"
            assert "Today" in browser.get("/").text
        second = subprocess.run(
            [sys.executable, "-m", "ketacare", "demo", "--port", str(free_port())],
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=START_S,
        )
        assert second.returncode == 1
        assert "another demo is running" in second.stderr
        first.process.send_signal(signal.SIGKILL)
        first.process.wait(STOP_S)
    with demo(tmp_path) as again:
        assert "going on with the clinic of the last start" in "\n".join(again.said)
        assert "making the demo's database" not in "\n".join(again.said)
        again.process.terminate()
        assert again.process.wait(STOP_S) == 0
    assert not (tmp_path / "real.sqlite3").exists()


def test_the_demo_puts_everything_that_names_a_real_clinic_out_of_sight(monkeypatch, tmp_path):
    before = dict(os.environ)
    for name in ("DATABASE_URL", "DATABASE_URL_FILE", "AUDIT_KEYS", "SECRET_KEY", "EMAIL_HOST", "BEHIND_PROXY"):
        monkeypatch.setenv(f"KETACARE_{name}", "of a real clinic")
    monkeypatch.setenv("KETACARE_VAR", str(tmp_path))
    try:
        assert apart.settle() == tmp_path / "demo"
        told = {name: value for name, value in os.environ.items() if name.startswith("KETACARE_")}
        assert "of a real clinic" not in told.values()
        assert told["KETACARE_DATABASE_URL"] == f"sqlite:///{tmp_path}/demo/clinic.sqlite3"
        assert told["KETACARE_REQUIRE_MFA"] == "no"
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_its_help_needs_no_database(capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["demo", "--help"])
    assert "--seed" in capsys.readouterr().out
