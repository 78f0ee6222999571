"""The one writer of readings: everything that waits is stored in one transaction, and acknowledged only after its commit.

A commit costs the same for one reading as for a thousand, so a slow disk delays readings by its own time and no more.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from django.db import close_old_connections, connection, transaction

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.config.live.saving import saving

MOST_AT_ONCE = 200  # batches in one transaction: others who write must not wait long
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One batch that waits: what stores it, and who waits for the result."""

    store: Callable[[], Any]
    done: Future = field(default_factory=Future)


class Writer:
    """Takes batches from any thread and stores them from its own."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Job | None] = SimpleQueue()

    def submit(self, store: Callable[[], Any]) -> Future:
        """Queue one batch; the future gives what ``store`` returned once that is durable, or raises what it raised."""
        job = Job(store=store)
        self._queue.put(job)
        return job.done

    def close(self) -> None:
        """Finish what waits, then end."""
        self._queue.put(None)

    def run(self) -> None:
        """Store batches until closed."""
        while (first := self._queue.get()) is not None:
            jobs = [first]
            while len(jobs) < MOST_AT_ONCE and (job := self._next_waiting()) is not None:
                jobs.append(job)
            close_old_connections()
            self._store(jobs)
        connection.close()

    def _next_waiting(self) -> Job | None:
        try:
            job = self._queue.get_nowait()
        except Empty:
            return None
        if job is None:
            self._queue.put(None)  # the end, which comes after this transaction
        return job

    def _store(self, jobs: list[Job]) -> None:
        try:
            with transaction.atomic():
                outcomes = [_stored(job) for job in jobs]
        except Exception as error:
            saving.has_failed()
            log.exception("a transaction of %d batches of readings failed", len(jobs))
            for job in jobs:
                job.done.set_exception(error)
            return
        saving.proved()
        for job, (result, error) in zip(jobs, outcomes, strict=True):
            if error is None:
                job.done.set_result(result)
            else:
                job.done.set_exception(error)


def _stored(job: Job) -> tuple[Any, Exception | None]:
    """Store one batch inside the transaction of all; one that fails is undone alone."""
    try:
        with transaction.atomic():
            return job.store(), None
    except (ActionRefused, NotAllowed) as refusal:
        return None, refusal
    except Exception as error:
        log.exception("a batch of readings failed")
        return None, error
