"""The clinic's pages: how consent stands, capacity, the talk, every signature and its paper."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.clinic.actor import PatientLink, user_id
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.consent import actions, pages, paper, queries
from ketacare.consent.forms import CapacityForm, TalkForm, WithdrawalForm
from ketacare.consent.views.patient import own, own_signed
from ketacare.consent.views.shared import open_course
from ketacare.record.queries import patient_header


@needs("consent.view")
@require_GET
def course(request: Request, course_id: int) -> HttpResponse:
    """Whether consent is in force, why not, and every signature there was; a patient sees their own page."""
    if isinstance(request.actor, PatientLink):
        return own(request, course_id)
    row, now = open_course(request, "consent.view", course_id), timezone.now()
    context = {
        "course": row,
        "header": patient_header(row.patient, course=row, at=now),
        "page": pages.consent_page(row, now),
        "form": WithdrawalForm(),
        "may": {act: may(request.actor, f"consent.{act}", row) for act in ("assess", "explain", "sign", "withdraw")},
    }
    return render(request, "consent/course.html", context)


@needs("consent.view")
@require_GET
def signed(request: Request, course_id: int, pk: int) -> HttpResponse:
    """One signature with the document as it was signed; a patient reads it on their own page."""
    if isinstance(request.actor, PatientLink):
        return own_signed(request, course_id, pk)
    row, now = open_course(request, "consent.view", course_id), timezone.now()
    consent = fetch(request.actor, "consent.view", queries.consents(row), pk=pk)
    context = {
        "course": row,
        "header": patient_header(row.patient, course=row, at=now),
        "consent": consent,
        "text": queries.text_signed(consent.document_sha256),
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


@needs("consent.explain")
@require_http_methods(["GET", "POST"])
@shows_refusals
def talk(request: Request, course_id: int) -> HttpResponse:
    """Write down the talk: who explained, the interpreter, the questions; then the patient answers about the text."""
    row, now = open_course(request, "consent.explain", course_id), timezone.now()
    people = queries.explainers(row)
    form = TalkForm(request.POST or None, people=people, initial={"explained_by": user_id(request.actor)})
    if form.is_valid():
        actions.record_talk(course_id=course_id, talk=form.talk(), by=request.actor, at=now)
        messages.success(request, "The talk is kept. The questions about the text are open.")
        return redirect("consent:questions", course_id, "treatment")
    header = patient_header(row.patient, course=row, at=now)
    context = {"course": row, "header": header, "form": form, "document": queries.document_of(row)}
    return render(request, "consent/talk.html", context)


@needs("consent.view")
@require_GET
def signed_paper(request: Request, course_id: int, pk: int) -> HttpResponse:
    """The signed paper of a consent to treatment."""
    row = open_course(request, "consent.view", course_id)
    consent = fetch(request.actor, "consent.view", queries.consents(row), pk=pk)
    return as_pdf(paper.of_treatment(consent), f"consent-{consent.pk}.pdf")


@needs("consent.view")
@require_GET
def separate_paper(request: Request, course_id: int, pk: int) -> HttpResponse:
    """The signed paper of a separate consent."""
    row = open_course(request, "consent.view", course_id)
    given = fetch(request.actor, "consent.view", queries.separate_given(row), pk=pk)
    return as_pdf(paper.of_separate(given), f"consent-also-{given.pk}.pdf")


def as_pdf(told: paper.SignedPaper, name: str) -> HttpResponse:
    """A paper as a file to keep."""
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(paper.pdf(told), content_type="application/pdf", headers=headers)
