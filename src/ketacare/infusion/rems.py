"""The esketamine monitoring form: which are due, how long there is, and what the session itself tells of it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from ketacare.clinic.errors import Reason
from ketacare.infusion import outside, queries, states
from ketacare.infusion.models import RemsEnrolment, RemsSubmission, Session
from ketacare.infusion.words import value_words
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.events import AdverseEvent, FirstAdverseEvent
from ketacare.science.monitoring.protocol_files import Rems
from ketacare.science.monitoring.timeline import Sample, State
from ketacare.stewardship import queries as stewardship
from ketacare.stewardship.models import Container
from ketacare.stewardship.values import Chair

NURSE = "the infusion nurse"
MINUTE = timedelta(minutes=1)
# field of the form -> its name for people; those a session cannot tell are asked
LABELS = {
    "concomitant_classes": "Medicines beside it, by class",
    "dose_mg": "Dose given, mg",
    "lot": "Lot of the devices",
    "total_monitoring_min": "Minutes watched in all",
    "bp_before": "Blood pressure before the dose",
    "bp_40": "Blood pressure at 40 minutes",
    "bp_end": "Blood pressure at the end",
    "sedation": "Sedation",
    "dissociation": "Dissociation",
    "vitals_acceptable": "Vital signs were acceptable before the patient left",
    "serious_events": "Serious adverse events",
}
ASKED = ("lot", "vitals_acceptable")
UNKNOWN = "not known"


@dataclass(frozen=True, kw_only=True)
class FormDue:
    """The monitoring form of one session that is not submitted yet, and how long there is."""

    session: Session
    treated_on: date
    due_on: date
    days_left: int  # below 0: overdue by so many

    @property
    def is_overdue(self) -> bool:
        """Whether the last day has come: the surveillance book counts it as open too long from then on."""
        return self.days_left <= 0

    @property
    def words(self) -> str:
        """How long there is, in words."""
        if self.days_left > 0:
            return f"{self.days_left} day{'' if self.days_left == 1 else 's'} left"
        return (
            "due today"
            if self.days_left == 0
            else f"overdue by {-self.days_left} day{'' if self.days_left == -1 else 's'}"
        )


@dataclass(frozen=True, kw_only=True)
class Line:
    """One field of the form with what is known of it."""

    name: str
    label: str
    said: str
    is_known: bool


def rules() -> Rems:
    """What the programme asks for."""
    return protocol.load().recovery.rems


def of_programme(sites: Collection[int]) -> QuerySet[Session]:
    """The sessions at these sites that the programme follows: its route, where it applies, the drug begun."""
    here = Q(site__jurisdiction=rules().jurisdiction) | Q(site__jurisdiction="")
    rows = queries.sessions().filter(here, site__in=sites, route=rules().route, started_at__isnull=False)
    return rows.order_by("started_at", "pk")


def forms_due(sites: Collection[int], *, at: datetime) -> list[FormDue]:
    """The forms at these sites that are not submitted, the most urgent first."""
    return [form_due(session, at=at) for session in of_programme(sites).filter(rems_submission__isnull=True)]


def form_due(session: Session, *, at: datetime) -> FormDue:
    """How long there is for the form of a session; days are the site's."""
    zone = ZoneInfo(session.site.time_zone)
    treated_on = session.started_at.astimezone(zone).date()
    due_on = treated_on + timedelta(days=rules().submit_within_days)
    left = (due_on - at.astimezone(zone).date()).days
    return FormDue(session=session, treated_on=treated_on, due_on=due_on, days_left=left)


def forms_submitted(sites: Collection[int], *, limit: int) -> Iterable[RemsSubmission]:
    """The forms at these sites that were submitted, newest first."""
    rows = RemsSubmission.objects.filter(session__in=of_programme(sites))
    return rows.select_related("session__patient", "session__site", "submitted_by").order_by("-recorded_at")[:limit]


def enrolment(session: Session) -> RemsEnrolment | None:
    """The enrolment of a session's patient at its site."""
    return session.patient.rems_enrolments.filter(site=session.site_id).select_related("recorded_by").first()


def containers(session: Session) -> list[Container]:
    """What the register issued to a session, where one is kept: lots and their expiry."""
    rooms = stewardship.at_chair(session.site_id, Chair(course_id=session.course_id, number=session.number))
    return list(Container.objects.filter(lines__into__in=rooms).exclude(lot="").distinct().order_by("pk"))


def lots(session: Session) -> str:
    """The lots that the register issued to a session; empty where it knows none."""
    return ", ".join(dict.fromkeys(one.lot for one in containers(session)))


def told_by_session(session: Session, *, at: datetime) -> dict[str, object]:
    """What the session itself tells of the form; what nobody recorded is None, never a guess."""
    state = states.current(session)
    known = outside.facts(session, at=session.started_at or at).get("meds.classes")
    classes = known.value if known is not None and known.complete else None  # a record's list is not all of them
    watched = (state.moves[-1].at if queries.is_over(state) else at) - state.started_at
    lowest = min((one.value for one in state.series.get("moaas", ())), default=None)
    highest = max((one.value for one in state.series.get("dissociation", ())), default=None)
    begun = state.started_at
    return {
        "concomitant_classes": list(classes) if isinstance(classes, list | tuple) else None,
        "dose_mg": float(queries.given_mg(state, until=at)),
        "total_monitoring_min": watched // MINUTE,
        "bp_before": pressure(state, [one for one in state.series.get("bp_sys", ()) if one.at <= begun][-1:]),
        "bp_40": pressure(state, nearest(state, begun + rules().pressure_at_min * MINUTE)),
        "bp_end": pressure(state, [one for one in state.series.get("bp_sys", ()) if one.at > begun][-1:]),
        "sedation": None if lowest is None else f"lowest MOAA/S {value_words(lowest)}",
        "dissociation": None if highest is None else f"highest {value_words(highest)} of 10",
        "serious_events": [said for one in state.of_kind("adverse-event") if (said := serious_words(one.payload))],
    }


def serious_words(payload: object) -> str:
    """An adverse event as the form tells of it: a serious one, or one of which nobody has said whether it is."""
    if not isinstance(payload, AdverseEvent | FirstAdverseEvent) or payload.serious is False:
        return ""
    return payload.term if payload.serious else f"{payload.term} (whether it was serious is not known)"


def nearest(state: State, moment: datetime) -> list[Sample]:
    """The pressure that was measured nearest to a moment after the dose; none where nothing was measured."""
    after = [one for one in state.series.get("bp_sys", ()) if state.started_at and one.at > state.started_at]
    return sorted(after, key=lambda one: abs(one.at - moment))[:1]


def pressure(state: State, found: list[Sample]) -> dict[str, object] | None:
    """A pressure with the minute it was measured, counted from the dose; None where there is none."""
    if not found or state.started_at is None:
        return None
    one = found[0]
    other = next((dia for dia in state.series.get("bp_dia", ()) if dia.seq == one.seq), None)
    minute = int((one.at - state.started_at) / MINUTE)
    return {"systolic": one.value, "diastolic": None if other is None else other.value, "minute": minute}


def lines(told: dict[str, object]) -> list[Line]:
    """The form in the order of the programme, in words."""
    return [
        Line(name=name, label=LABELS[name], said=in_words(told.get(name)), is_known=told.get(name) is not None)
        for name in rules().fields
    ]


def in_words(value: object) -> str:
    """One answer of the form in words."""
    match value:
        case None:
            return UNKNOWN
        case {"systolic": systolic, "diastolic": diastolic, "minute": minute}:
            lower = "?" if diastolic is None else value_words(diastolic)
            return f"{value_words(systolic)}/{lower} mmHg, minute {minute}"
        case list():
            return ", ".join(str(one).replace("_", " ") for one in value) or "none recorded"
        case bool():
            return "yes" if value else "no"
        case float() | Decimal():
            return f"{value:g}"
        case _:
            return str(value)


def reasons_against_submission(session: Session, told: dict[str, object], *, on: date, today: date) -> Iterable[Reason]:
    """Why a form cannot be recorded as submitted."""
    if RemsSubmission.objects.filter(session=session).exists():
        yield Reason(text="This form was submitted already.", who=NURSE)
    if session.status not in {"discharged", "transferred"}:
        yield Reason(text="The form is submitted once the patient has left.", who=NURSE)
    if (
        not session.started_at
        or on < session.started_at.astimezone(ZoneInfo(session.site.time_zone)).date()
        or on > today
    ):
        yield Reason(text="The form was sent between the day of the session and today.", who=NURSE)
    yield from (
        Reason(text=f"Not known: {LABELS[name].lower()}.", who=NURSE) for name in ASKED if told.get(name) in (None, "")
    )
