"""Breaking the glass: a record of another site, for a reason, for a short time; and looking at who did."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ketacare.clinic import actions, queries
from ketacare.clinic.forms import EmergencyForm
from ketacare.clinic.models import AccessGrant
from ketacare.clinic.permissions import fetch, sites_where
from ketacare.clinic.web import Request, needs, shows, shows_refusals

REVIEWED_STAY = timedelta(days=1)


@needs("access.break-glass")
@shows_refusals
@require_http_methods(["GET", "HEAD", "POST"])
def emergency(request: Request) -> HttpResponse:
    """I need this record in an emergency: by exact name and birth date, with a reason."""
    now = timezone.now()
    form = EmergencyForm(request.POST or None)
    if form.is_valid():
        grant = actions.break_glass_by_name(**form.cleaned_data, by=request.actor, at=now)
        messages.success(request, "The record is open to you, to read only. The quality lead sees it today.")
        return redirect("worklist:patient", pk=grant.patient_id)
    grants = list(queries.own_grants(request.user, at=now))
    shows(request, *(grant.patient_id for grant in grants))
    return render(request, "clinic/emergency.html", {"form": form, "grants": grants})


@needs("access.review")
@require_safe
def quality(request: Request) -> HttpResponse:
    """Break-glass accesses that nobody has looked at yet, and those looked at within a day."""
    sites, now = sites_where(request.actor, "access.review"), timezone.now()
    waiting = list(queries.grants_to_review(sites=sites))
    reviewed = list(queries.grants_reviewed_since(sites=sites, since=now - REVIEWED_STAY))
    shows(request, *(grant.patient_id for grant in [*waiting, *reviewed]))
    return render(request, "clinic/quality.html", {"waiting": waiting, "reviewed": reviewed, "now": now})


@needs("access.review")
@shows_refusals
@require_POST
def grant_review(request: Request, pk: int) -> HttpResponse:
    """Say that an access was looked at."""
    grant = fetch(request.actor, "access.review", AccessGrant.objects.all(), pk=pk)
    actions.review_grant(grant_id=grant.pk, by=request.actor, at=timezone.now())
    return redirect("clinic:quality")
