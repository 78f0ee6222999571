"""The front: one listener, one origin. Streams and the readings door are small ASGI applications; all else is Django."""

from functools import partial

from a2wsgi import WSGIMiddleware

from ketacare.config.live import door, stream
from ketacare.config.live.runtime import ask_once, lifespan
from ketacare.config.wsgi import application as django_wsgi

THREADS = 10
WARM_UP = "/accounts/login/"
django = WSGIMiddleware(django_wsgi, workers=THREADS)
LIVE = {"/live/sessions": stream.application, "/door/readings": door.application}


async def application(scope, receive, send) -> None:
    """Send each request where it belongs."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send, warm=partial(ask_once, django_wsgi, WARM_UP))
    else:
        await LIVE.get(scope["path"], django)(scope, as_coroutine(receive), send)


def as_coroutine(receive):
    """The server's ``receive`` gives a future; the bridge to Django takes only coroutines, and fails on every form."""

    async def received() -> dict:
        return await receive()

    return received
