"""What waited in a browser while the server could not be reached, and the key that seals it there."""

import json
from base64 import b64encode
from http import HTTPStatus
from typing import Any

from django.http import JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic import audit
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.permissions import fetch
from ketacare.clinic.web import Request, needs
from ketacare.infusion import actions, queries, sealing
from ketacare.infusion.queued import Answer
from ketacare.infusion.queued_forms import ANOTHERS, as_json, parsed, refused
from ketacare.science.errors import Problem

MOST_AT_ONCE = 200  # entries in a request; the browser sends the next ones after it


@needs("infusion.chart")
@never_cache
@require_GET
def key(request: Request) -> JsonResponse:
    """The key that seals this person's entries: today's, or an earlier one of theirs by its id."""
    wanted = request.GET.get("id") or sealing.key_id(request.user)
    if not sealing.is_of(request.user, wanted):
        return JsonResponse({"problem": "This key is not yours."}, status=HTTPStatus.FORBIDDEN)
    secret = b64encode(sealing.key_of(request.user, wanted)).decode()
    return JsonResponse({"id": wanted, "key": secret, "name": request.user.name, "person": str(request.user.pk)})


@needs("infusion.chart")
@never_cache
@require_POST
def queued(request: Request, pk: int) -> JsonResponse:
    """Take what its author charted while the server could not be reached; one answer an entry, in their order."""
    found = fetch(request.actor, "infusion.chart", queries.sessions(), pk=pk)
    body = envelope(request)
    if body is None:
        problem = f'Expected {{"author": id of a key, "entries": a list of at most {MOST_AT_ONCE}}}.'
        return JsonResponse({"problem": problem}, status=HTTPStatus.BAD_REQUEST)
    is_author = sealing.is_of(request.user, str(body.get("author", "")))
    answers = [answer_of(request, found.pk, one) if is_author else refused(one, ANOTHERS) for one in body["entries"]]
    return JsonResponse({"answers": [as_json(one) for one in answers]})


def envelope(request: Request) -> dict[str, Any] | None:
    """What was sent, if it is an author and entries."""
    try:
        body = json.loads(request.body)
    except ValueError:
        return None
    entries = body.get("entries") if isinstance(body, dict) else None
    return body if isinstance(entries, list) and len(entries) <= MOST_AT_ONCE else None


def answer_of(request: Request, session: int, sent: Any) -> Answer:
    """Store one entry by itself; a refusal is on record like every other."""
    entry = parsed(sent, session=session)
    if isinstance(entry, Answer):
        return entry
    try:
        return actions.store_queued(session_id=session, entry=entry, by=request.actor, at=timezone.now())
    except ActionRefused as refusal:
        code, says = refusal.code, [reason.text for reason in refusal.reasons]
    except NotAllowed as missing:
        code, says = missing.permission, ["you may not chart this in this session"]
    details = {"page": request.resolver_match.view_name, "code": code}
    audit.record(by=request.actor, at=timezone.now(), did="was refused", details=details)
    return refused(sent, *(Problem(place="session", says=one) for one in says))
