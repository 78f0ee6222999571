"""Messages between a patient and the clinic."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Patient, Site
from ketacare.clinic.permissions import fetch
from ketacare.portal.models import Thread, ThreadMessage
from ketacare.science.patients import messages


def locked(rows: QuerySet[Thread]) -> QuerySet[Thread]:
    return rows.select_for_update(of=("self",)).select_related("patient")


@transaction.atomic
def open_thread(
    *, patient_id: int, site: Site, subject: str, text: str, form_key: UUID, by: Actor, at: datetime
) -> ThreadMessage:
    """Begin a thread with its first message; the same form sent twice is one."""
    patient = fetch(by, "own.write", Patient.objects.all(), pk=patient_id)
    if (before := sent_before(form_key, patient)) is not None:
        return before
    thread = Thread.objects.create(patient=patient, site=site, subject=subject.strip(), opened_at=at)
    return from_patient(thread, text, form_key, by=by, at=at)


@transaction.atomic
def write_on(*, thread_id: int, text: str, form_key: UUID, by: Actor, at: datetime) -> ThreadMessage:
    """The patient writes again in a thread of theirs."""
    thread = fetch(by, "own.write", locked(Thread.objects.filter(erased_at__isnull=True)), pk=thread_id)
    return sent_before(form_key, thread.patient) or from_patient(thread, text, form_key, by=by, at=at)


def sent_before(form_key: UUID, patient: Patient) -> ThreadMessage | None:
    """The message that this very form has sent already."""
    return ThreadMessage.objects.filter(form_key=form_key, thread__patient=patient).first()


def from_patient(thread: Thread, text: str, form_key: UUID, *, by: Actor, at: datetime) -> ThreadMessage:
    """Keep a message of the patient; the clock runs from the oldest that has no answer, and danger makes it short."""
    refuse_unfit(text)
    is_danger = messages.names_danger(f"{thread.subject} {text}")
    row = ThreadMessage.objects.create(
        thread=thread,
        by_id=user_id(by),
        is_from_patient=True,
        text=text,
        names_danger=is_danger,
        sent_at=at,
        form_key=form_key,
    )
    settings = messages.load()
    due = at + timedelta(hours=settings.danger_h if is_danger else settings.response_h)
    thread.waits_since = thread.waits_since or at
    thread.answer_by = min(filter(None, [thread.answer_by, due]))
    thread.names_danger = thread.names_danger or is_danger
    thread.save(update_fields=["waits_since", "answer_by", "names_danger"])
    audit.record(by=by, at=at, did="message written to the clinic", on=row)
    return row


def refuse_unfit(text: str) -> None:
    """A message has words, and not more than fit."""
    if not text.strip():
        raise ActionRefused("no-words", ["Write something first."])
    if len(text) > messages.load().longest:
        raise ActionRefused("too-long", ["This message is too long. Send it in two parts."])


@transaction.atomic
def take_thread(*, thread_id: int, by: Actor, at: datetime) -> Thread:
    """The reader takes a thread: the answer is theirs from now on."""
    thread = fetch(by, "message.answer", locked(Thread.objects.all()), pk=thread_id)
    thread.owner_id = user_id(by)
    thread.save(update_fields=["owner"])
    audit.record(by=by, at=at, did="messages taken", on=thread)
    return thread


@transaction.atomic
def answer_thread(
    *, thread_id: int, text: str, is_care: bool, form_key: UUID, seen_until: int, by: Actor, at: datetime
) -> ThreadMessage:
    """Answer, and say whether this belongs to care; refused where the patient has written since the page was opened."""
    thread = fetch(by, "message.answer", locked(Thread.objects.filter(erased_at__isnull=True)), pk=thread_id)
    if (before := sent_before(form_key, thread.patient)) is not None:
        return before
    refuse_unfit(text)
    if thread.messages.filter(is_from_patient=True, pk__gt=seen_until).exists():
        raise ActionRefused("written-since", ["The patient has written again. Read that first; your words are below."])
    row = ThreadMessage.objects.create(
        thread=thread, by_id=user_id(by), is_from_patient=False, text=text, sent_at=at, form_key=form_key
    )
    settle(thread, is_care=is_care, by=by)
    audit.record(by=by, at=at, did="message answered", on=row)
    return row


@transaction.atomic
def settle_thread(*, thread_id: int, is_care: bool, seen_until: int, by: Actor, at: datetime) -> Thread:
    """Say that no written answer is needed (they were called, say), and whether this belongs to care."""
    thread = fetch(by, "message.answer", locked(Thread.objects.filter(erased_at__isnull=True)), pk=thread_id)
    if thread.messages.filter(is_from_patient=True, pk__gt=seen_until).exists():
        raise ActionRefused("written-since", ["The patient has written again. Read that first."])
    settle(thread, is_care=is_care, by=by)
    audit.record(by=by, at=at, did="messages settled", on=thread)
    return thread


def settle(thread: Thread, *, is_care: bool, by: Actor) -> None:
    """Nothing waits any more; what once named danger, or was judged to be care, stays care."""
    was_danger = thread.messages.filter(names_danger=True).exists()
    thread.waits_since = thread.answer_by = None
    thread.names_danger = False
    thread.is_care = bool(thread.is_care) or is_care or was_danger
    thread.judged_by_id = user_id(by)
    thread.owner_id = thread.owner_id or user_id(by)
    thread.save(update_fields=["waits_since", "answer_by", "names_danger", "is_care", "judged_by", "owner"])


@transaction.atomic
def mark_read(*, thread_id: int, by: Actor, at: datetime) -> int:
    """The patient has opened a thread: what the clinic wrote there is read."""
    thread = fetch(by, "own.write", locked(Thread.objects.all()), pk=thread_id)
    unread = list(thread.messages.filter(is_from_patient=False, read_at__isnull=True))
    for row in unread:
        row.read_at = at
        row.save(update_fields=["read_at"])
    if unread:
        audit.record(by=by, at=at, did="answers read by the patient", on=thread)
    return len(unread)
