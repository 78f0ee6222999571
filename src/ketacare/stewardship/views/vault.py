"""What leaves the vault for good, counting it, and taking back what was written down wrong."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.clinic.permissions import fetch
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.stewardship import actions, pages, queries
from ketacare.stewardship.forms import CountForm, ReasonForm, VaultOutForm, offered
from ketacare.stewardship.models import Count, Movement
from ketacare.stewardship.views.common import (
    KEEP,
    STOCK,
    VIEW,
    opened,
    page,
    recorded,
    red_when_not_written,
    status_of,
    vouched,
)

WITH_AMOUNT = {"waste": actions.waste, "breakage": actions.record_breakage, "loss": actions.report_loss}


@needs(STOCK)
@require_http_methods(["GET", "POST"])
@red_when_not_written
@shows_refusals
def out(request: Request, pk: int) -> HttpResponse:
    """A container of the vault was wasted, broke, expired, or is missing."""
    site = opened(request, pk, STOCK)
    form = VaultOutForm(request.POST or None, held=offered(queries.lots(site)))
    if request.method == "POST" and form.is_valid() and vouched(request, site, form):
        typed = form.cleaned_data
        told = {"container_id": typed["container"], "reason": typed["reason"], "nonce": typed["nonce"]}
        told |= {"site_id": pk, "witness": form.witness, "by": request.actor, "at": timezone.now()}
        act = WITH_AMOUNT.get(typed["what"])
        return recorded(request, act(mg=typed["mg"], **told) if act else actions.send_back(**told))
    words = {"title": "Take out of the vault for good", "button": "Sign and take out"}
    return page(request, site, "act", status_of(form), form=form, **words)


@needs(KEEP)
@require_http_methods(["GET", "POST"])
@red_when_not_written
@shows_refusals
def count(request: Request, pk: int) -> HttpResponse:
    """Two people write down what they find; the register's own number comes after."""
    site = opened(request, pk, KEEP)
    first = queries.counted_since(site, pages.day_of(site, timezone.now())[0])
    form = CountForm(request.POST or None, lots=queries.lots(site), moment="close" if first else "open")
    if request.method == "POST" and form.is_valid() and vouched(request, site, form):
        told = {name: form.cleaned_data[name] for name in ("moment", "note", "nonce")}
        who = {"witness": form.witness, "by": request.actor, "at": timezone.now()}
        made = actions.record_count(site_id=pk, lots=form.value(), **told, **who)
        messages.success(request, "The count is recorded.")
        return redirect("stewardship:counted", pk, made.pk)
    says = "Write down what you find. What the register holds is shown when you have both signed."
    words = {"title": "Count the vault", "button": "Sign the count", "says": says}
    return page(request, site, "act", status_of(form), form=form, **words)


@needs(VIEW)
@require_GET
def counted(request: Request, pk: int, count_id: int) -> HttpResponse:
    """What was found, what must have been there, and the gap of each lot."""
    site = opened(request, pk)
    found = fetch(request.actor, VIEW, Count.objects.filter(site=site).select_related("witness"), pk=count_id)
    return page(request, site, "counted", count=found, lots=pages.reconciled(found))


@needs(STOCK)
@require_http_methods(["GET", "POST"])
@red_when_not_written
@shows_refusals
def undo(request: Request, pk: int, number: int) -> HttpResponse:
    """Take back a movement that was written down wrong."""
    site = opened(request, pk, STOCK)
    wrong = fetch(request.actor, STOCK, Movement.objects.filter(site=site), number=number)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and vouched(request, site, form):
        who = {"witness": form.witness, "by": request.actor, "at": timezone.now()}
        reason = form.cleaned_data["reason"]
        return recorded(request, actions.undo_movement(site_id=pk, number=number, reason=reason, **who))
    says = f"{wrong.get_kind_display()}, no. {wrong.number} stays in the register, and a counter-entry takes it back."
    words = {"title": "Take a movement back", "button": "Sign the counter-entry", "says": says}
    return page(request, site, "act", status_of(form), form=form, **words)
