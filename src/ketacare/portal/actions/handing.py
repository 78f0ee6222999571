"""Handing a patient's record over at the clinic: to them, or to whom they name; who did it, how it was asked for, and in which form stays on record."""

from datetime import datetime

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Patient
from ketacare.clinic.permissions import fetch, sites_where
from ketacare.consent.beyond_care import HANDED_OVER, refuse_unless_allowed

HAND_OVER = "rights.hand-over"
FORMS = ("pdf", "fhir", "json")
FOR_ANOTHER = "for-another"
# how it was asked for -> in words; the trail keeps the first
ASKED = {
    "in-person": "The patient asks in person, and I have seen who they are",
    "in-writing": "The patient asks in writing, and I have checked who they are",
    FOR_ANOTHER: "The patient asks that somebody else gets it",
}


@transaction.atomic
def hand_over_record(*, patient_id: int, form: str, asked: str, by: Actor, at: datetime) -> Patient:
    """Let the whole record of a patient be made in one form, or refuse with the reason."""
    patient = fetch(by, HAND_OVER, Patient.objects.all(), pk=patient_id)
    if form not in FORMS or asked not in ASKED:
        raise ActionRefused("not-asked", ["Say in which form, and how the patient asked for it."])
    if set(patient.sites.values_list("pk", flat=True)) - sites_where(by, HAND_OVER):
        says = (
            "The patient is treated at another site too, and the record is one: somebody of both sites hands it over."
        )
        raise ActionRefused("other-site", [Reason(text=says, who="the quality lead")])
    if asked == FOR_ANOTHER:
        refuse_unless_allowed(patient, HANDED_OVER, at=at)
    audit.record(by=by, at=at, did=f"record handed over as {form}", on=patient, details={"asked": asked})
    return patient
