"""What a patient sees who opened a link: one question a screen, without a password, a name or a script."""

import secrets
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ketacare.clinic.actor import System
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.language import speak_to, speaks
from ketacare.clinic.web import Request, public
from ketacare.portal import actions, queries, questions
from ketacare.portal.actions.answering import link_of
from ketacare.portal.forms import AnswerForm
from ketacare.portal.queries import Door, Opened
from ketacare.portal.whom import whom_to_call

COOKIE = "answer_device"
COOKIE_AGE_S = 60 * 60 * 24 * 120  # longer than any check-in is open
HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow, noarchive"}
STATUS = {Door.UNKNOWN: 404, Door.OTHER_DEVICE: 403, Door.EXPIRED: 410, Door.CALLED_OFF: 410}
SYSTEM = System(name="portal")


def sealed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that is kept by no cache and found by no search."""

    @wraps(view)
    def shown(request: Request, token: str) -> HttpResponse:
        response = view(request, token)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return shown


def opened(request: Request, token: str) -> Opened:
    """What the link comes to on this device."""
    found = queries.opened(token, request.COOKIES.get(COOKIE, ""), at=timezone.now())
    if found.invitation is not None:
        speak_to(found.invitation.check_in.course.patient)
    return found


def page(
    request: Request, template: str, found: Opened, status: int = HTTPStatus.OK, **context: object
) -> HttpResponse:
    """A page with whom to call on it, where the clinic is known."""
    given = {"found": found, "token": request.resolver_match.kwargs["token"]}
    if found.invitation is not None:
        given |= whom_to_call(found.invitation.check_in.course.site)
    return render(request, f"portal/{template}.html", given | context, status=status)


def closed(request: Request, found: Opened) -> HttpResponse:
    """Why there is no question, in plain words; a link on another device is told to the clinic."""
    if found.door == Door.OTHER_DEVICE and found.invitation:
        actions.note_other_device(invitation_id=found.invitation.pk, by=SYSTEM, at=timezone.now())
    is_shown = found.door == Door.ANSWERED and queries.is_help_shown(found.scales)
    return page(request, "closed", found, STATUS.get(found.door, 200), is_help_shown=is_shown)


@public
@speaks
@sealed
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: Request, token: str) -> HttpResponse:
    """The next question; a tap on an answer keeps it and goes on."""
    found = opened(request, token)
    if found.door != Door.OPEN:
        return closed(request, found)
    if request.method != "POST":
        return page(
            request, "question", found, question=questions.question(found.scales, wanted=request.GET.get("item", ""))
        )
    return take(request, token, found)


def take(request: Request, token: str, found: Opened) -> HttpResponse:
    """Keep a tap; a tap that cannot be kept shows the question again, with the reason."""
    form, device = AnswerForm(request.POST), request.COOKIES.get(COOKIE) or secrets.token_urlsafe()
    if found.invitation is None or not form.is_valid():
        return again(request, found, [_("Choose one of the answers below. Nothing was changed.")])
    by, pk = link_of(found.invitation.check_in.course.patient), found.invitation.pk
    try:
        scale = actions.answer_question(invitation_id=pk, device=device, given=form.value(), by=by, at=timezone.now())
    except ActionRefused as refused:
        return again(request, opened(request, token), [reason.text for reason in refused.reasons])
    is_shown = queries.is_help_shown([scale])
    response = redirect("portal:help" if is_shown else "portal:answer", token)
    response.set_cookie(
        COOKIE, device, max_age=COOKIE_AGE_S, path="/answer/", secure=settings.SECURE, httponly=True, samesite="Lax"
    )
    return response


def again(request: Request, found: Opened, reasons: list[str]) -> HttpResponse:
    """The question as it now stands, with what was wrong; or why there is none any more."""
    if found.door != Door.OPEN:
        return closed(request, found)
    wanted = request.POST.get("item", "")
    asked = questions.question(found.scales, wanted=wanted)
    return page(request, "question", found, HTTPStatus.UNPROCESSABLE_ENTITY, question=asked, reasons=reasons)


@public
@speaks
@sealed
@require_http_methods(["GET", "HEAD"])
def help_now(request: Request, token: str) -> HttpResponse:
    """Whom to call now; the questions that are left can wait."""
    found = opened(request, token)
    if found.door not in (Door.OPEN, Door.ANSWERED):
        return closed(request, found)
    return page(request, "help", found)


@public
@speaks
@sealed
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: Request, token: str) -> HttpResponse:
    """No more messages: asked once, and done with one tap; a link that is over still does it."""
    found = opened(request, token)
    if found.invitation is None or found.door == Door.OTHER_DEVICE:
        return closed(request, found)
    if request.method == "POST":
        by = link_of(found.invitation.check_in.course.patient)
        actions.stop_messages(invitation_id=found.invitation.pk, by=by, at=timezone.now())
    return page(request, "stop", found, is_stopped=request.method == "POST")
