"""The one writer of readings: everything that waits is stored in one transaction, and acknowledged only after its commit.

A commit costs the same for one reading as for a thousand, so a slow disk delays readings by its own time and no more.
What devices deliver is stored in one call for all that waits; should that fail, one by one, so that none harms another.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from queue import Empty, SimpleQueue
from typing import Any

from django.db import close_old_connections, connection, transaction

from ketacare.clinic.actor import System
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.config.live.saving import saving
from ketacare.infusion import actions
from ketacare.infusion.delivering import Sent
from ketacare.infusion.door import Outcome

MOST_AT_ONCE = 200  # batches in one transaction: others who write must not wait long
GATHERER = System(name="writer")
Done = tuple[Any, Exception | None]
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One batch that waits: what stores it alone, and who waits for the result."""

    store: Callable[[], Any]
    sent: Sent | None = None  # of a device: may be stored together with others
    done: Future = field(default_factory=Future)


class Writer:
    """Takes batches from any thread and stores them from its own."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Job | None] = SimpleQueue()

    def submit(self, store: Callable[[], Any]) -> Future:
        """Queue one batch; the future gives what ``store`` returned once that is durable, or raises what it raised."""
        return self._put(Job(store=store))

    def deliver(self, sent: Sent) -> Future:
        """Queue what a device has sent; the future gives what became of each row once that is durable."""
        return self._put(Job(store=partial(alone, sent), sent=sent))

    def _put(self, job: Job) -> Future:
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
                outcomes = [one for some in runs(jobs) for one in _stored(some)]
        except Exception as error:
            saving.has_failed()
            log.exception("a transaction of %d batches of readings failed", len(jobs))
            for job in jobs:
                job.done.set_exception(error)
            return
        saving.stored()
        for job, (result, error) in zip(jobs, outcomes, strict=True):
            if error is None:
                job.done.set_result(result)
            else:
                job.done.set_exception(error)


def alone(sent: Sent) -> list[Outcome]:
    """Store what one device has sent."""
    return actions.deliver_readings(deliveries=sent.deliveries, by=sent.by, at=sent.at, boot_s=sent.boot_s)


def runs(jobs: list[Job]) -> list[list[Job]]:
    """The jobs in their order, those that may be stored together side by side."""
    return [list(some) for _, some in groupby(jobs, key=lambda job: job.sent is not None)]


def _stored(jobs: list[Job]) -> list[Done]:
    """Store what may be stored together in one call, and the rest, or all should that fail, one by one."""
    sent = [job.sent for job in jobs if job.sent is not None]
    if len(sent) > 1:
        try:
            with transaction.atomic():
                together = actions.deliver_together(sent=sent, by=GATHERER, at=sent[-1].at)
                return [(one, None) for one in together]
        except Exception:
            log.exception("%d batches of readings could not be stored together and are stored one by one", len(sent))
    return [_stored_alone(job) for job in jobs]


def _stored_alone(job: Job) -> Done:
    """Store one batch inside the transaction of all; one that fails is undone alone."""
    try:
        with transaction.atomic():
            return job.store(), None
    except (ActionRefused, NotAllowed) as refusal:
        return None, refusal
    except Exception as error:
        log.exception("a batch of readings failed")
        return None, error
