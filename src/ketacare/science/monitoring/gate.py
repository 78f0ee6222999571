"""What the start gate makes of the readings taken before the drug: the resting pressure."""

from collections.abc import Sequence
from datetime import timedelta

from ketacare.science.monitoring.timeline import Sample
from ketacare.science.rules.book import load


def resting_pressure(samples: Sequence[Sample], *, green_line: float) -> Sample | None:
    """Return the resting pressure that counts at the gate, or None while a second reading is outstanding.

    Args:
        samples: systolic or diastolic readings of today from before the drug, oldest first, mmHg.
        green_line: the pressure from which one reading is not enough, mmHg.

    Returns:
        The last reading while all lie below the green line; otherwise the highest from the reading 5 to 10 min before the last one up to
        the last. The time is always that of the last reading.

    Source: start_gate rulebook, ``gate.bp_sys`` and annex ``second_pressure``. Stricter than its words where there are more than two
        readings: a newer high reading is never passed over for an older low one.
    """
    if not samples:
        return None
    last = samples[-1]
    if all(_value(one) < green_line for one in samples):
        return last
    nearest, farthest = (timedelta(minutes=one) for one in load("start_gate").annex["second_pressure"]["apart_min"])
    partners = [place for place, one in enumerate(samples) if nearest <= last.at - one.at <= farthest]
    if not partners:
        return None
    return max(samples[partners[-1] :], key=_value)._replace(at=last.at)


def _value(sample: Sample) -> float:
    return float(sample.value)
