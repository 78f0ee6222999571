"""Where a patient sets the password of their log-in, by a link that works once."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ketacare.clinic.actor import Actor
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.language import speak_to, speaks
from ketacare.clinic.models import User
from ketacare.clinic.web import Request, public
from ketacare.portal import actions
from ketacare.portal.actions.answering import link_of
from ketacare.portal.models import LogInInvitation
from ketacare.portal.own.forms import WelcomeForm
from ketacare.portal.own.opening import invitation
from ketacare.portal.own.views.frame import sealed


@public
@speaks
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: Request, token: str) -> HttpResponse:
    """Set a password; every link that does not work gets the same answer."""
    found = invitation(token, at=timezone.now())
    if found is None:
        return sealed(render(request, "portal/own/welcome_over.html", status=HTTPStatus.NOT_FOUND))
    speak_to(found.patient)
    person = found.patient.user or User(email=found.email, name=str(found.patient))
    form = WelcomeForm(request.POST or None, person=person)
    if form.is_valid() and begun(found, form, by=link_of(found.patient)):
        messages.success(request, _("Your password is set. Log in with your e-mail address and the new password."))
        return sealed(redirect("account_login"))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return sealed(render(request, "portal/own/welcome.html", {"form": form}, status=status))


def begun(found: LogInInvitation, form: WelcomeForm, *, by: Actor) -> bool:
    """Whether the log-in could be begun; another date of birth is counted, and said without saying more."""
    told, now = form.cleaned_data, timezone.now()
    wrong = _("This does not fit. Check your date of birth, or ask your clinic for a new link.")
    if told["born_on"] != found.patient.born_on:
        actions.note_wrong_try(invitation_id=found.pk, by=by, at=now)
        form.add_error(None, wrong)
        return False
    try:
        actions.begin_log_in(invitation_id=found.pk, born_on=told["born_on"], password=told["password"], by=by, at=now)
    except ActionRefused:
        form.add_error(None, wrong)
        return False
    return True
