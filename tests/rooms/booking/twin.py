"""The solver's slow obvious twins: every way is tried, and the cheapest is kept."""

from collections.abc import Iterator, Sequence
from itertools import product

from ketacare.booking.constraints import DROPPED, MOVED, OTHER
from ketacare.booking.values import KINDS, Between, Clinic, Item, Place


def has_room(clinic: Clinic, kind: str, pk: int, start: int, length: int) -> bool:
    pool = next(pool for pool in clinic.pools if (pool.kind, pool.id) == (kind, pk))
    offset = start - clinic.first
    return offset + length <= len(pool.room) and all(pool.room[offset : offset + length] > 0)


def cheapest_course(clinic: Clinic, items: Sequence[Item], between: Sequence[Between]) -> int | None:
    """What the cheapest way to place a course costs; None where there is none."""
    options = [[start for start in item.costs if someone_is_free(clinic, item, start)] for item in items]
    best = None
    for starts in product(*options):
        at = {item.key: start for item, start in zip(items, starts, strict=True)}
        if all(keeps(clinic, pair, at) for pair in between):
            cost = sum(item.costs[at[item.key]] for item in items)
            best = cost if best is None else min(best, cost)
    return best


def someone_is_free(clinic: Clinic, item: Item, start: int) -> bool:
    return all(any(has_room(clinic, kind, pool.id, start, item.length) for pool in clinic.of(kind)) for kind in KINDS)


def keeps(clinic: Clinic, pair: Between, at: dict[int, int]) -> bool:
    apart = clinic.day(at[pair.after]) - clinic.day(at[pair.before])
    is_wide = pair.most_days is not None and apart > pair.most_days
    return apart >= pair.least_days and not is_wide and at[pair.after] - at[pair.before] >= pair.least_slices


def cheapest_day(clinic: Clinic, items: Sequence[Item]) -> int:
    """What the cheapest way to arrange a day anew costs."""
    options = [[*ways(clinic, item)] for item in items]
    return min(
        sum(cost_of(item, place) for item, place in zip(items, places, strict=True))
        for places in product(*options)
        if fits(clinic, items, places)
    )


def ways(clinic: Clinic, item: Item) -> Iterator[Place | None]:
    """Every place that an item could have by itself, and none."""
    yield None
    ids = [[pool.id for pool in clinic.of(kind) if item.stays_in.get(kind, pool.id) == pool.id] for kind in KINDS]
    for start, *rest in product(item.costs, *ids):
        place = Place(start=start, **dict(zip(KINDS, rest, strict=True)))
        if all(has_room(clinic, kind, place.of(kind), start, item.length) for kind in KINDS):
            yield place


def cost_of(item: Item, place: Place | None) -> int:
    if place is None:
        return DROPPED
    other = sum(OTHER[kind] for kind in KINDS if place.of(kind) != item.now.of(kind))
    return item.costs[place.start] + (MOVED if place.start != item.now.start else 0) + other


def fits(clinic: Clinic, items: Sequence[Item], places: Sequence[Place | None]) -> bool:
    """Whether no chair or person has more than it holds in any slice."""
    for pool in clinic.pools:
        used = pool.room.copy()
        for item, place in zip(items, places, strict=True):
            if place is not None and place.of(pool.kind) == pool.id:
                offset = place.start - clinic.first
                used[offset : offset + item.length] -= 1
        if (used < 0).any():
            return False
    return True
