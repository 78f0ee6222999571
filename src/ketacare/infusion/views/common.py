"""What every page of this room begins and ends with."""

import secrets
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, shows
from ketacare.infusion import actions, queries
from ketacare.infusion.fragments import may_stop
from ketacare.infusion.models import Session
from ketacare.record.queries import patient_header

VIEW = "infusion.view"
NOT_TAKEN = "X-Not-Taken"  # a fragment that shows the form again, with what is wrong
RIGHTS = ("record", "chart", "acknowledge", "correct", "attest", "override", "start", "dose", "stop", "discharge")


def opened(request: Request, pk: int, permission: str = VIEW) -> Session:
    """The session, for somebody who may; the page names its patient."""
    session = fetch(request.actor, permission, queries.sessions(), pk=pk)
    shows(request, session.patient_id)
    return session


def page(request: Request, found: Session, template: str, status: int = HTTPStatus.OK, **context: Any) -> HttpResponse:
    """A page about a session, under its patient's header."""
    given = {
        "session": found,
        "header": patient_header(found.patient, at=timezone.now(), course=found.course),
        "may": rights(request, found),
        "nonce": secrets.token_urlsafe(),
        "may_stop": may_stop(found, request.actor),
    }
    return render(request, f"infusion/{template}.html", context | given, status=status)


def rights(request: Request, session: Session) -> dict[str, bool]:
    """What this person may do in this session, by the name after the dot."""
    return {name: may(request.actor, f"infusion.{name}", session) for name in RIGHTS}


def back(session: Session) -> HttpResponse:
    """To the cockpit."""
    return redirect("infusion:session", session.pk)


def not_taken(reply: HttpResponse) -> HttpResponse:
    """Say that nothing was written, where the status cannot."""
    reply[NOT_TAKEN] = "yes"
    return reply


def posted_once(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A form sent twice is done once: the second answer leads to the session. One that was not taken may be sent again."""

    @wraps(view)
    def guarded(request: Request, pk: int, **kwargs: Any) -> HttpResponse:
        nonce = request.POST.get("nonce", "")
        if not nonce:
            return view(request, pk, **kwargs)
        with transaction.atomic():  # what was done and the receipt of it are durable together, or neither is
            who = {"nonce": nonce, "by": request.actor, "at": timezone.now()}
            if not actions.claim_form(session_id=pk, **who):
                return redirect("infusion:session", pk)
            reply = view(request, pk, **kwargs)
            if reply.status_code >= HTTPStatus.BAD_REQUEST or NOT_TAKEN in reply.headers:
                actions.release_form(**who)
            return reply

    return guarded
