"""What was ordered beside what was given, at a moment; and the rates in every unit a pump is set in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.infusion.cockpit import rate
from ketacare.infusion.models import Session
from ketacare.infusion.outside import live_order, ordered_mg_per_h, pump_basis
from ketacare.infusion.states import current
from ketacare.planning.models import Order
from ketacare.science.monitoring.delivered import delivered_mg
from ketacare.science.monitoring.dosing import round_half_up
from ketacare.science.monitoring.pump import Basis, PumpRate, pump_rate
from ketacare.science.monitoring.timeline import State, dose_steps

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Given:
    """Planned and given side by side; they are never mixed."""

    at: datetime
    planned_mg: Decimal | None
    given_mg: Decimal
    expected_mg: (
        Decimal | None
    )  # by now, had the ordered rate run from the start without a pause; None where no pump runs
    gap_mg: Decimal | None  # given less expected
    runs_mg_per_h: Decimal
    ordered_mg_per_h: Decimal | None
    basis: Basis | None
    runs: PumpRate | None
    ordered: PumpRate | None

    @property
    def gap_words(self) -> str:
        """The gap as it is read; one that rounds to nothing is none."""
        rounded = round_half_up(self.gap_mg or Decimal(0), 1)
        if not rounded:
            return "none"
        return f"{abs(rounded):f} mg {'more' if rounded > 0 else 'less'} than expected"


def given(session: Session, *, at: datetime) -> Given:
    """Planned against given of a session at a moment."""
    return given_of(current(session), live_order(session), at=at)


def given_of(state: State, order: Order | None, *, at: datetime) -> Given:
    """Planned against given, from the fold and the order."""
    so_far = delivered_mg(dose_steps(state), until=at)
    expected = _expected(state, order, at=at)
    basis = pump_basis(order) if order else None
    ordered, runs = ordered_mg_per_h(order) if order else None, rate(state) or Decimal(0)
    return Given(
        at=at,
        planned_mg=order.dose_mg if order else None,
        given_mg=so_far,
        expected_mg=expected,
        gap_mg=None if expected is None else so_far - expected,
        runs_mg_per_h=runs,
        ordered_mg_per_h=ordered,
        basis=basis,
        runs=pump_rate(runs, basis) if basis and runs else None,
        ordered=pump_rate(ordered, basis) if basis and ordered else None,
    )


def _expected(state: State, order: Order | None, *, at: datetime) -> Decimal | None:
    if order is None or order.duration_min is None or state.started_at is None:
        return None
    until = min(at, state.ended_at or at)
    minutes = Decimal((until - state.started_at) // timedelta.resolution) / (MINUTE // timedelta.resolution)
    return order.dose_mg * min(Decimal(1), minutes / order.duration_min)
