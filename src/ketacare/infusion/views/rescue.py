"""The checklists for a rescue."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.permissions import may
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.infusion import actions
from ketacare.infusion.rescues import answered, rescues, words
from ketacare.infusion.views.common import opened, page
from ketacare.science.monitoring.rescue import rescue


@needs("infusion.view")
@require_GET
def checklists(request: Request, pk: int) -> HttpResponse:
    """What is done in a rescue, and what has been."""
    found = opened(request, pk)
    shown = {"rescues": rescues(found), "may_tick": may(request.actor, "infusion.intervene", found)}
    return page(request, found, "rescue", **shown)


@needs("infusion.intervene")
@require_POST
@shows_refusals
def tick(request: Request, pk: int) -> HttpResponse:
    """Write down that one step was done, and for which alarm."""
    found = opened(request, pk, "infusion.intervene")
    checklist = rescue().checklist(request.POST.get("checklist", ""))
    step = checklist.step(request.POST.get("step", "")) if checklist else None
    if checklist is None or step is None:
        raise Http404
    actions.record_intervention(
        session_id=pk,
        what=words(checklist, step),
        medicine_class=step.medicine_class,
        alarm=answered(found, checklist),
        by=request.actor,
        at=timezone.now(),
    )
    return redirect("infusion:rescue", pk)
