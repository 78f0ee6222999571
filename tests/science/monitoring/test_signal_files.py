"""The file of alarm signals: read whole, or refused with every problem at once."""

import copy
from datetime import timedelta

import pytest

from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.monitoring.parameters import SIGNALS, measured
from ketacare.science.monitoring.signal_files import alarm_signals, parse_signals

FILE = reference.newest(SIGNALS)


def changed(**changes: object) -> dict:
    """The file with other values at dotted places."""
    tree = copy.deepcopy(reference.read_yaml(FILE))
    for place, value in changes.items():
        *path, last = place.split("__")
        part = tree
        for step in path:
            part = part[int(step) if step.isdecimal() else step]
        part[int(last) if last.isdecimal() else last] = value
    return tree


def problems(tree: dict) -> list[str]:
    with pytest.raises(BadReference) as refused:
        parse_signals(tree, place="draft")
    return [str(one) for one in refused.value.problems]


def test_the_file_we_ship_is_what_it_says():
    assert parse_signals(reference.read_yaml(FILE), place=FILE) == alarm_signals()
    assert alarm_signals().review.status == "unreviewed"


@pytest.mark.parametrize(
    "place, value, says",
    [
        ("delays__spo2__readings__default", 9, "9 is outside 2 to 3"),
        ("delays__spo2__seconds__red__default", -1, "-1 is outside 0 to 15"),
        ("levels__red__silence_s__default", 121, "121 is outside 30 to 120"),
        ("delays__spo2__sources", [], "at least 1"),
        ("delays__spo2__sources", ["NOBODY"], "delays.spo2.sources: 'NOBODY' is not there"),
        ("sources", ["NOBODY"], "sources: 'NOBODY' is not there"),
        ("trends__0__parameter", "mood", "SIG-02.parameter: 'mood' is not there"),
        ("trends__0__level", "red", "'amber', 'technical' or 'due'"),
        ("trends__0__id", "SIG-01", "SIG-01: another finding has this id"),
        ("trends__0__id", "ALM-07", "ALM-07: another finding has this id"),
        ("trends__0__ends_below", {"default": 4, "bounds": [1, 4]}, "a greater change than it begins with"),
        ("contradictions__0__proof", "mood", "SIG-01.proof: 'mood' is not there"),
        ("contradictions__0__plausible", {"mood": {"default": 1, "bounds": [1, 1]}}, "SIG-01.plausible: 'mood'"),
        ("contradictions__0__statement", "", "at least 1 character"),
        ("levels__red__silence_s", {"default": 20, "bounds": [20, 20]}, "levels.black: is silenced for longer than red"),
        ("levels__purple", {}, "purple"),
        ("returns__mood", {}, "mood"),
        ("unknown", 1, "Extra inputs"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_place(place, value, says):
    assert any(says in one for one in problems(changed(**{place: value})))


def test_every_level_that_is_delayed_has_its_seconds():
    tree = changed()
    del tree["delays"]["spo2"]["seconds"]["amber"]
    assert any("amber is missing" in one for one in problems(tree))


def test_black_cannot_be_delayed():
    tree = changed(delays__spo2__seconds__black={"default": 5, "bounds": [0, 10]})
    assert any("black" in one for one in problems(tree))


def test_every_problem_is_told_at_once():
    tree = changed(
        delays__spo2__sources=["NOBODY"],
        trends__0__id="SIG-01",
        returns__mood=reference.read_yaml(FILE)["returns"]["spo2"],
    )
    assert len(problems(tree)) == 3


def test_a_session_may_hold_the_pulse_rate():
    assert measured("reading")["pulse_rate"].complaint(71.5) is None


def test_a_statement_names_its_own_numbers():
    assert alarm_signals().findings["SIG-02"].says == (
        "Saturation has fallen by 3 points or more within 5 min, to 95 % or lower."
    )


@pytest.mark.parametrize(
    "pace_s, believed_s", [(None, 15), (1, 15), (10, 15), (20, 30), (40, 60), (60, 60), (600, 60)], ids=str
)
def test_a_value_that_nothing_follows_is_believed_when_the_next_is_overdue(pace_s, believed_s):
    pace = None if pace_s is None else timedelta(seconds=pace_s)
    assert alarm_signals().no_next.believed_after(pace) == timedelta(seconds=believed_s)
