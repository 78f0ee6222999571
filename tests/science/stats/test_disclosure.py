"""What may be told of a group: never a part so small that it points at a person, and nothing that gives it away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.errors import OutOfRange
from ketacare.science.stats.disclosure import Limits, told
from ketacare.science.stats.shares import wilson

LIMITS = Limits(fewest_people=20, smallest_part=10, round_to=5)


@st.composite
def counts(draw):
    treated = draw(st.integers(0, 400))
    scored = draw(st.integers(0, treated))
    return treated, scored, draw(st.integers(0, scored))


def test_the_interval_is_the_one_that_was_printed_for_a_known_study():
    low, high = wilson(288 / 537, 537)
    assert (round(100 * low, 1), round(100 * high, 1)) == (49.4, 57.8)


@given(counts())
def test_no_small_part_is_ever_told(found):
    treated, scored, better = found
    shown = told(treated=treated, scored=scored, better=better, limits=LIMITS)
    missing = treated - scored
    is_small = treated < 20 or better < 10 or scored - better < 10 or 0 < missing < 10
    assert (shown is None) == is_small
    if shown is not None:
        assert {shown.treated % 5, shown.scored % 5, shown.better % 5} == {0}
        assert abs(shown.treated - treated) < 5
        assert shown.share == shown.better / shown.scored, "the share is of the rounded counts"
        assert shown.low <= shown.share <= shown.high


@pytest.mark.parametrize("found", [(5, 6, 1), (5, 4, 5), (5, 4, -1)])
def test_counts_that_do_not_lie_inside_each_other_are_refused(found):
    treated, scored, better = found
    with pytest.raises(OutOfRange):
        told(treated=treated, scored=scored, better=better, limits=LIMITS)
