"""A patient answers by a link: one tap a question, on one device, and nothing is lost."""

import logging
import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail

from ketacare.clinic.models import AuditEvent
from ketacare.clinic.queries import active_holds
from ketacare.outcomes import actions as outcomes
from ketacare.outcomes.models import AnswerSet
from ketacare.portal import queries
from ketacare.portal.models import CheckInScale, Invitation
from tests.rooms.infusion.treatment import START
from tests.rooms.portal.asked import DAY, HOUR, arranged, booked, check_in, link, phone, tap, treated, turn

ASKED = START - DAY


@pytest.fixture
def asked(cast):
    """Ada's mail has come; the clocks stand at that moment."""
    arranged(cast)
    booked(cast)
    with time_machine.travel(ASKED, tick=False) as clock:
        turn(ASKED)
        yield clock


def answer_all(device, path, *answers):
    for one in answers:
        tap(device, path, one)


def test_a_tap_is_an_answer_and_the_last_one_records_the_scale_as_it_was_asked(asked, cast):
    device, path = phone(), link()
    answer_all(device, path, *[0] * 8)
    assert not AnswerSet.objects.exists()
    answer_all(device, path, 0)
    row = AnswerSet.objects.get()
    assert (row.instrument_id, row.instrument_version, row.how, row.answered_at) == ("phq9", 1, "by-link", ASKED)
    assert (row.score.status, row.score.main, row.recorded_by_id) == ("complete", 0, cast.ada_user)
    assert device.get(path).context["question"].instrument.id == "gad7"
    answer_all(device, path, *[1] * 7)
    assert "Thank you" in device.get(path).content.decode()
    assert AnswerSet.objects.count() == 2


def test_the_question_after_shows_only_where_it_applies_and_is_left_out_when_it_went_out_of_sight(asked):
    device, path = phone(), link()
    answer_all(device, path, 2, *[0] * 8)
    assert device.get(path).context["question"].item.id == "phq9_10"
    back = device.post(path, {"scale": "phq9", "version": 1, "item": "phq9_1", "answer": 0})
    assert back.status_code == 302
    assert "phq9_10" not in AnswerSet.objects.get().answers


def test_going_back_shows_the_answer_and_changes_it(asked):
    device, path = phone(), link()
    answer_all(device, path, 3, 1)
    shown = device.get(f"{path}?item=phq9_1").context["question"]
    assert [one.value for one in shown.choices if one.is_chosen] == ["3"]
    device.post(path, {"scale": "phq9", "version": 1, "item": "phq9_1", "answer": 1})
    assert CheckInScale.objects.get(instrument_id="phq9").answers == {"phq9_1": 1, "phq9_2": 1}
    assert device.get(path).context["question"].item.id == "phq9_3"
    assert device.get(f"{path}?item=phq9_9").context["question"].item.id == "phq9_3", "no question is jumped to"


def test_a_critical_answer_is_recorded_at_once_and_shows_whom_to_call(asked, cast):
    device, path = phone(), link()
    answer_all(device, path, 2, *[1] * 7)
    reply = tap(device, path, 2)
    assert reply.url == f"{path}help/"
    page = device.get(reply.url).content.decode()
    assert "112" in page
    row = AnswerSet.objects.get()
    assert {one.rule for one in row.alerts.all()} == {"PHQ9_ITEM9_ANY", "PHQ9_ITEM9_FREQUENT"}
    assert active_holds(cast.course("ada")).exists()
    assert "Go on with the questions" in page


def test_a_question_left_open_is_kept_as_left_open_and_its_alert_is_not_silent(asked):
    device, path = phone(), link()
    answer_all(device, path, *[0] * 8)
    assert tap(device, path, "left-open").url == f"{path}help/"
    row = AnswerSet.objects.get()
    assert row.answers["phq9_9"] is None
    assert [one.rule for one in row.alerts.all()] == ["PHQ9_ITEM9_UNANSWERED"]


def test_opening_a_link_binds_nothing_so_a_mail_scanner_locks_nobody_out(asked):
    path = link()
    phone().get(path)
    assert not Invitation.objects.get().device_digest
    assert tap(phone(), path, 1).status_code == 302


def test_a_forwarded_link_is_refused_in_plain_words_and_the_clinic_is_told_once(asked, cast):
    device, path = phone(), link()
    tap(device, path, 1)
    for _ in range(2):
        page = phone().get(path)
        assert (page.status_code, "belongs to another device" in page.content.decode()) == (403, True)
    taken = phone().post(path, {"scale": "phq9", "version": 1, "item": "phq9_2", "answer": 3})
    assert taken.status_code == 403
    assert CheckInScale.objects.get(instrument_id="phq9").answers == {"phq9_1": 1}
    assert [one.kind for one in queries.troubles({cast.here})] == ["other-device"]
    assert phone().get(f"{path}stop/").status_code == 403
    assert tap(device, path, 1).status_code == 302, "the patient's own device goes on"


def test_another_device_learns_nothing_of_what_became_of_it(asked):
    device, path = phone(), link()
    answer_all(device, path, *[0] * 9, *[0] * 7)
    assert device.get(path).status_code == 200
    other = phone().get(path)
    assert (other.status_code, "Thank you" in other.content.decode()) == (403, False)


def test_a_link_used_twice_says_so_and_changes_nothing(asked):
    device, path = phone(), link()
    answer_all(device, path, *[0] * 9, *[0] * 7)
    reply = device.post(path, {"scale": "phq9", "version": 1, "item": "phq9_9", "answer": 3})
    assert (reply.status_code, "Thank you" in reply.content.decode()) == (200, True)
    assert AnswerSet.objects.count() == 2
    assert AnswerSet.objects.get(instrument_id="phq9").answers["phq9_9"] == 0


def test_after_its_time_a_link_is_closed_and_what_was_begun_is_recorded_with_its_alerts(asked, cast):
    device, path = phone(), link()
    answer_all(device, path, 3, 3)
    with time_machine.travel(START + HOUR, tick=False):
        turn(START + HOUR)
        page = device.get(path)
        assert (page.status_code, "nothing is lost" in page.content.decode()) == (410, True)
        assert device.post(path, {"scale": "phq9", "version": 1, "item": "phq9_3", "answer": 3}).status_code == 410
        turn(START + 2 * HOUR)
    row = AnswerSet.objects.get()
    assert (row.answers, row.answered_at, row.score.status) == ({"phq9_1": 3, "phq9_2": 3}, ASKED, "incomplete")
    assert [one.rule for one in row.alerts.all()] == ["PHQ9_ITEM9_UNANSWERED"]


def test_what_was_answered_elsewhere_meanwhile_is_not_recorded_half_again(asked, cast):
    answer_all(phone(), link(), 3, 3)
    whole = {f"phq9_{n}": 0 for n in range(1, 10)}
    given = {"instrument_id": "phq9", "answers": whole, "how": "asked", "answered_at": ASKED + HOUR}
    form_key = "00000000-0000-4000-8000-000000000001"
    by = cast.actor("nurse")
    outcomes.record_answers(course_id=cast.ada_course, **given, form_key=form_key, by=by, at=ASKED + HOUR)
    turn(START + HOUR)
    assert AnswerSet.objects.count() == 1
    assert next(one for one in queries.scales() if one.instrument_id == "phq9").is_answered


@pytest.mark.parametrize(
    "change, says",
    [
        ({"version": 2}, "not the ones that are asked now"),
        ({"scale": "gad7", "item": "gad7_1", "version": 9}, "not the ones that are asked now"),
        ({"scale": "madrs"}, "not the ones that are asked now"),
        ({"item": "phq9_99"}, "no such question"),
        ({"answer": 7}, "Choose one of the answers"),
        ({"answer": ""}, "Choose one of the answers"),
        ({"answer": "2; drop table"}, "Choose one of the answers"),
        ({"version": "one"}, "Choose one of the answers"),
    ],
)
def test_a_wrong_version_or_an_answer_out_of_range_changes_nothing_and_says_what_to_do(asked, change, says):
    reply = tap(phone(), link(), 1, **change)
    assert (reply.status_code, says in reply.content.decode()) == (422, True)
    assert not CheckInScale.objects.exclude(answers={}).exists()


@pytest.mark.parametrize("path", ["/answer/nothing/", "/answer/nothing/help/", "/answer/nothing/stop/"])
def test_a_link_that_there_is_not_is_told_so(cast, path):
    for reply in (phone().get(path), phone().post(path)):
        assert reply.status_code in {404, 405}


def test_two_answers_in_one_day_are_both_kept(asked, cast):
    device, path = phone(), link()
    answer_all(device, path, *[1] * 8, 0, 0)
    form_key = "00000000-0000-4000-8000-000000000002"
    given = {"instrument_id": "phq9", "answers": {f"phq9_{n}": 0 for n in range(1, 10)}, "how": "asked"}
    later = ASKED + 2 * HOUR
    by = cast.actor("nurse")
    outcomes.record_answers(course_id=cast.ada_course, **given, answered_at=later, form_key=form_key, by=by, at=later)
    assert [row.score.main for row in AnswerSet.objects.filter(instrument_id="phq9").order_by("answered_at")] == [8, 0]


def test_a_reminders_link_works_on_another_device_and_goes_on_where_the_first_stopped(cast):
    arranged(cast)
    treated(cast)
    at = START + 7 * DAY + HOUR
    with time_machine.travel(at, tick=False) as clock:
        turn(at)
        tap(phone(), link(), 2)
        clock.move_to(at + DAY)
        turn(at + DAY)
        tablet, path = phone(), link()
        assert tablet.get(path).context["question"].item.id == "phq9_2"
        assert tap(tablet, path, 0).status_code == 302
    assert CheckInScale.objects.get(check_in=check_in("day_7")).answers == {"phq9_1": 2, "phq9_2": 0}


def test_the_page_is_kept_by_no_cache_found_by_no_search_and_names_nobody(asked, cast, caplog):
    with caplog.at_level(logging.DEBUG):
        page = phone().get(link())
    text = page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert "noindex" in page["X-Robots-Tag"]
    assert page["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert "<script" not in text
    assert not re.search(r"\b(Ada|Lindqvist|Harbour)\b", text + caplog.text)
    cookie = tap(phone(), link(), 1).cookies["answer_device"]
    assert (cookie["httponly"], cookie["path"], cookie["samesite"]) == (True, "/answer/", "Lax")


def test_the_audit_names_the_patient_as_the_one_who_answered(asked, cast):
    tap(phone(), link(), 1)
    event = AuditEvent.objects.filter(did="question answered by link").get()
    assert (event.actor, event.patients) == (f"patient:{cast.ada}", [cast.ada])


def test_no_more_messages_with_one_tap_and_the_questions_stay(asked, cast):
    device, path = phone(), link()
    assert "Stop these messages?" in device.get(f"{path}stop/").content.decode()
    assert not cast.patient("ada").contact_wishes.opted_out_at
    assert "No more of these" in device.post(f"{path}stop/").content.decode()
    assert cast.patient("ada").contact_wishes.opted_out_at == ASKED
    turn(ASKED + timedelta(hours=24) - HOUR)
    assert len(mail.outbox) == 1
    assert device.get(path).status_code == 200


def test_a_form_without_its_token_is_refused(asked):
    device, path = phone(), link()
    device.handler.enforce_csrf_checks = True
    assert tap(device, path, 1).status_code == 403
