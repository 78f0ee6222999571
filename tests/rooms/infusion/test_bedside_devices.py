"""The pages of bedside devices: added, labelled, paired by what is scanned, and everything refused is shown."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from ketacare.clinic import actor
from ketacare.clinic.models import Device
from ketacare.infusion import actions, bedside_devices
from ketacare.infusion.delivering import Delivery
from ketacare.infusion.models import RefusedDelivery
from tests.rooms.infusion import treatment
from tests.rooms.infusion.test_delivering import added, pair
from tests.rooms.infusion.treatment import after, again

NEW = {"name": "Monitor 7", "kind": "monitor", "wire_name": "MON-7"}


@pytest.fixture
def session(cast):
    return treatment.started(cast)


def send(device: Device, *, at, number: int = 0, **more: object) -> None:
    row = Delivery(values={"spo2": 97}, place=str(number), key=str(number), **more)
    actions.deliver_readings(deliveries=[row], by=actor.of_device(device), at=at)


def test_a_device_is_added_and_its_token_shown_once(cast, browse):
    page = browse("nurse").post(reverse("infusion:bedside-device-new"), NEW | {"site": cast.here})
    device = Device.objects.get(name="Monitor 7")
    token = re.search(r'id="token" value="([^"]+)"', page.content.decode())[1]
    assert "no-store" in page["Cache-Control"]
    assert device.token_digest != token
    shown = browse("nurse").get(reverse("infusion:bedside-devices")).content.decode()
    assert "Monitor 7" in shown
    assert token not in shown


def test_the_label_carries_a_code_that_leads_to_the_pairing_page_and_tells_of_nobody(cast, session, browse):
    device = added(cast, "Monitor 1")
    pair(cast, session, device)
    nurse = browse("nurse")
    picture = nurse.get(reverse("infusion:bedside-device-code", args=[device.pk]))
    assert picture["Content-Type"] == "image/svg+xml"
    assert picture.content.startswith(b"<?xml")
    assert b'fill="#fff"' in picture.content, "without ground of its own no camera reads it on a dark page"
    label = nurse.get(reverse("infusion:bedside-device-label", args=[device.pk])).content.decode()
    assert reverse("infusion:pair", args=[device.label_code]) in label
    assert session.patient.family_name not in label


def test_scanning_the_label_pairs_the_device_with_the_chair_that_is_chosen(cast, session, browse):
    device = added(cast, "Monitor 1")
    address = reverse("infusion:pair", args=[device.label_code])
    nurse = browse("nurse")
    assert "Paired with nobody" in nurse.get(address).content.decode()
    nurse.post(address, {"session": session.pk})
    assert again(session).device == device
    assert "Unpair" in nurse.get(address).content.decode()
    nurse.post(reverse("infusion:unpair", args=[session.pk]))
    assert again(session).device is None


def test_a_device_at_another_chair_is_refused_with_the_reason_on_the_page(cast, session, browse):
    device = added(cast, "Monitor 1")
    pair(cast, session, device)
    retired = browse("nurse").post(reverse("infusion:bedside-device-retire", args=[device.pk]))
    assert retired.status_code == 409
    assert "Unpair it first" in retired.content.decode()
    assert Device.objects.get(pk=device.pk).retired_at is None


def test_what_was_refused_is_shown_with_a_way_to_add_the_unknown_device(cast, browse):
    gateway = added(cast, "Gateway", is_gateway=True)
    for number in range(3):
        send(gateway, at=after(number), number=number, names=("ACME|BED 1",))
    page = browse("nurse").get(reverse("infusion:bedside-devices")).content.decode()
    assert "no device in use here calls itself that" in page
    assert "?wire_name=ACME%7CBED%201" in page
    browse("nurse").post(reverse("infusion:bedside-device-new"), NEW | {"wire_name": "ACME|BED 1", "site": cast.here})
    assert not RefusedDelivery.objects.exists()


def test_a_clock_that_is_off_is_said_on_the_list_and_beside_the_session(cast, session, browse):
    device = added(cast, "Monitor 1")
    pair(cast, session, device)
    ahead = timedelta(minutes=7)
    send(device, at=after(1), device_time=after(1) + ahead, sent_at=after(1) + ahead)
    assert bedside_devices.clock_notice(again(session)).startswith("The clock of Monitor 1 is 7 min fast")
    assert "7 min fast" in browse("nurse").get(reverse("infusion:bedside-devices")).content.decode()
    assert "7 min fast" in browse("nurse").get(reverse("infusion:session", args=[session.pk])).content.decode()


@pytest.mark.parametrize(
    ("skew_s", "words"),
    [(0, ""), (2, ""), (-2.4, "2 s fast"), (90, "90 s slow"), (7200, "2.0 h slow"), (-3599, "60 min fast")],
)
def test_how_far_a_clock_is_off_is_said_in_words(skew_s, words):
    assert bedside_devices.off(skew_s) == words


def test_devices_of_another_site_are_not_there(cast, browse):
    device = added(cast, "Monitor 1")
    far = browse("nurse", there=True)
    assert "Monitor 1" not in far.get(reverse("infusion:bedside-devices")).content.decode()
    assert far.get(reverse("infusion:pair", args=[device.label_code])).status_code == 404
    assert far.get(reverse("infusion:bedside-device-label", args=[device.pk])).status_code == 404


def test_the_list_asks_the_database_the_same_for_one_device_as_for_many(
    cast, session, browse, django_assert_max_num_queries
):
    for number in range(8):
        added(cast, f"Monitor {number}")
    nurse = browse("nurse")
    nurse.get(reverse("infusion:bedside-devices"))
    with django_assert_max_num_queries(14):
        nurse.get(reverse("infusion:bedside-devices"))
