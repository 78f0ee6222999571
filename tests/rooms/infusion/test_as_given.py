"""What must be true of the regimen that a session's dose steps make, however the pump was handled."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.infusion.as_given import LOST, NO_PLANNED_END, RUNS_OVER, Way, arrivals, as_given
from ketacare.science.errors import OutOfRange
from ketacare.science.monitoring.delivered import DoseStep, delivered_mg, portions

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
VEIN = Way(route="iv", drug="racemic_ketamine")
DOSES = st.decimals("0.1", "30", places=2)
RATES = st.decimals("1", "120", places=1)
KINDS = st.one_of(
    st.tuples(st.sampled_from(["start", "rate"]), RATES, st.none()),
    st.tuples(st.sampled_from(["pause", "resume", "stop"]), st.none(), st.none()),
    st.tuples(st.sampled_from(["bolus", "start"]), st.none(), DOSES),
    st.tuples(st.just("line-loss"), st.none(), st.decimals("0.1", "3", places=2)),
)
SECONDS = st.integers(0, 3 * 3600)
HANDLED = st.lists(st.tuples(SECONDS, KINDS), max_size=9)


def minute(at: float) -> datetime:
    return START + timedelta(minutes=at)


def step(at: float, kind: str, rate: object = None, dose: object = None) -> DoseStep:
    decimals = [None if one is None else Decimal(str(one)) for one in (rate, dose)]
    return DoseStep(at=minute(at), step=kind, rate_mg_per_h=decimals[0], dose_mg=decimals[1])  # type: ignore[arg-type]


def made(*steps: DoseStep, at: float, ordered: object = "35"):
    return as_given(steps, VEIN, ordered_mg=None if ordered is None else Decimal(str(ordered)), at=minute(at))


def doses(*steps: DoseStep, at: float, ordered: object = "35") -> list[tuple[float, float, float]]:
    found = made(*steps, at=at, ordered=ordered)
    return [(one.start_min, one.duration_min, round(one.amount_mg, 9)) for one in found.regimen.doses]


@given(HANDLED, SECONDS)
def test_what_arrived_adds_up_to_what_the_session_says_was_given(handled, until):
    steps = [step(seconds / 60, *kind) for seconds, kind in handled]
    moment = START + timedelta(seconds=until)
    try:
        total = delivered_mg(steps, until=moment)
    except OutOfRange:
        with pytest.raises(OutOfRange, match="more was lost"):
            arrivals(portions(steps, until=moment))
        return
    arrived = arrivals(portions(steps, until=moment))
    assert sum((one.mg for one in arrived), Fraction(0)) == sum(
        (one.mg for one in portions(steps, until=moment)), Fraction(0)
    )
    assert all(one.mg > 0 and one.ends <= moment for one in arrived)
    assert [one.begins for one in arrived] == sorted(one.begins for one in arrived)
    assert abs(Decimal(float(sum(one.mg for one in arrived))) - total) < Decimal("1e-9")


@given(HANDLED, SECONDS)
def test_the_regimen_is_what_was_given_and_what_the_running_pump_still_gives(handled, until):
    steps = [step(seconds / 60, *kind) for seconds, kind in handled]
    moment = START + timedelta(seconds=until)
    try:
        found = as_given(steps, VEIN, ordered_mg=Decimal(35), at=moment)
    except OutOfRange:
        return
    if found is None:
        assert delivered_mg(steps, until=moment) == 0
        return
    known = [one for one in steps if one.at <= moment]
    total = sum(one.amount_mg for one in found.regimen.doses)
    assert total == pytest.approx(float(delivered_mg(known, until=found.ends_at or moment)))
    if found.ends_at and RUNS_OVER not in found.flags:
        assert total == pytest.approx(35)


@given(SECONDS.filter(lambda one: 0 < one < 40 * 60))
def test_every_moment_of_one_run_foresees_the_same_regimen(seconds):
    first, now = made(step(0, "start", "52.5"), at=0), made(step(0, "start", "52.5"), at=seconds / 60)
    assert now == first
    assert first.ends_at == minute(40)


def test_a_pause_ends_what_is_foreseen_and_a_resume_takes_it_up_again():
    ran = [step(0, "start", 60), step(10, "pause")]
    assert doses(*ran, at=30) == [(0, 10, 10)]
    assert made(*ran, at=30).ends_at is None
    assert doses(*ran, step(20, "resume"), at=30) == [(0, 10, 10), (20, 25, 25)]


def test_a_slower_rate_moves_the_end_and_keeps_the_dose():
    assert doses(step(0, "start", 60), step(10, "rate", 30), at=12) == [(0, 10, 10), (10, 50, 25)]


def test_devices_are_doses_at_once_and_no_further_one_is_foreseen():
    spray = Way(route="intranasal", drug="esketamine")
    steps = [step(0, "start", dose=28), step(5, "bolus", dose=28)]
    found = as_given(steps, spray, ordered_mg=Decimal(84), at=minute(6))
    assert [(one.route, one.start_min, one.amount_mg) for one in found.regimen.doses] == [
        ("intranasal", 0, 28), ("intranasal", 5, 28),
    ]  # fmt: skip
    assert found.ends_at is None


def test_minute_0_is_the_first_drug_and_not_the_first_step():
    found = made(step(0, "pause"), step(7, "bolus", dose=5), at=20)
    assert (found.begins_at, found.regimen.doses[0].start_min) == (minute(7), 0)


def test_a_line_loss_thins_what_was_given_last_before_it():
    ran = [step(0, "start", 60), step(10, "rate", 30), step(20, "stop"), step(21, "line-loss", dose=7)]
    assert doses(*ran, at=30) == [(0, 10, 8)]
    assert LOST in made(*ran, at=30).flags
    assert doses(*ran[:3], step(21, "line-loss", dose=2), at=30) == [(0, 10, 10), (10, 10, 3)]


def test_a_loss_is_not_taken_off_what_came_after_it_while_anything_lies_before():
    assert doses(step(0, "bolus", dose=10), step(5, "line-loss", dose=4), step(9, "bolus", dose=3), at=20) == [
        (0, 0, 6), (9, 0, 3),
    ]  # fmt: skip


def test_a_pump_that_should_have_ended_is_counted_to_this_minute_and_said_so():
    found = made(step(0, "start", 60), at=50.25)
    assert (found.ends_at, found.flags) == (minute(51), (RUNS_OVER,))


def test_without_an_order_nothing_is_foreseen_and_it_is_said():
    found = made(step(0, "start", 60), at=10, ordered=None)
    assert (found.ends_at, found.flags) == (minute(11), (NO_PLANNED_END,))


def test_before_the_first_drug_there_is_no_regimen():
    assert made(at=5) is None
    assert made(step(10, "start", 60), at=5) is None
