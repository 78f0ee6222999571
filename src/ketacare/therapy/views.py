"""Preparation and integration: what the care team reads, what the patient shares, and notes for their author alone."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.record.queries import patient_header
from ketacare.therapy import actions, queries
from ketacare.therapy.forms import NoteForm, SessionForm, SharesForm
from ketacare.therapy.models import Draft, SharedTheme
from ketacare.therapy.pages import note_to_start_from, session_to_start_from

VIEW, WRITE, KEEP = "therapy.view", "therapy.write", "note.keep"
BY_ITSELF = "X-Draft"  # a draft that the page keeps while somebody writes


def open_course(request: Request, permission: str, course_id: int) -> Course:
    """The course of a page about its patient, for one who may."""
    row = fetch(request.actor, permission, Course.objects.select_related("patient", "site"), pk=course_id)
    shows(request, row.patient_id)
    return row


def page(request: Request, course: Course, template: str, **context: Any) -> HttpResponse:
    """A page about a patient's therapy; never kept by the browser or anything between."""
    form = context.get("form")
    given = {
        "course": course,
        "header": patient_header(course.patient, course=course, at=timezone.now()),
        "may": {"write": may(request.actor, WRITE, course), "keep": may(request.actor, KEEP, course)},
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form is not None and form.errors else None
    reply = render(request, f"therapy/{template}.html", given | context, status=status)
    reply["Cache-Control"] = "no-store"
    return reply


@needs(VIEW)
@require_GET
def course(request: Request, course_id: int) -> HttpResponse:
    """What was worked on, and what the patient chose to share?"""
    row = open_course(request, VIEW, course_id)
    told = {"sessions": queries.sessions(row), "shared": queries.shared(row), "withdrawn": queries.withdrawn(row)}
    return page(request, row, "course", **told)


@needs(WRITE)
@require_http_methods(["GET", "POST"])
@shows_refusals
def session_new(request: Request, course_id: int) -> HttpResponse:
    """Write down a session, or correct one."""
    row, now = open_course(request, WRITE, course_id), timezone.now()
    with timezone.override(row.site.time_zone):
        start, draft = session_to_start_from(row, request.GET.get("correct"), by=request.actor)
        form = SessionForm(request.POST or None, now=now, begun=start)
        if form.is_valid():
            actions.record_session(course_id=course_id, held=form.value(), by=request.actor, at=now)
            messages.success(request, "The session is written down.")
            return redirect("therapy:course", course_id)
        return page(request, row, "session_new", form=form, draft=draft)


@needs(KEEP)
@require_http_methods(["GET", "POST"])
@shows_refusals
def notes(request: Request, course_id: int) -> HttpResponse:
    """The reader's own process notes, and a new one."""
    row, now = open_course(request, KEEP, course_id), timezone.now()
    start, draft = note_to_start_from(row, request.GET.get("correct"), by=request.actor)
    form = NoteForm(request.POST or None, begun=start)
    if form.is_valid():
        actions.keep_note(course_id=course_id, kept=form.value(), by=request.actor, at=now)
        messages.success(request, "The note is kept. Only you can read it.")
        return redirect("therapy:notes", course_id)
    return page(request, row, "notes", form=form, draft=draft, notes=queries.notes_shown(row, request.actor))


@needs(KEEP)
@require_GET
def note(request: Request, pk: int) -> HttpResponse:
    """One process note, for its author."""
    row = fetch(request.actor, KEEP, queries.own_notes(request.actor), pk=pk)
    shows(request, row.course.patient_id)
    return page(request, row.course, "note", shown=queries.shown(row))


@needs(WRITE)
@require_POST
@shows_refusals
def session_draft(request: Request, course_id: int) -> HttpResponse:
    """Keep a session's summary that is not finished."""
    return drafted(request, course_id, Draft.Form.SESSION, request.POST.get("summary", ""), back="therapy:session-new")


@needs(KEEP)
@require_POST
@shows_refusals
def note_draft(request: Request, course_id: int) -> HttpResponse:
    """Keep a process note that is not finished."""
    return drafted(request, course_id, Draft.Form.NOTE, request.POST.get("text", ""), back="therapy:notes")


def drafted(request: Request, course_id: int, form: str, text: str, *, back: str) -> HttpResponse:
    """Keep a draft; a page that does so by itself stays where it is."""
    actions.keep_draft(course_id=course_id, form=form, text=text, by=request.actor, at=timezone.now())
    if BY_ITSELF in request.headers:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    messages.success(request, "Kept as a draft. Only you can read it.")
    return redirect(back, course_id)


@needs(WRITE)
@require_http_methods(["GET", "POST"])
@shows_refusals
def share(request: Request, course_id: int) -> HttpResponse:
    """Write down what the patient chose to share."""
    row, form = open_course(request, WRITE, course_id), SharesForm(request.POST or None)
    if form.is_valid():
        actions.record_shared(course_id=course_id, shares=form.value(), by=request.actor, at=timezone.now())
        return redirect("therapy:course", course_id)
    return page(request, row, "share", form=form)


@needs(WRITE)
@require_POST
@shows_refusals
def withdraw(request: Request, pk: int) -> HttpResponse:
    """The patient takes back what they shared."""
    theme = fetch(request.actor, WRITE, SharedTheme.objects.select_related("course"), pk=pk)
    shows(request, theme.course.patient_id)
    actions.withdraw_shared(theme_id=pk, by=request.actor, at=timezone.now())
    messages.success(request, "It is not shown any more.")
    return redirect("therapy:course", theme.course_id)
