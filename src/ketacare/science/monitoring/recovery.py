"""May the patient go home? Each requirement is met, not met or unknown, with its reason; unknown is never a pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ketacare.science.monitoring.readiness import ANSWERS, Answer, Asked
from ketacare.science.monitoring.timeline import State
from ketacare.science.monitoring.way_home import Stated, way_home


@dataclass(frozen=True, kw_only=True, slots=True)
class Requirement:
    """One requirement of the way home, answered."""

    id: str
    statement: str
    override: str
    met: bool | None
    reason: str
    values: Mapping[str, object]


def requirements(
    state: State,
    *,
    minimum: timedelta,
    baseline: Mapping[str, float],
    unsettled: tuple[str, ...],
    at: datetime,
) -> tuple[Requirement, ...]:
    """Return every requirement of the way home with its answer, in the order of the data file.

    Args:
        state: the session so far.
        minimum: the minimum observation from the end of the drug, additions included.
        baseline: the means of today's readings from before the drug, by parameter; a missing one leaves what needs it unknown.
        unsettled: what the written sheet cannot tell because the site has not settled it: a sheet without a number is none.
        at: the moment; what was charted for a later one does not count.

    Returns:
        One answer a requirement. What was charted before the drug ended does not count for going home.

    Source: data/protocols/discharge, with its sources and marks.
    """
    asked = Asked(state=state, at=at, limits=way_home().limits, minimum=minimum, baseline=baseline, unsettled=unsettled)
    return tuple(_requirement(stated, ANSWERS[stated.id](asked)) for stated in way_home().requirements)


def _requirement(stated: Stated, answer: Answer) -> Requirement:
    return Requirement(
        id=stated.id,
        statement=stated.statement,
        override=stated.override,
        met=answer.met,
        reason=answer.reason,
        values=answer.values,
    )
