"""Reads of sessions that pages, board, stream, report and other rooms share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet

from ketacare.clinic.errors import NotAllowed
from ketacare.clinic.models import Course
from ketacare.infusion import outside, states
from ketacare.infusion.models import OCCUPYING, Session, SessionEvent
from ketacare.infusion.outside import live_order
from ketacare.infusion.timeline import schedule_of
from ketacare.planning import queries as planning
from ketacare.planning.models import Order
from ketacare.planning.practices import PRACTICES, TOLD_AT_LEAVING
from ketacare.science.facts.readings import baseline, clock, live_facts
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.alarms import advised
from ketacare.science.monitoring.delivered import delivered_mg
from ketacare.science.monitoring.events import Event, Intervention, Signature
from ketacare.science.monitoring.policy import alarm_policy
from ketacare.science.monitoring.recovery import Requirement, requirements
from ketacare.science.monitoring.schedule import Due
from ketacare.science.monitoring.timeline import MONITORED, TRANSITIONS, State, dose_steps
from ketacare.science.rules.fields import Fact

DRUG_MAY_ACT = tuple(sorted(MONITORED))
WHO_OVERRIDES = {
    "forbidden": "nobody: only the fact itself changes it",
    "reason": "a prescriber or nurse, in writing",
    "prescriber": "a prescriber, in writing",
}
SIGNING = "signature"  # the requirement that the discharge itself meets
TURN = timedelta(seconds=1)  # how often the clock is turned
MINUTES_PER_HOUR = SECONDS_PER_MINUTE = 60
VITALS = ("bp_sys", "bp_dia", "heart_rate", "spo2", "resp_rate")
# an addition to the minimum observation -> the rescue medicines that bring it
ADDS_WHEN_GIVEN = {
    "rescue_benzodiazepine_or_other_sedative_given": ("agitation_or_emergence",),
    "rescue_antihypertensive_given": ("hypertension",),
}


@dataclass(frozen=True, kw_only=True)
class Running:
    """A session as the board and the live page show it: its row, its fold, and what is true and due now."""

    session: Session
    state: State
    facts: dict[str, Fact]  # what is fresh now; what is not here is missing
    due: tuple[Due, ...]
    advice: str | None  # stop, pause or nothing: what the alarm policy advises for the drug
    given_mg: Decimal


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One entry of the timeline as it is shown; a corrected one stays, with the entry that corrects it."""

    event: Event
    corrected_by: int | None


def sessions() -> QuerySet[Session]:
    """Sessions with what every page about one names."""
    return Session.objects.select_related("course", "patient", "site", "device")


def locked(session_id: int, permission: str) -> Session:
    """A session, locked until the transaction ends; a missing one gets the answer of a forbidden one."""
    session = (
        Session.objects.select_for_update(of=("self",))
        .select_related("course", "patient", "site")
        .filter(pk=session_id)
        .first()
    )
    if session is None:
        raise NotAllowed(permission, f"infusion.session:{session_id}")
    return session


def charted_offline(session: Session) -> dict[int, datetime]:
    """The entries of a session that waited in a browser, by number, with when they were charted there."""
    receipts = session.receipts.filter(charted_at__isnull=False).only("seqs", "charted_at")
    return {seq: one.charted_at for one in receipts for seq in one.seqs}


def running_sessions(*, sites: Iterable[int]) -> QuerySet[Session]:
    """The sessions under way at these sites, by chair."""
    return sessions().filter(site__in=sites, status__in=OCCUPYING).order_by("site", "chair", "pk")


def todays_sessions(*, sites: Iterable[int], since: datetime, until: datetime) -> QuerySet[Session]:
    """The sessions planned in a span of time at these sites, earliest first."""
    return sessions().filter(site__in=sites, planned_at__gte=since, planned_at__lt=until).order_by("planned_at", "pk")


def sessions_of(course: Course) -> QuerySet[Session]:
    """A course's sessions, called-off ones among them, by number."""
    return sessions().filter(course=course).order_by("number", "pk")


def to_turn(*, at: datetime) -> list[int]:
    """The sessions in which the drug may act and that were not judged a moment ago anyway, by a reading that came."""
    latest = SessionEvent.objects.filter(session=OuterRef("pk"), seq=OuterRef("last_seq"))
    judged = latest.filter(recorded_at__gt=at - TURN, recorded_at__lte=at)
    rows = Session.objects.filter(status__in=DRUG_MAY_ACT).exclude(Exists(judged))
    return list(rows.order_by("pk").values_list("pk", flat=True))


def running(session: Session, *, at: datetime) -> Running:
    """One session as it stands at a moment."""
    state = states.current(session)
    schedule = schedule_of(session)
    return Running(
        session=session,
        state=state,
        facts=live_facts(state, schedule, at=at),
        due=clock(state, schedule, at=at),
        advice=advised(state.alarms, alarm_policy()),
        given_mg=given_mg(state, until=at),
    )


def board(*, sites: Iterable[int], at: datetime) -> list[Running]:
    """Every session under way at these sites."""
    return [running(session, at=at) for session in running_sessions(sites=sites)]


def state_of(session: Session) -> State:
    """What a session's events add up to."""
    return states.current(session)


def is_over(state: State) -> bool:
    """Whether a session has ended and nothing follows any more."""
    return not TRANSITIONS[state.status]


def session_timeline(session: Session, *, after_seq: int = 0) -> list[Listed]:
    """The timeline in the order of arrival, from after a ``seq``; nothing is left out."""
    superseded = states.current(session).superseded
    rows = session.events.filter(seq__gt=after_seq).order_by("seq")
    return [Listed(event=states.event_of(row), corrected_by=superseded.get(row.seq)) for row in rows]


def events_after(vector: dict[int, int], *, limit: int) -> Sequence[SessionEvent]:
    """The rows that a reader has not seen: session id -> last seq seen. No row is skipped, whatever commits in between."""
    found: list[SessionEvent] = []
    for session_id, seq in sorted(vector.items()):
        found += SessionEvent.objects.filter(session_id=session_id, seq__gt=seq).order_by("seq")[:limit]
    return found


def given_mg(state: State, *, until: datetime) -> Decimal:
    """How much of the drug has arrived, in mg."""
    return delivered_mg(dose_steps(state), until=until)


def ordered_mg_per_h(session: Session) -> Decimal:
    """The fastest rate that the session's order allows; 0 without an order or a pump."""
    return _rate(live_order(session))


def remaining_mg(session: Session, *, at: datetime) -> Decimal:
    """How much of the ordered dose is not given yet."""
    return _remaining_mg(live_order(session), states.current(session), at=at)


def is_complete(session: Session, *, at: datetime) -> bool:
    """Whether the ordered dose is in, but for what one minute gives: the hand is slower than the pump."""
    return _is_complete(live_order(session), states.current(session), at=at)


def _rate(order: Order | None) -> Decimal:
    return (outside.ordered_mg_per_h(order) if order else None) or Decimal(0)


def _remaining_mg(order: Order | None, state: State, *, at: datetime) -> Decimal:
    return (order.dose_mg if order else Decimal(0)) - given_mg(state, until=at)


def _is_complete(order: Order | None, state: State, *, at: datetime) -> bool:
    return _remaining_mg(order, state, at=at) <= _rate(order) / MINUTES_PER_HOUR


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What was ordered beside what arrived; planned and given are never mixed."""

    planned_mg: Decimal | None
    given_mg: Decimal
    planned_min: Decimal | None
    given_min: Decimal  # from the start to the end of the drug, pauses included
    outcome: str | None  # completed or stopped early; None while the drug may still be given


def totals(session: Session, *, at: datetime) -> Totals:
    """Planned against given, by the fold of the dose steps."""
    state, order = states.current(session), live_order(session)
    until = min(at, state.ended_at) if state.ended_at else at
    lasted = (until - state.started_at) if state.started_at else timedelta(0)
    outcome = None
    if state.ended_at is not None:
        outcome = "completed" if _is_complete(order, state, at=state.ended_at) else "stopped early"
    return Totals(
        planned_mg=order.dose_mg if order else None,
        given_mg=given_mg(state, until=at),
        planned_min=order.duration_min if order else None,
        given_min=Decimal(round(lasted / timedelta(seconds=1))) / SECONDS_PER_MINUTE,
        outcome=outcome,
    )


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """One requirement of the way home, and who has decided to go against it."""

    requirement: Requirement
    overrides: tuple[Event, ...]

    @property
    def stops(self) -> bool:
        return self.requirement.met is not True and not self.overrides

    @property
    def who(self) -> str:
        """Who may go on against it in writing."""
        return WHO_OVERRIDES[self.requirement.override]

    @property
    def words(self) -> str:
        word = "not met" if self.requirement.met is False else "unknown"
        return f"{self.requirement.statement} ({word}: {self.requirement.reason})"


def going_home(session: Session, *, at: datetime) -> list[Leaving]:
    """Every requirement of the way home with its answer, in the order they are shown."""
    state = states.current(session)
    before = {name: mean for name in VITALS if (mean := baseline(state, name)) is not None}
    minimum = timedelta(minutes=minimum_observation(state, session))
    missing = tuple(missing_on_sheet(session))
    answers = requirements(state, minimum=minimum, baseline=before, unsettled=missing, at=at)
    return [Leaving(requirement=one, overrides=_decided(state, one)) for one in answers]


def review_overdue(session: Session, *, at: datetime) -> int | None:
    """After how many minutes a clinician reviews a patient who is not fit to leave, once they have passed; None before."""
    ended_at, limit = states.current(session).ended_at, protocol.load().recovery.review_at_min
    return limit if ended_at is not None and at - ended_at >= timedelta(minutes=limit) else None


def missing_on_sheet(session: Session) -> list[str]:
    """What the written sheet would not tell, since the site has not settled it."""
    numbers = planning.practice(session.site).numbers
    return [PRACTICES[name].label.lower() for name in TOLD_AT_LEAVING if name not in numbers]


def _decided(state: State, requirement: Requirement) -> tuple[Event, ...]:
    if requirement.override == "forbidden":
        return ()
    return tuple(
        event
        for event in state.of_kind("signature")
        if isinstance(event.payload, Signature)
        and event.payload.meaning == "discharge-override"
        and event.payload.subject == requirement.id
    )


def minimum_observation(state: State, session: Session) -> int:
    """How many minutes a patient is watched at least after the drug: the route's, and what this session adds."""
    done = [event.payload for event in state.of_kind("intervention")]
    given = {one.medicine_class for one in done if isinstance(one, Intervention)}
    protocols = protocol.load()
    so = set(protocol.additions(protocols.recovery, outside.facts_decided_on(session.course)))
    if any(one.reddened for one in state.alarms.all):
        so.add("any_red_or_black_alarm")
    for name, classes in ADDS_WHEN_GIVEN.items():
        groups = protocols.recovery.rescue_medicine_classes
        if given & {medicine for group in classes for medicine in groups[group]}:
            so.add(name)
    return protocols.observation_min(session.schedule, so=sorted(so))
