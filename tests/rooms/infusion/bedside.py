"""A bedside monitor with a token."""

from django.utils import timezone

from ketacare.clinic import actions
from ketacare.clinic.models import Device, Site
from tests.cast import Cast

TOKEN = "a token as long as a device's"


def monitor(cast: Cast) -> Device:
    site = Site.objects.get(pk=cast.here)
    return actions.add_device(site=site, name="Monitor 1", token=TOKEN, by=cast.actor("nurse"), at=timezone.now())
