"""Offering a log-in: written down, sent, and written down how that went; shown once where it cannot be sent."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from ketacare.clinic.actor import Actor
from ketacare.clinic.models import Patient
from ketacare.portal import actions
from ketacare.portal.own import letters


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What became of an offer. ``link``: to be handed over, shown once; empty where the letter left."""

    email: str
    link: str
    is_failed: bool


def usual(patient: Patient) -> dict[str, object]:
    """What the form starts from."""
    return {
        "email": patient.user.email if patient.user else patient.email,
        "language": patient.language,
        "is_by_hand": not settings.CAN_SEND_EMAIL,
    }


def invite(patient: Patient, *, email: str, language: str, is_by_hand: bool, by: Actor, at: datetime) -> Sent:
    """Make the link and send it. Killed in between, it stands as perhaps sent, and another one ends it."""
    is_by_hand = is_by_hand or not settings.CAN_SEND_EMAIL
    offer = actions.invite_patient(
        patient_id=patient.pk, email=email, language=language, is_by_hand=is_by_hand, by=by, at=at
    )
    if is_by_hand:
        return Sent(email=offer.email, link=letters.path(offer.token), is_failed=False)
    is_sent = letters.send(offer, zone=patient.sites.order_by("pk")[0].time_zone)
    actions.end_letter(invitation_id=offer.invitation_id, is_sent=is_sent, by=by, at=at)
    return Sent(email=offer.email, link="" if is_sent else letters.path(offer.token), is_failed=not is_sent)
