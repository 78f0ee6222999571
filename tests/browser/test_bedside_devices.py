"""A monitor is added, labelled, and paired with a chair by the address on its label."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from ketacare.clinic import actions as clinic
from ketacare.clinic import actor
from ketacare.clinic.models import Device, Site
from ketacare.infusion import actions
from ketacare.infusion.delivering import Delivery
from tests.browser.journey import Journey
from tests.cast import Cast
from tests.rooms.infusion import today

pytestmark = pytest.mark.browser


def heard_of(cast: Cast, name: str) -> None:
    """A gateway hears a monitor that nobody has added."""
    nurse, at = cast.actor("nurse"), today.ago(minutes=1)
    site = Site.objects.get(pk=cast.here)
    gateway = clinic.add_device(site=site, name="Gateway", token="g", is_gateway=True, by=nurse, at=at)
    row = Delivery(values={"spo2": 97}, place="1", key="1", names=(name,))
    actions.deliver_readings(deliveries=[row], by=actor.of_device(gateway), at=at)


def test_from_a_refused_delivery_to_a_monitor_paired_with_a_chair(
    journey_of: Callable[[str], Journey], own_cast: Cast
) -> None:
    session = today.checked_in(own_cast, chair="Room 2")
    heard_of(own_cast, "ACME-7")
    walk = journey_of("nurse")
    page = walk.page
    page.goto(reverse("clinic:settings"))
    page.get_by_role("link", name="Devices").click()
    expect(page.get_by_text("no device in use here calls itself that")).to_be_visible()
    walk.look("devices")
    page.get_by_role("link", name="Add the device ACME-7").click()
    page.get_by_label("Name", exact=False).first.fill("Monitor 7")
    walk.look("device-new")
    page.get_by_role("button", name="Add the device").click()
    expect(page.get_by_label("Token")).to_be_visible()
    page.get_by_role("link", name="Its label").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    walk.look("device-label")
    page.locator("a", has_text="/pair/").click()
    page.get_by_label("Where it stands now").select_option(str(session.pk))
    walk.look("device-pair")
    page.get_by_role("button", name="Pair").click()
    page.goto(reverse("infusion:bedside-devices"))
    expect(page.get_by_role("link", name="Room 2")).to_be_visible()
    expect(page.get_by_text("Nothing was refused.")).to_be_visible()
    walk.look("devices-paired")
    assert Device.objects.get(name="Monitor 7").pairings.get().session_id == session.pk
