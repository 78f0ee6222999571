"""Everything that writes in this room."""

from datetime import datetime

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch
from ketacare.therapy.lock import lock
from ketacare.therapy.models import Draft, ProcessNote, SharedTheme, ShareWithdrawal, TherapySession
from ketacare.therapy.queries import own_notes
from ketacare.therapy.values import Held, Kept, Shares

WRITE, KEEP = "therapy.write", "note.keep"


@transaction.atomic
def record_session(*, course_id: int, held: Held, by: Actor, at: datetime) -> TherapySession:
    """Write down a preparation or integration session, or correct one: the earlier wording stays readable."""
    course = locked(course_id, WRITE, by)
    if (sent := TherapySession.objects.filter(form_key=held.form_key, course=course).first()) is not None:
        return sent
    before = session_to_correct(course, held.supersedes)
    reasons = ["The session lies in the future."] if held.at > at else []
    reasons += ["Write a summary."] if not held.summary.strip() else []
    reasons += ["It was corrected meanwhile: read that first."] if before and hasattr(before, "superseded_by") else []
    if reasons:
        raise ActionRefused("not-recorded", reasons)
    row = TherapySession.objects.create(
        course=course,
        kind=held.kind,
        held_at=held.at,
        minutes=held.minutes,
        summary=held.summary.strip(),
        by_id=user_id(by),
        at=at,
        form_key=held.form_key,
        supersedes=before,
    )
    forget_draft(course, Draft.Form.SESSION, by=by, at=at)
    audit.record(by=by, at=at, did="therapy session written down", on=row)
    return row


@transaction.atomic
def keep_note(*, course_id: int, kept: Kept, by: Actor, at: datetime) -> ProcessNote:
    """Keep a process note for its author alone, or correct one of the author's own."""
    course = locked(course_id, KEEP, by)
    if (sent := own_notes(by).filter(form_key=kept.form_key, course=course).first()) is not None:
        return sent
    before = (
        None if kept.supersedes is None else fetch(by, KEEP, own_notes(by).filter(course=course), pk=kept.supersedes)
    )
    if not kept.text.strip():
        raise ActionRefused("no-words", ["Write something first."])
    if before is not None and hasattr(before, "superseded_by"):
        raise ActionRefused("corrected", ["It was corrected meanwhile: read that first."])
    row = ProcessNote.objects.create(
        course=course,
        author_id=user_id(by),
        locked=lock(kept.text.strip()),
        at=at,
        form_key=kept.form_key,
        supersedes=before,
    )
    forget_draft(course, Draft.Form.NOTE, by=by, at=at)
    audit.record(by=by, at=at, did="process note kept", on=row)
    return row


@transaction.atomic
def keep_draft(*, course_id: int, form: str, text: str, by: Actor, at: datetime) -> Draft:
    """Keep what somebody has begun to write; an empty text throws the draft away."""
    course = locked(course_id, KEEP if form == Draft.Form.NOTE else WRITE, by)
    if form not in Draft.Form.values:
        raise ActionRefused("no-such-form", ["There is no such form."])
    row, made = Draft.objects.update_or_create(
        course=course,
        author_id=user_id(by),
        form=form,
        defaults={"locked": lock(text) if text.strip() else "", "at": at},
    )
    audit.record(by=by, at=at, did="draft begun" if made else "draft kept", on=row)
    return row


@transaction.atomic
def record_shared(*, course_id: int, shares: Shares, by: Actor, at: datetime) -> SharedTheme:
    """Write down an intention or a theme that the patient chose to share, with how they said so."""
    course = locked(course_id, WRITE, by)
    if (sent := SharedTheme.objects.filter(form_key=shares.form_key, course=course).first()) is not None:
        return sent
    if not shares.words.strip() or shares.consent not in SharedTheme.Said.values:
        raise ActionRefused("no-consent", ["Write what is shared, and how the patient said that it may be."])
    row = SharedTheme.objects.create(
        course=course,
        kind=shares.kind,
        words=shares.words.strip(),
        consent=shares.consent,
        by_id=user_id(by),
        at=at,
        form_key=shares.form_key,
    )
    audit.record(by=by, at=at, did="intention or theme shared", on=row)
    return row


@transaction.atomic
def withdraw_shared(*, theme_id: int, by: Actor, at: datetime) -> ShareWithdrawal:
    """The patient takes back that something is shared; no page shows it from now on."""
    theme = fetch(by, WRITE, SharedTheme.objects.select_related("course"), pk=theme_id)
    Course.objects.select_for_update().get(pk=theme.course_id)
    if (done := ShareWithdrawal.objects.filter(theme=theme).first()) is not None:
        return done
    row = ShareWithdrawal.objects.create(theme=theme, by_id=user_id(by), at=at)
    audit.record(by=by, at=at, did="shared intention or theme taken back", on=theme)
    return row


def locked(course_id: int, permission: str, by: Actor) -> Course:
    """The course, locked until the transaction ends, for one who may."""
    rows = Course.objects.select_for_update(of=("self",)).select_related("patient", "site")
    return fetch(by, permission, rows, pk=course_id)


def session_to_correct(course: Course, pk: int | None) -> TherapySession | None:
    """The session that a correction is of, in the same course."""
    if pk is None:
        return None
    row = TherapySession.objects.filter(course=course, pk=pk).select_related("superseded_by").first()
    if row is None:
        raise ActionRefused("no-such-session", ["A correction is of a session of the same course."])
    return row


def forget_draft(course: Course, form: str, *, by: Actor, at: datetime) -> None:
    """What was begun is kept for good now: the draft is empty."""
    Draft.objects.filter(course=course, author_id=user_id(by), form=form).update(locked="", at=at)
