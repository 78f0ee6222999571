"""A right is a request with a date; a correction is made where the entry lives; a refusal may be answered beside it."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from ketacare.clinic import actions as clinic
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Disagreement, Restriction, User
from ketacare.clinic.queries import restrictions
from ketacare.outcomes import actions as outcomes
from ketacare.portal import actions as portal
from ketacare.portal.actions.answering import link_of
from ketacare.portal.models import Thread
from ketacare.portal.own.erasing import listing
from ketacare.rights import actions
from ketacare.rights.models import RightsRequest
from ketacare.rights.queries import late
from ketacare.science.rights import law
from ketacare.worklist.queries.rights import requests_to_decide
from tests.cast import NOW
from tests.rooms.portal.talking import answered, written
from tests.rooms.rights.asking import asked, refused

DAY = timedelta(days=1)
RIGHTS = reverse("portal:own-rights")


def sitting(cast, *, supersedes=None, who: str = "ada"):
    return outcomes.record_answers(
        course_id=getattr(cast, f"{who}_course"),
        instrument_id="gad7",
        answers={f"gad7_{number}": 1 for number in range(1, 8)},
        how="from-paper",
        answered_at=NOW,
        form_key=uuid4(),
        by=cast.actor("nurse", there=who == "zoe"),
        at=NOW,
        supersedes=supersedes,
    )


def test_a_request_is_due_by_the_law_of_its_site(cast):
    here, there = asked(cast), asked(cast, "zoe")
    assert here.due_on - NOW.date() == timedelta(days=law.load("EU").days["correction"].days)
    assert there.due_on - NOW.date() == timedelta(days=law.load("us").days["correction"].days)
    assert here.due_on != there.due_on


def test_a_correction_is_accepted_only_when_the_entry_was_superseded_and_is_linked_to_what_did(cast):
    wrong = sitting(cast)
    row = asked(cast, about=f"outcomes.answerset:{wrong.pk}")
    prescriber = cast.actor("prescriber")
    with pytest.raises(ActionRefused, match="not-corrected"):
        actions.accept(request_id=row.pk, reason="You are right.", by=prescriber, at=NOW)
    right = sitting(cast, supersedes=wrong)
    done = actions.accept(request_id=row.pk, reason="You are right.", by=prescriber, at=NOW)
    assert (done.status, done.corrected_by) == ("accepted", f"outcomes.answerset:{right.pk}")


def test_an_entry_of_somebody_else_is_as_one_that_is_not_there(cast, browse):
    zoes = sitting(cast, who="zoe")
    for about in (
        f"outcomes.answerset:{zoes.pk}",
        "outcomes.answerset:987654",
        "clinic.user:1",
        "x",
        "outcomes.answerset:²",
    ):
        with pytest.raises(ActionRefused, match="no-such-entry"):
            asked(cast, about=about)
        page = browse("patient").get(reverse("portal:own-correct"), {"about": about})
        assert page.context["entry"] is None


def test_a_refusal_has_a_reason_and_the_patients_words_stand_beside_the_entry_for_good(cast, browse):
    entry = sitting(cast)
    row = asked(cast, about=f"outcomes.answerset:{entry.pk}")
    with pytest.raises(ActionRefused, match="no-reason"):
        actions.refuse(request_id=row.pk, reason="  ", by=cast.actor("prescriber"), at=NOW)
    refused(cast, row)
    reply = browse("patient").post(reverse("portal:own-disagree", args=[row.pk]), {"words": "I never ticked that."})
    assert reply.url == RIGHTS
    staff = browse("nurse").get(reverse("outcomes:answers", args=[cast.ada_course, entry.pk]))
    assert "I never ticked that." in staff.content.decode()
    assert "I never ticked that." in browse("patient").get(reverse("portal:own-scores")).content.decode()
    with pytest.raises(DatabaseError), transaction.atomic():
        Disagreement.objects.update(words="Fine after all.")


def test_nobody_disagrees_with_what_is_not_refused_or_not_theirs(cast, browse):
    still_open, zoes = asked(cast), asked(cast, "zoe")
    refused(cast, zoes, there=True)
    replies = [
        browse("patient").get(reverse("portal:own-disagree", args=[pk])) for pk in (still_open.pk, zoes.pk, 98765)
    ]
    assert {one.status_code for one in replies} == {404}
    with pytest.raises(NotAllowed):
        actions.disagree(request_id=zoes.pk, words="Mine now", by=link_of(cast.patient("ada")), at=NOW)


def test_a_request_is_decided_once(cast):
    row = refused(cast, asked(cast))
    with pytest.raises(ActionRefused, match="decided"):
        actions.accept(request_id=row.pk, reason="After all", by=cast.actor("quality"), at=NOW)


def test_what_waits_stands_on_the_list_of_those_who_decide_and_the_overdue_first(cast):
    row = asked(cast)
    by = cast.actor("quality")
    assert [(one.of, one.urgency) for one in requests_to_decide(by, NOW)] == [((row.pk,), 2)]
    assert requests_to_decide(by, NOW + 24 * DAY)[0].urgency == 1
    assert requests_to_decide(by, NOW + 31 * DAY)[0].urgency == 0
    assert requests_to_decide(cast.actor("nurse"), NOW) == []
    assert requests_to_decide(cast.actor("quality", there=True), NOW) == []


def test_a_restriction_holds_at_once_and_only_the_patient_lifts_it(cast, browse):
    patient = browse("patient")
    where = reverse("portal:own-restrict", args=["research"])
    patient.post(where)
    assert restrictions(cast.patient("ada")) == {"research"}
    assert restrictions(cast.patient("ben")) == frozenset()
    with pytest.raises(NotAllowed):
        clinic.lift_restriction(patient_id=cast.ada, scope="research", by=cast.actor("prescriber"), at=NOW)
    patient.post(where)
    assert restrictions(cast.patient("ada")) == frozenset()
    assert Restriction.objects.get().lifted_at is not None
    assert patient.post(reverse("portal:own-restrict", args=["anything"])).status_code == 409


def test_closing_ends_the_log_in_at_once_and_nothing_else(cast, browse):
    client = browse("patient")
    assert client.post(reverse("portal:own-close")).status_code == 302
    assert client.get(reverse("portal:own-home")).status_code == 302
    user = User.objects.get(pk=cast.ada_user)
    assert not user.is_active
    assert not user.has_usable_password()
    assert cast.patient("ada").courses.count() == 1
    assert AuditEvent.objects.filter(did="log-in closed").count() == 1


def test_the_list_of_what_may_go_erases_nothing_and_says_until_when_the_rest_stays(cast, browse):
    answered(cast, written(cast), is_care=False)
    answered(cast, written(cast, subject="Pain"), is_care=True)
    written(cast, subject="New")
    page = browse("quality").get(reverse("portal:erasure", args=[cast.ada]))
    lines = {one.what: one for one in page.context["lines"]}
    assert lines["Other messages"].may_go == 1
    assert sum(one.may_go for one in lines.values()) == 1
    assert lines["Messages that nobody has judged"].until is None
    assert lines["Care record"].until.year == NOW.year + law.load("EU").kept("care").years
    assert Thread.objects.filter(erased_at__isnull=True).count() == 3


def test_only_what_may_go_goes_only_when_asked_and_the_trail_stays(cast):
    other = answered(cast, written(cast, text="May I park here?"), is_care=False)
    care = answered(cast, written(cast, subject="Pain", text="My back hurts"), is_care=True)
    quality = cast.actor("quality")
    with pytest.raises(ActionRefused, match="not-asked"):
        portal.erase_messages(patient_id=cast.ada, by=quality, at=NOW)
    asked(cast, kind="erasure", words="All of it, please.")
    events = AuditEvent.objects.count()
    assert portal.erase_messages(patient_id=cast.ada, by=quality, at=NOW) == 1
    other.refresh_from_db()
    assert (other.subject, other.erased_at) == ("", NOW)
    assert set(other.messages.values_list("text", flat=True)) == {""}
    assert care.messages.filter(text="My back hurts").exists()
    assert AuditEvent.objects.count() == events + 1
    with pytest.raises(ActionRefused, match="nothing"):
        portal.erase_messages(patient_id=cast.ada, by=quality, at=NOW)


@pytest.mark.parametrize("role", ["nurse", "prescriber", "administrator", "front-desk"])
def test_nobody_else_erases(cast, role):
    asked(cast, kind="erasure")
    with pytest.raises(NotAllowed):
        portal.erase_messages(patient_id=cast.ada, by=cast.actor(role), at=NOW)


@pytest.mark.parametrize("name", ["us", "eu", "gb", "other", "EU", "us-ca", "nowhere"])
def test_every_law_says_how_long_each_kind_stays(name):
    found = law.load(name)
    assert {one.kind for one in found.retention} == set(get_args(law.Kind))
    assert [one.kind for one in found.retention if one.erasable] == ["messages", "consultations", "links", "log_ins"]
    assert law.load("nowhere").id == "other"
    assert law.load("us-ca").id == "us"


def test_years_are_counted_by_the_calendar():
    kept = law.load("other").kept("requests")
    assert law.stays_until(kept, date(2024, 2, 29)) == date(2027, 2, 28)
    assert law.due_on(law.load("other"), "erasure", date(2026, 1, 31)) == date(2026, 3, 2)


def test_a_form_sent_twice_is_one_request(cast, browse):
    told = {"words": "It was the left arm.", "form_key": uuid4(), "about": ""}
    for _ in range(2):
        assert browse("patient").post(reverse("portal:own-correct"), told).url == RIGHTS
    assert RightsRequest.objects.count() == 1


def test_the_list_is_made_of_the_patient_alone(cast):
    answered(cast, written(cast, "ben"), is_care=False)
    site = cast.course("ada").site
    lines = listing(cast.patient("ada"), site, law.load("EU"), at=NOW)
    assert sum(one.may_go for one in lines) == 0


def test_a_request_is_overdue_by_the_day_of_its_site_and_not_by_that_of_utc(cast):
    berlin, new_york = asked(cast), asked(cast, "zoe")
    midnight = datetime(berlin.due_on.year, berlin.due_on.month, berlin.due_on.day, 22, 30, tzinfo=UTC) + DAY / 48
    assert late([berlin], at=midnight - 2 * DAY / 24) == frozenset()
    assert late([berlin], at=midnight) == {berlin.pk}
    assert requests_to_decide(cast.actor("quality"), midnight)[0].urgency == 0
    after = datetime(new_york.due_on.year, new_york.due_on.month, new_york.due_on.day, 3, 0, tzinfo=UTC) + DAY
    assert late([new_york], at=after) == frozenset()  # still evening there
    assert late([new_york], at=after + DAY / 12) == {new_york.pk}
