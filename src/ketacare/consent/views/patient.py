"""The pages that a patient reads and signs, in their own log-in or on the clinic's tablet with staff beside them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.actor import Staff, user_id
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.consent import actions, pages, paper, queries
from ketacare.consent.document import SEPARATE, separate_for
from ketacare.consent.forms import AnswerForm, SignatureForm, WithdrawalForm
from ketacare.consent.shapes import TREATMENT, Text
from ketacare.consent.views.shared import LANGUAGES, in_their_language, now_spoken, open_course


@in_their_language
def own(request: Request, course_id: int) -> HttpResponse:
    """The consents of a course as its patient sees them."""
    row = open_course(request, "consent.view", course_id)
    page = pages.own_page(row, timezone.now(), language=now_spoken())
    context = frame(request, row) | {"page": page, "form": WithdrawalForm()}
    return render(request, "consent/own.html", context)


@in_their_language
def own_signed(request: Request, course_id: int, pk: int) -> HttpResponse:
    """What the patient signed for the treatment, word for word."""
    row = open_course(request, "consent.view", course_id)
    consent = fetch(request.actor, "consent.view", queries.consents(row), pk=pk)
    return as_signed(request, row, paper.of_treatment(consent), reverse("consent:paper", args=[row.pk, pk]))


@needs("consent.view")
@require_GET
@in_their_language
def separate_signed(request: Request, course_id: int, pk: int) -> HttpResponse:
    """What the patient signed for one thing beside the treatment, word for word."""
    row = open_course(request, "consent.view", course_id)
    given = fetch(request.actor, "consent.view", queries.separate_given(row), pk=pk)
    return as_signed(request, row, paper.of_separate(given), reverse("consent:separate-paper", args=[row.pk, pk]))


def as_signed(request: Request, course: Course, told: paper.SignedPaper, pdf: str) -> HttpResponse:
    """The words of the signed paper as a page, in the language in which they were signed."""
    context = frame(request, course) | {"page": pages.signed_page(course, told, pdf=pdf)}
    return render(request, "consent/own_signed.html", context)


@needs("consent.sign")
@require_http_methods(["GET", "POST"])
@in_their_language
@shows_refusals
def sign(request: Request, course_id: int) -> HttpResponse:
    """Read the document of the treatment and sign it."""
    row, now = open_course(request, "consent.sign", course_id), timezone.now()
    text = queries.document_of(row, now_spoken())
    form = signature_form(request, row, text)
    if form.is_valid():
        actions.sign_consent(course_id=course_id, signature=form.signature(), by=request.actor, at=now)
        messages.success(request, _("Signed. Thank you."))
        return redirect("consent:course", course_id)
    context = frame(request, row) | {"page": pages.reading_page(row, text, now), "form": form}
    return render(request, "consent/read.html", context)


@needs("consent.sign")
@require_http_methods(["GET", "POST"])
@in_their_language
@shows_refusals
def separate(request: Request, course_id: int, kind: str) -> HttpResponse:
    """Read the text of one thing beside the treatment, and give it or refuse it."""
    row, now = open_course(request, "consent.sign", course_id), timezone.now()
    text = text_of(row, kind)
    refuses = request.POST.get("said") == "refused"
    form = signature_form(request, row, text, unbound=refuses)
    if refuses:
        shown = request.POST.get("document_sha256", "")
        actions.refuse_separate(course_id=course_id, kind=kind, document_sha256=shown, by=request.actor, at=now)
        messages.success(request, _("Your no is kept."))
        return redirect("consent:course", course_id)
    if form.is_valid():
        actions.give_separate(course_id=course_id, kind=kind, signature=form.signature(), by=request.actor, at=now)
        messages.success(request, _("Signed. Thank you."))
        return redirect("consent:course", course_id)
    context = frame(request, row) | {"page": pages.reading_page(row, text, now), "form": form}
    return render(request, "consent/read.html", context)


@needs("consent.answer")
@require_http_methods(["GET", "POST"])
@in_their_language
@shows_refusals
def questions(request: Request, course_id: int, kind: str) -> HttpResponse:
    """The questions about a text: a wrong answer is explained and asked again, and every try is kept."""
    row, now = open_course(request, "consent.answer", course_id), timezone.now()
    text = text_of(row, kind)
    form = AnswerForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        shown = queries.text_shown(row, text, given["document_sha256"])
        said = {"question": given["question"], "choice": given["choice"]}
        actions.answer_question(course_id=course_id, text=shown, **said, by=request.actor, at=now)
        return redirect(f"{request.path}?language={now_spoken()}")
    context = frame(request, row) | {"page": pages.reading_page(row, text, now), "form": form}
    return render(request, "consent/questions.html", context)


@needs("consent.withdraw")
@require_POST
@in_their_language
@shows_refusals
def withdraw(request: Request, course_id: int) -> HttpResponse:
    """Take consent to the treatment back, at once."""
    form = WithdrawalForm(request.POST)
    form.is_valid()
    reason = form.cleaned_data.get("reason", "")
    actions.withdraw_consent(course_id=course_id, reason=reason, by=request.actor, at=timezone.now())
    messages.success(request, _("The consent is taken back. No more medicine is given under it."))
    return redirect("consent:course", course_id)


@needs("consent.withdraw")
@require_POST
@in_their_language
@shows_refusals
def withdraw_separate(request: Request, course_id: int, kind: str) -> HttpResponse:
    """Take one separate consent back, at once."""
    actions.withdraw_separate(course_id=course_id, kind=kind, by=request.actor, at=timezone.now())
    messages.success(request, _("It is taken back, from now on."))
    return redirect("consent:course", course_id)


def text_of(course: Course, kind: str) -> Text:
    """The text of a kind in the language that is spoken; a kind that there is not is not found."""
    if kind == TREATMENT:
        return queries.document_of(course, now_spoken())
    if kind not in SEPARATE:
        raise Http404
    return separate_for(kind, language=now_spoken())


def signature_form(request: Request, course: Course, text: Text, *, unbound: bool = False) -> SignatureForm:
    """The form of a signature; staff also say that the patient is there."""
    is_staff = isinstance(request.actor, Staff)
    witnesses = queries.possible_witnesses(course, but=user_id(request.actor)) if is_staff else None
    if request.method == "POST" and not unbound:
        text = queries.text_shown(course, text, request.POST.get("document_sha256", ""))
    given = None if unbound else request.POST or None
    return SignatureForm(given, text=text, course=course, witnesses=witnesses)


def frame(request: Request, course: Course) -> dict[str, Any]:
    """What every page of a patient carries: whose it is, in which language, and whether staff hold the screen."""
    spoken = now_spoken()
    return {
        "course": course,
        "spoken": spoken,
        "languages": [(code, name) for code, name in LANGUAGES.items() if code != spoken],
        "by_staff": isinstance(request.actor, Staff),
        "back": reverse("consent:course", args=[course.pk]),
        "may_withdraw": may(request.actor, "consent.withdraw", course),
    }
