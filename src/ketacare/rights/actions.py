"""A right is a request with a date: made by the patient, decided by a named person, with a reason."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Disagreement, Patient, Site
from ketacare.clinic.permissions import fetch
from ketacare.rights import entries
from ketacare.rights.models import RightsRequest
from ketacare.science.rights import law

S = RightsRequest.Status
MOST_WORDS = 4000


@transaction.atomic
def ask(
    *, patient_id: int, site: Site, kind: str, about: str, words: str, form_key: UUID, by: Actor, at: datetime
) -> RightsRequest:
    """The patient asks; until when it is decided follows from the law of the site."""
    patient = fetch(by, "rights.ask", Patient.objects.all(), pk=patient_id)
    before = RightsRequest.objects.filter(form_key=form_key, patient=patient).first()
    if before is not None:
        return before
    if not words.strip() or len(words) > MOST_WORDS:
        raise ActionRefused("words", ["Write what you ask for, in at most 4000 letters."])
    if about and entries.entry(patient, about) is None:
        raise ActionRefused("no-such-entry", ["There is no such entry in this record."])
    made_on = at.astimezone(ZoneInfo(site.time_zone)).date()
    row = RightsRequest.objects.create(
        patient=patient,
        site=site,
        kind=kind,
        about=about,
        words=words.strip(),
        made_at=at,
        due_on=law.due_on(law.load(site.jurisdiction), kind, made_on),
        form_key=form_key,
    )
    audit.record(by=by, at=at, did=f"{kind} asked for", on=row)
    return row


def locked_open(request_id: int, *, by: Actor) -> RightsRequest:
    """A request that nobody has decided, locked."""
    rows = RightsRequest.objects.select_for_update(of=("self",)).select_related("patient", "site")
    row = fetch(by, "rights.decide", rows, pk=request_id)
    if row.status != S.OPEN:
        raise ActionRefused("decided", ["This request has been decided already."])
    return row


def decide(row: RightsRequest, status: str, reason: str, *, by: Actor, at: datetime) -> RightsRequest:
    """Keep the decision with its reason."""
    if not reason.strip():
        raise ActionRefused("no-reason", ["Say why, or what was done: the patient reads it."])
    row.status, row.reason, row.decided_by_id, row.decided_at = status, reason.strip(), user_id(by), at
    row.save(update_fields=["status", "reason", "decided_by", "decided_at", "corrected_by"])
    audit.record(by=by, at=at, did=f"{row.kind} {status}", on=row)
    return row


@transaction.atomic
def accept(*, request_id: int, reason: str, by: Actor, at: datetime) -> RightsRequest:
    """Done as asked. An entry must have been corrected where it lives, by something that supersedes it: that is linked."""
    row = locked_open(request_id, by=by)
    found = entries.entry(row.patient, row.about) if row.about else None
    if row.kind == RightsRequest.Kind.CORRECTION and found is not None:
        correction = entries.later(found)
        if correction is None:
            raise ActionRefused("not-corrected", ["Correct the entry on its own page first; then accept."])
        row.corrected_by = entries.name_of(correction)
    return decide(row, S.ACCEPTED, reason, by=by, at=at)


@transaction.atomic
def refuse(*, request_id: int, reason: str, by: Actor, at: datetime) -> RightsRequest:
    """Refused, with the reason that the patient reads; they may then say what they disagree with."""
    return decide(locked_open(request_id, by=by), S.REFUSED, reason, by=by, at=at)


@transaction.atomic
def disagree(*, request_id: int, words: str, by: Actor, at: datetime) -> Disagreement:
    """The patient states what they disagree with; it stands beside the entry from now on."""
    rows = RightsRequest.objects.select_for_update(of=("self",)).filter(status=S.REFUSED, kind="correction")
    row = fetch(by, "rights.ask", rows, pk=request_id)
    found = clinic.state_disagreement(patient_id=row.patient_id, on=row.about, words=words, by=by, at=at)
    audit.record(by=by, at=at, did="refusal disagreed with", on=row)
    return found
