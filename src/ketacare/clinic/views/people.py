"""The people who work at a site and what they may do there."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ketacare.clinic import actions, queries
from ketacare.clinic.forms import InvitationForm, RoleForm
from ketacare.clinic.login import password_path
from ketacare.clinic.models import Membership, User
from ketacare.clinic.permissions import fetch, holds_somewhere, sites_where
from ketacare.clinic.web import Request, needs, shows_refusals

MANAGE = "people.manage"


@needs("today.view")
@require_safe
def settings(request: Request) -> HttpResponse:
    """Where one's own log-in and, for an administrator, other people's are looked after."""
    context = {
        "may_see_people": holds_somewhere(request.actor, MANAGE),
        "may_see_rulebooks": holds_somewhere(request.actor, "policy.view"),
        "may_break_glass": holds_somewhere(request.actor, "access.break-glass"),
    }
    return render(request, "clinic/settings.html", context)


@needs(MANAGE)
@require_safe
def people(request: Request) -> HttpResponse:
    """Everybody at the administrator's sites, with their roles there."""
    roles = queries.roles_at(sites_where(request.actor, MANAGE))
    return render(request, "clinic/people.html", {"roles": roles})


@needs(MANAGE)
@shows_refusals
@require_http_methods(["GET", "HEAD", "POST"])
def person_new(request: Request) -> HttpResponse:
    """Invite somebody; the reply shows the link to set a password, once."""
    form = InvitationForm(request.POST or None, sites=sites_where(request.actor, MANAGE))
    if not form.is_valid():
        return render(request, "clinic/person_new.html", {"form": form})
    user = actions.invite_person(**form.cleaned_data, by=request.actor, at=timezone.now())
    return with_link(request, user) if not user.has_usable_password() else redirect("clinic:person", pk=user.pk)


@needs(MANAGE)
@require_safe
def person(request: Request, pk: int) -> HttpResponse:
    """One person: roles at the administrator's sites, and their log-in."""
    user = fetch(request.actor, MANAGE, User.objects.all(), pk=pk)
    sites = sites_where(request.actor, MANAGE)
    context = {"person": user, "roles": queries.roles_of(user, sites=sites), "form": RoleForm(sites=sites)}
    return render(request, "clinic/person.html", context)


@needs(MANAGE)
@shows_refusals
@require_POST
def role_add(request: Request, pk: int) -> HttpResponse:
    """Give a person one more role."""
    user = fetch(request.actor, MANAGE, User.objects.all(), pk=pk)
    form = RoleForm(request.POST, sites=sites_where(request.actor, MANAGE))
    if form.is_valid():
        actions.add_role(user=user, **form.cleaned_data, by=request.actor, at=timezone.now())
    return redirect("clinic:person", pk=user.pk)


@needs(MANAGE)
@shows_refusals
@require_POST
def role_remove(request: Request, pk: int) -> HttpResponse:
    """Take a role away."""
    membership = fetch(request.actor, MANAGE, Membership.objects.all(), pk=pk)
    user = actions.remove_role(membership_id=membership.pk, by=request.actor, at=timezone.now())
    has_more = queries.roles_of(user, sites=sites_where(request.actor, MANAGE)).exists()
    return redirect("clinic:person", pk=user.pk) if has_more else redirect("clinic:people")


@needs(MANAGE)
@shows_refusals
@require_POST
def person_deactivate(request: Request, pk: int) -> HttpResponse:
    """End a person's log-in."""
    user = fetch(request.actor, MANAGE, User.objects.all(), pk=pk)
    actions.deactivate_person(user_id=user.pk, by=request.actor, at=timezone.now())
    return redirect("clinic:person", pk=pk)


@needs(MANAGE)
@shows_refusals
@require_POST
def person_reactivate(request: Request, pk: int) -> HttpResponse:
    """Let a person log in again."""
    user = fetch(request.actor, MANAGE, User.objects.all(), pk=pk)
    actions.reactivate_person(user_id=user.pk, by=request.actor, at=timezone.now())
    return redirect("clinic:person", pk=pk)


@needs(MANAGE)
@shows_refusals
@require_POST
def log_in_reset(request: Request, pk: int) -> HttpResponse:
    """Take a lost password and second factor away and show the link to set a new password, once."""
    user = fetch(request.actor, MANAGE, User.objects.all(), pk=pk)
    return with_link(request, actions.reset_log_in(user_id=user.pk, by=request.actor, at=timezone.now()))


@never_cache
def with_link(request: Request, user: User) -> HttpResponse:
    """The page with a person's one-time link, to be handed over in person."""
    link = request.build_absolute_uri(password_path(user))
    return render(request, "clinic/person_link.html", {"person": user, "link": link})
