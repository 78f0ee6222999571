"""What alarms cost those who hear them: how many an hour, how many somebody saw, and how soon."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.monitoring.alarms import PATIENT_LEVELS, Episode
from ketacare.science.monitoring.events import Level
from ketacare.science.monitoring.policy import LEVELS, NO_DATA


@dataclass(frozen=True, kw_only=True, slots=True)
class Burden:
    """The alarms of some hours; what only says that something is due is none of them."""

    hours: float
    by_level: Mapping[Level, int]  # at the level that each came to
    no_data: int  # how many of them told of missing data
    acknowledged: int
    called: int  # how many went on to call another person
    seconds_to_acknowledge: tuple[float, ...]  # of those that somebody saw, shortest first

    @property
    def alarms(self) -> int:
        return sum(self.by_level.values())

    @property
    def per_hour(self) -> float | None:
        return self.alarms / self.hours if self.hours else None

    @property
    def share_acknowledged(self) -> float | None:
        return self.acknowledged / self.alarms if self.alarms else None

    @property
    def median_seconds_to_acknowledge(self) -> float | None:
        return median(self.seconds_to_acknowledge) if self.seconds_to_acknowledge else None


def burden(episodes: Iterable[Episode], hours: float) -> Burden:
    """Return what the alarms of some hours cost.

    Args:
        episodes: of one session or of many.
        hours: how long was watched, all sessions together, h, >= 0.

    Raises:
        OutOfRange: less than no time.
    """
    if not hours >= 0:
        raise OutOfRange([Problem(place="hours", says=f"{hours} is less than none")])
    heard = [one for one in episodes if one.level in (*PATIENT_LEVELS, "technical")]
    seen = [(one.acknowledged[0].at - one.raised_at).total_seconds() for one in heard if one.acknowledged]
    return Burden(
        hours=hours,
        by_level={level: count for level in LEVELS if (count := sum(one.level == level for one in heard))},
        no_data=sum(one.rule == NO_DATA for one in heard),
        acknowledged=len(seen),
        called=sum(any(once.endswith("second-person") for once in one.stored) for one in heard),
        seconds_to_acknowledge=tuple(sorted(seen)),
    )
