"""The report of a session: one value, made by the fold, that screen, PDF and JSON all show."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from ketacare.clinic.models import DecisionRecord
from ketacare.clinic.routes import route_name
from ketacare.infusion import queries
from ketacare.infusion.cockpit import evidence
from ketacare.infusion.models import Session
from ketacare.infusion.outside import live_order
from ketacare.infusion.sentences import sentence
from ketacare.infusion.words import alarm_statement, name_of, unit_of
from ketacare.planning.queries import order_view
from ketacare.record.queries import patient_header
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.alarms import Episode
from ketacare.science.monitoring.burden import burden
from ketacare.science.monitoring.dosing import round_half_up
from ketacare.science.monitoring.events import Reading, Signature
from ketacare.science.monitoring.signal_files import alarm_signals
from ketacare.science.monitoring.timeline import State, start_as_written

VITALS = (
    "bp_sys",
    "bp_dia",
    "heart_rate",
    "spo2",
    "resp_rate",
    "temp_c",
    "moaas",
    "dissociation",
    "nausea",
    "distress",
)
LABELS = {"bp_sys": "Systolic pressure"}  # which elsewhere stands for both pressures
HOUR = timedelta(hours=1)
OVER = frozenset({"discharged", "transferred", "cancelled", "missed"})
# the amounts of an order in the order they are read, with their units
AMOUNTS = {
    "kg": "kg dosing weight",
    "mg_per_kg": "mg/kg",
    "mg": "mg",
    "mg_per_ml": "mg/mL",
    "ml": "mL",
    "ml_per_h": "mL/h",
    "mg_per_h": "mg/h",
    "duration_min": "min",
}


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whom the report is about."""

    name: str
    born_on: date
    age_years: int
    sex: str
    weight_kg: float | None
    allergies: tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class OrderShown:
    """What was prescribed, every amount together, and who signed."""

    drug: str
    route: str
    weight_basis: str
    amounts: tuple[tuple[str, Decimal], ...]  # unit, amount
    signed: tuple[tuple[str, str, datetime], ...]  # step, who, when

    @property
    def route_words(self) -> str:
        """How the drug was given, as everywhere in the clinic."""
        return route_name(self.route)


@dataclass(frozen=True, kw_only=True)
class VitalShown:
    """One parameter over the session."""

    label: str
    unit: str
    count: int
    first: float
    lowest: float
    highest: float
    last: float


@dataclass(frozen=True, kw_only=True)
class AlarmShown:
    """One alarm and what became of it."""

    rule: str
    level: str
    statement: str
    values: str
    raised_at: datetime
    late: bool
    acknowledged: tuple[tuple[str, datetime], ...]
    resolved_at: datetime | None
    is_of_a_book: bool  # has a page of its own


@dataclass(frozen=True, kw_only=True)
class RequirementShown:
    """One requirement of the way home."""

    statement: str
    answer: str  # met, not met, unknown
    reason: str
    overridden_by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EntryShown:
    """One entry of the timeline."""

    seq: int
    kind: str
    at: datetime
    recorded_at: datetime
    by: str
    said: str
    corrected_by: int | None
    from_monitor: bool  # a row of a device: drawn in the chart, listed in the JSON and on the timeline's own page


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that happened in a session."""

    session_id: int
    number: int
    site: str
    time_zone: str
    chair: str
    status: str
    is_final: bool
    made_at: datetime
    patient: Person
    order: OrderShown | None
    gate: str | None  # what the start gate said when the drug was started
    times: tuple[tuple[str, datetime], ...]
    totals: queries.Totals
    vitals: tuple[VitalShown, ...]
    alarms: tuple[AlarmShown, ...]
    alarm_burden: str
    done: tuple[EntryShown, ...]  # interventions and adverse events
    way_home: tuple[RequirementShown, ...]
    signatures: tuple[EntryShown, ...]
    timeline: tuple[EntryShown, ...]

    @property
    def told(self) -> tuple[EntryShown, ...]:
        """The entries that people, the clock and the alarms made: what a reader of the page goes through."""
        return tuple(one for one in self.timeline if not one.from_monitor)


def report(session: Session, *, at: datetime) -> Report:
    """The report as of a moment; final once the session is over."""
    state = queries.state_of(session)
    entries = tuple(entries_of(session))
    left_at = state.moves[-1].at if state.status in OVER else at
    return Report(
        session_id=session.pk,
        number=session.number,
        site=session.site.name,
        time_zone=session.site.time_zone,
        chair=session.chair,
        status=state.status,
        is_final=state.status in OVER,
        made_at=at,
        patient=person(session, at=at),
        order=order_shown(session),
        gate=gate_result(session, started_at=start_as_written(state)),
        times=tuple((move.to, move.at) for move in state.moves),
        totals=totals(session, at=at),
        vitals=tuple(vitals(state)),
        alarms=tuple(alarm_shown(one) for one in state.alarms.all),
        alarm_burden=burden_words(state, until=left_at),
        done=tuple(one for one in entries if one.kind in {"intervention", "adverse-event"}),
        way_home=tuple(way_home(session, at=left_at)) if state.ended_at else (),
        signatures=tuple(one for one in entries if one.kind == "signature"),
        timeline=entries,
    )


def totals(session: Session, *, at: datetime) -> queries.Totals:
    """Planned against given, to the digits in which doses are shown: every form of the report says the same."""
    exact, decimals = queries.totals(session, at=at), protocol.load().dosing.shown_decimals
    return replace(
        exact,
        planned_mg=None if exact.planned_mg is None else round_half_up(exact.planned_mg, decimals["mg"]),
        given_mg=round_half_up(exact.given_mg, decimals["mg"]),
        given_min=round_half_up(exact.given_min, 1),
    )


def person(session: Session, *, at: datetime) -> Person:
    """The patient, as the pinned header names them."""
    header = patient_header(session.patient, at=at, course=session.course)
    return Person(
        name=header.name,
        born_on=header.born_on,
        age_years=header.age_years,
        sex=header.sex,
        weight_kg=header.weight_kg,
        allergies=header.allergies,
    )


def order_shown(session: Session) -> OrderShown | None:
    """The order that the session rests on."""
    order = live_order(session)
    if order is None:
        return None
    view = order_view(order)
    return OrderShown(
        drug=order.drug,
        route=order.route,
        weight_basis=order.get_weight_basis_display(),
        amounts=tuple((unit, view.shown[name]) for name, unit in AMOUNTS.items() if name in view.shown),
        signed=tuple((step.get_became_display(), step.by.name, step.at) for step in view.events),
    )


def gate_result(session: Session, *, started_at: datetime | None) -> str | None:
    """What the start gate said when the drug was started, from the decision that was kept then."""
    kept = DecisionRecord.objects.filter(course=session.course, book_id="start_gate", decided_at=started_at)
    return kept.values_list("result", flat=True).first() if started_at else None


def vitals(state: State) -> Iterator[VitalShown]:
    """First, lowest, highest and last of each parameter that was measured."""
    for name in VITALS:
        samples = state.series.get(name, ())
        numbers = [float(one.value) for one in samples if isinstance(one.value, int | float)]
        if numbers:
            yield VitalShown(
                label=LABELS.get(name, name_of(name)),
                unit=unit_of(name),
                count=len(numbers),
                first=numbers[0],
                lowest=min(numbers),
                highest=max(numbers),
                last=numbers[-1],
            )


def alarm_shown(one: Episode) -> AlarmShown:
    """An alarm with its rule's sentence and the patient's own values."""
    missing = f" No data: {name_of(one.parameter)}." if one.parameter else ""
    return AlarmShown(
        rule=one.rule,
        level=one.level,
        statement=alarm_statement(one.rule) + missing,
        values=evidence(one),
        raised_at=one.raised_at,
        late=one.happened_at is not None,
        acknowledged=tuple((seen.by_name, seen.at) for seen in one.acknowledged),
        resolved_at=one.resolved_at,
        is_of_a_book=one.rule not in alarm_signals().findings,
    )


def burden_words(state: State, *, until: datetime) -> str:
    """How much of a burden the alarms were, in one line; empty before the drug."""
    if state.started_at is None:
        return ""
    cost = burden(state.alarms.all, max(until - state.started_at, timedelta(0)) / HOUR)
    words = [f"{cost.alarms} alarm{'' if cost.alarms == 1 else 's'} in {cost.hours:.1f} h"]
    if cost.per_hour is not None:
        words.append(f"{cost.per_hour:.1f} an hour")
    words.append(f"{cost.acknowledged} acknowledged")
    if (seconds := cost.median_seconds_to_acknowledge) is not None:
        words.append(f"half of them within {seconds:.0f} s")
    return f"{', '.join(words)}; {cost.no_data} told of missing data"


def way_home(session: Session, *, at: datetime) -> Iterator[RequirementShown]:
    """Each requirement of the way home with its answer when the patient left."""
    words = {True: "met", False: "not met", None: "unknown"}
    for leaving in queries.going_home(session, at=at):
        reasons = (event.payload for event in leaving.overrides)
        yield RequirementShown(
            statement=leaving.requirement.statement,
            answer=words[leaving.requirement.met],
            reason=leaving.requirement.reason,
            overridden_by=tuple(
                f"{event.by_name}: {said.reason}"
                for event, said in zip(leaving.overrides, reasons, strict=True)
                if isinstance(said, Signature)
            ),
        )


def entries_of(session: Session) -> Iterator[EntryShown]:
    """The timeline in the order it happened, corrected entries with the entry that corrects them."""
    listed = sorted(queries.session_timeline(session), key=lambda one: (one.event.at, one.event.seq))
    for one in listed:
        yield EntryShown(
            seq=one.event.seq,
            kind=one.event.kind,
            at=one.event.at,
            recorded_at=one.event.recorded_at,
            by=one.event.by_name,
            said=sentence(one.event),
            corrected_by=one.corrected_by,
            from_monitor=isinstance(one.event.payload, Reading) and one.event.payload.source == "device",
        )
