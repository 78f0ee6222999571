"""The call of the next day waits until somebody was reached."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.followup import actions, calls
from ketacare.followup.models import NextDayCall
from ketacare.infusion import actions as infusion
from ketacare.worklist.queries.today import work
from tests.rooms.infusion import treatment
from tests.rooms.infusion.treatment import HOME, after

LEFT = after(100)
DAY = timedelta(days=1)


@pytest.fixture
def gone_home(cast):
    return infusion.discharge(session_id=treatment.settled(cast).pk, by=cast.actor("nurse"), at=LEFT)


def waiting(cast, at, role="nurse"):
    return [item for item in work(cast.actor(role), at=at) if item.what == "Call the patient after the session"]


def called(cast, session, at, *, reached=True, said="Slept well, did not drive"):
    return actions.record_call(session_id=session.pk, reached=reached, said=said, by=cast.actor("nurse"), at=at)


def test_a_call_is_due_within_a_day_of_going_home_with_who_makes_it(cast, gone_home):
    due = calls.call_due(gone_home)
    assert (due.left_at, due.due_at, due.booked) == (LEFT, LEFT + DAY, HOME["home.next_day_call_booked"][1])
    (item,) = waiting(cast, LEFT + DAY)
    assert ("Harbour Nurse, tomorrow at 10" in item.why, item.urgency) == (True, 1)
    (item,) = waiting(cast, LEFT + DAY + timedelta(minutes=1))
    assert ("overdue" in item.why, item.urgency) == (True, 0)


def test_a_call_that_nobody_answered_still_waits_and_one_that_was_heard_does_not(cast, gone_home):
    called(cast, gone_home, LEFT + DAY, reached=False, said="No answer")
    (item,) = waiting(cast, LEFT + DAY)
    assert "tried 1 time" in item.why
    called(cast, gone_home, LEFT + DAY)
    assert waiting(cast, LEFT + DAY) == []
    assert calls.call_due(gone_home) is None


def test_a_patient_in_the_chair_is_not_called(cast):
    session = treatment.started(cast)
    assert calls.call_due(session) is None
    with pytest.raises(ActionRefused, match="has not gone home"):
        called(cast, session, after(10))


def test_a_call_says_what_was_heard_and_is_never_changed(cast, gone_home):
    with pytest.raises(ActionRefused, match="Say what was heard"):
        called(cast, gone_home, LEFT + DAY, said=" ")
    called(cast, gone_home, LEFT + DAY)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        NextDayCall.objects.all().delete()


def test_only_clinicians_of_the_site_write_a_call_down(cast, gone_home):
    for by in (cast.actor("front-desk"), cast.actor("nurse", there=True)):
        with pytest.raises(NotAllowed):
            actions.record_call(session_id=gone_home.pk, reached=True, said="Well", by=by, at=LEFT + DAY)


def test_the_calls_of_a_site_cost_the_same_however_many_there_are(cast, gone_home):
    with CaptureQueriesContext(connection) as asked:
        assert len(calls.calls_due([cast.here], limit=50)) == 1
    assert len(asked) == 2


def test_the_page_takes_what_was_heard(cast, gone_home, browse):
    page = reverse("followup:call", args=[gone_home.pk])
    client = browse("nurse")
    text = client.get(page).content.decode()
    assert "Harbour Nurse, tomorrow at 10" in text
    assert "No telephone number is on file" in text
    assert client.post(page, {"reached": "yes"}).status_code == 422
    assert client.post(page, {"reached": "yes", "said": "Slept well"}).status_code == 302
    text = client.get(page).content.decode()
    assert "Slept well" in text
    assert "Write it down" not in text
