"""What must be true of a rate said in several units: both ways meet, and no two numbers pass for one rate that are two."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.errors import OutOfRange
from ketacare.science.monitoring.pump import Basis, apart, decimals, mg_per_h_of, pump_rate

UNITS = ("mg_per_h", "ml_per_h", "mcg_per_kg_per_min")
RATES = st.decimals("1", "200", places=3)
BASES = st.builds(
    Basis, mg_per_ml=st.decimals("0.5", "50", places=2), weight_kg=st.decimals("35", "180", places=2)
)  # fmt: skip
# 70 kg, 2 mg/mL: 42 mg/h is 21 mL/h, and 42 mg/h / 70 kg / 60 min = 0.01 mg/kg/min = 10 mcg/kg/min
BY_HAND = Basis(mg_per_ml=Decimal(2), weight_kg=Decimal(70))


def test_a_rate_worked_out_by_hand_is_the_same_in_every_unit() -> None:
    found = pump_rate(Decimal(42), BY_HAND)
    assert (found.ml_per_h, found.mcg_per_kg_per_min) == (Decimal(21), Decimal(10))
    assert found.mg_per_h_of_volume == found.mg_per_h_of_weight == Decimal(42)
    assert {mg_per_h_of(Decimal(one), unit, BY_HAND) for one, unit in zip((42, 21, 10), UNITS, strict=True)} == {42}


@given(RATES, BASES)
def test_each_way_comes_back_to_the_rate_but_for_half_a_step_of_the_pump(rate: Decimal, basis: Basis) -> None:
    found = pump_rate(rate, basis)
    for unit, back in (("ml_per_h", found.mg_per_h_of_volume), ("mcg_per_kg_per_min", found.mg_per_h_of_weight)):
        half_a_step = mg_per_h_of(Decimal(1).scaleb(-decimals(unit)) / 2, unit, basis)
        assert abs(back - rate) <= half_a_step


@given(RATES, BASES, st.sampled_from(UNITS[1:]))
def test_what_the_pump_shows_of_the_same_rate_is_never_refused(rate: Decimal, basis: Basis, unit: str) -> None:
    found = getattr(pump_rate(rate, basis), unit)
    assert found == 0 or apart(rate, found, unit, basis) is None


@given(RATES, BASES, st.sampled_from(UNITS[1:]), st.integers(1, 50), st.sampled_from((-1, 1)))
def test_a_step_away_on_the_pump_is_another_rate(rate, basis, unit, steps, side) -> None:
    shown = getattr(pump_rate(rate, basis), unit) + side * (steps + 1) * Decimal(1).scaleb(-decimals(unit))
    if shown > 0:
        differs = apart(rate, shown, unit, basis)
        assert differs is not None
        assert differs.shown == shown != differs.meant


def test_a_tenfold_slip_is_told_with_both_numbers() -> None:
    differs = apart(Decimal(42), Decimal("2.1"), "ml_per_h", BY_HAND)
    assert differs is not None
    assert (differs.meant, differs.shown) == (Decimal("21.0"), Decimal("2.1"))


@pytest.mark.parametrize(("mg_per_ml", "weight_kg"), [("0", "70"), ("2", "0"), ("-1", "70")])
def test_a_basis_of_nothing_is_refused(mg_per_ml: str, weight_kg: str) -> None:
    with pytest.raises(OutOfRange):
        Basis(mg_per_ml=Decimal(mg_per_ml), weight_kg=Decimal(weight_kg))


@pytest.mark.parametrize("unit", UNITS)
def test_a_rate_of_nothing_is_refused(unit: str) -> None:
    with pytest.raises(OutOfRange):
        mg_per_h_of(Decimal(0), unit, BY_HAND)
    with pytest.raises(OutOfRange):
        apart(Decimal(42), Decimal(0), unit, BY_HAND)
