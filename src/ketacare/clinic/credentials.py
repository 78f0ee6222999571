"""A second person's own credential, checked in the very request that they sign in.

Tries are counted and locked out like those of a log-in, and every failure is on record. Call this before the action, outside
its transaction: what a refused action wrote is rolled back, and a failed try must not be.
"""

from datetime import datetime

from allauth.mfa.models import Authenticator
from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth import authenticate
from django.db.models import Model
from django.http import HttpRequest

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, Staff, of_user, user_id
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.login import lacks_second_factor
from ketacare.clinic.models import User
from ketacare.clinic.permissions import may, require_papers

WITH_A_CODE = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
REFUSALS = {
    "same-person": "The second person must be somebody else.",
    "not-verified": "E-mail address, password or code of the second person is wrong.",
    "locked-out": "Too many wrong tries: this person is locked out here for a while, as at a log-in.",
    "no-second-factor": "The second person has to set up a second factor first.",
    "not-allowed": "This person may not stand beside here.",
}


def verified(
    *,
    email: str,
    password: str,
    code: str,
    by: Actor,
    on: Model,
    permission: str,
    at: datetime,
    request: HttpRequest,
) -> Staff:
    """The member of staff whose credential this is: somebody else than ``by``, who holds the permission on the thing.

    ``code`` is of their authenticator app, or a recovery code; it is asked of everybody who has a second factor.
    """
    bare = without_what_was_typed(request)
    user = authenticate(bare, email=email.strip().lower(), password=password)
    problem = what_is_wrong(bare, user, email=email, code=code, by=by, on=on, permission=permission)
    if problem:
        tried = User.objects.filter(email=email.strip().lower()).values_list("pk", flat=True).first()
        details = {"because": problem, "permission": permission, "tried": tried}
        audit.record(by=by, at=at, did="second person not verified", on=on, details=details)
        raise ActionRefused(problem, [Reason(text=REFUSALS[problem], who="the second person")])
    person = of_user(user)
    assert isinstance(person, Staff)  # noqa: S101  # a patient holds no permission of the staff
    require_papers(person, permission, on, at=at)
    details = {"permission": permission, "person": person.user_id}
    audit.record(by=by, at=at, did="second person verified", on=on, details=details)
    return person


def what_is_wrong(
    request: HttpRequest, user: object, *, email: str, code: str, by: Actor, on: Model, permission: str
) -> str:
    """Why this credential does not do; empty when it does. What is wrong with the person is told only once it is theirs."""
    if not isinstance(user, User):
        return "locked-out" if getattr(request, "axes_locked_out", False) else "not-verified"
    if lacks_second_factor(user):
        return "no-second-factor"
    if not is_code_right(user, code):
        AxesProxyHandler.user_login_failed(__name__, {"email": email.strip().lower()}, request)
        return "not-verified"
    if user.pk == user_id(by):
        return "same-person"
    person = of_user(user)
    return "" if isinstance(person, Staff) and may(person, permission, on) else "not-allowed"


def is_code_right(user: User, code: str) -> bool:
    """Whether the second factor is there that this person has; a code is good once."""
    own = Authenticator.objects.filter(user=user)
    if not own.filter(type__in=SECOND_FACTORS).exists():
        return True
    typed = code.strip()
    return bool(typed) and any(one.wrap().validate_code(typed) for one in own.filter(type__in=WITH_A_CODE))


def without_what_was_typed(request: HttpRequest) -> HttpRequest:
    """The same request without its form: what counts the tries must not store clinical text, nor a password."""
    bare = HttpRequest()
    bare.META = {name: value for name, value in request.META.items() if isinstance(value, str)}
    bare.path = bare.path_info = request.path
    return bare
