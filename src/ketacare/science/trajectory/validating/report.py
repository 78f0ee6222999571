"""One group of people judged: the model as published, within the scale and aware of its floor, beside its rivals; then relapse."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ketacare.science.errors import MissingInput
from ketacare.science.trajectory.course import Course
from ketacare.science.trajectory.presets import Prior, prior
from ketacare.science.trajectory.refitting import refit
from ketacare.science.trajectory.validating import cohorts, foretelling, relapsing
from ketacare.science.trajectory.validating.judging import Judged, judge


@dataclass(frozen=True, kw_only=True)
class People:
    """A group with what its forecasts may be judged by."""

    name: str
    title: str
    prior: Prior
    unit: str
    smallest: float
    largest: float
    known: tuple[Course, ...]  # to learn from
    judged: tuple[Course, ...]  # never learnt from
    note: str = ""
    due: tuple[float, ...] | None = None  # days on which everybody was to be seen; None: each person's own
    is_refitted: bool = False  # whether the model is also judged after a refit to the people to learn from


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way of forecasting, judged; or why it was not."""

    name: str
    found: Judged | None
    says: str = ""


AWARE = "model, aware of the floor"


def ways(people: People, *, seed: int) -> Iterator[Way]:
    """Judge each way of forecasting one group's scores, one after the other."""
    for name, work, largest in _asked(people):
        try:
            found = work()
        except (MissingInput, np.linalg.LinAlgError) as error:
            yield Way(name=name, found=None, says=str(error))
            continue
        rng = np.random.default_rng([seed, len(name)])
        yield Way(name=name, found=judge(found, largest=largest, smallest=people.smallest, rng=rng))


def _asked(people: People) -> list[tuple[str, Callable[[], foretelling.Foretold], float | None]]:
    """Name, work, and the largest score if the forecast knows of the scale's ends."""
    known, judged, largest = people.known, people.judged, people.largest
    aware = floor_aware(people)
    after = [("model, aware of the floor, refitted", lambda: _refitted(aware, known, judged), largest)]
    return [
        ("model, as if the scale had no ends", lambda: foretelling.by_model(people.prior, judged), None),
        ("model, within the scale", lambda: foretelling.by_model(people.prior, judged), largest),
        (AWARE, lambda: foretelling.by_model(aware, judged), largest),
        *(after if people.is_refitted else []),
        ("last value carried forward", lambda: foretelling.by_last_value(known, judged), largest),
        ("mean of other people", lambda: foretelling.by_population(known, judged), largest),
        ("mixed model", lambda: foretelling.by_mixed_model(known, judged), largest),
    ]


def floor_aware(people: People) -> Prior:
    """The group's prior, for which a score at the scale's end says only that severity is no lower than can be told."""
    return replace(people.prior, floor=people.smallest)


def _refitted(prior: Prior, known: Sequence[Course], judged: Sequence[Course]) -> foretelling.Foretold:
    return foretelling.by_model(refit(prior, known).prior, judged)


def relapses(people: People) -> tuple[relapsing.Calibration, ...]:
    """Judge the chances of relapse that the model, aware of the floor, gave people who had responded."""
    found = relapsing.followed(floor_aware(people), people.judged, due=people.due)
    if not len(found.chance):
        return ()
    each = (relapsing.calibration(found, horizon) for horizon in relapsing.HORIZONS)
    return tuple(one for one in each if one is not None)


def made_up(kind: str, n: int, *, floor: bool, rng: np.random.Generator) -> People:
    """A simulated cohort: half of its people to learn from, half to judge.

    Args:
        kind: research or community.
        n: people.
        floor: whether their noise shrinks near the floor of the scale.
        rng: chance.
    """
    about = cohorts.file()
    found = cohorts.lifelike(kind, n, floor=floor, rng=rng)
    return People(
        name=f"{kind}{', less noise near the floor' if floor else ''}",
        title=about.cohorts[kind].title,
        prior=prior("madrs", kind),
        unit="MADRS points",
        smallest=0.0,
        largest=about.largest,
        known=found[: n // 2],
        judged=found[n // 2 :],
        due=tuple(about.cohorts[kind].score_days),
    )


def remitted(people: People, *, day: float, at_most: float) -> float:
    """The share of the judged people whose first score from a day on is that low."""
    first = [next((score for at, score in one.scores if at >= day), None) for one in people.judged]
    seen = [score for score in first if score is not None]
    return float(np.mean([score <= at_most for score in seen])) if seen else float("nan")
