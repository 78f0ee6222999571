"""The form for a consultation on its way in: the trap, the ticket, the count; only then is it written down."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ketacare.clinic.actor import System
from ketacare.clinic.login import computer
from ketacare.clinic.models import Site
from ketacare.clinic.web import Request
from ketacare.frontdesk import actions, effort, guarding
from ketacare.frontdesk.effort import Effort
from ketacare.frontdesk.forms import ConsultationForm
from ketacare.frontdesk.queries import target_hours
from ketacare.public.queries import site_named
from ketacare.public.selfcheck.pages import STAYS, answers_in, carried

TRAP = "website"
SEVERAL = frozenset({"times"})  # fields of which more than one may be chosen
PUBLIC = System(name="public")


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A form that is to be shown: with which ticket, status, and what is to be told."""

    form: ConsultationForm
    ticket: str
    status: int
    told: str


def blank(*, at: datetime) -> Filled:
    """A fresh form."""
    form = ConsultationForm(sites=Site.objects.order_by("name", "pk"), today=at.date())
    return Filled(form=form, ticket=effort.issue(at=at), status=HTTPStatus.OK, told="")


def take(request: Request, *, at: datetime) -> Filled | None:
    """Take what was sent, or say what is to be shown again. The answer is the same whoever asks: nobody is looked for."""
    sent = request.POST
    if sent.get(TRAP):
        return None
    if STAYS in sent:
        return in_another_language(sent, at=at)
    form = ConsultationForm(sent, sites=Site.objects.order_by("name", "pk"), today=at.date())
    ticket = sent.get("ticket", "")
    shown = effort.judged(ticket, sent.get("work", ""), at=at)
    if shown.key is None:
        told = _("This page was open for too long. Please check your details and send them again.")
        return again(form, effort.issue(at=at), told)
    if not form.is_valid():
        return again(form, ticket, _("Please check the marked fields."))
    if shown.effort == Effort.TOO_SOON:
        return again(form, ticket, _("Please wait ten seconds, then send the form again. This keeps machines out."))
    if not guarding.let_in(computer(request) or "", is_slow=shown.effort == Effort.PATIENCE, at=at):
        told = _("Too many forms were sent just now. Please try again in an hour, or call the clinic.")
        return again(form, ticket, told, status=HTTPStatus.TOO_MANY_REQUESTS)
    answers = answers_in(sent) if sent.get("with_answers") == "yes" else None
    given = form.value(key=shown.key, language=get_language() or "en", answers=answers)
    actions.send_request(given=given, by=PUBLIC, at=at)
    return None


def in_another_language(sent: QueryDict, *, at: datetime) -> Filled:
    """The form as it stands, unjudged, in another language; what it asks to agree to is read anew, so that tick is not kept."""
    sites = Site.objects.order_by("name", "pk")
    typed = {name: sent.getlist(name) if name in SEVERAL else sent.get(name) for name in sent if name != "consent"}
    form = ConsultationForm(initial=typed, sites=sites, today=at.date())
    ticket = sent.get("ticket", "")
    is_ours = effort.judged(ticket, "", at=at).key is not None
    return Filled(form=form, ticket=ticket if is_ours else effort.issue(at=at), status=HTTPStatus.OK, told="")


def again(form: ConsultationForm, ticket: str, told: str, *, status: int = HTTPStatus.UNPROCESSABLE_ENTITY) -> Filled:
    """The form with what was typed and what is to be done."""
    return Filled(form=form, ticket=ticket, status=status, told=told)


def context(filled: Filled, request: Request) -> dict[str, Any]:
    """What the page of the form shows: the answers that it carries, and within what time the clinic answers."""
    shown = {"filled": filled, "form": filled.form, "bits": effort.BITS, "trap": TRAP, "hours": hours()}
    return shown | {"crisis_site": site_named(request.POST.get("site"))} | answers_of(request)


def hours() -> int | None:
    """The time in which every site answers; None while there is no site."""
    return max((target_hours(site) for site in Site.objects.all()), default=None)


def answers_of(request: Request) -> dict[str, Any]:
    """The answers of a self-check that the form carries, and whether they go along: yes, unless the person took the tick away."""
    found, is_sent = answers_in(request.POST), "ticket" in request.POST
    return {
        "carried": list(carried(found)),
        "has_answers": bool(found),
        "goes_along": request.POST.get("with_answers") == "yes" or not is_sent,
    }
