"""Everything of one patient, to take along: as values, of which the PDF and the JSON are made. A therapist's process notes are not here: nothing in this
file can open one."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ketacare.clinic.models import Course, Patient
from ketacare.clinic.queries import disagreements_of, restrictions_of, who_looked
from ketacare.consent.models import Consent
from ketacare.infusion.models import Session
from ketacare.outcomes.queries import band_label, in_words, standing
from ketacare.portal.own.looked import looks
from ketacare.portal.own.summaries import summaries
from ketacare.portal.own.talking import threads
from ketacare.portal.own.visitor import Visitor
from ketacare.record.queries import current_entries
from ketacare.rights.queries import requests_of
from ketacare.science.scales import library
from ketacare.therapy.queries import sessions as talks_of
from ketacare.therapy.queries import shared

MOST_EVENTS = 5000


@dataclass(frozen=True, kw_only=True)
class Part:
    """One chapter: its title and its lines, each with named values."""

    title: str
    lines: tuple[dict[str, object], ...]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The whole."""

    patient: dict[str, object]
    made_at: str
    time_zone: str
    parts: tuple[Part, ...]


def taken(person: Visitor, *, at: datetime) -> Taken:
    """The record of a patient as of now, chapter by chapter."""
    patient, courses = person.patient, person.courses
    chapters: tuple[tuple[str, Iterable[dict[str, object]]], ...] = (
        ("Courses of treatment", map(course, courses)),
        ("Health record", entries(patient)),
        ("What you agreed to", consents(courses)),
        ("Treatment sessions", sessions(courses)),
        ("Preparation and integration", talks(courses)),
        ("Answers and scores", scores(courses)),
        ("Messages", messages(patient)),
        ("Requests about your record, restrictions and disagreements", rights(patient)),
        ("Who looked at your record", trail(person)),
    )
    return Taken(
        patient=identity(patient),
        made_at=at.isoformat(),
        time_zone=person.time_zone,
        parts=tuple(Part(title=title, lines=tuple(lines)) for title, lines in chapters),
    )


def identity(patient: Patient) -> dict[str, object]:
    """Who they are, and how they are reached."""
    return {
        "given_name": patient.given_name,
        "family_name": patient.family_name,
        "born_on": patient.born_on,
        "sex_at_birth": patient.get_sex_at_birth_display(),
        "phone": patient.phone,
        "email": patient.email,
    }


def course(row: Course) -> dict[str, object]:
    return {"for": row.indication, "status": row.get_status_display(), "opened": row.opened_at, "at": row.site.name}


def entries(patient: Patient) -> Iterable[dict[str, object]]:
    """Every statement that stands."""
    for row in current_entries(patient):
        yield {"kind": row.get_kind_display(), "what": str(row), "standing": row.get_standing_display()}


def consents(courses: Iterable[Course]) -> Iterable[dict[str, object]]:
    """Every signature, and whether it was taken back."""
    rows = Consent.objects.filter(course__in=list(courses)).select_related("withdrawal").order_by("-signed_at")
    for row in rows:
        withdrawal = getattr(row, "withdrawal", None)
        yield {
            "document": f"{row.document_id}, version {row.document_version}",
            "signed_by": row.signed_name,
            "signed": row.signed_at,
            "until": row.expires_at,
            "taken_back": withdrawal.withdrawn_at if withdrawal else None,
        }


def sessions(courses: tuple[Course, ...]) -> Iterable[dict[str, object]]:
    """What was given and who signed; sessions to come with their time."""
    for one in summaries(courses).sessions:
        yield {
            "session": one.session.number,
            "started": one.session.started_at,
            "ended": one.session.ended_at,
            "how": one.route,
            "given_mg": one.given_mg,
            "signed_by": ", ".join(one.signed_by),
            "signed": one.signed_at,
        }
    for row in Session.objects.filter(course__in=courses, started_at__isnull=True).order_by("planned_at"):
        yield {"session": row.number, "planned": row.planned_at, "status": row.status}


def talks(courses: Iterable[Course]) -> Iterable[dict[str, object]]:
    """Summaries for the whole care team, and what the patient shares."""
    for one in courses:
        for row in talks_of(one):
            yield {
                "kind": row.get_kind_display(),
                "held": row.held_at,
                "minutes": row.minutes,
                "by": row.by.name,
                "summary": row.summary,
                "corrected": hasattr(row, "superseded_by"),
            }
        for theme in shared(one):
            yield {"kind": theme.get_kind_display(), "shared": theme.at, "words": theme.words}


def scores(courses: Iterable[Course]) -> Iterable[dict[str, object]]:
    """Every sitting that stands: its score, and each answer in words."""
    for one in courses:
        for row in standing(one):
            instrument = library.load(row.instrument_id, row.instrument_version)
            yield {
                "scale": instrument.name,
                "answered": row.answered_at,
                "score": row.score.main,
                "band": band_label(instrument, row.score.band_id),
                "answers": {item.id: in_words(instrument, item.id, row.answers) for item in instrument.items},
            }


def messages(patient: Patient) -> Iterable[dict[str, object]]:
    """Every message, to and from the clinic."""
    for thread in threads().filter(patient=patient, erased_at__isnull=True).order_by("pk"):
        for row in thread.messages.all():
            by = "you" if row.is_from_patient else row.by.name
            yield {"about": thread.subject, "by": by, "sent": row.sent_at, "words": row.text}


def rights(patient: Patient) -> Iterable[dict[str, object]]:
    """What was asked about the record, and what stands beside it."""
    for row in requests_of(patient):
        yield {
            "asked": f"{row.get_kind_display()}: {row.words}",
            "made": row.made_at,
            "decide_by": row.due_on,
            "came_to": row.get_status_display(),
            "reason": row.reason,
        }
    for one in restrictions_of(patient):
        yield {"not_used_for": one.get_scope_display(), "since": one.placed_at}
    for said in disagreements_of(patient):
        yield {"disagreement": said.words, "on": said.on, "stated": said.at}


def trail(person: Visitor) -> Iterable[dict[str, object]]:
    """Who looked, newest first, without monitors and the software."""
    events = who_looked(person.patient, machines=False)[:MOST_EVENTS]
    for one in looks(events, zone=person.time_zone):
        yield {
            "who": f"{one.who} ({one.role})" if one.role else one.who,
            "did": f"{one.verb} {one.area}".strip(),
            "first": one.first_at,
            "last": one.last_at,
            "times": one.times,
        }


def as_json(found: Taken) -> dict[str, Any]:
    """The record as values that JSON has."""
    return asdict(found)


def plain(value: object) -> str:
    """What JSON has no form for."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    raise TypeError(f"{type(value).__name__} has no form in JSON")
