"""Secrets that a small clinic need not think of: made once, kept readable by their owner alone."""

import secrets
from pathlib import Path

from ketacare.clinic.keys import make_once
from ketacare.config import env


def text(name: str, folder: Path) -> str:
    """KETACARE_SECRET_KEY for ``secret-key``, and so on; else the file ``folder/name``, made when it is missing."""
    if value := env.text(name.upper().replace("-", "_")):
        return value
    path = folder / name
    if not path.exists():
        make_once(path, secrets.token_urlsafe(50).encode())
    return path.read_text(encoding="utf-8").strip()
