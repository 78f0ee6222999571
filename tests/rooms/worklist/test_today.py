"""What needs me now?"""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic import actions
from ketacare.clinic.models import AuditEvent, Role
from ketacare.outcomes.actions import take_alert
from ketacare.planning.actions import sign_order
from ketacare.worklist.queries.sessions import sessions_today
from ketacare.worklist.queries.today import in_order, work
from ketacare.worklist.queries.work import WorkItem
from tests.cast import NOW
from tests.rooms.evaluation.answers import pending
from tests.rooms.infusion import treatment
from tests.rooms.outcomes.caring import troubled
from tests.rooms.steps import SIGNED, consented, draft, planned

TODAY = reverse("worklist:today")


def items(cast, role: str, *, at=None):
    return work(cast.actor(role), at=at or timezone.now())


def whats(cast, role: str, *, at=None) -> set[str]:
    return {item.what for item in items(cast, role, at=at)}


def hold(cast, name: str = "ada", role: str = "nurse") -> None:
    actions.place_hold(
        course=cast.course(name),
        reason="Blood pressure too high twice.",
        lifts_when="Two readings below the limit.",
        by=cast.actor(role, there=name == "zoe"),
        at=NOW,
    )


def test_a_hold_waits_for_those_who_may_lift_it_and_for_nobody_else(cast):
    hold(cast)
    hold(cast, "zoe")
    waiting = {role: [item.person for item in items(cast, role) if item.what == "On hold"] for role in cast.staff}
    assert {role for role, people in waiting.items() if people} == {"prescriber", "second-prescriber"}
    assert waiting["prescriber"] == ["Ada Lindqvist"]


def test_an_emergency_access_waits_for_the_quality_lead_of_the_patients_site(cast):
    nurse = cast.actor("nurse", there=True)
    actions.break_glass(patient=cast.patient("ada"), reason="Collapsed in our waiting room", by=nurse, at=NOW)
    (item,) = [item for item in items(cast, "quality") if item.what == "Review an emergency access"]
    assert (item.person, item.since) == ("Ada Lindqvist", NOW)
    assert "Collapsed" in item.why


def test_a_course_waits_at_its_station_for_those_who_move_it_on(cast):
    assert "Start the evaluation" in whats(cast, "nurse")
    consented(cast)
    assert "Make the plan" in whats(cast, "prescriber")
    assert "Start the evaluation" not in whats(cast, "nurse")
    assert "Make the plan" not in whats(cast, "nurse")


def test_an_order_waits_for_a_prescriber_until_it_is_signed(cast):
    planned(cast)
    order = draft(cast)
    assert "Sign an order" in whats(cast, "prescriber")
    sign_order(order_id=order.pk, by=cast.actor("prescriber"), at=SIGNED)
    assert "Sign an order" not in whats(cast, "prescriber")


def test_a_decision_for_two_waits_for_the_other_prescriber_only(cast):
    pending(cast)
    assert "Confirm a decision" in whats(cast, "second-prescriber")
    assert "Confirm a decision" not in whats(cast, "prescriber")


def test_an_emergency_alert_comes_first_and_stays_with_who_took_it(cast):
    hold(cast)
    row = troubled(cast, answer=3)
    first = items(cast, "therapist")[0]
    assert (first.what, first.urgency) == ("Take an alert", 0)
    for alert in row.alerts.all():
        take_alert(alert_id=alert.pk, by=cast.actor("nurse"), at=NOW)
    assert not [what for what in whats(cast, "therapist") if "alert" in what]
    assert "Close your alert" in whats(cast, "nurse")


def test_what_cannot_wait_stands_in_the_order_of_the_sources_and_the_rest_by_its_age():
    def made(what: str, urgency: int, days: int) -> WorkItem:
        since = NOW - timedelta(days=days)
        told = {"patient_id": None, "person": "", "why": "", "page": "", "of": (), "button": ""}
        return WorkItem(what=what, urgency=urgency, since=since, **told)

    found = [
        made("alarm", 0, 0),
        made("alert", 0, 1),
        made("order", 1, 1),
        made("late call", 0, 60),
        made("check", 1, 9),
    ]
    assert [one.what for one in in_order(found)] == ["alarm", "alert", "late call", "check", "order"]


def test_a_quality_lead_sees_alerts_that_nobody_answered_in_time_and_no_patient(cast):
    troubled(cast, answer=3)
    said = "Alerts not answered in time"
    assert said not in whats(cast, "quality", at=NOW + timedelta(minutes=4))
    (item,) = [one for one in items(cast, "quality", at=NOW + timedelta(minutes=5)) if one.what == said]
    assert (item.person, item.patient_id, item.url) == ("Harbour Clinic", None, "/quality/alerts/")
    assert said not in whats(cast, "nurse", at=NOW + timedelta(days=9))


def test_a_session_waits_from_the_day_it_is_planned_for(cast):
    treatment.planned(cast)
    nurse = cast.actor("nurse")
    assert not sessions_today(nurse, treatment.START - timedelta(days=1))
    (due,) = sessions_today(nurse, treatment.MORNING)
    assert (due.what, due.person) == ("Check in", "Ada Lindqvist")
    assert [item.what for item in sessions_today(nurse, treatment.START + timedelta(days=3))] == ["Check in"]


def test_a_session_waits_for_the_next_step_of_those_who_take_it(cast):
    treatment.ready(cast)
    assert [item.what for item in sessions_today(cast.actor("nurse"), treatment.START)] == ["Start the treatment"]
    assert not sessions_today(cast.actor("front-desk"), treatment.START)
    assert not sessions_today(cast.actor("nurse", there=True), treatment.START)


def test_an_alarm_of_the_patient_comes_before_everything(cast):
    session = treatment.started(cast)
    at = treatment.after(5)
    treatment.read(cast, session, at, **(treatment.QUIET | {"spo2": 80}))
    (due,) = sessions_today(cast.actor("nurse"), at)
    assert due.what.startswith("Alarm")
    assert due.urgency == 0


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PATIENT])
def test_every_thing_to_do_leads_to_a_page_that_answers(browse, cast, role):
    hold(cast)
    client = browse(role)
    for item in items(cast, role):
        assert client.get(item.url).status_code == 200, item


def test_the_page_is_one_audit_event_of_everybody_on_it(browse, cast):
    hold(cast)
    browse("prescriber").get(TODAY)
    assert AuditEvent.objects.filter(did="saw worklist:today").latest("pk").patients == [cast.ada]


def test_the_page_takes_the_same_queries_however_much_waits(cast):
    hold(cast)
    few = count(cast)
    for _ in range(5):
        hold(cast)
    assert count(cast) == few


def count(cast) -> int:
    by = cast.actor("prescriber")
    with CaptureQueriesContext(connection) as queries:
        work(by, at=NOW)
    return len(queries)


def test_nothing_to_do_says_so(browse):
    assert b"Nothing needs you now" in browse("custodian").get(TODAY).content
