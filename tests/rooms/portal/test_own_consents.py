"""A patient's consents on their own pages: what waits for them, and what they signed, in the language in which they signed."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic import actions as clinic
from ketacare.consent import actions as consent
from ketacare.consent.document import document_for, separate_for
from ketacare.consent.queries import documents_of
from ketacare.portal.own.agreed import agreed
from ketacare.portal.own.course import standing
from ketacare.portal.own.visitor import visitor
from tests.rooms import steps

HOUR = timedelta(hours=1)


@pytest.fixture
def now():
    return timezone.now() - HOUR


@pytest.fixture
def ready(cast, now):
    """Ada, who reads Spanish, may be treated and can decide."""
    clinic.set_language(patient_id=cast.ada, language="es", by=cast.actor("front-desk"), at=now)
    steps.eligible(cast, at=now)
    steps.capable(cast, at=now)
    return cast


def sign_treatment(cast, at):
    """Ada's signature under the Spanish text of the treatment alone."""
    text = document_for(indication="mdd_trd", language="es")
    steps.talked(cast, at=at)
    steps.understood(cast, text, at=at)
    given = steps.signature(cast, text)
    return consent.sign_consent(course_id=cast.ada_course, signature=given, by=cast.actor("nurse"), at=at)


def sign_off_label(cast, at):
    text = separate_for("off_label", language="es")
    steps.understood(cast, text, at=at)
    given = steps.signature(cast, text)
    return consent.give_separate(
        course_id=cast.ada_course, kind="off_label", signature=given, by=cast.actor("nurse"), at=at
    )


def to_decide(cast):
    shown = standing(visitor(cast.patient_actor()), language="es", at=timezone.now())
    return [one.kind for one in shown.to_decide]


def states(cast):
    return {one.kind: one.state for one in documents_of(cast.patient("ada"), timezone.now())}


def text_of(client, name, *args):
    reply = client.get(reverse(name, args=args))
    assert reply.status_code == 200
    return reply.content.decode()


def test_nobody_is_asked_to_decide_before_the_clinic_has_found_that_it_may_treat(cast, browse):
    assert to_decide(cast) == []
    assert "For you to decide" not in text_of(browse("patient"), "portal:own-home")


def test_what_treatment_waits_for_is_on_the_first_page_until_it_is_decided(ready, browse, now):
    assert to_decide(ready) == ["treatment", "off_label"]
    page = text_of(browse("patient"), "portal:own-home")
    assert "Le toca decidir a usted" in page
    assert document_for(indication="mdd_trd", language="es").stated.title in page
    sign_treatment(ready, now)
    assert to_decide(ready) == ["off_label"]
    sign_off_label(ready, now)
    assert to_decide(ready) == []


def test_a_signature_that_waits_for_the_other_one_is_not_said_to_be_over(ready, browse, now):
    sign_treatment(ready, now)
    assert states(ready)["treatment"] == "waits"
    assert "Contará cuando usted acepte" in text_of(browse("patient"), "consent:course", ready.ada_course)
    sign_off_label(ready, now)
    assert states(ready)["treatment"] == "in-force"


def test_a_consent_that_is_over_for_another_reason_too_is_to_be_decided_again(ready, now):
    sign_treatment(ready, now)
    by = ready.actor("nurse")
    consent.ask_again(course_id=ready.ada_course, why="serious-event", says="A fall.", by=by, at=now + HOUR / 2)
    assert states(ready)["treatment"] == "not-in-force"
    assert to_decide(ready) == ["treatment", "off_label"]


def test_what_was_taken_back_is_listed_as_that_and_not_asked_for_again(ready, now):
    sign_treatment(ready, now)
    sign_off_label(ready, now)
    by = ready.patient_actor()
    consent.withdraw_separate(course_id=ready.ada_course, kind="off_label", by=by, at=now + HOUR / 2)
    listed = {one.page: one.is_taken_back for one in agreed(visitor(by).courses)}
    assert listed == {"consent:signed": False, "consent:separate-signed": True}
    assert to_decide(ready) == []


def test_a_patient_reads_what_they_signed_word_for_word_in_its_language_and_not_on_the_staffs_page(ready, browse, now):
    row, beside = sign_treatment(ready, now), sign_off_label(ready, now)
    patient = browse("patient")
    documents = text_of(patient, "portal:own-documents")
    for name, pk, paper in (
        ("consent:signed", row.pk, "consent:paper"),
        ("consent:separate-signed", beside.pk, "consent:separate-paper"),
    ):
        assert reverse(name, args=[ready.ada_course, pk]) in documents
        page = text_of(patient, name, ready.ada_course, pk)
        assert '<article class="consent-document" lang="es">' in page
        assert reverse(paper, args=[ready.ada_course, pk]) in page
        assert "SHA-256" not in page
        assert "Consent as it was signed" not in page
    for section in document_for(indication="mdd_trd", language="es").stated.sections:
        assert section.title in text_of(patient, "consent:signed", ready.ada_course, row.pk)
    assert "Consent as it was signed" in text_of(browse("nurse"), "consent:signed", ready.ada_course, row.pk)
