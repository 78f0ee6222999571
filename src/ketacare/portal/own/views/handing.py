"""A record handed over at the clinic, in the same three forms as on the patient's own pages."""

from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from ketacare.clinic.header import header_of
from ketacare.clinic.models import Patient
from ketacare.clinic.permissions import fetch
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.portal import actions
from ketacare.portal.own.forms import HandOverForm
from ketacare.portal.own.views.frame import sealed
from ketacare.portal.own.views.rights import as_file
from ketacare.portal.own.visitor import visitor_of

HAND_OVER = "rights.hand-over"


@needs(HAND_OVER)
@shows_refusals
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: Request, pk: int) -> HttpResponse:
    """Hand the record over: made in memory, sent, and gone."""
    patient, now = (
        fetch(request.actor, HAND_OVER, Patient.objects.select_related("contact_wishes"), pk=pk),
        timezone.now(),
    )
    shows(request, patient)
    form = HandOverForm(request.POST or None)
    if form.is_valid():
        actions.hand_over_record(patient_id=pk, **form.cleaned_data, by=request.actor, at=now)
        return as_file(visitor_of(patient), form.cleaned_data["form"], at=now)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return sealed(
        render(
            request, "portal/own/hand_over.html", {"header": header_of(patient, at=now), "form": form}, status=status
        )
    )
