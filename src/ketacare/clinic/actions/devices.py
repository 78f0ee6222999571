"""Devices at the bedside: which there are, and what each calls itself."""

import hashlib
from datetime import datetime

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import Device, Site
from ketacare.clinic.permissions import require


@transaction.atomic
def add_device(
    *,
    site: Site,
    name: str,
    token: str,
    by: Actor,
    at: datetime,
    wire_name: str = "",
    is_gateway: bool = False,
) -> Device:
    """Let a bedside monitor, or a gateway that speaks for monitors, send readings; of its token only a hash is kept."""
    require(by, "device.manage", site)
    if site.devices.filter(name=name).exists():
        raise ActionRefused("device-known", ["There is a device of this name at this site."])
    if wire_name and site.devices.filter(wire_name=wire_name, retired_at__isnull=True).exists():
        raise ActionRefused("wire-name-known", ["Another device in use calls itself that in its messages."])
    digest = hashlib.sha256(token.encode()).hexdigest()
    device = Device.objects.create(
        site=site, name=name, token_digest=digest, wire_name=wire_name, is_gateway=is_gateway
    )
    audit.record(by=by, at=at, did="device added", on=device)
    return device


@transaction.atomic
def retire_device(*, device_id: int, by: Actor, at: datetime) -> Device:
    """Take a device out of use: from now on its token opens nothing. What it sent stays."""
    device = Device.objects.select_for_update().filter(pk=device_id).first()
    if device is None:
        raise NotAllowed("device.manage", f"clinic.device:{device_id}")
    require(by, "device.manage", device)
    if device.retired_at is None:
        device.retired_at = at
        device.save(update_fields=["retired_at"])
        audit.record(by=by, at=at, did="device retired", on=device)
    return device
