"""The drug: check-in, rate, single dose, line loss, pause, end, and the patient's own stop."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from ketacare.clinic.models import Device
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.infusion import actions
from ketacare.infusion.dose_forms import AmountForm, EndForm, RateForm, TimedForm
from ketacare.infusion.forms import CheckInForm
from ketacare.infusion.given import given
from ketacare.infusion.models import Session
from ketacare.infusion.outside import route_of
from ketacare.infusion.views.common import back, opened, page

STOPPED = (
    "Charted as you told it: the patient asked to stop and the drug ended. Ketacare moves no pump: stop it by hand now."
)


@needs("infusion.check-in")
@require_http_methods(["GET", "POST"])
@shows_refusals
def check_in(request: Request, pk: int) -> HttpResponse:
    """The patient is here."""
    found = opened(request, pk, "infusion.check-in")
    devices = Device.objects.filter(site=found.site_id, retired_at__isnull=True, is_gateway=False).order_by("name")
    form = CheckInForm(request.POST or None, devices=devices)
    if request.method == "POST" and form.is_valid():
        actions.check_in(session_id=pk, **form.cleaned_data, by=request.actor, at=timezone.now())
        return back(found)
    return page(request, found, "act", form=form, title="Check in", button="Check in")


@needs("infusion.dose")
@require_POST
@shows_refusals
def pause(request: Request, pk: int) -> HttpResponse:
    """Stop the drug for now."""
    actions.pause(session_id=pk, by=request.actor, at=timezone.now())
    return back(opened(request, pk))


@needs("infusion.dose")
@require_POST
@shows_refusals
def resume(request: Request, pk: int) -> HttpResponse:
    """Let the drug run again."""
    actions.resume(session_id=pk, by=request.actor, at=timezone.now())
    return back(opened(request, pk))


@needs("infusion.stop")
@require_POST
@shows_refusals
def stop(request: Request, pk: int) -> HttpResponse:
    """The patient asks to stop: done first, details afterwards."""
    found = actions.stop_on_request(session_id=pk, by=request.actor, at=timezone.now())
    messages.warning(request, STOPPED)
    return back(found)


@needs("infusion.dose")
@require_http_methods(["GET", "POST"])
@shows_refusals
def rate(request: Request, pk: int) -> HttpResponse:
    """Run the pump at another rate."""
    found, now = opened(request, pk, "infusion.dose"), timezone.now()
    form = RateForm(request.POST or None, basis=given(found, at=now).basis)
    if request.method == "POST" and form.is_valid():
        actions.change_rate(session_id=pk, **form.values(now), by=request.actor, at=now)
        return back(found)
    return dose_page(request, found, form, title="Change rate")


def dose_page(request: Request, found: Session, form: TimedForm, *, title: str, says: str = "") -> HttpResponse:
    """A form about the drug, beside what was ordered and what was given."""
    shown = given(found, at=timezone.now())
    return page(request, found, "dose", form=form, title=title, button=title, says=says, given=shown)


@needs("infusion.dose")
@require_http_methods(["GET", "POST"])
@shows_refusals
def bolus(request: Request, pk: int) -> HttpResponse:
    """Give an amount at once."""
    says = "All that is given never exceeds the order."
    return amount(request, pk, actions.give_bolus, title="Give a single dose", says=says)


@needs("infusion.dose")
@require_http_methods(["GET", "POST"])
@shows_refusals
def line_loss(request: Request, pk: int) -> HttpResponse:
    """Some of the drug never reached the patient."""
    says = "What leaked, or stayed in the line. It is taken off what counts as given."
    return amount(request, pk, actions.record_line_loss, title="Record a line loss", says=says)


def amount(request: Request, pk: int, act: Callable[..., Session], *, title: str, says: str) -> HttpResponse:
    """A page that takes so many mg."""
    found, form, now = opened(request, pk, "infusion.dose"), AmountForm(request.POST or None), timezone.now()
    if request.method == "POST" and form.is_valid():
        act(session_id=pk, **form.values(now), by=request.actor, at=now)
        return back(found)
    return dose_page(request, found, form, title=title, says=says)


@needs("infusion.dose")
@require_POST
@shows_refusals
def device(request: Request, pk: int) -> HttpResponse:
    """Give the next device of a nasal spray."""
    actions.give_device(session_id=pk, by=request.actor, at=timezone.now())
    return back(opened(request, pk))


@needs("infusion.stop")
@require_http_methods(["GET", "POST"])
@shows_refusals
def end(request: Request, pk: int) -> HttpResponse:
    """End the drug: the ordered dose is in, or there is a reason to stop early."""
    found, form, now = opened(request, pk, "infusion.stop"), EndForm(request.POST or None), timezone.now()
    if request.method == "POST" and form.is_valid():
        ended(request, pk, form, now)
        return back(found)
    says = "The patient recovers from now on. Without a reason, the whole ordered dose must have been given."
    title = "End infusion" if route_of(found).form == "pump" else "The dose is given"
    return dose_page(request, found, form, title=title, says=says)


def ended(request: Request, pk: int, form: EndForm, now: datetime) -> None:
    """One of the two ends of the drug."""
    told: dict[str, Any] = {"session_id": pk, "by": request.actor, "at": now, "happened_at": form.happened_at(now)}
    if reason := form.cleaned_data["reason"].strip():
        actions.stop_treatment(reason=reason, **told)
    else:
        actions.end_infusion(**told)
