"""Bedside devices: which there are, their labels, and which session each is paired with."""

import io
import secrets

import segno
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.models import Device
from ketacare.clinic.permissions import fetch, sites_where
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.infusion import actions, bedside_devices
from ketacare.infusion.device_forms import DeviceForm, PairForm
from ketacare.infusion.views.common import back, opened

MANAGE, PAIR = "device.manage", "infusion.check-in"


@needs(MANAGE)
@require_GET
def devices(request: Request) -> HttpResponse:
    """Every device of one's sites, and what was refused."""
    sites = sites_where(request.actor, MANAGE)
    shown = bedside_devices.devices(sites=sites)
    shows(request, *(one.session.patient_id for one in shown if one.session is not None))
    context = {"devices": shown, "refused": bedside_devices.refused(sites=sites)}
    return render(request, "infusion/bedside_devices.html", context)


@needs(MANAGE)
@never_cache
@shows_refusals
@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    """Add a device; the reply shows its token, once."""
    first = {"wire_name": request.GET.get("wire_name", "")}
    form = DeviceForm(request.POST or None, initial=first, sites=sites_where(request.actor, MANAGE))
    if not form.is_valid():
        return render(request, "infusion/bedside_device_new.html", {"form": form})
    token = secrets.token_urlsafe()
    device = actions.add_device(**form.values(), token=token, by=request.actor, at=timezone.now())
    return render(request, "infusion/bedside_device_token.html", {"device": device, "token": token})


@needs(MANAGE)
@shows_refusals
@require_POST
def retire(request: Request, pk: int) -> HttpResponse:
    """Take a device out of use."""
    actions.retire_device(device_id=pk, by=request.actor, at=timezone.now())
    return redirect("infusion:bedside-devices")


@needs(MANAGE)
@require_GET
def label(request: Request, pk: int) -> HttpResponse:
    """The label to print and stick on a device."""
    device = fetch(request.actor, MANAGE, Device.objects.select_related("site"), pk=pk)
    return render(
        request, "infusion/bedside_device_label.html", {"device": device, "address": _address(request, device)}
    )


@needs(MANAGE)
@require_GET
def code(request: Request, pk: int) -> HttpResponse:
    """The label's QR code: the address of the pairing page, and nothing of anybody."""
    device = fetch(request.actor, MANAGE, Device.objects.all(), pk=pk)
    drawn = io.BytesIO()
    segno.make(_address(request, device), micro=False, error="m").save(
        drawn, kind="svg", scale=8, border=4, light="#fff"
    )
    return HttpResponse(drawn.getvalue(), content_type="image/svg+xml")


@needs(PAIR)
@shows_refusals
@require_http_methods(["GET", "POST"])
def pair(request: Request, code: str) -> HttpResponse:
    """What scanning a label opens: choose the session that the device is at."""
    devices = Device.objects.select_related("site").filter(retired_at__isnull=True)
    device = fetch(request.actor, PAIR, devices, label_code=code.upper())
    choices = bedside_devices.pairable(device)
    form = PairForm(request.POST or None, sessions=choices)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["session"]
        return back(actions.pair_device(session_id=chosen.pk, device_id=device.pk, by=request.actor, at=timezone.now()))
    now = bedside_devices.session_of(device)
    shows(request, *(one.patient_id for one in choices))
    return render(request, "infusion/bedside_device_pair.html", {"device": device, "form": form, "now": now})


@needs(PAIR)
@shows_refusals
@require_POST
def unpair(request: Request, pk: int) -> HttpResponse:
    """The session's device is free again."""
    actions.unpair_device(session_id=pk, by=request.actor, at=timezone.now())
    return back(opened(request, pk, PAIR))


def _address(request: Request, device: Device) -> str:
    return request.build_absolute_uri(reverse("infusion:pair", args=[device.label_code]))
