"""From a request to a patient: answered in time, never twice, and never merged with anybody in silence."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError, IntegrityError
from django.test.utils import CaptureQueriesContext

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Course, Patient
from ketacare.frontdesk import actions, queries
from ketacare.frontdesk.models import ConsultationRequest, IdentityDecision, SentSelfCheck
from ketacare.frontdesk.values import TryInput
from tests.cast import NOW
from tests.rooms.frontdesk.asking import WELL, asked, asked_as_ada, given

LATER = NOW + timedelta(hours=2)
S = ConsultationRequest.Status


@pytest.fixture
def desk(cast):
    return cast.actor("front-desk")


def tried(request, by, came="reached", at=LATER):
    return actions.note_contact(request_id=request.pk, tried=TryInput(way="phone", came=came, note=""), by=by, at=at)


def admitted(request, by):
    return actions.admit_request(request_id=request.pk, indication="mdd_trd", sex_at_birth="female", by=by, at=LATER)


def judged(request, patient, by, is_same, reason="Told us her street"):
    return actions.judge_identity(
        request_id=request.pk, patient_id=patient.pk, is_same=is_same, reason=reason, by=by, at=LATER
    )


def test_a_request_is_due_within_the_hours_of_its_site(cast):
    assert asked(cast).answer_by == NOW + timedelta(hours=queries.DEFAULT_TARGET_H)
    actions.settle_response_target(site_id=cast.here, hours=4, by=cast.actor("administrator"), at=NOW)
    assert asked(cast).answer_by == NOW + timedelta(hours=4)


def test_a_form_that_is_sent_twice_is_one_request(cast):
    key = uuid4()
    first = asked(cast, key=key)
    assert asked(cast, key=key, family_name="Other") == first
    assert ConsultationRequest.objects.count() == 1


def test_only_the_software_itself_takes_requests_from_the_public(cast, desk):
    with pytest.raises(NotAllowed):
        actions.send_request(given=given(cast), by=desk, at=NOW)


def test_a_request_without_a_way_to_answer_it_cannot_be_kept(cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        asked(cast, phone="")


def test_nobody_answering_the_telephone_is_no_answer_but_a_message_is(cast, desk):
    request = asked(cast)
    tried(request, desk, "nobody")
    request.refresh_from_db()
    assert (request.status, request.answered_at) == (S.NEW, None)
    tried(request, desk, "left-word")
    request.refresh_from_db()
    assert (request.status, request.answered_at) == (S.ANSWERED, LATER)


def test_a_request_is_overdue_from_its_hour_until_it_is_answered(cast, desk):
    request = asked(cast)
    due = request.answer_by
    assert not queries.clock_of(request, at=due).is_overdue
    assert queries.clock_of(request, at=due + timedelta(seconds=1)).is_overdue
    tried(request, desk, at=due + timedelta(minutes=5))
    request.refresh_from_db()
    clock = queries.clock_of(request, at=due + timedelta(hours=1))
    assert (clock.is_overdue, clock.was_late) == (False, True)


def test_the_queue_holds_those_without_an_answer_first_and_the_one_due_soonest_on_top(cast, desk):
    late, soon, answered = (asked(cast, at=NOW + timedelta(hours=hours)) for hours in (5, 1, 0))
    tried(answered, desk)
    assert [line.request for line in queries.queue(desk, at=LATER)] == [soon, late, answered]


def test_another_sites_front_desk_sees_and_does_nothing(cast):
    request, there = asked(cast), cast.actor("front-desk", there=True)
    assert queries.queue(there, at=LATER) == []
    with pytest.raises(NotAllowed):
        tried(request, there)


@pytest.mark.parametrize("role", ["therapist", "custodian", "quality", "administrator"])
def test_who_has_no_part_in_it_answers_nothing(cast, role):
    with pytest.raises(NotAllowed):
        tried(asked(cast), cast.actor(role))


def test_an_appointment_lies_ahead_and_can_be_moved(cast, desk):
    request = asked(cast)
    with pytest.raises(ActionRefused):
        actions.agree_appointment(request_id=request.pk, appointment_at=LATER, by=desk, at=LATER)
    for days in (3, 5):
        found = actions.agree_appointment(
            request_id=request.pk, appointment_at=NOW + timedelta(days=days), by=desk, at=LATER
        )
    assert (found.status, found.appointment_at, found.answered_at) == (S.BOOKED, NOW + timedelta(days=5), LATER)


def test_somebody_new_becomes_a_patient_with_a_course_and_keeps_the_name_as_typed(cast, desk):
    request = admitted(asked(cast, given_name="Nguyễn Thị", family_name="O’Connor-Łukasz"), desk)
    assert (request.patient.given_name, request.patient.family_name) == ("Nguyễn Thị", "O’Connor-Łukasz")
    assert (request.course.patient, request.course.indication) == (request.patient, "mdd_trd")
    assert request.status == S.ADMITTED


def test_nobody_is_admitted_while_a_likely_patient_was_not_judged(cast, desk):
    request, before = asked_as_ada(cast), Patient.objects.count()
    with pytest.raises(ActionRefused) as refused:
        admitted(request, desk)
    assert refused.value.code == "candidates-open"
    assert Patient.objects.count() == before


def test_the_same_person_goes_on_as_the_patient_they_are_and_nothing_of_the_record_changes(cast, desk):
    request, ada = asked_as_ada(cast, phone="+49 30 555000"), cast.patient("ada")
    before = Patient.objects.filter(pk=ada.pk).values().get()
    judged(request, ada, desk, True)
    with pytest.raises(ActionRefused) as refused:
        admitted(request, desk)
    assert refused.value.code == "course-open"
    made = actions.admit_request(request_id=request.pk, indication="ptsd", sex_at_birth="unknown", by=desk, at=LATER)
    assert made.patient == ada
    assert Patient.objects.filter(pk=ada.pk).values().get() == before


def test_another_person_of_the_same_name_and_birthday_becomes_a_patient_of_their_own(cast, desk):
    request = asked_as_ada(cast)
    judged(request, cast.patient("ada"), desk, False, "Another street and another mother")
    assert admitted(request, desk).patient != cast.patient("ada")


def test_a_judgement_keeps_who_why_and_what_was_shown_and_is_on_the_patients_trail(cast, desk):
    decision = judged(asked_as_ada(cast), cast.patient("ada"), desk, True)
    assert decision.shown["name"] == [100, 40, 40]
    assert decision.reason == "Told us her street"
    assert AuditEvent.objects.filter(did="judged the same person", subjects__patient=cast.ada).exists()
    with pytest.raises(DatabaseError), transaction.atomic():
        IdentityDecision.objects.filter(pk=decision.pk).update(is_same=False)


def test_a_wrong_judgement_is_judged_again_and_the_newest_counts(cast, desk):
    request = asked_as_ada(cast)
    judged(request, cast.patient("ada"), desk, True)
    judged(request, cast.patient("ada"), desk, False, "It was her cousin")
    assert admitted(request, desk).patient != cast.patient("ada")


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_judgement_or_a_closing_without_a_reason_is_refused(cast, desk, reason):
    request = asked_as_ada(cast)
    with pytest.raises(ActionRefused):
        judged(request, cast.patient("ada"), desk, True, reason)
    with pytest.raises(ActionRefused):
        actions.close_request(request_id=request.pk, because=reason, by=desk, at=LATER)


def test_somebody_too_unlike_or_of_another_site_cannot_be_judged_the_same(cast, desk):
    request = asked_as_ada(cast)
    with pytest.raises(ActionRefused):
        judged(request, cast.patient("ben"), desk, True)
    with pytest.raises(NotAllowed):
        judged(request, cast.patient("zoe"), desk, True)


def test_a_second_request_of_the_same_person_is_closed_beside_the_first(cast, desk):
    first, again = asked(cast), asked(cast, given_name="Benali", family_name="Nadia")
    assert [one.request for one in queries.other_requests(again)] == [first]
    closed = actions.close_request(request_id=again.pk, because="Asked twice", repeats_id=first.pk, by=desk, at=LATER)
    assert (closed.status, closed.repeats) == (S.CLOSED, first)
    assert ConsultationRequest.objects.get(pk=first.pk).status == S.NEW


def test_nothing_is_added_to_a_request_that_is_over(cast, desk):
    request = asked(cast)
    actions.close_request(request_id=request.pk, because="Found another clinic", by=desk, at=LATER)
    for act in (tried, admitted):
        with pytest.raises(ActionRefused) as refused:
            act(request, desk)
        assert refused.value.code == "request-over"
    assert not Course.objects.filter(patient__family_name="Benali").exists()


def test_answers_come_along_only_when_they_were_sent_with_the_book_that_judged_them(cast):
    asked(cast)
    assert not SentSelfCheck.objects.exists()
    kept = asked(cast, answers=WELL).self_check
    assert (kept.answers, kept.verdict) == (WELL, "doctor-first")
    assert len(kept.book_sha256) == len(kept.check_sha256) == 64


def test_every_act_is_audited_without_a_word_of_what_was_written(cast, desk):
    request = asked(cast, needs="An interpreter for Darija")
    tried(request, desk)
    actions.close_request(request_id=request.pk, because="Moved to Lyon", by=desk, at=LATER)
    told = " ".join(f"{event.did} {event.on} {event.details}" for event in AuditEvent.objects.all())
    for secret in ("Benali", "Darija", "Lyon", "901820"):
        assert secret not in told
    for did in ("consultation requested", "contact tried", "request closed"):
        assert did in told


def test_by_asking_nobody_learns_who_is_registered(cast):
    """The same statements for a stranger and for a patient: nobody is looked for when a request comes in."""
    ada = cast.patient("ada")
    known = {"given_name": ada.given_name, "family_name": ada.family_name, "born_on": ada.born_on}
    seen = []
    for told in (known, {"born_on": date(1950, 1, 1)}):
        with CaptureQueriesContext(connection) as captured:
            asked(cast, **told)
        statements = [query["sql"] for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]]
        seen.append([sql.split(" VALUES ")[0].split(" WHERE ")[0] for sql in statements])
    assert seen[0] == seen[1]
    assert not [sql for sql in seen[0] if "clinic_patient" in sql]
