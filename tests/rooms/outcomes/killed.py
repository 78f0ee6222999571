"""``python -m tests.rooms.outcomes.killed FILE MOMENT...``: turn the alerts' clock at each moment, then send what waits.

Every turn is done by a child that dies by SIGKILL before its first statement or commit, by one that dies before its second, and so on, until
one lives to the end. Each letter that leaves is a line of FILE. Prints how often a child was killed.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ketacare.config.settings")
os.environ["KETACARE_EMAIL_CONSOLE"] = "yes"
django.setup()

from django.db import connection  # noqa: E402  # only now: it reads the settings

from ketacare.clinic.writing import directly  # noqa: E402
from ketacare.config.live import telling, watcher  # noqa: E402
from ketacare.outcomes.actions.ladder import CLAIM_LASTS  # noqa: E402

SECOND = timedelta(seconds=1)


def until_one_lives(work: Callable[[int], object]) -> int:
    """Let a child do the work and die at its first step, another at its second, until one ends by itself; say how many died."""
    for steps in count():
        connection.close()
        child = os.fork()
        if child == 0:
            dying_after(steps, lambda number=steps: work(number))
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            assert os.WEXITSTATUS(status) == 0, "the work itself failed"
            return steps
    raise AssertionError


def dying_after(steps: int, work: Callable[[], object]) -> None:
    """Do the work in this process; before one step more than these it is killed."""
    left = iter(range(steps))

    def step() -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(execute: Callable[..., Any], *given: Any) -> Any:
        step()
        return execute(*given)

    def committed(commit: Callable[[], None] = connection.commit) -> None:
        step()  # everything said, nothing kept
        commit()
        step()  # kept, and nobody told

    def leaves(subject: str, body: str, sender: None, people: list[str]) -> None:
        step()
        with Path(sys.argv[1]).open("a", encoding="utf-8") as out:
            out.write(f"{people[0]}\n")
        step()

    connection.commit, telling.send_mail = committed, leaves
    with connection.execute_wrapper(statement):
        work()
    os._exit(0)


def main() -> int:
    """Every moment in turn; then the letters, each try after the claim of the one that died has ended."""
    moments = [datetime.fromisoformat(one) for one in sys.argv[2:]]
    died = sum(until_one_lives(lambda _, at=at: watcher.climb_alerts(at, directly)) for at in moments)
    died += until_one_lives(lambda number: telling.send_due(at=moments[-1] + number * (CLAIM_LASTS + SECOND)))
    return died


if __name__ == "__main__":
    print(main())
