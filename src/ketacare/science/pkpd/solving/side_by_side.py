"""Work for several threads: parts that do not depend on how many there are, so that no bit of an answer does either."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import numpy as np

Done = TypeVar("Done")
Task = Callable[[], Done]


class Threads:
    """Does tasks, as many at once as there are threads."""

    def __init__(self, pool: ThreadPoolExecutor | None = None) -> None:
        self._pool = pool

    def run(self, tasks: Sequence[Task[Done]]) -> list[Done]:
        """Do the tasks, begun in their order; return what each returns."""
        return list(self._pool.map(_quietly, tasks) if self._pool else map(_quietly, tasks))


def _quietly(task: Task[Done]) -> Done:
    """Equal rates divide by zero: the bound of the error is then no number, and who it is, is solved again."""
    with np.errstate(all="ignore"):
        return task()


ALONE = Threads()  # one after the other, in the thread that asks


@contextmanager
def threads_for(subjects: int, size: int, most: int | None) -> Iterator[Threads]:
    """Yield as many threads as there are parts of a size, ``most`` of them, or as there are cores."""
    count = min(most or os.cpu_count() or 1, len(parts(subjects, size)))
    if count < 2:
        yield ALONE
        return
    with ThreadPoolExecutor(count) as pool:
        yield Threads(pool)


def parts(subjects: int, size: int) -> list[slice]:
    """Cut so many subjects into parts of one size; the last may be smaller."""
    return [slice(start, min(start + size, subjects)) for start in range(0, subjects, size)]
