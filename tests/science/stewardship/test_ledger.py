"""What must be true of a register's arithmetic, whatever is moved where."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ketacare.science.errors import OutOfRange
from ketacare.science.stewardship.ledger import (
    SMALLEST,
    Amount,
    Part,
    Reconciled,
    Taken,
    Transfer,
    balances,
    difference_to_book,
    exact,
    ml_of,
    part_of,
    session_gap_mg,
    taken,
)

D = Decimal
PLACES = ("vault", "chair", "patient", "waste")
mg = st.integers(1, 500_000).map(lambda thousandths: thousandths * SMALLEST)
strength = st.sampled_from([D(10), D(50), D(100), D("140"), D("57.67")])


@st.composite
def transfers(draw) -> list[Transfer]:
    made = []
    for _ in range(draw(st.integers(0, 12))):
        out_of, into = draw(st.permutations(PLACES))[:2]
        amount = Amount(mg=draw(mg), ml=draw(mg))
        made.append(Transfer(container=draw(st.integers(1, 3)), out_of=out_of, into=into, amount=amount))
    return made


@given(transfers())
def test_over_all_accounts_every_container_sums_to_zero(moved):
    held = balances(moved)
    for container in {one.container for one in moved}:
        total = sum((amount for (_, box), amount in held.items() if box == container), Amount())
        assert total == Amount(mg=D(0), ml=D(0))
        assert not total


@given(transfers(), st.randoms())
def test_balances_do_not_depend_on_the_order_of_writing(moved, by):
    shuffled = list(moved)
    by.shuffle(shuffled)
    assert balances(moved) == balances(shuffled)


@given(transfers())
def test_a_counter_entry_undoes_a_transfer_to_the_last_digit(moved):
    back = [Transfer(container=one.container, out_of=one.into, into=one.out_of, amount=one.amount) for one in moved]
    assert not any(balances([*moved, *back]).values())


def test_a_balance_is_what_came_in_less_what_went_out():
    moved = [
        Transfer(container=1, out_of="supplier", into="vault", amount=Amount(mg=D(100), ml=D(2))),
        Transfer(container=1, out_of="vault", into="chair", amount=Amount(mg=D(30), ml=D("0.6"))),
    ]
    held = balances(moved)
    assert held["vault", 1] == Amount(mg=D(70), ml=D("1.4"))
    assert held["chair", 1] == Amount(mg=D(30), ml=D("0.6"))
    assert held["supplier", 1] == -Amount(mg=D(100), ml=D(2))


@given(mg, strength, st.lists(mg, max_size=8))
def test_whoever_takes_everything_takes_every_millilitre(content, mg_per_ml, parts):
    held = Amount(mg=content, ml=ml_of(content, mg_per_ml=mg_per_ml))
    assume(sum(parts) < content)
    for one in [*parts, content - sum(parts)]:
        part = part_of(held, one, mg_per_ml=mg_per_ml)
        held -= part
        assert part.mg == one
        assert held.ml == ml_of(held.mg, mg_per_ml=mg_per_ml)
    assert held == Amount(mg=D(0), ml=D(0))


@given(mg, mg, strength)
def test_what_comes_back_brings_its_millilitres_back(content, out, mg_per_ml):
    assume(out < content)
    vault = Amount(mg=content, ml=ml_of(content, mg_per_ml=mg_per_ml))
    drawn = part_of(vault, out, mg_per_ml=mg_per_ml)
    back = part_of(drawn, out, mg_per_ml=mg_per_ml)
    assert (vault - drawn) + back == vault


def test_an_account_that_gives_more_than_it_has_goes_below_nothing_in_both():
    part = part_of(Amount(mg=D(1), ml=D("0.02")), D(3), mg_per_ml=D(50))
    assert part == Amount(mg=D(3), ml=D("0.06"))


@given(
    mg, st.lists(st.tuples(st.integers(1, 9), st.integers(-1000, 500_000)), max_size=6, unique_by=lambda one: one[0])
)
def test_what_is_taken_and_what_is_missing_are_what_was_wanted(wanted, stock):
    held = [Part(container=box, mg=thousandths * SMALLEST) for box, thousandths in stock]
    found = taken(wanted, held)
    assert sum((one.mg for one in found.parts), D(0)) + found.missing_mg == wanted
    there = {one.container: one.mg for one in held}
    assert all(0 < one.mg <= there[one.container] for one in found.parts)
    assert found.missing_mg == max(D(0), wanted - sum(max(D(0), one.mg) for one in held))


def test_containers_are_used_up_in_their_order():
    held = [Part(container=1, mg=D(10)), Part(container=2, mg=D(0)), Part(container=3, mg=D(10))]
    parts = (Part(container=1, mg=D(10)), Part(container=3, mg=D(5)))
    assert taken(D(15), held) == Taken(parts=parts, missing_mg=D(0))
    assert taken(D(0), held) == Taken(parts=(), missing_mg=D(0))
    assert taken(D(25), held).missing_mg == D(5)


def test_draw_6_give_3_waste_1_return_2_closes():
    assert session_gap_mg(drawn_mg=D(6), given_mg=D(3), wasted_mg=D(1), returned_mg=D(2)) == 0
    assert session_gap_mg(drawn_mg=D(6), given_mg=D(3), wasted_mg=D(1), returned_mg=D(1)) == 1
    assert session_gap_mg(drawn_mg=D(6), given_mg=D(3), wasted_mg=D(2), returned_mg=D(2)) == -1


def test_a_dose_that_grew_less_is_booked_back():
    assert difference_to_book(delivered_mg=D(35), booked_mg=D(20)) == 15
    assert difference_to_book(delivered_mg=D(18), booked_mg=D(20)) == -2


@pytest.mark.parametrize(
    ("counted", "gap", "closes"),
    [(D(750), D(0), True), (D(749), D(-1), False), (D(751), D(1), False), (None, None, False)],
)
def test_the_close_of_a_lot_names_the_gap(counted, gap, closes):
    lot = Reconciled(opening_mg=D(500), in_mg=D(400), out_mg=D(150), counted_mg=counted)
    assert (lot.expected_mg, lot.gap_mg, lot.closes) == (D(750), gap, closes)


@pytest.mark.parametrize("value", ["0.0001", "1.2345", "NaN", "Infinity", "-Infinity"])
def test_what_nobody_can_read_off_a_syringe_is_refused_and_never_rounded(value):
    with pytest.raises(OutOfRange):
        exact(D(value))


@pytest.mark.parametrize("value", ["0", "1", "0.001", "-3.100", "500000.000", "2.5000"])
def test_three_digits_are_exact(value):
    assert exact(D(value)) == D(value)
    assert exact(D(value)).as_tuple().exponent == -3


@pytest.mark.parametrize(
    ("amount", "ml"), [("35", "0.700"), ("0.025", "0.001"), ("0.024", "0.000"), ("-0.025", "-0.001")]
)
def test_millilitres_are_rounded_half_away_from_zero(amount, ml):
    assert ml_of(D(amount), mg_per_ml=D(50)) == D(ml)


@pytest.mark.parametrize("wrong", [D(0), D(-50)])
def test_there_is_no_strength_of_nothing(wrong):
    with pytest.raises(OutOfRange):
        ml_of(D(1), mg_per_ml=wrong)


@pytest.mark.parametrize(
    ("mg", "ml", "is_there"), [("1", "0", True), ("0", "0.001", True), ("0", "0", False), ("-1", "0", True)]
)
def test_an_amount_is_nothing_only_when_both_are(mg, ml, is_there):
    assert bool(Amount(mg=D(mg), ml=D(ml))) is is_there


@pytest.mark.parametrize("weak", ["0.5", "1"])
def test_a_weak_solution_is_a_strength_like_any(weak):
    assert ml_of(D(1), mg_per_ml=D(weak)) == 1 / D(weak)
