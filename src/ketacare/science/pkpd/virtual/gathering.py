"""The curves of a population, gathered block by block: held whole while they fit, else counted as they stream by."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.series import Flag
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.virtual import bands, individuals, sampling
from ketacare.science.pkpd.virtual.blocks import Few
from ketacare.science.pkpd.virtual.individuals import Question

# Whole curves are held up to this: 33,500 subjects x 200 times of a model with five outputs. Beyond it they stream by.
HELD_BYTES = 2**28
_BYTES = 8  # of one number


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """What comes back from one block: the sum over its subjects, and their curves whole or as a histogram takes them.

    Args:
        size: how many subjects, s.
        sums: shape (o, t).
        whole: shape (o, t, s).
        part: rows are outputs by times.
    """

    size: int
    sums: Floats
    whole: Floats | None
    part: bands.Part | None


def block(asked: Question, few: Few, *, residual: bool, whole: bool) -> Block:
    """Return one block of a population; rests on the seed and the block's number alone."""
    found = curves_of(asked, few)
    if residual:
        names = tuple(asked.model.analytes)
        exact = dict(zip(names, found, strict=False))
        error = sampling.measured(asked.model, exact, seed=few.seed, block=few.number)
        found = np.stack([*(error[name] for name in names), found[-1]])
    outputs, count, size = found.shape
    return Block(
        size=size,
        sums=found.sum(axis=-1),
        whole=found if whole else None,
        part=None if whole else bands.part(found.reshape(outputs * count, size)),
    )


def curves_of(asked: Question, few: Few) -> Floats:
    """Return every output of the subjects of one block, shape (o, t, s)."""
    sessions = len(individuals.occasions(asked))
    etas = sampling.draw(asked.model, few.size, seed=few.seed, block=few.number, sessions=sessions)
    return individuals.curves(asked, few.people, etas)


@dataclass(kw_only=True, slots=True)
class Held:
    """Every curve of every subject.

    Args:
        outputs: o.
        times: t.
        count: how many subjects are to come.
    """

    outputs: int
    times: int
    count: int
    n: int = 0
    whole: bool = True
    bin_width: float = 0
    curves: Floats = field(init=False)
    sums: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.curves = np.empty((self.outputs, self.times, self.count))
        self.sums = np.zeros((self.outputs, self.times))

    def take(self, found: Sequence[Block]) -> int:
        """Take the next blocks; give how many subjects there are now."""
        for one in found:
            self.curves[:, :, self.n : self.n + one.size] = one.whole
            self.sums += one.sums
            self.n += one.size
        return self.n

    def quantiles(self, quantiles: Sequence[float], *, threads: int) -> Floats:
        """Return exact quantiles, shape (q, o, t)."""
        rows = self.curves[:, :, : self.n].reshape(-1, self.n)
        return bands.quantiles_of(rows, quantiles, threads=min(threads, os.cpu_count() or 1)).reshape(
            -1, self.outputs, self.times
        )

    def flags(self) -> tuple[Flag, ...]:
        """Nothing to say: these are the curves themselves."""
        return ()


@dataclass(kw_only=True, slots=True)
class Streamed:
    """How many subjects lay in each bin, at each time of each output; their curves are gone."""

    outputs: int
    times: int
    n: int = 0
    whole: bool = False
    bin_width: float = bands.BIN_WIDTH
    histograms: bands.Histograms = field(init=False)
    sums: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.histograms = bands.Histograms(rows=self.outputs * self.times)
        self.sums = np.zeros((self.outputs, self.times))

    def take(self, found: Sequence[Block]) -> int:
        """Take the next blocks; give how many subjects there are now."""
        self.histograms.add([one.part for one in found if one.part])
        for one in found:
            self.sums += one.sums
            self.n += one.size
        return self.n

    def quantiles(self, quantiles: Sequence[float], *, threads: int) -> Floats:
        """Return quantiles within a bin's width, shape (q, o, t)."""
        return self.histograms.quantiles(quantiles).reshape(-1, self.outputs, self.times)

    def flags(self) -> tuple[Flag, ...]:
        """That the bands are not exact, and how wide a bin is."""
        says = f"bands of so many subjects come from histograms: each value to within {100 * self.bin_width:.2g} % of itself"
        return (Flag(code="streamed-bands", about="bands", says=says),)


def store(asked: Question, count: int, *, keep: bool) -> Held | Streamed:
    """Return what gathers a population of ``count``: held where it fits.

    Raises:
        OutOfRange: more curves to keep, or more times, than fit.
    """
    outputs, times = len(asked.model.analytes) + 1, len(asked.t_min)
    row_bytes = outputs * times * _BYTES
    most_times = HELD_BYTES // (outputs * max(min(count, sampling.BLOCK) * _BYTES, bands.ROW_BYTES))
    if row_bytes * count <= HELD_BYTES:
        return Held(outputs=outputs, times=times, count=count)
    if keep:
        says = f"{count:,} subjects x {times} times x {outputs} curves are more than {HELD_BYTES >> 20} MB; {HELD_BYTES // row_bytes:,} fit"
        raise OutOfRange([Problem(place="keep", says=says)])
    if times > most_times:
        says = f"{times} times are more than the {most_times} that so many subjects can have"
        raise OutOfRange([Problem(place="t_min", says=says)])
    return Streamed(outputs=outputs, times=times)
