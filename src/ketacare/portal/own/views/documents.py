"""What a patient has agreed to, and what it costs: the same papers that the clinic keeps."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from ketacare.billing import paper, superbilling
from ketacare.billing.queries import estimates_of, newest_plan_of, superbills_of
from ketacare.clinic.permissions import fetch
from ketacare.clinic.web import Request, shows
from ketacare.portal.own.agreed import agreed
from ketacare.portal.own.views.frame import own, page, sealed
from ketacare.portal.own.visitor import VIEW, Visitor


@own
@require_safe
def documents(request: Request, person: Visitor) -> HttpResponse:
    """What did I sign, and what does it cost?"""
    context = {
        "agreed": agreed(person.courses),
        "estimates": estimates_of(person.patient),
        "superbills": superbills_of(person.patient),
    }
    return page(request, person, "documents", **context)


@own
@require_safe
def estimate(request: Request, person: Visitor, pk: int) -> HttpResponse:
    """An estimate of what the course may cost."""
    row = fetch(request.actor, VIEW, estimates_of(person.patient), pk=pk)
    return as_file(request, person, paper.of_estimate(row, newest_plan_of(row)), "estimate.pdf")


@own
@require_safe
def superbill(request: Request, person: Visitor, pk: int) -> HttpResponse:
    """A bill of what happened."""
    row = fetch(request.actor, VIEW, superbills_of(person.patient), pk=pk)
    return as_file(request, person, paper.of_superbill(row, superbilling.difference(row.course)), "bill.pdf")


def as_file(request: Request, person: Visitor, told: paper.Paper, name: str) -> HttpResponse:
    """A paper as a PDF that nothing keeps."""
    shows(request, person.patient)
    reply = HttpResponse(paper.pdf(told), content_type="application/pdf")
    reply["Content-Disposition"] = f'inline; filename="{name}"'
    return sealed(reply)
