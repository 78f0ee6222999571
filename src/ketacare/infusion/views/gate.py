"""May this session start now?"""

from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.models import User
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.infusion import actions, startgate
from ketacare.infusion.forms import AttestForm, ReasonedForm, StartForm, VitalsForm
from ketacare.infusion.gate import readiness
from ketacare.infusion.issued import issued
from ketacare.infusion.models import Session
from ketacare.infusion.outside import route_of
from ketacare.infusion.views.common import back, opened, page, posted_once
from ketacare.record.due import open_checks


@needs("infusion.view")
@require_GET
def gate(request: Request, pk: int) -> HttpResponse:
    """All items, what stands in the way, and who can do something about it."""
    return gate_page(request, opened(request, pk))


def gate_page(
    request: Request,
    found: Session,
    form: AttestForm | None = None,
    start: "StartForm | None" = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """The gate as it stands now, with forms as they were typed where one was not taken."""
    now = readiness(found, at=timezone.now())
    form = form or AttestForm(names=startgate.attested_names(now))
    rows = startgate.rows(now, form, zone=found.site.time_zone)
    context = {
        "gate": now,
        **startgate.against(now),
        "attested": [row for row in rows if row.item.is_attested],
        "known": [row for row in rows if not row.item.is_attested],
        "attest_form": form,
        "reason_codes": ReasonedForm.CODES,
        "start_form": start or start_form(request, found),
        "start_words": "Start infusion" if route_of(found).form == "pump" else "Give the first dose",
        "vitals": VitalsForm(),
        "safety": open_checks(found.course, at=timezone.now()),
    }
    return page(request, found, "gate", status=status, issued=issued(found), **context)


def start_form(request: Request, found: Session, *typed: object) -> StartForm:
    """What is known only at the vial; a volume only where there is one."""
    is_drawn_up = "ml" in route_of(found).shown_together
    return StartForm(*typed, seconds=seconds(request, found), is_drawn_up=is_drawn_up)


def seconds(request: Request, found: Session):
    """Who may have computed the volume independently: another person who may start treatments here."""
    here = User.objects.filter(
        memberships__site=found.site_id, memberships__role__in=["nurse", "prescriber"], is_active=True
    )
    return here.exclude(pk=request.user.pk).distinct().order_by("name")


@needs("infusion.attest")
@require_POST
@posted_once
@shows_refusals
def attest(request: Request, pk: int) -> HttpResponse:
    """Answer items under one's name."""
    found = opened(request, pk, "infusion.attest")
    names = startgate.attested_names(readiness(found, at=timezone.now()))
    form = AttestForm(request.POST, names=names)
    if not form.is_valid():
        return gate_page(request, found, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    actions.attest_items(session_id=pk, answers=form.answers(), by=request.actor, at=timezone.now())
    return redirect("infusion:gate", pk)


@needs("infusion.override")
@require_POST
@posted_once
@shows_refusals
def override(request: Request, pk: int) -> HttpResponse:
    """Go on against one finding, with a reason."""
    found, form = opened(request, pk, "infusion.override"), ReasonedForm(request.POST)
    if not form.is_valid():
        return gate_page(request, found, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    rule = request.POST.get("rule", "")
    actions.override_gate_finding(session_id=pk, rule=rule, **form.cleaned_data, by=request.actor, at=timezone.now())
    return redirect("infusion:gate", pk)


@needs("infusion.attest")
@require_POST
@shows_refusals
def ready(request: Request, pk: int) -> HttpResponse:
    """The preparation is done."""
    actions.mark_ready(session_id=pk, by=request.actor, at=timezone.now())
    return redirect("infusion:gate", pk)


@needs("infusion.start")
@require_POST
@posted_once
@shows_refusals
def start(request: Request, pk: int) -> HttpResponse:
    """Start the drug."""
    found = opened(request, pk, "infusion.start")
    form = start_form(request, found, request.POST)
    if not form.is_valid():
        return gate_page(request, found, start=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    actions.start_treatment(session_id=pk, vial=form.vial(), by=request.actor, at=timezone.now())
    return back(found)
