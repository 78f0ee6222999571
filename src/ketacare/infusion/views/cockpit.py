"""One session as it runs."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.infusion import actions, bedside_devices, fragments, queries
from ketacare.infusion.cockpit import curves, tones
from ketacare.infusion.door import Batch, Row
from ketacare.infusion.forms import CorrectForm, InterventionForm, NoteForm, ObservationForm, VitalsForm
from ketacare.infusion.models import Session
from ketacare.infusion.sentences import observed
from ketacare.infusion.states import event_of
from ketacare.infusion.views.common import back, not_taken, opened, page, posted_once, rights
from ketacare.science.monitoring.parameters import Value

A_PAGE = 200  # entries of the whole timeline


@needs("infusion.view")
@require_GET
def session(request: Request, pk: int) -> HttpResponse:
    """How is this patient now?"""
    found, at = opened(request, pk), timezone.now()
    given = fragments.context(found, by=request.actor, at=at)
    given |= fragments.timeline_context(found, given) | fragments.exposure_context(found, given, by=request.actor)
    given["pictures"] = fragments.exposure_pictures(given)
    given |= {"cursor": f"{pk}:{given['state'].seq}", "curves": curves(given["state"], at=at), "vitals": VitalsForm()}
    given |= fragments.flowsheet_context(found, at=given["cockpit"].at) | {"sounds": tones()}
    given["device_notice"] = bedside_devices.clock_notice(found)
    return page(request, found, "session_live", **given)


@needs("infusion.view")
@require_GET
def timeline(request: Request, pk: int) -> HttpResponse:
    """Every entry of a session, newest first."""
    found = opened(request, pk)
    numbered = Paginator(found.events.order_by("-seq"), A_PAGE).get_page(request.GET.get("page"))
    may_correct = rights(request, found)["correct"]
    rows = fragments.entries(found, queries.state_of(found), map(event_of, numbered), may_correct=may_correct)
    return page(request, found, "timeline", rows=rows, page_obj=numbered)


@needs("infusion.view")
@require_GET
def flowsheet(request: Request, pk: int) -> HttpResponse:
    """Every minute of a session as a sheet."""
    found = opened(request, pk)
    return page(request, found, "flowsheet", **fragments.flowsheet_context(found, at=timezone.now(), most=None))


@needs("infusion.record")
@require_POST
@posted_once
@shows_refusals
def vitals(request: Request, pk: int) -> HttpResponse:
    """Chart one row of vital signs."""
    found, form, now = opened(request, pk, "infusion.record"), VitalsForm(request.POST), timezone.now()
    if not form.is_valid():
        return vitals_again(request, found, form)
    with transaction.atomic():
        if values := form.values("reading"):
            batch = Batch(rows=[Row(at=form.taken_at(now), values=values)], source="person")
            actions.record_readings(session_id=pk, batch=batch, by=request.actor, at=now)
        if seen := form.values("observation"):
            at = form.taken_at(now)
            actions.chart_observation(session_id=pk, values=seen, by=request.actor, at=now, happened_at=at)
    found.refresh_from_db()
    return vitals_again(request, found, VitalsForm(), saved=found.last_seq) if request.htmx else back(found)


def vitals_again(request: Request, found, form: VitalsForm, *, saved: int | None = None) -> HttpResponse:
    """The row once more: empty after it was charted, or as it was typed with what is wrong."""
    template, status = ("vitals_row", HTTPStatus.OK) if request.htmx else ("vitals", HTTPStatus.UNPROCESSABLE_ENTITY)
    reply = page(request, found, template, vitals=form, saved=saved, status=status)
    return reply if saved else not_taken(reply)


@needs("infusion.chart")
@require_http_methods(["GET", "POST"])
@posted_once
@shows_refusals
def observe(request: Request, pk: int) -> HttpResponse:
    """Chart what was seen or heard."""
    found, form = opened(request, pk, "infusion.chart"), ObservationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        seen = form.values("observation")
        actions.chart_observation(session_id=pk, values=seen, by=request.actor, at=timezone.now())
        return charted(request, found, seen) if request.htmx else back(found)
    return page(request, found, "act", form=form, title="Observations", button="Chart")


def charted(request: Request, found: Session, seen: Mapping[str, Value]) -> HttpResponse:
    """What one press has charted, in words, with the way to correct it."""
    found.refresh_from_db(fields=["last_seq"])
    entry = found.events.filter(kind="observation", seq__lte=found.last_seq).order_by("-seq")[0]
    return page(request, found, "charted", words=observed(seen), seq=entry.seq)


@needs("infusion.chart")
@require_http_methods(["GET", "POST"])
@posted_once
@shows_refusals
def note(request: Request, pk: int) -> HttpResponse:
    """Write a note into the timeline."""
    found, form = opened(request, pk, "infusion.chart"), NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.add_note(session_id=pk, text=form.cleaned_data["text"], by=request.actor, at=timezone.now())
        return back(found)
    return page(request, found, "act", form=form, title="Note", button="Write")


@needs("infusion.intervene")
@require_http_methods(["GET", "POST"])
@posted_once
@shows_refusals
def intervene(request: Request, pk: int) -> HttpResponse:
    """Write down what was done for the patient."""
    found, form = opened(request, pk, "infusion.intervene"), InterventionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.record_intervention(session_id=pk, **form.cleaned_data, by=request.actor, at=timezone.now())
        return back(found)
    return page(request, found, "act", form=form, title="What was done", button="Write down")


@needs("infusion.acknowledge")
@require_POST
@shows_refusals
def acknowledge(request: Request, pk: int) -> HttpResponse:
    """Say under one's name that an alarm was seen."""
    found = opened(request, pk, "infusion.acknowledge")
    actions.acknowledge_alarm(session_id=pk, **which_alarm(request), by=request.actor, at=timezone.now())
    return HttpResponse(status=HTTPStatus.NO_CONTENT) if request.htmx else back(found)


@needs("infusion.acknowledge")
@require_POST
@shows_refusals
def silence(request: Request, pk: int) -> HttpResponse:
    """Keep an alarm quiet for its level's own time; it stays on, and unseen."""
    found = opened(request, pk, "infusion.acknowledge")
    actions.silence_alarm(session_id=pk, **which_alarm(request), by=request.actor, at=timezone.now())
    return HttpResponse(status=HTTPStatus.NO_CONTENT) if request.htmx else back(found)


def which_alarm(request: Request) -> dict[str, Any]:
    """The episode that a form names; a number that is none names no episode."""
    episode = request.POST.get("episode", "")
    return {"alarm": request.POST.get("alarm", ""), "episode": int(episode) if episode.isdecimal() else 0}


@needs("infusion.correct")
@require_http_methods(["GET", "POST"])
@posted_once
@shows_refusals
def correct(request: Request, pk: int, seq: int) -> HttpResponse:
    """Put a new entry in the place of a wrong one."""
    found = opened(request, pk, "infusion.correct")
    event = event_of(get_object_or_404(found.events, seq=seq))
    form = CorrectForm(request.POST or None, event=event)
    if request.method == "POST" and form.is_valid():
        actions.correct_event(session_id=pk, seq=seq, payload=form.payload(), by=request.actor, at=timezone.now())
        return back(found)
    says = f"Entry {seq}, {event.by_name}. Both entries stay visible."
    return page(request, found, "act", form=form, title=f"Correct entry {seq}", button="Correct", says=says)
