"""The drug: start, rate, pause, end."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from ketacare.clinic.models import Device
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.infusion import actions
from ketacare.infusion.forms import CheckInForm, EndForm, RateForm
from ketacare.infusion.outside import route_of
from ketacare.infusion.views.common import back, opened, page


@needs("infusion.check-in")
@require_http_methods(["GET", "POST"])
@shows_refusals
def check_in(request: Request, pk: int) -> HttpResponse:
    """The patient is here."""
    found = opened(request, pk, "infusion.check-in")
    devices = Device.objects.filter(site=found.site_id, retired_at__isnull=True).order_by("name")
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


@needs("infusion.dose")
@require_http_methods(["GET", "POST"])
@shows_refusals
def rate(request: Request, pk: int) -> HttpResponse:
    """Run the pump at another rate."""
    found, form = opened(request, pk, "infusion.dose"), RateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.change_rate(session_id=pk, **form.cleaned_data, by=request.actor, at=timezone.now())
        return back(found)
    return page(request, found, "act", form=form, title="Change rate", button="Change rate")


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
    found, form = opened(request, pk, "infusion.stop"), EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if reason := form.cleaned_data["reason"].strip():
            actions.stop_treatment(session_id=pk, reason=reason, by=request.actor, at=timezone.now())
        else:
            actions.end_infusion(session_id=pk, by=request.actor, at=timezone.now())
        return back(found)
    says = "The patient recovers from now on. Without a reason, the whole ordered dose must have been given."
    title = "End infusion" if route_of(found).form == "pump" else "The dose is given"
    return page(request, found, "act", form=form, title=title, button=title, says=says)
