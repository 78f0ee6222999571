"""The Board: every room of a site at a moment, in the order of their names; a free one too."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ketacare.infusion.cockpit import AlarmShown, Cockpit, cockpit, curves
from ketacare.infusion.models import Session
from ketacare.infusion.outside import route_of
from ketacare.infusion.queries import running_sessions
from ketacare.infusion.states import current
from ketacare.infusion.timeline import schedule_of
from ketacare.science.monitoring.timeline import MONITORED

KNOWN_FOR = timedelta(days=30)  # a chair that nobody sat in for longer is not a room of the board any more
DRAWN = timedelta(minutes=15)  # of the small curves
SMALL = ("heart_rate", "spo2", "resp_rate")
DRAWN_OF = ("hr", "spo2", "rr", "bp_sys", "bp_dia")


@dataclass(frozen=True, kw_only=True)
class Room:
    """One chair of a site, with its session; None where it is free."""

    site_id: int
    chair: str
    session: Session | None


def rooms(*, sites: Iterable[int], at: datetime) -> list[Room]:
    """Every room that was used at these sites lately, by site and name; never by what goes on in it."""
    wanted = list(sites)
    taken = [Room(site_id=one.site_id, chair=one.chair, session=one) for one in running_sessions(sites=wanted)]
    used = Session.objects.filter(site__in=wanted, planned_at__gte=at - KNOWN_FOR).exclude(chair="")
    known = {(site, chair) for site, chair in used.values_list("site", "chair").distinct()}
    occupied = {(one.site_id, one.chair) for one in taken}
    free = [Room(site_id=site, chair=chair, session=None) for site, chair in known - occupied]
    return sorted(taken + free, key=_place)


def _place(one: Room) -> tuple[int, list[tuple[int, str]], int]:
    """Room 2 before Room 10."""
    parts = re.findall(r"\d+|\D+", one.chair.casefold())
    named = [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
    return one.site_id, named, one.session.pk if one.session else 0


def card(session: Session, *, at: datetime) -> dict[str, Any]:
    """What the card of a room needs."""
    state = current(session)
    shown = cockpit(state, schedule_of(session), at=at, is_infusion=route_of(session).form == "pump")
    return {
        "session": session,
        "state": state,
        "cockpit": shown,
        "minute": int((at - shown.since).total_seconds() // 60) if shown.since else None,
        "pressure": shown.vitals[0],
        "small": [one for one in shown.vitals if one.name in SMALL],
        "lacking": ", ".join(lacking(shown)),
        "calls": calls(shown.alarms),
    }


def lacking(shown: Cockpit) -> Iterator[str]:
    """What has no fresh value while the drug may act: such a room never looks calm."""
    if shown.status in MONITORED:
        yield from (one.label for one in shown.vitals if one.missing)


def calls(alarms: Iterable[AlarmShown]) -> str:
    """The widest call of alarms that nobody has seen."""
    found = {one.called for one in alarms if one.called}
    return next((one for one in ("calls everyone", *sorted(found)) if one in found), "")


def small_curves(session: Session, *, at: datetime) -> dict[str, list[tuple[float, object]]]:
    """The points of the small curves so far."""
    points = curves(current(session), since=DRAWN, at=at)
    return {name: points[name] for name in DRAWN_OF}


def occupied(*, sites: Iterable[int]) -> str:
    """Which session sits where, as one word: a page asks whether it is still so."""
    return ",".join(f"{pk}:{chair}" for pk, chair in running_sessions(sites=sites).values_list("pk", "chair"))
