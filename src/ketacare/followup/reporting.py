"""The report of a serious event: every field with what the record knows, and "not known" where it knows nothing."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from ketacare.clinic.actor import Actor, Staff
from ketacare.clinic.indications import indication_name
from ketacare.clinic.models import Patient, Role, Site
from ketacare.clinic.routes import route_name
from ketacare.followup import queries
from ketacare.followup.models import SafetyCase
from ketacare.followup.values import Told
from ketacare.infusion import rems
from ketacare.infusion.outside import live_order
from ketacare.infusion.queries import is_over, state_of, totals
from ketacare.infusion.words import name_of, with_unit
from ketacare.planning.models import Order
from ketacare.record.queries import entries_by_kind, patient_header
from ketacare.science.facts.entries import EntryKind, Standing
from ketacare.science.facts.results import age_years
from ketacare.science.monitoring.adverse import FormField, adverse_events
from ketacare.science.monitoring.events import AdverseEvent
from ketacare.stewardship.models import Container
from ketacare.ui.words import quantity

UNKNOWN = "not known"
CODE_LENGTH = 10  # letters of a patient's code
YES_NO = {True: "yes", False: "no", None: UNKNOWN}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One field of the report with what is known of it."""

    label: str
    said: str
    is_known: bool


@dataclass(frozen=True, kw_only=True)
class Filled:
    """One section of the report."""

    letter: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """The whole report as it would be told now."""

    case: int
    patient_code: str
    site: str
    title: str
    note: str
    duty: str
    due_on: str
    status: str
    made_at: str
    sections: tuple[Filled, ...]


@dataclass(frozen=True, kw_only=True)
class About:
    """What the fields are filled from."""

    case: SafetyCase
    said: Told
    by: Actor
    at: datetime

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.case.course.site.time_zone)

    @property
    def patient(self) -> Patient:
        return self.case.course.patient

    @property
    def site(self) -> Site:
        return self.case.course.site

    @property
    def order(self) -> Order | None:
        return live_order(self.case.session) if self.case.session else None


def sections_of(case: SafetyCase, said: Told, *, by: Actor, at: datetime) -> tuple[Filled, ...]:
    """The sections of the report in their order, each field filled in or said to be not known."""
    about = About(case=case, said=said, by=by, at=at)
    return tuple(
        Filled(letter=one.letter, title=one.title, lines=tuple(line(about, field) for field in one.fields))
        for one in adverse_events().form.sections
    )


def line(about: About, field: FormField) -> Line:
    """One field."""
    found = FILLED[field.known](about) if field.known else ""
    return Line(label=field.label, said=found or UNKNOWN, is_known=bool(found))


def report(case: SafetyCase, *, by: Actor, at: datetime) -> Report:
    """The report of a case that came from ``queries.cases``."""
    book, due = adverse_events(), queries.due_of(case, at=at)
    _, said = queries.newest(case)
    status = (
        "Not sent yet." if due.done is None else f"{due.done.get_decision_display()}: recorded by {due.done.by.name}."
    )
    return Report(
        case=case.pk,
        patient_code=patient_code(case.course.patient),
        site=case.course.site.name,
        title=book.form.title,
        note=book.form.note,
        duty=due.duty.says,
        due_on=due.due_on.isoformat(),
        status=status,
        made_at=_moment(at, ZoneInfo(case.course.site.time_zone)),
        sections=sections_of(case, said, by=by, at=at),
    )


def patient_code(patient: Patient) -> str:
    """A code that stands for a patient outside: keyed, so nobody can find the person by trying numbers."""
    key = settings.SECRET_KEY.encode()
    digest = hmac.new(key, f"adverse-event-report:{patient.pk}".encode(), hashlib.sha256)
    return f"P-{digest.hexdigest()[:CODE_LENGTH].upper()}"


def _age(about: About) -> str:
    return f"{age_years(about.patient.born_on, about.case.happened_at.astimezone(about.zone).date())} years"


def _sex(about: About) -> str:
    return "" if about.patient.sex_at_birth == Patient.Sex.UNKNOWN else about.patient.get_sex_at_birth_display().lower()


def _weight(about: About) -> str:
    header = patient_header(about.patient, at=about.at, course=about.case.course)
    return "" if header.weight_kg is None else f"{header.weight_kg:g} kg, measured on {header.weight_on}"


def _criteria(about: About) -> str:
    if not isinstance(about.said, AdverseEvent):
        return "serious; by which criterion is not known" if about.said.serious else ""
    words = adverse_events().seriousness.criteria
    return "; ".join(f"{words.get(name, name)}: {YES_NO[answer]}" for name, answer in about.said.seriousness.items())


def _description(about: About) -> str:
    told = ". ".join(filter(None, [about.said.term.replace("_", " ").capitalize(), about.said.detail.rstrip(".")]))
    return without_name(told, about.patient)


def without_name(text: str, patient: Patient) -> str:
    """Free words with the patient's names taken out: the report names a person by a code alone."""
    names = [name for name in (*patient.given_name.split(), *patient.family_name.split()) if name]
    pattern = "|".join(rf"\b{re.escape(name)}\b" for name in names)
    return re.sub(pattern, "[the patient]", text, flags=re.IGNORECASE) if names else text


def _judged(about: About) -> str:
    said, book = about.said, adverse_events()
    told = [f"{book.grading.scheme} grade {said.grade} ({book.grading.grades[said.grade]})"]
    if isinstance(said, AdverseEvent):
        told += [
            f"related to the drug: {said.relatedness}",
            f"the drug: {book.drug_action.get(said.drug_action, said.drug_action)}",
            f"outcome: {book.outcome.get(said.outcome, said.outcome)}",
        ]
    else:
        told.append(f"related to the drug: {said.causality}")
    return "; ".join(told)


def _tests(about: About) -> str:
    if not isinstance(about.said, AdverseEvent):
        return ""
    went_to = [f"{name_of(name)} {with_unit(name, value)}" for name, value in about.said.peak.items()]
    return f"Peak in the session: {', '.join(went_to)}" if went_to else ""


def _of_record(about: About, kind: EntryKind) -> str:
    ((_, rows),) = entries_by_kind(about.patient, {kind: ""})
    named = [row.display for row in rows if row.standing in (Standing.PRESENT, Standing.UNSURE)]
    return ", ".join(dict.fromkeys(named))


def _history(about: About) -> str:
    conditions, allergies = _of_record(about, EntryKind.CONDITION), _of_record(about, EntryKind.ALLERGY)
    told = [f"Conditions: {conditions}" if conditions else "", f"Allergies: {allergies}" if allergies else ""]
    return "; ".join(filter(None, told))


def _strength(about: About) -> str:
    order = about.order
    return "" if order is None or order.concentration_mg_ml is None else f"{order.concentration_mg_ml:f} mg/mL"


def _dose(about: About) -> str:
    session = about.case.session
    if session is None or session.started_at is None:
        return ""
    state, given = state_of(session), totals(session, at=about.at)
    so_far = "" if is_over(state) or state.ended_at else " so far"
    return f"{quantity(given.given_mg, 'mg')} in session {session.number} of the course{so_far}"


def _used_on(about: About) -> str:
    session = about.case.session
    if session is None or session.started_at is None:
        return ""
    ended = f" to {_moment(session.ended_at, about.zone)}" if session.ended_at else ""
    return f"{_moment(session.started_at, about.zone)}{ended}"


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(sep=" ", timespec="minutes")


def _containers(about: About) -> list[Container]:
    """What the register issued to the session, where one is kept."""
    return rems.containers(about.case.session) if about.case.session else []


def _lot(about: About) -> str:
    sent = getattr(about.case.session, "rems_submission", None) if about.case.session else None
    named = [one.lot for one in _containers(about)] or (
        [str(sent.form["lot"])] if sent and sent.form.get("lot") else []
    )
    return ", ".join(dict.fromkeys(named))


def _expiry(about: About) -> str:
    return ", ".join(dict.fromkeys(f"{one.expires_on:%Y-%m-%d}" for one in _containers(about) if one.expires_on))


def _occupation(about: About) -> str:
    if not isinstance(about.by, Staff):
        return ""
    return ", ".join(sorted(Role(role).label for site, role in about.by.roles if site == about.site.pk))


FILLED: Mapping[str, Callable[[About], str]] = {
    "patient_code": lambda about: patient_code(about.patient),
    "age": _age,
    "sex": _sex,
    "weight": _weight,
    "report_type": lambda _: "adverse event",
    "criteria": _criteria,
    "happened_on": lambda about: _moment(about.case.happened_at, about.zone),
    "reported_on": lambda about: _moment(about.at, about.zone),
    "description": _description,
    "judged": _judged,
    "tests": _tests,
    "history": _history,
    "drug": lambda about: about.order.drug if about.order else "",
    "strength": _strength,
    "dose": _dose,
    "route": lambda about: route_name(about.case.session.route) if about.case.session else "",
    "used_on": _used_on,
    "indication": lambda about: indication_name(about.case.course.indication),
    "lot": _lot,
    "expiry": _expiry,
    "medicines": lambda about: _of_record(about, EntryKind.MEDICINE),
    "reporter": lambda about: about.by.name,
    "site": lambda about: about.site.name,
    "occupation": _occupation,
}
