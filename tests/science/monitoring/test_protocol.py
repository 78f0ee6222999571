"""Protocols: what is in them fits together, and says what its sources say."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science import reference
from ketacare.science.errors import BadReference, MissingInput, OutOfRange
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.protocol_files import TemplateDose, Templates
from ketacare.science.rules import catalogue

PROTOCOLS = protocol.load()


def test_the_intravenous_template_is_six_sessions_of_half_a_milligram_per_kilogram_over_forty_minutes() -> None:
    template = PROTOCOLS.templates["TPL-TRD-IV"]
    assert (str(template.dose.mg_per_kg), str(template.dose.duration_min)) == ("0.5", "40")
    assert template.course is not None
    assert (template.course.sessions, template.course.over_days) == ((6, 6), (14, 21))
    assert (template.default_enabled, template.review_after_session) == (True, (3, 6))


def test_every_route_of_the_catalogue_has_a_schedule_and_a_minimum_observation() -> None:
    routes = catalogue()["plan.route"].allowed
    assert set(routes) == set(PROTOCOLS.dosing.routes)
    for route in map(str, routes):
        assert set(PROTOCOLS.monitoring.basic_set) <= PROTOCOLS.schedule(route).parameters
        assert PROTOCOLS.minimum_observation(route).default >= 60


def test_a_route_without_a_schedule_is_said_to_be_missing() -> None:
    for ask in (PROTOCOLS.schedule, PROTOCOLS.minimum_observation):
        with pytest.raises(MissingInput, match="rectal"):
            ask("rectal")


def test_every_diagnosis_but_addiction_and_wellness_has_a_purpose() -> None:
    without = {name for name in map(str, catalogue()["dx.primary"].allowed) if PROTOCOLS.purpose(name) is None}
    assert without == {"sud_only", "none_wellness"}


@given(
    st.sampled_from(sorted(PROTOCOLS.monitoring.schedules)),
    st.sets(st.sampled_from(sorted(PROTOCOLS.recovery.add_min))),
)
def test_every_addition_makes_recovery_longer_by_its_own_minutes(route: str, so: set[str]) -> None:
    alone = sum(PROTOCOLS.observation_min(route, so=[one]) - PROTOCOLS.observation_min(route) for one in so)
    assert PROTOCOLS.observation_min(route, so=so) == PROTOCOLS.observation_min(route) + alone


def test_a_site_may_lengthen_recovery_inside_the_bounds_and_no_further() -> None:
    low, high = PROTOCOLS.minimum_observation("iv_ketamine").bounds
    assert PROTOCOLS.observation_min("iv_ketamine", site_min=high) == high
    for outside in (low - 1, high + 1):
        with pytest.raises(OutOfRange):
            PROTOCOLS.observation_min("iv_ketamine", site_min=outside)
    with pytest.raises(MissingInput):
        PROTOCOLS.observation_min("iv_ketamine", so=["full moon"])


def test_a_parameter_without_an_interval_is_watched_continuously() -> None:
    watched = [asked.parameters for asked in PROTOCOLS.schedule("iv_ketamine").during if asked.is_continuous]
    assert watched == [("spo2", "heart_rate")]


def test_a_template_doses_in_one_way_only() -> None:
    with pytest.raises(ValueError, match="not by two"):
        TemplateDose(mg_per_kg=1, first_mg=2)  # type: ignore[arg-type]


def test_a_protocol_file_is_refused_with_every_problem_and_its_place() -> None:
    raw = copy.deepcopy(reference.read_yaml("protocols/templates.1.yaml"))
    raw["templates"][0]["colour"] = "blue"
    del raw["templates"][1]["sources"]
    with pytest.raises(BadReference) as refused:
        protocol.parse(Templates, raw, place="templates")
    places = {problem.place for problem in refused.value.problems}
    assert places == {"templates: templates.0.colour", "templates: templates.1.sources"}


def test_names_that_stand_for_nothing_are_found() -> None:
    file = PROTOCOLS.template_file
    lost = file.templates[0].model_copy(
        update={
            "route": "rectal",
            "maintenance": ("MAINT-X",),
            "sources": ("X-1",),
            "indications": ("love",),
            "schedule": "x",
        }
    )
    broken = PROTOCOLS.model_copy(
        update={"template_file": file.model_copy(update={"templates": (lost, *file.templates[1:], lost)})}
    )
    found = {problem.place.removeprefix("templates.") for problem in protocol.inconsistencies(broken)}
    assert found == {
        "TPL-TRD-IV.route",
        "TPL-TRD-IV.maintenance",
        "TPL-TRD-IV.sources",
        "TPL-TRD-IV.indications",
        "TPL-TRD-IV.schedule",
        "templates",
    }


QUIET = {
    "hep.child_pugh": "none",
    "meds.classes": ("ssri_snri",),
    "meds.cns_depressant_count": 0,
    "patient.restricted_mobility": "none",
}


@pytest.mark.parametrize(
    ("known", "adds"),
    [
        ({}, set()),
        ({"hep.child_pugh": "B"}, {"hepatic_B_or_CYP_inhibitor"}),
        ({"meds.classes": ("cyp2b6_inhibitor",)}, {"hepatic_B_or_CYP_inhibitor"}),
        ({"patient.restricted_mobility": "severe"}, {"severe_mobility_restriction"}),
        ({"meds.classes": ("opioid",)}, {"opioid_or_oxybate_or_two_sedative_classes"}),
        ({"meds.cns_depressant_count": 2}, {"opioid_or_oxybate_or_two_sedative_classes"}),
        ({"meds.cns_depressant_count": 1}, set()),
    ],
)
def test_what_is_known_of_the_patient_adds_to_the_observation(known, adds):
    assert protocol.additions(protocol.load().recovery, QUIET | known) == adds


def test_what_is_not_known_adds_as_well():
    assert protocol.additions(protocol.load().recovery, {}) == set(protocol.load().recovery.add_when)


def test_every_addition_is_known_by_its_minutes():
    assert set(protocol.load().recovery.add_when) <= set(protocol.load().recovery.add_min)
