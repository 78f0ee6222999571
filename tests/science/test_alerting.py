"""The ladder climbs as its file says, a rise is a rise on both sides of its points, and nothing unknown passes for calm."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.scales import alerting, library

RAISED = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
LEVELS = [1, 2, 3]


def due(level, after, *, waits=True, unspoken=True, done=()):
    since, contact = RAISED if waits else None, RAISED if unspoken else None
    ladder = alerting.load().rungs(level)
    found = alerting.steps_due(ladder, waits_since=since, without_contact_since=contact, done=done, at=RAISED + after)
    return [step.id for step, _ in found]


@pytest.mark.parametrize("level", LEVELS)
def test_each_rung_is_due_at_its_minute_and_not_a_second_before(level):
    for step in alerting.load().rungs(level).until_taken:
        after = step.after_min * MINUTE
        assert step.id in due(level, after)
        assert step.id not in due(level, after - SECOND)


@pytest.mark.parametrize("level", LEVELS)
def test_a_taken_alert_waits_for_a_contact_alone_and_one_with_both_for_nothing(level):
    rungs = alerting.load().rungs(level)
    year = timedelta(days=365)
    assert due(level, year, waits=False) == [step.id for step in rungs.until_contact]
    assert due(level, year, waits=False, unspoken=False) == []
    assert due(level, year, unspoken=False) == [step.id for step in rungs.until_taken]


def test_the_ladder_of_every_level_ends_with_everybody_and_climbs_upwards():
    for level in LEVELS:
        rungs = alerting.load().rungs(level)
        for steps in (rungs.until_taken, rungs.until_contact):
            minutes = [step.after_min for step in steps]
            assert minutes == sorted(minutes)
            assert len({step.id for step in steps}) == len(steps)
        assert rungs.until_taken[-1].tell == "everyone"


def test_the_more_urgent_is_answered_sooner():
    first = {level: alerting.load().rungs(level).until_taken[0].after_min for level in LEVELS}
    assert first[3] < first[2] < first[1]


def test_a_rung_is_known_by_the_moment_its_minutes_are_counted_from():
    done = {("taken-1", RAISED)}
    assert "taken-1" not in due(3, 5 * MINUTE, done=done)
    assert "taken-1" in due(3, 5 * MINUTE, done={("taken-1", RAISED - MINUTE)})


@given(level=st.sampled_from(LEVELS), waits=st.booleans(), unspoken=st.booleans(), taken=st.integers(0, 6))
def test_the_next_rung_is_the_first_moment_at_which_one_is_due(level, waits, unspoken, taken):
    ladder = alerting.load().rungs(level)
    steps = [step.id for step in (*ladder.until_taken, *ladder.until_contact)]
    asked = {
        "waits_since": RAISED if waits else None,
        "without_contact_since": RAISED if unspoken else None,
        "done": {(step, RAISED) for step in steps[:taken]},
    }
    coming = alerting.next_step_at(ladder, **asked)
    if coming is None:
        assert alerting.steps_due(ladder, **asked, at=RAISED + timedelta(days=999)) == []
    else:
        assert alerting.steps_due(ladder, **asked, at=coming)
        assert not alerting.steps_due(ladder, **asked, at=coming - SECOND)


def raised(scale, now, first, previous, had_any=True):
    number = [None if one is None else Decimal(one) for one in (now, first, previous)]
    found = alerting.raised_by_course(
        library.load(scale), now=number[0], first=number[1], previous=number[2], had_any=had_any
    )
    return [one.id for one in found]


@pytest.mark.parametrize(
    "now, first, previous, found",
    [
        (14, 10, 10, []),
        (15, 10, 12, ["PHQ9_RISE"]),
        (15, 20, 10, ["PHQ9_RISE"]),
        (14, 20, 10, []),
        (5, 20, 20, []),
        (None, 10, 10, ["PHQ9_RISE_UNKNOWN"]),
        (10, None, None, ["PHQ9_RISE_UNKNOWN"]),
    ],
)
def test_a_phq9_is_worse_from_five_points_above_the_first_or_the_previous(now, first, previous, found):
    assert raised("phq9", now, first, previous) == found


@pytest.mark.parametrize("now, found", [(9, []), (10, ["ICSI_RISE"])])
def test_bladder_symptoms_are_worse_from_four_points(now, found):
    assert raised("icsi", now, 6, 6) == found


def test_a_first_sitting_is_compared_with_nothing():
    assert raised("phq9", 27, None, None, had_any=False) == []
    assert raised("phq9", None, None, None, had_any=False) == []


def test_a_scale_without_a_rule_raises_nothing():
    assert raised("gad7", 21, 0, 0) == []


@pytest.mark.parametrize("scale, rule", [("asrm", "ASRM_NO_SCORE"), ("mdq", "MDQ_NO_SCORE")])
def test_a_mania_screen_without_a_result_is_not_a_negative_one(scale, rule):
    assert raised(scale, None, None, None, had_any=False) == [rule]
    assert raised(scale, 0, None, None, had_any=False) == []


def known() -> set[str]:
    file = alerting.load()
    own = {rule.id for scale in library.shipped() for rule in library.load(scale).alerts}
    return own | {one.id for rise in file.rises for one in (rise, rise.unknown)} | {one.id for one in file.unscored}


def test_every_alert_after_which_crisis_help_is_shown_is_one_that_some_rule_raises():
    assert set(alerting.load().crisis_help.alerts) <= known()


def test_every_alert_about_suicide_or_mania_shows_crisis_help():
    about = {name for name in known() if name.startswith(("PHQ9_ITEM9", "CSSRS_", "ASRM", "MDQ", "PHQ9_RISE"))}
    assert about <= set(alerting.load().crisis_help.alerts)
    assert not alerting.shows_crisis_help(["AUDIT_HARMFUL", "PHQ2_POSITIVE"])
    assert alerting.shows_crisis_help(["AUDIT_HARMFUL", "CSSRS_LOW"])


def test_a_rule_named_twice_would_hide_one():
    names = [rule.id for scale in ("phq9", "icsi", "asrm", "mdq") for rule in library.load(scale).alerts]
    file = alerting.load()
    names += [one.id for rise in file.rises for one in (rise, rise.unknown)] + [one.id for one in file.unscored]
    assert len(names) == len(set(names))


def test_every_country_has_an_emergency_number_and_a_line():
    for country in alerting.crisis_lines().countries.values():
        assert country.emergency
        assert country.lines
        assert country.sources


def test_a_source_that_is_nowhere_is_refused(monkeypatch):
    raw = reference.read_yaml("protocols/crisis_lines.1.yaml")
    raw["countries"]["us"]["sources"] = ["NOWHERE"]
    monkeypatch.setattr(reference, "read_yaml", lambda file: raw)
    with pytest.raises(BadReference, match="NOWHERE is nowhere"):
        alerting.crisis_lines.__wrapped__()


def test_a_number_of_minutes_that_is_none_is_refused(monkeypatch):
    raw = reference.read_yaml("protocols/alerting.1.yaml")
    raw["ladder"][0]["until_taken"][0]["after_min"] = 0
    monkeypatch.setattr(reference, "read_yaml", lambda file: raw)
    with pytest.raises(BadReference, match="after_min"):
        alerting.load.__wrapped__()
