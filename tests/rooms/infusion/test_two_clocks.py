"""The wall clock is put forward or back while a session runs: it is told, durations stay right, nothing written is moved."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.clinic import actions as clinic
from ketacare.clinic import actor, clock
from ketacare.clinic.models import Device, Site
from ketacare.infusion import actions, flowsheet, refolding, report
from ketacare.infusion.delivering import Delivery, Sent
from ketacare.infusion.models import Session
from ketacare.infusion.queries import state_of
from ketacare.infusion.sentences import sentence
from ketacare.infusion.states import event_of
from ketacare.infusion.timeline import schedule_of
from ketacare.science.facts.readings import clock as due_clock
from ketacare.science.monitoring.delivered import delivered_mg
from ketacare.science.monitoring.timeline import dose_steps
from tests.cast import Cast
from tests.rooms.infusion import treatment
from tests.rooms.infusion.treatment import CLOCK, QUIET, START, again, read


@dataclass(kw_only=True)
class Machine:
    """A machine whose clock somebody else sets; time passes by ``wait``."""

    shown: datetime = START
    boot_s: float = 5000.0
    run: str = "this run"

    def now(self) -> clock.Moment:
        return clock.Moment(at=self.shown, boot_id=self.run, boot_s=self.boot_s)

    def wait(self, *, minutes: float) -> datetime:
        self.shown += timedelta(minutes=minutes)
        self.boot_s += minutes * 60
        return self.shown

    def step(self, *, hours: float) -> None:
        self.shown += timedelta(hours=hours)


@pytest.fixture
def machine(one_clock, monkeypatch) -> Machine:
    one = Machine()
    monkeypatch.setattr(clock, "now", one.now)
    return one


@pytest.fixture
def session(cast: Cast, machine: Machine) -> Session:
    return treatment.started(cast)


def steps_told(session: Session) -> list[float]:
    rows = again(session).events.filter(kind="clock").order_by("seq")
    return [row.payload["stepped_s"] for row in rows]


@pytest.mark.parametrize("hours", [1, -1])
def test_a_step_is_told_once_before_what_comes_after_it(cast, session, machine, hours):
    read(cast, session, machine.wait(minutes=5), **QUIET)
    machine.step(hours=hours)
    read(cast, session, machine.wait(minutes=1), **QUIET)
    read(cast, session, machine.wait(minutes=1), **QUIET)
    kinds = [one.kind for one in session.events.order_by("-seq")[:3]]
    assert kinds == ["reading", "reading", "clock"]
    assert steps_told(session) == [hours * 3600]


@pytest.mark.parametrize("hours", [1, -1])
def test_the_watcher_tells_of_a_step_when_nothing_else_comes(session, machine, hours):
    machine.wait(minutes=1)
    machine.step(hours=hours)
    actions.tick(session_id=session.pk, by=CLOCK, at=machine.shown)
    actions.tick(session_id=session.pk, by=CLOCK, at=machine.wait(minutes=1 / 60))
    assert steps_told(session) == [hours * 3600]


@pytest.mark.parametrize("hours", [1, -1])
def test_durations_are_what_they_would_have_been(cast, session, machine, hours):
    read(cast, session, machine.wait(minutes=10), **QUIET)
    machine.step(hours=hours)
    read(cast, session, machine.wait(minutes=2), **QUIET)
    now, state = machine.wait(minutes=8), state_of(again(session))
    assert now - state.started_at == timedelta(minutes=20)
    assert delivered_mg(dose_steps(state), until=now) == Decimal("17.5")  # 52.5 mg/h for 20 min
    assert now - state.latest("spo2").at == timedelta(minutes=8)
    assert min(one.due_at for one in due_clock(state, schedule_of(session), at=now)) > now - timedelta(minutes=20)
    assert again(session).started_at == state.started_at
    assert list(refolding.differences()) == []


@pytest.mark.parametrize("hours", [1, -1])
def test_no_alarm_comes_from_the_step_and_silence_still_does(cast, session, machine, hours):
    read(cast, session, machine.wait(minutes=1), source="device", **QUIET)
    actions.chart_observation(session_id=session.pk, values={"moaas": 5}, by=cast.actor("nurse"), at=machine.shown)
    before = state_of(again(session)).alarms.all
    machine.step(hours=hours)
    actions.tick(session_id=session.pk, by=CLOCK, at=machine.wait(minutes=0.25))
    assert len(state_of(again(session)).alarms.all) == len(before)
    actions.tick(session_id=session.pk, by=CLOCK, at=machine.wait(minutes=3))
    assert "ALM-19/spo2" in {one.key for one in state_of(again(session)).alarms.active}


@pytest.mark.parametrize("hours", [1, -1])
def test_an_alarm_escalates_at_its_own_time_and_not_by_the_step(cast, session, machine, hours):
    read(cast, session, machine.wait(minutes=1), **(QUIET | {"spo2": 88}))
    machine.step(hours=hours)
    actions.tick(session_id=session.pk, by=CLOCK, at=machine.wait(minutes=1 / 60))
    assert "escalated" not in transitions(session)
    actions.tick(session_id=session.pk, by=CLOCK, at=machine.wait(minutes=2))
    assert "escalated" in transitions(session)


def transitions(session: Session) -> set[str]:
    return {row.payload["transition"] for row in again(session).events.filter(kind="alarm")}


@pytest.mark.parametrize("hours", [1, -1])
def test_entries_keep_the_times_that_they_were_written_with(cast, session, machine, hours):
    rows = "seq", "at", "recorded_at", "boot_id", "boot_s"
    before = list(session.events.order_by("seq").values_list(*rows))
    machine.step(hours=hours)
    read(cast, session, machine.wait(minutes=1), **QUIET)
    assert list(session.events.order_by("seq").values_list(*rows))[: len(before)] == before


@pytest.mark.parametrize("hours", [1, -1])
def test_an_entry_from_before_the_step_can_be_corrected_in_its_place(cast, session, machine, hours):
    read(cast, session, machine.wait(minutes=5), **QUIET)
    wrong = session.events.get(seq=again(session).last_seq)
    machine.step(hours=hours)
    machine.wait(minutes=70)
    right = {**wrong.payload, "values": {**wrong.payload["values"], "spo2": 91}}
    actions.correct_event(session_id=session.pk, seq=wrong.seq, payload=right, by=cast.actor("nurse"), at=machine.shown)
    state = state_of(again(session))
    sample = state.latest("spo2")
    assert sample.value == 91
    assert sample.at - state.started_at == timedelta(minutes=5)


@pytest.mark.parametrize("hours", [1, -1])
def test_a_monitor_stays_paired_and_can_be_taken_away(cast, session, machine, hours):
    site = Site.objects.get(pk=cast.here)
    monitor: Device = clinic.add_device(site=site, name="M", token="token of M", by=cast.actor("nurse"), at=START)
    actions.pair_device(session_id=session.pk, device_id=monitor.pk, by=cast.actor("nurse"), at=machine.shown)
    machine.step(hours=hours)
    for key in "12":
        delivery = Delivery(values={"spo2": 97}, place=key, key=key)
        (outcome,) = actions.deliver_readings(
            deliveries=[delivery], by=actor.of_device(monitor), at=machine.wait(minutes=0.1)
        )
        assert outcome.status == "stored"
    machine.wait(minutes=45)
    actions.end_infusion(session_id=session.pk, by=cast.actor("nurse"), at=machine.shown)
    pairing = session.pairings.get()
    assert pairing.unpaired_at is None or pairing.unpaired_at >= pairing.paired_at
    assert machine.shown - pairing.paired_at < timedelta(minutes=46)


@pytest.mark.parametrize("hours", [1, -1])
def test_a_monitor_with_a_clock_of_its_own_is_taken_at_its_word_after_the_step_too(cast, session, machine, hours):
    site, nurse = Site.objects.get(pk=cast.here), cast.actor("nurse")
    device = clinic.add_device(site=site, name="Monitor 2", token="its own", by=nurse, at=machine.shown)
    actions.pair_device(session_id=session.pk, device_id=device.pk, by=nurse, at=machine.shown)
    own_clock = machine.shown
    placed = []
    for second in range(1, 21):
        machine.wait(minutes=1 / 60)
        if second == 10:
            machine.step(hours=hours)
        told_at = own_clock + timedelta(seconds=second)
        row = Delivery(values={"spo2": 97}, place="", key=str(second), device_time=told_at, sent_at=told_at)
        (outcome,) = actions.deliver_readings(deliveries=[row], by=actor.of_device(device), at=machine.shown)
        placed.append((outcome.status, again(session).events.get(seq=outcome.seq).at - machine.shown))
    assert placed == [("stored", timedelta())] * 20
    assert state_of(again(session)).latest("spo2").at == machine.shown


@pytest.mark.parametrize("hours", [1, -1])
def test_what_was_read_just_before_the_step_is_put_where_it_happened(cast, session, machine, hours):
    just_before = machine.wait(minutes=5)
    machine.step(hours=hours)
    machine.wait(minutes=0.005)
    read(cast, session, just_before, **QUIET)
    state = state_of(again(session))
    assert state.latest("spo2").at - state.started_at == timedelta(minutes=5)
    assert steps_told(session) == [hours * 3600]


@pytest.mark.parametrize("hours", [1, -1])
@pytest.mark.parametrize("has_clock", [True, False])
def test_what_waited_while_the_clock_stepped_is_stored_where_it_happened(cast, session, machine, hours, has_clock):
    site, nurse = Site.objects.get(pk=cast.here), cast.actor("nurse")
    device = clinic.add_device(site=site, name="Monitor 2", token="its own", by=nurse, at=machine.shown)
    actions.pair_device(session_id=session.pk, device_id=device.pk, by=nurse, at=machine.shown)
    machine.wait(minutes=1)
    arrived, own = machine.now(), machine.shown if has_clock else None
    machine.step(hours=hours)
    actions.tick(session_id=session.pk, by=CLOCK, at=machine.wait(minutes=0.01))
    row = Delivery(values={"spo2": 97}, place="", key="1", device_time=own, sent_at=own)
    sent = Sent(deliveries=[row], by=actor.of_device(device), at=arrived.at, boot_s=arrived.boot_s)
    ((outcome,),) = actions.deliver_together(sent=[sent], by=CLOCK, at=machine.shown)
    assert outcome.status == "stored"
    assert again(session).events.get(seq=outcome.seq).at == arrived.at + timedelta(hours=hours)


@pytest.mark.parametrize("hours", [1, -1])
def test_a_tick_begun_just_before_a_step_that_a_reading_has_told_of_raises_nothing(cast, session, machine, hours):
    read(cast, session, machine.wait(minutes=1), source="device", **QUIET)
    just_before = machine.wait(minutes=0.1)
    machine.step(hours=hours)
    read(cast, session, machine.wait(minutes=0.005), source="device", **QUIET)
    known = again(session).last_seq
    actions.tick(session_id=session.pk, by=CLOCK, at=just_before)
    assert again(session).last_seq == known
    read(cast, session, just_before, source="device", **(QUIET | {"spo2": 95}))
    assert machine.shown - again(session).events.latest("seq").at < timedelta(minutes=1)


def test_after_a_restart_of_the_machine_the_two_clocks_are_not_compared(cast, session, machine):
    machine.run, machine.boot_s = "next run", 12.0
    read(cast, session, machine.wait(minutes=1), **QUIET)
    assert steps_told(session) == []


def test_a_session_that_has_not_begun_is_not_told_of_a_step(cast, session, machine):
    nurse, course = cast.actor("nurse"), cast.course("ada")
    planned = actions.plan_session(
        course=course, number=2, planned_at=START, route="iv_ketamine", by=nurse, at=machine.shown
    )
    machine.step(hours=1)
    actions.cancel(session_id=planned.pk, reason="rain", by=nurse, at=machine.wait(minutes=1))
    assert steps_told(planned) == []


def test_the_step_is_told_on_the_report_and_the_flowsheet_still_reads(cast, session, machine):
    read(cast, session, machine.wait(minutes=5), **QUIET)
    machine.step(hours=-1)
    read(cast, session, machine.wait(minutes=5), **QUIET)
    made = report.report(again(session), at=machine.shown)
    words = sentence(event_of(session.events.get(kind="clock")))
    assert words.startswith("The computer's clock was put back by 60 min.")
    assert words in [one.said for one in made.told]
    assert made.gate is not None
    assert flowsheet.flowsheet(again(session), at=machine.shown)


def test_this_machine_counts_its_seconds(monkeypatch):
    monkeypatch.undo()  # the machine's own clocks
    one, other = clock.now(), clock.now()
    assert one.boot_id == other.boot_id != ""
    assert 0 <= other.boot_s - one.boot_s < 60
