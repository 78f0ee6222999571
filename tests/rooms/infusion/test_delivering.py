"""Rows of bedside devices: whose they are, when they were measured, and what becomes of those that are not taken."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic import actor
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import Device, Site
from ketacare.infusion import actions
from ketacare.infusion.actions import readings
from ketacare.infusion.delivering import Delivery
from ketacare.infusion.models import DeviceClock, Pairing, RefusedDelivery, SessionEvent
from tests.rooms.infusion import treatment
from tests.rooms.infusion.treatment import START, after, again

WIRE = "ACME|BED 1"


@pytest.fixture
def session(cast):
    return treatment.started(cast)


@pytest.fixture
def monitor(cast) -> Device:
    return added(cast, "Monitor 1", wire_name=WIRE)


def added(cast, name: str, **more: object) -> Device:
    site = Site.objects.get(pk=cast.here)
    return clinic.add_device(site=site, name=name, token=f"token of {name}", by=cast.actor("nurse"), at=START, **more)


def pair(cast, session, device, at: datetime = START):
    return actions.pair_device(session_id=session.pk, device_id=device.pk, by=cast.actor("nurse"), at=at)


def send(device: Device, *rows: Delivery, at: datetime):
    return actions.deliver_readings(deliveries=rows, by=actor.of_device(device), at=at)


def row(key: str = "1", spo2: float = 97, **more: object) -> Delivery:
    return Delivery(values={"spo2": spo2}, place=key, key=key, **more)


def statuses(outcomes) -> list[str]:
    return [one.status for one in outcomes]


def test_a_devices_row_goes_into_the_session_that_it_is_paired_with(cast, session, monitor):
    pair(cast, session, monitor)
    (outcome,) = send(monitor, row(), at=after(1))
    stored = session.events.get(seq=outcome.seq)
    assert (outcome.status, outcome.session) == ("stored", session.pk)
    assert (stored.by, stored.sent_key, stored.at) == (f"device:{monitor.pk}", "1", after(1))


def test_a_device_that_is_not_paired_is_refused_and_the_refusal_is_kept_with_its_number(cast, session, monitor):
    before = session.events.count()
    for minute in (1, 2, 3):
        (outcome,) = send(monitor, row(str(minute)), at=after(minute))
        assert (outcome.status, outcome.reason) == ("refused", "not-paired")
    told = RefusedDelivery.objects.get()
    assert (told.sender, told.count, told.first_at, told.last_at) == ("Monitor 1", 3, after(1), after(3))
    assert session.events.count() == before


def test_the_same_key_with_the_same_words_is_known_and_with_others_is_refused(cast, session, monitor):
    pair(cast, session, monitor)
    (first,) = send(monitor, row("k", 97), at=after(1))
    (same,) = send(monitor, row("k", 97), at=after(2))
    (other,) = send(monitor, row("k", 96), at=after(3))
    assert (same.status, same.seq) == ("duplicate", first.seq)
    assert (other.status, other.problems[0].says) == ("refused", "key used before with other words")
    assert SessionEvent.objects.filter(sent_key="k").count() == 1


def test_a_key_is_judged_within_one_batch_too(cast, session, monitor):
    pair(cast, session, monitor)
    assert statuses(send(monitor, row("k"), row("k"), row("k", 90), at=after(1))) == ["stored", "duplicate", "refused"]


def test_two_devices_may_use_the_same_key(cast, session, monitor):
    pair(cast, session, monitor)
    send(monitor, row("k"), at=after(1))
    other = added(cast, "Monitor 2")
    pair(cast, session, other, at=after(2))
    assert statuses(send(other, row("k"), at=after(3))) == ["stored"]


@pytest.mark.django_db(transaction=False)
def test_the_database_itself_refuses_a_key_twice(cast, session, monitor):
    pair(cast, session, monitor)
    send(monitor, row("k"), at=after(1))
    stored = SessionEvent.objects.get(sent_key="k")
    stored.pk, stored.seq = None, again(session).last_seq + 1
    with pytest.raises(IntegrityError), transaction.atomic():
        stored.save(force_insert=True)


def test_a_row_sent_again_after_the_session_is_over_is_still_known(cast, monitor):
    session = treatment.settled(cast)
    pair(cast, session, monitor, at=after(99.6))
    (first,) = send(monitor, row("k"), at=after(99.7))
    treatment.acknowledge_all(cast, session, after(99.8))
    actions.discharge(session_id=session.pk, by=cast.actor("nurse"), at=after(100))
    (repeated,) = send(monitor, row("k"), at=after(130))
    assert (repeated.status, repeated.seq) == ("duplicate", first.seq)


def test_a_pairing_ends_with_its_session_and_what_was_measured_in_it_still_arrives(cast, monitor):
    session = treatment.settled(cast)
    pair(cast, session, monitor, at=after(90))
    send(monitor, row("early", sent_at=after(95), device_time=after(95)), at=after(95))
    treatment.acknowledge_all(cast, session, after(99.8))
    actions.discharge(session_id=session.pk, by=cast.actor("nurse"), at=after(100))
    assert Pairing.objects.get().unpaired_at == after(100)
    waited = row("waited", device_time=after(98), sent_at=after(98.01))
    later = row("later", device_time=after(101), sent_at=after(101.01))
    kept, refused = send(monitor, waited, later, at=after(102))
    assert (kept.status, refused.status, refused.reason) == ("stored", "refused", "not-paired")
    assert session.events.get(seq=kept.seq).at == after(98)


def test_what_was_measured_before_the_pairing_is_never_this_patients(cast, session, monitor):
    pair(cast, session, monitor, at=after(5))
    send(monitor, row("now", device_time=after(6), sent_at=after(6)), at=after(6))
    (outcome,) = send(monitor, row("old", device_time=after(4), sent_at=after(4)), at=after(6.1))
    assert (outcome.reason, outcome.problems[0].says) == ("not-paired", "measured before the device was paired")


def test_a_device_is_in_one_session_at_a_time(cast, session, monitor):
    pair(cast, session, monitor)
    nurse = cast.actor("nurse")
    course = clinic.open_course(
        patient=cast.patient("ben"), site=Site.objects.get(pk=cast.here), indication="mdd_trd", by=nurse, at=START
    )
    other = actions.plan_session(course=course, number=1, planned_at=START, route="iv_ketamine", by=nurse, at=START)
    actions.check_in(session_id=other.pk, chair="2", by=nurse, at=after(1))
    with pytest.raises(ActionRefused, match="Unpair it there first"):
        pair(cast, other, monitor, at=after(2))
    actions.unpair_device(session_id=session.pk, by=nurse, at=after(3))
    pair(cast, other, monitor, at=after(4))
    assert statuses(send(monitor, row(), at=after(5))) == ["stored"]
    assert SessionEvent.objects.get(sent_key="1").session_id == other.pk


def test_a_new_device_takes_the_place_of_the_old_one(cast, session, monitor):
    pair(cast, session, monitor)
    spare = added(cast, "Spare")
    pair(cast, session, spare, at=after(2))
    assert statuses(send(monitor, row("a"), at=after(3))) == ["refused"]
    assert statuses(send(spare, row("b"), at=after(3))) == ["stored"]


def test_what_the_old_device_measured_and_what_the_new_one_does_arrive_together(cast, session, monitor):
    pair(cast, session, monitor)
    spare = added(cast, "Spare", wire_name="ACME|SPARE")
    pair(cast, session, spare, at=after(2))
    gateway = added(cast, "Gateway", is_gateway=True)
    old = row("old", names=(WIRE,), device_time=after(1), sent_at=after(2.9))
    new = row("new", names=("ACME|SPARE",), device_time=after(2.9), sent_at=after(2.9))
    outcomes = send(gateway, old, new, at=after(3))
    assert {(one.place, one.status, one.session) for one in outcomes} == {
        ("old", "stored", session.pk),
        ("new", "stored", session.pk),
    }


def test_a_retired_device_cannot_be_paired_nor_one_of_another_site(cast, session, monitor):
    clinic.retire_device(device_id=monitor.pk, by=cast.actor("nurse"), at=START)
    with pytest.raises(NotAllowed):
        pair(cast, session, monitor)
    there = Site.objects.get(pk=cast.there)
    far = clinic.add_device(site=there, name="Far", token="far", by=cast.actor("nurse", there=True), at=START)
    with pytest.raises(NotAllowed):
        pair(cast, session, far)


def test_a_gateway_speaks_for_the_devices_of_its_site_and_is_never_paired_itself(cast, session, monitor):
    pair(cast, session, monitor)
    gateway = added(cast, "Gateway", is_gateway=True)
    known, unknown, nameless = send(
        gateway, row("1", names=("ACME|BED 9|X", WIRE)), row("2", names=("OTHER",)), row("3"), at=after(1)
    )
    assert (known.status, unknown.reason, nameless.reason) == ("stored", "unknown-device", "unknown-device")
    assert SessionEvent.objects.get(sent_key="1").by == f"device:{monitor.pk}"
    assert {one.sender for one in RefusedDelivery.objects.all()} == {"OTHER", "no name"}
    with pytest.raises(ActionRefused, match="pair the monitor"):
        pair(cast, session, gateway)


def test_a_monitor_does_not_speak_for_another(cast, session, monitor):
    other = added(cast, "Monitor 2", wire_name="ACME|BED 2")
    pair(cast, session, monitor)
    assert statuses(send(other, row(names=(WIRE,)), at=after(1))) == ["refused"]


def test_a_steady_skew_is_measured_and_taken_off(cast, session, monitor):
    pair(cast, session, monitor)
    ahead = timedelta(seconds=90)
    for second in range(0, 60, 6):
        at = after(1) + timedelta(seconds=second)
        send(monitor, row(str(second), device_time=at + ahead, sent_at=at + ahead), at=at)
    assert DeviceClock.objects.get().skew_s == pytest.approx(-90)
    late = after(1) + timedelta(seconds=30)
    (outcome,) = send(monitor, row("late", 93, device_time=late + ahead, sent_at=late + ahead), at=after(4))
    assert session.events.get(seq=outcome.seq).at == late


def test_a_clock_that_jumps_is_told_in_the_timeline_once_and_raises_a_technical_alarm(cast, session, monitor):
    pair(cast, session, monitor)
    for second in range(0, 120, 2):
        at = after(1) + timedelta(seconds=second)
        clock = at if second < 60 else at + timedelta(hours=1)
        send(monitor, row(str(second), device_time=clock, sent_at=clock), at=at)
    faults = session.events.filter(by="system:device-clock")
    assert [one.payload["values"] for one in faults] == [{"device_fault": True}]
    assert session.events.filter(alarm="ALM-28", once="raised").count() == 1
    clock = DeviceClock.objects.get()
    assert (clock.skew_s, clock.step_s) == (pytest.approx(-3600), pytest.approx(-3600))


def test_a_backlog_that_drains_is_no_jump_and_keeps_its_own_times(cast, session, monitor):
    pair(cast, session, monitor)
    for second in range(0, 60, 5):
        at = after(1) + timedelta(seconds=second)
        send(monitor, row(f"live {second}", device_time=at, sent_at=at), at=at)
    healed = after(12)
    outcomes = []
    for number in range(600):
        own = after(2) + timedelta(seconds=number)
        at = healed + timedelta(seconds=number / 40)
        outcomes += send(monitor, row(f"late {number}", device_time=own, sent_at=own), at=at)
    assert set(statuses(outcomes)) == {"stored"}
    assert list(session.events.filter(sent_key__startswith="late").order_by("seq").values_list("at", flat=True)) == [
        after(2) + timedelta(seconds=number) for number in range(600)
    ]
    assert not session.events.filter(by="system:device-clock").exists()


def test_refusals_are_bounded(cast, monitor, monkeypatch):
    monkeypatch.setattr(readings, "MOST_KEPT", 5)
    gateway = added(cast, "Gateway", is_gateway=True)
    for number in range(12):
        send(gateway, row(str(number), names=(f"unknown {number}",)), at=after(number))
    assert [one.sender for one in RefusedDelivery.objects.order_by("last_at")] == [f"unknown {n}" for n in range(7, 12)]


def test_a_value_out_of_range_is_refused_alone_and_told(cast, session, monitor):
    pair(cast, session, monitor)
    good, bad = send(monitor, row("1", 97), row("2", 140), at=after(1))
    assert (good.status, bad.status, bad.reason) == ("stored", "refused", "values")
    assert RefusedDelivery.objects.get().reason == "values"


def test_only_somebody_who_may_check_in_pairs(cast, session, monitor):
    with pytest.raises(NotAllowed):
        actions.pair_device(session_id=session.pk, device_id=monitor.pk, by=cast.actor("quality"), at=START)
