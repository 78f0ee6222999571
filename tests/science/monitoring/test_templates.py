"""What every protocol template states, checked against the evidence sentence by sentence; written from the text, not from the file."""

import copy
from decimal import Decimal

import pytest

from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.protocol_files import Indications
from ketacare.science.rules import load
from ketacare.science.scales import library

PROTOCOLS = protocol.load()
# template: indications, route, what it proposes, course, reviews, requirements
STATED = {
    "TPL-TRD-IV": (("mdd_trd",), "iv_ketamine", ("0.5", "40"), (6, 6), (3, 6), ()),
    "TPL-TRD-IM": (("mdd_trd",), "im_ketamine", ("0.5", None), None, (3, 6), ()),
    "TPL-TRD-SC": (("mdd_trd",), "sc_ketamine", ("0.5", None), None, (3, 6), ()),
    "TPL-TRD-ESK": (("mdd_trd",), "in_esketamine", ("56", ("56", "84")), (8, 8), (), ()),
    "TPL-MDSI-ESK": (("mdd_suicidal",), "in_esketamine", ("84", ("84", "56")), (8, 8), (), ("clearance.crisis_psychiatry",)),
    "TPL-SI-IV": (("mdd_suicidal",), "iv_ketamine", ("0.5", "40"), (1, 1), (1,), ("clearance.crisis_psychiatry",)),
    "TPL-BD-IV": (("bipolar_depression",), "iv_ketamine", ("0.5", "40"), (8, 8), (3, 6), ("psych.mood_stabiliser",)),
    "TPL-PTSD-IV": (("ptsd",), "iv_ketamine", ("0.5", "40"), (6, 6), (3, 6), ("trauma_trained_therapist_offered",)),
    "TPL-ANX-IV": (("social_anxiety", "gad", "ocd"), "iv_ketamine", ("0.5", "40"), (1, 6), (1, 3, 6), ()),
    "TPL-PAIN-IV": (("neuropathic_pain", "fibromyalgia", "migraine", "chronic_pain_other"), "iv_ketamine", None, (1, 6), (1, 3, 6), ()),
    "TPL-CRPS-INPT": (("crps",), "iv_ketamine", None, None, (), ()),
    "TPL-CRPS-OUT": (("crps",), "iv_ketamine", ("0.35", "25"), (10, 10), (3, 6, 10), ()),
    "TPL-ORAL-NZ": (("mdd_trd",), "po_sl_ketamine", None, None, (3, 6), ()),
    "TPL-TRD-INK": (("mdd_trd",), "in_ketamine_compounded", None, None, (3, 6), ()),
}  # fmt: skip


def proposed(template):
    """The amounts that a template proposes, whichever way it doses."""
    dose = template.dose
    if dose.mg_per_kg is not None:
        return (str(dose.mg_per_kg), None if dose.duration_min is None else str(dose.duration_min))
    if dose.rate_mg_per_kg_h is not None:
        return (str(dose.rate_mg_per_kg_h), str(dose.max_rate_mg_h))
    return None if dose.first_mg is None else (str(dose.first_mg), tuple(map(str, dose.usual_mg)))


@pytest.mark.parametrize("name", sorted(STATED))
def test_a_template_says_what_its_source_says(name):
    template = PROTOCOLS.templates[name]
    found = (
        template.indications,
        template.route,
        proposed(template),
        template.course.sessions if template.course else None,
        template.review_after_session,
        template.requires,
    )
    assert found == STATED[name]


def test_there_is_no_template_beside_these():
    assert set(PROTOCOLS.templates) == set(STATED)


@pytest.mark.parametrize("template", PROTOCOLS.templates.values(), ids=lambda one: one.id)
def test_every_template_states_approval_and_evidence_for_its_use(template):
    for name in template.indications:
        indication = PROTOCOLS.indications[name]
        assert indication.grade_of(template.route)
        approved = indication.approval_of(template.route).status == "approved"
        assert approved == (template.route == "in_esketamine")


def test_only_nasal_esketamine_is_approved_and_only_for_two_uses():
    uses = {
        (name, route)
        for name, one in PROTOCOLS.indications.items()
        for route in PROTOCOLS.dosing.routes
        if one.approval_of(route).status == "approved"
    }
    assert uses == {("mdd_trd", "in_esketamine"), ("mdd_suicidal", "in_esketamine")}


def test_wellness_is_not_offered_and_has_no_template():
    assert PROTOCOLS.indications["none_wellness"].approval_of("iv_ketamine").status == "not_offered"
    assert not any("none_wellness" in one.indications for one in PROTOCOLS.templates.values())


@pytest.mark.parametrize("template", PROTOCOLS.templates.values(), ids=lambda one: one.id)
def test_what_a_template_does_not_give_it_asks_for(template):
    course = template.course
    assert template.dose.gives_amount or "dose" in template.asks
    if course is not None and course.sessions is None:
        assert "sessions" in template.asks
    if course is not None and course.per_week is None and not course.daily and course.sessions != (1, 1):
        assert "per_week" in template.asks


@pytest.mark.parametrize("template", PROTOCOLS.templates.values(), ids=lambda one: one.id)
def test_no_template_proposes_more_than_the_order_checks_let_pass(template):
    values = load("order_checks").defaults.values
    most = {"iv_ketamine": "first_mg_per_kg", "im_ketamine": "first_mg_per_kg", "sc_ketamine": "im_max_mg_per_kg"}
    if template.dose.mg_per_kg is not None:
        assert template.dose.mg_per_kg <= Decimal(str(values[most[template.route]]))
    if template.dose.first_mg is not None:
        assert template.dose.first_mg in (28, 56, 84)


def test_routes_that_a_site_must_enable_have_templates_that_are_off():
    off = {one.id for one in PROTOCOLS.templates.values() if not one.default_enabled}
    assert off == {"TPL-ORAL-NZ", "TPL-TRD-INK"}
    for name in off:
        assert not PROTOCOLS.dosing.routes[PROTOCOLS.templates[name].route].default_enabled


@pytest.mark.parametrize("template", PROTOCOLS.templates.values(), ids=lambda one: one.id)
def test_a_response_is_judged_on_a_scale_that_we_have(template):
    scale = template.response_scale
    if scale is None:
        assert template.id in {"TPL-SI-IV", "TPL-CRPS-INPT"}
        return
    assert set(scale.instruments) <= set(library.shipped())
    assert set(scale.remission) <= set(scale.instruments)


def test_mood_series_are_reviewed_after_the_third_session_and_that_rule_says_who_disagrees():
    file = PROTOCOLS.template_file
    for template in file.templates:
        assert "STOP-AE" in template.stop_rules
        assert ("STOP-NR3" in template.stop_rules) <= (3 in template.review_after_session)
    assert "does not stop by itself" in file.disagree["STOP-NR3"]
    assert "STOP-SWITCH" in PROTOCOLS.templates["TPL-BD-IV"].stop_rules


def test_maintenance_is_reviewed_every_six_sessions_or_ninety_days():
    rules = PROTOCOLS.template_file.maintenance_review
    assert (rules.every_sessions, rules.every_days) == (6, 90)
    assert len(rules.must_record) == 6


def test_an_indication_without_a_word_about_other_routes_is_refused():
    raw = copy.deepcopy(reference.read_yaml("protocols/indications.1.yaml"))
    del raw["indications"]["ptsd"]["approval"]["others"]
    with pytest.raises(BadReference, match="others"):
        protocol.parse(Indications, raw, place="indications")


def test_a_template_without_a_grade_for_its_use_is_found():
    file = PROTOCOLS.template_file
    lost = file.templates[0].model_copy(update={"indications": ("ptsd",), "route": "im_ketamine"})
    broken = PROTOCOLS.model_copy(
        update={"template_file": file.model_copy(update={"templates": (lost, *file.templates[1:])})}
    )
    assert [one.says for one in protocol.inconsistencies(broken)] == ["no evidence grade for ptsd by im_ketamine"]


def test_shown_limits_are_parameters_that_their_rules_use():
    book = load("order_checks")
    for routes in PROTOCOLS.dosing.shown_limits.values():
        for limits in routes.values():
            for limit in limits:
                used = str([book.rule(name).when for name in limit.rules])
                assert all(name in used for name in limit.params), limit
