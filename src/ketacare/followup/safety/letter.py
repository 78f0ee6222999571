"""One page for the family doctor: what was given in all, which checks are open, what was found. As PDF and as FHIR."""

import json
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typst

from ketacare.clinic.actor import Actor
from ketacare.clinic.indications import indication_name
from ketacare.followup.safety.judging import Judged
from ketacare.followup.safety.pages import check_lines, due_words
from ketacare.science.surveillance.checks import checks
from ketacare.ui.words import quantity

PAGE = Path(__file__).parents[1] / "typst/exposure.typ"
NAMESPACE = uuid.UUID(
    "5f5d2f7e-7f0c-5a9a-9a5e-2b8d1b7c4f10"
)  # names in a document are made with it, the same each time
UNKNOWN = "not known"
ASKS = (
    "Please tell us of urinary symptoms, of raised liver tests, of memory complaints and of ketamine from elsewhere. "
    "Please repeat what is marked due or overdue where that is easier for the patient."
)


@dataclass(frozen=True, kw_only=True)
class LetterLine:
    """One check in the letter."""

    title: str
    state: str
    last_done: str
    due: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Letter:
    """Everything that the letter says. Nothing of a therapist's is in it, and no score."""

    patient: str
    born_on: str
    site: str
    treated_for: str
    given: tuple[tuple[str, str], ...]
    checks: tuple[LetterLine, ...]
    found: tuple[str, ...]
    asks: str
    made_at: str
    made_by: str
    status: str


def letter(now: Judged, *, by: Actor, at: datetime) -> Letter:
    """The letter as it would be sent now."""
    course, zone = now.course, ZoneInfo(now.course.site.time_zone)
    return Letter(
        patient=str(course.patient),
        born_on=course.patient.born_on.strftime("%-d %B %Y"),
        site=course.site.name,
        treated_for=indication_name(course.indication),
        given=tuple(given(now)),
        checks=tuple(
            LetterLine(
                title=one.check.title,
                state=one.word,
                last_done=last_done(one.standing),
                due=due_words(one.standing.due_on),
                reason=one.standing.reason,
            )
            for one in check_lines(now)
        ),
        found=tuple(one.words for one in now.found),
        asks=ASKS,
        made_at=at.astimezone(zone).strftime("%-d %B %Y, %H:%M %Z"),
        made_by=by.name,
        status=f"Limits of {checks().title.lower()}: draft, not reviewed by a clinician.",
    )


def last_done(standing: Any) -> str:
    """When a check was last read, and on whose word."""
    if standing.last is None:
        return "never"
    day = standing.last.at.strftime("%-d %b %Y")
    return f"{day} (attested by {standing.last.by})" if standing.last.is_attested else day


def given(now: Judged) -> list[tuple[str, str]]:
    """What was given in all, in words."""
    sums = now.exposure
    rows = [("Sessions", str(sums.sessions))]
    rows += [("Ketamine (racemic)", quantity(sums.racemic_mg, "mg"))] if sums.racemic_mg else []
    rows += [("Esketamine", quantity(sums.esketamine_mg, "mg"))] if sums.esketamine_mg else []
    if sums.first_at and sums.last_at:
        rows += [
            ("First session", sums.first_at.strftime("%-d %B %Y")),
            ("Last session", sums.last_at.strftime("%-d %B %Y")),
        ]
    rows.append(("Years since the first", UNKNOWN if sums.years is None else f"{sums.years:.1f}"))
    per_kg = UNKNOWN if sums.mg_per_kg is None else quantity(round(sums.mg_per_kg, 2), "mg/kg")
    return [*rows, ("Sum of the doses by weight", per_kg)]


def pdf(told: Letter) -> bytes:
    """The letter as an accessible PDF; every text goes in as data, never as the page's own language."""
    return typst.compile(PAGE, sys_inputs={"letter": json.dumps(asdict(told))}, pdf_standards=["a-2b"])


def bundle(now: Judged, told: Letter, *, at: datetime) -> dict[str, Any]:
    """The letter as a FHIR R4 document: a Composition whose sections are the letter's own words, with the patient."""
    patient = {
        "resourceType": "Patient",
        "name": [{"family": now.course.patient.family_name, "given": [now.course.patient.given_name]}],
        "birthDate": now.course.patient.born_on.isoformat(),
    }
    maker = {"resourceType": "Organization", "name": told.site}
    names = {
        kind: f"urn:uuid:{uuid.uuid5(NAMESPACE, f'{kind}/{now.course.pk}')}" for kind in ("patient", "site", "letter")
    }
    composition = {
        "resourceType": "Composition",
        "status": "final",
        "type": {"text": "Cumulative exposure and long-term safety"},
        "subject": {"reference": names["patient"]},
        "date": at.isoformat(timespec="seconds"),
        "author": [{"reference": names["site"], "display": told.made_by}],
        "title": f"Long-term safety of ketamine treatment, {told.site}",
        "section": sections(told),
    }
    resources = {"letter": composition, "patient": patient, "site": maker}
    return {
        "resourceType": "Bundle",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid.uuid4()}"},
        "type": "document",
        "timestamp": at.isoformat(timespec="seconds"),
        "entry": [{"fullUrl": names[kind], "resource": one} for kind, one in resources.items()],
    }


def sections(told: Letter) -> list[dict[str, Any]]:
    """The letter's chapters as text."""
    chapters = {
        "Given in all": [f"{name}: {words}" for name, words in told.given],
        "Checks": [f"{one.title}: {one.state}, last done {one.last_done}. {one.reason}".strip() for one in told.checks],
        "Found": list(told.found) or ["Nothing that sets off a rule."],
        "What we ask": [told.asks],
    }
    return [
        {"title": title, "text": {"status": "generated", "div": narrative(rows)}} for title, rows in chapters.items()
    ]


def narrative(rows: list[str]) -> str:
    """Lines as the XHTML that FHIR wants, every sign escaped."""
    escaped = [row.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for row in rows]
    return '<div xmlns="http://www.w3.org/1999/xhtml">' + "".join(f"<p>{row}</p>" for row in escaped) + "</div>"
