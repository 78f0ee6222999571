"""What is kept of the plan, when a message leaves, and what becomes of one that did not."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent
from ketacare.infusion import actions as infusion
from ketacare.portal import actions, letters, queries, running
from ketacare.portal.models import CheckIn, CourseClock, Invitation, Message, Trouble
from ketacare.portal.queries import digest
from ketacare.science.checkins.plan import load
from tests.cast import NOW
from tests.rooms import steps
from tests.rooms.infusion.treatment import START, planned
from tests.rooms.portal.asked import CLOCK, DAY, HOUR, MAIL, MINUTE, arranged, booked, check_in, link, treated, turn

OPENS = START.replace(hour=9, minute=0) - 2 * DAY  # ten o'clock in Berlin, two days before


def lost(outgoing):
    raise ConnectionRefusedError("the server at mail.example does not know ada@patients.example")


def killed(outgoing):
    raise KeyboardInterrupt


def test_a_check_in_is_kept_when_it_opens_once_and_with_the_versions_that_are_asked(cast):
    booked(cast)
    at = max(OPENS, steps.SIGNED)
    turn(at - MINUTE)
    turn(at + DAY)
    turn(at + DAY)
    row = CheckIn.objects.get()
    assert (row.point_id, row.closes_at, row.nurse) == ("before_session", START, None)
    asked = [(one.instrument_id, one.instrument_version) for one in row.scales.order_by("place")]
    assert asked == [("phq9", 1), ("gad7", 1)]


def test_what_had_closed_before_the_clock_began_is_nobodys_omission(cast):
    treated(cast)
    CourseClock.objects.update(asked_from=START + 6 * DAY)
    turn(START + 20 * DAY)
    assert {row.point_id for row in CheckIn.objects.all()} == {"day_7", "day_14"}


def test_after_a_session_the_nurse_who_started_the_drug_is_kept_and_no_turn_missed_is_lost(cast):
    treated(cast)
    turn(START + 20 * DAY)  # the service was down until now
    rows = {row.point_id: row for row in CheckIn.objects.all()}
    assert rows.keys() == {"after_4h", "after_24h", "day_3", "day_7", "day_14"}
    assert {row.nurse_id for row in rows.values()} == {cast.staff["nurse"]}
    assert not Message.objects.exclude(check_in__point_id="day_14").exists()


def test_nobody_is_written_to_who_did_not_say_how(cast):
    booked(cast)
    turn(START - DAY)
    assert not mail.outbox
    assert CheckIn.objects.exists()


def test_the_mail_names_nobody_and_its_link_is_kept_as_a_hash(cast):
    arranged(cast)
    booked(cast)
    turn(START - DAY)
    (letter,) = mail.outbox
    assert letter.to == ["ada@patients.example"]
    for word in ("Ada", "Lindqvist", "ketamine", "depress", "PHQ", "session", "infusion"):
        assert word.lower() not in (letter.subject + letter.body).lower()
    token = link().split("/")[2]
    assert Invitation.objects.get().token_digest == digest(token)
    assert token not in str(list(AuditEvent.objects.values())) + str(list(Invitation.objects.values()))


def test_each_reminder_is_sent_once_until_everything_is_answered(cast):
    arranged(cast)
    treated(cast)
    opens = load().point("day_7")
    for hours in range(0, 12 * 24, 6):
        turn(START + hours * HOUR)
    sent = Message.objects.filter(check_in=check_in("day_7")).order_by("number")
    assert [one.number for one in sent] == list(range(1 + len(opens.reminders)))
    assert {one.status for one in Message.objects.all()} == {"sent"}
    before = len(mail.outbox)
    turn(START + 12 * DAY)
    assert len(mail.outbox) == before


def test_of_several_that_came_due_while_the_service_was_down_only_the_newest_is_sent(cast):
    arranged(cast)
    treated(cast)
    turn(START + 10 * DAY + HOUR)
    assert [(one.check_in.point_id, one.number) for one in Message.objects.all()] == [("day_7", 2)]


def test_nothing_is_sent_in_quiet_hours_and_it_is_made_up_for_in_the_morning(cast):
    arranged(cast)
    treated(cast)
    night = (START + 7 * DAY).replace(hour=22)
    turn(night)
    assert not mail.outbox
    turn(night + 10 * HOUR)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "change", [{"is_opted_out": True}, {"channel": "text", "phone": "555 0199"}], ids=["opted out", "no text service"]
)
def test_who_wants_no_messages_or_cannot_be_reached_is_still_asked(cast, change):
    arranged(cast, replace(MAIL, **change))
    booked(cast)
    turn(START - DAY)
    assert CheckIn.objects.exists()
    assert not Message.objects.exists()


def test_without_a_mail_server_nothing_is_called_sent(cast, settings):
    settings.CAN_SEND_EMAIL = False
    arranged(cast)
    booked(cast)
    turn(START - DAY)
    assert not Message.objects.exists()


def test_a_text_message_is_a_file_of_its_own_where_files_are_the_sender(cast, settings, tmp_path):
    settings.TEXT_SENDER, settings.TEXT_FOLDER = "ketacare.portal.texting.into_files", tmp_path / "texts"
    arranged(cast, replace(MAIL, channel="text", email="", phone="555 0199"))
    booked(cast)
    turn(START - DAY)
    (file,) = (tmp_path / "texts").iterdir()
    assert file.read_text().startswith("To: 555 0199\n")
    assert "/answer/" in file.read_text()


def test_a_message_that_failed_is_seen_and_tried_again_with_another_link(cast, monkeypatch, caplog):
    arranged(cast)
    booked(cast)
    at = START - DAY
    monkeypatch.setattr(letters, "send", lost)
    turn(at)
    message = Message.objects.get()
    assert (message.status, message.error, message.tries) == ("failed", "ConnectionRefusedError", 1)
    assert "ada@" not in caplog.text
    monkeypatch.undo()
    turn(at + MINUTE / 2)
    assert not mail.outbox, "its time has not come"
    turn(at + 2 * MINUTE)
    message.refresh_from_db()
    assert (message.status, message.tries, len(mail.outbox)) == ("sent", 2, 1)
    assert [bool(one.withdrawn_at) for one in Invitation.objects.order_by("pk")] == [True, False]


def test_a_message_that_fails_again_and_again_stands_on_a_list(cast, monkeypatch):
    arranged(cast)
    booked(cast)
    monkeypatch.setattr(letters, "send", lost)
    at = START - DAY
    for _ in load().messages.retry_after_min:
        turn(at)
        at = Message.objects.get().next_try_at
    assert [one.kind for one in queries.troubles({cast.here})] == ["not-sent"]


def test_a_kill_between_writing_down_and_the_answer_of_the_server_never_sends_it_twice(cast, monkeypatch):
    arranged(cast)
    booked(cast)
    at = START - DAY
    monkeypatch.setattr(letters, "send", killed)
    with pytest.raises(KeyboardInterrupt):
        turn(at)
    monkeypatch.undo()
    turn(at + MINUTE)
    assert (Message.objects.get().status, len(mail.outbox)) == ("sending", 0)
    turn(at + 6 * MINUTE)
    assert (Message.objects.get().status, len(mail.outbox)) == ("unsure", 0)
    assert [one.kind for one in queries.troubles({cast.here})] == ["unsure"]


def test_a_new_link_asked_for_by_hand_is_sent_and_never_for_what_is_closed(cast):
    arranged(cast)
    booked(cast)
    turn(START - DAY)
    row = check_in("before_session")
    actions.send_again(check_in_id=row.pk, by=cast.actor("nurse"), at=START - DAY + HOUR)
    turn(START - DAY + HOUR)
    assert len(mail.outbox) == 2
    with pytest.raises(ActionRefused, match="closed"):
        actions.send_again(check_in_id=row.pk, by=cast.actor("nurse"), at=START + HOUR)


def test_a_session_called_off_calls_off_what_was_asked_about_it(cast):
    session = booked(cast)
    arranged(cast)
    turn(START - DAY)
    infusion.cancel(session_id=session.pk, reason="Has a cold", by=cast.actor("nurse"), at=START - DAY + HOUR)
    turn(START - DAY + 2 * HOUR)
    assert check_in("before_session").called_off_at == START - DAY + 2 * HOUR
    assert len(mail.outbox) == 1


def test_two_turns_at_once_write_and_send_once(cast):
    arranged(cast)
    booked(cast)
    turn(START - DAY)
    assert actions.begin_message(check_in_id=check_in("before_session").pk, by=CLOCK, at=START - DAY) is None
    assert not actions.ask_course(course_id=cast.ada_course, by=CLOCK, at=START - DAY)


def test_a_turn_asks_the_database_as_often_however_many_check_ins_are_open(cast, django_assert_max_num_queries):
    arranged(cast)
    treated(cast)
    turn(START + 7 * DAY)
    with django_assert_max_num_queries(16):
        turn(START + 7 * DAY + MINUTE)


@pytest.mark.parametrize(
    "change, says",
    [
        ({"email": ""}, "where the messages"),
        ({"time_zone": "Mars/Olympus"}, "no such time zone"),
        ({"hour": 22}, "quiet hours"),
        ({"hour": 3, "quiet_from_h": 1, "quiet_until_h": 5}, "quiet hours"),
    ],
)
def test_wishes_that_nobody_could_follow_are_refused(cast, change, says):
    with pytest.raises(ActionRefused, match=says):
        arranged(cast, replace(MAIL, **change))


@pytest.mark.parametrize("role", ["front-desk", "quality", "administrator", "patient"])
def test_who_does_not_treat_arranges_nothing(cast, role):
    by = cast.patient_actor() if role == "patient" else cast.actor(role)
    with pytest.raises(NotAllowed):
        actions.keep_wishes(course_id=cast.ada_course, wishes=MAIL, by=by, at=NOW)
    with pytest.raises(NotAllowed):
        actions.ask_course(course_id=cast.ada_course, by=by, at=NOW)


def test_opting_out_keeps_its_first_time_and_opting_in_takes_it_away(cast):
    arranged(cast, replace(MAIL, is_opted_out=True), at=NOW)
    arranged(cast, replace(MAIL, is_opted_out=True, hour=11), at=NOW + timedelta(days=2))
    patient = cast.patient("ada")
    assert patient.contact_wishes.opted_out_at == NOW
    arranged(cast, at=NOW + timedelta(days=3))
    patient = cast.patient("ada")
    assert patient.contact_wishes.opted_out_at is None


def test_a_trouble_goes_when_somebody_has_seen_it_and_comes_back_when_it_happens_again(cast):
    booked(cast)
    turn(START - DAY)
    row = check_in("before_session")
    from_now = {"check_in": row, "kind": "other-device", "told_at": NOW}
    trouble = Trouble.objects.create(**from_now)
    actions.mark_seen(trouble_id=trouble.pk, by=cast.actor("nurse"), at=NOW)
    assert not queries.troubles({cast.here}).exists()
    Trouble.objects.create(**from_now)
    assert queries.troubles({cast.here}).count() == 1
    assert not queries.troubles({cast.there}).exists()


def test_a_trouble_waits_on_the_list_of_who_looks_after_check_ins(cast, browse):
    booked(cast)
    turn(START - DAY)
    Trouble.objects.create(check_in=check_in("before_session"), kind="other-device", told_at=NOW)
    assert "Its link was opened on another device" in browse("nurse").get("/").content.decode()
    assert "Its link was opened on another device" not in browse("front-desk").get("/").content.decode()


def test_one_course_that_fails_keeps_no_other_from_its_turn(cast, monkeypatch, caplog):
    planned(cast)
    monkeypatch.setattr(actions, "ask_course", lambda **_: 1 / 0)
    running.ask_courses(by=CLOCK, at=START - DAY)
    assert "could not be turned" in caplog.text
