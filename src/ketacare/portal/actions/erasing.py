"""Erasing what the law lets go: the words of messages that belong to no care. The rows stay, so that the trail can still be read."""

from datetime import datetime

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Patient
from ketacare.clinic.permissions import fetch
from ketacare.portal.own.erasing import threads_to_erase
from ketacare.rights.models import RightsRequest


@transaction.atomic
def erase_messages(*, patient_id: int, by: Actor, at: datetime) -> int:
    """Erase every thread that may go, because the patient has asked; how many."""
    patient = fetch(by, "rights.erase", Patient.objects.select_for_update(of=("self",)), pk=patient_id)
    asked = patient.rights_requests.filter(kind=RightsRequest.Kind.ERASURE, status=RightsRequest.Status.OPEN)
    if not asked.exists():
        raise ActionRefused("not-asked", ["The patient has not asked for it, or it was decided already."])
    threads = list(threads_to_erase(patient).select_for_update(of=("self",)))
    for thread in threads:
        for row in thread.messages.all():
            row.text = ""
            row.save(update_fields=["text"])
        thread.subject, thread.erased_at = "", at
        thread.save(update_fields=["subject", "erased_at"])
        audit.record(by=by, at=at, did="messages erased", on=thread)
    if not threads:
        raise ActionRefused("nothing", ["There is nothing that may be erased now."])
    return len(threads)
