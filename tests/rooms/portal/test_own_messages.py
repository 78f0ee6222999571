"""Messages to the clinic: with an owner and a clock, never held back, and danger is met at once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.portal import actions
from ketacare.portal.actions.answering import link_of
from ketacare.portal.models import Thread, ThreadMessage
from ketacare.portal.own.talking import unread
from ketacare.science.patients import messages as words
from ketacare.worklist.queries.messages import messages_waiting
from tests.cast import NOW
from tests.rooms.portal.talking import answered, written

MESSAGES = reverse("portal:own-messages")
HOUR = timedelta(hours=1)
DANGER = "I want to end my life."


def test_every_page_of_messages_says_it_is_not_for_emergencies_and_whom_to_call(browse, cast):
    row = written(cast)
    for page in (MESSAGES, reverse("portal:own-thread", args=[row.thread_id])):
        text = browse("patient").get(page).content.decode()
        assert "Not for emergencies" in text
        assert "112" in text


def test_a_message_is_sent_read_answered_and_read_again(browse, cast):
    patient, nurse = browse("patient"), browse("nurse")
    sent = patient.post(MESSAGES, {"subject": "Music", "text": "May I bring music? 🎵 ñ", "form_key": uuid4()})
    (thread,) = Thread.objects.all()
    assert sent.url == reverse("portal:own-thread", args=[thread.pk])
    assert thread.answer_by - thread.waits_since == timedelta(hours=words.load().response_h)
    page = nurse.get(reverse("portal:thread", args=[thread.pk]))
    assert "May I bring music? 🎵 ñ" in page.content.decode()
    form = page.context["form"]
    told = {"text": "Yes.", "is_care": "no", "form_key": uuid4(), "seen_until": form.initial["seen_until"]}
    assert nurse.post(reverse("portal:thread", args=[thread.pk]), told).status_code == 302
    assert unread(cast.patient("ada")) == 1
    assert "Yes." in patient.get(sent.url).content.decode()
    assert unread(cast.patient("ada")) == 0
    thread.refresh_from_db()
    assert (thread.waits_since, thread.is_care, thread.owner_id) == (None, False, cast.staff["nurse"])


@pytest.mark.parametrize("text", [DANGER, "Quiero MORIR", "chest   pain since noon", "me quiero hacerme daño"])
def test_words_of_danger_lead_to_whom_to_call_and_the_message_goes_all_the_same(browse, cast, text):
    reply = browse("patient").post(MESSAGES, {"subject": "Today", "text": text, "form_key": uuid4()})
    (row,) = ThreadMessage.objects.all()
    assert reply.url == reverse("portal:own-help", args=[row.thread_id])
    assert "Call 112 now." in browse("patient").get(reply.url).content.decode()
    assert row.text == text
    assert row.thread.names_danger
    assert row.thread.answer_by - row.thread.waits_since == timedelta(hours=words.load().danger_h)


def test_danger_in_a_second_message_shortens_the_clock_and_a_calm_one_never_lengthens_it(cast):
    row = written(cast)
    ada = link_of(cast.patient("ada"))
    actions.write_on(thread_id=row.thread_id, text=DANGER, form_key=uuid4(), by=ada, at=NOW + HOUR)
    actions.write_on(thread_id=row.thread_id, text="Sorry.", form_key=uuid4(), by=ada, at=NOW + 2 * HOUR)
    thread = Thread.objects.get()
    assert thread.waits_since == NOW
    assert thread.answer_by == NOW + HOUR + timedelta(hours=words.load().danger_h)
    assert thread.names_danger


def test_danger_stands_first_on_everybodys_list_and_whose_it_is_elsewhere(cast):
    calm, grave = written(cast, at=NOW - HOUR), written(cast, "ben", DANGER)
    nurse, therapist = cast.actor("nurse"), cast.actor("therapist")
    for row in (calm, grave):
        actions.take_thread(thread_id=row.thread_id, by=nurse, at=NOW)
    found = {who: messages_waiting(by, NOW) for who, by in (("nurse", nurse), ("therapist", therapist))}
    assert [one.of for one in found["nurse"]] == [(grave.thread_id,), (calm.thread_id,)]
    assert [(one.of, one.urgency) for one in found["therapist"]] == [((grave.thread_id,), 0)]
    assert "Taken by" not in found["nurse"][0].what
    late = messages_waiting(therapist, NOW + timedelta(hours=words.load().response_h))
    assert (calm.thread_id,) in [one.of for one in late], "what is overdue is everybody's"
    assert messages_waiting(cast.actor("front-desk"), NOW) == []
    assert messages_waiting(cast.actor("nurse", there=True), NOW) == []


def test_an_answer_to_what_was_not_read_is_refused(cast):
    row = written(cast)
    actions.write_on(
        thread_id=row.thread_id, text="And one more thing", form_key=uuid4(), by=link_of(cast.patient("ada")), at=NOW
    )
    with pytest.raises(ActionRefused, match="written-since"):
        answered(cast, row)


def test_a_form_sent_twice_is_one_message(browse, cast):
    told = {"subject": "Music", "text": "Twice?", "form_key": uuid4()}
    for _ in range(2):
        browse("patient").post(MESSAGES, told)
    assert ThreadMessage.objects.count() == 1


def test_what_once_named_danger_stays_care_whatever_is_ticked(cast):
    thread = answered(cast, written(cast, text=DANGER), is_care=False)
    assert thread.is_care


def test_another_patients_thread_and_a_missing_one_are_the_same_answer(browse, cast):
    bens = written(cast, "ben").thread_id
    for name in ("portal:own-thread", "portal:own-help"):
        replies = [browse("patient").get(reverse(name, args=[pk])) for pk in (bens, 987654)]
        assert {one.status_code for one in replies} == {404}
    with pytest.raises(NotAllowed):
        actions.write_on(
            thread_id=bens, text="Hello", form_key=uuid4(), by=link_of(cast.patient("ada")), at=timezone.now()
        )


def test_too_long_and_empty_messages_are_refused(browse, cast):
    for text in ("", "   ", "x" * (words.load().longest + 1)):
        reply = browse("patient").post(MESSAGES, {"subject": "Music", "text": text, "form_key": uuid4()})
        assert reply.status_code in {409, 422}, text[:5]
    assert not Thread.objects.exists()


def test_no_message_is_in_an_audit_event(cast):
    row = written(cast, text="A secret about me")
    events = row.thread.patient.audit.values_list("event__did", "event__details")
    assert "secret" not in str(list(events))
