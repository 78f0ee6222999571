import re
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic.models import AuditEvent
from ketacare.infusion import actions
from ketacare.infusion.door import Batch, Row
from ketacare.infusion.gate import readiness
from ketacare.infusion.queries import state_of
from ketacare.science.monitoring.events import Alarm
from tests.rooms.infusion import today
from tests.rooms.infusion.treatment import after, again, recovering, settled

VITALS = {
    "bp_sys": "128",
    "bp_dia": "82",
    "heart_rate": "76",
    "spo2": "97",
    "resp_rate": "14",
    "moaas": "5",
    "end_organ_symptom": "n",
}


def url(name: str, session, **more: object) -> str:
    return reverse(f"infusion:{name}", kwargs={"pk": session.pk, **more})


@pytest.fixture
def started(cast):
    return today.started(cast)


@pytest.mark.parametrize(
    "name",
    ["session", "session-timeline", "gate", "recovery", "observe", "note", "intervene", "rate", "end", "transfer"],
)
def test_every_page_of_a_running_session_opens_and_says_who_it_is_about(browse, started, name):
    reply = browse("nurse").get(url(name, started))
    assert reply.status_code == 200
    assert b"Ada Lindqvist" in reply.content
    assert AuditEvent.objects.filter(did=f"saw infusion:{name}", subjects__patient=started.patient_id).count() == 1


def test_the_cockpit_carries_the_number_of_the_last_entry_it_shows(browse, started):
    reply = browse("nurse").get(url("session", started))
    assert f'data-after="{started.pk}:{again(started).last_seq}"' in reply.content.decode()


def test_one_row_charts_readings_and_observations_together(browse, started):
    reply = browse("nurse").post(url("vitals", started), VITALS)
    assert reply.status_code == 302
    state = state_of(again(started))
    taken = {name: state.latest(name) for name in ("bp_sys", "spo2", "moaas", "end_organ_symptom")}
    assert {name: sample.value for name, sample in taken.items()} == {
        "bp_sys": 128, "spo2": 97, "moaas": 5, "end_organ_symptom": False,
    }  # fmt: skip
    assert len({sample.at for sample in taken.values()}) == 1


def test_a_row_sent_twice_is_charted_once(browse, started):
    nurse = browse("nurse")
    before = again(started).last_seq
    for _ in range(2):
        nurse.post(url("vitals", started), {"heart_rate": "80", "nonce": "the-same-form"})
    assert again(started).last_seq == before + 1


def test_a_row_that_was_refused_may_be_sent_again(browse, started):
    nurse = browse("nurse")
    wrong = nurse.post(url("vitals", started), {"heart_rate": "8000", "nonce": "corrected-later"})
    assert wrong.status_code == 422
    assert "8000" in wrong.content.decode()
    assert nurse.post(url("vitals", started), {"heart_rate": "80", "nonce": "corrected-later"}).status_code == 302
    assert state_of(again(started)).latest("heart_rate").value == 80


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({}, "Nothing was filled in"),
        ({"bp_sys": "120"}, "two numbers"),
        ({"heart_rate": "abc"}, "Enter a number"),
        ({"spo2": "101"}, "100"),
        ({"end_organ_symptom": "perhaps", "spo2": "97"}, "y or n"),
        ({"spo2": "97", "minutes_ago": "-3"}, "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_charted_is_said_and_changes_nothing(browse, started, typed, says):
    before = again(started).last_seq
    reply = browse("nurse").post(url("vitals", started), typed)
    assert reply.status_code == 422
    assert says in reply.content.decode()
    assert again(started).last_seq == before


def test_a_value_of_some_minutes_ago_is_a_late_entry(browse, started):
    browse("nurse").post(url("vitals", started), {"heart_rate": "66", "minutes_ago": "3"})
    row = again(started).events.filter(kind="reading").order_by("-seq")[0]
    assert 170 <= (row.recorded_at - row.at).total_seconds() <= 190


def test_an_alarm_is_acknowledged_under_the_readers_name(browse, started):
    nurse = browse("nurse")
    nurse.post(url("vitals", started), VITALS | {"bp_sys": "186"})
    shown = nurse.get(url("session", started)).content.decode()
    assert "RED" in shown
    (alarm,) = [one for one in state_of(again(started)).alarms.waiting if one.rule == "ALM-06"]
    nurse.post(url("alarm-acknowledge", started), {"alarm": alarm.key, "episode": alarm.number})
    row = again(started).events.filter(kind="alarm", payload__transition="acknowledged").get()
    assert row.by_name == "Harbour Nurse"
    assert "acknowledged by Harbour Nurse" in nurse.get(url("session", started)).content.decode()
    assert Alarm.kind == row.kind


def test_acknowledging_an_alarm_that_is_not_there_is_refused(browse, started):
    assert (
        browse("nurse").post(url("alarm-acknowledge", started), {"alarm": "ALM-99", "episode": "1"}).status_code == 409
    )


def test_a_therapist_sees_the_session_and_may_stop_the_drug_but_not_change_its_rate(browse, started):
    therapist = browse("therapist")
    page = therapist.get(url("session", started)).content.decode()
    assert url("end", started) in page
    assert url("rate", started) not in page
    assert therapist.get(url("rate", started)).status_code == 404


def test_pause_and_resume_by_one_press_each(browse, started):
    nurse = browse("nurse")
    nurse.post(url("pause", started))
    assert again(started).status == "paused"
    nurse.post(url("resume", started))
    assert again(started).status == "treating"


def test_ending_early_asks_for_a_reason_and_lists_why(browse, started):
    nurse = browse("nurse")
    refused = nurse.post(url("end", started), {"reason": ""})
    assert refused.status_code == 409
    assert "say why" in refused.content.decode()
    nurse.post(url("end", started), {"reason": "The patient asked to stop."})
    assert again(started).status == "recovering"


def test_a_correction_leaves_both_entries_visible(browse, started):
    nurse = browse("nurse")
    nurse.post(url("vitals", started), {"heart_rate": "190"})
    wrong = again(started).events.filter(kind="reading").order_by("-seq")[0]
    form = nurse.get(url("event-correct", started, seq=wrong.seq)).content.decode()
    assert "190" in form
    nurse.post(url("event-correct", started, seq=wrong.seq), {"heart_rate": "90", "take_back": ""})
    assert state_of(again(started)).latest("heart_rate").value == 90
    page = nurse.get(url("session-timeline", started)).content.decode()
    assert f"corrects entry {wrong.seq}" in page
    assert "190" in page


def test_an_entry_is_taken_back_with_a_reason(browse, started):
    nurse = browse("nurse")
    nurse.post(url("vitals", started), {"heart_rate": "190"})
    wrong = again(started).events.filter(kind="reading").order_by("-seq")[0]
    nurse.post(url("event-correct", started, seq=wrong.seq), {"heart_rate": "190", "take_back": "Wrong patient"})
    assert state_of(again(started)).latest("heart_rate").value == 70


def test_the_board_shows_initials_and_no_name(browse, started):
    page = browse("nurse").get(reverse("infusion:board")).content.decode()
    assert "AL" in page
    assert "Room 1" in page
    assert "Lindqvist" not in page


def test_the_gate_shows_blanks_as_blocking_and_who_can_answer(browse, cast):
    session = today.checked_in(cast)
    page = browse("nurse").get(url("gate", session)).content.decode()
    assert "not answered" in page
    assert "asks: the patient" in page


def test_the_gate_is_answered_under_a_name_and_opens(browse, cast):
    session = today.ready(cast)
    nurse = browse("nurse")
    page = nurse.get(url("gate", session)).content.decode()
    assert "Nothing stands in the way" in page
    started = nurse.post(url("start", session), {"computed_by": cast.user("prescriber").pk, "label_matches": "yes"})
    assert started.status_code == 302
    assert again(session).status == "treating"


def test_answers_of_the_gate_carry_who_gave_them(browse, cast):
    session = today.checked_in(cast)
    nurse = browse("nurse")
    nurse.post(
        url("gate-attest", session),
        {"gate.escort_named": "yes", "gate.h_since_solids": "9", "gate.acute_illness": "not-sure"},
    )
    page = nurse.get(url("gate", session)).content.decode()
    assert page.count("attested by Harbour Nurse") == 3
    assert page.count(f"{timezone.localtime(again(session).events.last().at, ZoneInfo('Europe/Berlin')):%H:%M %Z}") >= 3
    state = state_of(again(session))
    assert state.attested("gate.acute_illness").value is None


def test_a_closed_gate_refuses_the_start_with_every_reason(browse, cast):
    session = today.ready(cast)
    nurse = browse("nurse")
    nurse.post(url("gate-attest", session), {"gate.acute_illness": "yes", "gate.oxygen_ready": "no"})
    refused = nurse.post(url("start", session), {"computed_by": cast.user("prescriber").pk, "label_matches": "yes"})
    assert refused.status_code == 409
    assert refused.content.decode().count("finding-stop") >= 2
    assert again(session).status == "ready"


def test_the_way_home_is_shut_until_everything_is_charted(browse, cast):
    session = recovering(cast)
    nurse = browse("nurse")
    assert "unknown" in nurse.get(url("recovery", session)).content.decode()
    assert nurse.post(url("discharge", session)).status_code == 409
    assert again(session).status == "recovering"


def test_a_recovery_is_charted_and_attested_from_its_page(browse, cast):
    session = recovering(cast)
    nurse = browse("nurse")
    nurse.post(url("recovery-assess", session), {"moaas": "5", "oriented": "yes"})
    nurse.post(
        url("recovery-attest", session), {"home.escort_present": "yes", "home.escort_present.note": "Olaf, brother"}
    )
    state = state_of(again(session))
    assert state.latest("oriented").value is True
    assert state.attested("home.escort_present").note == "Olaf, brother"


def test_the_sessions_tab_lists_the_course(browse, cast):
    session = settled(cast)
    page = browse("nurse").get(reverse("infusion:course", args=[cast.ada_course])).content.decode()
    assert url("session", session) in page
    assert "recovering" in page


def test_who_has_recovered_goes_home_by_one_signature(browse, cast):
    session = settled(cast)
    with time_machine.travel(after(100), tick=False):
        nurse = browse("nurse")
        assert "Everything is met" in nurse.get(url("recovery", session)).content.decode()
        assert nurse.post(url("discharge", session)).status_code == 302
    assert again(session).status == "discharged"


def test_a_session_that_is_over_is_shown_as_it_ended_and_nothing_falls_due(browse, cast):
    session = recovering(cast)
    nurse = browse("nurse")
    nurse.post(url("transfer", session), {"to": "Harbour Hospital", "reason": "Chest pain"})
    shown = nurse.get(url("session", session)).content.decode()
    assert "data-over" in shown
    assert "Nothing is scheduled by the clock now." in shown


def test_a_patient_is_handed_over_with_a_reason(browse, cast):
    session = recovering(cast)
    nurse = browse("nurse")
    assert nurse.post(url("transfer", session), {"to": "Harbour Hospital", "reason": ""}).status_code == 200
    assert again(session).status == "recovering"
    nurse.post(url("transfer", session), {"to": "Harbour Hospital", "reason": "Chest pain"})
    assert again(session).status == "transferred"


def test_a_finding_is_gone_on_against_only_with_a_reason(browse, cast):
    session = today.ready(cast)
    nurse = browse("nurse")
    nurse.post(url("vitals", session), VITALS | {"heart_rate": "115"})
    page = nurse.get(url("gate", session)).content.decode()
    assert "against starting" in page
    overridable = [
        one for one in readiness(again(session), at=timezone.now()).findings if one.may_be_overridden and one.stops
    ]
    rule = overridable[0].finding.rule.id
    assert (
        nurse.post(url("gate-override", session), {"rule": rule, "reason_code": "baseline", "reason": ""}).status_code
        == 422
    )
    nurse.post(url("gate-override", session), {"rule": rule, "reason_code": "baseline", "reason": "Always so"})
    assert "Signed by Harbour Nurse" in nurse.get(url("gate", session)).content.decode()


def test_a_patient_is_checked_in_to_a_chair_from_the_sessions_page(browse, cast):
    session = today.planned(cast)
    nurse = browse("nurse")
    assert url("check-in", session) in nurse.get(url("session", session)).content.decode()
    nurse.post(url("check-in", session), {"chair": "Room 4"})
    assert again(session).chair == "Room 4"


def test_a_session_is_planned_in_the_sites_own_time(browse, cast):
    today.planned(cast)
    nurse = browse("nurse")
    nurse.post(reverse("infusion:plan", args=[cast.ada_course]), {"number": "2", "planned_at": "2026-12-01T09:00"})
    second = cast.course("ada").treatment_sessions.get(number=2)
    assert second.planned_at.isoformat() == "2026-12-01T08:00:00+00:00"


def test_a_note_sent_twice_is_written_once(browse, started):
    nurse = browse("nurse")
    for _ in range(2):
        nurse.post(url("note", started), {"text": "Listens to music.", "nonce": "one-form"})
    assert again(started).events.filter(kind="note").count() == 1


def test_where_no_alarm_is_on_the_words_say_whether_anybody_watches(browse, cast):
    assert "Not monitored yet: the drug has not been started." in shown(browse, today.in_a_chair(cast))


def test_a_session_that_is_over_says_so_where_its_alarms_stood(browse, cast):
    away = recovering(cast)
    browse("nurse").post(url("transfer", away), {"to": "Harbour Hospital", "reason": "Chest pain"})
    assert "The session is over." in shown(browse, away)


def test_no_page_says_that_no_alarm_is_on_without_the_words_for_a_lost_connection(browse, started):
    assert "No alarm is on." in shown(browse, started)
    for page in (shown(browse, started), browse("nurse").get(reverse("infusion:board")).content.decode()):
        assert page.count("No alarm is on.") == page.count("Not live: whether an alarm is on is not known.")


def test_a_value_that_another_device_disproves_is_shown_as_doubtful_and_never_hidden(browse, cast, started):
    values = {"heart_rate": 11, "pulse_rate": 74, "spo2": 97}
    batch = Batch(rows=[Row(at=timezone.now(), values=values)], source="device")
    actions.record_readings(session_id=started.pk, batch=batch, by=cast.actor("nurse"), at=timezone.now())
    page = shown(browse, started)
    assert "doubtful: Pulse rate 74 /min" in page
    assert re.search(r"vital-hr\">11 ", page)
    assert "doubtful" in browse("nurse").get(reverse("infusion:board")).content.decode()


def shown(browse, session) -> str:
    return browse("nurse").get(url("session", session)).content.decode()
