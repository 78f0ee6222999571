"""Whom a patient calls: crisis lines and the clinic's own numbers, as the site has settled them."""

from dataclasses import replace

from ketacare.clinic.models import Site
from ketacare.outcomes.crisis import crisis_help
from ketacare.planning.practices import EMERGENCY
from ketacare.planning.queries import practice


def whom_to_call(site: Site) -> dict[str, object]:
    """What ``portal/danger.html`` and ``outcomes/crisis.html`` show."""
    numbers, crisis = practice(site).numbers, crisis_help(site)
    return {"numbers": numbers, "crisis": replace(crisis, emergency=crisis.emergency or numbers.get(EMERGENCY, ""))}
