"""What a form starts from: a draft, or the words that are to be corrected."""

from ketacare.clinic.actor import Actor
from ketacare.clinic.models import Course
from ketacare.therapy import queries
from ketacare.therapy.models import Draft
from ketacare.therapy.queries import Begun

Start = tuple[dict[str, object], Begun | None]


def session_to_start_from(course: Course, correct: str | None, *, by: Actor) -> Start:
    """A session to be corrected, else the draft of its author."""
    row = queries.sessions(course).filter(pk=correct).first() if correct and correct.isdecimal() else None
    if row is not None:
        told = {"kind": row.kind, "held_at": row.held_at, "minutes": row.minutes, "summary": row.summary}
        return told | {"supersedes": row.pk}, None
    draft = queries.begun(course, Draft.Form.SESSION, by)
    return ({"summary": draft.text} if draft else {}), draft


def note_to_start_from(course: Course, correct: str | None, *, by: Actor) -> Start:
    """A note of the reader's own to be corrected, else their draft."""
    own = queries.own_notes(by).filter(course=course)
    row = own.filter(pk=correct).first() if correct and correct.isdecimal() else None
    if row is not None:
        return {"text": queries.shown(row).text or "", "supersedes": row.pk}, None
    draft = queries.begun(course, Draft.Form.NOTE, by)
    return ({"text": draft.text} if draft else {}), draft
