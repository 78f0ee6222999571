"""A course by one scale: what counts as before and after, harm before benefit, and never a verdict from a missing score."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.errors import OutOfRange
from ketacare.science.scales import bridges, library
from ketacare.science.scales.course import Measured, bridged_response, course_response
from ketacare.science.scales.definition import ChangeRule

FIRST = datetime(2026, 3, 2, 9, tzinfo=UTC)
LAST = FIRST + timedelta(days=17)
PHQ9, HAMD, WHO5 = (library.load(name) for name in ("phq9", "hamd17", "who5"))
SHARE = ChangeRule(type="share_of_gain_lost", value=50, mark="default")


def at(day: float, value: int) -> Measured:
    return Measured(at=FIRST + timedelta(days=day), value=Decimal(value))


def judged(instrument, *scores, **more):
    return course_response(instrument, scores, first_at=FIRST, last_at=LAST, **more)


def test_the_last_score_before_the_first_session_counts_against_the_latest_after_the_last():
    found = judged(PHQ9, at(-30, 25), at(-1, 20), at(3, 4), at(18, 12), at(30, 9))
    assert found.baseline == at(-1, 20)
    assert found.current == at(30, 9)
    assert found.best == at(3, 4)


@pytest.mark.parametrize(
    ("scores", "verdict"),
    [
        ((20, 8), "response"),
        ((20, 4), "remission"),
        ((20, 14), "partial"),
        ((20, 19), "chance"),
        ((14, 15), "chance"),
        ((14, 19), "chance"),  # five worse
        ((14, 20), "worse"),  # six worse: beyond chance
    ],
)
def test_a_change_of_the_phq9_comes_to_one_word(scores, verdict):
    assert judged(PHQ9, at(-1, scores[0]), at(20, scores[1])).verdict == verdict


@pytest.mark.parametrize(
    ("scores", "missing"),
    [([at(20, 4)], "baseline"), ([at(-1, 20), at(5, 3)], "current"), ([at(5, 3)], "both"), ([], "both")],
)
def test_a_missing_score_is_not_known_and_never_no_change(scores, missing):
    found = judged(PHQ9, *scores)
    assert (found.verdict, found.missing, found.change) == ("unknown", missing, None)


def test_half_of_the_gain_lost_again_is_a_lost_response():
    assert judged(PHQ9, at(-1, 20), at(10, 6), at(20, 12)).verdict == "partial"
    assert judged(PHQ9, at(-1, 20), at(10, 6), at(20, 13)).verdict == "lost"


def test_losing_a_gain_that_was_never_a_response_is_no_lost_response():
    assert not judged(PHQ9, at(-1, 20), at(10, 12), at(20, 18)).is_lost


def test_a_lost_response_that_ended_worse_than_it_began_is_both():
    found = judged(PHQ9, at(-1, 14), at(10, 4), at(20, 21))
    assert found.verdict == "worse"
    assert found.is_lost


def test_a_scale_without_a_relapse_rule_takes_the_protocols():
    scores = at(-1, 24), at(10, 8), at(20, 20)
    assert judged(HAMD, *scores).change.relapse is None
    assert judged(HAMD, *scores, relapse=SHARE).verdict == "lost"


def test_on_a_scale_where_more_is_better_fewer_points_are_worse():
    found = judged(WHO5, at(-1, 40), at(20, 20))
    assert found.points_better == -20
    assert found.verdict not in {"better", "response", "remission"}


@given(st.integers(1, 27), st.integers(0, 27))
def test_a_verdict_never_calls_a_worse_score_better(before, after):
    found = judged(PHQ9, at(-1, before), at(20, after))
    if after > before:
        assert found.verdict in {"worse", "chance", "undefined", "lost", "remission"}
        assert found.points_better < 0


@given(st.integers(0, 27))
def test_the_table_of_the_qids_is_read_in_order(score):
    bridge = bridges.between("qids_sr16", "hamd17")
    low, high = bridge.span(score)
    assert 0 <= low <= high <= 52
    if score:
        assert bridge.span(score - 1)[0] <= low


def test_a_conversion_for_groups_is_used_for_no_patient():
    bridge = bridges.between("madrs", "phq9")
    assert bridge.use == "groups"
    with pytest.raises(OutOfRange, match="groups only"):
        bridge.span(10)


def test_scales_without_a_published_conversion_have_none():
    assert bridges.between("phq9", "gad7") is None


def converted(before: int, after: int):
    bridge = bridges.between("hamd17", "qids_sr16")
    return bridged_response(HAMD, bridge, [at(-1, before)], [at(20, after)], first_at=FIRST, last_at=LAST)


def test_a_converted_score_is_judged_where_both_its_ends_say_the_same():
    found = converted(24, 4)  # 5 or 6 points of the HAM-D
    assert found.verdict == "remission"


def test_a_converted_score_that_may_lie_on_either_side_of_a_cut_is_not_known():
    found = converted(19, 7)  # 9 or 10 points: a response is 9.5 or less
    assert (found.verdict, found.missing) == ("unknown", "conversion")
