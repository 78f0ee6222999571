"""A session keeps the alarm book it began with; the gate asks for the one in force when it is asked."""

from ketacare.infusion.gate import readiness
from ketacare.infusion.queries import state_of
from ketacare.science import rules
from tests.data_folder import data_apart, next_version
from tests.rooms.clinic.rulebooks import approve, propose
from tests.rooms.infusion import treatment
from tests.rooms.infusion.treatment import START, after, again, read

LOW = {"bp_sys": 124, "bp_dia": 78, "heart_rate": 70, "spo2": 94, "resp_rate": 14}


def alarms(session) -> set[str]:
    return {one.rule for one in state_of(again(session)).alarms.active}


def stricter(cast, at):
    approve(cast, propose(cast, book="alarms", spo2_amber=95, at=at), at=at)


def test_numbers_approved_while_a_session_runs_do_not_change_its_alarms(cast):
    session = treatment.started(cast)
    stricter(cast, after(5))
    read(cast, session, after(6), **LOW)
    assert alarms(session) == set()


def test_a_session_that_begins_after_the_approval_has_the_stricter_alarms(cast):
    stricter(cast, treatment.MORNING)
    session = treatment.started(cast)
    read(cast, session, after(6), **LOW)
    assert alarms(session) == {"ALM-13"}


def test_a_newer_alarm_file_on_the_disk_changes_no_session(cast, tmp_path):
    with data_apart(tmp_path) as folder:
        stated = 'default: 94, unit: "%", bounds: [94, 95]'
        next_version(folder, "alarms", (stated, 'default: 95, unit: "%", bounds: [95, 96]'))
        assert rules.load("alarms").version == 2
        session = treatment.started(cast)
        read(cast, session, after(6), **LOW)
        assert alarms(session) == set()


def test_the_gate_asks_for_the_book_in_force_at_its_moment(cast):
    session = treatment.ready(cast)
    now = START
    assert readiness(session, at=now).policy.changed == {}
    name, param = next(
        (name, one) for name, one in rules.load("start_gate").params.items() if one.bounds[0] < one.bounds[1]
    )
    value = param.bounds[0] if param.stricter == "lower" else param.bounds[1]
    approve(cast, propose(cast, book="start_gate", at=now, **{name: value}), at=now)
    assert readiness(session, at=now).policy.changed == {name: value}
