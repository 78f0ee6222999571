"""The report of a session: on the screen, as a PDF, as JSON."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.permissions import may
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.infusion import actions, report_forms
from ketacare.infusion.report import report
from ketacare.infusion.views.common import VIEW, opened, page, posted_once


@require_GET
@needs(VIEW)
def screen(request: Request, pk: int) -> HttpResponse:
    """The report as a page."""
    session, at = opened(request, pk), timezone.now()
    shown = {"report": report(session, at=at), "chart": report_forms.chart(session, at=at)}
    return page(request, session, "report", may_sign=may(request.actor, "infusion.sign", session), **shown)


@require_GET
@needs(VIEW)
def as_pdf(request: Request, pk: int) -> HttpResponse:
    """The report on paper."""
    session, at = opened(request, pk), timezone.now()
    made = report_forms.pdf(report(session, at=at), report_forms.chart(session, at=at))
    headers = {"Content-Disposition": f'inline; filename="session-{session.pk}.pdf"', "Cache-Control": "no-store"}
    return HttpResponse(made, content_type="application/pdf", headers=headers)


@require_GET
@needs(VIEW)
def as_json(request: Request, pk: int) -> HttpResponse:
    """The report for machines."""
    session = opened(request, pk)
    return JsonResponse(report_forms.as_json(report(session, at=timezone.now())), headers={"Cache-Control": "no-store"})


@require_POST
@needs("infusion.sign")
@shows_refusals
@posted_once
def sign(request: Request, pk: int) -> HttpResponse:
    """Sign the report as it stands."""
    session = opened(request, pk, "infusion.sign")
    actions.sign_report(session_id=session.pk, by=request.actor, at=timezone.now())
    return redirect("infusion:report", session.pk)
