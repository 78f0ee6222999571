"""The frame around every page: rail, theme, site."""

import pytest
from django.urls import reverse

from ketacare.clinic.models import Role


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PATIENT])
def test_the_rail_has_at_most_seven_places_and_each_answers(browse, role):
    client = browse(role)
    page = client.get(reverse("worklist:today"))
    places = list(page.context["rail"])
    assert 1 <= len(places) <= 7
    for place in places:
        assert client.get(place.url).status_code == 200, place.label


def test_the_page_shown_is_marked_in_the_rail(browse):
    page = browse("nurse").get(reverse("worklist:today"))
    assert [place.label for place in page.context["rail"] if place.is_current] == ["Today"]


def test_a_stranger_is_asked_to_log_in(client, cast):
    assert client.get(reverse("worklist:today")).status_code == 302


def test_a_patient_has_no_place_in_the_staff_rail(browse):
    assert browse("patient").get(reverse("worklist:today")).status_code == 404


def test_the_theme_is_kept_in_a_cookie_and_needs_no_script(browse):
    client = browse("nurse")
    home = reverse("worklist:today")
    assert b'data-bs-theme="light"' in client.get(home).content
    assert client.post(reverse("worklist:theme"), {"theme": "room", "next": home}).url == home
    assert b'data-bs-theme="dark"' in client.get(home).content


def test_the_theme_switch_never_leads_to_another_site(browse):
    reply = browse("nurse").post(reverse("worklist:theme"), {"theme": "room", "next": "https://evil.example/"})
    assert reply.url == "/"
