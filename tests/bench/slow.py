"""``python -m tests.bench.slow MS FILE serve ...``: ketacare on a disk whose every commit takes so much longer; writes how long each took to FILE."""

import json
import sys
import time
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper

from ketacare.config import cli


def main(commit_s: float, file: Path, given: list[str]) -> int:
    """Run a command; the delay is part of the commit, so the database stays locked for it."""
    commit = BaseDatabaseWrapper._commit
    took: list[float] = []

    def late(database: BaseDatabaseWrapper) -> None:
        began = time.perf_counter()
        if database.connection is not None and database.connection.in_transaction:
            time.sleep(commit_s)
        commit(database)
        took.append(time.perf_counter() - began)

    BaseDatabaseWrapper._commit = late
    code = cli.main(given)
    file.write_text(json.dumps(took), encoding="ascii")
    return code


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) / 1000, Path(sys.argv[2]), sys.argv[3:]))
