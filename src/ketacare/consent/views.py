"""Reading, signing and taking back consent."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.actor import Staff, user_id
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.consent import actions, queries
from ketacare.consent.forms import CapacityForm, SignatureForm, WithdrawalForm
from ketacare.record.queries import patient_header


def open_course(request: Request, permission: str, course_id: int) -> Course:
    """The course of a page about its patient, for one who may."""
    course = fetch(request.actor, permission, Course.objects.select_related("patient", "site"), pk=course_id)
    shows(request, course.patient_id)
    return course


@needs("consent.view")
@require_GET
def course(request: Request, course_id: int) -> HttpResponse:
    """Whether consent is in force, why not, and every signature there was."""
    row, now = open_course(request, "consent.view", course_id), timezone.now()
    context = {
        "course": row,
        "header": patient_header(row.patient, course=row, at=now),
        "page": queries.consent_page(row, now),
        "form": WithdrawalForm(),
        "may": {act: may(request.actor, f"consent.{act}", row) for act in ("assess", "sign", "withdraw")},
    }
    return render(request, "consent/course.html", context)


@needs("consent.view")
@require_GET
def signed(request: Request, course_id: int, pk: int) -> HttpResponse:
    """One signature with the document as it was signed."""
    row, now = open_course(request, "consent.view", course_id), timezone.now()
    consent = fetch(request.actor, "consent.view", queries.consents(row), pk=pk)
    context = {
        "course": row,
        "header": patient_header(row.patient, course=row, at=now),
        "consent": consent,
        "document": queries.document_signed(consent),
    }
    return render(request, "consent/signed.html", context)


@needs("consent.assess")
@require_http_methods(["GET", "POST"])
@shows_refusals
def capacity(request: Request, course_id: int) -> HttpResponse:
    """A prescriber's judgement of the patient's capacity to decide."""
    row, now = open_course(request, "consent.assess", course_id), timezone.now()
    document = queries.document_of(row)
    form = CapacityForm(request.POST or None, document=document)
    if form.is_valid():
        note = form.cleaned_data["note"]
        actions.record_capacity(course_id=course_id, answers=form.answers(), note=note, by=request.actor, at=now)
        messages.success(request, "The judgement of capacity is kept.")
        return redirect("consent:course", course_id)
    header = patient_header(row.patient, course=row, at=now)
    context = {"course": row, "header": header, "document": document, "form": form}
    return render(request, "consent/capacity.html", context)


@needs("consent.sign")
@require_http_methods(["GET", "POST"])
@shows_refusals
def sign(request: Request, course_id: int) -> HttpResponse:
    """Read the document and sign it."""
    row, now = open_course(request, "consent.sign", course_id), timezone.now()
    document = queries.document_of(row)
    is_staff = isinstance(request.actor, Staff)
    witnesses = queries.possible_witnesses(row, but=user_id(request.actor)) if is_staff else None
    form = SignatureForm(request.POST or None, document=document, witnesses=witnesses)
    if form.is_valid():
        actions.sign_consent(course_id=course_id, signature=form.signature(), by=request.actor, at=now)
        messages.success(request, "The consent is signed.")
        return redirect("consent:course", course_id)
    header = patient_header(row.patient, course=row, at=now)
    context = {"course": row, "header": header, "document": document, "form": form}
    return render(request, "consent/sign.html", context)


@needs("consent.withdraw")
@require_POST
@shows_refusals
def withdraw(request: Request, course_id: int) -> HttpResponse:
    """Take consent back, at once."""
    form = WithdrawalForm(request.POST)
    form.is_valid()
    reason = form.cleaned_data.get("reason", "")
    actions.withdraw_consent(course_id=course_id, reason=reason, by=request.actor, at=timezone.now())
    messages.success(request, "The consent is taken back. No more medicine is given under it.")
    return redirect("consent:course", course_id)
