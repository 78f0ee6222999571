"""Adverse events: those of a course, one case, its report; the call of the next day; and what the scores foretell."""

from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.header import header_of
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.followup import actions, calls, forecasting, paper, queries, reporting
from ketacare.followup.forms import AgainForm, CallForm, ForecastForm, HappenedForm, SentForm, TakeUpForm, WantForm
from ketacare.followup.models import SafetyCase
from ketacare.followup.wanted import wanted_of
from ketacare.infusion.fragments import may_stop
from ketacare.infusion.models import Session
from ketacare.science.errors import ScienceError
from ketacare.science.monitoring.adverse import adverse_events

VIEW, RECORD, REPORT = "safety.view", "safety.record", "safety.report"


def page(request: Request, course: Course, template: str, **context: Any) -> HttpResponse:
    """A page about a patient's safety, on the site's clock."""
    now = timezone.now()
    given = {
        "course": course,
        "parent": "ui/patient.html",
        "header": header_of(course.patient, course=course, at=now),
        "book": adverse_events(),
        "may": {"record": may(request.actor, RECORD, course), "report": may(request.actor, REPORT, course)},
    }
    form = context.get("form")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form is not None and form.errors else None
    return render(request, f"followup/{template}.html", given | context, status=status)


def open_course(request: Request, permission: str, course_id: int) -> Course:
    """The course of a page, for one who may."""
    found = fetch(request.actor, permission, Course.objects.select_related("patient", "site"), pk=course_id)
    shows(request, found.patient_id)
    return found


def open_case(request: Request, permission: str, pk: int) -> SafetyCase:
    """A case, for one who may."""
    found = fetch(request.actor, permission, queries.cases(), pk=pk)
    shows(request, found.course.patient_id)
    return found


@needs(VIEW)
@require_GET
def course(request: Request, course_id: int) -> HttpResponse:
    """What unwanted happened to this patient?"""
    found = open_course(request, VIEW, course_id)
    events = queries.cases_of(found, at=timezone.now())
    waiting = queries.without_case([found.site_id]).filter(session__course=found)
    return page(request, found, "course", events=events, waiting=waiting, form_key=uuid4())


@needs(RECORD)
@require_http_methods(["GET", "POST"])
@shows_refusals
def new(request: Request, course_id: int) -> HttpResponse:
    """Write down an adverse event that was told of outside a session."""
    found, now = open_course(request, RECORD, course_id), timezone.now()
    with timezone.override(found.site.time_zone):
        form = HappenedForm(request.POST or None, now=now)
        if form.is_valid():
            made = actions.record_afterwards(course_id=course_id, **form.value(), by=request.actor, at=now)
            return redirect("followup:case", made.pk)
        return page(request, found, "event", form=form, title="Write down an adverse event")


@needs(RECORD)
@require_http_methods(["GET", "POST"])
@shows_refusals
def in_session(request: Request, pk: int) -> HttpResponse:
    """Write down an adverse event of a session, from the cockpit."""
    rows = Session.objects.select_related("course__patient", "course__site")
    session, now = fetch(request.actor, RECORD, rows, pk=pk), timezone.now()
    shows(request, session.patient_id)
    with timezone.override(session.course.site.time_zone):
        form = HappenedForm(request.POST or None, now=now)
        if form.is_valid():
            actions.record_in_session(session_id=pk, **form.value(), by=request.actor, at=now)
            return redirect("infusion:session", pk)
        beside = {"session": session, "parent": "infusion/bedside.html", "may_stop": may_stop(session, request.actor)}
        return page(request, session.course, "event", form=form, title="Adverse event in this session", **beside)


@needs(RECORD)
@require_POST
@shows_refusals
def take_up(request: Request) -> HttpResponse:
    """Open the case of an entry that has none."""
    form = TakeUpForm(request.POST)
    if not form.is_valid():
        return redirect("worklist:today")
    given = form.cleaned_data
    made = actions.take_up(entry_id=given["entry"], form_key=given["form_key"], by=request.actor, at=timezone.now())
    return redirect("followup:judge", made.pk)


@needs(VIEW)
@require_GET
def case(request: Request, pk: int) -> HttpResponse:
    """One adverse event: what is known, since when, and what is to be done."""
    return case_page(request, open_case(request, VIEW, pk))


def case_page(request: Request, found: SafetyCase, **context: Any) -> HttpResponse:
    """The page of a case, with the form of its report as it was typed where it was not taken."""
    now = timezone.now()
    shown = queries.judgements(found)
    given = {
        "case": found,
        "due": queries.due_of(found, at=now),
        "judgements": shown,
        "newest": shown[0],
        "is_taken_back": queries.is_taken_back(found),
        "sections": reporting.sections_of(found, shown[0].said, by=request.actor, at=now) if found.is_serious else [],
        "reportings": found.reportings.all(),
        "sent_form": SentForm(),
    }
    return page(request, found.course, "case", **given | context)


@needs(RECORD)
@require_http_methods(["GET", "POST"])
@shows_refusals
def judge(request: Request, pk: int) -> HttpResponse:
    """Add what is known now."""
    found = open_case(request, RECORD, pk)
    last, said = queries.newest(found)
    form = AgainForm(request.POST or None, before=said, initial={"after": last.number})
    if form.is_valid():
        actions.judge_again(case_id=pk, **form.value(), by=request.actor, at=timezone.now())
        return redirect("followup:case", pk)
    return page(request, found.course, "event", form=form, case=found, title="Judge again")


@needs(REPORT)
@require_POST
@shows_refusals
def take(request: Request, pk: int) -> HttpResponse:
    """Take a case."""
    actions.take_case(case_id=pk, by=request.actor, at=timezone.now())
    messages.success(request, "The event is yours to see through.")
    return redirect("followup:case", pk)


@needs(REPORT)
@require_POST
@shows_refusals
def report(request: Request, pk: int) -> HttpResponse:
    """Write down what was done about the report."""
    found, form = open_case(request, REPORT, pk), SentForm(request.POST)
    if not form.is_valid():
        return case_page(request, found, sent_form=form, form=form)
    actions.record_reporting(case_id=pk, sent=form.value(), by=request.actor, at=timezone.now())
    return redirect("followup:case", pk)


@needs(REPORT)
@require_GET
def as_pdf(request: Request, pk: int) -> HttpResponse:
    """The report on paper."""
    found, now = open_case(request, REPORT, pk), timezone.now()
    made = paper.pdf(reporting.report(found, by=request.actor, at=now))
    headers = {"Content-Disposition": f'inline; filename="adverse-event-{pk}.pdf"', "Cache-Control": "no-store"}
    return HttpResponse(made, content_type="application/pdf", headers=headers)


@needs(REPORT)
@require_GET
def as_json(request: Request, pk: int) -> HttpResponse:
    """The report for machines."""
    found, now = open_case(request, REPORT, pk), timezone.now()
    told = reporting.report(found, by=request.actor, at=now)
    return JsonResponse(paper.as_json(told), headers={"Cache-Control": "no-store"})


@needs(RECORD)
@require_http_methods(["GET", "POST"])
@shows_refusals
def call(request: Request, pk: int) -> HttpResponse:
    """Call the patient on the next day, and write down what was heard."""
    rows = Session.objects.select_related("course__patient", "course__site", "site")
    session, form = fetch(request.actor, RECORD, rows, pk=pk), CallForm(request.POST or None)
    shows(request, session.patient_id)
    if form.is_valid():
        actions.record_call(session_id=pk, **form.value(), by=request.actor, at=timezone.now())
        return redirect("followup:call", pk)
    tried = session.next_day_calls.select_related("by").order_by("-at", "-pk")
    return page(request, session.course, "call", form=form, session=session, due=calls.call_due(session), tried=tried)


@needs("outcome.view")
@require_GET
def forecast(request: Request, course_id: int) -> HttpResponse:
    """Is it fading, and when should we look again?"""
    found, now = open_course(request, "outcome.view", course_id), timezone.now()
    scales = forecasting.scales_of(found)
    form = ForecastForm(request.GET or None, scales=scales, planned=forecasting.planned_of(found, at=now), now=now)
    told = None
    if scales and (not form.is_bound or form.is_valid()):
        try:
            told = forecasting.forecast(found, **form.value(), at=now)
        except ScienceError as error:
            for problem in error.problems:
                form.add_error(None, problem.says)
    allowed = {
        "may_want": may(request.actor, "plan.draft", found),
        "may_see_priors": may(request.actor, "forecast.view-priors", found),
    }
    wanted = {"want_form": WantForm(), "wanted": wanted_of(found)}
    return page(request, found, "forecast", form=form, told=told, **allowed, **wanted)
