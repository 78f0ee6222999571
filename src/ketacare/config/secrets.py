"""Secrets that a small clinic need not think of: made once, kept readable by their owner alone."""

import contextlib
import os
import secrets
from pathlib import Path

from ketacare.config import env


def text(name: str, folder: Path) -> str:
    """KETACARE_SECRET_KEY for ``secret-key``, and so on; else the file ``folder/name``, made when it is missing."""
    if value := env.text(name.upper().replace("-", "_")):
        return value
    path = folder / name
    if not path.exists():
        make_once(path, secrets.token_urlsafe(50).encode())
    return path.read_text(encoding="utf-8").strip()


def make_once(path: Path, content: bytes) -> None:
    """Write a new private file whole or not at all; of two that try at once the first wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
