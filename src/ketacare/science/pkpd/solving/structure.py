"""How the compartments hang together: which of them matter, in which blocks, and along which ways a dose reaches an output.

Found once from the pattern of flows, which is common to all subjects; the rates do not matter here.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.system import Forcing, System

Pattern = NDArray[np.bool_]
FOLD = 64  # rows that many subjects are folded onto


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """From one input compartment to the poles of one block.

    Args:
        entry: the compartment that something enters.
        block: the number of the block whose poles these are.
        before: blocks passed on the way, in order; the block itself is not one of them.
        after: blocks that the block flows into, in order.
    """

    entry: int
    block: int
    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Structure:
    """What the flows of all subjects have in common.

    Args:
        blocks: the compartments of each strongly connected block, upstream first; only blocks between an input and an output.
        ways: every pair of an input and a block that it reaches.
        flows: n x n, is there a flow (or a diagonal).
        reads: o x n, is the compartment part of the output.
        poles: for each block, its first and last pole + 1 among all.
        spans: for each output, the first and the last pole + 1 that it may hear.
    """

    blocks: tuple[tuple[int, ...], ...]
    ways: tuple[Way, ...]
    flows: tuple[tuple[bool, ...], ...]
    reads: tuple[tuple[bool, ...], ...]
    poles: tuple[tuple[int, int], ...]
    spans: tuple[tuple[int, int], ...]

    def where(self, block: int) -> slice:
        """Where a block's poles stand among all."""
        return slice(*self.poles[block])


def structure(system: System, forcing: Forcing) -> Structure:
    """Read the pattern of what is not zero for at least one subject."""
    n = len(system.compartments)
    entries = _seen(forcing.bolus_mg).reshape(-1, n).any(axis=0) | _seen(forcing.rate_mg_per_min).reshape(-1, n).any(
        axis=0
    )
    flows, reads = _seen(system.rates_per_min), _seen(system.readout)
    return _structure(n, flows.tobytes(), reads.tobytes(), entries.tobytes())


def _seen(values: Floats) -> Pattern:
    """What is not 0 for somebody; many subjects are first folded onto a few long rows, which is ten times as quick."""
    whole = len(values) // FOLD * FOLD
    if not whole:
        return np.asarray(values.any(axis=0))
    folded = values[:whole].reshape(FOLD, -1).any(axis=0).reshape(-1, *values.shape[1:]).any(axis=0)
    return np.asarray(folded | values[whole:].any(axis=0))


@lru_cache(maxsize=256)
def _structure(n: int, flows_seen: bytes, reads_seen: bytes, entries_seen: bytes) -> Structure:
    flows, reads = (np.frombuffer(seen, dtype=bool).reshape(-1, n) for seen in (flows_seen, reads_seen))
    entries = np.frombuffer(entries_seen, dtype=bool)
    reach = _reach(flows)
    matters = np.any(reach[:, entries], axis=1) & np.any(reach[np.any(reads, axis=0)], axis=0)
    blocks = _blocks(reach, matters)
    firsts = [block[0] for block in blocks]
    leads = reach[np.ix_(firsts, firsts)]  # leads[b, a]: from block a to block b
    poles = _places(blocks)
    return Structure(
        blocks=blocks,
        ways=tuple(_ways(np.flatnonzero(entries & matters).tolist(), blocks, leads)),
        flows=tuple(map(tuple, flows.tolist())),
        reads=tuple(map(tuple, reads.tolist())),
        poles=poles,
        spans=tuple(_span(reach[read][:, firsts].any(axis=0), poles) for read in reads),
    )


@lru_cache(maxsize=256)
def following(shape: Structure) -> tuple[frozenset[int], ...]:
    """For each block the numbers of the blocks that what is in it comes to; not its own."""
    reach = _reach(np.array(shape.flows))
    firsts = [block[0] for block in shape.blocks]
    return tuple(
        frozenset(number for number, other in enumerate(firsts) if other != one and reach[other, one]) for one in firsts
    )


def _reach(flows: Pattern) -> Pattern:
    """``reach[i, j]``: does what is in j come to i (Warshall's closure)."""
    reach = np.array(flows | np.eye(len(flows), dtype=bool))
    for middle in range(len(flows)):
        np.logical_or(reach, reach[:, [middle]] & reach[[middle]], out=reach)
    return reach


def _blocks(reach: Pattern, matters: Pattern) -> tuple[tuple[int, ...], ...]:
    both_ways = reach & reach.T
    found = {tuple(np.flatnonzero(both_ways[:, one]).tolist()) for one in np.flatnonzero(matters)}
    upstream = reach.sum(axis=1)  # a block has more upstream of it than every block that leads to it
    return tuple(sorted(found, key=lambda block: (upstream[block[0]], block)))


def _ways(entries: list[int], blocks: tuple[tuple[int, ...], ...], leads: Pattern) -> list[Way]:
    home = {one: number for number, block in enumerate(blocks) for one in block}
    numbers = range(len(blocks))
    return [
        Way(
            entry=entry,
            block=block,
            before=tuple(b for b in numbers if b != block and leads[b, home[entry]] and leads[block, b]),
            after=tuple(b for b in numbers if b != block and leads[b, block]),
        )
        for entry in entries
        for block in numbers
        if leads[block, home[entry]]
    ]


def _places(blocks: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, int], ...]:
    ends = np.cumsum([len(block) for block in blocks]).tolist()
    return tuple((end - len(block), end) for block, end in zip(blocks, ends, strict=True))


def _span(hears: Pattern, poles: tuple[tuple[int, int], ...]) -> tuple[int, int]:
    heard = [place for place, is_heard in zip(poles, hears, strict=True) if is_heard]
    return (heard[0][0], heard[-1][1]) if heard else (0, 0)
