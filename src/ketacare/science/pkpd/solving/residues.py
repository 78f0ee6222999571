"""How strongly each pole answers to each input at each output: the residues of the transfer function.

At a pole of one block the other blocks on the way are passed like filters: (x - K) is solved by its adjugate, divided by the
product of the distances to the poles of that block. So two poles are subtracted from each other only if something flows
from one's block to the other's: parts that are not coupled, such as two enantiomers, never meet.
"""

from collections.abc import Sequence

import numpy as np

from ketacare.science.pkpd.solving.structure import Structure, Way
from ketacare.science.pkpd.solving.tracked import (
    Entry,
    Real,
    Tracked,
    adjugate_times,
    magnitude,
    product,
    shifted_by,
    total,
)


def of_way(structure: Structure, way: Way, rates: Real, readout: Real, poles: Sequence[Real]) -> tuple[Real, Real]:
    """Return the residues of the way's poles and their sizes, (o, m, s) both.

    Args:
        structure: what the subjects have in common.
        way: from which input to which block's poles.
        rates: K, shape (n, n, s).
        readout: C, shape (o, n, s).
        poles: for each block its poles, (m, s).
    """
    at = poles[way.block]
    held: dict[int, Tracked] = {}
    for block in (*way.before, way.block):
        itself = block == way.block
        passed = _passed(structure, block, rates, held, at, entry=way.entry, itself=itself)
        held |= _divided(passed, _distances(at, poles[block], itself=itself))
    held = {one: held[one] for one in structure.blocks[way.block] if one in held}
    for block in way.after:
        passed = _passed(structure, block, rates, held, at, entry=None, itself=False)
        held |= _divided(passed, _distances(at, poles[block], itself=False))
    return _read(structure, readout, held, at)


def _passed(
    structure: Structure,
    block: int,
    rates: Real,
    held: dict[int, Tracked],
    at: Real,
    *,
    entry: int | None,
    itself: bool,
) -> dict[int, Tracked]:
    inside = structure.blocks[block]
    flowing = [
        total(
            [
                Tracked(np.ones_like(at)) if one == entry else None,
                *(
                    product(Tracked(rates[one, source]), x)
                    for source, x in held.items()
                    if structure.flows[one][source]
                ),
            ]
        )
        for one in inside
    ]
    if len(inside) > 1:
        entries = [[_entry(structure, rates, i, j) for j in inside] for i in inside]
        flowing = adjugate_times(shifted_by(entries, at, rounded=itself), flowing)
    return {one: x for one, x in zip(inside, flowing, strict=True) if x is not None}


def _entry(structure: Structure, rates: Real, i: int, j: int) -> Entry:
    return Tracked(rates[i, j]) if structure.flows[i][j] else None


def _distances(at: Real, poles: Real, *, itself: bool) -> Real:
    """The product of the distances of each pole to all of a block's, leaving out the pole itself: (m, s)."""
    distance = np.ones_like(at)
    for number, pole in enumerate(poles):
        apart = at - pole
        if itself:
            apart[number] = 1
        distance *= apart
    return distance


def _divided(parts: dict[int, Tracked], by: Real) -> dict[int, Tracked]:
    over = Tracked(1 / by)
    return {one: x for one, part in parts.items() if (x := product(part, over)) is not None}


def _read(structure: Structure, readout: Real, held: dict[int, Tracked], at: Real) -> tuple[Real, Real]:
    values, sizes = np.zeros((2, len(readout), *at.shape), dtype=at.dtype)
    for number, reads in enumerate(structure.reads):
        heard = total(product(Tracked(readout[number, one]), x) for one, x in held.items() if reads[one])
        if heard is not None:
            values[number], sizes[number] = heard.value, magnitude(heard)
    return values, sizes
