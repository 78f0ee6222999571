"""A network of its own for what runs on this machine, with one line to the rest of it that can be cut and healed; needs root."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

HERE, THERE = "10.231.77.1", "10.231.77.2"  # the two ends


@dataclass(frozen=True, kw_only=True)
class Line:
    """The namespace, and our end of the line into it."""

    namespace: str
    device: str

    def inside(self, *command: str) -> list[str]:
        """A command that is to run at the other end."""
        return ["ip", "netns", "exec", self.namespace, *command]

    def cut(self) -> None:
        """Nothing passes any more and nobody is told: what is sent is not answered."""
        _ip("link", "set", self.device, "down")

    def heal(self) -> None:
        _ip("link", "set", self.device, "up")


@contextmanager
def a_line() -> Iterator[Line | None]:
    """The line, while it is needed; None where this user or machine cannot make one."""
    name = f"faults{os.getpid()}"
    line = Line(namespace=name, device=f"ve{os.getpid()}")
    if os.geteuid() != 0 or shutil.which("ip") is None:
        yield None
        return
    try:
        made = subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode == 0
        if made:
            _joined(line)
        yield line if made else None
    finally:
        subprocess.run(["ip", "netns", "delete", name], capture_output=True)  # its end of the line goes with it


def _joined(line: Line) -> None:
    there = f"{line.device}t"
    _ip("link", "add", line.device, "type", "veth", "peer", "name", there, "netns", line.namespace)
    _ip("address", "add", f"{HERE}/24", "dev", line.device)
    _ip("link", "set", line.device, "up")
    for command in (
        ("address", "add", f"{THERE}/24", "dev", there),
        ("link", "set", there, "up"),
        ("link", "set", "lo", "up"),
    ):
        subprocess.run(line.inside("ip", *command), check=True)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
