"""How long what is kept, site by site."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ketacare.clinic.permissions import sites_where
from ketacare.clinic.queries import sites_of
from ketacare.clinic.web import Request, needs
from ketacare.portal import retention
from ketacare.science.rights import law

VIEW = "retention.view"


@needs(VIEW)
@require_safe
def keeping(request: Request) -> HttpResponse:
    """What goes when, by which rule, and what stays? Nothing goes by looking."""
    now, shown = timezone.now(), []
    for site in sites_of(sites_where(request.actor, VIEW)):
        rules = law.load(site.jurisdiction)
        going = [(line, retention.rule_of(line.kept)) for line in retention.listing(site, at=now)]
        kept = [(rules.kept(kind), why) for kind, why in retention.STAYING.items()]
        staying = [(one, why, retention.rule_of(one)) for one, why in kept]
        shown.append({"site": site, "law": rules, "going": going, "staying": staying})
    return render(request, "portal/own/keeping.html", {"sites": shown})
