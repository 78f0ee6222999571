"""A device at the bedside is paired with one session, and with no other, until the session is over."""

from datetime import datetime

from django.db import IntegrityError, transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import Device, Site
from ketacare.infusion.doing import HERE, allowed, require_status
from ketacare.infusion.models import OCCUPYING, Pairing, Session
from ketacare.infusion.queries import sessions


@transaction.atomic
def pair_device(*, session_id: int, device_id: int, by: Actor, at: datetime) -> Session:
    """From now on what this device sends is this session's; a device that the session had before is free again."""
    session = allowed(session_id, "infusion.check-in", by)
    require_status(session, HERE)
    device = Device.objects.filter(pk=device_id, site=session.site_id, retired_at__isnull=True).first()
    if device is None:
        raise NotAllowed("infusion.check-in", f"clinic.device:{device_id}")
    if session.device_id == device.pk and session.pairings.filter(unpaired_at__isnull=True).exists():
        return session
    refuse_unpairable(device)
    _part(session, at=at)
    session.device = device
    try:
        with transaction.atomic():
            session.save(update_fields=["device"])
            Pairing.objects.create(device=device, session=session, paired_at=at, paired_by=by.key)
    except IntegrityError as error:
        raise ActionRefused("not-free", ["The monitor is in another session."]) from error
    audit.record(by=by, at=at, did="device paired", on=session, details={"device": device.pk})
    return session


@transaction.atomic
def unpair_device(*, session_id: int, by: Actor, at: datetime) -> Session:
    """The session has no device any more; what the device sends from now on is refused until it is paired again."""
    session = allowed(session_id, "infusion.check-in", by)
    require_status(session, HERE)
    device = session.device_id
    _part(session, at=at)
    session.device = None
    session.save(update_fields=["device"])
    audit.record(by=by, at=at, did="device unpaired", on=session, details={"device": device})
    return session


@transaction.atomic
def add_device(
    *, site: Site, name: str, token: str, wire_name: str, is_gateway: bool, by: Actor, at: datetime
) -> Device:
    """Let a device send readings; what was refused of it under that name is told no longer, it is known now."""
    device = clinic.add_device(
        site=site, name=name, token=token, wire_name=wire_name, is_gateway=is_gateway, by=by, at=at
    )
    site.refused_deliveries.filter(reason="unknown-device", sender=wire_name).delete()
    return device


@transaction.atomic
def retire_device(*, device_id: int, by: Actor, at: datetime) -> Device:
    """Take a device out of use, unless somebody is being monitored with it."""
    device = clinic.retire_device(device_id=device_id, by=by, at=at)
    if sessions().filter(device=device, status__in=OCCUPYING).exists():
        raise ActionRefused("in-use", ["The device is paired with a session. Unpair it first."])
    return device


def refuse_unpairable(device: Device) -> None:
    """Refuse a gateway, which measures nobody, and a device that is at another chair now."""
    if device.is_gateway:
        raise ActionRefused("a-gateway", ["A gateway speaks for monitors: pair the monitor."])
    if elsewhere := sessions().filter(device=device, status__in=OCCUPYING).first():
        chair = elsewhere.chair or "another room"
        raise ActionRefused("not-free", [f"This device is paired with the session in {chair}. Unpair it there first."])


def _part(session: Session, *, at: datetime) -> None:
    session.pairings.filter(unpaired_at__isnull=True).update(unpaired_at=at)
