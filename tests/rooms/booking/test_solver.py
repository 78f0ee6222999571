"""What the solver answers is what trying every way answers; and every answer keeps what it must."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ketacare.booking import solver
from ketacare.booking.values import KINDS, Between, Clinic, Found, Item, Nothing, Place, Pool
from tests.rooms.booking import twin

DAY = 6  # slices of a day in these small clinics
FIRST = 1000


def clinic_of(rooms: dict[tuple[str, int], list[int]], holds: int = 1) -> Clinic:
    size = len(next(iter(rooms.values())))
    return Clinic(
        first=FIRST,
        pools=tuple(
            Pool(kind=kind, id=pk, holds=max(holds, max(row)), room=np.array(row, dtype=np.int16))
            for (kind, pk), row in rooms.items()
        ),
        day_number=np.array([700 + number // DAY for number in range(size)], dtype=np.int32),
        wall_min=np.array([number % DAY * 60 for number in range(size)], dtype=np.int32),
        is_open=np.ones(size, dtype=bool),
    )


@some.composite
def courses(draw):
    days, wanted = draw(some.integers(3, 5)), draw(some.integers(2, 3))
    room = some.lists(some.integers(0, 1), min_size=days * DAY, max_size=days * DAY)
    rooms = {(kind, pk): draw(room) for kind in KINDS for pk in range(draw(some.integers(1, 2)))}
    clinic, length = clinic_of(rooms), draw(some.integers(1, 3))
    inside = [FIRST + day * DAY + number for day in range(days) for number in range(DAY - length + 1)]
    items = [
        Item(key=key, length=length, costs={start: draw(some.integers(0, 9)) for start in inside})
        for key in range(wanted)
    ]
    least = draw(some.integers(1, 2))
    pairs = [
        Between(
            before=key,
            after=key + 1,
            least_days=least,
            most_days=draw(some.one_of(some.none(), some.integers(least, 4))),
            least_slices=draw(some.integers(0, DAY * 2)),
        )
        for key in range(wanted - 1)
    ]
    return clinic, items, pairs


@settings(max_examples=60)
@given(courses())
def test_a_course_is_placed_as_cheaply_as_any_way_there_is(case):
    clinic, items, pairs = case
    answer, best = solver.place_course(clinic, items, pairs, seconds=20), twin.cheapest_course(clinic, items, pairs)
    if best is None:
        assert isinstance(answer, Nothing)
        return
    assert isinstance(answer, Found)
    assert (answer.cost, answer.is_optimal) == (best, True)
    starts = {key: place.start for key, place in answer.places.items()}
    assert all(twin.keeps(clinic, pair, starts) for pair in pairs)
    for item in items:
        place = answer.places[item.key]
        assert all(twin.has_room(clinic, kind, place.of(kind), place.start, item.length) for kind in KINDS)


@some.composite
def days(draw):
    room = some.lists(some.integers(0, 2), min_size=DAY, max_size=DAY)
    one = some.lists(some.integers(0, 1), min_size=DAY, max_size=DAY)
    rooms = {("chair", pk): draw(one) for pk in range(2)}
    rooms |= {("nurse", pk): draw(room) for pk in range(draw(some.integers(1, 2)))} | {("prescriber", 0): draw(room)}
    clinic, items = clinic_of(rooms), []
    for key in range(draw(some.integers(1, 3))):
        length = draw(some.integers(1, 3))
        now = Place(
            start=FIRST + draw(some.integers(0, DAY - length)), chair=draw(some.integers(0, 1)), nurse=0, prescriber=0
        )
        others = draw(some.sets(some.integers(0, DAY - length), max_size=3))
        starts = {now.start} if draw(some.booleans()) else {now.start, *(FIRST + other for other in others)}
        stays = {"chair": now.chair} if draw(some.booleans()) else {}
        costs = {start: abs(start - now.start) for start in starts}
        items.append(Item(key=key, length=length, costs=costs, now=now, stays_in=stays))
    return clinic, items


@settings(max_examples=60)
@given(days())
def test_a_day_is_arranged_with_as_few_changes_as_any_way_there_is(case):
    clinic, items = case
    answer = solver.arrange_day(clinic, items, seconds=20)
    assert isinstance(answer, Found)
    assert (answer.cost, answer.is_optimal) == (twin.cheapest_day(clinic, items), True)
    assert twin.fits(clinic, items, [answer.places.get(item.key) for item in items])
    assert set(answer.places) | answer.dropped == {item.key for item in items}


def test_a_day_that_fits_is_left_as_it_is():
    rooms = {("chair", 0): [1] * DAY, ("nurse", 0): [2] * DAY, ("prescriber", 0): [2] * DAY}
    now = Place(start=FIRST + 1, chair=0, nurse=0, prescriber=0)
    item = Item(key=1, length=2, costs={FIRST + number: abs(number - 1) for number in range(4)}, now=now)
    answer = solver.arrange_day(clinic_of(rooms), [item], seconds=20)
    assert answer.places == {1: now}
    assert answer.cost == 0


def test_without_the_extra_the_pages_are_told_and_nothing_is_raised(monkeypatch):
    monkeypatch.setattr(solver, "IS_INSTALLED", False)
    clinic = clinic_of({("chair", 0): [1] * DAY})
    for answer in (solver.place_course(clinic, [], [], seconds=1), solver.arrange_day(clinic, [], seconds=1)):
        assert "not installed" in answer.why[0]


@pytest.mark.parametrize(("cost", "bound", "said"), [(200, 150, "25%"), (200, 200, "Proved")])
def test_an_answer_says_how_good_it_is(cost, bound, said):
    assert said in Found(places={}, cost=cost, bound=bound, is_optimal=cost <= bound).says
