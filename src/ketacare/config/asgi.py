"""The front: one listener, one origin. Streams and the readings door are small ASGI applications; all else is Django."""

import logging

from a2wsgi import WSGIMiddleware
from django.template.loader import get_template

from ketacare.config.live import door, stream
from ketacare.config.live.runtime import ask_once, lifespan
from ketacare.config.wsgi import application as django_wsgi
from ketacare.infusion.fragments import PAGES
from ketacare.science.monitoring.policy import alarm_policy

log = logging.getLogger(__name__)
THREADS = 10
WARM_UP = "/accounts/login/"
django = WSGIMiddleware(django_wsgi, workers=THREADS)
LIVE = {"/live/sessions": stream.application, "/door/readings": door.application}


def warm_up() -> None:
    """Load what the first visitor and the first reading would otherwise wait for."""
    ask_once(django_wsgi, WARM_UP)
    alarm_policy()
    for template in PAGES.values():
        get_template(template)


class RequestFailed(Exception):
    """What the server is told, which prints whatever it is told: nothing. The clinic's own log says where."""


async def application(scope, receive, send) -> None:
    """Send each request where it belongs."""
    try:
        await answer(scope, receive, send)
    except Exception:
        log.exception("a request failed")
        raise RequestFailed from None


async def answer(scope, receive, send) -> None:
    """The part of the service that a request is for."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send, warm=warm_up)
    else:
        await LIVE.get(scope["path"], django)(scope, as_coroutine(receive), send)


def as_coroutine(receive):
    """The server's ``receive`` gives a future; the bridge to Django takes only coroutines, and fails on every form."""

    async def received() -> dict:
        return await receive()

    return received
