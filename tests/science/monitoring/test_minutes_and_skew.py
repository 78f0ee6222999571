"""One-minute values are derived and hide no peak; a device's clock is measured and a jump is told from a backlog."""

from datetime import UTC, datetime, timedelta
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.monitoring.minutes import per_minute
from ketacare.science.monitoring.skew import Measured, Sample, device_policy, measured, measured_at, retold

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


@given(st.floats(min_value=-86400, max_value=86400), st.floats(min_value=-500, max_value=500))
def test_a_step_of_our_own_clock_is_not_taken_for_one_of_the_devices(our_step_s, skew_s):
    """Both lists move with it, so that the measurement after the step agrees with those before."""
    step = timedelta(seconds=our_step_s)
    before = Sample(at=at(0), skew_s=skew_s, boot_id="run", booted_at=at(-5000))
    after = Sample(at=at(1) + step, skew_s=skew_s + our_step_s, boot_id="run", booted_at=at(-5000) + step)
    known = retold(Measured(samples=(before,), suspects=(before,)), after, limit_s=1)
    if abs(our_step_s) > 1:
        assert abs(known.skew_s - after.skew_s) < 1e-3
        assert (known.suspects, known.samples[0].at) == (known.samples, at(0) + step)
    else:
        assert known.samples == (before,)


def test_what_another_run_of_the_machine_measured_stays_as_it_was():
    before = Measured(samples=(Sample(at=at(0), skew_s=1, boot_id="one", booted_at=at(-5000)),))
    after = Sample(at=at(9), skew_s=1, boot_id="two", booted_at=at(3))
    assert retold(before, after, limit_s=1) == before
    assert retold(Measured(), after, limit_s=1) == Measured()
