"""What stands between a request and a view: who asks, may they, and what was seen."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from ketacare.clinic import actor, audit
from ketacare.clinic.errors import ActionRefused, NotAllowed, Reason
from ketacare.clinic.models import Patient
from ketacare.clinic.permissions import holds_somewhere
from ketacare.science.errors import BadFacts

View = Callable[..., HttpResponseBase]

# Pages that need no permission of ours; the log-in library guards its own.
PUBLIC_MODULES = ("allauth.", "django.contrib.staticfiles.", "django.views.static")


class Request(HttpRequest):
    """A request as the rooms see it."""

    actor: actor.Actor
    shown: set[int]


def needs(permission: str) -> Callable[[View], View]:
    """Mark a view with the permission it needs; asked here for any site, and in the view for the thing itself."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not holds_somewhere(request.actor, permission):
                raise NotAllowed(permission, request.resolver_match.view_name)
            return view(request, *args, **kwargs)

        guarded.needs = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def public(view: View) -> View:
    """Mark a view that anybody may see."""
    view.needs = None  # type: ignore[attr-defined]
    return view


def shows(request: Request, *patients: Patient | int) -> None:
    """Say that the reply names these patients; one audit event of the whole page follows before it leaves."""
    request.shown.update(patient if isinstance(patient, int) else patient.pk for patient in patients)


def cannot_be_judged(bad: BadFacts) -> ActionRefused:
    """What is told where stored facts are such that no evaluation may start from them."""
    return ActionRefused(
        "bad-facts", [Reason(text=str(one), who="whoever corrects the answer") for one in bad.problems]
    )


def shows_refusals(view: View) -> View:
    """Turn a refused action into a page that lists every reason and who can resolve it; audit the refusal."""

    @wraps(view)
    def shown(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except (ActionRefused, BadFacts) as caught:
            refusal = caught if isinstance(caught, ActionRefused) else cannot_be_judged(caught)
            name = request.resolver_match.view_name
            audit.record(
                by=request.actor, at=timezone.now(), did="was refused", details={"page": name, "code": refusal.code}
            )
            return render(request, "clinic/refused.html", {"refusal": refusal}, status=409)

    return shown


class ActorMiddleware:
    """Sets ``request.actor``, read from the database only when it is asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponseBase:
        request.actor = SimpleLazyObject(lambda: actor.of_user(request.user))
        request.shown = set()
        return self.get_response(request)


class AuditMiddleware:
    """Denies a view that does not say what it needs; writes one event for each reply that names a patient."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponseBase:
        response = self.get_response(request)
        if request.shown:
            page = request.resolver_match.view_name
            audit.record(by=request.actor, at=timezone.now(), did=f"saw {page}", patients=request.shown)
        return response

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not hasattr(view, "needs") and not view.__module__.startswith(PUBLIC_MODULES):
            raise ImproperlyConfigured(f"{view.__module__}.{view.__name__} does not say which permission it needs")
        return None

    def process_exception(self, request: Any, exception: Exception) -> None:
        if isinstance(exception, NotAllowed) and request.user.is_authenticated:
            details = {"permission": exception.permission, "page": request.resolver_match.view_name}
            audit.record(by=request.actor, at=timezone.now(), did="was not allowed", details=details)
