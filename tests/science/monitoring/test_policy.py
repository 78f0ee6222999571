"""How alarms live in time, as the annex of the alarm book says it; and what the book is asked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ketacare.science.errors import BadReference
from ketacare.science.facts.readings import live_facts
from ketacare.science.monitoring import policy
from ketacare.science.monitoring.policy import alarm_policy, judge
from ketacare.science.rules.book import load
from tests.science.monitoring.made import IV, START, minute, moved, reading, session

POLICY = alarm_policy()


@pytest.mark.parametrize(
    "facts, minutes",
    [
        (("now.spo2",), 3),
        (("now.resp_rate",), 2),
        (("now.bp_sys",), 15),
        (("now.bp_dia",), 15),
        (("now.bp_sys_rise",), 15),
        (("now.heart_rate",), 5),
        ((), 5),
        (("now.bp_sys", "now.spo2"), 3),
        (("now.heart_rate", "now.bp_sys"), 5),
    ],
    ids=str,
)
def test_a_red_alarm_turns_black_after_the_shortest_time_among_its_causes(facts, minutes):
    assert POLICY.blackens_after(facts) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "level, seconds", [("black", 0), ("red", 30), ("amber", 120), ("technical", None), ("due", None)]
)
def test_how_long_an_alarm_may_stay_unseen_goes_by_its_level(level, seconds):
    assert POLICY.calls_after(level) == (None if seconds is None else timedelta(seconds=seconds))


def test_a_session_is_judged_by_the_version_of_the_book_that_it_is_given():
    state = session((0, moved("treating")), (1, reading(spo2=80, heart_rate=150)))
    facts, book = live_facts(state, IV, at=minute(1)), load("alarms")
    only = replace(book, rules=(book.rule("ALM-07"),))
    assert {one.rule for one in judge(facts, at=minute(1), book=only).fired} == {"ALM-07"}


def test_a_book_whose_policy_is_half_is_refused_with_what_is_wrong(monkeypatch):
    half = {key: value for key, value in load("alarms").annex["policy"].items() if key != "any_black"}
    monkeypatch.setattr(policy, "load", lambda *_: replace(load("alarms"), annex={"policy": half}))
    with pytest.raises(BadReference, match="any_black"):
        alarm_policy(-1)


@pytest.mark.parametrize(
    "scheduled, missing",
    [
        ({}, ["bp_dia", "bp_sys", "heart_rate", "moaas", "resp_rate"]),  # unknown: all that the rule names
        ({"session.scheduled": ("spo2", "resp_rate")}, ["resp_rate"]),
        ({"session.scheduled": ("etco2",)}, ["etco2"]),
        ({"session.scheduled": ()}, []),
    ],
    ids=str,
)
def test_each_parameter_that_is_asked_for_and_missing_is_an_alarm_of_its_own(scheduled, missing):
    said = judge({"now.spo2": 97} | scheduled, at=START)
    silent = [one for one in said.fired if one.rule == "ALM-19"]
    assert sorted(one.parameter for one in silent) == missing
    assert all(one.values == {f"now.{one.parameter}": None} for one in silent)
