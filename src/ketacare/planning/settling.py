"""Why something cannot be settled for a site."""

from collections.abc import Iterator

from ketacare.clinic.errors import Reason
from ketacare.clinic.models import Membership, Role, Site
from ketacare.planning.checks import WHO
from ketacare.planning.practices import PRACTICES


def reasons_against_practice(site: Site, name: str, value: object, reason: str) -> Iterator[Reason]:
    """Why something cannot be settled in this way."""
    kind = PRACTICES[name].kind if name in PRACTICES else None
    if kind is None:
        yield Reason(text=f"There is nothing called {name} to settle.", who=WHO["site"])
    if kind == "yes-no" and not isinstance(value, bool):
        yield Reason(text="Say yes or no.", who=WHO["site"])
    if kind == "number" and (isinstance(value, bool) or not isinstance(value, int | float) or not value > 0):
        yield Reason(text="The limit is a number of mg above 0.", who=WHO["site"])
    if kind == "text" and not (isinstance(value, str) and value.strip()):
        yield Reason(text="Say it in words or numbers.", who=WHO["site"])
    if kind == "basis" and value not in ("ideal", "adjusted"):
        yield Reason(
            text="The weight is the ideal or the adjusted one; the actual one is not used here.", who=WHO["site"]
        )
    if kind == "people" and not works_here(site, value):
        yield Reason(text="Only prescribers of this site can be named.", who=WHO["site"])
    if not reason.strip():
        yield Reason(text="Say why.", who="the one who signs")


def works_here(site: Site, people: object) -> bool:
    """Whether a list names prescribers of the site and nobody else."""
    here = set(Membership.objects.filter(site=site, role=Role.PRESCRIBER).values_list("user_id", flat=True))
    return isinstance(people, list) and set(people) <= here
