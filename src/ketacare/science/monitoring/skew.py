"""How far a bedside device's clock is from ours, measured by the messages that it sends."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from statistics import median

from pydantic import ValidationError

from ketacare.science.errors import BadReference
from ketacare.science.reference import Frozen, Mark, Review, newest, problems_of, read_yaml


class ClockPolicy(Frozen):
    """The numbers of the data file's ``clock``."""

    mark: Mark
    samples: int
    every_s: float
    stated_above_s: float
    step_s: float
    confirmed_by: int
    confirmed_over_s: float


class MachinePolicy(Frozen):
    """The numbers of the data file's ``machine``."""

    mark: Mark
    step_s: float


class DevicePolicy(Frozen):
    """The parsed ``data/protocols/bedside_devices``."""

    id: str
    version: int
    review: Review
    sources: list[str]
    clock: ClockPolicy
    late_after_s: float
    machine: MachinePolicy


@cache
def device_policy() -> DevicePolicy:
    """Return the newest numbers of bedside devices."""
    file = newest("protocols/bedside_devices")
    try:
        return DevicePolicy.model_validate(read_yaml(file))
    except ValidationError as error:
        raise BadReference(problems_of(error, place=file)) from error


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One measurement: when a message arrived, and our clock minus the device's at that moment, in s.

    With when our machine started, by its wall clock at that moment: it differs between two measurements of one run of the
    machine when the wall clock was put forward or back in between.
    """

    at: datetime
    skew_s: float
    boot_id: str = ""  # which run of the machine; empty: not known
    booted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What is known of a device's clock; ``step_s`` is set by the measurement that confirms a jump."""

    samples: tuple[Sample, ...] = ()
    suspects: tuple[Sample, ...] = ()
    step_s: float | None = None

    @property
    def skew_s(self) -> float | None:
        """Our clock minus the device's: the median of the samples; None before the first."""
        return median(one.skew_s for one in self.samples) if self.samples else None


def retold(known: Measured, new: Sample, *, limit_s: float) -> Measured:
    """Return what is known of a device's clock, told by our clock as it is now.

    Args:
        known: the measurements before.
        new: the one that comes next.
        limit_s: up to here our two clocks agree, in s.

    Returns:
        The same; or, where our wall clock was put forward or back since the latest measurement of this run of the machine,
        every measurement moved with it: it was our clock that jumped and not the device's.

    Source: arithmetic; the limit is from the bedside_devices data file (default).
    """
    latest = max((*known.samples[-1:], *known.suspects[-1:]), key=lambda one: one.at, default=new)
    if latest.booted_at is None or new.booted_at is None or latest.boot_id != new.boot_id:
        return known
    step = new.booted_at - latest.booted_at
    if abs(step.total_seconds()) <= limit_s:
        return known
    return Measured(samples=_moved(known.samples, step), suspects=_moved(known.suspects, step))


def _moved(samples: Sequence[Sample], step: timedelta) -> tuple[Sample, ...]:
    return tuple(
        replace(
            one,
            at=one.at + step,
            skew_s=one.skew_s + step.total_seconds(),
            booted_at=one.booted_at and one.booted_at + step,
        )
        for one in samples
    )


def measured(known: Measured, new: Sample, *, policy: ClockPolicy) -> Measured:
    """Take one more measurement into account.

    Args:
        known: what the measurements before it have shown.
        new: the measurement, not earlier than those before it.
        policy: how many make the median, and when a jump is believed.

    Returns:
        The same when the measurement comes too soon to count; with ``step_s`` when it confirms that the clock jumped. One
        that lies far off waits as a suspect: a message that was held back looks like a slow clock until it repeats itself.

    Assumes: a message reaches us in much less than ``policy.step_s`` unless it was held back.
    Source: bedside_devices data file (default); the median of the latest is robust against single messages that waited.
    """
    skew_s = known.skew_s
    if skew_s is None or abs(new.skew_s - skew_s) <= policy.step_s:
        if known.samples and new.at - known.samples[-1].at < timedelta(seconds=policy.every_s):
            return Measured(samples=known.samples)
        return Measured(samples=(*known.samples, new)[-policy.samples :])
    suspects = _agreeing((*known.suspects, new)[-policy.samples :], policy.step_s)
    if not _is_confirmed(suspects, policy):
        return Measured(samples=known.samples, suspects=suspects)
    jumped = Measured(samples=suspects)
    return Measured(samples=suspects, step_s=(jumped.skew_s or 0) - skew_s)


def _agreeing(suspects: Sequence[Sample], within_s: float) -> tuple[Sample, ...]:
    """The suspects that agree with the latest one."""
    return tuple(one for one in suspects if abs(one.skew_s - suspects[-1].skew_s) <= within_s)


def _is_confirmed(suspects: Sequence[Sample], policy: ClockPolicy) -> bool:
    spans = suspects[-1].at - suspects[0].at
    return len(suspects) >= policy.confirmed_by and spans >= timedelta(seconds=policy.confirmed_over_s)


def measured_at(
    device_time: datetime, *, sent_at: datetime | None, arrived_at: datetime, skew_s: float | None
) -> datetime:
    """Return when something was measured, on our clock.

    Args:
        device_time: the device's own time of the measurement.
        sent_at: the device's own time when it made the message; None where it does not say.
        arrived_at: our time when the message came.
        skew_s: our clock minus the device's, where it is known.

    Returns:
        The device's time corrected by the skew; before any skew is known, as long before the arrival as the device says it
        waited; without either, the arrival. Never later than the arrival.

    Assumes: the skew of the moment of measurement is that of now.
    Source: arithmetic.
    """
    if skew_s is not None:
        return min(arrived_at, device_time + timedelta(seconds=skew_s))
    if sent_at is not None:
        return min(arrived_at, arrived_at - (sent_at - device_time))
    return arrived_at
