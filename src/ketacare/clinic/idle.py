"""Idle time: a log-in left alone asks for its password again, in place, and what was typed goes on from there.

The server decides. A reply to a locked log-in is 401 with the header ``X-Locked``; to a browser it is a page that asks
for the password and, for a form, carries what was typed in hidden fields to the same address. Only the person whose
log-in it is can go on: a page of somebody else's answers 409 with ``X-Other-Person`` and nothing it sent is read.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from ketacare.clinic.models import User

PASSWORD, PERSON = "unlock_password", "unlock_person"  # the two fields of the page that asks
NEVER_CARRIED = {"witness_password", "witness_code"}  # a second person's secrets are never written into a page
SEEN = "seen_at"  # in the session: when the person last did something, seconds since 1970
NOT_ASKED = {"account_logout", "clinic:unlock", "clinic:log-in-state"}


def is_idle(session: SessionBase, *, at: datetime) -> bool:
    """Whether a log-in has been left alone for too long."""
    seen = session.get(SEEN)
    return seen is not None and at.timestamp() - seen > timedelta(minutes=settings.IDLE_MINUTES).total_seconds()


def note_activity(session: SessionBase, *, at: datetime) -> None:
    """Remember that the person did something; written at most once a minute."""
    if at.timestamp() - session.get(SEEN, 0) > 60:
        session[SEEN] = at.timestamp()


def reopen(session: SessionBase, *, at: datetime) -> None:
    """Take a log-in up again after the password was given."""
    session[SEEN] = at.timestamp()


def is_background(request: HttpRequest) -> bool:
    """Whether the page asked by itself (a poll, a refresh) and not the person."""
    return "X-Background" in request.headers or "background" in request.GET


def is_for_script(request: HttpRequest) -> bool:
    """Whether a script waits for the answer and not a browser that shows pages."""
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return "HX-Request" in request.headers or mode != "navigate" or "text/html" not in request.headers.get("Accept", "")


def is_password_right(request: HttpRequest, password: str) -> bool:
    """Whether this is the password of the person whose log-in it is; a wrong one counts towards the lock-out."""
    user = authenticate(request, email=request.user.email, password=password)
    return isinstance(user, User) and user.pk == request.user.pk


class IdleMiddleware:
    """Stands before every view of a person who is logged in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        if is_of_another_person(request):
            return another_person(request)
        if not request.user.is_authenticated or request.resolver_match.view_name in NOT_ASKED:
            return None
        if PASSWORD in request.POST:
            return go_on(request)
        if is_idle(request.session, at=timezone.now()):
            return ask(request)
        if not is_background(request):
            note_activity(request.session, at=timezone.now())
        return None


def is_of_another_person(request: HttpRequest) -> bool:
    """Whether the page that asks was shown to somebody who is not the one logged in now."""
    person = request.POST.get(PERSON) or request.headers.get("X-Acting-As", "")
    return bool(person) and person != str(request.user.pk or "")


def another_person(request: HttpRequest) -> HttpResponse:
    """Drop what was sent and start afresh with whoever is here now."""
    if is_for_script(request):
        return HttpResponse("Somebody else is logged in now.", status=409, headers={"X-Other-Person": "yes"})
    return redirect(settings.LOGIN_REDIRECT_URL)


def go_on(request: Any) -> HttpResponse | None:
    """Let a carried form through to its view once the password is right."""
    sent = request.POST.copy()
    password = sent.pop(PASSWORD)[-1]
    sent.pop(PERSON, None)
    request.POST = sent
    if not is_password_right(request, password):
        return ask(request, wrong=True)
    reopen(request.session, at=timezone.now())
    return None


def ask(request: HttpRequest, *, wrong: bool = False) -> HttpResponse:
    """Ask for the password: a bare 401 to a script, a page that carries what was typed to a browser."""
    if is_for_script(request):
        return HttpResponse("Locked: give your password again.", status=401, headers=locked(request))
    is_form = request.method == "POST"
    return page(request, is_form=is_form, wrong=wrong, next_page="" if is_form else request.get_full_path())


def ask_again(request: HttpRequest) -> HttpResponse:
    """The page that asks for the password, after a wrong one, where only a page is to be shown again."""
    return page(request, is_form=False, wrong=True, next_page=request.POST.get("next", ""))


def page(request: HttpRequest, *, is_form: bool, wrong: bool, next_page: str) -> HttpResponse:
    own = {PASSWORD, PERSON, "csrfmiddlewaretoken", *NEVER_CARRIED}
    carried = [(name, value) for name, values in request.POST.lists() if name not in own for value in values]
    context = {
        "carried": carried,
        "had_files": bool(request.FILES),
        "is_form": is_form,
        "next": next_page,
        "wrong": wrong,
    }
    response = render(request, "clinic/locked.html", context, status=401)
    for name, value in locked(request).items():
        response[name] = value
    return response


def locked(request: HttpRequest) -> dict[str, str]:
    """The headers that say whose log-in is locked."""
    return {"X-Locked": str(request.user.pk), "Cache-Control": "no-store"}
