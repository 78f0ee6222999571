"""Who is behind a request that does not go through Django's middleware: the same cookie, the same checks."""

import hashlib
import io
from collections import OrderedDict
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone

from ketacare.clinic import actor
from ketacare.clinic.actor import Actor
from ketacare.clinic.idle import is_idle
from ketacare.clinic.login import lacks_second_factor
from ketacare.clinic.models import Device

BEARER = "Bearer "
MOST_KNOWN = 1000
_csrf = CsrfViewMiddleware(lambda request: HttpResponse())


class Refused(Exception):
    """A request that gets no further: the status and the words of its reply."""

    def __init__(self, status: int, says: str) -> None:
        self.status = status
        self.says = says
        super().__init__(says)


def as_request(scope: dict, body: bytes = b"") -> ASGIRequest:
    """Django's view of a request to one of the live addresses; a wrong host name is refused."""
    request = ASGIRequest(scope, io.BytesIO(body))
    try:
        request.get_host()
    except DisallowedHost as error:
        raise Refused(400, "This host name is not served here.") from error
    return request


def person(request: ASGIRequest) -> Actor:
    """The logged-in person, asked afresh of the database: a log-in that has ended is refused at once."""
    engine = import_module(settings.SESSION_ENGINE)
    request.session = engine.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    user = get_user(request)
    if not user.is_authenticated:
        raise Refused(401, "Sign in first.")
    if lacks_second_factor(user):
        raise Refused(401, "Set up a second factor first.")
    return actor.of_user(user)


def sender(request: ASGIRequest) -> Actor:
    """Who posts: a device by its token, or a person by cookie and anti-forgery token."""
    authorization = request.headers.get("Authorization", "")
    if authorization.startswith(BEARER):
        return _device(authorization.removeprefix(BEARER).strip())
    by = person(request)
    if is_idle(request.session, at=timezone.now()):
        raise Refused(401, "Locked: give your password again.")
    _csrf.process_request(request)
    if _csrf.process_view(request, None, (), {}) is not None:
        raise Refused(403, "The page's anti-forgery token is missing or old: load the page again.")
    return by


def _device(token: str) -> Actor:
    digest = hashlib.sha256(token.encode()).hexdigest()
    row = Device.objects.filter(token_digest=digest, retired_at__isnull=True).first()
    if row is None:
        raise Refused(401, "No device in use has this token.")
    return actor.of_device(row)


class Known:
    """Devices that were let in by their token lately, so that a reading a second is not a question a second.

    Whether the device is still in use is asked where its rows are stored, in the same transaction.
    """

    def __init__(self) -> None:
        self._devices: OrderedDict[bytes, actor.Device] = OrderedDict()

    def get(self, scope: dict) -> actor.Device | None:
        """The device that sent a request with these very headers before."""
        return self._devices.get(_said(scope))

    def remember(self, scope: dict, by: Actor) -> None:
        if isinstance(by, actor.Device):
            self._devices[_said(scope)] = by
            while len(self._devices) > MOST_KNOWN:
                self._devices.popitem(last=False)

    def forget(self, scope: dict) -> None:
        self._devices.pop(_said(scope), None)


def _said(scope: dict) -> bytes:
    """A digest of the headers that say who asks whom."""
    told = sorted((name, value) for name, value in scope["headers"] if name in (b"authorization", b"host"))
    return hashlib.sha256(repr(told).encode()).digest()


known = Known()
