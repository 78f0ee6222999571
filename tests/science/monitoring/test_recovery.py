"""The way home: each requirement is met, not met or unknown, and unknown is never a pass."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.science.monitoring.events import Alarm, AnyPayload, Check, Note, Signature
from ketacare.science.monitoring.readiness import ANSWERS
from ketacare.science.monitoring.recovery import Requirement, requirements
from ketacare.science.monitoring.timeline import State
from ketacare.science.monitoring.way_home import editions, way_home
from tests.science.monitoring.made import minute, reading, seen, treated, typed

HOUR = timedelta(minutes=60)
BASELINE = {"bp_sys": 120.0, "bp_dia": 78.0, "heart_rate": 70.0, "spo2": 98.0}
ALDRETE = way_home().assessments["modified_aldrete"].items
PADSS = way_home().assessments["padss"].items
LEAVES = 100.0
Happened = tuple[float, AnyPayload]
WELL: list[Happened] = [
    (70, seen(**dict.fromkeys(ALDRETE, 2))),
    (85, seen(**dict.fromkeys(ALDRETE, 2))),
    (85, seen(**dict.fromkeys(PADSS, 2))),
    (80, typed(bp_sys=122, bp_dia=80)),
    (90, typed(bp_sys=124, bp_dia=80)),
    (95, reading(heart_rate=72, resp_rate=14, spo2=97)),
    (95, seen(moaas=5, oriented=True, on_air=True, dissociation=1, end_organ_symptom=False)),
    (95, seen(nausea_controlled=True, takes_fluids=True, vomiting=False)),
    (96, Check(item="home.suicide_screen", value="no_plan_or_intent")),
    (97, Check(item="home.cannula_removed", value=True)),
    (97, Check(item="home.escort_present", value=True, note="Olaf")),
    (97, Check(item="home.not_sole_carer_until_next_day", value=True)),
    (97, Check(item="home.adult_stays_tonight", value=True)),
    (98, Check(item="home.written_instructions_given", value=True)),
    (98, Check(item="home.no_driving_receipt", value=True)),
    (98, Check(item="home.next_day_call_booked", value=True, note="Nora, 10:00")),
    (99, Signature(meaning="discharge")),
]


def answers(
    state: State, *, at: float = LEAVES, baseline: dict[str, float] = BASELINE, unsettled: tuple[str, ...] = ()
) -> dict[str, Requirement]:
    found = requirements(state, minimum=HOUR, baseline=baseline, unsettled=unsettled, at=minute(at))
    return {one.id: one for one in found}


def verdict(requirement: str, *more: Happened) -> bool | None:
    """The answer to one requirement when a patient who is well shows something else too."""
    return answers(treated(*WELL, *more))[requirement].met


def test_a_patient_who_is_well_meets_everything():
    assert {one.id: one.met for one in answers(treated(*WELL)).values()} == dict.fromkeys(ANSWERS, True)


def test_the_file_and_the_answers_name_the_same_requirements():
    assert [one.id for one in way_home().requirements] == list(ANSWERS)


@settings(deadline=None, max_examples=60)
@given(st.sets(st.sampled_from(range(len(WELL)))))
def test_leaving_something_uncharted_never_makes_a_requirement_met(left_out):
    whole = answers(treated(*WELL))
    part = answers(treated(*(one for place, one in enumerate(WELL) if place not in left_out)))
    for name, one in part.items():
        assert whole[name].met is True
        assert one.met in (True, None), one


def test_nothing_charted_is_unknown_everywhere_but_where_time_and_alarms_speak():
    told = {name: one.met for name, one in answers(treated()).items()}
    assert told.pop("minimum_observation") is True
    assert told.pop("alarms") is True
    assert set(told.values()) == {None}


def test_what_was_charted_before_the_drug_ended_does_not_count():
    earlier = [(minutes - 65, payload) for minutes, payload in WELL]
    told = answers(treated(*earlier))
    assert {name for name, one in told.items() if one.met} == {"minimum_observation", "alarms"}


def test_before_the_end_of_the_drug_nobody_goes_home():
    told = requirements(State(), minimum=HOUR, baseline=BASELINE, unsettled=(), at=minute(0))
    assert not [one.id for one in told if one.met and one.id != "alarms"]


@pytest.mark.parametrize("at, met", [(99.99, False), (100, True)])
def test_the_minimum_counts_from_the_end_of_the_drug(at, met):
    assert answers(treated(*WELL), at=at)["minimum_observation"].met is met


@pytest.mark.parametrize(
    "second, met",
    [
        ({}, True),
        ({"ald_activity": 1}, True),
        ({"ald_activity": 0}, False),
        ({"ald_activity": 1, "ald_oxygen": 1}, False),
    ],
)
def test_aldrete_wants_nine_and_no_zero(second, met):
    assert verdict("aldrete", (99, seen(**(dict.fromkeys(ALDRETE, 2) | second)))) is met


@pytest.mark.parametrize("apart, met", [(9.9, None), (10, True)])
def test_aldrete_wants_two_assessments_ten_minutes_apart(apart, met):
    full = seen(**dict.fromkeys(ALDRETE, 2))
    told = answers(treated((80, full), (80 + apart, full)))
    assert told["aldrete"].met is met


def test_a_failed_assessment_in_between_starts_the_count_anew():
    full, poor = seen(**dict.fromkeys(ALDRETE, 2)), seen(**dict.fromkeys(ALDRETE, 1))
    assert answers(treated((70, full), (80, poor), (85, full)))["aldrete"].met is None
    assert answers(treated((70, full), (80, poor), (85, full), (95, full)))["aldrete"].met is True


def test_an_incomplete_assessment_has_no_score():
    part = dict.fromkeys(ALDRETE[:-1], 2)
    assert answers(treated((70, seen(**part)), (85, seen(**part))))["aldrete"].met is None


def test_steady_walking_is_not_outvoted():
    assert verdict("padss", (99, seen(**{**dict.fromkeys(PADSS, 2), "padss_activity": 1}))) is False
    assert verdict("padss", (99, seen(**{**dict.fromkeys(PADSS, 2), "padss_bleeding": 1}))) is True


@pytest.mark.parametrize(
    "systolic, diastolic, met",
    [
        (132, 80, True),
        (134, 80, True),
        (135, 80, False),  # rises by more than 10 from 124
        (89, 70, False),
        (124, 49, False),
        (124, 91, False),  # rises by 11
        (124, 62, False),  # more than 20 % below 78
        (124, 63, True),
        (95, 78, False),  # more than 20 % below 120
        (96, 78, True),
    ],
)
def test_the_pressure_is_near_its_own_baseline_inside_the_limits_and_not_rising(systolic, diastolic, met):
    told = answers(treated(*WELL, (96, typed(bp_sys=systolic, bp_dia=diastolic))))
    assert told["blood_pressure"].met is met, told["blood_pressure"].reason


def test_the_amber_line_is_the_limit_of_the_pressure():
    high = {"bp_sys": 150.0, "bp_dia": 90.0}
    for systolic, met in ((159, True), (160, False)):
        happened = [(80, typed(bp_sys=155, bp_dia=90)), (90, typed(bp_sys=systolic, bp_dia=90))]
        assert answers(treated(*happened), baseline=high)["blood_pressure"].met is met


def test_one_pressure_is_not_two_and_without_a_baseline_none_can_be_judged():
    assert answers(treated((90, typed(bp_sys=120, bp_dia=78))))["blood_pressure"].met is None
    assert answers(treated(*WELL), baseline={})["blood_pressure"].met is None


@pytest.mark.parametrize(
    "values, met",
    [
        ({"heart_rate": 50}, True),
        ({"heart_rate": 49}, False),
        ({"heart_rate": 110}, True),
        ({"heart_rate": 111}, False),
        ({"resp_rate": 10}, True),
        ({"resp_rate": 9}, False),
        ({"resp_rate": 24}, True),
        ({"resp_rate": 25}, False),
    ],
    ids=str,
)
def test_heart_and_breathing_stay_inside_their_limits(values, met):
    assert verdict("heart_and_breathing", (99, reading(**values))) is met


def test_a_value_outside_the_limits_is_told_with_the_own_baseline_and_passes_only_by_decision():
    one = answers(treated(*WELL, (99, reading(spo2=93))))["oxygen"]
    assert one.met is False
    assert "98" in one.reason
    assert one.override == "reason"


@pytest.mark.parametrize("shown, met", [({"on_air": False}, False), ({"on_air": True}, True)])
def test_saturation_counts_on_air(shown, met):
    assert verdict("oxygen", (99, seen(**shown))) is met


@pytest.mark.parametrize("shown", [{"moaas": 4}, {"oriented": False}])
def test_sleepy_or_confused_is_not_awake(shown):
    assert verdict("awake", (99, seen(**shown))) is False


def test_dissociation_may_be_back_at_its_own_level():
    assert verdict("dissociation", (99, seen(dissociation=3))) is False
    assert verdict("dissociation", (-10, seen(dissociation=4)), (99, seen(dissociation=4))) is True


def test_a_symptom_keeps_the_patient_here():
    assert verdict("symptoms", (99, seen(end_organ_symptom=True))) is False


def red(key: str, *, at: float, ends: float | None, seen_by: bool) -> list[Happened]:
    said = {"rule": key, "episode": 1, "level": "red"}
    happened: list[Happened] = [(at, Alarm(transition="raised", **said))]
    happened += [(at + 1, Alarm(transition="acknowledged", **said))] if seen_by else []
    return happened + ([(ends, Alarm(transition="resolved", **said))] if ends else [])


@pytest.mark.parametrize(
    "happened, met",
    [
        (red("ALM-07", at=20, ends=39, seen_by=True), True),
        (red("ALM-07", at=20, ends=41, seen_by=True), False),
        (red("ALM-07", at=20, ends=None, seen_by=True), False),
        (red("ALM-07", at=20, ends=39, seen_by=False), False),
    ],
    ids=["over for an hour", "over for less", "still on", "never seen"],
)
def test_no_red_alarm_in_the_last_hour_and_none_unseen(happened, met):
    assert verdict("alarms", *happened) is met


@pytest.mark.parametrize("found, met", [("changed_for_the_worse", False), ("plan_or_intent", False), (None, None)])
def test_the_suicide_screen_is_repeated_and_clear(found, met):
    assert verdict("suicide_screen", (99, Check(item="home.suicide_screen", value=found))) is met


@pytest.mark.parametrize("minutes, met", [(69, True), (71, False)])
def test_half_an_hour_without_vomiting(minutes, met):
    assert verdict("stomach", (minutes, seen(vomiting=True))) is met


@pytest.mark.parametrize(
    "item", ["home.cannula_removed", "home.adult_stays_tonight", "home.written_instructions_given"]
)
def test_a_no_is_a_no_and_not_sure_is_unknown(item):
    names = {"home.cannula_removed": "cannula", "home.adult_stays_tonight": "home_tonight"}
    requirement = names.get(item, "instructions")
    assert verdict(requirement, (99, Check(item=item, value=False))) is False
    assert verdict(requirement, (99, Check(item=item, value=None))) is None


def test_the_escort_has_a_name():
    assert verdict("escort", (99, Check(item="home.escort_present", value=True))) is None


def test_a_note_meets_nothing():
    assert answers(treated((99, Note(text="all fine"))))["awake"].met is None


def test_a_sheet_without_a_number_to_call_is_no_sheet():
    told = answers(treated(*WELL), unsettled=("emergency number",))["instructions"]
    assert (told.met, told.reason) == (False, "the sheet does not tell: emergency number")


def test_the_receipt_names_its_witness_and_a_no_is_no_receipt():
    assert answers(treated(*WELL))["no_driving"].reason.startswith("signed before")
    assert verdict("no_driving", (99, Check(item="home.no_driving_receipt", value=False))) is False
    assert verdict("no_driving", (99, Check(item="home.no_driving_receipt", value=None))) is None


def test_a_call_that_nobody_is_named_for_is_not_booked():
    assert verdict("next_day_call", (99, Check(item="home.next_day_call_booked", value=True))) is None


def test_the_version_of_a_score_is_kept_with_its_items():
    told = editions(["ald_activity", "moaas"])
    assert list(told) == ["modified_aldrete"]
    assert told["modified_aldrete"].startswith("discharge 1: circulation within 20 %")
    assert editions(["moaas"]) == {}
