"""What must be true of a change between two scores."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.errors import OutOfRange
from ketacare.science.scales import library
from ketacare.science.scales.change import change

PHQ9, WHO5 = library.load("phq9"), library.load("who5")
TOTALS = st.integers(0, 27).map(Decimal)


@given(TOTALS, TOTALS)
def test_improvement_and_deterioration_exclude_and_mirror_each_other(first: Decimal, second: Decimal) -> None:
    there, back = change(PHQ9, baseline=first, current=second), change(PHQ9, baseline=second, current=first)
    assert not (there.reliable_improvement and there.reliable_deterioration)
    assert there.reliable_improvement == back.reliable_deterioration


@given(TOTALS.filter(bool), TOTALS)
def test_response_is_half_of_the_baseline_or_less(baseline: Decimal, current: Decimal) -> None:
    assert change(PHQ9, baseline=baseline, current=current).response == (2 * current <= baseline)


@given(TOTALS.filter(bool), TOTALS)
def test_percent_change_is_unchanged_when_both_scores_are_halved(baseline: Decimal, current: Decimal) -> None:
    whole = change(PHQ9, baseline=baseline, current=current).percent_change
    assert whole == change(PHQ9, baseline=baseline / 2, current=current / 2).percent_change


@given(st.integers(1, 100).map(Decimal), st.integers(0, 100).map(Decimal))
def test_where_higher_is_better_a_rise_is_an_improvement(baseline: Decimal, current: Decimal) -> None:
    result = change(WHO5, baseline=baseline, current=current)
    assert result.percent_change is not None
    assert (result.percent_change > 0) == (current > baseline)
    assert result.mcid_met == (current - baseline >= 10)


@given(TOTALS, TOTALS)
def test_remission_looks_only_at_where_the_score_is_now(baseline: Decimal, current: Decimal) -> None:
    assert change(PHQ9, baseline=baseline, current=current).remission == (current < 5)


@given(TOTALS, TOTALS, TOTALS)
def test_relapse_needs_a_gain_to_lose(baseline: Decimal, best: Decimal, current: Decimal) -> None:
    relapse = change(PHQ9, baseline=baseline, best=best, current=current).relapse
    assert relapse == (None if best >= baseline else 2 * (current - best) >= baseline - best)


def test_what_is_missing_or_not_defined_is_not_decided() -> None:
    nothing = change(PHQ9, baseline=None, current=None, from_prorated=True)
    assert (nothing.response, nothing.remission, nothing.relapse, nothing.mcid_met) == (None, None, None, None)
    assert nothing.from_prorated
    assert change(WHO5, baseline=Decimal(50), current=Decimal(60)).response is None


def test_a_score_the_scale_cannot_have_is_refused_with_every_problem() -> None:
    with pytest.raises(OutOfRange) as refused:
        change(PHQ9, baseline=Decimal(28), current=Decimal(-1))
    assert [problem.place for problem in refused.value.problems] == ["baseline", "current"]
