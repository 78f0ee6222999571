"""Where a device's rows belong: which device sent them, when they were measured by our clock, and whose they are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from ketacare.clinic.actor import Device as DeviceActor
from ketacare.clinic.models import Device
from ketacare.infusion.door import Known, Outcome, Row, Stored, words_of
from ketacare.infusion.models import OCCUPYING, DeviceClock, Pairing, SessionEvent
from ketacare.science.errors import Problem
from ketacare.science.monitoring.skew import Measured, Sample, device_policy, measured, measured_at

LONGEST_NAME = 120


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One row as a device or a gateway sends it."""

    values: Mapping[str, Any]
    place: str
    key: str = ""
    names: tuple[str, ...] = ()  # what a gateway heard the device call itself, the most particular first
    session: int | None = None  # the session that the sender believes it belongs to
    at: datetime | None = None
    device_time: datetime | None = None
    sent_at: datetime | None = None  # when the message was made, by the device's clock
    unreadable: tuple[Problem, ...] = ()  # what a gateway could not read of it; nothing of it is stored


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A delivery with its device, its time and its session; or why it is refused."""

    delivery: Delivery
    device: Device | None
    row: Row | None = None
    session: int | None = None
    outcome: Outcome | None = None


@dataclass(kw_only=True)
class Clocks:
    """The clocks of the devices of one batch, and those of them that have just jumped."""

    by_device: dict[int, Measured] = field(default_factory=dict)
    rows: dict[int, DeviceClock] = field(default_factory=dict)

    def skew_s(self, device: Device) -> float | None:
        known = self.by_device.get(device.pk)
        return known.skew_s if known else None


def placed(deliveries: Sequence[Delivery], *, by: DeviceActor, clocks: Clocks, at: datetime) -> list[Placed]:
    """Say of each delivery where it belongs. One that was stored before is known by its key, wherever its device is now."""
    senders = senders_of(deliveries, by=by)
    devices = {one.pk: one for one in senders.values() if one is not None}
    clocks.by_device, clocks.rows = clocks_of(deliveries, senders, at=at)
    pairings = pairings_of(devices.values(), since=at - timedelta(days=1))
    known = keys_of(deliveries, devices.values())
    return [
        _placed(one, senders[number], known=known, pairings=pairings, clocks=clocks, at=at)
        for number, one in enumerate(deliveries)
    ]


def senders_of(deliveries: Sequence[Delivery], *, by: DeviceActor) -> dict[int, Device | None]:
    """The device behind each delivery, by its place in the batch: the sender itself, or one that a gateway names."""
    own = Device.objects.get(pk=by.device_id)
    if not own.is_gateway:
        return {
            number: own if not one.names or own.wire_name in one.names else None
            for number, one in enumerate(deliveries)
        }
    names = {name for one in deliveries for name in one.names}
    here = Device.objects.filter(site=by.site_id, wire_name__in=names, retired_at__isnull=True, is_gateway=False)
    by_name = {device.wire_name: device for device in here}
    return {
        number: next((by_name[name] for name in one.names if name in by_name), None)
        for number, one in enumerate(deliveries)
    }


def pairings_of(devices: Iterable[Device], *, since: datetime) -> dict[int, list[Pairing]]:
    """The pairings of these devices that reach into the time since then, the latest first."""
    found: dict[int, list[Pairing]] = {}
    lasting = Q(unpaired_at__isnull=True) | Q(unpaired_at__gte=since)
    rows = Pairing.objects.filter(lasting, device__in=[one.pk for one in devices]).select_related("session")
    for pairing in rows.order_by("-paired_at"):
        found.setdefault(pairing.device_id, []).append(pairing)
    return found


def keys_of(deliveries: Sequence[Delivery], devices: Iterable[Device]) -> dict[tuple[str, str], Stored]:
    """The rows that these devices have stored under these keys, by device and key."""
    keys = {one.key for one in deliveries if one.key}
    senders = [f"device:{one.pk}" for one in devices]
    rows = SessionEvent.objects.filter(by__in=senders, sent_key__in=keys) if keys and senders else []
    return {(row.by, row.sent_key): stored_as(row) for row in rows}


def known_of(session: Any, rows: Sequence[Row], *, by: str, is_typed: bool) -> Known:
    """What of these rows a session, and their sender, have stored already. Two people may type the same at the same time."""
    times = [row.at for row in rows]
    near = session.events.filter(kind="reading", at__gte=min(times), at__lte=max(times)) if times else ()
    if times and is_typed:
        near = near.filter(by=by)
    keys = {row.key for row in rows if row.key}
    same = SessionEvent.objects.filter(by=by, sent_key__in=keys) if keys else []
    return Known(
        by_mark={(row.at, words_of(row.payload)): row.seq for row in near},
        by_key={row.sent_key: stored_as(row) for row in same},
    )


def stored_as(row: SessionEvent) -> Stored:
    return Stored(session=row.session_id, seq=row.seq, at=row.at, words=words_of(row.payload))


def clocks_of(
    deliveries: Sequence[Delivery], senders: Mapping[int, Device | None], *, at: datetime
) -> tuple[dict[int, Measured], dict[int, DeviceClock]]:
    """Every sender's clock, with the measurement that its newest message gives."""
    newest: dict[int, datetime] = {}
    for number, one in enumerate(deliveries):
        device = senders[number]
        if device is not None and one.sent_at is not None:
            newest[device.pk] = max(one.sent_at, newest.get(device.pk, one.sent_at))
    rows = {row.device_id: row for row in DeviceClock.objects.filter(device__in=newest)} if newest else {}
    policy = device_policy().clock
    found = {
        device: measured(
            as_measured(rows.get(device)), Sample(at=at, skew_s=(at - sent_at).total_seconds()), policy=policy
        )
        for device, sent_at in newest.items()
    }
    return found, rows


def as_measured(row: DeviceClock | None) -> Measured:
    """What the database keeps of a device's clock."""
    if row is None:
        return Measured()
    return Measured(samples=_samples(row.samples), suspects=_samples(row.suspects))


def _samples(told: Iterable[tuple[str, float]]) -> tuple[Sample, ...]:
    return tuple(Sample(at=datetime.fromisoformat(at), skew_s=skew_s) for at, skew_s in told)


def _placed(
    one: Delivery,
    device: Device | None,
    *,
    known: Mapping[tuple[str, str], Stored],
    pairings: Mapping[int, list[Pairing]],
    clocks: Clocks,
    at: datetime,
) -> Placed:
    if one.unreadable:
        outcome = Outcome(place=one.place, status="refused", problems=one.unreadable, reason="unreadable")
        return Placed(delivery=one, device=device, outcome=outcome)
    if device is None:
        return _refused(one, None, "unknown-device", "no device in use here calls itself that")
    row = row_of(one, skew_s=clocks.skew_s(device), at=at)
    if stored := known.get((f"device:{device.pk}", one.key)):
        return Placed(delivery=one, device=device, row=row, session=stored.session)
    pairing = next((p for p in pairings.get(device.pk, ()) if _holds(p, row.at, now=at)), None)
    if pairing is None:
        is_paired = any(p.session.status in OCCUPYING for p in pairings.get(device.pk, ()))
        says = "measured before the device was paired" if is_paired else "the device is not paired with a session"
        return _refused(one, device, "not-paired", says)
    if one.session not in (None, pairing.session_id):
        return _refused(one, device, "other-session", "the device is paired with another session")
    return Placed(delivery=one, device=device, row=row, session=pairing.session_id)


def _holds(pairing: Pairing, at: datetime, *, now: datetime) -> bool:
    """Whether a device was a session's at a moment. One paired in the future says that our clock was just put back."""
    return (pairing.paired_at <= at or pairing.paired_at > now) and (
        pairing.unpaired_at is None or at <= pairing.unpaired_at
    )


def _refused(one: Delivery, device: Device | None, reason: str, says: str) -> Placed:
    outcome = Outcome(place=one.place, status="refused", problems=(Problem(place="device", says=says),), reason=reason)
    return Placed(delivery=one, device=device, outcome=outcome)


def row_of(one: Delivery, *, skew_s: float | None, at: datetime) -> Row:
    """A delivery as a row: at the sender's word, else by the device's clock as it is measured, else on arrival."""
    happened_at = one.at
    if happened_at is None:
        knows = one.device_time is not None and (one.sent_at is not None)
        happened_at = (
            measured_at(one.device_time, sent_at=one.sent_at, arrived_at=at, skew_s=skew_s)
            if knows and one.device_time is not None
            else at
        )
    return Row(
        at=happened_at,
        values=one.values,
        device_time=one.device_time.isoformat() if one.device_time else None,
        place=one.place,
        key=one.key,
        at_is_told=one.at is not None,
    )
