"""The facts an order is checked by: derived as the order-check book says, and silent about what nobody knows."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.errors import OutOfRange
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.earlier_sessions import EarlierSession, EarlierSessions
from ketacare.science.monitoring.orders import OrderDraft, SiteRules, order_facts
from ketacare.science.rules import Value, load

BOOK = load("order_checks")
AT = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
TODAY = date(2026, 3, 8)
SITE = SiteRules(zone=ZoneInfo("America/New_York"))
DRAFT = OrderDraft(
    planned_at=AT,
    route="iv_ketamine",
    diagnosis="mdd_trd",
    template_id="TPL-TRD-IV",
    dose_mg=Decimal(35),
    weight_kg=Decimal(70),
    weighed_on=date(2026, 3, 5),
    height_cm=Decimal(175),
    sex_at_birth="female",
    weight_basis="actual",
    duration_min=Decimal(40),
    vial_mg_per_ml=Decimal(50),
    is_diluted=True,
    diluted_to_ml=Decimal(50),
)
LAST = EarlierSession(
    started_at=AT - timedelta(hours=72),
    route="iv_ketamine",
    is_of_this_course=True,
    dose_mg=Decimal(35),
    dosing_weight_kg=Decimal(70),
    improvement_pct=Decimal(10),
    alarm_levels=frozenset({"amber"}),
    pressure_alarm_levels=frozenset(),
    lowest_moaas=4,
    highest_dissociation=7,
    highest_distress=3,
)
FIRST_EVER = EarlierSessions(has_any_elsewhere=False)
PERSON = {
    "plan.route": "iv_ketamine",
    "plan.setting": "supervised_clinic",
    "dx.primary": "mdd_trd",
    "patient.age_years": 40,
    "patient.asa_class": 2,
    "patient.bmi": 22.9,
    "meds.classes": [],
    "hep.child_pugh": "none",
    "order.double_check": True,
    "order.barcode_match": True,
}


def values(
    draft: OrderDraft = DRAFT, earlier: EarlierSessions = FIRST_EVER, site: SiteRules = SITE
) -> dict[str, Value]:
    return {name: fact.value for name, fact in order_facts(draft, earlier, site=site, on=TODAY).items()}  # type: ignore[misc]


def verdict(draft: OrderDraft = DRAFT, earlier: EarlierSessions = FIRST_EVER, **person: object) -> tuple[str, set[str]]:
    facts = PERSON | {key.replace("__", "."): value for key, value in person.items()}
    result = BOOK.evaluate(facts | order_facts(draft, earlier, site=SITE, on=TODAY), on=TODAY)  # type: ignore[operator,arg-type]
    return result.disposition, set(result.fired)


def test_every_derived_fact_of_the_book_is_derived() -> None:
    derived = {name for name, one in BOOK.fields.items() if name.startswith("order.") and one.supplied_by == "derived"}
    site = replace(SITE, compounded_nasal_limit_mg=Decimal(50))
    found = set(values(earlier=EarlierSessions(here=(LAST,)))) | set(
        values(replace(DRAFT, route="in_ketamine_compounded"), site=site)
    )
    assert derived <= found


def test_every_fact_is_one_the_book_knows_with_its_unit() -> None:
    for name, fact in order_facts(DRAFT, EarlierSessions(here=(LAST,)), site=SITE, on=TODAY).items():
        assert BOOK.fields[name].complaint(fact.value) is None
        assert fact.unit == BOOK.fields[name].unit


def test_a_usual_first_order_is_accepted() -> None:
    assert verdict() == ("accept", set())


def test_the_numbers_of_a_usual_order() -> None:
    found = values(earlier=EarlierSessions(here=(LAST,)))
    assert found["order.mg_per_kg"] == 0.5
    assert found["order.rate_mg_per_kg_min"] == 0.0125
    assert (found["order.rate_mg_h"], found["order.rate_mg_per_kg_h"]) == (52.5, 0.75)
    assert found["order.deviation_from_template_ratio"] == 1
    assert (found["order.session_number"], found["order.sessions_7d"], found["order.since_last_session_h"]) == (
        2,
        2,
        72,
    )
    assert (found["order.step_mg"], found["order.step_mg_per_kg"], found["order.step_pct"]) == (0, 0, 0)
    assert (found["order.poor_tolerated_sessions"], found["order.last_session_adverse"]) == (1, False)
    assert (found["order.weight_age_days"], found["order.weight_change_pct"]) == (3, 0)
    assert found["order.full_day_between"] is True
    assert found["order.purpose"] == "mood"


@given(st.sampled_from([Decimal(10), Decimal("0.1")]), st.decimals(45, 95, places=1))
def test_a_tenfold_slip_is_always_refused(slip: Decimal, kg: Decimal) -> None:
    draft = replace(DRAFT, weight_kg=kg, dose_mg=kg / 2 * slip)
    result, fired = verdict(draft)
    assert result == "hard_stop"
    assert "DOSE-11" in fired


@given(st.decimals(40, 90, places=1))
def test_one_milligram_per_kilogram_is_never_refused_by_a_last_digit(kg: Decimal) -> None:
    draft = replace(DRAFT, weight_kg=kg, dose_mg=kg)
    assert "DOSE-01" not in verdict(draft)[1]
    assert "DOSE-01" in verdict(replace(draft, dose_mg=kg * Decimal("1.001")))[1]


def test_a_heavy_patient_is_dosed_by_ideal_weight_and_never_on_the_actual_one() -> None:
    heavy = replace(
        DRAFT, weight_kg=Decimal(122), weight_basis="actual", sex_at_birth="male", height_cm=Decimal("177.8")
    )
    assert values(heavy)["order.dosing_weight_kg"] == 73
    assert "DOSE-17" in verdict(heavy, patient__bmi=38.6)[1]
    adjusted = replace(SITE, high_bmi_basis="adjusted")
    assert values(heavy, site=adjusted)["order.dosing_weight_kg"] == 92.6
    assert values(heavy, site=replace(SITE, bmi_limit=Decimal(50)))["order.dosing_weight_kg"] == 122


@pytest.mark.parametrize("name", ["weight_kg", "height_cm", "dose_mg"])
def test_what_is_not_known_is_left_missing_and_nothing_can_be_signed(name: str) -> None:
    draft = replace(DRAFT, **{name: None})  # type: ignore[arg-type]
    found = values(draft)
    assert "order.mg_per_kg" not in found
    assert "order.units_shown_together" not in found
    assert verdict(draft)[0] in {"hard_stop", "incomplete"}


def test_a_history_nobody_asked_about_is_not_a_no() -> None:
    assert "order.has_earlier_session" not in values(earlier=EarlierSessions())
    assert values(earlier=EarlierSessions(has_any_elsewhere=False))["order.has_earlier_session"] is False
    assert values(earlier=EarlierSessions(told_starts=(AT - timedelta(days=9),)))["order.has_earlier_session"] is True


def test_a_dose_elsewhere_counts_for_the_interval_and_the_week_but_not_for_the_course() -> None:
    found = values(earlier=EarlierSessions(here=(LAST,), told_starts=(AT - timedelta(hours=30),)))
    assert (found["order.since_last_session_h"], found["order.sessions_7d"], found["order.session_number"]) == (
        30,
        3,
        2,
    )


def test_a_whole_day_between_is_a_day_of_the_sites_calendar() -> None:
    """Sunday 23:30 in New York and Tuesday 23:00 have Monday between; in UTC the first is already Monday."""
    draft = replace(DRAFT, planned_at=datetime(2026, 3, 11, 3, 0, tzinfo=UTC))
    earlier = EarlierSessions(here=(replace(LAST, started_at=datetime(2026, 3, 9, 3, 30, tzinfo=UTC)),))
    assert values(draft, earlier)["order.full_day_between"] is True
    next_day = replace(draft, planned_at=datetime(2026, 3, 10, 3, 0, tzinfo=UTC))
    assert values(next_day, earlier)["order.full_day_between"] is False
    assert "DOSE-09" in verdict(next_day, earlier)[1]


@pytest.mark.parametrize(
    ("change", "poor", "adverse"),
    [
        ({}, 1, False),
        ({"improvement_pct": Decimal(20)}, 0, False),
        ({"improvement_pct": None}, None, False),
        ({"lowest_moaas": 3}, 0, False),
        ({"lowest_moaas": 2}, 0, True),
        ({"lowest_moaas": None}, None, None),
        ({"highest_dissociation": 8}, 0, False),
        ({"highest_dissociation": 8, "highest_distress": 8}, 0, True),
        ({"highest_dissociation": 8, "highest_distress": None}, 0, None),
        ({"highest_dissociation": None, "highest_distress": 3}, None, False),
        ({"alarm_levels": frozenset({"red"})}, 0, False),
        ({"alarm_levels": frozenset({"red"}), "pressure_alarm_levels": frozenset({"red"})}, 0, True),
        ({"pressure_alarm_levels": None}, 1, None),
        ({"pressure_alarm_levels": None, "lowest_moaas": 1}, 0, True),
    ],
)
def test_the_last_session_is_judged_with_unknown_never_read_as_fine(
    change: dict[str, object], poor: int | None, adverse: bool | None
) -> None:
    found = values(earlier=EarlierSessions(here=(replace(LAST, **change),)))  # type: ignore[arg-type]
    assert found.get("order.poor_tolerated_sessions") == poor
    assert found.get("order.last_session_adverse") == adverse


def test_only_sessions_in_a_row_of_this_course_count_as_poor() -> None:
    before = [replace(LAST, started_at=LAST.started_at - timedelta(days=3 * n)) for n in range(1, 4)]
    good = replace(before[1], improvement_pct=Decimal(60))
    row = EarlierSessions(here=(LAST, before[0], good, before[2]))
    assert values(earlier=row)["order.poor_tolerated_sessions"] == 2
    other = EarlierSessions(here=(LAST, replace(before[0], is_of_this_course=False)))
    assert values(earlier=other)["order.poor_tolerated_sessions"] == 1


def test_a_step_is_reckoned_from_the_last_dose_of_this_course_by_the_same_route() -> None:
    nasal = replace(LAST, route="im_ketamine", dose_mg=Decimal(60), started_at=AT - timedelta(hours=60))
    found = values(replace(DRAFT, dose_mg=Decimal(42)), EarlierSessions(here=(nasal, LAST)))
    assert (found["order.step_mg"], found["order.step_pct"]) == (7, 20)
    assert found["order.step_mg_per_kg"] == pytest.approx(0.1)
    assert "order.step_mg" not in values(earlier=EarlierSessions(here=(nasal,)))


def test_the_fastest_part_of_an_infusion_counts() -> None:
    push = replace(DRAFT, bolus_mg=Decimal(7), bolus_min=Decimal(1))
    assert values(push)["order.rate_mg_per_kg_min"] == 0.1
    assert "DOSE-05" in verdict(push)[1]
    assert "order.rate_mg_h" not in values(replace(DRAFT, bolus_mg=Decimal(7)))
    for minutes, mg in ((40, 7), (0, 7), (1, 36)):
        with pytest.raises(OutOfRange):
            values(replace(DRAFT, bolus_mg=Decimal(mg), bolus_min=Decimal(minutes)))


def test_a_weight_change_is_reckoned_from_the_entry_before() -> None:
    pounds = replace(DRAFT, weight_before_kg=Decimal(154))
    assert values(pounds)["order.weight_change_pct"] == pytest.approx(54.545454)
    assert "DOSE-22" in verdict(pounds)[1]
    assert "DOSE-22" not in verdict(replace(pounds, weight_change_confirmed=True))[1]
    with pytest.raises(OutOfRange):
        values(replace(DRAFT, weight_before_kg=Decimal(0)))


def test_a_template_with_requirements_waits_until_each_is_known_to_be_met() -> None:
    bipolar = replace(DRAFT, template_id="TPL-BD-IV", diagnosis="bipolar_depression")
    assert "order.template_requirements_met" not in values(bipolar)
    for met in (True, False):
        told = replace(bipolar, requirements={"psych.mood_stabiliser": met})
        assert values(told)["order.template_requirements_met"] is met
    assert "order.template" not in values(replace(DRAFT, template_id="TPL-OWN-IDEA"))


def test_a_template_without_an_amount_has_nothing_to_deviate_from() -> None:
    pain = replace(DRAFT, template_id="TPL-PAIN-IV", diagnosis="neuropathic_pain")
    assert values(pain)["order.deviation_from_template_ratio"] == 1
    assert values(pain)["order.purpose"] == "pain"


def test_a_diagnosis_nobody_treats_has_no_purpose_and_no_limit() -> None:
    wellness = values(replace(DRAFT, diagnosis="none_wellness"))
    assert "order.purpose" not in wellness
    assert "order.route_has_limit" not in wellness
    unknown = values(replace(DRAFT, route="rectal", vial_mg_per_ml=None, dose_mg=None))
    assert unknown["order.route_has_schedule"] is False
    assert unknown["order.route_has_min_observation"] is False


def test_the_sites_own_limit_for_compounded_nasal_ketamine_is_missing_until_loaded() -> None:
    nasal = replace(DRAFT, route="in_ketamine_compounded")
    assert "order.over_site_limit" not in values(nasal)
    loaded = replace(SITE, compounded_nasal_limit_mg=Decimal(35))
    assert values(nasal, site=loaded)["order.over_site_limit"] is False
    assert values(replace(nasal, dose_mg=Decimal("35.1")), site=loaded)["order.over_site_limit"] is True


@pytest.mark.parametrize(
    ("purpose", "route"),
    [(purpose, route) for purpose, routes in protocol.load().dosing.limited_by.items() for route in routes],
)
def test_every_route_said_to_be_limited_is_stopped_by_its_rule_at_an_absurd_dose(purpose: str, route: str) -> None:
    rules = protocol.load().dosing.limited_by[purpose][route]  # type: ignore[index]
    diagnosis, template = {"mood": ("mdd_trd", "TPL-TRD-IV"), "pain": ("crps", "TPL-PAIN-IV")}[purpose]
    absurd = replace(
        DRAFT, route=route, dose_mg=Decimal(999), duration_min=Decimal(90), diagnosis=diagnosis, template_id=template
    )
    fired = verdict(absurd, plan__route=route, dx__primary=diagnosis, site__route_enabled=True)[1]
    assert set(rules) <= fired


@given(
    st.integers(0, 3 * 365 * 24 * 60),
    st.integers(1, 240),
    st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe"]),
)
def test_the_time_since_the_last_dose_is_the_time_that_passed_whatever_the_clocks_did(minute, hours, name) -> None:
    """Both moments carry the site's zone: on the wall the night of the change is 23 or 25 hours long."""
    zone = ZoneInfo(name)
    last = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    at = last + timedelta(hours=hours)
    earlier = EarlierSessions(told_starts=(last.astimezone(zone),))
    found = values(replace(DRAFT, planned_at=at.astimezone(zone)), earlier, site=replace(SITE, zone=zone))
    assert found["order.since_last_session_h"] == hours


def test_forty_hours_on_the_wall_are_thirty_nine_when_the_clocks_go_forward() -> None:
    """Saturday 20:00 to Monday 12:00 in New York, 7 to 9 March 2026."""
    zone = ZoneInfo("America/New_York")
    last, at = datetime(2026, 3, 7, 20, 0, tzinfo=zone), datetime(2026, 3, 9, 12, 0, tzinfo=zone)
    draft = replace(DRAFT, planned_at=at)
    assert values(draft, EarlierSessions(told_starts=(last,)))["order.since_last_session_h"] == 39
    assert "DOSE-09" in verdict(draft, EarlierSessions(told_starts=(last,)))[1]
