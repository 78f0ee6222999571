"""What the rooms know of a course that its long-term safety follows from: sessions, results, scores, readings, checks."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q

from ketacare.clinic.models import Course
from ketacare.evaluation import queries as evaluation
from ketacare.followup.safety.models import SafetyCheck
from ketacare.infusion.models import Session, SessionEvent
from ketacare.outcomes.models import AnswerSet
from ketacare.planning.models import Order, PlannedSession
from ketacare.planning.queries import newest_plan
from ketacare.record.models import Treatment
from ketacare.record.queries import record_facts
from ketacare.science.monitoring.parameters import GATE
from ketacare.science.rules import Fact, Value
from ketacare.science.scales import library
from ketacare.science.surveillance.checks import Check, CheckFile, checks
from ketacare.science.surveillance.due import Done, History
from ketacare.science.surveillance.exposure import Dose
from ketacare.science.surveillance.findings import Evidence, Scored, is_read

TO_COME = ("planned", "checked-in", "ready")
PREGNANCY_TODAY = GATE + "pregnancy_test_today"
MAY_BE_PREGNANT, PREGNANCY = "patient.pregnancy_possible", "pregnancy"
CHOLESTATIC = ("fu.alp_x_uln", "fu.ggt_x_uln")
CHOLESTASIS = "cholestasis_amber"  # parameter of the book: from here on ALP or GGT is raised
Facts = Mapping[str, Fact]


@dataclass(frozen=True, kw_only=True)
class Known:
    """Everything at a moment, ready for science."""

    doses: tuple[Dose, ...]
    history: History
    evidence: Evidence
    applies: Mapping[str, bool | None]  # by kind


def known(course: Course, *, at: datetime, params: Mapping[str, float]) -> Known:
    """What is known of a course at a moment, on the site's clock."""
    here, file = at.astimezone(ZoneInfo(course.site.time_zone)), checks()
    doses = doses_of(course, at=here)
    together = evaluation.known(course, at=at)
    record = {one.name: one for one in together.record.facts}
    done, scored = told(course, at=here), scores_of(course, at=here)
    pressures = pressures_of(course, at=here)
    found = {kind: [*done.get(kind, ()), *measured(check, record, here)] for kind, check in file.checks.items()}
    for kind, rows in scored.items():
        found.setdefault(kind, []).extend(rows[1])
    found["pressure"] += [Done(at=one, says="measured before a session") for one, pair in pressures if pair]
    found[PREGNANCY] += pregnancy_at_the_gate(course, at=here)
    newest = {fact: score for scale, fact in file.scores.items() if (score := newest_score(course, scale, at=here))}
    evidence = Evidence(
        done=found,
        scored=compared(file, done, scored),
        pressures=[pair for _, pair in pressures],
        pressed_at=max((one for one, pair in pressures if pair), default=None),
        scores={fact: value for fact, (value, _) in newest.items()},
        scored_at={fact: answered for fact, (_, answered) in newest.items()},
        was_cholestatic=was_cholestatic(course, doses, found["liver"], params[CHOLESTASIS]),
    )
    applies = {kind: applies_to(check, course, together.facts) for kind, check in file.checks.items()}
    return Known(doses=doses, history=history(course, doses, at=here), evidence=evidence, applies=applies)


def doses_of(course: Course, *, at: datetime) -> tuple[Dose, ...]:
    """Every session that the patient was given in any course, as its events add up."""
    rows = Treatment.objects.filter(course__patient=course.patient_id, started_at__lte=at).order_by("started_at")
    orders = Order.objects.filter(course__patient=course.patient_id, events__became=Order.Status.USED)
    weights = {(one.course_id, one.session_number): one.dosing_weight_kg for one in orders}
    induction = inductions(course)
    return tuple(
        Dose(
            at=row.started_at.astimezone(at.tzinfo),
            drug="esketamine" if row.route in checks().esketamine_routes else "racemic",
            mg=row.given_mg,
            mg_per_kg=per_kg(row.given_mg, weights.get((row.course_id, row.number))),
            is_of_this_course=row.course_id == course.pk,
            is_maintenance=row.course_id == course.pk and induction is not None and row.number > induction,
        )
        for row in rows
    )


def per_kg(mg: Decimal, weight_kg: Decimal | None) -> Decimal | None:
    return None if weight_kg is None else mg / weight_kg


def inductions(course: Course) -> int | None:
    """How many sessions the plan's induction has; None while there is no plan."""
    plan = newest_plan(course)
    return None if plan is None else plan.sessions.filter(phase=PlannedSession.Phase.INDUCTION).count()


def history(course: Course, doses: Iterable[Dose], *, at: datetime) -> History:
    """The course as the schedule of checks reads it."""
    given = list(doses)
    coming = Session.objects.filter(course=course, status__in=TO_COME).order_by("planned_at").first()
    later = next((one.at.date() for one in given if one.is_of_this_course and one.is_maintenance), None)
    return History(
        opened_on=course.opened_at.astimezone(at.tzinfo).date(),
        sessions=tuple(one.at for one in given),
        of_course=tuple(one.at for one in given if one.is_of_this_course),
        is_in_maintenance=course.status == Course.Status.IN_MAINTENANCE,
        maintenance_since=later,
        next_session_on=None if coming is None else coming.planned_at.astimezone(at.tzinfo).date(),
    )


def told(course: Course, *, at: datetime) -> dict[str, list[Done]]:
    """What named persons have checked, by kind."""
    rows = SafetyCheck.objects.filter(course__patient=course.patient_id, checked_at__lte=at).select_related("by")
    found: dict[str, list[Done]] = {}
    for row in rows.order_by("checked_at", "pk"):
        check = checks().checks[row.kind]
        answers = {name: value for name, value in row.told.items() if value is not None}
        one = Done(
            at=row.checked_at.astimezone(at.tzinfo),
            says=check.title,
            told=answers,
            is_read=is_read(check, row.told),
            is_attested=True,
            by=row.by.name,
        )
        found.setdefault(row.kind, []).append(one)
    return found


def scores_of(course: Course, *, at: datetime) -> dict[str, tuple[list[Scored], list[Done]]]:
    """The scales that are answered for a check, by kind: those with a score, and every sitting."""
    kinds = {scale: kind for kind, check in checks().checks.items() for scale in check.scales}
    found: dict[str, tuple[list[Scored], list[Done]]] = {}
    for row in sittings(course, kinds, at=at):
        scored, done = found.setdefault(kinds[row.instrument_id], ([], []))
        answered = row.answered_at.astimezone(at.tzinfo)
        title = library.load(row.instrument_id, row.instrument_version).abbreviation
        done.append(Done(at=answered, says=title, is_read=row.score.main is not None))
        if row.score.main is not None:
            scored.append(Scored(name=row.instrument_id, value=float(row.score.main), at=answered))
    return found


def sittings(course: Course, scales: Iterable[str], *, at: datetime) -> Iterable[AnswerSet]:
    """What the patient answered on some scales in any course, oldest first."""
    rows = AnswerSet.objects.filter(course__patient=course.patient_id, instrument_id__in=list(scales))
    rows = rows.filter(superseded_by__isnull=True, answered_at__lte=at).select_related("score")
    return rows.order_by("answered_at", "pk")


def newest_score(course: Course, scale: str, *, at: datetime) -> tuple[Value, datetime] | None:
    """The newest score of a scale, and when it was answered."""
    scored = [row for row in sittings(course, [scale], at=at) if row.score.main is not None]
    if not scored:
        return None
    return int(scored[-1].score.main), scored[-1].answered_at.astimezone(at.tzinfo)


def compared(
    file: CheckFile, done: Mapping[str, list[Done]], scored: Mapping[str, tuple[list[Scored], list[Done]]]
) -> dict[str, list[Scored]]:
    """The scores whose change counts, by kind: of scales, and of tests whose total somebody entered."""
    found = {kind: rows for kind, (rows, _) in scored.items()}
    for kind, check in file.checks.items():
        if check.drop:
            found[kind] = [
                Scored(name=str(one.told["test"]).strip().casefold(), value=float(one.told["score"]), at=one.at)
                for one in done.get(kind, ())
                if "test" in one.told and "score" in one.told
            ]
    return found


def measured(check: Check, record: Facts, at: datetime) -> Iterator[Done]:
    """What the record itself tells of a check."""
    if check.measured:
        yield from together(record, check.measured, says=check.title)
    if check.panel:
        yield from together(record, check.panel, says=f"{check.title}, in the record", is_telling=True)
    if check.codes_of and check.codes_of in record:
        days = record[check.codes_of].value
        day = at.date() - timedelta(days=days if isinstance(days, int) else 0)
        yield Done(
            at=datetime.combine(day, time(), at.tzinfo),
            says=f"{check.title} in the record that nobody has read yet",
            is_read=False,
        )
    if check.result and check.result in record and isinstance(record[check.result].as_of, datetime):
        value = record[check.result].value
        ask = check.asks[0]
        yield Done(
            at=record[check.result].as_of,
            says="a result in the record",
            told={ask.key: value},
            is_read=value not in ask.unclear,
        )


def together(record: Facts, names: Iterable[str], *, says: str, is_telling: bool = False) -> Iterator[Done]:
    """Measurements that make a check together: as old as the oldest of them; while one is missing it tells what it has."""
    wanted = list(names)
    there = [record[name] for name in wanted if name in record and isinstance(record[name].as_of, datetime)]
    if not there:
        return
    taken = [one.as_of for one in there if isinstance(one.as_of, datetime)]
    is_whole = len(there) == len(wanted)
    facts = {one.name: one.value for one in there if isinstance(one.value, bool | int | float | str)}
    yield Done(at=min(taken) if is_whole else max(taken), says=says, told=facts if is_telling else {}, is_read=is_whole)


def pressures_of(course: Course, *, at: datetime) -> list[tuple[datetime, tuple[float, float] | None]]:
    """The last pressure before each session, oldest first; None where none was measured."""
    sessions = Session.objects.filter(patient=course.patient_id, started_at__lte=at).order_by("started_at")
    rows = uncorrected(course).filter(kind="reading", at__lte=F("session__started_at")).order_by("at", "seq")
    before: dict[int, tuple[float, float]] = {}
    for session, values in rows.values_list("session", "payload__values"):
        if values.get("bp_sys") is not None and values.get("bp_dia") is not None:
            before[session] = (float(values["bp_sys"]), float(values["bp_dia"]))
    return [(one.started_at.astimezone(at.tzinfo), before.get(one.pk)) for one in sessions]


def pregnancy_at_the_gate(course: Course, *, at: datetime) -> list[Done]:
    """Tests that were attested at the start gate."""
    ask = checks().checks[PREGNANCY].asks[0]
    rows = uncorrected(course).filter(Q(kind="check", payload__item=PREGNANCY_TODAY), at__lte=at)
    return [
        Done(
            at=row.at.astimezone(at.tzinfo),
            says="the test of the start gate",
            told={} if row.payload["value"] is None else {ask.key: row.payload["value"]},
            is_read=row.payload["value"] is not None and row.payload["value"] not in ask.unclear,
            is_attested=True,
            by=row.by_name,
        )
        for row in rows.order_by("at", "seq")
    ]


def uncorrected(course: Course):
    """The entries of the patient's sessions that no later one corrects."""
    later = SessionEvent.objects.filter(session=OuterRef("session"), supersedes=OuterRef("seq"))
    return SessionEvent.objects.filter(~Exists(later), session__patient=course.patient_id)


def was_cholestatic(course: Course, doses: Iterable[Dose], liver: Iterable[Done], limit: float) -> bool | None:
    """Whether ALP or GGT was raised already before the first dose of the course; None: not known."""
    first = next((one.at for one in doses if one.is_of_this_course), None)
    if first is None:
        return None
    values = [one.told[name] for one in liver if one.at < first for name in CHOLESTATIC if name in one.told]
    then = {one.name: one for one in record_facts(course.patient, at=first).facts}
    values += [then[name].value for name in CHOLESTATIC if name in then]
    numbers = [value for value in values if isinstance(value, int | float)]
    return any(value >= limit for value in numbers) if numbers else None


def applies_to(check: Check, course: Course, facts: Facts) -> bool | None:
    """Whether a check is for this patient; None: nobody has said, and that stays unknown."""
    if check.jurisdictions and course.site.jurisdiction.partition("-")[0] not in check.jurisdictions:
        return False
    if check.applies == "everybody":
        return True
    if course.patient.sex_at_birth == "male":
        return False
    said = facts.get(MAY_BE_PREGNANT)
    return said.value if said is not None and isinstance(said.value, bool) else None
