"""A patient comes to a log-in by an invitation alone, and a link says nothing to anybody else."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, User
from ketacare.portal import actions
from ketacare.portal.models import LogInInvitation
from ketacare.science.patients import messages

PASSWORD = "four plain words here"
DAY = timedelta(days=1)


def offer(cast, who: str = "ben", email: str = "Ben@Patients.example", **changes):
    told = {"patient_id": getattr(cast, who), "email": email, "language": "en", "is_by_hand": True}
    return actions.invite_patient(**(told | changes), by=cast.actor("front-desk"), at=timezone.now())


def path(token: str) -> str:
    return reverse("portal:welcome", args=[token])


def given(born_on: str = "1991-11-02", password: str = PASSWORD, again: str = "") -> dict[str, str]:
    return {"born_on": born_on, "password": password, "again": again or password}


def test_the_front_desk_invites_by_mail_and_the_letter_names_nobody(browse, cast, client):
    page = browse("front-desk").post(
        reverse("portal:invite", args=[cast.ben]), {"email": "ben@patients.example", "language": "es"}
    )
    assert page.status_code == 200
    (letter,) = mail.outbox
    (link,) = [one for one in letter.body.splitlines() if one.startswith("http")]
    ben = cast.patient("ben")
    for secret in (ben.given_name, ben.family_name, "ketamin", "Harbour"):
        assert secret.lower() not in (letter.body + letter.subject).lower()
    assert link not in page.content.decode()
    assert LogInInvitation.objects.get().letter == "sent"
    assert client.get("/" + link.split("/", 3)[3]).status_code == 200


def test_what_cannot_be_sent_is_shown_once_to_be_handed_over(browse, cast, settings):
    settings.CAN_SEND_EMAIL = False
    address = reverse("portal:invite", args=[cast.ben])
    browser = browse("nurse")
    page = browser.post(address, {"email": "ben@patients.example", "language": "en"}).content.decode()
    assert "/welcome/" in page
    assert "/welcome/" not in browser.get(address).content.decode()
    assert not mail.outbox


def test_the_patient_sets_a_password_and_lands_on_their_own_pages(cast, client):
    link = path(offer(cast).token)
    assert client.get(link).status_code == 200
    assert client.post(link, given()).url == reverse("account_login")
    reply = client.post(reverse("account_login"), {"login": "ben@patients.example", "password": PASSWORD})
    assert reply.url == reverse("portal:own-home")
    home = client.get(reply.url)
    assert "Ben" in home.content.decode()
    assert cast.patient("ben").user.email == "ben@patients.example"


def test_a_link_works_once_and_every_link_that_does_not_work_gets_one_answer(cast):
    token = offer(cast).token
    Client().post(path(token), given())
    ran_out = offer(cast).token
    LogInInvitation.objects.filter(used_at__isnull=True).update(
        made_at=timezone.now() - 9 * DAY, expires_at=timezone.now() - DAY
    )
    answers = [Client().get(path(one)) for one in (token, ran_out, "nothing", "x" * 200)]
    assert {one.status_code for one in answers} == {404}
    assert len({one.content.decode().replace(one.request["PATH_INFO"], "") for one in answers}) == 1


def test_a_new_invitation_ends_the_one_before(cast, client):
    first = offer(cast).token
    second = offer(cast).token
    assert client.get(path(first)).status_code == 404
    assert client.get(path(second)).status_code == 200


def test_another_date_of_birth_opens_nothing_and_some_of_them_end_the_link(cast, client):
    link = path(offer(cast).token)
    for _ in range(messages.load().invitation.wrong_tries):
        assert client.post(link, given(born_on="1990-01-01")).status_code == 422
    assert client.post(link, given()).status_code == 404
    assert cast.patient("ben").user is None
    assert AuditEvent.objects.filter(did="wrong date of birth at a log-in link").exists()


@pytest.mark.parametrize("password", ["short", "password1234", "ben@patients.example"])
def test_a_weak_password_is_refused(cast, client, password):
    assert client.post(path(offer(cast).token), given(password=password)).status_code == 422
    assert cast.patient("ben").user is None


def test_an_address_of_somebody_else_opens_no_second_log_in(cast):
    with pytest.raises(ActionRefused):
        offer(cast, email="NURSE@harbour.example")


def test_a_link_for_somebody_with_a_log_in_sets_a_new_password_for_it(cast, client):
    link = path(offer(cast, who="ada", email="ada@patients.example").token)
    client.post(link, given(born_on="1984-05-17"))
    assert User.objects.get(pk=cast.ada_user).check_password(PASSWORD)


@pytest.mark.parametrize("role", ["therapist", "quality", "administrator", "custodian"])
def test_who_is_not_at_the_desk_invites_nobody(cast, role):
    with pytest.raises(NotAllowed):
        actions.invite_patient(
            patient_id=cast.ben,
            email="a@b.example",
            language="en",
            is_by_hand=True,
            by=cast.actor(role),
            at=timezone.now(),
        )


def test_forgotten_passwords_answer_the_same_for_everybody(cast, client, settings):
    settings.EMAIL_HOST = "mail.example"
    replies = [
        client.post(reverse("account_reset_password"), {"email": email})
        for email in ("ada@patients.example", "nobody@patients.example")
    ]
    assert len({(one.status_code, one.url) for one in replies}) == 1
