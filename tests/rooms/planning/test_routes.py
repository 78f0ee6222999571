"""Orders by every route: the amounts that make sense there, and nothing that does not."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils.html import escape

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Course, Role
from ketacare.planning import actions
from ketacare.planning.models import Order, SitePractice
from ketacare.planning.practices import ESK_28, HIGH_BMI, INK, NASAL_LIMIT, PAIN_TRAINED, PO_SL, PRACTICES
from ketacare.planning.queries import order_view, practice, signed_order
from tests.rooms.planning.asking import order_of, plan_of, settle
from tests.rooms.steps import SIGNED, consented, planned, weigh


@pytest.fixture
def weighed(cast):
    """The cast with Ada consented, 70 kg and 170 cm."""
    consented(cast)
    weigh(cast, "70")
    return cast


def sign(cast, order):
    return actions.sign_order(order_id=order.pk, by=cast.actor("prescriber"), at=SIGNED)


def rules_of(refused) -> set[str]:
    return {reason.rule for reason in refused.value.reasons}


def test_a_nasal_spray_is_ordered_in_devices_and_has_no_volume_rate_or_time(weighed):
    plan_of(weighed, "TPL-TRD-ESK")
    order = order_of(weighed, devices=2)
    assert (order.drug, order.dose_mg, order.devices) == ("esketamine", Decimal(56), 2)
    assert (order.volume_ml, order.rate_ml_h, order.duration_min, order.concentration_mg_ml) == (None,) * 4
    view = order_view(Order.objects.get(pk=order.pk))
    assert "ml_per_h" not in view.shown
    assert (view.each_mg, view.apart_min) == (28, 5)
    sign(weighed, order)
    assert signed_order(weighed.course("ada"), 1) == order


@pytest.mark.parametrize("devices", [1, 3])
def test_the_first_day_of_esketamine_for_resistant_depression_is_56_mg(weighed, devices):
    plan_of(weighed, "TPL-TRD-ESK")
    with pytest.raises(ActionRefused) as refused:
        sign(weighed, order_of(weighed, devices=devices))
    assert "DOSE-08" in rules_of(refused)


def test_a_site_that_has_settled_it_may_start_esketamine_at_28_mg(weighed):
    settle(weighed, ESK_28, True)
    plan_of(weighed, "TPL-TRD-ESK")
    assert sign(weighed, order_of(weighed, devices=1))


def test_an_esketamine_order_needs_no_height(cast):
    consented(cast)
    weigh(cast, "70", height_cm=None)
    plan_of(cast, "TPL-TRD-ESK")
    order = order_of(cast, devices=2)
    assert order.height_cm is None
    assert "not reckoned by weight" in order.weight_why
    assert sign(cast, order)


@pytest.mark.parametrize("template, route", [("TPL-TRD-IM", "im_ketamine"), ("TPL-TRD-SC", "sc_ketamine")])
def test_an_injection_is_a_volume_and_has_no_rate(weighed, template, route):
    plan_of(weighed, template, sessions=6, per_week=2)
    order = order_of(weighed, dose_mg_per_kg=Decimal("0.5"), concentration_mg_ml=Decimal(100))
    assert (order.route, order.dose_mg, order.volume_ml) == (route, Decimal(35), Decimal("0.35"))
    assert (order.rate_ml_h, order.duration_min, order.diluted_to_ml) == (None, None, None)
    assert sign(weighed, order)


def test_a_first_injection_above_half_a_milligram_per_kilogram_is_refused(weighed):
    plan_of(weighed, "TPL-TRD-IM", sessions=6, per_week=2)
    order = order_of(weighed, dose_mg_per_kg=Decimal("0.51"), concentration_mg_ml=Decimal(100))
    with pytest.raises(ActionRefused) as refused:
        sign(weighed, order)
    assert "DOSE-12" in rules_of(refused)


@pytest.mark.parametrize("missing", ["sessions", "per_week"])
def test_what_the_sources_do_not_give_the_prescriber_must_say(weighed, missing):
    asked = {"sessions": 6, "per_week": 2}
    del asked[missing]
    with pytest.raises(ActionRefused, match="leaves the number of sessions"):
        plan_of(weighed, "TPL-TRD-IM", **asked)


@pytest.mark.parametrize("template", ["TPL-ORAL-NZ", "TPL-TRD-INK"])
def test_a_route_that_the_site_has_not_enabled_cannot_be_planned(weighed, template):
    with pytest.raises(ActionRefused, match="This site does not give ketamine this way"):
        plan_of(weighed, template, sessions=6, per_week=2)


def test_ketamine_by_mouth_is_ordered_in_milligrams_where_the_site_gives_it(weighed):
    settle(weighed, PO_SL, True)
    plan_of(weighed, "TPL-ORAL-NZ", sessions=6, per_week=2)
    order = order_of(weighed, dose_mg=Decimal(50))
    assert (order.dose_mg, order.volume_ml, order.rate_ml_h) == (Decimal(50), None, None)
    assert order.dose_mg_per_kg == Decimal("0.7143")
    assert sign(weighed, order)


def test_the_first_dose_by_mouth_is_at_most_one_milligram_per_kilogram(weighed):
    settle(weighed, PO_SL, True)
    plan_of(weighed, "TPL-ORAL-NZ", sessions=6, per_week=2)
    assert_refused(weighed, order_of(weighed, dose_mg=Decimal("70.1")), "DOSE-13")


def assert_refused(cast, order, rule):
    with pytest.raises(ActionRefused) as refused:
        sign(cast, order)
    assert rule in rules_of(refused)


def test_a_route_that_is_switched_off_again_stops_what_is_not_signed_yet(weighed):
    settle(weighed, PO_SL, True)
    plan_of(weighed, "TPL-ORAL-NZ", sessions=6, per_week=2)
    order = order_of(weighed, dose_mg=Decimal(50))
    settle(weighed, PO_SL, False)
    assert_refused(weighed, order, "DOSE-13")


def test_compounded_nasal_ketamine_needs_the_sites_own_signed_limit(weighed):
    settle(weighed, INK, True)
    plan_of(weighed, "TPL-TRD-INK", sessions=6, per_week=2)
    order = order_of(weighed, dose_mg_per_kg=Decimal("0.5"), concentration_mg_ml=Decimal(100))
    assert_refused(weighed, order, "DOSE-14")
    settle(weighed, NASAL_LIMIT, 30.0)
    assert_refused(weighed, order, "DOSE-14")
    settle(weighed, NASAL_LIMIT, 35.0)
    assert sign(weighed, order)


@pytest.mark.parametrize(
    "template, asked, says",
    [
        ("TPL-TRD-ESK", {"dose_mg_per_kg": Decimal("0.5")}, "how many devices"),
        ("TPL-TRD-IV", {"dose_mg_per_kg": Decimal("0.5"), "concentration_mg_ml": Decimal(50)}, "how many minutes"),
        ("TPL-TRD-IV", {"dose_mg_per_kg": Decimal("0.5"), "duration_min": Decimal(40)}, "how strong the vial"),
        ("TPL-TRD-IV", {"concentration_mg_ml": Decimal(50), "duration_min": Decimal(40)}, "no dose"),
    ],
)
def test_an_order_that_lacks_what_its_route_needs_is_refused_in_words(weighed, template, asked, says):
    plan_of(weighed, template)
    with pytest.raises(ActionRefused, match=says):
        order_of(weighed, **asked)


def test_why_the_weight_is_what_it_is_stands_in_the_order(cast):
    planned(cast, kg="122")
    order = order_of(cast, dose_mg_per_kg=Decimal("0.5"), concentration_mg_ml=Decimal(50), duration_min=Decimal(40))
    assert order.weight_basis == "ideal"
    assert order.weight_why.startswith("BMI 42.2 is 30 or more: the ideal weight")


def test_a_site_may_settle_the_adjusted_weight_which_lies_between_the_two(cast):
    planned(cast, kg="122")
    asked = {"dose_mg_per_kg": Decimal("0.5"), "concentration_mg_ml": Decimal(50), "duration_min": Decimal(40)}
    ideal = order_of(cast, **asked)
    settle(cast, HIGH_BMI, "adjusted")
    adjusted = order_of(cast, session_number=2, **asked)
    assert ideal.dosing_weight_kg < adjusted.dosing_weight_kg < adjusted.weight_kg
    assert "adjusted weight" in adjusted.weight_why


# ---------------------------------------------------------------- what a site settles


def test_what_a_site_settles_is_signed_with_a_reason_and_audited(cast):
    settle(cast, PO_SL, True)
    assert practice(cast.course("ada").site).routes_enabled == {"po_sl_ketamine"}
    event = AuditEvent.objects.filter(did="practice settled").latest("pk")
    assert (event.patients, event.details) == ([], {"name": PO_SL})


def test_nothing_is_enabled_before_anybody_has_said_so(cast):
    here = practice(cast.course("ada").site)
    assert (here.routes_enabled, here.compounded_nasal_limit_mg, here.is_rems_certified) == (frozenset(), None, None)


def test_what_one_site_settles_counts_there_alone(cast):
    settle(cast, PO_SL, True)
    assert practice(cast.course("zoe").site).routes_enabled == frozenset()


@pytest.mark.parametrize(
    "name, value",
    [(PO_SL, "yes"), (NASAL_LIMIT, 0), (NASAL_LIMIT, True), (HIGH_BMI, "actual"), ("tea", True), (PAIN_TRAINED, [0])],
)
def test_what_makes_no_sense_is_not_settled(cast, name, value):
    before = SitePractice.objects.count()
    with pytest.raises(ActionRefused):
        settle(cast, name, value)
    assert SitePractice.objects.count() == before


def test_nothing_is_settled_without_a_reason(cast):
    with pytest.raises(ActionRefused, match="Say why"):
        settle(cast, PO_SL, True, reason=" ")


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.PATIENT, Role.PRESCRIBER}])
def test_only_a_prescriber_settles(cast, role):
    with pytest.raises(NotAllowed):
        settle(cast, PO_SL, True, by=cast.actor(role))


def test_a_prescriber_of_another_site_does_not_settle_for_this_one(cast):
    with pytest.raises(NotAllowed):
        settle(cast, PO_SL, True, by=cast.actor("prescriber", there=True))


def test_what_was_settled_is_never_changed(cast):
    row = settle(cast, PO_SL, True)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        SitePractice.objects.filter(pk=row.pk).update(value=False)
    row.pk, row.reason = None, ""
    with pytest.raises(IntegrityError, match="site_practice_has_a_reason"), transaction.atomic():
        SitePractice.objects.bulk_create([row])


def test_every_practice_is_shown_with_what_is_so_until_somebody_settles_it(cast, browse):
    settle(cast, PO_SL, True)
    text = browse("nurse").get("/practice/").content.decode()
    assert all(escape(one.label) in text for one in PRACTICES.values())
    assert "because we can" in text
    assert "Settle<" not in text
    assert "Settle<" in browse("prescriber").get("/practice/").content.decode()


def test_a_practice_is_settled_in_the_browser(cast, browse):
    page = f"/practice/{cast.here}/{PAIN_TRAINED}/"
    form = {"value": [str(cast.staff["prescriber"])], "reason": "Board certified"}
    assert browse("prescriber").post(page, form).status_code == 302
    assert practice(cast.course("ada").site).pain_trained == {cast.staff["prescriber"]}
    assert browse("prescriber").get(f"/practice/{cast.here}/tea/").status_code == 404


@pytest.mark.parametrize(
    "name, more",
    [
        (
            "dose_mg_per_kg",
            {"dose_mg_per_kg": Decimal("0.5"), "concentration_mg_ml": Decimal(10), "duration_min": Decimal(40)},
        ),
    ],
)
def test_a_dilution_that_cannot_hold_the_drug_is_refused(weighed, name, more):
    plan_of(weighed, "TPL-TRD-IV")
    with pytest.raises(ActionRefused, match="after dilution"):
        order_of(weighed, diluted_to_ml=Decimal(2), **more)


# ---------------------------------------------------------------- pain: long infusions outside hospital


LONG = {"concentration_mg_ml": Decimal(50), "diluted_to_ml": Decimal(500), "duration_min": Decimal(150)}


@pytest.fixture
def in_pain(weighed):
    """Ada's course as one for neuropathic pain."""
    Course.objects.filter(pk=weighed.ada_course).update(indication="neuropathic_pain")
    return weighed


def trained(cast, *roles):
    settle(cast, PAIN_TRAINED, [cast.staff[role] for role in roles])


def test_a_long_infusion_for_pain_needs_training_capnography_and_a_second_prescriber(in_pain):
    trained(in_pain, "prescriber", "second-prescriber")
    plan = plan_of(in_pain, "TPL-PAIN-IV")
    assert plan.sessions.count() == 1
    order = order_of(in_pain, dose_mg_per_kg=Decimal("0.5"), etco2_planned=True, **LONG)
    sign(in_pain, order)
    assert signed_order(in_pain.course("ada"), 1) is None
    actions.second_sign_order(order_id=order.pk, by=in_pain.actor("second-prescriber"), at=SIGNED)
    assert signed_order(in_pain.course("ada"), 1) == order


@pytest.mark.parametrize(
    "who, etco2", [((), True), (("second-prescriber",), True), (("prescriber",), None), (("prescriber",), False)]
)
def test_without_a_credential_of_the_signer_or_without_capnography_it_is_refused(in_pain, who, etco2):
    if who:
        trained(in_pain, *who)
    plan_of(in_pain, "TPL-PAIN-IV")
    order = order_of(in_pain, dose_mg_per_kg=Decimal("0.5"), etco2_planned=etco2, **LONG)
    assert_refused(in_pain, order, "DOSE-15")


def test_the_outpatient_series_for_crps_runs_daily_and_never_above_25_mg_an_hour(weighed):
    Course.objects.filter(pk=weighed.ada_course).update(indication="crps")
    trained(weighed, "prescriber")
    plan = plan_of(weighed, "TPL-CRPS-OUT")
    days = [one.planned_on for one in plan.sessions.order_by("number")]
    assert len(days) == 10
    assert (days[-1] - days[0]).days == 9
    four_hours = {"concentration_mg_ml": Decimal(50), "diluted_to_ml": Decimal(500), "duration_min": Decimal(240)}
    order = order_of(weighed, dose_mg_per_kg=Decimal("1.5"), etco2_planned=True, **four_hours)
    assert_refused(weighed, order, "DOSE-15")
    actions.void_order(order_id=order.pk, reason="too fast", by=weighed.actor("prescriber"), at=SIGNED)
    assert sign(weighed, order_of(weighed, dose_mg_per_kg=Decimal("1.4"), etco2_planned=True, **four_hours))


def test_the_form_of_a_pain_order_asks_about_capnography_and_that_of_a_mood_order_does_not(weighed, browse):
    plan_of(weighed, "TPL-TRD-IV")
    page = f"/courses/{weighed.ada_course}/plan/1/order/"
    assert "Capnography" not in browse("prescriber").get(page).content.decode()
    Course.objects.filter(pk=weighed.ada_course).update(indication="neuropathic_pain")
    plan_of(weighed, "TPL-PAIN-IV", reason="Another indication")
    assert "Capnography" in browse("prescriber").get(page).content.decode()


def test_the_form_of_a_spray_offers_devices_and_no_amounts_by_weight(weighed, browse):
    plan_of(weighed, "TPL-TRD-ESK")
    page = f"/courses/{weighed.ada_course}/plan/1/order/"
    text = browse("prescriber").get(page).content.decode()
    assert "2 devices, 56 mg" in text
    assert "Dose, mg per kg" not in text
    tried = browse("prescriber").post(f"{page}amounts/", {"devices": "2", "had_elsewhere": "no"}).content.decode()
    said = tried.replace("\N{NO-BREAK SPACE}", " ")
    assert "2 × 28 mg" in said
    assert "5 min of rest" in said
    assert "mL/h" not in said
