"""Checklists for a rescue: steps by class, never a drug or a dose; each tick in the timeline with the alarm it answers."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from ketacare.infusion.cockpit import alarms
from ketacare.infusion.queries import state_of
from ketacare.infusion.rescues import rescues, takes_maoi
from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring import rescue as checklists
from ketacare.science.monitoring.rescue import forbidden_with_maoi, rescue
from ketacare.science.rules.book import load
from tests.rooms.infusion import today
from tests.rooms.infusion.treatment import again

DOSE = re.compile(r"\d\s*(mg|mcg|µg|g|ml|mL|units?)\b")


def url(name: str, session) -> str:
    return reverse(f"infusion:{name}", kwargs={"pk": session.pk})


@pytest.fixture
def started(cast):
    return today.started(cast)


def test_every_rescue_of_the_protocol_has_a_checklist_and_names_all_its_classes_of_medicine():
    groups = dict(protocol.load().recovery.rescue_medicine_classes)
    del groups[rescue().forbidden_with_maoi]
    named = {
        one.classes: {step.medicine_class for step in one.steps} - {""} for one in rescue().checklists if one.classes
    }
    assert named.keys() == groups.keys()
    informs = {"no_ketamine_antidote_exists"}  # a statement, no class: it stands in the words of a step
    assert {name: set(group) - informs for name, group in groups.items()} == named


def test_no_checklist_names_a_dose():
    words = [step.says for one in rescue().checklists for step in one.steps] + [rescue().orders]
    assert not [one for one in words if DOSE.search(one)]


def test_every_alarm_about_the_patient_that_calls_for_stopping_the_drug_has_a_checklist_or_is_the_patients_own_wish():
    """Sedation alone and the patient's wish need none: the drug stops, and the airway list is there."""
    answered = {alarm for one in rescue().checklists for alarm in one.answers}
    black = {rule.id for rule in load("alarms").rules if rule.severity == "black"}
    assert black - answered == {"ALM-00", "ALM-02", "ALM-25"}


def test_a_tick_is_a_timed_entry_with_its_class_and_the_alarm_it_answers(browse, started):
    nurse = browse("nurse")
    nurse.post(url("vitals", started), {"bp_sys": "186", "bp_dia": "99"})
    page = nurse.get(url("rescue", started)).content.decode()
    assert "standing orders" in page
    assert "its alarm is on" in page
    nurse.post(url("rescue-tick", started), {"checklist": "hypertension", "step": "vasodilator"})
    (done,) = state_of(again(started)).of_kind("intervention")
    assert (done.payload.medicine_class, done.payload.alarm) == ("vasodilator", "ALM-06")
    assert "Harbour Nurse, for ALM-06" in nurse.get(url("rescue", started)).content.decode()
    (shown, *_) = rescues(again(started)).lists
    assert (shown.checklist.id, shown.done) == ("hypertension", 1)


@pytest.mark.parametrize(
    "posted", [{}, {"checklist": "hypertension", "step": "bleeding"}, {"checklist": "luck", "step": "hope"}]
)
def test_a_step_that_is_none_is_not_found(browse, started, posted):
    assert browse("nurse").post(url("rescue-tick", started), posted).status_code == 404


def test_what_is_forbidden_beside_an_mao_inhibitor_is_shown_when_the_record_names_one(browse, started, monkeypatch):
    assert "pethidine" in forbidden_with_maoi()
    assert takes_maoi({"meds.classes": ("ssri_snri", "maoi")})
    assert takes_maoi({"meds.classes": (), "meds.maoi_past": True})
    assert not takes_maoi({"meds.classes": ("ssri_snri",), "meds.maoi_past": False})
    monkeypatch.setattr("ketacare.infusion.rescues.facts_decided_on", lambda course: {"meds.classes": ("maoi",)})
    assert "pethidine" in browse("nurse").get(url("rescue", started)).content.decode().lower()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"forbidden_with_maoi": "nothing"}, "no line"),
        ({"answers": ["ALM-99"]}, "no rule"),
        ({"classes": "luck"}, "no line"),
        ({"steps": [{"id": "a", "says": "b", "class": "magic"}]}, "no class"),
    ],
)
def test_a_file_that_names_what_there_is_not_is_refused_whole(monkeypatch, wrong, says):
    raw = reference.read_yaml(reference.newest(checklists.FILE))
    if "forbidden_with_maoi" in wrong:
        raw |= wrong
    else:
        raw["checklists"][0] |= wrong
    monkeypatch.setattr(reference, "read_yaml", lambda file: raw)
    with pytest.raises(BadReference, match=says):
        rescue.__wrapped__()


def test_a_silenced_alarm_stays_on_and_says_until_when(browse, started):
    nurse = browse("nurse")
    nurse.post(url("vitals", started), {"bp_sys": "186", "bp_dia": "99"})
    (red, *_) = alarms(state_of(again(started)), at=timezone.now())
    assert red.sounds
    assert f"Silence {red.silence_s} s" in nurse.get(url("session", started)).content.decode()
    nurse.post(url("alarm-silence", started), {"alarm": red.key, "episode": red.number})
    (quiet, *_) = alarms(state_of(again(started)), at=timezone.now())
    assert quiet.silent_until is not None
    (loud, *_) = alarms(state_of(again(started)), at=quiet.silent_until)
    assert loud.silent_until is None
    assert quiet.is_on
    assert not quiet.acknowledged_by
    page = nurse.get(url("session", started)).content.decode()
    assert f'data-silent-until="{quiet.silent_until.isoformat()}"' in page
