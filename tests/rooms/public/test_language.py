"""In which language a page speaks: patients' own, a reader's choice, and English for the staff whatever their browser asks."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from ketacare.clinic import actions
from ketacare.clinic.actor import of_user
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import Patient
from tests.cast import NOW
from tests.rooms.infusion.treatment import START
from tests.rooms.portal.asked import DAY, arranged, booked, link, phone, turn

HOME = "/welcome/"
IN_ENGLISH, IN_SPANISH = "right, and safe, for you?", "adecuado y seguro para usted?"
SPANISH_BROWSER = {"accept-language": "es-MX,es;q=0.9,en;q=0.5"}


def words(client: Client, path: str = HOME) -> str:
    return client.get(path).content.decode()


def test_a_stranger_reads_in_the_language_of_their_browser_else_in_english(db):
    assert IN_SPANISH in words(Client(headers=SPANISH_BROWSER))
    for other in ("", "fr-FR,fr", "xx", "es" * 400):
        assert IN_ENGLISH in words(Client(headers={"accept-language": other}))


def test_a_choice_is_remembered_and_the_cookie_says_nothing_else(db):
    reader = Client()
    reply = reader.get(HOME + "?language=es")
    assert IN_SPANISH in reply.content.decode()
    assert reply.headers["Content-Language"] == "es"
    assert {name: cookie.value for name, cookie in reply.cookies.items()} == {"language": "es"}
    assert IN_SPANISH in words(reader)
    assert IN_ENGLISH in words(reader, HOME + "?language=en")
    assert IN_ENGLISH in words(reader)


@pytest.mark.parametrize("nonsense", ["xx", "es-ES\n", "<b>", "e" * 5000, "../es", ""])
def test_a_language_that_is_none_changes_nothing(db, nonsense):
    reply = Client().get(HOME, {"language": nonsense})
    assert (reply.status_code, "language" in reply.cookies) == (200, False)
    assert IN_ENGLISH in reply.content.decode()


def test_the_page_says_its_language_and_offers_the_other_in_its_own_words(db):
    text = words(Client(), HOME + "?language=es")
    assert '<html lang="es"' in text
    assert '<a href="?language=en" lang="en" hreflang="en">English</a>' in text
    assert 'hreflang="es" aria-current="true">Español</a>' in text


def test_pages_of_the_staff_stay_english_in_a_spanish_browser(cast, browse):
    nurse = browse("nurse")
    nurse.get(HOME + "?language=es", headers=SPANISH_BROWSER)
    reply = nurse.get(reverse("worklist:patients"), headers=SPANISH_BROWSER)
    assert reply.headers["Content-Language"] == "en"
    assert '<html lang="en"' in reply.content.decode()
    form = browse("front-desk").post(reverse("worklist:patient-new"), {"site": cast.here}, headers=SPANISH_BROWSER)
    assert "This field is required." in form.content.decode()
    assert IN_SPANISH in nurse.get(HOME).content.decode()


def test_a_patient_who_is_logged_in_is_spoken_to_in_their_own_language(cast, browse):
    actions.set_language(patient_id=cast.ada, language="es", by=cast.actor("front-desk"), at=NOW)
    ada = browse("patient")
    for path in (HOME, HOME + "?language=en"):
        assert IN_SPANISH in words(ada, path)


def test_a_link_speaks_its_patients_language_and_so_does_the_mail_it_came_in(cast, settings):
    settings.CAN_SEND_EMAIL = True
    arranged(cast)
    actions.set_language(patient_id=cast.ada, language="es", by=cast.actor("nurse"), at=NOW)
    booked(cast)
    with time_machine.travel(START - DAY, tick=False):
        turn(START - DAY)
        letter, path, device = mail.outbox[-1], link(), phone()
        assert letter.subject == "Unas preguntas de su clínica"
        assert "No necesita contraseña" in letter.body
        assert "lunes" in letter.body or " de " in letter.body
        question = device.get(path, headers={"accept-language": "en"})
        text = question.content.decode()
        assert "Prefiero no responder" in text
        assert '<div lang="en">' in text, "a scale that we may not translate says that it is English"
        assert "solo están aquí en inglés" in text
        assert "Elija una de las respuestas" in device.post(path, {}).content.decode()
        elsewhere = phone()
        device.post(path, {"scale": "phq9", "version": 1, "item": "phq9_1", "answer": 0})
        assert "otro aparato" in elsewhere.get(path).content.decode()
    with time_machine.travel(START + timedelta(days=30), tick=False):
        assert "cerradas" in device.get(path).content.decode()


def test_a_link_that_is_none_speaks_the_readers_language(cast):
    reply = phone().get("/answer/nothing/", headers=SPANISH_BROWSER)
    assert (reply.status_code, reply.headers["Content-Language"]) == (404, "es")


def test_only_whoever_cares_for_a_patient_or_the_patient_sets_their_language(cast):
    for by in (cast.actor("front-desk"), of_user(cast.patient("ada").user)):
        for language in ("es", "en"):
            actions.set_language(patient_id=cast.ada, language=language, by=by, at=NOW)
            assert Patient.objects.get(pk=cast.ada).language == language
    for role, there in (("custodian", False), ("nurse", True)):
        with pytest.raises(NotAllowed):
            actions.set_language(patient_id=cast.ada, language="es", by=cast.actor(role, there=there), at=NOW)
    with pytest.raises(ActionRefused):
        actions.set_language(patient_id=cast.ada, language="fr", by=cast.actor("nurse"), at=NOW)


def test_after_a_spanish_page_the_next_one_is_english_again(cast, browse):
    words(Client(headers=SPANISH_BROWSER))
    assert browse("nurse").get(reverse("worklist:patients")).headers["Content-Language"] == "en"


def test_every_public_page_says_whom_to_call_now(cast):
    text = words(Client())
    assert "ending your life" in text
    assert "112" in text
