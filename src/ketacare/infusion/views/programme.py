"""The esketamine monitoring forms."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.shortcuts import render as rendered
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.permissions import may, sites_where
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.infusion import actions, rems
from ketacare.infusion.forms import EnrolmentForm, RemsForm
from ketacare.infusion.models import Session
from ketacare.infusion.views.common import opened, page

SHOWN = 50  # forms submitted, the newest


@needs("rems.view")
@require_GET
def forms(request: Request) -> HttpResponse:
    """Every form that is due, with the days left, and the last that were submitted."""
    sites = sites_where(request.actor, "rems.view")
    due, done = rems.forms_due(sites, at=timezone.now()), list(rems.forms_submitted(sites, limit=SHOWN))
    shows(request, *(one.session.patient_id for one in due), *(one.session.patient_id for one in done))
    return rendered(request, "infusion/rems_forms.html", {"due": due, "done": done, "rules": rems.rules()})


@needs("rems.view")
@require_http_methods(["GET", "POST"])
@shows_refusals
def form(request: Request, pk: int) -> HttpResponse:
    """The form of one session: what the session tells of it, and who sent it when."""
    found, now = opened(request, pk, "rems.view"), timezone.now()
    asked = RemsForm(request.POST or None, initial={"lot": rems.lots(found)})
    if request.method == "POST" and asked.is_valid():
        actions.submit_rems_form(session_id=pk, **asked.value(), by=request.actor, at=now)
        return redirect("infusion:rems-form", pk)
    return page(request, found, "rems_form", form=asked, **form_context(request, found))


def form_context(request: Request, found: Session) -> dict[str, object]:
    """What the page of a form shows."""
    kept = getattr(found, "rems_submission", None)
    told = kept.form if kept else rems.told_by_session(found, at=timezone.now()) if found.started_at else {}
    return {
        "kept": kept,
        "due": rems.form_due(found, at=timezone.now()) if found.started_at else None,
        "lines": rems.lines(told),
        "enrolment": rems.enrolment(found),
        "enrolment_form": EnrolmentForm(),
        "may_submit": may(request.actor, "rems.submit", found),
    }


@needs("rems.submit")
@require_POST
@shows_refusals
def enrol(request: Request, pk: int) -> HttpResponse:
    """Write down that the patient is enrolled."""
    found, asked = opened(request, pk, "rems.submit"), EnrolmentForm(request.POST)
    if asked.is_valid():
        actions.record_enrolment(session_id=pk, **asked.cleaned_data, by=request.actor, at=timezone.now())
        return redirect("infusion:rems-form", pk)
    return page(
        request, found, "rems_form", form=RemsForm(), **form_context(request, found) | {"enrolment_form": asked}
    )


@needs("rems.view")
@require_GET
def as_json(request: Request, pk: int) -> HttpResponse:
    """The form for machines: as it was submitted, else as the session tells it now."""
    found = opened(request, pk, "rems.view")
    kept = getattr(found, "rems_submission", None)
    told = kept.form if kept else rems.told_by_session(found, at=timezone.now()) if found.started_at else {}
    said = {name: told.get(name) for name in rems.rules().fields}
    sent = {
        "submitted_on": kept.submitted_on if kept else None,
        "submitted_by": str(kept.submitted_by) if kept else None,
    }
    return JsonResponse({"session": found.pk, "fields": said} | sent, headers={"Cache-Control": "no-store"})
