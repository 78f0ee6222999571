"""The disk of the database is full: nothing is acknowledged, every page says so; with room again all goes on and nothing is missing."""

import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from django.db import connection

from tests.bench import chairs
from tests.bench.figures import says
from tests.bench.place import address, built, use
from tests.faults.monitors import judged, over_http, sending
from tests.serving import Served, client, cookie_of, start, stop

SIZE_MB = 60
LEAST_S = 5  # of a full disk
NEW_MOUNTS = 0x20000  # CLONE_NEWNS: what is mounted from now on only this process and its children see
WARNING = "Nothing can be saved now."


def run(folder: Path, *, minutes: float) -> list[str]:
    if os.geteuid() != 0 or shutil.which("mount") is None or ctypes.CDLL(None, use_errno=True).unshare(NEW_MOUNTS):
        says("skipped: a disk of its own needs root and mount namespaces")
        return []
    os.environ["KETACARE_DISK_RESERVE_MB"] = "1"
    template, people = built()
    with small_disk(folder / "small") as disk:
        use(shutil.copy(template, disk / "disk.sqlite3"))
        sessions, cookies = chairs.in_use(people), cookie_of(people.user("nurse"))
        with (folder / "server.log").open("w", encoding="utf-8") as log:
            server = start(address(), log=log)
        try:
            with (
                sending([over_http(server.url, one) for one in sessions]) as at_work,
                client(server, cookies) as reader,
            ):
                broken = through(disk, server, reader, at_work, seconds=max(LEAST_S, minutes * 60))
            return [*broken, *judged(at_work)]
        finally:
            stop(server)
            connection.close()
            failures = (folder / "server.log").read_text(encoding="utf-8").count("Traceback")
            says(f"{failures} failures told in full in the server's log")


@contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    place.mkdir()
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def through(disk: Path, server: Served, reader: httpx.Client, monitors: list, *, seconds: float) -> list[str]:
    """Green, full, red, room again, green; what was not so."""
    broken = []
    time.sleep(5)
    if is_red(reader):
        broken.append("a page with room on the disk is green")
    fill(disk / "filler")
    red_after = waited(lambda: is_red(reader))
    time.sleep(seconds)
    says(f"full: every page red after {red_after:.1f} s")
    if not is_red(reader):
        broken.append("a page stays red while the disk is full")
    (disk / "filler").unlink()
    green_after = waited(lambda: not is_red(reader))
    says(f"room again: green after {green_after:.1f} s")
    if server.process.poll() is not None:
        broken.append("the server lives on")
    before = sum(len(one.acknowledged) for one in monitors)
    time.sleep(5)
    if sum(len(one.acknowledged) for one in monitors) <= before:
        broken.append("readings are stored again when there is room")
    return broken


def is_red(reader: httpx.Client) -> bool:
    """Whether a page warns, or does not come at all."""
    try:
        reply = reader.get("/board/")
    except httpx.TransportError:
        return True
    return reply.status_code != httpx.codes.OK or WARNING in reply.text


def waited(true: object, *, at_most_s: float = 60) -> float:
    began = time.monotonic()
    while not true() and time.monotonic() - began < at_most_s:
        time.sleep(0.2)
    return time.monotonic() - began


def fill(path: Path) -> None:
    """Write until nothing fits any more, byte by byte at the end."""
    with path.open("wb", buffering=0) as file:
        for size in (1_000_000, 4096, 1):
            while True:
                try:
                    file.write(b"\0" * size)
                except OSError:
                    break
