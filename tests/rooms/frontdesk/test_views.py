"""The front desk's pages: the queue, one request, who they may be side by side, and what is done about it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic.models import AuditEvent, Patient
from ketacare.frontdesk.models import ConsultationRequest, IdentityDecision
from tests.rooms.frontdesk.asking import WELL, asked, asked_as_ada


def address(name, request):
    return reverse(f"frontdesk:{name}", args=[request.pk])


def text(reply):
    return reply.content.decode()


@pytest.fixture
def desk(browse):
    return browse("front-desk")


def test_the_queue_says_who_waits_until_when_and_who_waits_too_long(cast, desk):
    asked(cast, at=timezone.now() - timedelta(hours=30))
    asked(cast, at=timezone.now(), family_name="Okafor")
    page = text(desk.get(reverse("frontdesk:queue")))
    assert page.index("Benali") < page.index("Okafor")
    assert page.count("overdue") == 1


def test_the_queue_asks_the_database_as_often_for_many_as_for_one(cast, desk, django_assert_max_num_queries):
    for _ in range(6):
        asked(cast)
    with django_assert_max_num_queries(14):
        desk.get(reverse("frontdesk:queue"))


def test_a_likely_patient_is_shown_side_by_side_with_what_agrees_and_weighs(cast, desk):
    request = asked_as_ada(cast, phone="+49 30 111111")
    page = text(desk.get(address("request", request)))
    assert "Lindqvist" in page
    assert "40 of 40" in page
    assert "30 of 30" in page
    assert AuditEvent.objects.filter(did="saw frontdesk:request", subjects__patient=cast.ada).exists()


def test_a_judgement_then_an_admission_from_the_page(cast, desk):
    request = asked_as_ada(cast)
    desk.post(address("identity", request), {"patient": cast.ada, "is_same": "no", "reason": "Another mother"})
    assert IdentityDecision.objects.get().reason == "Another mother"
    reply = desk.post(address("admission", request), {"indication": "mdd_trd", "sex_at_birth": "female"})
    assert reply.status_code == 302
    assert ConsultationRequest.objects.get(pk=request.pk).patient_id not in {None, cast.ada}


def test_an_admission_with_a_likely_patient_unjudged_lists_what_stands_in_the_way(cast, desk):
    request, before = asked_as_ada(cast), Patient.objects.count()
    reply = desk.post(address("admission", request), {"indication": "mdd_trd", "sex_at_birth": "female"})
    assert reply.status_code == 409
    assert "say of each" in text(reply)
    assert Patient.objects.count() == before


def test_an_appointment_is_read_by_the_sites_clock(cast, desk):
    request = asked(cast, at=timezone.now())
    desk.post(address("appointment", request), {"appointment_at": "2199-07-01T10:00"})
    kept = ConsultationRequest.objects.get(pk=request.pk).appointment_at
    assert kept.isoformat() == "2199-07-01T08:00:00+00:00"  # Berlin, summer


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("contact", {"way": "pigeon"}),
        ("appointment", {"appointment_at": "soon"}),
        ("identity", {"patient": "1"}),
        ("admission", {"indication": "boredom"}),
        ("closing", {}),
    ],
)
def test_what_cannot_be_taken_shows_the_page_again_and_changes_nothing(cast, desk, name, sent):
    request = asked(cast)
    assert desk.post(address(name, request), sent).status_code == 422
    assert ConsultationRequest.objects.get(pk=request.pk).status == "new"


def test_the_answers_of_a_self_check_are_for_clinicians(cast, browse):
    request = asked(cast, answers=WELL)
    told = "Have you been thinking about ending your life?"
    assert told not in text(browse("front-desk").get(address("request", request)))
    assert told in text(browse("nurse").get(address("request", request)))


def test_a_closed_request_leaves_the_queue_and_says_why(cast, desk):
    request = asked(cast, at=timezone.now())
    desk.post(address("closing", request), {"because": "Found another clinic"})
    page = text(desk.get(reverse("frontdesk:queue")))
    assert "Nobody waits" in page
    assert "Found another clinic" in page


def test_an_administrator_settles_the_response_time(cast, browse):
    path, sent = reverse("frontdesk:targets"), {"site": cast.here, "hours": "6"}
    assert browse("administrator").post(path, sent).status_code == 302
    assert browse("administrator").post(path, sent | {"site": cast.there}).status_code == 422
    assert browse("front-desk").post(path, sent).status_code == 404
    assert "Harbour Clinic" in text(browse("administrator").get(path))
    assert asked(cast).answer_by - asked(cast).received_at == timedelta(hours=6)


def test_names_are_never_in_a_title_or_an_address(cast, desk):
    reply = desk.get(address("request", asked(cast)))
    assert "Benali" not in text(reply).partition("</title>")[0]
    assert reply["Cache-Control"] == "no-store"
