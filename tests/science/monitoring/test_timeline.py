"""The fold: what a session's events add up to."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.science.monitoring.events import Check, Dose, Event, Note
from ketacare.science.monitoring.timeline import TRANSITIONS, State, fold, may_follow, step
from tests.science.monitoring.made import event, minute, moved, reading, seen, session, treated

AFTER_THE_DRUG = {"recovering", "discharged", "transferred"}
payloads = st.one_of(
    st.builds(lambda value: reading(spo2=value), st.integers(0, 100)),
    st.builds(lambda value: seen(nausea=value), st.integers(0, 10)),
    st.builds(lambda value: Check(item="gate.oxygen_ready", value=value), st.booleans()),
    st.builds(lambda text: Note(text=text), st.text(min_size=1, max_size=3)),
    st.builds(lambda rate: Dose(step="rate", rate_mg_per_h=Decimal(rate)), st.integers(1, 100)),
)


@st.composite
def timelines(draw: st.DrawFn) -> list[Event]:
    """Events in the order they arrive; some are late entries, some correct an earlier one."""
    drawn = draw(st.lists(st.tuples(payloads, st.integers(-30, 200)), max_size=25))
    events: list[Event] = []
    for seq, (payload, minutes) in enumerate(drawn, start=1):
        corrected = {one.supersedes for one in events}
        free = [one.seq for one in events if one.seq not in corrected]
        supersedes = draw(st.none() | st.sampled_from(free)) if free else None
        events.append(event(seq, minutes, payload, supersedes=supersedes))
    return events


@given(timelines(), st.data())
def test_going_on_from_a_prefix_gives_the_same_as_folding_everything(events, data):
    cut = data.draw(st.integers(0, len(events)))
    assert fold(events[cut:], fold(events[:cut])) == fold(events)


@given(timelines(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_change_what_happened(events, chance):
    shuffled = list(events)
    chance.shuffle(shuffled)
    assert fold(shuffled) == fold(events)


@given(timelines())
def test_what_happened_is_in_the_order_of_time_and_nothing_superseded_counts(events):
    state = fold(events)
    gone = {one.supersedes for one in events}
    for samples in (*state.series.values(), *state.checks.values(), *state.events.values()):
        moments = [(one.at, one.seq) for one in samples]
        assert moments == sorted(moments)
        assert not gone & {one.seq for one in samples}
    assert set(state.superseded) == gone - {None}


@given(timelines())
def test_a_step_changes_nothing_but_its_result(events):
    before = fold(events)
    copy = fold(events)
    step(before, event(99, 5, reading(spo2=50)))
    assert before == copy


def test_a_late_entry_finds_its_place_in_the_curve():
    state = session((10, reading(spo2=97)), (30, reading(spo2=95)), (20, reading(spo2=91)))
    assert [sample.value for sample in state.series["spo2"]] == [97, 91, 95]
    assert state.latest("spo2").value == 95
    assert state.latest("spo2", at=minute(25)).value == 91


def test_a_correction_replaces_what_it_corrects_and_both_stay_known():
    wrong, right = (
        event(1, 5, reading(bp_sys=221, bp_dia=80)),
        event(2, 5, reading(bp_sys=122, bp_dia=80), supersedes=1),
    )
    state = fold([wrong, right])
    assert [sample.value for sample in state.series["bp_sys"]] == [122]
    assert state.superseded == {1: 2}


def test_a_correction_can_itself_be_corrected():
    state = fold(
        [
            event(1, 5, reading(spo2=9)),
            event(2, 5, reading(spo2=19), supersedes=1),
            event(3, 5, reading(spo2=99), supersedes=2),
        ]
    )
    assert [sample.value for sample in state.series["spo2"]] == [99]


def test_an_entry_made_in_error_is_taken_back_by_a_note():
    state = fold([event(1, 5, reading(spo2=70)), event(2, 6, Note(text="wrong patient"), supersedes=1)])
    assert state.latest("spo2") is None
    assert state.of_kind("note")[0].payload.text == "wrong patient"


def test_the_status_follows_the_record_and_keeps_its_times():
    state = treated()
    assert state.status == "recovering"
    assert state.started_at == minute(0)
    assert state.ended_at == minute(40)


def test_the_start_is_the_first_start_and_not_the_resumption():
    state = session((0, moved("treating")), (10, moved("paused")), (12, moved("treating")))
    assert state.started_at == minute(0)
    assert state.status == "treating"


def test_nothing_leaves_treating_or_paused_but_through_recovering():
    for status in ("treating", "paused"):
        assert TRANSITIONS[status] <= {"treating", "paused", "recovering"}
    assert TRANSITIONS["recovering"] <= {"discharged", "transferred"}


def test_every_status_can_be_reached_and_the_last_ones_are_the_end():
    reached, ahead = set(), {"planned"}
    while ahead:
        status = ahead.pop()
        reached.add(status)
        ahead |= TRANSITIONS[status] - reached
    assert reached == set(TRANSITIONS)
    assert {status for status, next_ones in TRANSITIONS.items() if not next_ones} == {
        "discharged",
        "transferred",
        "cancelled",
        "missed",
    }


@pytest.mark.parametrize("status", sorted(AFTER_THE_DRUG))
def test_the_drug_never_starts_again_once_it_has_ended(status):
    assert not may_follow(status, "treating")


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 3))
def test_a_long_recording_folds_in_one_pass(extra):
    rows = [event(seq, seq / 60, reading(spo2=97, heart_rate=70)) for seq in range(1, 2000 + extra)]
    assert len(fold(rows).series["spo2"]) == len(rows)


def test_an_empty_session_is_planned():
    assert State().status == "planned"
    assert State().started_at is None
    assert treated().since("discharged") is None
    assert minute(1) - minute(0) == timedelta(minutes=1)
