"""What every act of this room begins with: the register locked, who may, who stands beside, and what is meant."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ketacare.clinic.actor import Actor, Staff, user_id
from ketacare.clinic.errors import ActionRefused, NotAllowed, Reason
from ketacare.clinic.models import Course, Site
from ketacare.clinic.permissions import may, require, require_papers
from ketacare.science.errors import OutOfRange
from ketacare.science.stewardship.ledger import exact
from ketacare.stewardship import journal
from ketacare.stewardship.models import Account, Container, Register
from ketacare.stewardship.values import Chair

CUSTODIAN = "the drug custodian"


def allowed(site_id: int, permission: str, by: Actor) -> Site:
    """The site, for somebody who may; a missing one gets the same answer as a forbidden one."""
    site = Site.objects.filter(pk=site_id).first()
    if site is None:
        raise NotAllowed(permission, f"clinic.site:{site_id}")
    require(by, permission, site)
    return site


def begun(site_id: int, permission: str, by: Actor) -> Register:
    """The register of a site, locked, for somebody who may."""
    return journal.locked(allowed(site_id, permission, by))


def second_person(witness: Staff | None, *, by: Actor, site: Site, at: datetime) -> Staff | None:
    """Who stands beside: somebody else, who may witness here."""
    if witness is None:
        return None
    if witness.user_id == user_id(by):
        raise ActionRefused("same-person", ["The second person must be somebody else."])
    if not may(witness, "register.witness", site):
        raise ActionRefused("not-a-witness", ["This person may not witness at this site."])
    require_papers(witness, "register.witness", site, at=at)
    return witness


def of_site(site: Site, chair: Chair | None, permission: str) -> Chair | None:
    """A session's chair, if its course is of this site; another one gets the answer of a missing one."""
    if chair is not None and not Course.objects.filter(pk=chair.course_id, site=site).exists():
        raise NotAllowed(permission, f"clinic.course:{chair.course_id}")
    return chair


def container_at(place: Account, container_id: int, permission: str) -> Container:
    """A container that was ever in this account; any other gets the answer of a missing one."""
    found = Container.objects.filter(pk=container_id, lines__into=place).exclude(lot="").first()
    if found is None:
        raise NotAllowed(permission, f"stewardship.container:{container_id}")
    return found


def amount_meant(mg: Decimal | None, *, held_mg: Decimal) -> Decimal:
    """How much is meant: what was said, or everything that is there."""
    if mg is None and held_mg <= 0:
        raise ActionRefused("nothing-there", [Reason(text="Nothing is left of this container here.")])
    wanted = held_mg if mg is None else mg
    try:
        wanted = exact(wanted)
    except OutOfRange as error:
        raise ActionRefused("bad-amount", [Reason(text=f"The amount: {error}.")]) from error
    if wanted <= 0:
        raise ActionRefused("bad-amount", [Reason(text="The amount must be above 0.")])
    return wanted


def need_reason(reason: str) -> str:
    """The reason, or a refusal."""
    if not reason.strip():
        raise ActionRefused("no-reason", ["Say why."])
    return reason.strip()


def today(site: Site, at: datetime) -> date:
    """The day at a site."""
    return at.astimezone(ZoneInfo(site.time_zone)).date()
