"""The parts of a live page that change, rendered alike for the page itself and for its stream."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic.actor import Actor
from ketacare.clinic.permissions import may
from ketacare.consent.queries import taken_back_at
from ketacare.infusion.bedside_devices import clock_notice
from ketacare.infusion.cockpit import cockpit
from ketacare.infusion.exposure import Exposure, chart, drawing, exposure
from ketacare.infusion.floor import card
from ketacare.infusion.flowsheet import COLUMNS, flowsheet
from ketacare.infusion.given import given_of
from ketacare.infusion.models import Session
from ketacare.infusion.outside import live_order, route_of
from ketacare.infusion.queries import charted_offline
from ketacare.infusion.sentences import sentence
from ketacare.infusion.sheet import rows
from ketacare.infusion.states import current, event_of
from ketacare.infusion.timeline import schedule_of
from ketacare.planning.curve_words import SITES, STATUS
from ketacare.science.facts.results import age_years
from ketacare.science.monitoring.events import Event, Reading
from ketacare.science.monitoring.timeline import CORRECTABLE, State, dose_steps
from ketacare.ui.curves import Pictures, pictures

PAGES = {"session": "infusion/session_live.html", "board": "infusion/board.html"}
PARTS = {"session": ("alarms", "phase", "now", "due", "observations", "acts", "stop"), "board": ("card",)}
LINES = 15  # minutes of the flowsheet on the cockpit; the rest is a page of its own
LISTED = 30  # entries of the timeline on the cockpit; the rest is a page of its own
LATE = timedelta(minutes=1)  # recorded this long after it happened: said so


class ActKind(NamedTuple):
    """One thing that may be done next: when, by whom, its key and where it leads."""

    statuses: frozenset[str]
    permission: str
    key: str
    label: str
    url: str
    is_link: bool  # leads to a form; otherwise it is done at once
    is_first: bool = False
    forms: frozenset[str] | None = None  # of the route; None: every one


PUMP, DEVICES = frozenset({"pump"}), frozenset({"devices"})
GIVEN_AT_ONCE = frozenset({"injection", "devices", "spray", "swallowed"})
WHILE_TREATING = {"pump": "of the infusion"}  # what the minutes count; of every other form, since the dose
RUNNING = frozenset({"treating", "paused"})
ACTS = (
    ActKind(
        frozenset({"planned"}), "infusion.check-in", "i", "Check in", "infusion:check-in", is_link=True, is_first=True
    ),
    ActKind(
        frozenset({"checked-in", "ready"}),
        "infusion.view",
        "g",
        "Start gate",
        "infusion:gate",
        is_link=True,
        is_first=True,
    ),
    ActKind(frozenset({"treating"}), "infusion.dose", "p", "Pause", "infusion:pause", is_link=False),
    ActKind(frozenset({"paused"}), "infusion.dose", "u", "Resume", "infusion:resume", is_link=False),
    ActKind(RUNNING, "infusion.dose", "d", "Change rate", "infusion:rate", is_link=True, forms=PUMP),
    ActKind(
        frozenset({"treating"}),
        "infusion.dose",
        "d",
        "Give the next device",
        "infusion:device",
        is_link=False,
        forms=DEVICES,
    ),
    ActKind(frozenset({"treating"}), "infusion.dose", "b", "Single dose", "infusion:bolus", is_link=True, forms=PUMP),
    ActKind(
        RUNNING | {"recovering"}, "infusion.dose", "l", "Line loss", "infusion:line-loss", is_link=True, forms=PUMP
    ),
    ActKind(RUNNING, "infusion.stop", "e", "End infusion", "infusion:end", is_link=True, forms=PUMP),
    ActKind(RUNNING, "infusion.stop", "e", "The dose is given", "infusion:end", is_link=True, forms=GIVEN_AT_ONCE),
    ActKind(RUNNING | {"recovering"}, "infusion.chart", "o", "Observe more", "infusion:observe", is_link=True),
    ActKind(
        frozenset({"recovering"}), "infusion.view", "h", "Way home", "infusion:recovery", is_link=True, is_first=True
    ),
    ActKind(RUNNING | {"recovering"}, "infusion.view", "c", "Rescue checklists", "infusion:rescue", is_link=True),
    ActKind(
        RUNNING | {"recovering"},
        "infusion.intervene",
        "t",
        "Write down what was done",
        "infusion:intervene",
        is_link=True,
    ),
    ActKind(RUNNING | {"recovering"}, "infusion.intervene", "j", "Adverse event", "followup:in-session", is_link=True),
    ActKind(RUNNING | {"recovering"}, "infusion.chart", "n", "Note", "infusion:note", is_link=True),
)


@dataclass(frozen=True, kw_only=True)
class Act:
    """One thing that this person may do next."""

    key: str
    label: str
    url: str
    is_link: bool
    is_first: bool


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of the timeline as it is read."""

    event: Event
    words: str
    corrected_by: int | None
    is_late: bool
    charted_offline_at: datetime | None
    may_correct: bool


def acts(session: Session, by: Actor) -> list[Act]:
    """What may be done next, in the order of the table."""
    return [
        Act(
            key=one.key,
            label=one.label,
            url=reverse(one.url, args=[session.pk]),
            is_link=one.is_link,
            is_first=one.is_first,
        )
        for one in ACTS
        if session.status in one.statuses
        and (one.forms is None or route_of(session).form in one.forms)
        and may(by, one.permission, session)
    ]


def entries(session: Session, state: State, events: Iterable[Event], *, may_correct: bool) -> list[Entry]:
    """Entries of the timeline, as given."""
    offline = charted_offline(session)
    return [
        Entry(
            event=event,
            words=sentence(event),
            corrected_by=state.superseded.get(event.seq),
            is_late=event.recorded_at - event.at > LATE,
            charted_offline_at=offline.get(event.seq),
            may_correct=may_correct and event.kind in CORRECTABLE and event.seq not in state.superseded,
        )
        for event in events
    ]


def newest(session: Session) -> list[Event]:
    """The newest entries but for what a monitor sends by itself and the answers of the gate, newest first."""
    by_itself = Q(kind="reading", by__startswith="device:") | Q(kind="check")
    newest_rows = session.events.exclude(by_itself).order_by("-seq")[:LISTED]
    return [event_of(row) for row in newest_rows]


def context(session: Session, *, by: Actor, at: datetime) -> dict[str, Any]:
    """What the parts need, for one person at one moment."""
    state = current(session)
    shown = cockpit(state, schedule_of(session), at=at, is_infusion=route_of(session).form == "pump")
    return {
        "session": session,
        "state": state,
        "cockpit": shown,
        "is_pump": route_of(session).form in PUMP,
        "minutes_count": WHILE_TREATING.get(route_of(session).form, "since the dose began"),
        "minute": int((at - shown.since).total_seconds() // 60) if shown.since else None,
        "may": {name: may(by, f"infusion.{name}", session) for name in ("record", "chart", "acknowledge", "correct")},
        "acts": acts(session, by),
        "may_stop": may_stop(session, by),
        "sheet": rows(shown.observations),
        "given": given_of(state, live_order(session), at=shown.at),
        "taken_back_at": None if shown.is_over else taken_back_at(session.course, at),
    }


def may_stop(session: Session, by: Actor) -> bool:
    """Whether the patient's own stop is one key away: while the drug may run, for everybody at the bedside."""
    return session.status in RUNNING and may(by, "infusion.stop", session)


def timeline_context(session: Session, context: Mapping[str, Any]) -> dict[str, Any]:
    """What the timeline needs besides."""
    found = newest(session)
    listed = entries(session, current(session), found, may_correct=context["may"]["correct"])
    return {"rows": listed, "has_more": session.last_seq > len(found)}


def flowsheet_context(session: Session, *, at: datetime, most: int | None = LINES) -> dict[str, Any]:
    """What the flowsheet needs: its newest minutes, or all."""
    lines = flowsheet(session, at=at)
    more = most is not None and len(lines) > most
    return {"lines": lines[:most], "more_lines": more, "columns": list(COLUMNS.values())}


def exposure_context(session: Session, context: Mapping[str, Any], *, by: Actor) -> dict[str, Any]:
    """What the explanatory band needs besides."""
    shown, order = context["cockpit"], live_order(session)
    found = exposure(
        dose_steps(context["state"]),
        session.route,
        ordered_mg=order.dose_mg if order else None,
        weight_kg=order.weight_kg if order else None,
        age_years=age_years(session.patient.born_on, timezone.localdate(shown.at, ZoneInfo(session.site.time_zone))),
        at=shown.at,
    )
    if not isinstance(found, Exposure):
        return {"exposure": found}
    said = {"site_words": SITES[found.model.site], "status_words": STATUS[found.model.status]}
    may_compare = may(by, "exposure.view", session)
    return {"exposure": found, "drawing": drawing(found), "may_compare": may_compare, **said}


def exposure_pictures(context: Mapping[str, Any]) -> Pictures | None:
    """The band as drawings, for a page without JavaScript."""
    found = context["exposure"]
    return pictures(chart(found)) if isinstance(found, Exposure) else None


def changed(session: Session, events: Sequence[Event], *, page: str, by: Actor, at: datetime) -> dict[str, str]:
    """The parts of a page after these events, by name."""
    given = context(session, by=by, at=at) if page == "session" else card(session, at=at)
    names = list(PARTS[page])
    if page == "session" and not all(is_from_monitor(event) for event in events):
        given |= timeline_context(session, given) | exposure_context(session, given, by=by)
        names += ["timeline", "exposure"]
    if page == "session" and (names[-1] == "exposure" or begins_a_minute(session, events[0])):
        given |= flowsheet_context(session, at=given["cockpit"].at)
        given["device_notice"] = clock_notice(session)
        names += ["flowsheet", "clock"]
    with timezone.override(session.site.time_zone):
        return {name: render_to_string(f"{PAGES[page]}#{name}", given) for name in names}


def begins_a_minute(session: Session, event: Event) -> bool:
    """Whether an entry is the first of a minute: then the minute before it stands complete on the flowsheet."""
    before = session.events.filter(seq=event.seq - 1).values_list("recorded_at", flat=True).first()
    return before is None or before.replace(second=0, microsecond=0) < event.recorded_at.replace(
        second=0, microsecond=0
    )


def is_from_monitor(event: Event) -> bool:
    return isinstance(event.payload, Reading) and event.by.startswith("device:")
