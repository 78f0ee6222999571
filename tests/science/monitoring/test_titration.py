"""What must be true of a dose suggestion, whatever the last dose was."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.titration import LastDose, suggestion
from ketacare.science.rules import load

RULES = protocol.load().template_file.titration
PARAMS = load("order_checks").defaults.values
PER_KG = st.decimals("0.1", "1.0", places=3)


def last(mg_per_kg="0.5", *, mg="35", adverse=False, poor=0):
    per_kg = None if mg_per_kg is None else Decimal(mg_per_kg)
    return LastDose(
        session_number=2, mg=Decimal(mg), mg_per_kg=per_kg, was_adverse=adverse, poor_tolerated_sessions=poor
    )


def by_weight(dose, **more):
    return suggestion(RULES["TITR-WEIGHT"], dose, params=PARAMS, **more)


def test_two_poor_well_tolerated_sessions_allow_a_tenth_of_a_milligram_per_kilogram_more():
    found = by_weight(last("0.5", poor=2))
    assert (found.direction, found.low, found.high) == ("up", Decimal("0.50"), Decimal("0.60"))


@pytest.mark.parametrize("poor", [0, 1])
def test_fewer_than_two_poor_sessions_allow_no_more(poor):
    assert by_weight(last(poor=poor)).direction == "same"


def test_after_an_adverse_session_the_dose_is_20_to_25_percent_lower():
    found = by_weight(last("0.5", adverse=True, poor=5))
    assert (found.direction, found.low, found.high) == ("down", Decimal("0.37"), Decimal("0.40"))


@pytest.mark.parametrize(
    "dose", [last(adverse=None), last(adverse=False, poor=None), last(None)], ids=["borne", "brought", "weight"]
)
def test_what_is_not_known_is_never_read_as_fine(dose):
    found = by_weight(dose)
    assert (found.direction, found.low) == ("unknown", None)
    assert found.missing


@given(PER_KG, st.booleans(), st.integers(0, 6))
def test_a_suggestion_never_breaks_the_order_checks_of_a_step(mg_per_kg, adverse, poor):
    found = by_weight(last(mg_per_kg, adverse=adverse, poor=poor), most_mg_per_kg=Decimal(1))
    assert found.low <= found.high <= Decimal(1)
    assert found.high - mg_per_kg <= Decimal(str(PARAMS["step_up_mg_per_kg"]))
    if adverse:
        assert found.high <= mg_per_kg * Decimal("0.8")


def test_at_the_most_of_a_session_no_more_is_suggested():
    found = by_weight(last("1.0", poor=3), most_mg_per_kg=Decimal(1))
    assert (found.direction, found.high) == ("same", Decimal("1.00"))
    assert "the most" in found.because


def test_a_stricter_site_waits_longer():
    stricter = {**PARAMS, "step_up_sessions": 3, "step_up_mg_per_kg": 0.05}
    assert suggestion(RULES["TITR-WEIGHT"], last(poor=2), params=stricter).direction == "same"
    assert suggestion(RULES["TITR-WEIGHT"], last(poor=3), params=stricter).high == Decimal("0.55")


@pytest.mark.parametrize(
    "mg, adverse, direction, low, high",
    [
        ("56", False, "up", 28, 84),
        ("84", False, "same", 56, 84),
        ("84", True, "down", 56, 84),
        ("28", True, "down", 28, 28),
    ],
)
def test_esketamine_moves_by_one_device(mg, adverse, direction, low, high):
    found = suggestion(RULES["TITR-DEVICES"], last(None, mg=mg, adverse=adverse), params=PARAMS)
    assert (found.direction, found.low, found.high, found.unit) == (direction, low, high, "mg")
