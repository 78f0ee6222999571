"""What must be true of the drug given, however the pump was handled."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.errors import OutOfRange
from ketacare.science.monitoring.delivered import DoseStep, delivered_mg, mg_per_h

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RATES = st.integers(1, 200).map(Decimal)
MINUTES = st.integers(1, 240)


def step(minute: float, kind: str, rate: Decimal | None = None, dose: Decimal | None = None) -> DoseStep:
    at = START + timedelta(minutes=minute)
    return DoseStep(at=at, step=kind, rate_mg_per_h=rate, dose_mg=dose)  # type: ignore[arg-type]


def given_by(minute: float, *steps: DoseStep) -> Decimal:
    return delivered_mg(steps, until=START + timedelta(minutes=minute))


@given(RATES, MINUTES)
def test_a_steady_rate_gives_rate_times_time(rate: Decimal, minutes: int) -> None:
    assert abs(given_by(minutes, step(0, "start", rate)) - rate * minutes / 60) < Decimal("1e-20")


@given(RATES, RATES, MINUTES, MINUTES)
def test_two_rates_add_up_and_a_stop_ends_them(first: Decimal, second: Decimal, change: int, more: int) -> None:
    stop = change + more
    total = given_by(1000, step(0, "start", first), step(change, "rate", second), step(stop, "stop"))
    assert abs(total - (first * change + second * more) / 60) < Decimal("1e-20")


@given(RATES, MINUTES, MINUTES)
def test_a_pause_gives_nothing_and_a_resume_takes_the_rate_up_again(rate: Decimal, run: int, pause: int) -> None:
    steps = [step(0, "start", rate), step(run, "pause"), step(run + pause, "resume")]
    assert given_by(run + pause, *steps) == given_by(run, *steps)
    assert abs(given_by(2 * run + pause, *steps) - 2 * given_by(run, *steps)) < Decimal("1e-20")


@given(st.lists(st.tuples(MINUTES, RATES), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_in_which_steps_were_written_down_changes_nothing(
    changes: list[tuple[int, Decimal]], random: object
) -> None:
    steps = [step(0, "start", Decimal(10))] + [step(minute, "rate", rate) for minute, rate in dict(changes).items()]
    shuffled = list(steps)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert given_by(300, *steps) == given_by(300, *shuffled)


@given(st.lists(st.tuples(MINUTES, RATES), max_size=6), MINUTES, MINUTES)
def test_what_was_given_never_shrinks_with_time(changes: list[tuple[int, Decimal]], first: int, more: int) -> None:
    steps = [step(0, "start", Decimal(10))] + [step(minute, "rate", rate) for minute, rate in changes]
    assert given_by(first, *steps) <= given_by(first + more, *steps)


def test_doses_at_once_count_whole_and_a_line_loss_is_taken_away() -> None:
    assert given_by(5, step(0, "start", dose=Decimal(35))) == 35
    assert given_by(60, step(0, "start", Decimal(60)), step(10, "bolus", dose=Decimal(5))) == 65
    assert given_by(
        60, step(0, "start", Decimal(60)), step(30, "stop"), step(31, "line-loss", dose=Decimal("0.8"))
    ) == Decimal("29.2")


def test_steps_after_the_moment_do_not_count() -> None:
    assert given_by(0, step(1, "start", Decimal(60))) == 0
    assert given_by(30, step(0, "start", Decimal(60)), step(40, "rate", Decimal(600))) == 30


def test_a_resume_may_name_a_new_rate() -> None:
    steps = [step(0, "start", Decimal(60)), step(10, "pause"), step(20, "resume", Decimal(30))]
    assert given_by(80, *steps) == 40


def test_negative_rates_and_doses_are_refused_all_at_once() -> None:
    with pytest.raises(OutOfRange) as refused:
        given_by(10, step(0, "start", Decimal(-1)), step(1, "bolus", dose=Decimal(-2)))
    assert len(refused.value.problems) == 2
    with pytest.raises(OutOfRange, match="more was lost"):
        given_by(10, step(0, "line-loss", dose=Decimal(1)))


@given(RATES, RATES)
def test_a_pump_rate_is_proportional_to_volume_and_concentration(ml: Decimal, concentration: Decimal) -> None:
    assert mg_per_h(ml_per_h=2 * ml, mg_per_ml=concentration) == mg_per_h(ml_per_h=ml, mg_per_ml=2 * concentration)
    with pytest.raises(OutOfRange):
        mg_per_h(ml_per_h=-ml, mg_per_ml=concentration)
