"""Everything that writes in this room."""

from datetime import datetime, timedelta

from django.db import transaction

from ketacare.booking import actions as booking
from ketacare.booking.models import Appointment
from ketacare.clinic import actions as clinic
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Patient, Site
from ketacare.clinic.permissions import fetch, require, visible_patients
from ketacare.frontdesk import queries
from ketacare.frontdesk.models import (
    ERASED,
    TRANSITIONS,
    ConsultationRequest,
    ContactTry,
    IdentityDecision,
    ResponseTarget,
    SentSelfCheck,
)
from ketacare.frontdesk.values import RequestInput, TryInput
from ketacare.science.selfcheck import definition

S = ConsultationRequest.Status
ANSWER = "request.answer"
WHO = "the front desk"


@transaction.atomic
def send_request(*, given: RequestInput, by: Actor, at: datetime) -> ConsultationRequest:
    """Take a request from a public form. Nobody is looked for: the answer is the same whoever it is from."""
    site = Site.objects.select_for_update().get(pk=given.site_id)
    require(by, "request.send", site)
    if (sent := ConsultationRequest.objects.filter(key=given.key).first()) is not None:
        return sent
    request = ConsultationRequest.objects.create(
        key=given.key,
        site=site,
        given_name=given.given_name,
        family_name=given.family_name,
        born_on=given.born_on,
        phone=given.phone,
        email=given.email,
        way=given.way,
        language=given.language,
        times=list(given.times),
        needs=given.needs,
        consented_at=at,
        consent_text=given.consent_text,
        received_at=at,
        answer_by=at + timedelta(hours=queries.target_hours(site)),
    )
    if given.answers is not None:
        keep_self_check(request, {name: list(chosen) for name, chosen in given.answers.items()}, at=at)
    audit.record(by=by, at=at, did="consultation requested", on=request)
    return request


def keep_self_check(request: ConsultationRequest, answers: dict[str, list[str]], *, at: datetime) -> None:
    """Keep the answers that came with a request, with what the book in force makes of them."""
    outcome, check = queries.outcome_of(request.site, answers, at=at), definition.cite()
    SentSelfCheck.objects.create(
        request=request,
        answers=answers,
        verdict=outcome.verdict,
        reasons=[one.rule for one in (*outcome.reasons, *outcome.notes)],
        check_version=check.version,
        check_sha256=check.sha256,
        book_version=outcome.evaluation.book_version,
        book_sha256=outcome.evaluation.book_sha256,
    )


@transaction.atomic
def note_contact(*, request_id: int, tried: TryInput, by: Actor, at: datetime) -> ContactTry:
    """Write down that somebody tried to reach the person; once they were reached or have word, the request is answered."""
    request = locked(request_id, by)
    refuse_if_over(request)
    row = ContactTry.objects.create(
        request=request, way=tried.way, came=tried.came, note=tried.note.strip(), by_id=user_id(by), at=at
    )
    if tried.came != ContactTry.Came.NOBODY and request.status == S.NEW:
        move(request, S.ANSWERED, at=at)
    audit.record(by=by, at=at, did="contact tried", on=request)
    return row


@transaction.atomic
def agree_appointment(
    *, request_id: int, appointment_at: datetime, by: Actor, at: datetime, prescriber_id: int | None = None
) -> ConsultationRequest:
    """Keep the time that was agreed for the first visit, booked where a prescriber is named; a later one takes its place."""
    request = locked(request_id, by)
    refuse_if_over(request)
    if appointment_at <= at:
        raise ActionRefused("appointment-past", [Reason(text="The appointment must lie in the future.", who=WHO)])
    call_off_booked(request, "Another time was agreed", by=by, at=at)
    request.appointment_at = appointment_at
    request.booked = None if prescriber_id is None else book(request, prescriber_id, by=by, at=at)
    move(request, S.BOOKED, at=at)
    audit.record(by=by, at=at, did="appointment agreed", on=request)
    return request


def book(request: ConsultationRequest, prescriber_id: int, *, by: Actor, at: datetime) -> Appointment | None:
    """A place in the prescriber's day; the booking room refuses what cannot be."""
    return booking.book_consultation(
        site_id=request.site_id,
        prescriber_id=prescriber_id,
        starts_at=request.appointment_at,
        visitor_name=f"{request.given_name} {request.family_name}",
        by=by,
        at=at,
    )


def call_off_booked(request: ConsultationRequest, reason: str, *, by: Actor, at: datetime) -> None:
    """Give the time back that was booked before."""
    if request.booked is not None and request.booked.state == Appointment.State.BOOKED:
        how = Appointment.State.CANCELLED
        booking.call_off(appointment_id=request.booked_id, how=how, reason=reason, by=by, at=at)


@transaction.atomic
def judge_identity(
    *, request_id: int, patient_id: int, is_same: bool, reason: str, by: Actor, at: datetime
) -> IdentityDecision:
    """Say that a patient is, or is not, the person who asked, and why. Both records stay as they are."""
    request = locked(request_id, by)
    refuse_if_over(request)
    patient = fetch(by, "patient.view", visible_patients(by), pk=patient_id)
    shown = next((one for one in queries.candidates(request, by) if one.patient == patient), None)
    if shown is None:
        raise ActionRefused("no-candidate", [Reason(text="Too little says that these two are one person.", who=WHO)])
    if not reason.strip():
        raise ActionRefused("no-reason", [Reason(text="Say what makes you sure.", who=WHO)])
    decision = IdentityDecision.objects.create(
        request=request,
        patient=patient,
        is_same=is_same,
        reason=reason.strip(),
        score=shown.likeness.score,
        shown={one.field: [one.per_cent, one.points, one.weight] for one in shown.likeness.agreements},
        decided_by_id=user_id(by),
        decided_at=at,
    )
    did = "judged the same person" if is_same else "judged another person"
    audit.record(by=by, at=at, did=did, on=decision)
    return decision


@transaction.atomic
def admit_request(
    *, request_id: int, indication: str, sex_at_birth: str, by: Actor, at: datetime
) -> ConsultationRequest:
    """Make the person a patient with a course, or go on with the patient they were judged to be."""
    request = locked(request_id, by)
    refuse_if_over(request)
    known = known_as(request, by)
    patient = known or clinic.add_patient(
        site=request.site,
        given_name=request.given_name,
        family_name=request.family_name,
        born_on=request.born_on,
        sex_at_birth=sex_at_birth,
        phone=request.phone,
        email=request.email,
        language=request.language,
        by=by,
        at=at,
    )
    course = clinic.open_course(patient=patient, site=request.site, indication=indication, by=by, at=at)
    request.patient, request.course = patient, course
    if request.booked is not None:
        booking.name_visitor(appointment_id=request.booked_id, patient=patient, by=by, at=at)
    move(request, S.ADMITTED, at=at)
    audit.record(by=by, at=at, did="request admitted", on=request)
    return request


def known_as(request: ConsultationRequest, by: Actor) -> Patient | None:
    """The patient whom somebody judged the person to be; refuses while a likely one was not judged, or two were."""
    shown = queries.candidates(request, by)
    if waiting := [one for one in shown if one.decision is None]:
        says = f"{len(waiting)} registered patient(s) may be this person: say of each whether it is."
        raise ActionRefused("candidates-open", [Reason(text=says, who=WHO)])
    same = [one.patient for one in shown if one.decision and one.decision.is_same]
    if len(same) > 1:
        says = "Two patients were judged to be this person: they may be one person registered twice. Judge again."
        raise ActionRefused("two-the-same", [Reason(text=says, who=WHO)])
    if same and not same[0].sites.filter(pk=request.site_id).exists():
        says = "This patient is registered at another site: the request has to be answered there."
        raise ActionRefused("other-site", [Reason(text=says, who=WHO)])
    return same[0] if same else None


@transaction.atomic
def close_request(
    *, request_id: int, because: str, by: Actor, at: datetime, repeats_id: int | None = None
) -> ConsultationRequest:
    """Close a request with the reason; as a repeat of another one it stays beside it, and nothing is merged."""
    request = locked(request_id, by)
    refuse_if_over(request)
    if not because.strip():
        raise ActionRefused("no-reason", [Reason(text="Say why it is closed.", who=WHO)])
    if repeats_id is not None:
        rows = ConsultationRequest.objects.filter(site=request.site).exclude(pk=request.pk)
        request.repeats = fetch(by, ANSWER, rows, pk=repeats_id)
    call_off_booked(request, because, by=by, at=at)
    request.closed_because = because.strip()
    move(request, S.CLOSED, at=at)
    audit.record(by=by, at=at, did="request closed", on=request)
    return request


@transaction.atomic
def erase_requests(*, site_id: int, over_before: datetime, by: Actor, at: datetime) -> int:
    """Erase the words of requests that led to nothing and all that came with them; the rows stay. How many."""
    site = fetch(by, "retention.apply", Site.objects.all(), pk=site_id)
    due = queries.led_to_nothing(site).filter(over_at__lt=over_before)
    rows = ConsultationRequest.objects.select_for_update(of=("self",)).filter(
        pk__in=list(due.values_list("pk", flat=True))
    )
    ids = [row.pk for row in rows]
    visits = list(rows.exclude(booked__isnull=True).values_list("booked_id", flat=True))
    for table in (SentSelfCheck, ContactTry, IdentityDecision):
        table.objects.filter(request__in=ids).delete()
    rows.update(**ERASED, closed_because="Erased: kept no longer", erased_at=at)
    booking.forget_visitors(appointment_ids=visits, by=by, at=at)
    audit.record(by=by, at=at, did="requests erased", on=site, details={"count": len(ids), "requests": ids})
    return len(ids)


@transaction.atomic
def settle_response_target(*, site_id: int, hours: int, by: Actor, at: datetime) -> ResponseTarget:
    """Say within how many hours a site answers; requests that came before keep their time."""
    site = fetch(by, "request.settle", Site.objects.all(), pk=site_id)
    if hours < 1:
        raise ActionRefused("no-hours", [Reason(text="At least one hour.", who="the administrator")])
    row = ResponseTarget.objects.create(site=site, hours=hours, set_by_id=user_id(by), set_at=at)
    audit.record(by=by, at=at, did="response target set", on=row)
    return row


def locked(request_id: int, by: Actor) -> ConsultationRequest:
    """The request, locked until the transaction ends, for an actor who may answer it."""
    rows = ConsultationRequest.objects.select_for_update(of=("self",)).select_related("site", "booked")
    return fetch(by, ANSWER, rows, pk=request_id)


def refuse_if_over(request: ConsultationRequest) -> None:
    """Nothing is added to a request that is over."""
    if not TRANSITIONS[request.status]:
        raise ActionRefused("request-over", [Reason(text=f"This request is over: {request.get_status_display()}.")])


def move(request: ConsultationRequest, to: str, *, at: datetime) -> None:
    """Take a request along the table of legal steps; whatever ends its wait answers it."""
    if to not in TRANSITIONS[request.status]:
        raise ActionRefused("request-step", [f"A request that is {request.status} does not become {to}."])
    request.status = to
    request.answered_at = request.answered_at or at
    request.save()
