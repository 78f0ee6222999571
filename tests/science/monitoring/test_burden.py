"""What alarms cost, and how they fit what somebody marked on a recording."""

from datetime import timedelta

import pytest

from ketacare.science.errors import BadReference, MissingInput, OutOfRange
from ketacare.science.facts.rehearsal import rehearse
from ketacare.science.monitoring.alarms import AlarmLog, acknowledge
from ketacare.science.monitoring.annotated import parse_annotations, score
from ketacare.science.monitoring.burden import burden
from tests.science.monitoring.watched import QUIET, Watched, second

SECOND = timedelta(seconds=1)
DESATURATION = [(n * SECOND, QUIET | {"spo2": 88.0 if 60 <= n < 120 else 98.0}) for n in range(200)]
ARTEFACTS = [(n * SECOND, QUIET | {"spo2": 88.0 if n % 30 == 7 else 98.0}) for n in range(200)]
NOTES = """
schema: ketacare.alarm_annotations/1
recording: made here
judged_by: a test
review: {status: unreviewed}
how: by construction
grace_min: 0.5
events: [{parameter: spo2, from_min: 1, to_min: 2, why: low}]
artefacts: [{parameter: spo2, from_min: 2.6, to_min: 2.7, why: one reading}]
"""


def acknowledged(session: Watched, key: str, count: float) -> AlarmLog:
    return session.log.with_transition(acknowledge(session.log, key, 1), at=second(count), by_name="Nora")


def test_the_burden_counts_what_disturbs_and_how_soon_it_was_seen():
    session = Watched()
    session.streams(range(21), spo2=88, pulse_rate=70, heart_rate=11)
    cost = burden(acknowledged(session, "ALM-07", 25).all, hours=2)
    # red and amber saturation, the electrode, and bp_sys, bp_dia and sedation that nobody measured
    assert dict(cost.by_level) == {"red": 1, "amber": 4, "technical": 1}
    assert (cost.alarms, cost.per_hour, cost.no_data) == (6, 3, 3)
    assert (cost.acknowledged, cost.share_acknowledged) == (1, 1 / 6)
    assert cost.seconds_to_acknowledge == (15,)
    assert cost.median_seconds_to_acknowledge == 15
    assert cost.called == 0


def test_an_alarm_that_called_somebody_is_counted_once():
    session = Watched()
    session.streams(range(100), spo2=88)
    assert burden([one for one in session.log.all if one.key == "ALM-07"], hours=1).called == 1


def test_of_the_alarms_those_about_missing_data_are_told_apart():
    session = Watched()
    session.streams(range(100), spo2=88)
    low = [one for one in session.log.all if one.key == "ALM-07"]
    silent = [one for one in session.log.all if one.key == "ALM-19/bp_sys"]
    assert (burden(low, hours=1).no_data, burden(silent, hours=1).no_data) == (0, 1)


def test_what_is_only_due_is_no_burden():
    session = Watched()
    session.sees(0, moaas=5)
    session.tick(601)
    assert "ALM-29" in {one.key for one in session.log.all}
    assert "due" not in burden(session.log.all, hours=1).by_level


def test_without_alarms_or_time_there_is_no_rate():
    cost = burden([], hours=0)
    assert (cost.alarms, cost.per_hour, cost.share_acknowledged, cost.median_seconds_to_acknowledge) == (
        0,
        None,
        None,
        None,
    )


@pytest.mark.parametrize("hours", [-1, float("nan")])
def test_less_than_no_time_is_refused(hours):
    with pytest.raises(OutOfRange):
        burden([], hours=hours)


def test_a_rehearsal_raises_what_a_session_raises():
    made = rehearse(DESATURATION, route="iv_ketamine", tick=SECOND)
    session = Watched()
    for after, values in DESATURATION:
        session.reads(after.total_seconds(), **values)
    told = [(one.key, one.raised_at - made.began_at) for one in made.log.all]
    there = [(one.key, one.raised_at - second(0)) for one in session.log.all if one.rule != "ALM-19"]
    assert told == there
    assert {key for key, _ in told} == {"ALM-07", "ALM-13"}
    assert made.hours == pytest.approx(199 / 3600)


def test_at_once_every_artefact_is_an_alarm_and_in_time_none():
    assert rehearse(ARTEFACTS, route="iv_ketamine", tick=SECOND).log.all == ()
    at_once = rehearse(ARTEFACTS, route="iv_ketamine", tick=SECOND, in_time=False).log.all
    assert sum(one.key == "ALM-07" for one in at_once) == 7


def test_what_people_typed_is_an_alarm_at_once_in_both_ways():
    for in_time in (True, False):
        made = rehearse(ARTEFACTS, route="iv_ketamine", tick=SECOND, source="person", in_time=in_time)
        assert sum(one.key == "ALM-07" for one in made.log.all) == 7


def test_what_a_recording_never_holds_is_not_missed_and_what_it_stops_holding_is():
    rows = [*DESATURATION[:30], (timedelta(minutes=5), {"heart_rate": 70.0, "resp_rate": 14.0})]
    keys = {one.key for one in rehearse(rows, route="iv_ketamine", tick=SECOND).log.all}
    assert keys == {"ALM-19/spo2", "ALM-19/heart_rate", "ALM-19/resp_rate"}


def test_a_recording_without_a_row_is_refused():
    with pytest.raises(MissingInput):
        rehearse([], route="iv_ketamine", tick=SECOND)


def test_alarms_are_held_against_what_was_marked():
    marked = parse_annotations(NOTES, place="notes")
    rows = [(after, values | ({"spo2": 88.0} if after == 158 * SECOND else {})) for after, values in DESATURATION]
    for in_time, false, sounded in ((True, 0, 0), (False, 2, 1)):
        made = rehearse(rows, route="iv_ketamine", tick=SECOND, in_time=in_time)
        found = score(made.log.all, marked, began_at=made.began_at, ended_at=made.ended_at, hours=made.hours)
        assert (found.events, found.found, found.sensitivity) == (1, 1, 1)
        assert (found.alarms - found.false, found.false) == (2, false)
        assert (found.artefacts, found.sounded, found.suppressed) == (1, sounded, 1 - sounded)
        assert found.false_per_hour == pytest.approx(false / made.hours)


def test_an_event_that_raised_nothing_is_not_found():
    marked = parse_annotations(NOTES, place="notes")
    quiet = rehearse([(n * SECOND, QUIET) for n in range(200)], route="iv_ketamine", tick=SECOND)
    found = score(quiet.log.all, marked, began_at=quiet.began_at, ended_at=quiet.ended_at, hours=quiet.hours)
    assert (found.found, found.sensitivity) == (0, 0)


def test_nothing_marked_gives_no_share():
    marked = parse_annotations(NOTES.split("events:")[0], place="notes")
    made = rehearse(DESATURATION, route="iv_ketamine", tick=SECOND)
    found = score(made.log.all, marked, began_at=made.began_at, ended_at=made.ended_at, hours=0)
    assert (found.sensitivity, found.suppressed, found.false_per_hour) == (None, None, None)


def test_an_overlay_puts_known_values_into_a_span():
    text = NOTES + "overlay: [{parameter: spo2, from_min: 1, to_min: 2, value: 80, is_event: true, why: made}]"
    marked = parse_annotations(text, place="notes")
    assert marked.overlaid(timedelta(minutes=1), QUIET)["spo2"] == 80
    assert marked.overlaid(timedelta(minutes=2.1), QUIET)["spo2"] == 98
    assert marked.overlaid(timedelta(minutes=1), {"heart_rate": 60}) == {"heart_rate": 60}
    assert (len(marked.all_events), len(marked.all_artefacts)) == (2, 1)


@pytest.mark.parametrize(
    "wrong", ["from_min: 3, to_min: 2", "to_min: 2", "from_min: 1, to_min: 2, colour: red"], ids=str
)
def test_annotations_that_cannot_be_are_refused(wrong):
    with pytest.raises(BadReference):
        parse_annotations(NOTES.replace("from_min: 1, to_min: 2", wrong), place="notes")
