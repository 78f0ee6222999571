"""Keeps the log short when something fails again and again: a disk that is full must not be filled with complaints of it."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from threading import Lock

EVERY_S = 60
Kind = tuple[str, str, type[BaseException] | None]


class Sparing(logging.Filter):
    """Of the failures of one kind it lets through one a minute, which says how many were kept back."""

    def __init__(self, *, about: str = "", seconds: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._about, self._seconds, self._lock = about, seconds, Lock()
        self._told_s: dict[Kind, float] = {}
        self._kept_back: Counter[Kind] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is written."""
        if not record.exc_info or not record.name.startswith(self._about):
            return True
        kind, now = (record.name, str(record.msg), record.exc_info[0]), self._seconds()
        with self._lock:
            if now - self._told_s.get(kind, -EVERY_S) < EVERY_S:
                self._kept_back[kind] += 1
                return False
            self._told_s[kind] = now
            kept_back = self._kept_back.pop(kind, 0)
        record.msg = f"{record.msg} (and {kept_back} times before, since it was last told)" if kept_back else record.msg
        return True
