"""Going on after idle time."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic import idle
from ketacare.clinic.web import public


@public
@never_cache
@require_GET
def log_in_state(request: HttpRequest) -> JsonResponse:
    """Who is logged in and whether the log-in waits for its password; asking is no activity."""
    locked = request.user.is_authenticated and idle.is_idle(request.session, at=timezone.now())
    return JsonResponse({"person": str(request.user.pk or ""), "locked": locked})


@public
@never_cache
@require_POST
def unlock(request: HttpRequest) -> HttpResponse:
    """Take the log-in up again: for the dialog an empty reply, for the page without scripts the page it stood before."""
    by_script = idle.is_for_script(request)
    if not request.user.is_authenticated:
        return idle.another_person(request)
    if not idle.is_password_right(request, request.POST.get(idle.PASSWORD, "")):
        return HttpResponse("Wrong password.", status=401) if by_script else idle.ask_again(request)
    idle.reopen(request.session, at=timezone.now())
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return HttpResponse(status=204) if by_script else redirect(target if is_ours else "/")
