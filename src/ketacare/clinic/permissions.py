"""Who may: one table, and the functions that ask it. What is not in the table is not allowed."""

from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils import timezone

from ketacare.clinic.actor import Actor, Device, Operator, PatientLink, Staff, System
from ketacare.clinic.errors import NotAllowed
from ketacare.clinic.models import AccessGrant, Patient, Role, Site, User

M = TypeVar("M", bound=Model)
R = Role
CLINICAL = frozenset({R.PRESCRIBER, R.NURSE, R.THERAPIST})
CARE = CLINICAL | {R.FRONT_DESK}
OPERATOR = "operator"  # somebody at the command line who acts as nobody in particular
SYSTEM = "system"  # the software itself: clock, demo, seals
DEVICE = "device"

# permission -> who holds it. Every page and every action names one of these.
PERMISSIONS: dict[str, frozenset[str]] = {
    "today.view": frozenset(R) - {R.PATIENT},
    "patient.view": frozenset(CARE | {R.QUALITY}),
    "patient.create": frozenset({R.FRONT_DESK, R.PRESCRIBER, R.NURSE, R.ADMINISTRATOR, OPERATOR, SYSTEM}),
    "patient.identify": frozenset(CARE),
    "record.view": frozenset(CLINICAL | {R.QUALITY}),
    "record.import": frozenset({R.PRESCRIBER, R.NURSE, R.ADMINISTRATOR, OPERATOR, SYSTEM}),
    "record.measure": frozenset({R.PRESCRIBER, R.NURSE, SYSTEM}),
    "record.reconcile": frozenset({R.PRESCRIBER, R.NURSE}),
    "course.open": frozenset({R.FRONT_DESK, R.PRESCRIBER, R.NURSE}),
    "course.move": frozenset({R.PRESCRIBER, R.NURSE, SYSTEM}),
    "hold.place": frozenset(CLINICAL | {SYSTEM}),
    "hold.lift": frozenset({R.PRESCRIBER}),
    "access.view": frozenset({R.QUALITY, R.ADMINISTRATOR, R.PRESCRIBER}),
    "access.break-glass": frozenset(CLINICAL),
    "access.review": frozenset({R.QUALITY}),
    "evaluation.view": frozenset(CLINICAL | {R.QUALITY}),
    "evaluation.answer": frozenset(CLINICAL),
    "evaluation.clear": frozenset({R.PRESCRIBER}),
    "evaluation.screen": frozenset({SYSTEM}),
    "evaluation.decide": frozenset({R.PRESCRIBER}),
    "policy.view": frozenset(CLINICAL | {R.QUALITY, R.ADMINISTRATOR, R.MEDICAL_DIRECTOR}),
    "policy.propose": frozenset({R.PRESCRIBER, R.QUALITY, R.MEDICAL_DIRECTOR}),
    "policy.approve": frozenset({R.PRESCRIBER, R.MEDICAL_DIRECTOR}),
    "policy.loosen": frozenset({R.MEDICAL_DIRECTOR}),
    "people.manage": frozenset({R.ADMINISTRATOR, OPERATOR, SYSTEM}),
    "device.manage": frozenset({R.ADMINISTRATOR, R.NURSE, SYSTEM}),
    "consent.view": frozenset(CLINICAL | {R.QUALITY, R.PATIENT}),
    "consent.assess": frozenset({R.PRESCRIBER}),
    "consent.sign": frozenset({R.PRESCRIBER, R.NURSE, R.PATIENT}),
    "consent.withdraw": frozenset(CARE | {R.PATIENT}),
    "therapy.view": CLINICAL,
    "therapy.write": CLINICAL,
    "note.keep": frozenset({R.THERAPIST}),  # and each reads only their own; no grant opens them
    "outcome.view": frozenset(CLINICAL | {R.QUALITY}),
    "outcome.record": frozenset(CLINICAL),
    "outcome.answer": frozenset({R.PATIENT}),  # their own, from a link
    "alert.own": frozenset(CLINICAL),
    "checkin.view": frozenset(CLINICAL | {R.QUALITY}),
    "checkin.arrange": CLINICAL,
    "checkin.stop": frozenset({R.PATIENT}),  # no more messages, by their own link
    "checkin.run": frozenset({SYSTEM}),
    "capture.view": frozenset({R.PRESCRIBER, R.NURSE, R.QUALITY, R.MEDICAL_DIRECTOR}),
    "alert.rota": frozenset(CLINICAL | {R.QUALITY, R.ADMINISTRATOR, R.MEDICAL_DIRECTOR}),
    "alert.arrange": frozenset({R.PRESCRIBER, R.ADMINISTRATOR, R.MEDICAL_DIRECTOR, SYSTEM}),
    "alert.times": frozenset(CLINICAL | {R.QUALITY, R.MEDICAL_DIRECTOR}),
    "alert.climb": frozenset({SYSTEM}),
    "licence.view": frozenset(CLINICAL | {R.QUALITY, R.ADMINISTRATOR, R.MEDICAL_DIRECTOR}),
    "licence.state": frozenset({R.PRESCRIBER, R.ADMINISTRATOR, R.MEDICAL_DIRECTOR}),
    "plan.view": frozenset(CLINICAL | {R.CUSTODIAN, R.QUALITY}),
    "plan.draft": frozenset({R.PRESCRIBER}),
    "order.draft": frozenset({R.PRESCRIBER, R.NURSE}),
    "order.sign": frozenset({R.PRESCRIBER}),
    "order.second-sign": frozenset({R.PRESCRIBER}),
    "order.void": frozenset({R.PRESCRIBER}),
    "review.view": frozenset(CLINICAL | {R.QUALITY}),
    "review.decide": frozenset({R.PRESCRIBER}),
    "practice.view": frozenset(CLINICAL | {R.CUSTODIAN, R.QUALITY, R.ADMINISTRATOR}),
    "practice.settle": frozenset({R.PRESCRIBER}),
    "exposure.view": CLINICAL,
    "model.view": frozenset(CLINICAL | {R.QUALITY}),
    "simulator.use": CLINICAL,
    "order.use": frozenset({R.PRESCRIBER, R.NURSE}),
    "infusion.view": frozenset(CLINICAL | {R.QUALITY}),
    "infusion.plan": frozenset({R.PRESCRIBER, R.NURSE, R.FRONT_DESK}),
    "infusion.check-in": frozenset({R.PRESCRIBER, R.NURSE, R.FRONT_DESK}),
    "infusion.call-off": frozenset({R.PRESCRIBER, R.NURSE, R.FRONT_DESK}),
    "infusion.attest": frozenset({R.PRESCRIBER, R.NURSE}),
    "infusion.override": frozenset({R.PRESCRIBER, R.NURSE}),
    "infusion.override-as-prescriber": frozenset({R.PRESCRIBER}),
    "infusion.start": frozenset({R.PRESCRIBER, R.NURSE}),
    "infusion.dose": frozenset({R.PRESCRIBER, R.NURSE}),
    "infusion.stop": frozenset(CLINICAL),  # anybody at the bedside may stop the drug
    "infusion.record": frozenset({R.PRESCRIBER, R.NURSE, DEVICE, SYSTEM}),
    "infusion.chart": frozenset(CLINICAL),
    "infusion.intervene": frozenset({R.PRESCRIBER, R.NURSE}),
    "infusion.acknowledge": frozenset({R.PRESCRIBER, R.NURSE}),
    "infusion.correct": frozenset({R.PRESCRIBER, R.NURSE}),
    "infusion.discharge": frozenset({R.PRESCRIBER, R.NURSE}),
    "infusion.sign": frozenset({R.PRESCRIBER, R.NURSE}),
    "rems.view": frozenset({R.PRESCRIBER, R.NURSE, R.CUSTODIAN, R.QUALITY}),
    "rems.submit": frozenset({R.PRESCRIBER, R.NURSE, R.CUSTODIAN}),
    "safety.view": frozenset(CLINICAL | {R.QUALITY}),
    "safety.record": CLINICAL,  # whoever hears of an adverse event writes it down
    "safety.report": frozenset({R.PRESCRIBER, R.NURSE, R.QUALITY}),
    "safety.answer": frozenset({R.PRESCRIBER, R.NURSE}),  # say what was done about what a safety check set off
    "safety.watch": frozenset({SYSTEM}),
    "infusion.tick": frozenset({SYSTEM}),
    "register.view": frozenset({R.PRESCRIBER, R.NURSE, R.CUSTODIAN, R.QUALITY}),
    "register.keep": frozenset({R.PRESCRIBER, R.NURSE, R.CUSTODIAN, SYSTEM}),  # issue, return, waste, breakage, count
    "register.stock": frozenset({R.CUSTODIAN, SYSTEM}),  # opening, receipt, expired stock, loss, counter-entries
    "register.witness": frozenset({R.PRESCRIBER, R.NURSE, R.CUSTODIAN}),
    "register.explain": frozenset({R.PRESCRIBER, R.NURSE, R.CUSTODIAN}),
    "register.export": frozenset({R.CUSTODIAN, R.QUALITY, OPERATOR}),
}

# What a break-glass grant opens: reading, never writing.
OPENED_BY_GRANT = {
    "patient.view",
    "record.view",
    "outcome.view",
    "infusion.view",
    "evaluation.view",
    "plan.view",
    "exposure.view",
    "consent.view",
}


def require(by: Actor, permission: str, on: Model) -> None:
    """Raise NotAllowed unless the actor holds the permission where the thing is."""
    if not may(by, permission, on):
        raise NotAllowed(permission, f"{on._meta.label_lower}:{on.pk}")


def may(by: Actor, permission: str, on: Model) -> bool:
    """Whether the actor holds the permission on this thing."""
    holders = PERMISSIONS[permission]
    match by:
        case System():
            return SYSTEM in holders
        case Device():
            return DEVICE in holders and by.site_id in site_ids(on)
        case PatientLink():
            return R.PATIENT in holders and by.patient_id == patient_id(on)
        case Operator():
            return OPERATOR in holders if by.acting_as is None else may(by.acting_as, permission, on)
        case Staff():
            here = site_ids(on)
            holds = any(role in holders and site in here for site, role in by.roles)
            return holds or (permission in OPENED_BY_GRANT and has_grant(by, on, at=timezone.now()))


def holds_somewhere(by: Actor, permission: str) -> bool:
    """Whether the actor holds the permission at any site: enough to show a list or a menu entry."""
    holders = PERMISSIONS[permission]
    match by:
        case Staff():
            return any(role in holders for _, role in by.roles)
        case PatientLink():
            return R.PATIENT in holders
        case Operator():
            return OPERATOR in holders if by.acting_as is None else holds_somewhere(by.acting_as, permission)
        case System():
            return SYSTEM in holders
        case Device():
            return DEVICE in holders


def sites_where(by: Actor, permission: str) -> set[int]:
    """The sites at which a member of staff holds the permission."""
    staff = by.acting_as if isinstance(by, Operator) else by
    if not isinstance(staff, Staff):
        return set()
    holders = PERMISSIONS[permission]
    return {site for site, role in staff.roles if role in holders}


def visible_patients(by: Actor, permission: str = "patient.view") -> QuerySet[Patient]:
    """The patients of the actor's sites (staff), or the patient themself."""
    if isinstance(by, PatientLink):
        return Patient.objects.filter(pk=by.patient_id)
    here = Patient.sites.through.objects.filter(site_id__in=sites_where(by, permission))
    return Patient.objects.filter(pk__in=here.values("patient_id"))  # not a join, which would sort every patient


def fetch(by: Actor, permission: str, rows: QuerySet[M], **lookup: Any) -> M:
    """The one row that matches, or NotAllowed: a missing row and a forbidden one get the same answer."""
    row = rows.filter(**lookup).first()
    if row is None:
        raise NotAllowed(permission, f"{rows.model._meta.label_lower}:{lookup}")
    require(by, permission, row)
    return row


def site_ids(on: Model) -> set[int]:
    """The sites that a thing belongs to: its own, its course's, its patient's; a member of staff's, where they work."""
    if isinstance(on, Site):
        return {on.pk}
    if isinstance(on, User):
        return set(on.memberships.values_list("site_id", flat=True))
    if isinstance(on, Patient):
        return set(on.sites.values_list("pk", flat=True))
    if (site := getattr(on, "site_id", None)) is not None:
        return {site}
    above = owner(on)
    return set() if above is None else site_ids(above)


def patient_id(on: Model) -> int | None:
    """The patient that a thing is about; None for a site or a member of staff."""
    if isinstance(on, Patient):
        return on.pk
    if (patient := getattr(on, "patient_id", None)) is not None:
        return int(patient)
    above = owner(on)
    return None if above is None else patient_id(above)


def owner(on: Model) -> Model | None:
    """The next thing up: session, order or plan -> course -> patient."""
    for name in ("course", "session", "order", "plan", "answer_set", "check_in", "patient"):
        if getattr(on, f"{name}_id", None) is not None:
            return getattr(on, name)
    return None


def has_grant(by: Staff, on: Model, *, at: datetime) -> bool:
    """Whether an unexpired break-glass grant opens this patient to this person."""
    patient = patient_id(on)
    return (
        patient is not None
        and AccessGrant.objects.filter(user_id=by.user_id, patient_id=patient, expires_at__gt=at).exists()
    )
