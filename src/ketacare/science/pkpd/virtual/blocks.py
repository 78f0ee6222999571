"""A virtual population in blocks: whom each holds, and how blocks go out to workers and come back in their order."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import joblib
import numpy as np

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.given import row
from ketacare.science.pkpd.modelling.model_file import Model
from ketacare.science.pkpd.series import Flag
from ketacare.science.pkpd.subject import Subject
from ketacare.science.pkpd.virtual.sampling import BLOCK

Progress = Callable[[int, int], None]
Found = TypeVar("Found")
# Beyond this a population answers no question that this many do not: ten million give a 95th percentile to 0.02 %.
MOST_SUBJECTS = 10_000_000
# Blocks a round, or two for each worker: enough that nobody waits, few enough that stopping loses little.
ROUND = 16
MOST_WORKERS = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Crowd:
    """Whom a population is made of.

    Args:
        count: how many subjects, n.
        people: each of them; or one, whom all n are spread around.
        seed: what their chance rests on.
        named: whether somebody said whom.
    """

    count: int
    people: tuple[Subject, ...]
    seed: int
    named: bool

    @property
    def blocks(self) -> int:
        """How many blocks they are."""
        return -(-self.count // BLOCK)

    def block(self, number: int) -> "Few":
        """Return the subjects of one block: all that a worker needs to know of the crowd."""
        first, last = number * BLOCK, min((number + 1) * BLOCK, self.count)
        people = self.people if len(self.people) == 1 else self.people[first:last]
        return Few(number=number, size=last - first, people=people, seed=self.seed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Few:
    """The subjects of one block.

    Args:
        number: which block, from 0.
        size: how many subjects, s.
        people: each of them; or one, whom all s are spread around.
        seed: of the whole crowd.
    """

    number: int
    size: int
    people: tuple[Subject, ...]
    seed: int


def crowd(subjects: int | Sequence[Subject], subject: Subject | None, model: Model, seed: int) -> Crowd:
    """Return whom a population is made of.

    Args:
        subjects: how many; or each of them, one draw each.
        subject: whom so many are spread around; None: one of the model's reference weight.
        model: whose reference weight it is.
        seed: what their chance rests on.

    Raises:
        OutOfRange: no number of subjects, none, or too many; a ``subject`` beside a sequence of them.
    """
    if isinstance(subjects, Sequence) and not isinstance(subjects, str):
        if subject is not None:
            raise OutOfRange([Problem(place="subject", says="is for a number of subjects; these are given one by one")])
        strangers = [n for n, one in enumerate(subjects) if not isinstance(one, Subject)]
        if strangers:
            raise OutOfRange([Problem(place=f"subjects[{strangers[0]}]", says="is no Subject")])
        return Crowd(count=_counted(len(subjects)), people=tuple(subjects), seed=seed, named=True)
    if subject is not None and not isinstance(subject, Subject):
        raise OutOfRange([Problem(place="subject", says=f"{subject!r} is no Subject")])
    around = subject or Subject(model.reference_weight_kg)
    return Crowd(count=_counted(subjects), people=(around,), seed=seed, named=subject is not None)


def _counted(subjects: object) -> int:
    if isinstance(subjects, bool) or not isinstance(subjects, int | np.integer) or not 1 <= subjects <= MOST_SUBJECTS:
        says = f"{subjects!r} is not a whole number of subjects from 1 to {MOST_SUBJECTS:,}"
        raise OutOfRange([Problem(place="subjects", says=says)])
    return int(subjects)


def row_of_numbers(given: Sequence[float], place: str) -> tuple[float, ...]:
    """Return what was given as numbers, one alone as a row of one; or raise OutOfRange at ``place``."""
    return tuple(np.atleast_1d(row(given, place=place)).ravel().tolist())


def flags(asked: Crowd, done: int) -> tuple[Flag, ...]:
    """Return what a reader must know of who was simulated: everybody alike by default, or fewer than asked for."""
    found = []
    if not asked.named:
        says = f"no subject was named: all weigh {asked.people[0].weight_kg:g} kg"
        found.append(Flag(code="reference-subject", about="subject", says=says))
    if done < asked.count:
        says = f"stopped after {done} of {asked.count} subjects; the figures are of these"
        found.append(Flag(code="interrupted", about="n", says=says))
    return tuple(found)


def run(
    work: Callable[[Few], Found],
    asked: Crowd,
    take: Callable[[Sequence[Found]], int],
    *,
    workers: int,
    progress: Progress | None,
) -> None:
    """Work on blocks in parallel and take what comes back in the blocks' order; Ctrl-C stops with what was taken so far.

    Args:
        work: what to do with a block; sent to a worker with it (threads; or wherever joblib's configuration says).
        asked: the crowd, taken block by block.
        take: what to do with the results of a round of them; gives how many subjects have been taken. Never cut in half.
        workers: how many blocks at once.
        progress: told (subjects done, subjects asked for) after every round.

    Raises:
        KeyboardInterrupt: interrupted before anything was done.
    """
    if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= MOST_WORKERS:
        raise OutOfRange([Problem(place="workers", says=f"{workers!r} is not a number of workers, 1 or more")])
    taken: list[Future[int]] = []
    try:
        # Taking happens beside the next round's work, and in a thread that Ctrl-C does not reach.
        with ThreadPoolExecutor(max_workers=1) as taker, joblib.Parallel(n_jobs=workers, prefer="threads") as pool:
            for together in _rounds(asked, max(ROUND, 2 * workers)):
                found = list(pool(joblib.delayed(work)(asked.block(number)) for number in together))
                _tell(taken, asked, progress)
                taken.append(taker.submit(take, found))
            _tell(taken, asked, progress)
    except KeyboardInterrupt:
        if not taken:
            raise


def _rounds(asked: Crowd, size: int) -> Iterator[range]:
    return (range(start, min(start + size, asked.blocks)) for start in range(0, asked.blocks, size))


def _tell(taken: Sequence[Future[int]], asked: Crowd, progress: Progress | None) -> None:
    """Wait until the last round is taken, and tell how many subjects that makes."""
    if taken:
        done = taken[-1].result()
        if progress:
            progress(done, asked.count)
