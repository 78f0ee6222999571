"""What several devices sent, stored in one call: the same rows, alarms, audit and answers as one after the other."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ketacare.clinic import actions as clinic
from ketacare.clinic import actor, clock
from ketacare.clinic.actor import System
from ketacare.clinic.models import AuditEvent, AuditSubject, Device, Site
from ketacare.infusion import actions
from ketacare.infusion.delivering import Delivery, Sent, addressed, rounds, under_keys
from ketacare.infusion.models import DeviceClock, RefusedDelivery, Session, SessionEvent
from ketacare.science.errors import Problem
from tests.bench import chairs

GATHERER = System(name="writer")
STORED: dict[Any, list[str]] = {
    SessionEvent: ["session_id", "seq", "kind", "at", "recorded_at", "by", "by_name", "payload", "alarm", "episode"],
    Session: ["id", "last_seq", "status", "started_at", "alarm_level"],
    AuditEvent: ["at", "actor", "did", "on", "patients", "details"],
    AuditSubject: ["event__at", "event__actor", "patient_id"],
    RefusedDelivery: ["site_id", "device_id", "sender", "reason", "place", "says", "first_at", "last_at", "count"],
    DeviceClock: ["device_id", "samples", "suspects", "skew_s", "measured_at", "step_s", "stepped_at"],
}

monitors = st.sampled_from(["Room 1", "Room 2", "Room 3", "spare", "gateway"])
readings = st.fixed_dictionaries(
    {"spo2": st.sampled_from([70, 88, 97, 900])},
    optional={"heart_rate": st.sampled_from([30, 70, 150]), "bp_sys": st.sampled_from([120, 200])},
)
rows = st.fixed_dictionaries(
    {
        "key": st.sampled_from(["", "a", "b", "c"]),
        "values": readings,
        "session": st.sampled_from([None, None, None, "wrong"]),
        "names": st.sampled_from(["Room 1", "Room 2", "spare", "nobody"]),
        "waited_s": st.sampled_from([None, 0, 3, 400]),
        "skew_s": st.sampled_from([0, 0, 5000]),
        "is_told": st.booleans(),
        "is_unreadable": st.sampled_from([False, False, False, True]),
    }
)
requests = st.lists(
    st.tuples(monitors, st.lists(rows, min_size=1, max_size=3), st.sampled_from([0, 0.01, 1, 30])),
    min_size=1,
    max_size=8,
)


@pytest.fixture
def devices(cast) -> dict[str, Device]:
    """Three sessions under way with a monitor each, a monitor that stands at no chair, and a gateway."""
    found = {one.chair: one.device for one in chairs.in_use(cast, 3)}
    site, nurse = Site.objects.get(pk=cast.here), cast.actor("nurse")
    for name in ("spare", "gateway"):
        found[name] = clinic.add_device(
            site=site, name=name, token=name * 9, is_gateway=name == "gateway", by=nurse, at=timezone.now()
        )
    for name in ("Room 1", "Room 2", "spare"):
        Device.objects.filter(pk=found[name].pk).update(wire_name=name)
    return found


def as_sent(devices: dict[str, Device], told: Any, *, began: datetime) -> list[Sent]:
    sent, at = [], began
    for name, theirs, later_s in told:
        at += timedelta(seconds=later_s)
        deliveries = [delivery(one, at=at, is_named=name == "gateway") for one in theirs]
        sent.append(Sent(deliveries=deliveries, by=actor.of_device(devices[name]), at=at))
    return sent


def delivery(one: dict[str, Any], *, at: datetime, is_named: bool) -> Delivery:
    waited, moments = one["waited_s"], {}
    if waited is not None and one["is_told"]:
        moments = {"at": at - timedelta(seconds=waited)}
    elif waited is not None:
        own = at - timedelta(seconds=one["skew_s"])
        moments = {"sent_at": own, "device_time": own - timedelta(seconds=waited)}
    return Delivery(
        values=one["values"],
        place=one["key"] or "no key",
        key=one["key"],
        names=(one["names"],) if is_named else (),
        session=-1 if one["session"] else None,
        unreadable=(Problem(place="message", says="torn"),) if one["is_unreadable"] else (),
        **moments,
    )


def alone(sent: list[Sent]) -> list[Any]:
    return [actions.deliver_readings(deliveries=one.deliveries, by=one.by, at=one.at) for one in sent]


def together(sent: list[Sent]) -> list[Any]:
    return actions.deliver_together(sent=sent, by=GATHERER, at=sent[-1].at)


def outcome(store: Callable[[list[Sent]], list[Any]], sent: list[Sent]) -> dict[Any, Any]:
    """What was answered and what is stored, taken back afterwards."""
    with transaction.atomic():
        found: dict[Any, Any] = {"answers": store(sent)}
        for model, columns in STORED.items():
            found[model.__name__] = list(model.objects.order_by("pk").values_list(*columns))
        transaction.set_rollback(True)
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=requests)
def test_what_is_stored_together_is_what_is_stored_one_after_the_other(devices, monkeypatch, told):
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    sent = as_sent(devices, told, began=timezone.now())
    one_by_one, at_once = outcome(alone, sent), outcome(together, sent)
    for what, rows in one_by_one.items():
        assert at_once[what] == rows, what


def test_the_database_is_asked_no_more_often_for_three_devices_than_for_one(
    devices, django_capture_on_commit_callbacks
):
    numbers = count()

    def asked(*names: str) -> int:
        told = [(name, [plain(str(next(numbers)))], 1) for name in names]
        sent = as_sent(devices, told, began=timezone.now() + timedelta(seconds=10 * next(numbers)))
        with CaptureQueriesContext(connection) as queries, django_capture_on_commit_callbacks(execute=True):
            together(sent)
        return len(queries)

    asked("Room 1", "Room 2", "Room 3")  # from here on their states are known
    assert asked("Room 1", "Room 2", "Room 3") == asked("Room 2")


def plain(key: str) -> dict[str, Any]:
    """A quiet row that happened on arrival."""
    return {
        "key": key,
        "values": {"spo2": 97},
        "session": None,
        "names": "",
        "waited_s": None,
        "skew_s": 0,
        "is_told": False,
        "is_unreadable": False,
    }


def test_requests_of_one_device_are_never_in_one_group_and_keep_their_order(devices):
    names = ["Room 1", "Room 2", "Room 1", "Room 3", "Room 2", "Room 2"]
    sent = as_sent(devices, [(name, [plain(str(n))], 1) for n, name in enumerate(names)], began=timezone.now())
    groups = [[one.sent.deliveries[0].key for one in group] for group in rounds(addressed(sent))]
    assert groups == [["0", "1"], ["2", "3", "4"], ["5"]]


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="a planner that counts may read a small table whole")
def test_a_key_is_looked_up_in_its_index_however_long_the_table_grows(cast):
    assert "USING INDEX session_event_key_once_a_sender" in under_keys(["device:1", "device:2"], ["a"]).explain()
