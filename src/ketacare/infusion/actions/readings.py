"""The door for readings: every way in ends here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from ketacare.clinic import actor, audit, clock
from ketacare.clinic.actor import Actor, System
from ketacare.clinic.actor import Device as DeviceActor
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.permissions import require
from ketacare.infusion.delivering import (
    Addressed,
    Delivery,
    Found,
    Placed,
    Sent,
    addressed,
    by_the_clock_now,
    find,
    known_of,
    marks_of,
    placed,
    rounds,
)
from ketacare.infusion.doing import RECORDABLE, allowed, made, require_status
from ketacare.infusion.door import Batch, Known, Outcome, Row, judged
from ketacare.infusion.models import DeviceClock, RefusedDelivery, Session
from ketacare.infusion.timeline import Charts, Entry, Writing
from ketacare.science.errors import Problem
from ketacare.science.monitoring.events import Reading
from ketacare.science.monitoring.skew import Measured, Sample

CLOCK = System(name="device-clock")
DOOR = System(name="door")
MOST_KEPT = 500  # refusals of a site that are kept; the oldest make room
LONGEST = {"sender": 120, "place": 60, "says": 300}
STATUSES = ("stored", "duplicate", "refused")


@dataclass(frozen=True, kw_only=True)
class _Lot:
    """Rows of one sender for one session, each with the reading it becomes or with what became of it."""

    session: Session
    by: Actor
    at: datetime
    results: Sequence[tuple[Row, Reading | Outcome]]

    @property
    def writing(self) -> Writing:
        entries = [
            Entry(payload=one, at=row.at, sent_key=row.key) for row, one in self.results if isinstance(one, Reading)
        ]
        return Writing(session=self.session, entries=entries, by=self.by, at=self.at)

    def outcomes(self, seqs: Sequence[int]) -> list[Outcome]:
        """What became of each row, once its readings are stored under these numbers."""
        numbers = iter(seqs)
        return [
            one
            if isinstance(one, Outcome)
            else Outcome(place=row.place, status="stored", seq=next(numbers), session=self.session.pk)
            for row, one in self.results
        ]


@transaction.atomic
def record_readings(*, session_id: int, batch: Batch, by: Actor, at: datetime) -> list[Outcome]:
    """Store every good row of what waits, with its alarms; tell what became of each row."""
    session = allowed(session_id, "infusion.record", by)
    charts = Charts([session.pk])
    known = known_of(session, batch.rows, charts.states[session.pk], by=by.key, is_typed=batch.source == "person")
    lot = _lot(session, batch, known, by=by, at=at)
    outcomes = lot.outcomes(charts.write(lot.writing))
    charts.store()
    audit.record_all([_done(lot, outcomes)])
    return outcomes


@transaction.atomic
def deliver_readings(
    *, deliveries: Sequence[Delivery], by: DeviceActor, at: datetime, boot_s: float | None = None
) -> list[Outcome]:
    """Store what a device, or a gateway for many, has sent: each row in the session that its device was paired with then.

    Each row is judged on its own. What is refused is kept as refused, so that staff see it.
    """
    (outcomes,) = deliver_together(sent=[Sent(deliveries=deliveries, by=by, at=at, boot_s=boot_s)], by=DOOR, at=at)
    return outcomes


@transaction.atomic
def deliver_together(*, sent: Sequence[Sent], by: System, at: datetime) -> list[list[Outcome]]:
    """Store what several senders have handed over: what ``deliver_readings`` would make of each, one after the other.

    The database is asked a few times for all of them. When one fails, nothing of any is stored: hand them over one by one.
    ``by`` has gathered them; each is judged and written down as its own sender's, at its own time.
    """
    now = clock.now()
    in_time = [by_the_clock_now(one, now) for one in sent]
    return [outcomes for group in rounds(addressed(in_time)) for outcomes in _delivered(group)]


def _delivered(group: Sequence[Addressed]) -> list[list[Outcome]]:
    """What became of the rows of several requests, in which no device has two."""
    found = find(group)
    where = [placed(one, found) for one in group]
    charts = Charts({one.session for theirs in where for one in theirs if one.session})
    _keep_clocks(group, found)
    done: list[audit.Done] = []
    answers = []
    for one, theirs in zip(group, where, strict=True):
        answers.append(_written(theirs, found, charts, done, at=one.sent.at))
    charts.store()
    audit.record_all(done)
    for one, theirs, outcomes in zip(group, where, answers, strict=True):
        _keep_refusals(one.sent.by.site_id, theirs, outcomes, at=one.sent.at)
    return answers


def _written(
    where: Sequence[Placed], found: Found, charts: Charts, done: list[audit.Done], *, at: datetime
) -> list[Outcome]:
    """Draft the rows of one request; tell what became of each."""
    outcomes = {number: one.outcome for number, one in enumerate(where) if one.outcome is not None}
    lots = {(one.session, one.device) for one in where if one.session and one.device}
    for session_id, device in sorted(lots, key=lambda one: (one[0], one[1].pk)):
        numbers = [number for number, one in enumerate(where) if (one.session, one.device) == (session_id, device)]
        rows = [row for number in numbers if (row := where[number].row) is not None]
        session, by = charts.sessions[session_id], actor.of_device(device)
        require(by, "infusion.record", session)
        marks = marks_of(session, rows, charts.states[session_id])
        try:
            batch = Batch(rows=rows, source="device", device=device.name)
            lot = _lot(session, batch, Known(by_mark=marks, by_key=found.keys_of(device)), by=by, at=at)
        except ActionRefused as refusal:
            outcomes |= dict(zip(numbers, _all_refused(rows, refusal), strict=True))
            continue
        theirs = lot.outcomes(charts.write(lot.writing))
        outcomes |= dict(zip(numbers, theirs, strict=True))
        done.append(_done(lot, theirs))
        _tell_of_jump(lot, found, charts)
    return [outcomes[number] for number in range(len(where))]


def _lot(session: Session, batch: Batch, known: Known, *, by: Actor, at: datetime) -> _Lot:
    """The rows of one session, judged."""
    require_status(session, RECORDABLE)
    return _Lot(session=session, by=by, at=at, results=list(judged(batch, known, session=session.pk, now=at)))


def _done(lot: _Lot, outcomes: Sequence[Outcome]) -> audit.Done:
    """Each lot is one audit event."""
    counts: dict[str, object] = {status: sum(one.status == status for one in outcomes) for status in STATUSES}
    return audit.Done(by=lot.by, at=lot.at, did="readings recorded", on=lot.session, details=counts)


def _all_refused(rows: Sequence[Row], refusal: ActionRefused) -> list[Outcome]:
    """A session that takes no readings refuses its own rows and no others."""
    problems = tuple(Problem(place="session", says=reason.text) for reason in refusal.reasons)
    return [Outcome(place=row.place, status="refused", problems=problems, reason="session") for row in rows]


def _keep_clocks(group: Sequence[Addressed], found: Found) -> None:
    """Write down what a new measurement has changed."""
    arrived_at = {pk: one.sent.at for one in group for pk in one.devices}
    for device_id, now in found.measured.items():
        at = arrived_at[device_id]
        row = found.clocks.get(device_id) or DeviceClock(device_id=device_id, measured_at=at)
        samples, suspects = _told(now.samples), _told(now.suspects)
        if (samples, suspects) == (row.samples, row.suspects):
            continue
        row.samples, row.suspects, row.skew_s, row.measured_at = samples, suspects, now.skew_s, at
        if now.step_s is not None:
            row.step_s, row.stepped_at = now.step_s, at
        row.save()


def _told(samples: Sequence[Sample]) -> list[list[object]]:
    return [
        [one.at.isoformat(), one.skew_s, one.boot_id, one.booted_at.isoformat() if one.booted_at else None]
        for one in samples
    ]


def _tell_of_jump(lot: _Lot, found: Found, charts: Charts) -> None:
    """A clock that has jumped is a fault of the device: the session's timeline says so, and an alarm follows."""
    has_jumped = isinstance(lot.by, DeviceActor) and found.measured.get(lot.by.device_id, Measured()).step_s is not None
    if has_jumped:
        fault = made(Reading, values={"device_fault": True}, source="device", device=lot.by.name)
        charts.write(Writing(session=lot.session, entries=[Entry(payload=fault, at=lot.at)], by=CLOCK, at=lot.at))


def _keep_refusals(site_id: int, where: Sequence[Placed], answers: Sequence[Outcome], *, at: datetime) -> None:
    """Tell of each kind of refusal once, with how often it happened."""
    refused = [(one, outcome) for one, outcome in zip(where, answers, strict=True) if outcome.status == "refused"]
    for one, outcome in refused:
        for problem in outcome.problems:
            sender = one.device.name if one.device else next(iter(one.delivery.names), "no name")
            known, is_new = RefusedDelivery.objects.get_or_create(
                site_id=site_id,
                sender=sender[: LONGEST["sender"]],
                reason=outcome.reason,
                place=problem.place[: LONGEST["place"]],
                defaults={"first_at": at, "last_at": at, "says": problem.says[: LONGEST["says"]], "device": one.device},
            )
            if not is_new:
                known.count, known.last_at, known.says = known.count + 1, at, problem.says[: LONGEST["says"]]
                known.save(update_fields=["count", "last_at", "says"])
    if refused:
        _make_room(site_id)


def _make_room(site_id: int) -> None:
    kept = RefusedDelivery.objects.filter(site_id=site_id).order_by("-last_at", "-pk")
    if old := list(kept.values_list("pk", flat=True)[MOST_KEPT:]):
        RefusedDelivery.objects.filter(pk__in=old).delete()
