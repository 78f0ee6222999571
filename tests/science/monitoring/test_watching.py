"""Late entries, two watchers and refolding all come to the same alarms."""

from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.science.facts.readings import live_facts
from ketacare.science.monitoring.alarms import due_transitions
from ketacare.science.monitoring.events import Reading
from ketacare.science.monitoring.moment import doubtful
from ketacare.science.monitoring.policy import Verdicts, alarm_policy
from ketacare.science.monitoring.signals import in_time
from ketacare.science.monitoring.timeline import fold
from ketacare.science.rules.book import load
from tests.science.monitoring.made import IV
from tests.science.monitoring.past import EXAMPLES, USUAL, delay_of, past
from tests.science.monitoring.watched import QUIET, Watched, second

BOOK = load("alarms")


@settings(deadline=None, max_examples=EXAMPLES)
@given(past, st.sampled_from([1, 5, 20]), st.randoms(use_true_random=False))
def test_in_whatever_order_rows_arrive_late_what_lasted_is_raised(wrong, pace, chance: Random):
    name, value, keys = wrong
    session = Watched()
    lasting = delay_of(name, keys) + pace
    rows = [
        (count, Reading(values=USUAL | {name: value}, source="device"))
        for count in range(300, 300 + int(lasting) + 1, pace)
    ]
    session.reads(0, **USUAL)
    session.reads(280, arrives=280, **USUAL)
    after = 300 + int(lasting) + pace + 1
    session.reads(after, **USUAL)
    session.streams([after + 400], etco2=40.0)
    chance.shuffle(rows)
    for number, row in enumerate(rows):
        session.takes([row], arrives=after + 401 + number)
    assert keys <= session.raised
    assert all(one.happened_at for one in session.log.all if one.key in keys)


def test_an_artefact_that_arrives_late_with_its_neighbours_is_still_one():
    session = Watched()
    rows = [
        (count, Reading(values=QUIET | {"spo2": 88.0 if count == 40 else 98.0}, source="device"))
        for count in range(20, 60)
    ]
    session.streams([600])
    session.takes(rows, arrives=601)
    assert "ALM-07" not in session.raised


def test_what_goes_on_in_a_batch_is_an_alarm_of_now_and_not_a_late_one():
    session = Watched()
    rows = [(count, Reading(values=QUIET | {"spo2": 88.0}, source="device")) for count in range(5, 20)]
    session.takes(rows, arrives=19)
    assert session.log.last("ALM-07").happened_at is None


rows = st.lists(
    st.tuples(
        st.sampled_from([1, 3, 10, 20, 61]),
        st.sampled_from([84.0, 88.0, 91.0, 93.0, 94.0, 95.0, 98.0]),
        st.sampled_from([None, 11.0, 45.0, 70.0, 130.0]),
        st.sampled_from(["device", "device", "person"]),
    ),
    max_size=14,
)


def played(drawn, *, ticks_of: int = 1) -> Watched:
    session, now = Watched(), 0
    for gap, spo2, heart_rate, source in drawn:
        now += gap
        values = {"spo2": spo2, "pulse_rate": 70.0} | ({} if heart_rate is None else {"heart_rate": heart_rate})
        session.reads(now, source=source, **values)
        for _ in range(ticks_of):
            session.tick(now + 0.5)
    return session


@settings(deadline=None, max_examples=EXAMPLES)
@given(rows)
def test_two_watchers_store_nothing_twice(drawn):
    once, twice = played(drawn), played(drawn, ticks_of=3)
    assert once.events == twice.events
    names = [(one.payload.key, one.payload.episode, one.payload.once) for one in once.events if one.kind == "alarm"]
    assert len(names) == len(set(names))


@settings(deadline=None, max_examples=EXAMPLES)
@given(rows)
def test_folding_again_gives_what_is_stored(drawn):
    session = played(drawn)
    assert fold(session.events) == session.state


@settings(deadline=None, max_examples=EXAMPLES)
@given(rows)
def test_a_finding_of_the_book_is_on_or_waits_and_none_is_dropped(drawn):
    session = played(drawn)
    at = session.events[-1].recorded_at + timedelta(seconds=1)
    facts = live_facts(session.state, IV, at=at)
    verdicts = in_time(facts, session.state, at=at, book=BOOK)
    waiting = {one.key for one in verdicts.pending}
    said = {one.rule.id for one in BOOK.evaluate(facts, on=at).findings if one.fires}
    doubted = {one for name in doubtful(session.state, at=at, fresh=facts) for one in ("ALM-09", "ALM-15") if name}
    told = {one.rule for one in verdicts.fired} | waiting
    assert said - doubted <= told
    found = due_transitions(session.log, verdicts, policy=alarm_policy(), at=at)
    assert {one.key for one in found if one.transition == "raised"}.isdisjoint(waiting)


def test_what_is_held_or_pending_is_neither_raised_nor_over():
    session = Watched()
    session.streams(range(30), spo2=93)
    others = frozenset(one.key for one in session.log.active if one.key != "ALM-13")
    held = Verdicts(held=frozenset({"ALM-13"}), unknown=others)
    assert due_transitions(session.log, held, policy=alarm_policy(), at=second(31)) == ()
