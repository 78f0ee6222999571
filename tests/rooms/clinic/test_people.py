"""Inviting people, their roles, ending a log-in, and who looked at a patient."""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ketacare.clinic import actions
from ketacare.clinic.actor import Device, System
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Membership, Role, Site, User
from ketacare.clinic.permissions import may
from tests.cast import NOW, PASSWORD

NEW = {"name": "Nora Quist", "email": "Nora@Harbour.example", "role": "nurse"}
CHOSEN = {"password1": "battery horse staple correct", "password2": "battery horse staple correct"}


def link_on(page) -> str:
    return re.search(r'value="https?://testserver(/accounts/password/reset/key/[^"]+)"', page.content.decode())[1]


def test_an_administrator_adds_a_person_who_chooses_a_password_by_the_link_shown_once(cast, browse):
    page = browse("administrator").post("/settings/people/new/", NEW | {"site": cast.here})
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    user = User.objects.get(email="nora@harbour.example")
    assert not user.has_usable_password()
    assert [(one.site_id, one.role) for one in user.memberships.all()] == [(cast.here, "nurse")]
    link = link_on(page)
    newcomer = Client()
    assert newcomer.post(newcomer.get(link).url, CHOSEN).status_code == 302
    assert newcomer.post("/accounts/login/", {"login": user.email, "password": CHOSEN["password1"]}).url == "/"
    assert b"password1" not in Client().get(link, follow=True).content  # spent
    assert set(AuditEvent.objects.filter(on=f"clinic.user:{user.pk}").values_list("did", flat=True)) == {
        "person invited",
        "role added",
    }


def test_somebody_known_gets_one_more_role_and_keeps_the_password(cast, browse):
    nurse = cast.user("nurse")
    form = {"name": "Whatever", "email": nurse.email, "role": "therapist", "site": cast.here}
    assert browse("administrator").post("/settings/people/new/", form).url == reverse("clinic:person", args=[nurse.pk])
    nurse.refresh_from_db()
    assert nurse.check_password(PASSWORD)
    assert nurse.name != "Whatever"
    assert nurse.memberships.filter(role="therapist").exists()


def test_an_administrator_adds_people_only_at_their_own_sites(cast, browse):
    page = browse("administrator").post("/settings/people/new/", NEW | {"site": cast.there})
    assert b"Select a valid choice" in page.content
    with pytest.raises(NotAllowed):
        actions.invite_person(site=Site.objects.get(pk=cast.there), by=cast.actor("administrator"), at=NOW, **NEW)
    assert not User.objects.filter(email="nora@harbour.example").exists()


def test_a_patients_log_in_gets_no_role(cast):
    with pytest.raises(ActionRefused):
        actions.invite_person(
            site=Site.objects.get(pk=cast.here),
            email="ada@patients.example",
            name="Ada",
            role="nurse",
            by=cast.actor("administrator"),
            at=NOW,
        )
    assert not Membership.objects.filter(user=cast.ada_user).exists()


def test_a_role_taken_away_is_gone_with_the_next_click(cast, browse):
    nurse, administrator = browse("nurse"), browse("administrator")
    assert nurse.get(reverse("clinic:course-holds", args=[cast.ada_course])).status_code == 200
    row = cast.user("nurse").memberships.get()
    administrator.post(reverse("clinic:role-remove", args=[row.pk]))
    assert nurse.get(reverse("clinic:course-holds", args=[cast.ada_course])).status_code == 404
    assert not may(cast.actor("nurse"), "patient.view", cast.patient("ada"))
    assert AuditEvent.objects.filter(did="role removed", on=f"clinic.user:{cast.staff['nurse']}").count() == 1


def test_the_last_administrator_of_a_site_stays(cast, browse):
    me = cast.user("administrator")
    client = browse("administrator")
    row = me.memberships.get()
    assert client.post(reverse("clinic:role-remove", args=[row.pk])).status_code == 409
    assert client.post(reverse("clinic:person-deactivate", args=[me.pk])).status_code == 409
    assert may(cast.actor("administrator"), "people.manage", Site.objects.get(pk=cast.here))
    actions.add_role(
        user=cast.user("quality"),
        site=row.site,
        role=Role.ADMINISTRATOR,
        by=cast.actor("administrator"),
        at=NOW,
    )
    assert client.post(reverse("clinic:role-remove", args=[row.pk])).status_code == 302


def test_a_deactivated_administrator_does_not_count(cast):
    by, here = cast.actor("administrator"), Site.objects.get(pk=cast.here)
    actions.add_role(user=cast.user("quality"), site=here, role=Role.ADMINISTRATOR, by=by, at=NOW)
    actions.deactivate_person(user_id=cast.staff["quality"], by=by, at=NOW)
    with pytest.raises(ActionRefused):
        actions.deactivate_person(user_id=cast.staff["administrator"], by=by, at=NOW)


def test_deactivating_ends_a_log_in_at_once_and_can_be_undone(cast, browse):
    nurse, administrator = browse("nurse"), browse("administrator")
    administrator.post(reverse("clinic:person-deactivate", args=[cast.staff["nurse"]]))
    assert nurse.get("/").status_code == 302
    administrator.post(reverse("clinic:person-reactivate", args=[cast.staff["nurse"]]))
    assert User.objects.get(pk=cast.staff["nurse"]).is_active


def test_who_also_works_elsewhere_is_not_shut_out_by_one_site(cast):
    there = Site.objects.get(pk=cast.there)
    actions.add_role(
        user=cast.user("nurse"), site=there, role="nurse", by=cast.actor("administrator", there=True), at=NOW
    )
    for act in (actions.deactivate_person, actions.reset_log_in):
        with pytest.raises(ActionRefused):
            act(user_id=cast.staff["nurse"], by=cast.actor("administrator"), at=NOW)


def test_resetting_a_log_in_takes_password_and_second_factor_away(cast, browse):
    nurse = cast.user("nurse")
    TOTP.activate(nurse, generate_totp_secret())
    page = browse("administrator").post(reverse("clinic:log-in-reset", args=[nurse.pk]))
    nurse.refresh_from_db()
    assert not nurse.has_usable_password()
    assert not nurse.authenticator_set.exists()
    assert Client().get(link_on(page)).status_code == 302


def test_only_the_administrators_sites_are_listed(cast, browse):
    text = browse("administrator").get("/settings/people/").content.decode()
    assert "Harbour Nurse" in text
    assert "Hill" not in text


def test_the_list_of_people_asks_the_database_a_fixed_number_of_times(cast, browse):
    client = browse("administrator")
    client.get("/settings/people/")  # the first click also notes that somebody is there
    counts = []
    for turn in range(2):
        with CaptureQueriesContext(connection) as asked:
            client.get("/settings/people/")
        counts.append(len(asked))
        for number in range(20):
            user = User.objects.create_user(f"more-{turn}-{number}@harbour.example", None, name=f"More {number}")
            Membership.objects.create(user=user, site_id=cast.here, role="nurse")
    assert counts[0] == counts[1]


def test_the_access_tab_shows_who_saw_what_and_when(cast, browse):
    browse("nurse").get(reverse("clinic:course-holds", args=[cast.ada_course]))
    actions.place_hold(
        course=cast.course("ada"), reason="Chest pain", lifts_when="Seen", by=System(name="watch"), at=NOW
    )
    text = browse("prescriber").get(reverse("clinic:patient-access", args=[cast.ada]) + "?machines").content.decode()
    assert "Harbour Nurse" in text
    assert "saw the page clinic, course holds" in text
    assert "The software (watch)" in text
    assert "patient registered" in text
    assert "Chest pain" in text


def test_the_access_tab_counts_itself(cast, browse):
    page = reverse("clinic:patient-access", args=[cast.ada])
    quality = browse("quality")
    quality.get(page)
    assert "saw the page clinic, patient access" in quality.get(page).content.decode()


def test_a_prescriber_lifts_a_hold_with_a_reason_and_a_nurse_does_not(cast, browse):
    page = reverse("clinic:course-holds", args=[cast.ada_course])
    nurse, prescriber = browse("nurse"), browse("prescriber")
    assert nurse.post(page, {"reason": "Chest pain", "lifts_when": "Seen by a cardiologist"}).url == page
    hold = cast.course("ada").holds.get()
    lift = reverse("clinic:hold-lift", args=[hold.pk])
    assert nurse.post(lift, {"reason": "Better"}).status_code == 404
    assert prescriber.post(lift, {"reason": ""}).status_code == 200
    assert prescriber.post(lift, {"reason": "Cardiologist's letter of today"}).url == page
    hold.refresh_from_db()
    assert hold.lift_reason == "Cardiologist's letter of today"
    assert prescriber.post(lift, {"reason": "Again"}).status_code == 409


def test_front_desk_sees_holds_and_cannot_place_one(cast, browse):
    page = reverse("clinic:course-holds", args=[cast.ada_course])
    desk = browse("front-desk")
    assert b"Place the hold" not in desk.get(page).content
    assert desk.post(page, {"reason": "x", "lifts_when": "y"}).status_code == 404
    assert not cast.course("ada").holds.exists()


def test_every_kind_of_actor_has_words_for_the_access_tab(cast, browse):
    device = Device(device_id=41, site_id=cast.here, name="Monitor 3")
    for by in (device, cast.patient_actor(), System(name="seals")):
        AuditEvent.objects.create(at=NOW, actor=by.key, did="looked", patients=[cast.ada]).subjects.create(
            patient=cast.patient("ada")
        )
    text = browse("quality").get(reverse("clinic:patient-access", args=[cast.ada]) + "?machines").content.decode()
    for words in ("Device 41", "The patient", "The software (seals)"):
        assert words in text
