"""The wall clock is put forward or back in the middle of a session: the step is told, and no duration changes."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ketacare.science.facts.readings import clock as due_clock
from ketacare.science.facts.readings import live_facts
from ketacare.science.facts.watching import due_alarms
from ketacare.science.monitoring.clocks import Mark, moved, stepped
from ketacare.science.monitoring.delivered import delivered_mg
from ketacare.science.monitoring.events import Alarm, Clock, Dose, Event
from ketacare.science.monitoring.timeline import State, dose_steps, fold, moved_since, start_as_written
from ketacare.science.rules.book import load
from tests.science.monitoring.made import IV, event, minute, reading, seen, typed
from tests.science.monitoring.made import moved as came_to

LIMIT_S = 1.0
STEPS = st.sampled_from([-3600.0, 3600.0, -61.5, 2.0, 86400.0])
NOW_MIN = 35.0
FRAME: list[tuple[float, object]] = [
    (-30, came_to("checked-in")),
    (-20, typed(bp_sys=120, bp_dia=80)),
    (-5, came_to("ready")),
    (0, came_to("treating")),
    (0, Dose(step="start", rate_mg_per_h=Decimal(60))),
]
LATER = st.lists(
    st.tuples(
        st.floats(0.5, 34).map(lambda one: round(one, 2)),
        st.sampled_from(
            [
                reading(spo2=97, heart_rate=72),
                reading(spo2=84),
                typed(bp_sys=190, bp_dia=110),
                seen(moaas=4),
                Dose(step="pause"),
                Dose(step="rate", rate_mg_per_h=Decimal(30)),
                Alarm(transition="raised", rule="ALM-07", episode=1, level="red"),
            ]
        ),
    ),
    max_size=8,
).map(lambda one: sorted(one, key=lambda happened: happened[0]))


def happened(later: list[tuple[float, object]]) -> list[Event]:
    """The session as it really passed, with both clocks right."""
    told = [event(seq, minutes, payload) for seq, (minutes, payload) in enumerate([*FRAME, *later], start=1)]
    return [replace(one, boot_id="run", boot_s=(one.at - minute(-60)).total_seconds()) for one in told]


def as_told(events: list[Event], after: int, step_s: float) -> list[Event]:
    """The same session by a wall clock that steps after so many entries."""
    before, rest = events[:after], events[after:]
    by = timedelta(seconds=step_s)
    stepped_at = before[-1].recorded_at
    told = Clock(stepped_s=step_s, before=stepped_at, after=stepped_at + by)
    own = replace(
        before[-1], seq=after + 1, at=stepped_at + by, recorded_at=stepped_at + by, payload=told, supersedes=None
    )
    later = [replace(one, seq=one.seq + 1, at=one.at + by, recorded_at=one.recorded_at + by) for one in rest]
    return [*before, own, *later]


@given(LATER, STEPS, st.data())
def test_a_session_with_a_step_has_the_durations_of_one_without(later, step_s, data):
    events = happened(later)
    after = data.draw(st.integers(1, len(events)))
    plain, told = fold(events), fold(as_told(events, after, step_s))
    now, by = minute(NOW_MIN), timedelta(seconds=step_s)
    assert told.started_at - by == plain.started_at if plain.started_at else told.started_at is None
    assert delivered_mg(dose_steps(told), until=now + by) == delivered_mg(dose_steps(plain), until=now)
    assert [(one.parameter, one.due_at - by) for one in due_clock(told, IV, at=now + by)] == [
        (one.parameter, one.due_at) for one in due_clock(plain, IV, at=now)
    ]
    assert ages(told, at=now + by) == ages(plain, at=now)
    assert alarms(told, at=now + by) == alarms(plain, at=now)
    assert moved(plain.alarms, by) == told.alarms


def ages(state: State, *, at) -> dict:
    facts = live_facts(state, IV, at=at)
    return {name: (one.value, at - one.as_of if one.as_of else None) for name, one in facts.items()}


def alarms(state: State, *, at) -> list:
    """What is due: which alarms are raised, and which of those on have escalated by now."""
    due = due_alarms(state, live_facts(state, IV, at=at), at=at, book=load("alarms"))
    return [(one.transition, one.key, one.level, one.reason) for one in due]


@given(LATER, STEPS, st.data())
def test_a_clock_that_is_put_back_right_leaves_every_time_as_it_was(later, step_s, data):
    events = happened(later)
    after = data.draw(st.integers(1, len(events)))
    there = as_told(events, after, step_s)
    back = as_told(there, data.draw(st.integers(after + 1, len(there))), -step_s)
    plain, again = fold(events), fold(back)
    assert [move.at for move in again.moves] == [move.at for move in plain.moves]
    assert dose_steps(again) == dose_steps(plain)
    assert {name: [one.at for one in many] for name, many in again.series.items()} == {
        name: [one.at for one in many] for name, many in plain.series.items()
    }


@given(STEPS, st.integers(4, 5))
def test_the_time_that_the_start_was_written_with_is_still_known(step_s, after):
    told = fold(as_told(happened([]), after, step_s))
    assert start_as_written(told) == minute(0)
    assert moved_since(told, 1) == timedelta(seconds=step_s)
    assert moved_since(told, told.seq) == timedelta()


@given(st.floats(-1e5, 1e5), st.floats(0, 1e7), st.floats(0, 1e5))
def test_only_what_the_two_clocks_disagree_by_is_a_step(step_s, boot_s, passed_s):
    mark = Mark(at=minute(0), boot_s=boot_s)
    shown = minute(0) + timedelta(seconds=passed_s + step_s)
    found = stepped(mark, Mark(at=shown, boot_s=boot_s + passed_s), limit_s=LIMIT_S)
    if abs(step_s) > LIMIT_S + 0.001:
        assert found is not None
        assert found.stepped_s == pytest.approx(step_s, abs=0.001)
        assert (found.before, found.after) == (minute(0), minute(0) + timedelta(seconds=found.stepped_s))
    elif abs(step_s) < LIMIT_S - 0.001:
        assert found is None


def test_time_that_passes_is_no_step_however_long_nothing_was_written():
    assert stepped(Mark(at=minute(0), boot_s=5), Mark(at=minute(600), boot_s=36005), limit_s=LIMIT_S) is None


@pytest.mark.parametrize(("stepped_s", "after"), [(60.0, minute(2)), (0.0, minute(0)), (float("nan"), minute(1))])
def test_a_step_that_contradicts_itself_is_refused(stepped_s, after):
    with pytest.raises(ValidationError):
        Clock(stepped_s=stepped_s, before=minute(0), after=after)


def test_an_entry_from_before_there_were_two_clocks_says_nothing_of_them():
    assert fold([event(1, 0, came_to("checked-in"))]).marks == {}
