"""Papers of the staff: one's own, everybody's at one's sites, and the second person who has seen them."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ketacare.clinic import actions
from ketacare.clinic.actor import user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.forms import EndForm, QualificationForm
from ketacare.clinic.models import Qualification, User
from ketacare.clinic.papers import standings
from ketacare.clinic.permissions import fetch, may, sites_where
from ketacare.clinic.qualified import papers_of
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.science.qualifications import table

OWN, VIEW, RECORD, CONFIRM = (f"qualification.{name}" for name in ("own", "view", "record", "confirm"))
RECORDED = "Recorded. It counts once a second person has seen the paper and confirmed it."


@needs(VIEW)
@require_safe
def everybody(request: Request) -> HttpResponse:
    """How the papers of everybody at one's sites stand."""
    rows = standings(sites_where(request.actor, VIEW), at=timezone.now())
    return render(request, "clinic/qualifications.html", {"rows": rows, "table": table()})


@needs(OWN)
@shows_refusals
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: Request) -> HttpResponse:
    """One's own papers; the form records one more."""
    own = get_object_or_404(User, pk=user_id(request.actor))
    form = QualificationForm(request.POST or None, papers=own.qualifications.all())
    if form.is_valid():
        actions.record_qualification(person_id=own.pk, **form.values(), by=request.actor, at=timezone.now())
        messages.success(request, RECORDED)
        return redirect("clinic:qualifications-mine")
    return page(request, own, form)


@needs(OWN)
@shows_refusals
@require_POST
def mine_end(request: Request) -> HttpResponse:
    """Say that a paper of one's own counts no more."""
    own = Qualification.objects.filter(user_id=user_id(request.actor))
    row = next((one for one in own if str(one.pk) == request.POST.get("paper")), None)
    if row is None:
        raise ActionRefused("no-such-paper", ["Say which of your own papers."])
    reason = request.POST.get("reason", "")
    actions.end_qualification(qualification_id=row.pk, reason=reason, by=request.actor, at=timezone.now())
    return redirect("clinic:qualifications-mine")


@needs(VIEW)
@require_safe
def person(request: Request, pk: int) -> HttpResponse:
    """One person's papers, and the form to record one."""
    user = fetch(request.actor, VIEW, User.objects.all(), pk=pk)
    return page(request, user, QualificationForm(papers=user.qualifications.all()))


@needs(RECORD)
@shows_refusals
@require_POST
def record(request: Request, pk: int) -> HttpResponse:
    """Record a paper of somebody's."""
    user = fetch(request.actor, RECORD, User.objects.all(), pk=pk)
    form = QualificationForm(request.POST, papers=user.qualifications.all())
    if not form.is_valid():
        return page(request, user, form)
    actions.record_qualification(person_id=pk, **form.values(), by=request.actor, at=timezone.now())
    messages.success(request, RECORDED)
    return redirect("clinic:qualifications-person", pk=pk)


@needs(CONFIRM)
@shows_refusals
@require_POST
def confirm(request: Request, pk: int) -> HttpResponse:
    """Say that one has seen the paper."""
    row = opened(request, pk)
    actions.confirm_qualification(qualification_id=pk, by=request.actor, at=timezone.now())
    messages.success(request, f"Confirmed: {table().kinds[row.kind].label}, {row.user.name}.")
    return redirect("clinic:qualifications-person", pk=row.user_id)


@needs(CONFIRM)
@shows_refusals
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: Request, pk: int) -> HttpResponse:
    """Say that a paper counts no more, with the reason."""
    row, form = opened(request, pk), EndForm(request.POST or None)
    if form.is_valid():
        actions.end_qualification(qualification_id=pk, **form.cleaned_data, by=request.actor, at=timezone.now())
        return redirect("clinic:qualifications-person", pk=row.user_id)
    told = {"row": row, "kind": table().kinds[row.kind], "form": form}
    return render(request, "clinic/qualification_end.html", told)


def opened(request: Request, pk: int) -> Qualification:
    """The paper of somebody at one's sites; any other gets the answer of a missing one."""
    row = Qualification.objects.select_related("user").filter(pk=pk).first()
    fetch(request.actor, CONFIRM, User.objects.all(), pk=row.user_id if row else 0)
    assert row is not None  # noqa: S101  # nobody has the number 0
    return row


def page(request: Request, user: User, form: QualificationForm) -> HttpResponse:
    """A person's papers: those that count first."""
    now, own = timezone.now(), user_id(request.actor)
    sites = set(user.memberships.values_list("site_id", flat=True))
    is_own = user.pk == own
    context = {
        "person": user,
        "is_own": is_own,
        "standings": standings(sites if is_own else sites & sites_where(request.actor, VIEW), at=now, user_id=user.pk),
        "papers": papers_of(user, on=timezone.localdate(now)),
        "form": form if is_own or may(request.actor, RECORD, user) else None,
        "may_confirm": not is_own and may(request.actor, CONFIRM, user),
        "own_id": own,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "clinic/qualifications_person.html", context, status=status)
