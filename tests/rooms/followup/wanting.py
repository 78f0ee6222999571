"""A session that a prescriber wants, by actions alone."""

from datetime import date, datetime, timedelta

from ketacare.followup import actions
from ketacare.followup.models import WantedSession
from ketacare.followup.wanted import Wanted
from tests.cast import Cast
from tests.rooms.planning.asking import course_with

FORECAST = {"scale": "phq9", "preset": "community", "risk_today": 0.4}


def want(
    cast: Cast, on: date, *, at: datetime, instead_of: int | None = None, reason: str = "It fades", role="prescriber"
) -> WantedSession:
    """Ada's prescriber wants a session."""
    wanted = Wanted(on=on, instead_of=instead_of, reason=reason, forecast=FORECAST)
    return actions.want_session(course_id=cast.ada_course, wanted=wanted, by=cast.actor(role), at=at)


def wanted_after_a_session(cast: Cast) -> WantedSession:
    """Ada had one session; another is wanted for the week after."""
    at = course_with(cast, 1)
    return want(cast, (at + timedelta(days=7)).date(), at=at)
