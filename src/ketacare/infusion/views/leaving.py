"""Recovery and the way home."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.permissions import may
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.infusion import actions, home_sheet, queries
from ketacare.infusion.forms import AssessmentForm, AttestForm, ReasonedForm, TransferForm, VitalsForm
from ketacare.infusion.models import Session
from ketacare.infusion.views.common import back, opened, page, posted_once
from ketacare.science.monitoring.way_home import way_home

SIGNING = "signature"  # the requirement that signing itself meets


@needs("infusion.view")
@require_GET
def recovery(request: Request, pk: int) -> HttpResponse:
    """May this patient go home?"""
    return recovery_page(request, opened(request, pk))


def recovery_page(request: Request, found: Session, status: int = HTTPStatus.OK, **forms: Any) -> HttpResponse:
    """Every requirement with its answer, and forms as they were typed where one was not taken."""
    answers = queries.going_home(found, at=timezone.now())
    still_open = [one for one in answers if one.stops and one.requirement.id != SIGNING]
    context = {
        "requirements": [row(request, found, one) for one in answers],
        "open_label": f"{len(still_open)} of {len(answers)} not met or not known",
        "may_sign": not still_open,
        "all_met": not still_open,
        "assess_form": AssessmentForm(),
        "attest_form": AttestForm(names=way_home().checks),
        "reason_codes": ReasonedForm.CODES,
        "vitals": VitalsForm(),
        "review_at_min": queries.review_overdue(found, at=timezone.now()),
    }
    return page(request, found, "recovery", status=status, **context | forms)


def row(request: Request, found: Session, one: queries.Leaving) -> dict[str, Any]:
    """One requirement as it is listed."""
    told = {"one": one.requirement, "who": one.who, "signed": one.overrides}
    return told | {"may_be_overridden": may_override(request, found, one)}


def may_override(request: Request, found: Session, one: queries.Leaving) -> bool:
    """Whether this person may go on against a requirement in writing."""
    needed = {"reason": "infusion.override", "prescriber": "infusion.override-as-prescriber"}
    permission = needed.get(one.requirement.override)
    return permission is not None and may(request.actor, permission, found)


@needs("infusion.view")
@require_GET
def home_sheet_page(request: Request, pk: int) -> HttpResponse:
    """What the patient takes home in writing."""
    found = opened(request, pk)
    return page(request, found, "home_sheet", sheet=home_sheet.home_sheet(found, at=timezone.now()))


@needs("infusion.view")
@require_GET
def home_sheet_pdf(request: Request, pk: int) -> HttpResponse:
    """The same on paper, with the place to sign."""
    made = home_sheet.pdf(home_sheet.home_sheet(opened(request, pk), at=timezone.now()))
    headers = {"Content-Disposition": f'inline; filename="home-{pk}.pdf"', "Cache-Control": "no-store"}
    return HttpResponse(made, content_type="application/pdf", headers=headers)


@needs("infusion.chart")
@require_POST
@posted_once
@shows_refusals
def assess(request: Request, pk: int) -> HttpResponse:
    """Chart one assessment of recovery."""
    found, form = opened(request, pk, "infusion.chart"), AssessmentForm(request.POST)
    if not form.is_valid():
        return recovery_page(request, found, assess_form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    actions.chart_observation(session_id=pk, values=form.values("observation"), by=request.actor, at=timezone.now())
    return redirect("infusion:recovery", pk)


@needs("infusion.attest")
@require_POST
@posted_once
@shows_refusals
def attest(request: Request, pk: int) -> HttpResponse:
    """Answer what is asked before going home."""
    found, form = opened(request, pk, "infusion.attest"), AttestForm(request.POST, names=way_home().checks)
    if not form.is_valid():
        return recovery_page(request, found, attest_form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    actions.attest_items(session_id=pk, answers=form.answers(), by=request.actor, at=timezone.now())
    return redirect("infusion:recovery", pk)


@needs("infusion.override")
@require_POST
@posted_once
@shows_refusals
def override(request: Request, pk: int) -> HttpResponse:
    """A written decision against one requirement."""
    found, form = opened(request, pk, "infusion.override"), ReasonedForm(request.POST)
    if not form.is_valid():
        return recovery_page(request, found, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    requirement = request.POST.get("requirement", "")
    decision = {"session_id": pk, "requirement": requirement, **form.cleaned_data}
    actions.override_requirement(**decision, by=request.actor, at=timezone.now())
    return redirect("infusion:recovery", pk)


@needs("infusion.discharge")
@require_POST
@shows_refusals
def discharge(request: Request, pk: int) -> HttpResponse:
    """Sign the patient out."""
    found = opened(request, pk, "infusion.discharge")
    actions.discharge(session_id=pk, by=request.actor, at=timezone.now())
    return back(found)


@needs("infusion.discharge")
@require_http_methods(["GET", "POST"])
@shows_refusals
def transfer(request: Request, pk: int) -> HttpResponse:
    """Hand the patient over."""
    found, form = opened(request, pk, "infusion.discharge"), TransferForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.transfer(session_id=pk, **form.cleaned_data, by=request.actor, at=timezone.now())
        return back(found)
    return page(request, found, "act", form=form, title="Transfer", button="Sign and hand over")
