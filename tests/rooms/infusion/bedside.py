"""A bedside monitor with a token."""

import hashlib

from ketacare.clinic.models import Device
from tests.cast import Cast

TOKEN = "a token as long as a device's"


def monitor(cast: Cast) -> Device:
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    return Device.objects.create(site_id=cast.here, name="Monitor 1", token_digest=digest)
