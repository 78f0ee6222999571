"""Where there is room: the starts at which a chair, a nurse and a prescriber are free, and who of the free ones is taken."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ketacare.booking.values import KINDS, Between, Clinic, Item, Place, Pool


def starts_with_room(pool: Pool, length: int) -> np.ndarray:
    """Whether a pool has room for so many slices, from each slice on."""
    full = np.concatenate(([0], np.cumsum(pool.room < 1)))
    free = full[length:] == full[:-length]
    return np.concatenate((free, np.zeros(length - 1, dtype=bool)))


def possible_starts(clinic: Clinic, item: Item) -> dict[int, int]:
    """The starts of an item at which some chair, some nurse and some prescriber are free throughout, with their costs."""
    size = len(clinic.day_number)
    free = np.ones(size, dtype=bool)
    for kind in KINDS:
        rows = [starts_with_room(pool, item.length) for pool in clinic.of(kind)]
        free &= np.any(rows, axis=0) if rows else np.zeros(size, dtype=bool)
    return {start: cost for start, cost in item.costs.items() if free[start - clinic.first]}


def cheapest_of_days(clinic: Clinic, starts: Mapping[int, int]) -> dict[int, int]:
    """The cheapest start of each day: where no hours count between the days, no other can be part of a best answer."""
    best: dict[int, int] = {}
    for start, cost in starts.items():
        day = clinic.day(start)
        if day not in best or (cost, start) < (starts[best[day]], best[day]):
            best[day] = start
    return {start: starts[start] for start in best.values()}


def hours_matter(clinic: Clinic, pair: Between, possible: Mapping[int, Mapping[int, int]]) -> bool:
    """Whether two sessions on days far enough apart could still be too few hours apart."""
    latest: dict[int, int] = {}
    earliest: dict[int, int] = {}
    for start in possible[pair.before]:
        latest[clinic.day(start)] = max(start, latest.get(clinic.day(start), start))
    for start in possible[pair.after]:
        earliest[clinic.day(start)] = min(start, earliest.get(clinic.day(start), start))
    return any(
        earliest[later] - begun < pair.least_slices
        for day, begun in latest.items()
        for later in earliest
        if later - day >= pair.least_days
    )


def runs(used: np.ndarray) -> Iterable[tuple[int, int, int]]:
    """Where something is taken: the first slice of a stretch, its length, and how much."""
    edges = np.flatnonzero(np.diff(used)) + 1
    for begin, end in zip([0, *edges], [*edges, len(used)], strict=True):
        if used[begin] > 0:
            yield int(begin), int(end - begin), int(used[begin])


def seat_all(clinic: Clinic, items: Sequence[Item], starts: Mapping[int, int]) -> dict[int, Place]:
    """A free chair, nurse and prescriber for each start: the same ones as far as they are free."""
    places = {}
    for item in items:
        start, before = starts[item.key], [*places.values()]
        of = {kind: familiar(clinic.of(kind), start - clinic.first, item, before) for kind in KINDS}
        places[item.key] = Place(start=start, **of)
    return places


def familiar(pools: Sequence[Pool], offset: int, item: Item, before: Sequence[Place]) -> int:
    """Of the free ones the one of now, else the one that this course had most often so far."""
    free = [pool for pool in pools if pool.room[offset : offset + item.length].min() > 0]
    kind = free[0].kind

    def had(pool: Pool) -> tuple[bool, int]:
        return item.now is not None and item.now.of(kind) == pool.id, sum(place.of(kind) == pool.id for place in before)

    return max(free, key=had).id
