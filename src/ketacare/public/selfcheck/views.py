"""The private self-check and the request for a consultation.

Nothing of a self-check is kept: its pages are worked out from the form that carries the answers. They set no cookie and need no
anti-forgery token, since they change nothing. The request is kept, and is protected like every form that is.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ketacare.clinic.language import speaks
from ketacare.clinic.models import Site
from ketacare.clinic.web import Request, public
from ketacare.frontdesk.queries import outcome_of
from ketacare.public.selfcheck import asking, pages
from ketacare.science.selfcheck import definition
from ketacare.science.selfcheck.verdict import flags, shows_help

View = Callable[..., HttpResponse]
LARGEST_FORM = 20_000  # bytes
PLAIN_FORM = "application/x-www-form-urlencoded"


def small_form(view: View) -> View:
    """Refuse, before anything reads it, a body that is too long or is no plain form: no upload is taken here."""

    @wraps(view)
    def guarded(request: Request) -> HttpResponse:
        if request.method == "POST":
            if request.content_type != PLAIN_FORM:
                return HttpResponse(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
            if len(request.body) > LARGEST_FORM:
                return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        reply = view(request)
        reply["Cache-Control"] = "no-store"
        return reply

    return csrf_exempt(guarded)  # the views that write put their own guard inside


def page(request: Request, name: str, status: int = HTTPStatus.OK, **given: object) -> HttpResponse:
    return render(request, f"public/selfcheck/{name}.html", given, status=status)


@public
@speaks
@small_form
@require_http_methods(["GET", "HEAD", "POST"])
def self_check(request: Request) -> HttpResponse:
    """The questions, and what they come to; help at once for what cannot wait."""
    check, answers = definition.load(), pages.answers_in(request.POST)
    sites = list(Site.objects.order_by("name", "pk"))
    chosen = next((one for one in sites if str(one.pk) == request.POST.get("site")), None)
    if urgent := flags(check, answers):
        carried = list(pages.carried(answers))
        return page(request, "help", flags=pages.flag_pages(urgent), carried=carried, crisis_site=chosen)
    steps = [step.id for step in check.steps]
    done = pages.steps_done(steps, request.POST)
    site = chosen or (sites[0] if sites else None)
    given = {"sites": sites, "site": site, "crisis_site": chosen, "shows_help": shows_help(check, answers)}
    if site is None or done < len(steps):
        return page(request, "step", step=pages.step_page(check, min(done, len(steps) - 1), answers), **given)
    outcome = outcome_of(site, answers, at=timezone.now())
    return page(request, "result", result=pages.result_page(outcome, answers), last_step=steps[-1], **given)


@public
@speaks
@small_form
@require_POST
def request_with_answers(request: Request) -> HttpResponse:
    """The form for a consultation, carrying the answers that the person chose to send; nothing is kept yet."""
    return shown(request, asking.blank(at=timezone.now()))


@public
@speaks
@small_form
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def consultation(request: Request) -> HttpResponse:
    """Ask to be contacted."""
    now = timezone.now()
    if request.method != "POST":
        return shown(request, asking.blank(at=now))
    filled = asking.take(request, at=now)
    return redirect("public:request-received") if filled is None else shown(request, filled)


def shown(request: Request, filled: asking.Filled) -> HttpResponse:
    return page(request, "request", filled.status, **asking.context(filled, request))


@public
@speaks
@require_safe
def received(request: Request) -> HttpResponse:
    """The request has arrived; the same page whoever asked."""
    return page(request, "received", hours=asking.hours())
