"""What was given in all: as given, each drug for itself, and no sum where a part is not known."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.surveillance.exposure import Dose, curve, exposure, within

FIRST = datetime(2025, 1, 1, 10, tzinfo=UTC)


def dose(day: int, mg: str = "35", *, drug: str = "racemic", mg_per_kg: str | None = "0.5", **changes: object) -> Dose:
    weight = None if mg_per_kg is None else Decimal(mg_per_kg)
    return Dose(at=FIRST + timedelta(days=day), drug=drug, mg=Decimal(mg), mg_per_kg=weight, **changes)


def test_the_two_drugs_are_never_added_up():
    found = exposure([dose(0), dose(7, "84", drug="esketamine"), dose(14)], at=FIRST + timedelta(days=20))
    assert (found.sessions, found.racemic_mg, found.esketamine_mg) == (3, Decimal(70), Decimal(84))


def test_no_sum_of_mg_per_kg_is_told_where_a_weight_is_missing():
    found = exposure([dose(0), dose(7, mg_per_kg=None)], at=FIRST + timedelta(days=20))
    assert found.mg_per_kg is None
    assert (found.mg_per_kg_known, found.without_weight) == (Decimal("0.5"), 1)


def test_nothing_given_has_no_first_session():
    found = exposure([], at=FIRST)
    assert (found.sessions, found.years, found.first_at, found.mg_per_kg) == (0, None, None, Decimal(0))


def test_years_count_from_the_first_session_and_months_from_the_first_of_maintenance():
    upkeep = dose(365, is_maintenance=True)
    found = exposure([dose(0), upkeep], at=FIRST + timedelta(days=730))
    assert round(found.years, 2) == Decimal("2.00")
    assert round(found.months_of_maintenance, 1) == Decimal("12.0")


def test_a_session_exactly_as_old_as_the_window_is_outside():
    assert within([dose(0)], days=90, at=FIRST + timedelta(days=90)) == []
    assert len(within([dose(0)], days=90, at=FIRST + timedelta(days=90) - timedelta(seconds=1))) == 1


@given(st.lists(st.tuples(st.integers(0, 900), st.decimals(0, 200, places=3)), max_size=30))
def test_the_curve_ends_at_the_sum_and_never_falls(rows):
    doses = [Dose(at=FIRST + timedelta(days=day), drug="racemic", mg=mg, mg_per_kg=None) for day, mg in rows]
    points = [total for _, total in curve(doses, "racemic")]
    assert points == sorted(points)
    assert (points[-1] if points else 0) == exposure(doses, at=FIRST + timedelta(days=1000)).racemic_mg
