"""The interval of a share: as scipy's, and always around the share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from ketacare.science.stats.shares import wilson


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_it_is_scipys_interval_and_holds_the_share(case):
    k, n = case
    low, high = wilson(k / n, n)
    right = binomtest(k, n).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((right.low, right.high), abs=1e-12)
    assert 0 <= low <= k / n <= high <= 1
