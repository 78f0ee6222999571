"""Logging in: allauth's and axes' questions to us, and the second factor that staff must have."""

from collections.abc import Callable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic import actor, audit
from ketacare.clinic.boxes import box
from ketacare.clinic.models import User

SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
# What somebody without a second factor may still open: the pages to set one up, and the way out.
OPEN_BEFORE_SECOND_FACTOR = ("mfa_", "account_reauthenticate", "account_logout", "clinic:unlock", "clinic:log-in-state")


class AccountAdapter(DefaultAccountAdapter):
    """People come by an administrator's invitation; who logs in and out is on record."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        audit.record(by=actor.of_user(user), at=timezone.now(), did="logged in")
        return super().post_login(request, user, **kwargs)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """A patient's own pages for a patient; work for everybody else."""
        is_patient = isinstance(actor.of_user(request.user), actor.PatientLink)
        return reverse("portal:own-home") if is_patient else super().get_login_redirect_url(request)

    def logout(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            audit.record(by=actor.of_user(request.user), at=timezone.now(), did="logged out")
        super().logout(request)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keeps authenticator secrets and recovery seeds encrypted in the database."""

    def encrypt(self, text: str) -> str:
        return locked_in().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return locked_in().decrypt(encrypted_text.encode()).decode()


def locked_in() -> Fernet:
    """What second-factor secrets are locked in; its key is kept outside the database."""
    return box("second-factor", settings.SECOND_FACTOR_KEY)


def name_tried(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The address that somebody tries to log in with, for counting failures."""
    return str((credentials or {}).get("email") or request.POST.get("login", "")).strip().lower()


def computer(request: HttpRequest) -> str | None:
    """The address of the computer that somebody tries from; behind a proxy, as the proxy says it last."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.ALLAUTH_TRUSTED_PROXY_COUNT else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR")


class SecondFactorMiddleware:
    """Leads staff without a second factor to set one up before anything else, where the clinic requires it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        name = request.resolver_match.view_name or ""
        if name.startswith(OPEN_BEFORE_SECOND_FACTOR) or not lacks_second_factor(request.user):
            return None
        return redirect("mfa_index")


def lacks_second_factor(user: User | AnonymousUser) -> bool:
    """Whether a member of staff is logged in without authenticator app or passkey where the clinic asks for one."""
    if not settings.REQUIRE_MFA or not user.is_authenticated or isinstance(actor.of_user(user), actor.PatientLink):
        return False
    return not is_mfa_enabled(user, types=SECOND_FACTORS)


def password_path(user: User) -> str:
    """The address of a page where this person chooses a password: good once and for three days."""
    arguments = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return reverse("account_reset_password_from_key", kwargs=arguments)
