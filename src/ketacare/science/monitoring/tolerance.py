"""How a session was borne: what later orders and reviews ask of it, once it is over."""

from ketacare.science.monitoring.parameters import LIVE
from ketacare.science.monitoring.timeline import TRANSITIONS, State

PRESSURE = f"{LIVE}bp_"
REDDENED = "red"  # an alarm that was ever red or black


def tolerance(state: State) -> dict[str, object] | None:
    """Return how a session was borne; None while it is not over: until then worse may come.

    Args:
        state: what the session's events add up to.

    Returns:
        The levels its alarms reached, those of the alarms that rest on a blood pressure, the lowest MOAA/S, the highest
        dissociation and distress. What was never charted is None, which is never read as fine.

    Source: order-check book, texts of order.poor_tolerated_sessions and order.last_session_adverse.
    """
    if state.started_at is None or TRANSITIONS[state.status]:
        return None
    levels = [(one, {one.level, *([REDDENED] if one.reddened else [])}) for one in state.alarms.all]
    pressed = [found for one, found in levels if any(name.startswith(PRESSURE) for name in one.values)]
    return {
        "alarm_levels": sorted(set().union(*(found for _, found in levels))),
        "pressure_alarm_levels": sorted(set().union(*pressed)),
        "lowest_moaas": _extreme(state, "moaas", lowest=True),
        "highest_dissociation": _extreme(state, "dissociation", lowest=False),
        "highest_distress": _extreme(state, "distress", lowest=False),
    }


def _extreme(state: State, name: str, *, lowest: bool) -> float | None:
    values = [float(one.value) for one in state.series.get(name, ()) if isinstance(one.value, int | float)]
    if not values:
        return None
    return min(values) if lowest else max(values)
