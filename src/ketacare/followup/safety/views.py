"""The due-list, what one patient was given in all, a check, and the letter to the family doctor."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.permissions import fetch, may, sites_where
from ketacare.clinic.queries import prescribers_at, sites_of
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.consent.beyond_care import LETTER, reasons_against
from ketacare.followup.safety import actions, letter, pages, queries
from ketacare.followup.safety.effects import effects_page
from ketacare.followup.safety.forms import AnswerForm, CheckForm, DueFilterForm
from ketacare.followup.safety.models import SafetyFinding
from ketacare.followup.views import RECORD, REPORT, VIEW, open_course, page
from ketacare.science.surveillance.checks import checks
from ketacare.science.surveillance.usual_course import usual_course

ANSWER = "safety.answer"


@needs(VIEW)
@require_GET
def due(request: Request) -> HttpResponse:
    """What long-term checks wait, for whom?"""
    sites, now = list(sites_of(sites_where(request.actor, VIEW))), timezone.now()
    prescribers = pages.named(prescribers_at({site.pk for site in sites}))
    form = DueFilterForm(request.GET or {}, prescribers=prescribers)
    found = queries.due_page(sites, at=now, narrow=form.value(), number=request.GET.get("page", "1"))
    shows(request, *(row.course.patient_id for row in found.rows))
    shown = {"found": found, "form": form, "lines": pages.lines(found.rows), "checks": checks().checks}
    return render(request, "followup/due_list.html", shown | {"may_record": bool(sites_where(request.actor, RECORD))})


@needs(VIEW)
@require_GET
def exposure(request: Request, course_id: int) -> HttpResponse:
    """What was this patient given in all, and what has to be checked?"""
    found, now = open_course(request, VIEW, course_id), timezone.now()
    told = pages.exposure_page(found, at=now)
    allowed = {"answer": may(request.actor, ANSWER, found), "letter": may(request.actor, REPORT, found)}
    no_letter = reasons_against(found.patient, LETTER, at=now)
    return page(request, found, "exposure", told=told, allowed=allowed, no_letter=no_letter, answer_form=AnswerForm())


@needs(VIEW)
@require_GET
def effects(request: Request, course_id: int) -> HttpResponse:
    """What did this patient feel, session by session, and what is usual?"""
    found, now = open_course(request, VIEW, course_id), timezone.now()
    return page(request, found, "effects", told=effects_page(found, at=now), usual=usual_course())


@needs(RECORD)
@require_http_methods(["GET", "POST"])
@shows_refusals
def check(request: Request, course_id: int, kind: str) -> HttpResponse:
    """Do a check now."""
    if kind not in checks().checks or not checks().checks[kind].asks:
        raise Http404
    found, now = open_course(request, RECORD, course_id), timezone.now()
    with timezone.override(found.site.time_zone):
        asked_from = request.GET.get("session", "")
        session = int(asked_from) if asked_from.isdecimal() else None
        form = CheckForm(request.POST or None, kind=kind, now=now, session=session)
        if not form.is_valid():
            return page(request, found, "safety_check", form=form, check=checks().checks[kind], kind=kind)
        actions.record_check(course_id=course_id, check=form.value(), by=request.actor, at=now)
    messages.success(request, f"{form.check.title}: written down.")
    back = form.cleaned_data["session"]
    return redirect("infusion:gate", back) if back else redirect("followup:exposure", course_id)


@needs(ANSWER)
@require_POST
@shows_refusals
def answer(request: Request, pk: int) -> HttpResponse:
    """Say what was done about a finding."""
    rows = SafetyFinding.objects.select_related("course__patient", "course__site")
    found, form = fetch(request.actor, ANSWER, rows, pk=pk), AnswerForm(request.POST)
    shows(request, found.course.patient_id)
    if form.is_valid():
        actions.answer_finding(finding_id=pk, **form.cleaned_data, by=request.actor, at=timezone.now())
    return redirect("followup:exposure", found.course_id)


@needs(REPORT)
@require_POST
@shows_refusals
def letter_pdf(request: Request, course_id: int) -> HttpResponse:
    """The letter to the family doctor on paper."""
    found, now = open_course(request, REPORT, course_id), timezone.now()
    judged = actions.export_letter(course_id=course_id, form="pdf", by=request.actor, at=now)
    made = letter.pdf(letter.letter(judged, by=request.actor, at=now))
    headers = {"Content-Disposition": f'inline; filename="safety-{found.pk}.pdf"', "Cache-Control": "no-store"}
    return HttpResponse(made, content_type="application/pdf", headers=headers)


@needs(REPORT)
@require_POST
@shows_refusals
def letter_fhir(request: Request, course_id: int) -> HttpResponse:
    """The same as a FHIR document."""
    now = timezone.now()
    found = open_course(request, REPORT, course_id)
    judged = actions.export_letter(course_id=course_id, form="fhir", by=request.actor, at=now)
    made: dict[str, Any] = letter.bundle(judged, letter.letter(judged, by=request.actor, at=now), at=now)
    name = f'attachment; filename="safety-{found.pk}.json"'
    headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
    return JsonResponse(made, headers=headers, content_type="application/fhir+json")
