"""The door for readings: every way in ends here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from ketacare.clinic import actor, audit
from ketacare.clinic.actor import Actor, System
from ketacare.clinic.actor import Device as DeviceActor
from ketacare.clinic.errors import ActionRefused
from ketacare.infusion.delivering import Clocks, Delivery, Placed, known_of, placed
from ketacare.infusion.doing import RECORDABLE, allowed, made, require_status
from ketacare.infusion.door import Batch, Outcome, Row, judged
from ketacare.infusion.models import DeviceClock, RefusedDelivery, Session
from ketacare.infusion.timeline import Entry, Writing, append, append_all
from ketacare.science.errors import Problem
from ketacare.science.monitoring.events import Reading
from ketacare.science.monitoring.skew import Measured, Sample

CLOCK = System(name="device-clock")
MOST_KEPT = 500  # refusals of a site that are kept; the oldest make room
LONGEST = {"sender": 120, "place": 60, "says": 300}
STATUSES = ("stored", "duplicate", "refused")


@dataclass(frozen=True, kw_only=True)
class _Lot:
    """Rows of one sender for one session, each with the reading it becomes or with what became of it."""

    session: Session
    by: Actor
    results: Sequence[tuple[Row, Reading | Outcome]]

    @property
    def entries(self) -> list[Entry]:
        return [
            Entry(payload=one, at=row.at, sent_key=row.key) for row, one in self.results if isinstance(one, Reading)
        ]

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
    (outcomes,) = _stored([_lot(session_id, batch, by=by, at=at)], at=at)
    return outcomes


@transaction.atomic
def deliver_readings(*, deliveries: Sequence[Delivery], by: DeviceActor, at: datetime) -> list[Outcome]:
    """Store what a device, or a gateway for many, has sent: each row in the session that its device was paired with then.

    Each row is judged on its own. What is refused is kept as refused, so that staff see it.
    """
    clocks = Clocks()
    where = placed(deliveries, by=by, clocks=clocks, at=at)
    _keep_clocks(clocks, at=at)
    outcomes = {number: one.outcome for number, one in enumerate(where) if one.outcome is not None}
    lots: list[tuple[list[int], _Lot]] = []
    for session_id, device in sorted({(p.session, p.device) for p in where if p.session}, key=lambda one: one[0]):
        numbers = [number for number, p in enumerate(where) if (p.session, p.device) == (session_id, device)]
        rows = [row for number in numbers if (row := where[number].row) is not None]
        batch = Batch(rows=rows, source="device", device=device.name)
        try:
            lots.append((numbers, _lot(session_id, batch, by=actor.of_device(device), at=at)))
        except ActionRefused as refusal:
            outcomes |= dict(zip(numbers, _all_refused(rows, refusal), strict=True))
    for together in _each_session_once(lots):
        stored = _stored([lot for _, lot in together], at=at)
        for (numbers, lot), theirs in zip(together, stored, strict=True):
            outcomes |= dict(zip(numbers, theirs, strict=True))
            _tell_of_jump(lot, clocks, at=at)
    answers = [outcomes[number] for number in range(len(where))]
    _keep_refusals(by.site_id, where, answers, at=at)
    return answers


def _lot(session_id: int, batch: Batch, *, by: Actor, at: datetime) -> _Lot:
    """The rows of one session, judged, for somebody who may write there."""
    session = allowed(session_id, "infusion.record", by)
    require_status(session, RECORDABLE)
    known = known_of(session, batch.rows, by=by.key, is_typed=batch.source == "person")
    return _Lot(session=session, by=by, results=list(judged(batch, known, session=session.pk, now=at)))


def _stored(lots: Sequence[_Lot], *, at: datetime) -> list[list[Outcome]]:
    """Store the good rows of every lot in one go; each lot is one audit event."""
    writings = [Writing(session=lot.session, entries=lot.entries, by=lot.by, at=at) for lot in lots]
    outcomes = [lot.outcomes(one.seqs) for lot, one in zip(lots, append_all(writings), strict=True)] if lots else []
    for lot, theirs in zip(lots, outcomes, strict=True):
        counts = {status: sum(one.status == status for one in theirs) for status in STATUSES}
        audit.record(by=lot.by, at=at, did="readings recorded", on=lot.session, details=counts)
    return outcomes


def _each_session_once(lots: Sequence[tuple[list[int], _Lot]]) -> list[list[tuple[list[int], _Lot]]]:
    """The lots in groups that name no session twice: a session whose device was replaced may have one of each."""
    groups: list[list[tuple[list[int], _Lot]]] = []
    for number, one in enumerate(lots):
        place = sum(other.session.pk == one[1].session.pk for _, other in lots[:number])
        groups += [[]] if place == len(groups) else []
        groups[place].append(one)
    return groups


def _all_refused(rows: Sequence[Row], refusal: ActionRefused) -> list[Outcome]:
    """A session that takes no readings refuses its own rows and no others."""
    problems = tuple(Problem(place="session", says=reason.text) for reason in refusal.reasons)
    return [Outcome(place=row.place, status="refused", problems=problems, reason="session") for row in rows]


def _keep_clocks(clocks: Clocks, *, at: datetime) -> None:
    """Write down what a new measurement has changed."""
    for device_id, found in clocks.by_device.items():
        row = clocks.rows.get(device_id) or DeviceClock(device_id=device_id, measured_at=at)
        samples, suspects = _told(found.samples), _told(found.suspects)
        if (samples, suspects) == (row.samples, row.suspects):
            continue
        row.samples, row.suspects, row.skew_s, row.measured_at = samples, suspects, found.skew_s, at
        if found.step_s is not None:
            row.step_s, row.stepped_at = found.step_s, at
        row.save()


def _told(samples: Sequence[Sample]) -> list[list[object]]:
    return [[one.at.isoformat(), one.skew_s] for one in samples]


def _tell_of_jump(lot: _Lot, clocks: Clocks, *, at: datetime) -> None:
    """A clock that has jumped is a fault of the device: the session's timeline says so, and an alarm follows."""
    jumped = isinstance(lot.by, DeviceActor) and clocks.by_device.get(lot.by.device_id, Measured()).step_s is not None
    if jumped:
        fault = made(Reading, values={"device_fault": True}, source="device", device=lot.by.name)
        append(lot.session, Entry(payload=fault, at=at), by=CLOCK, at=at)


def _keep_refusals(site_id: int, where: Sequence[Placed], answers: Sequence[Outcome], *, at: datetime) -> None:
    """Tell of each kind of refusal once, with how often it happened."""
    for one, outcome in zip(where, answers, strict=True):
        for problem in outcome.problems if outcome.status == "refused" else ():
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
    _make_room(site_id)


def _make_room(site_id: int) -> None:
    kept = RefusedDelivery.objects.filter(site_id=site_id).order_by("-last_at", "-pk")
    if old := list(kept.values_list("pk", flat=True)[MOST_KEPT:]):
        RefusedDelivery.objects.filter(pk__in=old).delete()
