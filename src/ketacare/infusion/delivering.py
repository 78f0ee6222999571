"""Where a device's rows belong: which device sent them, when they were measured by our clock, and whose they are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from ketacare.clinic import clock
from ketacare.clinic.actor import Device as DeviceActor
from ketacare.clinic.errors import NotAllowed
from ketacare.clinic.models import Device
from ketacare.clinic.prepared import Prepared
from ketacare.infusion.door import Known, Mark, Outcome, Row, Stored, words_of
from ketacare.infusion.models import OCCUPYING, DeviceClock, Pairing, SessionEvent
from ketacare.science.errors import Problem
from ketacare.science.monitoring.clocks import Mark as ClockMark
from ketacare.science.monitoring.clocks import stepped
from ketacare.science.monitoring.skew import Measured, Sample, device_policy, measured, measured_at, retold
from ketacare.science.monitoring.timeline import State, clock_steps

LONGEST_NAME = 120
REACHES_BACK = timedelta(days=1)  # a pairing that ended longer ago takes no rows any more
SENDERS_AT_ONCE = 20  # in one query, which looks for each key of theirs under each of them


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


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What one device, or a gateway for many, handed over at once."""

    deliveries: Sequence[Delivery]
    by: DeviceActor
    at: datetime  # when it arrived
    boot_s: float | None = None  # since our machine started, at that moment; None: not told


@dataclass(frozen=True, kw_only=True)
class Addressed:
    """The same, with the device behind each delivery."""

    sent: Sent
    senders: Sequence[Device | None]

    @property
    def devices(self) -> dict[int, Device]:
        return {one.pk: one for one in self.senders if one is not None}


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the database knows of the devices of several requests, asked once for all of them."""

    pairings: Mapping[int, Sequence[Pairing]]  # the latest first
    keys: Mapping[tuple[str, str], Stored]  # device and key -> the row that was stored under it
    clocks: Mapping[int, DeviceClock]
    measured: Mapping[int, Measured]  # the clocks with what the newest message of each shows

    def skew_s(self, device: Device) -> float | None:
        known = self.measured.get(device.pk)
        return known.skew_s if known else None

    def keys_of(self, device: Device) -> dict[str, Stored]:
        """What a device has stored, by its own key."""
        by = f"device:{device.pk}"
        return {key: stored for (sender, key), stored in self.keys.items() if sender == by}


def by_the_clock_now(sent: Sent, now: clock.Moment) -> Sent:
    """What arrived just before our wall clock was put forward or back, at that moment told by the clock as it is now."""
    if sent.boot_s is None:
        return sent
    limit_s = device_policy().machine.step_s
    told = stepped(ClockMark(at=sent.at, boot_s=sent.boot_s), ClockMark(at=now.at, boot_s=now.boot_s), limit_s=limit_s)
    return replace(sent, at=sent.at + told.step) if told else sent


def addressed(sent: Sequence[Sent]) -> list[Addressed]:
    """The device behind each delivery: the sender itself, or one that a gateway names."""
    own = {row.pk: row for row in IN_USE.rows(sorted({one.by.device_id for one in sent}))}
    if gone := [one.by for one in sent if one.by.device_id not in own]:
        raise NotAllowed("infusion.record", gone[0].key)
    spoken = [one for one in sent if own[one.by.device_id].is_gateway]
    named = _named(spoken) if spoken else {}
    return [
        Addressed(sent=one, senders=[_sender(row, own[one.by.device_id], named) for row in one.deliveries])
        for one in sent
    ]


def _named(sent: Sequence[Sent]) -> dict[tuple[int, str], Device]:
    """The devices in use that gateways speak for, by site and by what they call themselves."""
    names = {name for one in sent for row in one.deliveries for name in row.names}
    sites = {one.by.site_id for one in sent}
    here = Device.objects.filter(site__in=sites, wire_name__in=names, retired_at__isnull=True, is_gateway=False)
    return {(device.site_id, device.wire_name): device for device in here}


def _sender(one: Delivery, own: Device, named: Mapping[tuple[int, str], Device]) -> Device | None:
    if not own.is_gateway:
        return own if not one.names or own.wire_name in one.names else None
    places = ((own.site_id, name) for name in one.names)
    return next((named[place] for place in places if place in named), None)


def rounds(found: Iterable[Addressed]) -> Iterator[list[Addressed]]:
    """Requests that follow one another, in groups in which no device has two: what one of a group stores, no other repeats."""
    group: list[Addressed] = []
    there: set[int] = set()
    for one in found:
        devices = {one.sent.by.device_id, *one.devices}
        if there & devices:
            yield group
            group, there = [], set()
        group.append(one)
        there |= devices
    if group:
        yield group


def find(group: Sequence[Addressed]) -> Found:
    """Look up all that is asked about the requests of a group."""
    devices = {pk for one in group for pk in one.devices}
    newest = {pk: moment for one in group for pk, moment in _newest(one).items()}
    clocks = {row.device_id: row for row in DeviceClock.objects.filter(device__in=newest)} if newest else {}
    return Found(
        pairings=pairings_of(devices, since=min(one.sent.at for one in group) - REACHES_BACK),
        keys=keys_of(group),
        clocks=clocks,
        measured={pk: _measured(as_measured(clocks.get(pk)), new) for pk, new in newest.items()},
    )


def _measured(known: Measured, new: Sample) -> Measured:
    """What is known of a device's clock with one more measurement; a step of our own clock is not taken for one of the device's."""
    policy = device_policy()
    return measured(retold(known, new, limit_s=policy.machine.step_s), new, policy=policy.clock)


def pairings_of(devices: Iterable[int], *, since: datetime) -> dict[int, list[Pairing]]:
    """The pairings of these devices that reach into the time since then, the latest first."""
    found: dict[int, list[Pairing]] = {}
    for pairing in PAIRINGS.rows(sorted(devices), since):
        found.setdefault(pairing.device_id, []).append(pairing)
    return found


def keys_of(group: Iterable[Addressed]) -> dict[tuple[str, str], Stored]:
    """The rows that these devices have stored under the keys they sent now, by device and key."""
    keys: dict[str, set[str]] = {}
    for one in group:
        for device, row in zip(one.senders, one.sent.deliveries, strict=True):
            if device is not None and row.key:
                keys.setdefault(f"device:{device.pk}", set()).add(row.key)
    found, senders = {}, list(keys)
    for first in range(0, len(senders), SENDERS_AT_ONCE):
        some = senders[first : first + SENDERS_AT_ONCE]
        rows = UNDER_KEYS.rows(some, sorted(set().union(*(keys[by] for by in some))))
        found.update({(row.by, row.sent_key): stored_as(row) for row in rows})
    return found


def under_keys(senders: Iterable[str], keys: Iterable[str]) -> QuerySet[SessionEvent]:
    """The rows that any of these senders has stored under any of these keys. Said so that the index of keys, which leaves out rows without one, is used."""
    return SessionEvent.objects.filter(by__in=senders, sent_key__in=keys).exclude(sent_key="")


IN_USE = Prepared(lambda devices: Device.objects.filter(retired_at__isnull=True, pk__in=devices))
PAIRINGS = Prepared(
    lambda devices, since: Pairing.objects.filter(
        Q(unpaired_at__isnull=True) | Q(unpaired_at__gte=since), device__in=devices
    ).order_by("-paired_at")
)
UNDER_KEYS = Prepared(under_keys)


def known_of(session: Any, rows: Sequence[Row], state: State, *, by: str, is_typed: bool) -> Known:
    """What of these rows a session, and their sender, have stored already. Two people may type the same at the same time."""
    keys = {row.key for row in rows if row.key}
    same = under_keys([by], keys) if keys else []
    return Known(
        by_mark=marks_of(session, rows, state, by=by if is_typed else None),
        by_key={row.sent_key: stored_as(row) for row in same},
    )


def marks_of(session: Any, rows: Sequence[Row], state: State, *, by: str | None = None) -> dict[Mark, int]:
    """The readings of the same moments that a session has already; where nothing was taken then, the database is not asked."""
    times = [row.at for row in rows]
    told_anew = state.superseded or clock_steps(state)  # then the state tells not every time as it is stored
    if not times or not (told_anew or any(_was_measured(state, row) for row in rows)):
        return {}
    near = session.events.filter(kind="reading", at__gte=min(times), at__lte=max(times))
    same = near if by is None else near.filter(by=by)
    return {(row.at, words_of(row.payload)): row.seq for row in same}


def _was_measured(state: State, row: Row) -> bool:
    """Whether a value that a row tells of was taken at its very time. A time without a zone is no time."""
    if row.at.tzinfo is None:
        return False
    latest = (state.latest(name, at=row.at) for name in row.values)
    return any(one is not None and one.at == row.at for one in latest)


def stored_as(row: SessionEvent) -> Stored:
    return Stored(session=row.session_id, seq=row.seq, at=row.at, words=words_of(row.payload))


def _newest(one: Addressed) -> dict[int, Sample]:
    """What the newest message of each device says of its clock."""
    newest: dict[int, datetime] = {}
    for device, row in zip(one.senders, one.sent.deliveries, strict=True):
        if device is not None and row.sent_at is not None:
            newest[device.pk] = max(row.sent_at, newest.get(device.pk, row.sent_at))
    at, now = one.sent.at, clock.now()
    run = {"boot_id": now.boot_id, "booted_at": now.at - timedelta(seconds=now.boot_s)}
    return {pk: Sample(at=at, skew_s=(at - sent_at).total_seconds(), **run) for pk, sent_at in newest.items()}


def as_measured(row: DeviceClock | None) -> Measured:
    """What the database keeps of a device's clock."""
    if row is None:
        return Measured()
    return Measured(samples=_samples(row.samples), suspects=_samples(row.suspects))


def _samples(told: Iterable[Sequence[Any]]) -> tuple[Sample, ...]:
    return tuple(_sample(*one) for one in told)


def _sample(at: str, skew_s: float, boot_id: str = "", booted_at: str | None = None) -> Sample:
    began = datetime.fromisoformat(booted_at) if booted_at else None
    return Sample(at=datetime.fromisoformat(at), skew_s=skew_s, boot_id=boot_id, booted_at=began)


def placed(one: Addressed, found: Found) -> list[Placed]:
    """Say of each delivery where it belongs. One that was stored before is known by its key, wherever its device is now."""
    return [
        _placed(row, device, found=found, at=one.sent.at)
        for row, device in zip(one.sent.deliveries, one.senders, strict=True)
    ]


def _placed(one: Delivery, device: Device | None, *, found: Found, at: datetime) -> Placed:
    if one.unreadable:
        outcome = Outcome(place=one.place, status="refused", problems=one.unreadable, reason="unreadable")
        return Placed(delivery=one, device=device, outcome=outcome)
    if device is None:
        return _refused(one, None, "unknown-device", "no device in use here calls itself that")
    row = row_of(one, skew_s=found.skew_s(device), at=at)
    if stored := found.keys.get((f"device:{device.pk}", one.key)):
        return Placed(delivery=one, device=device, row=row, session=stored.session)
    pairings = found.pairings.get(device.pk, ())
    pairing = next((p for p in pairings if _holds(p, row.at, now=at)), None)
    if pairing is None:
        is_paired = any(p.session.status in OCCUPYING for p in pairings)
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
