"""Chains of compartments with the very same rate: poles that several blocks share, and how strongly each power answers.

Such a chain (a delay in equal stages) is no sum of plain exponentials: it answers with ``t^j exp(pole t)`` too. Where the
rates of some compartments are the same number for every subject, they are one pole of higher order, and near it the
transfer function is a power series (``jets``) whose coefficients are the residues of every order.

Source: partial fractions with repeated poles (Henrici 1974, Applied and computational complex analysis 1, 7.1); checked
against mpmath with 50 digits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from ketacare.science.pkpd.solving import jets, poles, residues
from ketacare.science.pkpd.solving.jets import Jet
from ketacare.science.pkpd.solving.structure import Structure, following
from ketacare.science.pkpd.solving.system import System
from ketacare.science.pkpd.solving.tracked import Real

SAME = 4 * float(
    np.finfo(np.float64).eps
)  # of a rate: what sums of its parts may differ by; a curve feels no more of it

Shared = tuple[tuple[int, ...], ...]  # the numbers of the blocks of each pole that is shared


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """How one input is answered by the poles of one block, or by one pole that blocks share.

    Args:
        entry: the compartment that something enters.
        slots: where this answer's exponentials stand among all: first those of order 0, then of order 1 ...
        poles: shape (m, s), 1/min.
        residues: of ``t^j / j! exp(pole t)``, shape (orders, o, m, s).
        doubts: the error that one unit of each brings, same shape.
    """

    entry: int
    slots: slice
    poles: Real
    residues: Real
    doubts: Real


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """All answers of some subjects.

    Args:
        answers: each input's to each pole.
        bases: poles, orders and slots of each set of exponentials, in the order of their slots.
        slots: how many exponentials there are.
        spans: for each output the first and the last slot + 1 that it hears.
    """

    answers: tuple[Answer, ...]
    bases: tuple[tuple[Real, int, slice], ...]
    slots: int
    spans: tuple[tuple[int, int], ...]


def shared(system: System, shape: Structure) -> Shared:
    """Return which blocks of one compartment have the same rate in every subject: nobody's, for most models."""
    alone, places = _alone(shape)
    of_first = sorted(system.rates_per_min.item(0, one, one) for one in alone)
    if all(later - rate > -SAME * rate for rate, later in pairwise(of_first)):  # told in 3 microseconds: most models
        return ()
    left = dict(zip(places, system.rates_per_min[:, alone, alone].T, strict=True))
    found = []
    while left:
        one, rates = left.popitem()
        same = [other for other, others in left.items() if (np.abs(rates - others) <= -SAME * rates).all()]
        if same:
            found.append(tuple(sorted([one, *same])))
        left = {other: others for other, others in left.items() if other not in same}
    return tuple(found)


@lru_cache(maxsize=256)
def _alone(shape: Structure) -> tuple[list[int], list[int]]:
    """The compartments that are a block each, and the numbers of those blocks."""
    found = [(block[0], number) for number, block in enumerate(shape.blocks) if len(block) == 1]
    return [one for one, _ in found], [number for _, number in found]


def terms(system: System, shape: Structure, common: Shared, rounding: float, dtype: np.dtype[np.floating]) -> Terms:
    """Return every answer, and what doubt there is of it.

    Args:
        common: from ``shared``.
        rounding: how large an error the size of 1 brings.
        dtype: the floats to compute in.
    """
    rates = np.ascontiguousarray(np.moveaxis(system.rates_per_min, 0, -1), dtype=dtype)
    readout = np.ascontiguousarray(np.moveaxis(system.readout, 0, -1), dtype=dtype)
    for blocks in common:  # to the last bit, so that every distance is one between the same poles
        one, *others = (shape.blocks[number][0] for number in blocks)
        rates[others, others] = rates[one, one]
    each = [poles.of_block(rates[np.ix_(block, block)]) for block in shape.blocks]
    at = [pole for pole, _ in each]
    held = {number for blocks in common for number in blocks}
    singles = [number for number in range(len(shape.blocks)) if number not in held]
    orders = [(number,) for number in singles] + list(common)
    answers, bases, start = [], [], 0
    for blocks in sorted(orders):
        order = max((_plan(shape, entry, blocks)[1] for entry in entries(shape)), default=0)
        size = len(at[blocks[0]])
        if not order:
            continue
        slots = slice(start, start := start + order * size)
        bases.append((at[blocks[0]], order, slots))
        for entry in entries(shape):
            found = _of_pole(shape, entry, blocks, order, rates, readout, at)
            if found is not None:
                doubts = found[1] * (rounding * (1 + each[blocks[0]][1]))
                answers.append(Answer(entry=entry, slots=slots, poles=at[blocks[0]], residues=found[0], doubts=doubts))
    return Terms(answers=tuple(answers), bases=tuple(bases), slots=start, spans=_spans(answers, len(readout)))


def _spans(answers: Sequence[Answer], outputs: int) -> tuple[tuple[int, int], ...]:
    heard = [[answer.slots for answer in answers if answer.residues[:, number].any()] for number in range(outputs)]
    return tuple(
        (min(one.start for one in slots), max(one.stop for one in slots)) if slots else (0, 0) for slots in heard
    )


def _of_pole(
    shape: Structure, entry: int, blocks: tuple[int, ...], order: int, rates: Real, readout: Real, at: Sequence[Real]
) -> tuple[Real, Real] | None:
    """Residues and sizes (orders, o, m, s) of one input at the pole of these blocks; None: it does not reach them."""
    if len(blocks) > 1:
        return _of_shared(shape, entry, blocks, order, rates, readout, at) if _plan(shape, entry, blocks)[1] else None
    ways = [way for way in shape.ways if (way.entry, way.block) == (entry, blocks[0])]
    if not ways:
        return None
    value, size = residues.of_way(shape, ways[0], rates, readout, at)
    return value[None], size[None]


@lru_cache(maxsize=256)
def entries(shape: Structure) -> tuple[int, ...]:
    """Return the compartments that something enters."""
    return tuple(dict.fromkeys(way.entry for way in shape.ways))


@lru_cache(maxsize=1024)
def _plan(shape: Structure, entry: int, blocks: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """Which blocks lie between the input and an output by way of these ones, upstream first; and how many of these in a row."""
    after = following(shape)
    home = next(number for number, inside in enumerate(shape.blocks) if entry in inside)
    reached = after[home] | {home}
    passed = {
        b for b in reached if any(b == one or b in after[one] or one in after[b] for one in set(blocks) & reached)
    }
    depth: dict[int, int] = {}
    for block in sorted(passed):
        depth[block] = max((depth[b] for b in depth if block in after[b]), default=0) + (block in blocks)
    return tuple(sorted(passed)), max(depth.values(), default=0)


def _of_shared(
    shape: Structure, entry: int, blocks: tuple[int, ...], order: int, rates: Real, readout: Real, at: Sequence[Real]
) -> tuple[Real, Real]:
    """Follow what enters through every block, as a power series near the pole; read off the coefficients of 1/e, 1/e^2 ..."""
    pole, held = (
        at[blocks[0]][0],
        dict[int, tuple[int, Jet]](),
    )  # by compartment: what is there is e^-power x its series
    for block in _plan(shape, entry, blocks)[0]:
        power, flowing = _into(shape, block, rates, held, jets.constant(np.ones_like(pole), order), entry)
        inside = shape.blocks[block]
        if block in blocks:
            power += 1
        else:
            flowing = _through(shape, inside, rates, flowing, pole, at[block], order)
        held |= {one: (power, jet) for one, jet in zip(inside, flowing, strict=True) if jet is not None}
    return _read(shape, readout, held, order, pole)


def _into(
    shape: Structure, block: int, rates: Real, held: dict[int, tuple[int, Jet]], unit: Jet, entry: int
) -> tuple[int, list[jets.Term]]:
    """What flows into each compartment of a block, all of the highest power of 1/e that comes."""
    parts = [
        [(0, unit)] * (one == entry)
        + [
            (power, jets.scaled(jet, rates[one, source]))
            for source, (power, jet) in held.items()
            if shape.flows[one][source]
        ]
        for one in shape.blocks[block]
    ]
    highest = max((power for part in parts for power, _ in part), default=0)
    return highest, [jets.total([jets.raised(jet, highest - power) for power, jet in part]) for part in parts]


def _through(
    shape: Structure,
    inside: tuple[int, ...],
    rates: Real,
    flowing: list[jets.Term],
    pole: Real,
    others: Real,
    order: int,
) -> list[jets.Term]:
    """Pass a block that does not share the pole: (x - K) solved by its adjugate, over the distances to its own poles."""
    if len(inside) > 1:
        matrix = [[_entry(shape, rates, i, j, pole, order) for j in inside] for i in inside]
        flowing = jets.adjugate_times(matrix, flowing)
    over = jets.one_over(pole - others[0], order)
    for other in others[1:]:
        over = jets.times(over, jets.one_over(pole - other, order))
    return [jets.product(one, over) for one in flowing]


def _entry(shape: Structure, rates: Real, i: int, j: int, pole: Real, order: int) -> jets.Term:
    if i == j:
        return jets.distance(pole - rates[i, i], order)
    return jets.constant(-rates[i, j], order) if shape.flows[i][j] else None


def _read(
    shape: Structure, readout: Real, held: dict[int, tuple[int, Jet]], order: int, pole: Real
) -> tuple[Real, Real]:
    values, sizes = np.zeros((2, order, len(readout), 1, *pole.shape), dtype=pole.dtype)
    for number, reads in enumerate(shape.reads):
        for one, (power, jet) in held.items():
            if reads[one] and power:
                heard = jets.scaled(jet, readout[number, one])
                values[:power, number, 0] += heard.value[:power][::-1]
                sizes[:power, number, 0] += heard.size[:power][::-1]
    return values, sizes
