"""A record of another site in an emergency: exactly named, for a reason, for four hours, seen the same day."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic import actions
from ketacare.clinic.models import AccessGrant, AuditEvent
from tests.cast import NOW

PAGE = "/emergency/"
ZOE = {
    "given_name": "zoe",
    "family_name": "MARCHETTI",
    "born_on": "1979-01-30",
    "reason": "Collapsed in our waiting room",
}


def record_of(cast, who: str) -> str:
    return reverse("worklist:patient", args=[getattr(cast, who)])


def test_without_breaking_the_glass_a_record_of_another_site_does_not_exist(cast, browse):
    assert browse("nurse").get(record_of(cast, "zoe")).status_code == 404


def test_name_birth_date_and_reason_open_the_record_with_a_banner_for_four_hours(cast, browse):
    nurse = browse("nurse")
    assert nurse.post(PAGE, ZOE).url == record_of(cast, "zoe")
    page = nurse.get(record_of(cast, "zoe"))
    assert page.status_code == 200
    assert b"Emergency access" in page.content
    assert b"Emergency access" not in nurse.get(record_of(cast, "ada")).content
    with time_machine.travel(timezone.now() + timedelta(hours=4, minutes=1)):
        assert browse("nurse").get(record_of(cast, "zoe")).status_code == 404


def test_it_opens_for_nobody_else(cast, browse):
    browse("nurse").post(PAGE, ZOE)
    assert browse("prescriber").get(record_of(cast, "zoe")).status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"given_name": "Zo"}, {"family_name": "Marchett"}, {"born_on": "1979-01-31"}, {"given_name": "Nobody"}]
)
def test_a_near_miss_says_no_more_than_a_far_one(cast, browse, wrong):
    reply = browse("nurse").post(PAGE, ZOE | wrong)
    assert reply.status_code == 409
    assert b"No single record has exactly this name and date of birth." in reply.content
    assert b"Marchetti" not in reply.content
    assert not AccessGrant.objects.exists()
    assert AuditEvent.objects.filter(did="was refused", details__code="no-one-match").count() == 1


def test_two_people_of_one_name_and_birth_date_open_neither(cast, browse):
    actions.add_patient(
        site=cast.course("zoe").site,
        given_name="Zoe",
        family_name="Marchetti",
        born_on=cast.patient("zoe").born_on,
        sex_at_birth="female",
        by=cast.actor("front-desk", there=True),
        at=NOW,
    )
    assert browse("nurse").post(PAGE, ZOE).status_code == 409
    assert not AccessGrant.objects.exists()


@pytest.mark.parametrize("reason", ["", "   "])
def test_no_reason_no_record(cast, browse, reason):
    reply = browse("nurse").post(PAGE, ZOE | {"reason": reason})
    assert reply.status_code == 200
    assert b"This field is required" in reply.content
    assert not AccessGrant.objects.exists()


def test_ones_own_patient_needs_no_glass_broken(cast, browse):
    ada = {"given_name": "Ada", "family_name": "Lindqvist", "born_on": "1984-05-17", "reason": "Quicker"}
    assert browse("nurse").post(PAGE, ada).status_code == 409
    assert not AccessGrant.objects.exists()


def test_nothing_is_written_into_a_record_opened_so(cast, browse):
    nurse = browse("nurse")
    nurse.post(PAGE, ZOE)
    page = reverse("clinic:course-holds", args=[cast.zoe_course])
    assert nurse.get(page).status_code == 200
    assert nurse.post(page, {"reason": "Chest pain", "lifts_when": "Seen"}).status_code == 404
    assert not cast.course("zoe").holds.exists()


def test_the_patients_quality_lead_sees_it_the_same_day_and_says_so(cast, browse):
    browse("nurse").post(PAGE, ZOE)
    lead = browse("quality", there=True)
    page = lead.get("/quality/")
    for word in ("Harbour Nurse", "Zoe Marchetti", "Collapsed in our waiting room"):
        assert word in page.content.decode()
    assert AuditEvent.objects.filter(did="saw clinic:quality", subjects__patient=cast.zoe).exists()
    grant = AccessGrant.objects.get()
    assert lead.post(reverse("clinic:grant-review", args=[grant.pk])).url == "/quality/"
    grant.refresh_from_db()
    assert grant.reviewed_by_id == cast.staff_there["quality"]
    after = lead.get("/quality/").content.decode()
    assert "Nothing waits." in after
    assert "looked at by Hill Quality" in after


def test_a_quality_lead_of_another_site_sees_and_reviews_nothing(cast, browse):
    browse("nurse").post(PAGE, ZOE)
    lead = browse("quality")
    assert b"Marchetti" not in lead.get("/quality/").content
    assert lead.post(reverse("clinic:grant-review", args=[AccessGrant.objects.get().pk])).status_code == 404


def test_an_access_nobody_looked_at_stays_on_the_list_the_next_days(cast, browse):
    browse("nurse").post(PAGE, ZOE)
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert b"Collapsed in our waiting room" in browse("quality", there=True).get("/quality/").content


def test_the_access_tab_shows_it_to_the_patients_site(cast, browse):
    browse("nurse").post(PAGE, ZOE)
    page = browse("prescriber", there=True).get(reverse("clinic:patient-access", args=[cast.zoe]))
    assert "Collapsed in our waiting room" in page.content.decode()
    assert "broke the glass" in page.content.decode()
