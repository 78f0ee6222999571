"""From a forecast to a session on the list: what is asked for is seen, booked or taken back, and never lost."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent
from ketacare.followup import actions
from ketacare.followup.models import WantedSession, WantedSessionEnd
from ketacare.infusion import actions as infusion
from ketacare.infusion.models import Session
from ketacare.worklist.queries.today import work
from tests.rooms.followup.wanting import want, wanted_after_a_session
from tests.rooms.planning.asking import answered, course_with

DAY = timedelta(days=1)


def planned(cast, number, at) -> Session:
    return infusion.plan_session(
        course=cast.course("ada"), number=number, planned_at=at, route="iv_ketamine", by=cast.actor("front-desk"), at=at
    )


def to_book(cast, role, at) -> list[str]:
    return [item.why for item in work(cast.actor(role), at=at) if item.what == "Book a session"]


def test_a_wanted_session_waits_for_the_front_desk_until_it_is_booked(cast):
    row = wanted_after_a_session(cast)
    assert len(to_book(cast, "front-desk", row.at)) == 1
    assert to_book(cast, "therapist", row.at) == []
    made = actions.book_wanted(
        wanted_id=row.pk, planned_at=row.at + 7 * DAY, by=cast.actor("front-desk"), at=row.at + DAY
    )
    assert (made.number, made.route, made.status) == (2, "iv_ketamine", "planned")
    assert to_book(cast, "front-desk", row.at + DAY) == []
    assert AuditEvent.objects.filter(did="wanted session booked").count() == 1


def test_a_postponed_session_keeps_its_number_and_the_old_one_is_called_off(cast):
    at = course_with(cast, 1)
    old = planned(cast, 2, at + 3 * DAY)
    row = want(cast, (at + 9 * DAY).date(), at=at, instead_of=2)
    made = actions.book_wanted(wanted_id=row.pk, planned_at=at + 9 * DAY, by=cast.actor("front-desk"), at=at)
    old.refresh_from_db()
    assert old.status == "cancelled"
    assert made.number == 2


def test_what_it_was_to_replace_has_begun_meanwhile_so_nothing_is_booked_and_nothing_is_lost(cast):
    at = course_with(cast, 1)
    old = planned(cast, 2, at + 3 * DAY)
    row = want(cast, (at + 9 * DAY).date(), at=at, instead_of=2)
    infusion.cancel(session_id=old.pk, reason="Ill", by=cast.actor("front-desk"), at=at)
    with pytest.raises(ActionRefused, match="called off: ask again"):
        actions.book_wanted(wanted_id=row.pk, planned_at=at + 9 * DAY, by=cast.actor("front-desk"), at=at)
    assert len(to_book(cast, "front-desk", at)) == 1


def test_a_wanted_session_is_booked_once(cast):
    row = wanted_after_a_session(cast)
    asked = {"wanted_id": row.pk, "planned_at": row.at + 7 * DAY, "by": cast.actor("front-desk"), "at": row.at}
    actions.book_wanted(**asked)
    with pytest.raises(ActionRefused, match="booked or taken back already"):
        actions.book_wanted(**asked)
    assert Session.objects.filter(course=cast.ada_course, number__gte=2).count() == 1


@pytest.mark.parametrize("role", ["nurse", "front-desk", "therapist", "administrator"])
def test_only_a_prescriber_wants_a_session(cast, role):
    at = course_with(cast, 1)
    with pytest.raises(NotAllowed):
        want(cast, (at + 7 * DAY).date(), at=at, role=role)


def test_every_reason_against_is_told_at_once(cast):
    at = course_with(cast, 1)
    with pytest.raises(ActionRefused) as refused:
        want(cast, at.date(), at=at, reason=" ", instead_of=5)
    assert len(refused.value.reasons) == 3


def test_a_day_is_asked_for_once(cast):
    row = wanted_after_a_session(cast)
    with pytest.raises(ActionRefused, match="already"):
        want(cast, row.wanted_on, at=row.at)


def test_it_is_taken_back_with_a_reason_and_stays_readable(cast):
    row = wanted_after_a_session(cast)
    with pytest.raises(ActionRefused, match="Say why"):
        actions.take_back_wanted(wanted_id=row.pk, reason="", by=cast.actor("prescriber"), at=row.at)
    actions.take_back_wanted(wanted_id=row.pk, reason="Feels well", by=cast.actor("prescriber"), at=row.at)
    assert to_book(cast, "front-desk", row.at) == []
    assert WantedSessionEnd.objects.get().reason == "Feels well"


def test_what_was_wanted_is_never_changed(cast):
    row = wanted_after_a_session(cast)
    with pytest.raises(DatabaseError), transaction.atomic():
        WantedSession.objects.filter(pk=row.pk).update(reason="Something else")


def test_the_page_asks_with_the_forecast_that_it_rests_on(cast, browse):
    at = course_with(cast, 3, before=20, until=timezone.now())
    answered(cast, 6, at=at - DAY)
    answered(cast, 9, at=at - timedelta(hours=1))
    day = (timezone.now() + 14 * DAY).date()
    asked = {"scale": "phq9", "preset": "community", "extra": day.isoformat(), "threshold": "", "without": ""}
    where = reverse("followup:forecast", args=[cast.ada_course])
    assert "Ask the front desk to book it" in browse("prescriber").get(where, asked).content.decode()
    assert "Ask the front desk to book it" not in browse("nurse").get(where, asked).content.decode()
    post = reverse("followup:want", args=[cast.ada_course])
    shown = browse("prescriber").post(post, asked | {"reason": "It fades"}, follow=True).content.decode()
    assert "waits to be booked" in shown
    row = WantedSession.objects.get()
    assert row.wanted_on == day
    assert row.forecast["relapse_by_as_thought"] < row.forecast["relapse_by"]
    page = browse("front-desk").get(reverse("followup:wanted", args=[row.pk])).content.decode()
    assert "It fades" in page
    assert "not wanted any more" not in page


def test_without_a_day_or_a_reason_nothing_is_asked(cast, browse):
    course_with(cast, 3, before=20, after=8, until=timezone.now())
    post = reverse("followup:want", args=[cast.ada_course])
    assert browse("prescriber").post(post, {"scale": "phq9", "reason": "It fades"}).status_code == 409
    assert not WantedSession.objects.exists()
