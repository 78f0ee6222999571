"""Checklists for a rescue as a session has them: what has been done, when and by whom, and which the alarms on now ask for."""

from dataclasses import dataclass

from ketacare.infusion.models import Session
from ketacare.infusion.outside import facts_decided_on
from ketacare.infusion.states import current
from ketacare.science.monitoring.events import Event, Intervention
from ketacare.science.monitoring.rescue import Checklist, Step, forbidden_with_maoi, rescue
from ketacare.science.monitoring.timeline import State
from ketacare.science.rules.conditions import Value

MAOI = frozenset({"maoi", "maoi_reversible"})
CLASSES, PAST = "meds.classes", "meds.maoi_past"


@dataclass(frozen=True, kw_only=True)
class Tick:
    """One step, with the times it was done."""

    step: Step
    done: tuple[Event, ...]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One checklist; ``alarm`` is the strongest one on that it answers."""

    checklist: Checklist
    alarm: str
    ticks: tuple[Tick, ...]

    @property
    def done(self) -> int:
        return sum(bool(one.done) for one in self.ticks)


@dataclass(frozen=True, kw_only=True)
class Rescues:
    """Every checklist, those that an alarm asks for first."""

    orders: str
    forbidden: tuple[str, ...]  # beside an MAO inhibitor; empty where the record names none
    is_known: bool  # whether the record says which medicines are taken
    lists: tuple[Shown, ...]


def rescues(session: Session) -> Rescues:
    """The checklists of a session as they stand."""
    state, facts = current(session), facts_decided_on(session.course)
    shown = [_shown(one, state) for one in rescue().checklists]
    return Rescues(
        orders=rescue().orders,
        forbidden=forbidden_with_maoi() if takes_maoi(facts) else (),
        is_known=CLASSES in facts,
        lists=tuple(sorted(shown, key=lambda one: not one.alarm)),
    )


def takes_maoi(facts: dict[str, Value]) -> bool:
    """Whether the record names an MAO inhibitor, now or in the last weeks."""
    classes = facts.get(CLASSES)
    return bool(MAOI & set(classes if isinstance(classes, tuple) else ())) or facts.get(PAST) is True


def _shown(one: Checklist, state: State) -> Shown:
    on = [episode.key for episode in state.alarms.active if episode.rule in one.answers]
    return Shown(
        checklist=one,
        alarm=on[0] if on else "",
        ticks=tuple(Tick(step=step, done=tuple(_done(one, step, state))) for step in one.steps),
    )


def _done(one: Checklist, step: Step, state: State) -> list[Event]:
    said = words(one, step)
    return [
        event
        for event in state.of_kind("intervention")
        if isinstance(event.payload, Intervention) and event.payload.what == said
    ]


def words(one: Checklist, step: Step) -> str:
    """What a tick writes into the timeline."""
    return f"{one.title}: {step.says}"


def answered(session: Session, one: Checklist) -> str:
    """The alarm that a tick answers now; empty where none is on that this checklist is for."""
    return _shown(one, current(session)).alarm
