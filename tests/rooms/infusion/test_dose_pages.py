"""The drug's own pages: rates in every unit, amounts, what happened earlier; and the patient's stop, one press away."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.urls import reverse

from ketacare.clinic.models import AuditEvent
from ketacare.infusion import actions
from ketacare.infusion.cockpit import duties
from ketacare.infusion.given import given
from ketacare.infusion.queries import state_of
from ketacare.infusion.timeline import schedule_of
from tests.rooms.infusion import today, treatment
from tests.rooms.infusion.treatment import RATE, START, after, again


def url(name: str, session) -> str:
    return reverse(f"infusion:{name}", kwargs={"pk": session.pk})


def doses(session) -> list:
    return [event.payload for event in state_of(again(session)).of_kind("dose")]


@pytest.fixture
def started(cast):
    return today.started(cast)


def test_the_patients_stop_charts_the_wish_and_ends_the_drug_with_one_press(browse, started):
    told = browse("nurse").post(url("stop", started), follow=True).content.decode()
    assert "stop it by hand now" in told
    state = state_of(again(started))
    assert again(started).status == "recovering"
    assert state.latest("patient_asks_stop").value is True
    assert [one.step for one in doses(started)] == ["start", "stop"]
    assert state.ended_at == state.latest("patient_asks_stop").at


def test_a_second_press_of_stop_finds_it_done(browse, started):
    nurse = browse("nurse")
    for _ in range(2):
        assert nurse.post(url("stop", started)).status_code == 302
    assert [one.step for one in doses(started)] == ["start", "stop"]
    assert AuditEvent.objects.filter(did="treatment stopped on request").count() == 1


def test_anybody_at_the_bedside_may_stop_for_the_patient_and_a_stranger_may_not(browse, started):
    assert browse("quality").post(url("stop", started)).status_code == 404
    assert browse("therapist").post(url("stop", started)).status_code == 302
    assert again(started).status == "recovering"


def test_stop_before_the_drug_is_refused(browse, cast):
    session = today.ready(cast)
    assert browse("nurse").post(url("stop", session)).status_code == 409
    assert again(session).status == "ready"


@pytest.mark.parametrize("name", ["session", "rate", "bolus", "line-loss", "end", "observe", "note", "intervene"])
def test_stop_stands_on_every_page_of_the_bedside_while_the_drug_may_run(browse, started, name):
    nurse = browse("nurse")
    assert 'data-key="x"' in nurse.get(url(name, started)).content.decode()
    nurse.post(url("stop", started))
    assert 'data-key="x"' not in nurse.get(url(name, started)).content.decode()


@pytest.mark.parametrize(("rate", "unit"), [("40", "mg_per_h"), ("20", "ml_per_h")])
def test_a_rate_is_taken_in_the_unit_of_whoever_sets_the_pump(browse, started, rate, unit):
    basis = given(started, at=today.ago(minutes=0)).basis
    told = browse("nurse").post(url("rate", started), {"rate": rate, "unit": unit})
    assert told.status_code == 302
    wanted = Decimal(rate) * (basis.mg_per_ml if unit == "ml_per_h" else 1)
    assert doses(started)[-1].rate_mg_per_h == wanted


def test_a_pump_that_shows_another_rate_is_refused_with_both_numbers(browse, started):
    basis = given(started, at=today.ago(minutes=0)).basis
    meant = (40 / basis.mg_per_ml).quantize(Decimal("0.1"))
    slip = {"rate": "40", "unit": "mg_per_h", "pump_shows": str(meant * 10), "pump_unit": "ml_per_h"}
    refused = browse("nurse").post(url("rate", started), slip)
    assert refused.status_code == 409
    assert f"{meant} mL/h" in refused.content.decode()
    assert f"{meant * 10} mL/h" in refused.content.decode()
    assert [one.step for one in doses(started)] == ["start"]


def test_what_the_pump_showed_stands_in_the_timeline(browse, started):
    nurse, basis = browse("nurse"), given(started, at=today.ago(minutes=0)).basis
    shows = (40 / basis.mg_per_ml).quantize(Decimal("0.1"))
    nurse.post(
        url("rate", started), {"rate": "40", "unit": "mg_per_h", "pump_shows": str(shows), "pump_unit": "ml_per_h"}
    )
    assert doses(started)[-1].pump_ml_per_h == shows
    assert f"the pump shows {shows.normalize():f} mL/h" in nurse.get(url("session", started)).content.decode()


def test_a_single_dose_and_a_line_loss_are_charted_on_pages_of_their_own(browse, started):
    nurse = browse("nurse")
    assert nurse.post(url("bolus", started), {"dose_mg": "5"}).status_code == 302
    assert nurse.post(url("line-loss", started), {"dose_mg": "2"}).status_code == 302
    assert [(one.step, one.dose_mg) for one in doses(started)[1:]] == [("bolus", 5), ("line-loss", 2)]


def test_more_than_the_order_is_refused_as_a_single_dose(browse, started):
    assert browse("nurse").post(url("bolus", started), {"dose_mg": "500"}).status_code == 409


def test_a_change_before_the_start_of_the_drug_is_refused(browse, started):
    told = browse("nurse").post(url("rate", started), {"rate": "40", "unit": "mg_per_h", "minutes_ago": "30"})
    assert told.status_code == 409
    assert "before the drug was started" in told.content.decode()


def test_planned_stands_beside_given_and_the_gap_is_named(cast):
    session = treatment.started(cast)
    actions.pause(session_id=session.pk, by=cast.actor("nurse"), at=after(10))
    found = given(again(session), at=after(20))
    assert found.planned_mg == 35
    assert found.expected_mg == RATE * 20 / 60
    assert found.given_mg == RATE * 10 / 60
    assert found.gap_words == "8.8 mg less than expected"
    assert found.runs is None


def test_expected_never_exceeds_the_order(cast):
    session = treatment.started(cast)
    assert given(again(session), at=after(300)).expected_mg == 35


@pytest.mark.parametrize(
    ("scale", "value", "stored"), [("moaas", "3", 3), ("rass", "-2", -2), ("vomiting", "yes", True)]
)
def test_one_press_charts_one_value(browse, started, scale, value, stored):
    assert browse("nurse").post(url("observe", started), {scale: value}).status_code == 302
    assert state_of(again(started)).latest(scale).value == stored


def test_one_press_tells_at_once_what_was_charted(browse, started):
    told = browse("nurse").post(url("observe", started), {"moaas": "3"}, headers={"HX-Request": "true"})
    assert "Sedation (MOAA/S) 3 (only to a loud name)" in told.content.decode()


def test_what_was_never_charted_is_due_from_the_first_time_on(cast):
    session = treatment.started(cast)
    schedule = schedule_of(session)
    nothing_charted = replace(state_of(session), series={})
    found = list(duties(nothing_charted, schedule, at=after(1)))
    assert found[0].due_at <= START
    assert found[0].state == "due"
    assert "Sedation" in found[0].label
    assert next(iter(duties(nothing_charted, schedule, at=after(60)))).state == "late"
