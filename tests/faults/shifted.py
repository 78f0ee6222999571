"""``python -m tests.faults.shifted FILE serve ...``: ketacare on a clock that FILE puts forward by so many seconds; the machine's own is left alone."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.utils import timezone

from ketacare.config import cli


def main(file: Path, given: list[str]) -> int:
    """Run a command on the shifted clock."""

    def now() -> datetime:
        return datetime.now(tz=UTC) + timedelta(seconds=float(file.read_text(encoding="ascii") or 0))

    timezone.now = now
    return cli.main(given)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
