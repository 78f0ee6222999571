"""The question list, its result, the course's outcomes, the alerts that wait."""

import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ketacare.outcomes import looking_after, queries
from ketacare.outcomes.models import Alert, AnswerSet
from ketacare.science.scales import library
from tests.cast import NOW
from tests.rooms.outcomes.caring import CALM, record, troubled


def url(name, *args):
    return reverse(f"outcomes:{name}", args=args)


def answers(cast, **changes):
    given = {name: str(value) for name, value in CALM.items()}
    today = timezone.now().date().isoformat()
    return given | {"how": "by-patient", "answered_on": today, "form_key": str(uuid4())} | changes


def test_a_question_list_begins_with_nothing_answered(browse, cast):
    page = browse("nurse").get(url("answers-new", cast.ada_course, "phq9")).content.decode()
    assert "Little interest or pleasure in doing things" in page
    questions = re.findall(r'<input type="radio" name="phq9_[^>]*>', page)
    assert len(questions) == 40
    assert not any("checked" in question for question in questions)


def test_answers_typed_on_the_page_are_kept_and_their_result_is_shown(browse, cast):
    client = browse("nurse")
    reply = client.post(url("answers-new", cast.ada_course, "phq9"), answers(cast, phq9_1="3", phq9_2="3", phq9_3="1"))
    row = AnswerSet.objects.get()
    assert reply.url == url("answers", cast.ada_course, row.pk)
    page = client.get(reply.url).content.decode()
    assert "Mild" in page
    assert "not reviewed by a clinician" in page
    assert "US Core Questionnaire phq-9-example" in page
    assert row.answers["phq9_1"] == 3
    assert row.recorded_by_id == cast.staff["nurse"]


def test_a_question_left_open_is_asked_once_more_and_nothing_typed_is_lost(browse, cast):
    client, where = browse("nurse"), url("answers-new", cast.ada_course, "phq9")
    typed = answers(cast, phq9_1="2", phq9_4="", phq9_9="")
    page = client.post(where, typed)
    assert page.status_code == 422
    assert not AnswerSet.objects.exists()
    assert "Without an answer: 4, 9." in page.content.decode()
    assert re.search(r'name="phq9_1" value="2"[^>]*checked', page.content.decode())
    client.post(where, typed | {"leave_open": "on"})
    assert AnswerSet.objects.get().answers["phq9_9"] is None
    assert Alert.objects.get().rule == "PHQ9_ITEM9_UNANSWERED"


@pytest.mark.parametrize(
    "change", [{"phq9_1": "4"}, {"answered_on": "2199-01-01"}, {"answered_on": "soon"}, {"how": "x"}, {"form_key": "x"}]
)
def test_what_cannot_be_read_keeps_nothing(browse, cast, change):
    page = browse("nurse").post(url("answers-new", cast.ada_course, "phq9"), answers(cast, **change))
    assert page.status_code == 422
    assert not AnswerSet.objects.exists()


def test_answers_from_paper_keep_their_own_day(browse, cast):
    yesterday = timezone.now().date() - timedelta(days=3)
    form = answers(cast, how="from-paper", answered_on=yesterday.isoformat())
    browse("nurse").post(url("answers-new", cast.ada_course, "phq9"), form)
    row = AnswerSet.objects.get()
    assert (row.how, row.answered_at.date()) == ("from-paper", yesterday)


def test_a_scale_that_is_not_shipped_is_not_found(browse, cast):
    assert browse("nurse").get(url("answers-new", cast.ada_course, "rorschach")).status_code == 404


def test_a_scale_that_asks_about_the_person_gets_its_answer(browse, cast):
    form = {"auditc_1": "2", "auditc_2": "1", "auditc_3": "0", "sex_for_cutoff": "male"}
    browse("nurse").post(url("answers-new", cast.ada_course, "audit_c"), answers(cast) | form)
    assert AnswerSet.objects.get().context == {"sex_for_cutoff": "male"}


def test_the_course_page_offers_phq9_and_gad7_and_shows_what_changed(browse, cast):
    record(cast, answers={f"phq9_{n}": 2 for n in range(1, 10)} | {"phq9_9": 0})
    record(cast, at=NOW + timedelta(days=7), answered_at=NOW + timedelta(days=7), answers=CALM | {"phq9_1": 2})
    page = browse("quality").get(url("course", cast.ada_course)).content.decode()
    assert "Patient Health Questionnaire-9" in page
    assert "Generalized Anxiety Disorder" in page
    assert "87.5 % better · response · remission range" in page
    assert "Fill in PHQ-9" not in page
    assert "Fill in PHQ-9" in browse("therapist").get(url("course", cast.ada_course)).content.decode()


def test_answers_of_another_course_are_not_found_under_this_one(browse, cast):
    row = record(cast, by=cast.actor("nurse", there=True), course_id=cast.zoe_course)
    assert browse("nurse").get(url("answers", cast.ada_course, row.pk)).status_code == 404


def test_an_alert_goes_from_the_list_to_its_end(browse, cast):
    alert = troubled(cast).alerts.get()
    client = browse("prescriber")
    page = client.get(url("alerts")).content.decode()
    assert "Lindqvist" in page
    assert "Today, before any dose" in page
    assert "Nobody is named" in page
    assert "Thoughts that you would be better off dead or of hurting yourself in some way: Several days" in page
    client.post(url("alert-take", alert.pk))
    page = client.get(url("alert", alert.pk)).content.decode()
    assert f"taken by {cast.user('prescriber').name}" in page
    assert "Close the alert" not in page
    tried = {"tried_at": typed(), "how": "phone", "done_then": "Left a message with her sister"}
    page = client.post(url("alert-attempt", alert.pk), tried, follow=True).content.decode()
    assert "Left a message with her sister" in page
    assert client.post(url("alert-close", alert.pk), {"reason": "Could not reach her"}).status_code == 409
    said = {"made_at": typed(), "made_by": "Ambulance crew", "how": "through-others", "found": "Safe with her sister"}
    page = client.post(url("alert-contact", alert.pk), said, follow=True).content.decode()
    assert "Ambulance crew spoke with the patient" in page
    client.post(url("alert-close", alert.pk), {"reason": "Safety plan made"})
    page = client.get(url("answers", cast.ada_course, alert.answer_set_id)).content.decode()
    assert "Safety plan made" in page
    assert "Safe with her sister" in page
    assert "No alert is waiting" in client.get(url("alerts")).content.decode()


def typed() -> str:
    """Now, as a browser at the site types it."""
    return f"{timezone.now().astimezone(ZoneInfo('Europe/Berlin')):%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize(
    "page, given", [("alert-contact", {"how": "x"}), ("alert-attempt", {}), ("alert-hand-over", {"to": "98765"})]
)
def test_what_cannot_be_read_about_an_alert_is_shown_again_and_nothing_is_kept(browse, cast, page, given):
    alert = troubled(cast).alerts.get()
    reply = browse("nurse").post(url(page, alert.pk), given)
    assert reply.status_code == 422
    assert "field-error" in reply.content.decode()
    alert.refresh_from_db()
    assert (alert.status, alert.contact) == ("open", None)


def test_a_second_tab_is_told_who_was_first(browse, cast):
    alert = troubled(cast).alerts.get()
    browse("nurse").post(url("alert-take", alert.pk))
    reply = browse("therapist").post(url("alert-take", alert.pk))
    assert reply.status_code == 409
    assert f"It is with {cast.user('nurse').name} now" in reply.content.decode()


def test_an_alert_is_handed_to_another_who_has_to_take_it(browse, cast):
    alert = troubled(cast).alerts.get()
    client = browse("nurse")
    client.post(url("alert-take", alert.pk))
    to = {"to": cast.staff["therapist"], "seen_owner": cast.staff["nurse"]}
    page = client.post(url("alert-hand-over", alert.pk), to, follow=True).content.decode()
    assert f"named: {cast.user('therapist').name}, not taken yet" in page


def test_after_their_answers_a_patient_sees_whom_to_call_and_nothing_of_the_score(browse, cast):
    client = browse("nurse")
    reply = client.post(url("answers-new", cast.ada_course, "phq9"), answers(cast, phq9_9="1"))
    row = AnswerSet.objects.get()
    assert reply.url == url("answers-help", cast.ada_course, row.pk)
    page = client.get(reply.url).content.decode()
    assert "Someone at the clinic is asked to look at your answers" in page
    assert "call the emergency number of the place where you are" in page  # this site names no country
    assert "answers-total" not in page
    page = client.get(url("answers", cast.ada_course, row.pk)).content.decode()
    assert "Tell or show the patient now" in page


def test_calm_answers_and_answers_typed_from_paper_lead_to_the_result(browse, cast):
    client, where = browse("nurse"), url("answers-new", cast.ada_course, "phq9")
    assert "help" not in client.post(where, answers(cast)).url
    assert "help" not in client.post(where, answers(cast, phq9_9="1", how="from-paper")).url


def test_alerts_of_another_site_are_not_listed(browse, cast):
    troubled(cast, by=cast.actor("nurse", there=True), course_id=cast.zoe_course)
    assert "No alert is waiting" in browse("nurse").get(url("alerts")).content.decode()


def test_the_most_urgent_and_oldest_alert_comes_first(cast):
    record(cast, answers={f"phq9_{n}": 3 for n in range(1, 9)} | {"phq9_9": 0})
    late = NOW + timedelta(hours=1)
    troubled(cast, answer=2, at=late)
    levels = [one.alert.level for one in looking_after.waiting_alerts(cast.actor("nurse"))]
    assert levels == sorted(levels, reverse=True) == [3, 2, 1]


def test_the_alert_list_takes_the_same_queries_for_one_alert_and_for_many(browse, cast):
    client = browse("nurse")
    troubled(cast)
    few = count(client, url("alerts"))
    for _ in range(5):
        troubled(cast)
    assert count(client, url("alerts")) == few


def test_the_course_page_takes_the_same_queries_for_two_sittings_and_for_ten(browse, cast):
    client = browse("nurse")
    record(cast)
    record(cast)
    few = count(client, url("course", cast.ada_course))
    for _ in range(8):
        record(cast)
    assert count(client, url("course", cast.ada_course)) == few


def count(client, path) -> int:
    client.get(path)  # the first page of a log-in also writes its session
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def test_a_score_kept_is_what_scoring_says_again(cast):
    for answers_given in (CALM, CALM | {"phq9_2": None}, {"phq9_1": 9}, {}):
        row = record(cast, answers=answers_given)
        result = queries.result(row)
        assert (row.score.status, row.score.main) == (result.score.status, result.score.main)
        assert result.is_current


def test_old_answers_are_shown_as_they_were_asked_when_a_newer_version_exists(browse, cast, monkeypatch):
    row = record(cast)
    newer = library.load("phq9").model_copy(update={"version": 2, "edition": "English, another wording"})
    asked = library.load
    monkeypatch.setattr(library, "load", lambda name, version=None: newer if version is None else asked(name, version))
    result = queries.result(row)
    assert (result.instrument.version, result.is_current) == (1, True)
    page = browse("nurse").get(url("answers", cast.ada_course, row.pk)).content.decode()
    assert "English, 2-week" in page
    assert "another wording" not in page


def test_a_corrected_sitting_no_longer_counts_and_says_so(browse, cast):
    wrong = record(cast, answers=CALM | {"phq9_1": 3})
    right = record(cast, supersedes=wrong)
    assert [row.pk for row in queries.standing(cast.course("ada"))] == [right.pk]
    assert b"were corrected" in browse("nurse").get(url("answers", cast.ada_course, wrong.pk)).content


def test_improvement_is_from_the_first_score_to_the_newest(cast):
    course = cast.course("ada")
    assert queries.improvement_pct(course, instrument_id="phq9", at=NOW) is None
    record(cast, answers=CALM | {"phq9_1": 3, "phq9_2": 3, "phq9_3": 2})
    assert queries.improvement_pct(course, instrument_id="phq9", at=NOW) is None
    later = NOW + timedelta(days=3)
    record(cast, answers=CALM | {"phq9_1": 3, "phq9_2": 3}, answered_at=later, at=later)
    assert queries.improvement_pct(course, instrument_id="phq9", at=later) == Decimal(25)
    assert queries.improvement_pct(course, instrument_id="phq9", at=NOW) is None


def test_a_scale_without_a_total_shows_its_class_and_no_change(browse, cast):
    calm = {"cssrs_1": 0, "cssrs_2": 0, "cssrs_6": 0}
    for _ in range(2):
        row = record(cast, instrument_id="cssrs_screener", answers=calm)
    page = browse("nurse").get(url("answers", cast.ada_course, row.pk)).content.decode()
    assert "Ideation severity" in page
    assert browse("nurse").get(url("course", cast.ada_course)).status_code == 200


def test_an_alert_says_which_answers_or_scores_raised_it(cast):
    record(cast, answers={f"phq9_{n}": 3 for n in range(1, 9)})
    record(cast, instrument_id="cssrs_screener", answers={"cssrs_1": 1, "cssrs_2": 0})
    said = {waiting.alert.rule: waiting.because for waiting in looking_after.alerts_of(cast.course("ada"))}
    assert said["PHQ9_SEVERE"] == ("total 27",)
    assert said["PHQ9_ITEM9_UNANSWERED"][0].endswith("in some way: no answer")
    assert said["CSSRS_LOW"] == ("risk: low",)
    assert said["CSSRS_INCOMPLETE"] == ()


def test_a_risk_that_may_yet_be_higher_is_said_to_be_at_least_that(cast):
    row = record(cast, instrument_id="cssrs_screener", answers={"cssrs_1": 1})
    assert dict(queries.result(row).parts) == {"ideation severity": "1", "risk": "at least low"}
    nothing = record(cast, answers={})
    assert dict(queries.result(nothing).parts)["Screening algorithm"] == ""
