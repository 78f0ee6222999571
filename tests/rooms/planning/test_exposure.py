"""The page of a course's predicted exposure: whose order, which model, which figures, and what it never says."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from django.urls import reverse

from ketacare.clinic.models import AuditEvent
from ketacare.planning.curve_words import DECIDES_NOTHING
from ketacare.planning.exposure import exposure
from ketacare.planning.practices import INK, PO_SL
from ketacare.planning.prescribed import Asked, NoCurve, prescribed
from ketacare.planning.simulator_sheet import Sheet
from ketacare.science.pkpd.regimen import Regimen
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.subject import Subject
from ketacare.ui.words import three_digits
from tests.rooms import steps
from tests.rooms.evaluation.test_screening import sent
from tests.rooms.planning.asking import order_of, plan_of, settle
from tests.rooms.steps import SIGNED, consented, weigh

AGE = 41  # of Ada on the day of SIGNED


@pytest.fixture
def weighed(cast):
    """The cast with Ada consented, 70 kg and 170 cm."""
    consented(cast)
    weigh(cast, "70")
    return cast


@pytest.fixture
def ordered(weighed):
    """And an order for 35 mg over 40 minutes, signed."""
    plan_of(weighed, "TPL-TRD-IV")
    steps.draft(weighed)
    return weighed


def page(cast, browse, role="nurse", **more):
    name = "session-exposure" if more else "exposure"
    return browse(role).get(reverse(f"planning:{name}", kwargs={"course_id": cast.ada_course} | more))


def text_of(response, status=200) -> str:
    assert response.status_code == status
    return re.sub(r"\s+", " ", response.content.decode().replace("\N{NO-BREAK SPACE}", " "))


def asked(cast, number=None) -> Asked:
    found = prescribed(cast.course("ada"), number, at=SIGNED)
    assert isinstance(found, Asked), found
    return found


def test_an_order_is_drawn_as_it_says_for_this_weight_and_age(ordered, browse):
    found = asked(ordered)
    assert found.regimen == Regimen.infusion(35, 40, drug="racemic_ketamine")
    assert found.subject == Subject(weight_kg=70, age_years=AGE)
    assert found.model.id == "racemate_iv_venous"
    text = text_of(page(ordered, browse))
    assert "35 mg into a vein over 40 min" in text
    assert "The order for session 1 (draft)" in text


def test_the_figures_of_the_page_are_those_of_the_simulation(ordered, browse):
    found = asked(ordered)
    curve = simulate(found.model, found.regimen, found.subject, range(500))
    plasma = curve.concentration_ng_per_ml["ketamine_total"]
    marks = exposure(found).landmarks
    assert (marks.plasma, marks.plasma_min) == (plasma.max(), 40)
    assert marks.effect_site == curve.effect_site_ng_per_ml.max()
    assert 1 <= marks.later_min <= 10
    half = marks.falls[0]
    assert plasma[int(half.plasma_min)] <= plasma.max() / 2 < plasma[int(half.plasma_min) - 1]
    text = text_of(page(ordered, browse))
    assert f"Plasma is highest at minute 40</dt><dd>{float(f'{plasma.max():.3g}'):g} ng/mL" in text


def test_every_figure_carries_site_model_status_and_what_it_does_not_decide(ordered, browse):
    text = text_of(page(ordered, browse))
    figures = re.findall(r"<figure .*?</figure>", text)
    assert len(figures) >= 6
    for figure in figures:
        assert DECIDES_NOTHING in figure
        assert "plasma" in re.search(r"<figcaption>(.*?)</figcaption>", figure)[1].lower()
        assert reverse("planning:model", args=["racemate_iv_venous"]) in figure
        assert re.search("published|transcription|calibration", figure)


def test_a_session_without_an_order_is_drawn_as_proposed_and_says_that_it_is_no_order(weighed, browse):
    plan_of(weighed, "TPL-TRD-IV")
    found = asked(weighed)
    assert (found.regimen.amount_mg, found.regimen.end_min, found.is_order) == (35, 40, False)
    assert "not an order" in text_of(page(weighed, browse))
    later = text_of(page(weighed, browse, number=2))
    assert "Session 2 has no order yet" in later
    assert "<svg" not in later


def test_a_heavy_patients_proposal_is_reckoned_by_the_dosing_weight_and_drawn_at_the_real_one(cast):
    consented(cast)
    weigh(cast, "122")
    plan_of(cast, "TPL-TRD-IV")
    found = asked(cast)
    assert found.subject.weight_kg == 122
    assert found.regimen.amount_mg < 0.5 * 122


def test_without_a_plan_or_a_weight_the_page_says_what_comes_next(cast, browse):
    assert "A prescriber makes one from a protocol" in text_of(page(cast, browse))
    consented(cast)
    plan_of(cast, "TPL-TRD-IV")
    assert "Weigh the patient" in text_of(page(cast, browse))


def test_nasal_devices_are_drawn_one_after_the_other(weighed, browse):
    plan_of(weighed, "TPL-TRD-ESK")
    order_of(weighed, devices=2)
    found = asked(weighed)
    assert [(dose.amount_mg, dose.start_min) for dose in found.regimen.doses] == [(28, 0), (28, 5)]
    assert found.model.id == "perezruixo2021_esketamine"
    text = text_of(page(weighed, browse))
    assert "2 × 28 mg nasal spray, 5 min apart" in text
    assert "How far apart the devices are" in text
    assert text.count("The same curve: this model does not look at it.") == 2
    assert "the model looks at race, which is not said" in text.lower()


def test_an_injection_into_a_muscle_carries_its_banner(weighed, browse):
    plan_of(weighed, "TPL-TRD-IM", sessions=6, per_week=2)
    order_of(weighed, dose_mg_per_kg=Decimal("0.5"), concentration_mg_ml=Decimal(100))
    text = text_of(page(weighed, browse))
    assert "from memory" in text
    assert "0.41-0.93" in text
    assert "Engineering default" in text


@pytest.mark.parametrize(
    "template, setting, asks, why",
    [
        (
            "TPL-TRD-SC",
            None,
            {"dose_mg_per_kg": Decimal("0.5"), "concentration_mg_ml": Decimal(100)},
            "under the skin was seen",
        ),
        (
            "TPL-TRD-INK",
            INK,
            {"dose_mg_per_kg": Decimal("0.5"), "concentration_mg_ml": Decimal(100)},
            "bioavailabilities differ",
        ),
        ("TPL-ORAL-NZ", PO_SL, {"dose_mg": Decimal(50)}, "no model of racemic ketamine by mouth was seen"),
    ],
)
def test_a_route_without_a_model_has_no_curve_and_says_why(weighed, browse, template, setting, asks, why):
    if setting:
        settle(weighed, setting, True)
    plan_of(weighed, template, sessions=6, per_week=2)
    order_of(weighed, **asks)
    assert isinstance(prescribed(weighed.course("ada"), None, at=SIGNED), NoCurve)
    text = text_of(page(weighed, browse))
    assert why in text.lower()
    assert "<svg" not in text


def test_the_open_order_is_shown_before_a_used_or_a_void_one(ordered):
    steps.draft(ordered, session_number=2, duration_min=Decimal(60))
    assert asked(ordered).regimen.end_min == 40
    assert asked(ordered, 2).regimen.end_min == 60


def test_what_changes_keeps_the_milligrams_and_names_no_other_dose(ordered, browse):
    text = text_of(page(ordered, browse))
    assert "over 30 min" in text
    assert "over 60 min" in text
    assert "63 kg" in text
    assert "77 kg" in text
    for word in ("recommend", "should be given", "increase the dose", "reduce the dose", "target"):
        assert word not in text.lower()


def records_medicine(cast, folder, name) -> None:
    """A medicine of Ada's record, taken now."""
    medicine = {"resourceType": "MedicationStatement", "id": "m1", "status": "active"}
    about = {"subject": {"reference": "Patient/p1"}, "medicationCodeableConcept": {"text": name}}
    sent(cast, folder, medicine | about)


def test_a_medicine_of_the_record_with_a_number_for_the_route_changes_the_figures(ordered, browse, tmp_path):
    records_medicine(ordered, tmp_path, "Rifampicin 600 mg capsule")
    text = text_of(page(ordered, browse))
    assert "Rifampicin 600 mg capsule" in text
    found = asked(ordered)
    alone, beside = (exposure(one).parent for one in (found, replace(found, interactions=("rifampicin",))))
    assert beside.auc_inf_ng_h_per_ml == pytest.approx(alone.auc_inf_ng_h_per_ml / 1.13, rel=1e-3)
    assert f"{three_digits(beside.auc_inf_ng_h_per_ml):g} ng·h/mL (" in text
    assert "Noppers" in text


@pytest.mark.parametrize(
    "name, says", [("Sertraline 100 mg", "is not a pass"), ("Quillaia bark", "is not known to the table")]
)
def test_a_medicine_without_a_number_changes_no_figure_and_is_no_pass(ordered, browse, tmp_path, name, says):
    records_medicine(ordered, tmp_path, name)
    text = text_of(page(ordered, browse))
    assert "no number is applied" in text
    assert "That is not a pass." in text
    assert says in text


def test_another_medicine_can_be_chosen_and_stands_in_no_address(ordered, browse):
    where = reverse("planning:exposure", args=[ordered.ada_course])
    reply = browse("nurse").post(where, {"medicine": "rifampicin"})
    text = text_of(reply)
    assert "A second medicine" in text
    assert '<option selected value="rifampicin">' in text
    for nonsense in ("<script>", "nothing we know"):
        again = text_of(browse("nurse").post(where, {"medicine": nonsense}))
        assert "A second medicine" not in again
        assert "<script>" not in again


def test_the_simulator_takes_the_regimen_along_and_nothing_that_names_anybody(ordered, browse):
    text = text_of(page(ordered, browse))
    form = text.partition(f'action="{reverse("planning:simulator")}"')[2].partition("</form>")[0]
    sent_on = dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', form))
    assert sent_on["a-doses"] == "35 mg iv 40 min"
    ada = ordered.patient("ada")
    assert not any(name in form for name in (ada.family_name, ada.given_name, f"/{ordered.ada_course}/"))
    sheet = Sheet(sent_on)
    assert sheet.is_valid
    assert sheet.arms[0].regimen == asked(ordered).regimen
    assert sheet.arms[0].subject.weight_kg == asked(ordered).subject.weight_kg


@pytest.mark.parametrize("role, status", [("nurse", 200), ("therapist", 200), ("prescriber", 200)])
def test_those_who_treat_see_it_and_it_is_audited(ordered, browse, role, status):
    assert page(ordered, browse, role).status_code == status
    event = AuditEvent.objects.order_by("-pk").first()
    assert event.did == "saw planning:exposure"


@pytest.mark.parametrize("role", ["patient", "front-desk", "custodian", "quality", "administrator"])
def test_nobody_else_sees_it(ordered, browse, role):
    assert page(ordered, browse, role).status_code == 404


def test_the_page_costs_a_fixed_number_of_queries(ordered, browse, django_assert_max_num_queries):
    client = browse("nurse")
    for number in (2, 3):
        steps.draft(ordered, session_number=number)
    with django_assert_max_num_queries(30):
        text_of(client.get(reverse("planning:exposure", args=[ordered.ada_course])))
