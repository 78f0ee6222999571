"""What anybody may read."""

from dataclasses import replace

from ketacare.clinic.models import Site
from ketacare.outcomes.crisis import CrisisHelp, crisis_help
from ketacare.planning.practices import EMERGENCY
from ketacare.planning.queries import practice


def crisis_helps(only: Site | None = None) -> list[CrisisHelp]:
    """Whom somebody in crisis can reach: as the one site says, or where none is known one answer for each that the sites give."""
    found: list[CrisisHelp] = []
    for site in [only] if only else Site.objects.order_by("pk"):
        told = crisis_help(site)
        told = replace(told, emergency=told.emergency or practice(site).numbers.get(EMERGENCY, ""))
        if told not in found:
            found.append(told)
    return found


def site_named(given: str | None) -> Site | None:
    """The clinic that somebody has chosen on a form; None where none is, or none of ours."""
    return next((one for one in Site.objects.order_by("pk") if str(one.pk) == given), None)
