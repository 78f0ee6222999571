"""The demo's shift: who is due for what at every bedside. What was done already is read from the timelines, so it can stop and go on at any time."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Max, QuerySet

from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.queries import active_holds
from ketacare.config.demo import physiology
from ketacare.config.demo.bedside import ACTS, MOVES, Bedside, recheck, see_to_alarms, show
from ketacare.config.demo.pathway import body_of
from ketacare.config.demo.people import read
from ketacare.config.demo.team import CHAIRS, Team
from ketacare.infusion import actions
from ketacare.infusion.models import OCCUPYING, Session, SessionEvent
from ketacare.infusion.queries import running_sessions, sessions, state_of
from ketacare.planning.queries import signed_order

PHASES = {
    "checked-in": "coming",
    "ready": "coming",
    "treating": "treating",
    "paused": "treating",
    "recovering": "recovering",
}
BEGINS = {"coming": "checked-in", "treating": "treating", "recovering": "recovering"}
PROFILES = {"Room 2": physiology.SURGE, "Room 3": physiology.DIP}
LEFT_ALONE = timedelta(minutes=20)  # then the shift looks after a session that a visitor began
log = logging.getLogger(__name__)


class Due(NamedTuple):
    """One act and its time."""

    at: datetime
    do: str


@dataclass(kw_only=True)
class Shift:
    """The nurse who plays, and when an act that was refused was last tried."""

    team: Team
    is_calm: bool = False  # nobody is to be in trouble: for what lies behind us
    tried: dict[tuple[int, str], datetime] = field(default_factory=dict)

    def turn(self, *, at: datetime, every_s: float) -> None:
        """Everything that is due at a moment, at every bedside."""
        for session in running_sessions(sites=[self.team.site.pk]):
            self.attend(session, at=at, every_s=every_s)
        for chair in CHAIRS:
            if self.is_free(chair, at=at):
                self.seat_next(chair, at=at)

    def attend(self, session: Session, *, at: datetime, every_s: float) -> None:
        """The monitor shows, and the nurse does what is due, at one bedside."""
        bed = self.bedside(session)
        show(bed, at=at, every_s=every_s)
        if self.is_ours(bed, at=at):
            due = list(self.due(bed, until=at))
            for act in due:
                self.do(act.do, bed, at=at)
            see_to_alarms(bed, at)
            if not due:
                recheck(bed, at)

    def bedside(self, session: Session) -> Bedside:
        profile = physiology.CALM if self.is_calm else PROFILES.get(session.chair, physiology.CALM)
        body = body_of(self.team, session.patient)
        return Bedside(team=self.team, session=session, state=state_of(session), body=body, profile=profile)

    def is_ours(self, bed: Bedside, *, at: datetime) -> bool:
        """Whether the shift looks after a session: it checked the patient in, or nobody has come for a while."""
        return bed.state.moves[0].by_name == bed.nurse.name or at - last_visit(bed) > LEFT_ALONE

    def due(self, bed: Bedside, *, until: datetime) -> Iterator[Due]:
        """The acts of the present phase that are due and not done."""
        done_until = last_done(bed)
        for act in acts(bed):
            is_open = MOVES[act.do] == bed.session.status if act.do in MOVES else act.at > done_until
            if act.at <= until and is_open:
                yield act

    def do(self, name: str, bed: Bedside, *, at: datetime) -> None:
        """One act. A refused one is tried again later, after everything was asked and measured afresh."""
        key = (bed.session.pk, name)
        wait = timedelta(seconds=read("bedside.yaml")["try_again_s"])
        if key in self.tried and at - self.tried[key] < wait:
            return
        try:
            ACTS[name](bed, at)
        except ActionRefused as refusal:
            log.info("session %s: %s was refused: %s", bed.session.pk, name, refusal.code)
            self.tried[key] = at
            for again in AFRESH.get(name, ()):
                ACTS[again](bed, at)

    def is_free(self, chair: str, *, at: datetime) -> bool:
        """Whether a chair has been empty for long enough for the next patient."""
        rows = Session.objects.filter(site=self.team.site, chair=chair)
        last = rows.order_by("-ended_at", "-pk").filter(status__in=("discharged", "transferred")).first()
        if rows.filter(status__in=OCCUPYING).exists() or last is None:
            return False
        left_at = state_of(last).since(last.status)
        return left_at is not None and at - left_at >= timedelta(minutes=read("bedside.yaml")["check_in_every_min"])

    def seat_next(self, chair: str, *, at: datetime) -> None:
        """The next patient on the list whose order may be used sits down."""
        for session in waiting(self.team):
            if signed_order(session.course, session.number) and not active_holds(session.course).exists():
                monitor = self.team.monitors.get(chair)
                actions.check_in(
                    session_id=session.pk, chair=chair, device=monitor, by=self.team.staff["colleague"], at=at
                )
                return


AFRESH = {"start": ("measure", "ask", "look"), "discharge": ("look_well", "ask_home")}


def waiting(team: Team) -> list[Session]:
    """The sessions on the list that have not begun, earliest first."""
    return list(sessions().filter(site=team.site, status="planned").order_by("planned_at", "pk"))


def acts(bed: Bedside) -> Iterator[Due]:
    """The script of the phase that a session is in, with its times."""
    phase = PHASES[bed.session.status]
    began_at = bed.state.since(BEGINS[phase])
    assert began_at is not None  # noqa: S101  # the status says that it began
    for act in read("bedside.yaml")["acts"][phase]:
        yield Due(at=began_at + timedelta(minutes=act["minute"]), do=act["do"])


def last_done(bed: Bedside) -> datetime:
    """When the shift last did something at this bedside."""
    return newest(bed.session.events.filter(by=bed.nurse.key)) or bed.state.moves[0].at


def last_visit(bed: Bedside) -> datetime:
    """When a person last did something at this bedside."""
    return newest(bed.session.events.filter(by__startswith="staff:")) or bed.state.moves[0].at


def newest(rows: QuerySet[SessionEvent]) -> datetime | None:
    return rows.aggregate(newest=Max("at"))["newest"]


def play(shift: Shift, session: Session, *, since: datetime, until: datetime, step: timedelta) -> Session:
    """Play one session from a moment to another, one step at a time and at each act's own time."""
    at, session = since, sessions().get(pk=session.pk)
    while at <= until and session.status in PHASES:
        shift.attend(session, at=at, every_s=0)
        session = sessions().get(pk=session.pk)
        coming = [act.at for act in acts(shift.bedside(session)) if act.at > at] if session.status in PHASES else []
        at = min([at + step, *coming])
    return session
