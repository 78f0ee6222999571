"""One-minute values are derived and hide no peak; a device's clock is measured and a jump is told from a backlog."""

from datetime import UTC, datetime, timedelta
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.monitoring.minutes import per_minute
from ketacare.science.monitoring.skew import Measured, Sample, device_policy, measured, measured_at

T0 = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
POLICY = device_policy().clock
VALUES = st.lists(
    st.tuples(st.integers(min_value=0, max_value=600), st.floats(min_value=0, max_value=300)), min_size=1, max_size=80
)


def at(second: float) -> datetime:
    return T0 + timedelta(seconds=second)


def clock(skews: dict[float, float]) -> list[Measured]:
    found = [Measured()]
    for second, skew_s in skews.items():
        found.append(measured(found[-1], Sample(at=at(second), skew_s=skew_s), policy=POLICY))
    return found


@given(VALUES)
def test_every_value_is_in_one_minute_and_no_minute_is_made_up(told):
    minutes = per_minute([(at(second), value) for second, value in told])
    assert sum(one.n for one in minutes) == len(told)
    assert {one.starts_at for one in minutes} == {at(second - second % 60) for second, _ in told}
    for one in minutes:
        values = [value for second, value in told if at(second - second % 60) == one.starts_at]
        assert (one.low, one.median, one.high) == (min(values), median(values), max(values))


def test_a_peak_of_one_second_stays_visible():
    (minute,) = per_minute([(at(second), 240.0 if second == 30 else 120.0) for second in range(60)])
    assert (minute.low, minute.median, minute.high, minute.n) == (120, 120, 240, 60)


def test_silence_is_not_filled_in():
    assert per_minute([]) == ()
    assert [one.starts_at for one in per_minute([(at(0), 1.0), (at(200), 1.0)])] == [at(0), at(180)]


@given(st.floats(min_value=-86400, max_value=86400), st.floats(min_value=-0.5, max_value=0.5))
def test_a_steady_clock_is_measured_whatever_it_shows(skew_s, jitter_s):
    last = clock({second: skew_s + (jitter_s if second % 2 else -jitter_s) for second in range(120)})[-1]
    assert abs(last.skew_s - skew_s) <= abs(jitter_s) + 1e-9
    assert last.step_s is None


@given(st.floats(min_value=5, max_value=86400), st.sampled_from([1, -1]))
def test_a_jump_is_believed_once_it_repeats_itself_and_told_once(by_s, sign):
    found = clock({second: 0.1 if second < 60 else 0.1 + sign * by_s for second in range(120)})
    steps = [one.step_s for one in found if one.step_s is not None]
    assert len(steps) == 1
    assert abs(steps[0] - sign * by_s) < 1e-6
    assert abs(found[-1].skew_s - (0.1 + sign * by_s)) < 1e-6


@given(st.floats(min_value=60, max_value=3600), st.floats(min_value=2, max_value=100))
def test_a_backlog_that_drains_is_never_a_jump(outage_s, times_faster):
    live = dict.fromkeys(range(60), 0.1)
    drain = {}
    elapsed, waiting = 0.0, outage_s
    while waiting > 0:
        drain[60 + outage_s + elapsed] = waiting
        elapsed += 1
        waiting -= times_faster - 1
    assert all(one.step_s is None for one in clock(live | drain))


def test_one_message_that_waited_moves_nothing():
    found = clock({**dict.fromkeys(range(0, 60, 5), 0.0), 61: 45.0, 66: 0.0})
    assert found[-1].skew_s == 0
    assert found[-1].suspects == ()


def test_without_a_known_skew_the_message_itself_says_how_long_it_waited():
    told = {"sent_at": at(100), "arrived_at": at(5000), "skew_s": None}
    assert measured_at(at(40), **told) == at(4940)
    assert measured_at(at(40), **(told | {"sent_at": None})) == at(5000)


@given(st.floats(min_value=-4000, max_value=4000), st.floats(min_value=-4000, max_value=4000))
def test_nothing_is_measured_after_it_arrived(device_s, skew_s):
    found = measured_at(at(device_s), sent_at=at(device_s), arrived_at=at(0), skew_s=skew_s)
    assert found <= at(0)
