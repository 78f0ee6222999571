"""A virtual trial: two or more regimens, each given to every subject of one virtual population."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ketacare.science.errors import MissingInput, OutOfRange, Problem
from ketacare.science.pkpd import models
from ketacare.science.pkpd.modelling.model_file import Model
from ketacare.science.pkpd.regimen import Regimen
from ketacare.science.pkpd.series import Flag, Site, Status
from ketacare.science.pkpd.simulate import times
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.kernels import Engine
from ketacare.science.pkpd.subject import Subject
from ketacare.science.pkpd.virtual import blocks, individuals, outcomes, sampling
from ketacare.science.pkpd.virtual.blocks import Few
from ketacare.science.pkpd.virtual.gathering import HELD_BYTES
from ketacare.science.pkpd.virtual.individuals import Question
from ketacare.science.pkpd.virtual.outcomes import Outcome
from ketacare.science.pkpd.virtual.probability import Probability, share_of
from ketacare.science.reference import Reference

if TYPE_CHECKING:
    import pandas as pd

SHOWN = {"p05": 0.05, "median": 0.5, "p95": 0.95}


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """What one arm is given.

    Args:
        regimen: the doses.
        interactions: names of medicines that ``interactions`` knows, taken beside them.
    """

    regimen: Regimen
    interactions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """Every outcome of every subject in every arm.

    Args:
        model: the model's id; ``reference`` names the very data file.
        site: where the blood is thought to be drawn.
        status: how well the model's numbers are known.
        parent: the analyte meant where none is named.
        arms: the a names, in the order given.
        outcomes: what was looked at.
        values: shape (a, outcomes, n); subject number i is the same person in every arm.
        n: how many subjects.
        seed: given as ``rng`` it gives the same subjects again.
        flags: what a reader must know of the whole trial; each outcome has its own too.
    """

    model: str
    reference: Reference
    site: Site
    status: Status
    parent: str
    arms: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    values: Floats
    n: int
    seed: int
    flags: tuple[Flag, ...]

    def outcome(self, name: str, of: str | None = None) -> Outcome:
        """Return an outcome by its name; ``of`` an analyte (None: the parent, where several analytes have it).

        Raises:
            OutOfRange: nothing of this name was looked at.
        """
        named = [one for one in self.outcomes if one.name == name]
        found = [one for one in named if one.of == (of or (self.parent if len(named) > 1 else one.of))]
        if not found:
            there = ", ".join(dict.fromkeys(one.name for one in self.outcomes))
            raise OutOfRange([Problem(place="outcome", says=f"{name!r} of {of or self.parent} is none of {there}")])
        return found[0]

    def of(self, arm: str, name: str, of: str | None = None) -> Floats:
        """Return an outcome of every subject in one arm, shape (n,).

        Raises:
            OutOfRange: no such arm or outcome.
        """
        if arm not in self.arms:
            raise OutOfRange([Problem(place="arm", says=f"{arm!r} is none of {', '.join(self.arms)}")])
        found: Floats = self.values[self.arms.index(arm), self.outcomes.index(self.outcome(name, of))]
        return found

    def difference(self, arm: str, than: str, name: str, of: str | None = None) -> Floats:
        """Return by how much an outcome differs in the same subject: in ``arm`` minus in ``than``, shape (n,)."""
        return self.of(arm, name, of) - self.of(than, name, of)

    def probability(
        self, arm: str, name: str, of: str | None = None, *, above: float | None = None, than: str | None = None
    ) -> Probability:
        """Return how likely an outcome exceeds a limit, or exceeds the same subject's in another arm.

        Args:
            arm: which arm.
            name: which outcome.
            of: of which analyte.
            above: the limit, in the outcome's unit.
            than: the other arm.

        Raises:
            OutOfRange: neither or both of ``above`` and ``than``; a limit that is not a number; no such arm or outcome.
        """
        if (above is None) == (than is None) or (above is not None and not math.isfinite(above)):
            raise OutOfRange([Problem(place="above", says="give a limit, or in than another arm, and not both")])
        told = self.outcome(name, of)
        limit: Floats | float = self.of(than, name, of) if than is not None else above or 0.0
        said = f"that in {than}" if than is not None else f"{above:g} {told.unit}"
        return share_of(self.of(arm, name, of) > limit, f"{told.title} in {arm} exceeds {said}")

    def table(self) -> "pd.DataFrame":
        """Return the distribution of every outcome in every arm, and of the difference of each arm from the first, one a row.

        Raises:
            MissingInput: pandas is not installed.
        """
        rows = [self._row(arm, one, self.of(arm, one.name, one.of)) for one in self.outcomes for arm in self.arms]
        rows += [
            self._row(f"{arm} minus {self.arms[0]}", one, self.difference(arm, self.arms[0], one.name, one.of))
            for one in self.outcomes
            for arm in self.arms[1:]
        ]
        found: pd.DataFrame = _pandas().DataFrame(rows)
        flags = (*self.flags, *(flag for one in self.outcomes for flag in one.flags))
        found.attrs["flags"] = list(dict.fromkeys(flag.says for flag in flags))
        return found

    def _row(self, arm: str, told: Outcome, values: Floats) -> dict[str, object]:
        low, middle, high = np.quantile(values, list(SHOWN.values()))
        return {
            "arm": arm,
            "outcome": told.name,
            "of": told.of,
            "unit": told.unit,
            "mean": float(values.mean()),
            "sd": float(values.std(ddof=1)) if self.n > 1 else float("nan"),
            **dict(zip(SHOWN, (float(low), float(middle), float(high)), strict=True)),
            "n": self.n,
            "model": self.model,
            "site": self.site,
            "status": told.status,
            "seed": self.seed,
        }


def simulate_trial(
    model: Model | str,
    arms: Mapping[str, Arm | Regimen],
    subjects: int | Sequence[Subject],
    t_min: ArrayLike,
    *,
    rng: sampling.Chance,
    limits_ng_per_ml: Sequence[float] = (),
    subject: Subject | None = None,
    engine: Engine | None = None,
    workers: int = 2,
    progress: blocks.Progress | None = None,
) -> Trial:
    """Return what each regimen does to each subject of one virtual population.

    Args:
        model: from ``models.load``, or its name; the same in every arm.
        arms: by name, what each arm is given.
        subjects: how many, n; or each of them, one draw each. Every subject is in every arm with the same draw.
        t_min: when to look, shape (t,), min; peaks and areas are those of these times.
        rng: a numpy Generator, or a seed.
        limits_ng_per_ml: concentrations of the parent; how long each is exceeded is an outcome ("time_above_100").
        subject: whom so many are spread around; None: one of the model's reference weight (flagged).
        engine: "numba" for the compiled sums (the extra "fast"); None: numpy.
        workers: blocks at once; never changes the result.
        progress: told (subjects done, subjects asked for) now and then.

    Returns:
        Peak, its time and area of every analyte; the effect site's peak; felt effect and systolic rise at their greatest.
        After Ctrl-C: of those who were done, with the flag "interrupted".

    Raises:
        OutOfRange: as ``simulate_population``; no arm; a limit that is none; more outcomes than fit into 256 MB.

    Assumes: an effect's numbers hold alike for everybody but for the spread of blood pressure.
    Source: pharmacology.md 3.7 and 5. Held in the tests: equal arms do not differ at all; each arm is its population.

    Example:
        >>> arms = {"40 min": Regimen.infusion(35, 40), "60 min": Regimen.infusion(35, 60)}
        >>> found = simulate_trial("racemate_iv_venous", arms, 200, range(0, 121, 5), rng=1)
        >>> found.probability("40 min", "cmax", than="60 min").value
        1.0
    """
    used = models.used(model)
    asked = _questions(used, arms, t_min, engine)
    crowd = blocks.crowd(subjects, subject, used, sampling.seed_of(rng))
    told = [flag for one in asked for flag in individuals.flags(one, crowd.people)]
    limits = tuple(dict.fromkeys(blocks.row_of_numbers(limits_ng_per_ml, "limits_ng_per_ml")))
    looked_at = outcomes.outcomes(asked[0], crowd.people[0], limits)
    store = _Gathered(values=_room(len(asked), len(looked_at), crowd.count))
    work = partial(_block, asked, limits)
    blocks.run(work, crowd, store.take, workers=workers, progress=progress)
    return Trial(
        model=used.id,
        reference=used.reference,
        site=used.site,
        status=used.status,
        parent=used.parent,
        arms=tuple(arms),
        outcomes=looked_at,
        values=store.values[:, :, : store.n],
        n=store.n,
        seed=crowd.seed,
        flags=tuple(dict.fromkeys((*told, *blocks.flags(crowd, store.n)))),
    )


def _questions(
    model: Model, arms: Mapping[str, Arm | Regimen], t_min: ArrayLike, engine: Engine | None
) -> tuple[Question, ...]:
    if not isinstance(arms, Mapping) or not arms:
        raise OutOfRange([Problem(place="arms", says="there is none; give each by its name")])
    given = [one if isinstance(one, Arm) else Arm(regimen=one) for one in arms.values()]
    wrong = [name for name, one in zip(arms, given, strict=True) if not isinstance(one.regimen, Regimen)]
    if wrong:
        raise OutOfRange([Problem(place=f"arms[{name!r}]", says="is neither a Regimen nor an Arm") for name in wrong])
    longest = max((one.regimen for one in given), key=lambda regimen: regimen.end_min)
    when = np.unique(times(t_min, longest))
    return tuple(
        Question(model=model, regimen=one.regimen, t_min=when, interactions=one.interactions, engine=engine)
        for one in given
    )


def _block(asked: Sequence[Question], limits: Sequence[float], few: Few) -> Floats:
    """Return every outcome of one block of subjects in every arm, shape (a, outcomes, s)."""
    sessions = [len(individuals.occasions(one)) for one in asked]
    drawn = sampling.draw(asked[0].model, few.size, seed=few.seed, block=few.number, sessions=max(sessions))
    arms = zip(asked, sessions, strict=True)
    return np.stack([outcomes.read(one, few, limits, drawn[:count]) for one, count in arms])


@dataclass(kw_only=True, slots=True)
class _Gathered:
    """The outcomes of the blocks that have come back."""

    values: Floats
    n: int = field(default=0)

    def take(self, found: Sequence[Floats]) -> int:
        """Take the next blocks; give how many subjects there are now."""
        for one in found:
            self.values[:, :, self.n : self.n + one.shape[-1]] = one
            self.n += one.shape[-1]
        return self.n


def _room(arms: int, looked_at: int, count: int) -> Floats:
    each = arms * looked_at * np.dtype(np.float64).itemsize
    if each * count > HELD_BYTES:
        says = f"{arms} arms x {looked_at} outcomes of {count:,} subjects are more than {HELD_BYTES >> 20} MB; {HELD_BYTES // each:,} fit"
        raise OutOfRange([Problem(place="subjects", says=says)])
    return np.empty((arms, looked_at, count))


def _pandas() -> ModuleType:
    try:
        return import_module("pandas")
    except ImportError as error:
        says = "a table needs pandas: pip install 'ketacare[research]'"
        raise MissingInput([Problem(place="pandas", says=says)]) from error
