"""What must be true of the facts of a course, and of the stop rules judged on them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.monitoring.course_facts import (
    CourseSession,
    CourseSoFar,
    ScaleScore,
    course_facts,
    improvement,
    improvement_after_each,
)
from ketacare.science.rules import load

BOOK = load("surveillance")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def course(sessions=3, *, every=3.5, before="20", after="20", adequate=True, **changes) -> CourseSoFar:
    given_at = [START + days(every * number) for number in range(sessions)]
    rows = tuple(CourseSession(started_at=at, is_of_this_course=True, is_adequate=adequate) for at in given_at)
    scores = [ScaleScore(at=START - days(1), value=Decimal(before))] if before else []
    if after and sessions:
        scores.append(ScaleScore(at=given_at[-1] + days(1), value=Decimal(after)))
    made = CourseSoFar(
        purpose="mood",
        is_in_maintenance=False,
        is_bipolar=False,
        sessions=rows,
        knows_all_sessions=True,
        scores=tuple(scores),
    )
    return replace(made, **changes)


def at_review(found: CourseSoFar) -> datetime:
    return found.own[-1].started_at + days(2) if found.own else START


def facts(found: CourseSoFar) -> dict[str, object]:
    return {name: one.value for name, one in course_facts(found, at=at_review(found), fields=BOOK.fields).items()}


def states(found: CourseSoFar) -> dict[str, bool | None]:
    """Each stop rule: fired, silent, or unknown."""
    evaluation = BOOK.evaluate(course_facts(found, at=at_review(found), fields=BOOK.fields), on=at_review(found))
    fired = {one.rule.id: one.fires for one in evaluation.findings}
    return {rule.id: fired.get(rule.id, False) for rule in BOOK.rules if rule.id.startswith("STOP")}


@pytest.mark.parametrize("after, fires", [("20", True), ("16.2", True), ("16", False), ("8", False)])
def test_less_than_a_fifth_better_after_three_sessions_asks_for_a_decision(after, fires):
    assert states(course(3, after=after))["STOP-NR3"] is fires


def test_after_two_sessions_nothing_is_asked_and_after_the_decision_neither():
    assert states(course(2))["STOP-NR3"] is False
    assert states(course(3, reviewed_in_induction=True))["STOP-NR3"] is False


@pytest.mark.parametrize("after, fires", [("10.1", True), ("10", False)])
def test_less_than_half_better_after_six_sessions_ends_the_series(after, fires):
    assert states(course(6, after=after))["STOP-NR6"] is fires


@pytest.mark.parametrize("before, after", [(None, "10"), ("20", None), ("0", "0")])
def test_without_two_scores_nobody_can_say_that_it_helped(before, after):
    made = course(6, before=before, after=after)
    assert improvement(made) is None
    assert states(made)["STOP-NR6"] is None


def test_a_score_from_before_the_last_session_does_not_count():
    made = course(3, after=None)
    made = replace(made, scores=(*made.scores, ScaleScore(at=made.own[-1].started_at - days(1), value=Decimal(5))))
    assert improvement(made) is None


def test_a_session_below_the_protocols_dose_does_not_count_towards_the_review():
    rows = course(3).own
    low = (*rows[:2], replace(rows[2], is_adequate=False))
    assert facts(replace(course(3), sessions=low))["fu.sessions_adequate"] == 2
    assert "fu.sessions_adequate" not in facts(course(3, adequate=None))


def test_a_pain_course_is_judged_by_its_own_rule():
    made = course(3, before="10", after="8", purpose="pain")
    assert (facts(made)["fu.pain_benefit_pct"], "fu.improvement_pct" in facts(made)) == (20, False)
    assert (states(made)["STOP-PAIN"], states(made)["STOP-NR3"]) == (True, False)


def test_how_many_sessions_there_were_is_not_said_while_others_may_be_elsewhere():
    assert "fu.sessions_lifetime" not in facts(course(3, knows_all_sessions=False))
    assert facts(course(3))["fu.sessions_lifetime"] == 3


@given(st.integers(0, 40), st.sampled_from([2.0, 3.5, 7.0, 30.0]), st.integers(0, 800))
def test_counts_only_shrink_with_time_and_never_exceed_each_other(number, every, later):
    made = course(number, every=every)
    at = at_review(made) + days(later)
    found = {name: one.value for name, one in course_facts(made, at=at, fields=BOOK.fields).items()}
    assert found["fu.sessions_90d"] <= found["fu.sessions_365d"] <= found["fu.sessions_lifetime"] == number
    assert found["fu.review_sessions_since"] == number
    assert all(BOOK.fields[name].complaint(value) is None for name, value in found.items())


def test_a_review_begins_the_count_anew():
    made = course(6)
    reviewed = replace(made, reviewed_at=(made.own[2].started_at + days(1),))
    assert (facts(reviewed)["fu.review_sessions_since"], facts(reviewed)["fu.review_days"]) == (3, 11)


def test_what_each_session_brought_is_the_last_score_before_the_next_one() -> None:
    begun = [(1, START), (2, START + days(4)), (3, START + days(8))]
    told = [(-1, "20"), (1, "15"), (3, "10"), (9, "5")]
    scores = [ScaleScore(at=START + days(day), value=Decimal(value)) for day, value in told]
    assert improvement_after_each(scores, begun) == {1: 50, 3: 75}
    assert improvement_after_each(scores[1:], begun) == {}
    assert improvement_after_each(scores, []) == {}
