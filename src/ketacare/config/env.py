"""Settings from the environment: KETACARE_NAME, or KETACARE_NAME_FILE for a secret kept in a file."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

TRUE_WORDS = {"1", "true", "yes", "on"}


def text(name: str, default: str = "") -> str:
    """The value of KETACARE_name, or the content of the file that KETACARE_name_FILE names, or the default."""
    if path := os.environ.get(f"KETACARE_{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return os.environ.get(f"KETACARE_{name}", default)


def flag(name: str, *, default: bool) -> bool:
    """A yes-or-no setting."""
    return text(name, "yes" if default else "no").lower() in TRUE_WORDS


def number(name: str, default: int) -> int:
    """A whole-number setting."""
    return int(text(name, str(default)))


def words(name: str, default: str = "") -> list[str]:
    """A list of words separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;",
}


def database(url: str) -> dict[str, object]:
    """Django's database entry for ``sqlite:///PATH`` or ``postgresql://user:password@host:port/name?host=SOCKET``."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": parts.path[1:],
            "OPTIONS": SQLITE_OPTIONS,
            "CONN_MAX_AGE": 60,
        }
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ValueError(f"KETACARE_DATABASE_URL starts with {parts.scheme!r}: use sqlite:/// or postgresql://")
    socket = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair).get("host", "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path[1:],
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(socket) or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
