"""The record to take along as a PDF, a FHIR Bundle and JSON: made in memory, from the same values."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import typst
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext

from ketacare.interop.mapping.own_record import Sitting, bundle
from ketacare.outcomes.queries import standing
from ketacare.portal.own.record_taken import Taken, as_json, plain, taken
from ketacare.portal.own.record_words import LABELS, TITLES
from ketacare.portal.own.visitor import Visitor
from ketacare.record.models import Source
from ketacare.science.scales import library
from ketacare.ui.words import moment

PAGE = Path(__file__).parent / "typst/record.typ"


def pdf(person: Visitor, *, at: datetime) -> bytes:
    """The record on paper in the patient's language, whoever prints it; every text goes in as data, never as the page's own language."""
    with translation.override(person.patient.language):
        said = json.dumps(said_on_paper(person, at=at))
    return typst.compile(PAGE, sys_inputs={"record": said}, pdf_standards=["a-2b"])


def said_on_paper(person: Visitor, *, at: datetime) -> dict[str, object]:
    """Every text of the paper, in the language that is spoken."""
    found = taken(person, at=at)
    return {
        "language": get_language(),
        "title": pgettext("record", "My record"),
        "note": pgettext("record", "What the clinic wrote is shown in the language in which it was written."),
        "nothing": pgettext("record", "Nothing is recorded here."),
        "name": str(person.patient),
        "clinic": person.site.name,
        "made_at": shown(at, found),
        "identity": named(found.patient, found),
        "parts": [
            {
                "title": str(TITLES[part.title]),
                "lines": [named(line, found) for line in part.lines],
            }
            for part in found.parts
        ],
    }


def named(line: Mapping[str, object], found: Taken) -> list[tuple[str, str]]:
    """What is known of a line, each value with what it is called."""
    return [(str(LABELS[name]), shown(value, found)) for name, value in line.items() if value not in (None, "")]


def shown(value: object, found: Taken) -> str:
    """A value in words, times by the patient's clock."""
    if isinstance(value, datetime):
        return moment(value, found.time_zone)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {said}" for name, said in value.items() if said)
    if isinstance(value, bool):
        return pgettext("record", "yes") if value else pgettext("record", "no")
    if isinstance(value, date):
        return date_format(value, "j M Y")
    return plain(value) if not isinstance(value, str | int) else str(value)


def in_json(person: Visitor, *, at: datetime) -> bytes:
    """The record as JSON, digits exact."""
    return json.dumps(as_json(taken(person, at=at)), default=plain, ensure_ascii=False, indent=1).encode()


def fhir(person: Visitor, *, at: datetime) -> bytes:
    """What we can say in FHIR R4: the person, the answers to each scale, and what other systems had sent us, as it came."""
    sittings = [
        Sitting(
            id=row.pk,
            instrument=library.load(row.instrument_id, row.instrument_version),
            answers=row.answers,
            at=row.answered_at,
        )
        for course in person.courses
        for row in standing(course)
    ]
    rows = Source.objects.filter(patient=person.patient, superseded_by__isnull=True).exclude(body="").order_by("pk")
    found = bundle(person.patient, sittings, [json.loads(row.body) for row in rows], at=at)
    return json.dumps(found, default=plain, ensure_ascii=False, indent=1).encode()
