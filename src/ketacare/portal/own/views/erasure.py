"""What of a patient may be erased and what stays: a list first, then a button for what may go."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ketacare.clinic.header import header_of
from ketacare.clinic.models import Patient
from ketacare.clinic.permissions import fetch
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.portal import actions
from ketacare.portal.own.erasing import listing
from ketacare.rights.queries import requests_of
from ketacare.science.rights import law

ERASE = "rights.erase"


@needs(ERASE)
@require_safe
def erasure(request: Request, pk: int) -> HttpResponse:
    """What may go, what stays, until when and why? Nothing is erased by looking."""
    patient, now = fetch(request.actor, ERASE, Patient.objects.all(), pk=pk), timezone.now()
    shows(request, patient)
    site = patient.sites.order_by("pk")[0]
    found = law.load(site.jurisdiction)
    context = {"header": header_of(patient, at=now), "lines": listing(patient, site, found, at=now), "law": found}
    context["asked"] = requests_of(patient).filter(kind="erasure", status="open").first()
    return render(request, "portal/own/erasure.html", context)


@needs(ERASE)
@shows_refusals
@require_POST
def erase(request: Request, pk: int) -> HttpResponse:
    """Erase what may go."""
    count = actions.erase_messages(patient_id=pk, by=request.actor, at=timezone.now())
    messages.success(request, f"Erased: {count} thread{'' if count == 1 else 's'} of messages.")
    return redirect("portal:erasure", pk)
