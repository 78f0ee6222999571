"""The alerts that wait, one alert and what is done about it, and how long they took."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.actor import user_id
from ketacare.clinic.header import header_of
from ketacare.clinic.models import User
from ketacare.clinic.permissions import fetch, sites_where
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.outcomes import actions
from ketacare.outcomes.alert_forms import AttemptForm, CloseForm, ContactForm, HandOverForm
from ketacare.outcomes.looking_after import all_alerts, in_full, mail_is_set_up, waiting_alerts
from ketacare.outcomes.models import Alert
from ketacare.outcomes.rota import may_look_after
from ketacare.outcomes.timeliness import report

REPORTED = timedelta(days=90)


def open_alert(request: Request, pk: int) -> Alert:
    """The alert of a page, for one who may look after it."""
    alert = fetch(request.actor, "alert.own", all_alerts(), pk=pk)
    shows(request, alert.course.patient_id)
    return alert


def alert_page(request: Request, alert: Alert, **typed: Form) -> HttpResponse:
    """One alert with its forms; those that were typed into and could not be taken show why."""
    now, zone = timezone.now(), alert.course.site.time_zone
    people = [user for user in may_look_after(alert.course.site_id) if user.pk != alert.owner_id]
    me = User.objects.get(pk=user_id(request.actor))
    given: dict[str, Any] = {
        "contact_form": ContactForm(zone=zone, now=now, initial={"made_by": me.name}),
        "attempt_form": AttemptForm(zone=zone, now=now),
        "hand_over_form": HandOverForm(people=people, seen_owner=alert.owner_id),
        "close_form": CloseForm(),
    }
    context = {
        "waiting": (waiting := in_full(alert)),
        "is_late": alert.status != Alert.Status.CLOSED and waiting.is_late(now),
        "header": header_of(alert.course.patient, course=alert.course, at=now),
        "mail_is_set_up": mail_is_set_up(),
    }
    return render(
        request,
        "outcomes/alert.html",
        context | given | typed,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if typed else None,
    )


@needs("alert.own")
@require_GET
def alerts(request: Request) -> HttpResponse:
    """Who must be looked at, most urgent first."""
    rows = waiting_alerts(request.actor)
    shows(request, *(row.alert.course.patient_id for row in rows))
    return render(request, "outcomes/alerts.html", {"alerts": rows, "may": {"own": True}})


@needs("alert.own")
@require_GET
def alert(request: Request, pk: int) -> HttpResponse:
    """One alert: who is named, what was tried, who spoke with the patient, what is left to do."""
    return alert_page(request, open_alert(request, pk))


@needs("alert.own")
@require_POST
@shows_refusals
def alert_take(request: Request, pk: int) -> HttpResponse:
    """Take an alert."""
    actions.take_alert(alert_id=pk, by=request.actor, at=timezone.now())
    messages.success(request, "You have taken the alert.")
    return redirect("outcomes:alert", pk)


@needs("alert.own")
@require_POST
@shows_refusals
def alert_hand_over(request: Request, pk: int) -> HttpResponse:
    """Hand an alert to another person, or take it over."""
    found = open_alert(request, pk)
    form = HandOverForm(request.POST, people=may_look_after(found.course.site_id))
    if not form.is_valid():
        return alert_page(request, found, hand_over_form=form)
    to, seen = form.cleaned_data["to"], form.cleaned_data["seen_owner"]
    after = actions.hand_over_alert(alert_id=pk, to_id=to, seen_owner_id=seen, by=request.actor, at=timezone.now())
    messages.success(request, f"The alert is with {after.owner}.")
    return redirect("outcomes:alert", pk)


@needs("alert.own")
@require_POST
@shows_refusals
def alert_contact(request: Request, pk: int) -> HttpResponse:
    """Write down a conversation with the patient."""
    found, now = open_alert(request, pk), timezone.now()
    form = ContactForm(request.POST, zone=found.course.site.time_zone, now=now)
    if not form.is_valid():
        return alert_page(request, found, contact_form=form)
    actions.record_contact(alert_id=pk, **form.value(), by=request.actor, at=now)
    messages.success(request, "The contact is written down. The alert can be closed.")
    return redirect("outcomes:alert", pk)


@needs("alert.own")
@require_POST
@shows_refusals
def alert_attempt(request: Request, pk: int) -> HttpResponse:
    """Write down that the patient was not reached."""
    found, now = open_alert(request, pk), timezone.now()
    form = AttemptForm(request.POST, zone=found.course.site.time_zone, now=now)
    if not form.is_valid():
        return alert_page(request, found, attempt_form=form)
    actions.record_attempt(alert_id=pk, **form.value(), by=request.actor, at=now)
    messages.success(
        request, "The attempt is written down. The alert stays open until somebody has spoken with the patient."
    )
    return redirect("outcomes:alert", pk)


@needs("alert.own")
@require_POST
@shows_refusals
def alert_close(request: Request, pk: int) -> HttpResponse:
    """Close an alert with what was done."""
    reason = request.POST.get("reason", "")
    found = actions.close_alert(alert_id=pk, reason=reason, by=request.actor, at=timezone.now())
    messages.success(request, "The alert is closed.")
    return redirect("outcomes:answers", found.course_id, found.answer_set_id)


@needs("alert.times")
@require_GET
def alert_times(request: Request) -> HttpResponse:
    """How long alerts waited to be taken, and for a conversation with the patient."""
    now = timezone.now()
    levels, people = report(sites_where(request.actor, "alert.times"), since=now - REPORTED, at=now)
    context = {"levels": levels, "people": people, "days": REPORTED.days}
    return render(request, "outcomes/alert_times.html", context)
