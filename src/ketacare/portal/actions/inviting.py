"""How a patient comes to a log-in: the front desk invites, a link works once."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Patient, User
from ketacare.clinic.permissions import fetch, require
from ketacare.portal.models import LogInInvitation
from ketacare.portal.own.opening import invitations_open
from ketacare.portal.queries import digest
from ketacare.science.patients import messages


@dataclass(frozen=True, kw_only=True)
class Offer:
    """An invitation that is written down and may now leave. The token is nowhere else."""

    invitation_id: int
    email: str
    language: str
    token: str
    expires_at: datetime


@transaction.atomic
def invite_patient(*, patient_id: int, email: str, language: str, is_by_hand: bool, by: Actor, at: datetime) -> Offer:
    """Make the link with which a patient sets a password; an earlier one that is open ends."""
    patient = fetch(by, "own.invite", Patient.objects.select_for_update(of=("self",)), pk=patient_id)
    address = User.objects.normalize_email(email).lower()
    refuse_address_of_another(address, patient)
    patient.log_in_invitations.filter(used_at__isnull=True, withdrawn_at__isnull=True).update(withdrawn_at=at)
    token = secrets.token_urlsafe()
    row = LogInInvitation.objects.create(
        patient=patient,
        token_digest=digest(token),
        email=address,
        language=language,
        letter=LogInInvitation.Letter.BY_HAND if is_by_hand else LogInInvitation.Letter.BEGUN,
        made_by_id=user_id(by),
        made_at=at,
        expires_at=at + timedelta(days=messages.load().invitation.days),
    )
    audit.record(by=by, at=at, did="log-in offered", on=row)
    return Offer(invitation_id=row.pk, email=address, language=language, token=token, expires_at=row.expires_at)


def refuse_address_of_another(address: str, patient: Patient) -> None:
    """An address opens one log-in; somebody else's is told to the staff alone, never to a visitor."""
    if User.objects.filter(email=address).exclude(pk=patient.user_id).exists():
        raise ActionRefused("address-taken", ["Somebody else logs in with this address. Ask the patient for another."])


@transaction.atomic
def end_letter(*, invitation_id: int, is_sent: bool, by: Actor, at: datetime) -> None:
    """Write down whether the letter left."""
    row = fetch(by, "own.invite", LogInInvitation.objects.select_for_update(of=("self",)), pk=invitation_id)
    row.letter = LogInInvitation.Letter.SENT if is_sent else LogInInvitation.Letter.FAILED
    row.save(update_fields=["letter"])
    audit.record(by=by, at=at, did="log-in letter sent" if is_sent else "log-in letter not sent", on=row)


@transaction.atomic
def withdraw_invitation(*, patient_id: int, by: Actor, at: datetime) -> None:
    """End an invitation that is open."""
    patient = fetch(by, "own.invite", Patient.objects.select_for_update(of=("self",)), pk=patient_id)
    for row in patient.log_in_invitations.filter(used_at__isnull=True, withdrawn_at__isnull=True):
        row.withdrawn_at = at
        row.save(update_fields=["withdrawn_at"])
        audit.record(by=by, at=at, did="log-in offer withdrawn", on=row)


@transaction.atomic
def note_wrong_try(*, invitation_id: int, by: Actor, at: datetime) -> None:
    """Somebody with the link gave another date of birth; too many of them end it."""
    row = LogInInvitation.objects.select_for_update(of=("self",)).select_related("patient").get(pk=invitation_id)
    require(by, "own.begin", row)
    row.wrong_tries += 1
    if row.wrong_tries >= messages.load().invitation.wrong_tries and row.used_at is None:
        row.withdrawn_at = row.withdrawn_at or at
    row.save(update_fields=["wrong_tries", "withdrawn_at"])
    audit.record(by=by, at=at, did="wrong date of birth at a log-in link", on=row)


@transaction.atomic
def begin_log_in(*, invitation_id: int, born_on: date, password: str, by: Actor, at: datetime) -> User:
    """Set the password of the patient's log-in; whoever was logged in with the old one is not any more."""
    rows = LogInInvitation.objects.select_for_update(of=("self",)).select_related("patient__user")
    row = fetch(by, "own.begin", rows, pk=invitation_id)
    if not invitations_open(at=at).filter(pk=row.pk).exists() or born_on != row.patient.born_on:
        raise ActionRefused("link-over", ["This link does not work any more."])
    refuse_address_of_another(row.email, row.patient)
    user = row.patient.user or User(name=str(row.patient))
    user.email, user.is_active = row.email, True
    user.set_password(password)
    user.save()
    row.patient.user = user
    row.patient.save(update_fields=["user"])
    row.used_at = at
    row.save(update_fields=["used_at"])
    audit.record(by=by, at=at, did="log-in begun", on=row)
    return user
