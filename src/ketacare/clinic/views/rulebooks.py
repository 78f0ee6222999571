"""Which rulebooks a site works by, and proposing another version or other numbers."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from ketacare.clinic import actions, bookshelf, queries
from ketacare.clinic.bookshelf import Shelved
from ketacare.clinic.forms import RulebookForm
from ketacare.clinic.models import Site
from ketacare.clinic.permissions import fetch, may, sites_where
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.science import rules

VIEW, PROPOSE = "policy.view", "policy.propose"


@needs(VIEW)
@require_safe
def rulebooks(request: Request) -> HttpResponse:
    """Every book of the reader's sites: the version in force, and what waits."""
    sites = queries.sites_of(sites_where(request.actor, VIEW))
    now = timezone.now()
    shelves = [(site, bookshelf.shelf(site, at=now)) for site in sites]
    return render(request, "clinic/rulebooks.html", {"shelves": shelves})


@needs(VIEW)
@shows_refusals
@require_http_methods(["GET", "HEAD", "POST"])
def rulebook(request: Request, pk: int, book: str) -> HttpResponse:
    """A book at a site: its numbers, its history, and the form that proposes others after showing what would change."""
    site = fetch(request.actor, VIEW if request.method != "POST" else PROPOSE, Site.objects.all(), pk=pk)
    shelved = shelved_or_404(site, book)
    form = form_for(request, shelved)
    if request.method == "POST" and form.is_valid() and "propose" in request.POST:
        actions.propose_rulebook(
            site=site,
            book=book,
            version=form.book.version,
            parameters=form.parameters(),
            reason=form.cleaned_data["reason"],
            by=request.actor,
            at=timezone.now(),
        )
        messages.success(request, "Proposed. Another person looks at whom it concerns, and approves it.")
        return redirect("clinic:rulebook", pk=pk, book=book)
    return render(request, "clinic/rulebook.html", context_of(request, shelved, form))


def shelved_or_404(site: Site, book: str) -> Shelved:
    """The book that an address names."""
    if book not in rules.names():
        raise Http404
    return bookshelf.shelved(site, book, at=timezone.now())


def form_for(request: Request, shelved: Shelved) -> RulebookForm:
    """The form for the version that the address asks for: the one in force, or another that is shipped."""
    asked = (request.POST or request.GET).get("version", "")
    shipped = {str(version): version for version in rules.versions(shelved.name)}
    version = shipped.get(asked, shelved.book.version)
    book = rules.load(shelved.name, version)
    return RulebookForm(book, bookshelf.numbers(book, shelved.policy, {}), request.POST or None)


def context_of(request: Request, shelved: Shelved, form: RulebookForm) -> dict[str, object]:
    """What the page shows; once the form holds, what it would change."""
    holds = form.is_bound and form.is_valid()
    wanted = form.parameters() if holds else {}
    return {
        "shelved": shelved,
        "form": form,
        "is_other": form.book.version != shelved.book.version,
        "difference": bookshelf.difference(shelved.book, shelved.policy, form.book, wanted) if holds else None,
        "may_propose": may(request.actor, PROPOSE, shelved.site) and shelved.waiting is None,
        "history": queries.rulings(shelved.site, shelved.name),
    }
