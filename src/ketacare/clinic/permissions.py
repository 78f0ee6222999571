"""Who may: one table, and the functions that ask it. What is not in the table is not allowed.

What a role allows, a lapsed paper still forbids: ``require`` and ``fetch`` of an action ask for both, in one place.
"""

from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils import timezone

from ketacare.clinic.actor import Actor, Device, Operator, PatientLink, Staff, System
from ketacare.clinic.errors import NotAllowed
from ketacare.clinic.models import AccessGrant, Patient, Role, Site, User
from ketacare.clinic.qualified import refuse_unqualified
from ketacare.science.qualifications import table

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
    "patient.language": frozenset(CARE | {R.PATIENT}),
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
    "evaluation.take-back": frozenset({R.PRESCRIBER}),
    "evaluation.acknowledge": frozenset({R.PRESCRIBER}),
    "policy.view": frozenset(CLINICAL | {R.QUALITY, R.ADMINISTRATOR, R.MEDICAL_DIRECTOR}),
    "policy.propose": frozenset({R.PRESCRIBER, R.QUALITY, R.MEDICAL_DIRECTOR}),
    "policy.approve": frozenset({R.PRESCRIBER, R.MEDICAL_DIRECTOR}),
    "policy.loosen": frozenset({R.MEDICAL_DIRECTOR}),
    "people.manage": frozenset({R.ADMINISTRATOR, OPERATOR, SYSTEM}),
    "qualification.own": frozenset(R) - {R.PATIENT},  # seeing and recording one's own papers
    "qualification.view": frozenset({R.QUALITY, R.ADMINISTRATOR, R.MEDICAL_DIRECTOR}),
    "qualification.record": frozenset({R.ADMINISTRATOR, OPERATOR, SYSTEM}),
    "qualification.confirm": frozenset({R.QUALITY, R.ADMINISTRATOR, R.MEDICAL_DIRECTOR}),
    "device.manage": frozenset({R.ADMINISTRATOR, R.NURSE, SYSTEM}),
    "consent.view": frozenset(CLINICAL | {R.QUALITY, R.PATIENT}),
    "consent.assess": frozenset({R.PRESCRIBER}),
    "consent.explain": frozenset({R.PRESCRIBER, R.NURSE}),
    "consent.answer": frozenset({R.PRESCRIBER, R.NURSE, R.PATIENT}),  # after the talk, the questions about the text
    "consent.ask-again": frozenset(CLINICAL | {SYSTEM}),  # whoever hears what makes a signature not enough any more
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
    "forecast.view-priors": frozenset(CLINICAL | {R.QUALITY, R.MEDICAL_DIRECTOR}),
    "forecast.priors": frozenset({R.PRESCRIBER, R.MEDICAL_DIRECTOR}),  # propose, approve (another one), take back
    "own.view": frozenset({R.PATIENT}),  # one's own pages
    "own.write": frozenset({R.PATIENT}),
    "own.begin": frozenset({R.PATIENT}),  # set the first password, by a link
    "own.invite": frozenset({R.FRONT_DESK, R.PRESCRIBER, R.NURSE}),
    "rights.ask": frozenset({R.PATIENT}),  # correct, erase, disagree
    "rights.restrict": frozenset({R.PATIENT}),
    "rights.lift": frozenset({R.PATIENT}),
    "rights.close": frozenset({R.PATIENT}),
    "rights.view": frozenset({R.PRESCRIBER, R.QUALITY}),
    "rights.decide": frozenset({R.PRESCRIBER, R.QUALITY}),
    "rights.hand-over": frozenset({R.PRESCRIBER, R.QUALITY}),  # the whole record, to the patient or whom they name
    "rights.erase": frozenset({R.QUALITY}),
    "retention.view": frozenset({R.QUALITY, R.ADMINISTRATOR, R.MEDICAL_DIRECTOR, OPERATOR}),
    "retention.apply": frozenset({R.QUALITY, R.ADMINISTRATOR}),  # let go what the law lets go
    "message.view": CLINICAL,  # what patients write to the clinic
    "message.answer": CLINICAL,
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
    "infusion.lessen": frozenset({R.PRESCRIBER, R.NURSE}),  # pause, slow down, end, line loss: never asks for a paper
    "infusion.stop": frozenset(CLINICAL),  # anybody at the bedside may stop the drug
    "infusion.record": frozenset({R.PRESCRIBER, R.NURSE, DEVICE, SYSTEM}),
    "infusion.chart": frozenset(CLINICAL),
    "infusion.intervene": frozenset({R.PRESCRIBER, R.NURSE}),
    "infusion.acknowledge": frozenset({R.PRESCRIBER, R.NURSE}),
    "infusion.correct": frozenset({R.PRESCRIBER, R.NURSE}),
    "infusion.discharge": frozenset({R.PRESCRIBER, R.NURSE}),
    "infusion.transfer": frozenset({R.PRESCRIBER, R.NURSE}),
    "infusion.sign": frozenset({R.PRESCRIBER, R.NURSE}),
    "rems.view": frozenset({R.PRESCRIBER, R.NURSE, R.CUSTODIAN, R.QUALITY}),
    "rems.submit": frozenset({R.PRESCRIBER, R.NURSE, R.CUSTODIAN}),
    "safety.view": frozenset(CLINICAL | {R.QUALITY}),
    "safety.record": CLINICAL,  # whoever hears of an adverse event writes it down
    "safety.report": frozenset({R.PRESCRIBER, R.NURSE, R.QUALITY}),
    "safety.answer": frozenset({R.PRESCRIBER, R.NURSE}),  # say what was done about what a safety check set off
    "safety.watch": frozenset({SYSTEM}),
    "infusion.tick": frozenset({SYSTEM}),
    "booking.view": frozenset(CARE | {R.ADMINISTRATOR, R.MEDICAL_DIRECTOR}),
    "booking.book": frozenset({R.PRESCRIBER, R.NURSE, R.FRONT_DESK}),
    "booking.replan": frozenset({R.PRESCRIBER, R.NURSE, R.FRONT_DESK}),
    "booking.absence": frozenset({R.PRESCRIBER, R.NURSE, R.FRONT_DESK, R.ADMINISTRATOR}),
    "booking.arrange": frozenset({R.FRONT_DESK, R.ADMINISTRATOR, R.MEDICAL_DIRECTOR, SYSTEM}),
    "booking.calendar": CARE,  # their own
    "request.send": frozenset({SYSTEM}),  # from a public form, by nobody we know
    "request.view": frozenset({R.FRONT_DESK, R.PRESCRIBER, R.NURSE}),
    "request.answer": frozenset({R.FRONT_DESK, R.PRESCRIBER, R.NURSE}),
    "request.self-check": CLINICAL,  # the answers that somebody chose to send
    "request.settle": frozenset({R.ADMINISTRATOR}),
    "register.view": frozenset({R.PRESCRIBER, R.NURSE, R.CUSTODIAN, R.QUALITY}),
    "register.keep": frozenset({R.PRESCRIBER, R.NURSE, R.CUSTODIAN, SYSTEM}),  # issue, return, waste, breakage, count
    "register.stock": frozenset({R.CUSTODIAN, SYSTEM}),  # opening, receipt, expired stock, loss, counter-entries
    "register.witness": frozenset({R.PRESCRIBER, R.NURSE, R.CUSTODIAN}),
    "register.explain": frozenset({R.PRESCRIBER, R.NURSE, R.CUSTODIAN}),
    "register.export": frozenset({R.CUSTODIAN, R.QUALITY, OPERATOR}),
    "billing.prices": frozenset(CARE | {R.ADMINISTRATOR, R.MEDICAL_DIRECTOR}),  # read the price list and the codes
    "billing.price": frozenset({R.ADMINISTRATOR, SYSTEM}),  # set them, and what the site is called on a bill
    "billing.view": frozenset(CARE),  # a patient's estimates, superbills and account
    "billing.keep": frozenset({R.FRONT_DESK}),  # estimate, superbill, payment
    "billing.export": frozenset({R.FRONT_DESK, R.ADMINISTRATOR}),
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


def require(by: Actor, permission: str, on: Model, *, at: datetime | None = None) -> None:
    """Raise NotAllowed unless the actor holds the permission where the thing is, ActionRefused if a paper for it is missing.

    ``at``: when it is done. An act that asks for papers cannot be asked about without.
    """
    if at is None and permission in table().acts:
        raise TypeError(f"{permission} asks for papers: say at which moment")
    if not may(by, permission, on):
        raise NotAllowed(permission, f"{on._meta.label_lower}:{on.pk}")
    if at is not None:
        require_papers(by, permission, on, at=at)


def require_papers(by: Actor, permission: str, on: Model, *, at: datetime) -> None:
    """Raise ActionRefused with what is missing, where the act asks for papers and a member of staff does it."""
    staff = by.acting_as if isinstance(by, Operator) else by
    if isinstance(staff, Staff) and permission in table().acts:
        refuse_unqualified(staff, permission, sites=site_ids(on), at=at)


def may(by: Actor, permission: str, on: Model) -> bool:
    """Whether the actor's role allows this; whether their papers do is asked when it is done, and told in words."""
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


def fetch(by: Actor, permission: str, rows: QuerySet[M], *, at: datetime | None = None, **lookup: Any) -> M:
    """The one row that matches, or NotAllowed: a missing row and a forbidden one get the same answer.

    ``at``: when something is done to it. A page that only shows it says none, and asks for no papers.
    """
    row = rows.filter(**lookup).first()
    if row is None or not may(by, permission, row):
        raise NotAllowed(permission, f"{rows.model._meta.label_lower}:{lookup}")
    if at is not None:
        require_papers(by, permission, row, at=at)
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
    for name in ("course", "session", "order", "plan", "answer_set", "check_in", "thread", "patient"):
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
