"""What must be true of dose arithmetic, whatever the patient weighs."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.errors import MissingInput, OutOfRange
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.dosing import (
    amounts,
    are_shown_together,
    bmi,
    dosing_weight,
    mg_from_mg_per_kg,
    mg_from_ml,
    ml_from_mg,
    round_half_up,
    shown,
    template_mg,
)

TEMPLATES = protocol.load().templates
LIMIT = Decimal(30)
WEIGHTS = st.decimals(35, 250, places=1)
HEIGHTS = st.decimals(120, 220, places=0)
DOSES = st.decimals("0.1", 500, places=1)
VIALS = st.sampled_from([Decimal(10), Decimal(50), Decimal(100)])
MINUTES = st.integers(1, 300).map(Decimal)
SEXES = st.sampled_from(["male", "female"])


@given(WEIGHTS, HEIGHTS, SEXES, st.sampled_from(["ideal", "adjusted"]))
def test_a_dosing_weight_is_never_above_the_actual_one(kg: Decimal, cm: Decimal, sex: str, basis: str) -> None:
    weight = dosing_weight(weight_kg=kg, height_cm=cm, sex=sex, bmi_limit=LIMIT, high_bmi_basis=basis)  # type: ignore[arg-type]
    assert weight.kg <= kg
    assert (weight.basis == "actual") == (bmi(weight_kg=kg, height_cm=cm) < LIMIT)
    if weight.basis == "actual":
        assert weight.kg == kg


@given(WEIGHTS, HEIGHTS, SEXES)
def test_the_adjusted_weight_lies_between_the_ideal_and_the_actual_one(kg: Decimal, cm: Decimal, sex: str) -> None:
    weight = dosing_weight(weight_kg=kg, height_cm=cm, sex=sex, bmi_limit=LIMIT)  # type: ignore[arg-type]
    assert weight.ideal_kg is not None
    assert weight.adjusted_kg is not None
    assert min(weight.ideal_kg, kg) <= weight.adjusted_kg <= max(weight.ideal_kg, kg)


@pytest.mark.parametrize(
    ("cm", "sex", "ideal"),
    [(Decimal("152.4"), "female", "45.5"), (Decimal("177.8"), "male", "73.0"), (Decimal("167.64"), "female", "59.3")],
)
def test_the_ideal_weight_is_devines(cm: Decimal, sex: str, ideal: str) -> None:
    """Worked by hand: 60, 70 and 66 inches."""
    weight = dosing_weight(weight_kg=Decimal(122), height_cm=cm, sex=sex, bmi_limit=LIMIT)  # type: ignore[arg-type]
    assert (weight.ideal_kg, weight.basis, weight.kg) == (Decimal(ideal), "ideal", Decimal(ideal))


def test_below_the_reference_height_the_ideal_weight_is_the_actual_one_and_said_so() -> None:
    weight = dosing_weight(weight_kg=Decimal(90), height_cm=Decimal(150), sex="female", bmi_limit=LIMIT)
    assert (weight.kg, weight.is_below_reference_height) == (Decimal(90), True)


def test_what_a_dosing_weight_lacks_is_named_all_at_once() -> None:
    with pytest.raises(MissingInput) as missing:
        dosing_weight(weight_kg=None, height_cm=None, sex=None, bmi_limit=LIMIT)
    assert [problem.place for problem in missing.value.problems] == ["weight_kg", "height_cm"]
    assert dosing_weight(weight_kg=Decimal(70), height_cm=Decimal(175), sex=None, bmi_limit=LIMIT).kg == 70
    with pytest.raises(MissingInput, match="sex_at_birth"):
        dosing_weight(weight_kg=Decimal(120), height_cm=Decimal(175), sex=None, bmi_limit=LIMIT)


@given(DOSES, VIALS)
def test_milligrams_survive_the_way_through_millilitres(mg: Decimal, vial: Decimal) -> None:
    assert mg_from_ml(ml_from_mg(mg, mg_per_ml=vial), mg_per_ml=vial) == mg


@given(st.decimals("0.1", 2, places=2), WEIGHTS)
def test_a_dose_by_weight_is_proportional_to_the_weight(mg_per_kg: Decimal, kg: Decimal) -> None:
    single = mg_from_mg_per_kg(mg_per_kg, dosing_weight_kg=kg)
    assert mg_from_mg_per_kg(mg_per_kg, dosing_weight_kg=2 * kg) == 2 * single
    assert amounts(mg=single, dosing_weight_kg=kg).mg_per_kg == mg_per_kg


@given(DOSES, WEIGHTS, VIALS, MINUTES)
def test_every_amount_of_a_dose_says_the_same_dose(mg: Decimal, kg: Decimal, vial: Decimal, minutes: Decimal) -> None:
    dose = amounts(mg=mg, dosing_weight_kg=kg, mg_per_ml=vial, duration_min=minutes)
    tiny = Decimal("1e-20")
    assert dose.ml is not None
    assert dose.mg_per_h is not None
    assert dose.ml_per_h is not None
    assert dose.mg_per_kg_per_min is not None
    assert dose.mg_per_kg_per_h is not None
    assert abs(dose.mg_per_h * minutes / 60 - mg) < tiny
    assert abs(dose.ml_per_h * vial - dose.mg_per_h) < tiny
    assert abs(dose.mg_per_kg_per_min * 60 - dose.mg_per_kg_per_h) < tiny
    assert abs(dose.mg_per_kg * kg - mg) < tiny


def test_half_a_milligram_per_kilogram_over_forty_minutes_at_seventy_kilograms() -> None:
    """Worked by hand: 35 mg, 0.7 mL of 50 mg/mL, 52.5 mg/h; in a 50 mL bag the pump runs at 75 mL/h."""
    dose = amounts(
        mg=Decimal(35),
        dosing_weight_kg=Decimal(70),
        mg_per_ml=Decimal(50),
        duration_min=Decimal(40),
        diluted_to_ml=Decimal(50),
    )
    assert {name: str(value) for name, value in shown(dose).items()} == {
        "kg": "70.0",
        "mg": "35.0",
        "mg_per_kg": "0.50",
        "mg_per_ml": "50.00",
        "ml": "0.70",
        "ml_per_h": "75.0",
        "mg_per_h": "52.5",
        "mg_per_kg_per_h": "0.75",
        "mg_per_kg_per_min": "0.0125",
    }


def test_a_pump_route_is_complete_only_with_its_rate() -> None:
    dose = amounts(mg=Decimal(35), dosing_weight_kg=Decimal(70), mg_per_ml=Decimal(50))
    assert not are_shown_together(dose, route="iv_ketamine")
    assert are_shown_together(dose, route="im_ketamine")
    assert not are_shown_together(amounts(mg=Decimal(35), dosing_weight_kg=Decimal(70)), route="im_ketamine")


def test_amounts_that_are_not_above_zero_are_refused_all_at_once() -> None:
    with pytest.raises(OutOfRange) as refused:
        amounts(mg=Decimal(0), dosing_weight_kg=Decimal(-1), mg_per_ml=Decimal("NaN"), duration_min=Decimal(0))
    assert len(refused.value.problems) == 4


@given(WEIGHTS)
def test_a_template_by_weight_is_proportional_and_one_by_rate_stops_at_its_ceiling(kg: Decimal) -> None:
    by_weight = template_mg(TEMPLATES["TPL-TRD-IV"], dosing_weight_kg=kg, duration_min=None, is_first=True)
    assert by_weight == kg / 2
    by_rate = template_mg(TEMPLATES["TPL-CRPS-OUT"], dosing_weight_kg=kg, duration_min=Decimal(120), is_first=True)
    assert by_rate is not None
    assert by_rate <= 50
    assert template_mg(TEMPLATES["TPL-PAIN-IV"], dosing_weight_kg=kg, duration_min=Decimal(60), is_first=True) is None
    assert template_mg(TEMPLATES["TPL-TRD-IV"], dosing_weight_kg=None, duration_min=None, is_first=True) is None


def test_a_template_of_fixed_doses_needs_no_weight() -> None:
    esketamine = TEMPLATES["TPL-MDSI-ESK"]
    assert template_mg(esketamine, dosing_weight_kg=None, duration_min=None, is_first=False) == 84


@pytest.mark.parametrize(("value", "rounded"), [("0.25", "0.3"), ("0.35", "0.4"), ("0.349", "0.3"), ("2.05", "2.1")])
def test_halves_are_rounded_up(value: str, rounded: str) -> None:
    assert round_half_up(Decimal(value), 1) == Decimal(rounded)
