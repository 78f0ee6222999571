"""What surrounds every page: the rail of places this person may go to, and where they are."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.http import HttpRequest
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.functional import SimpleLazyObject

from ketacare.clinic.actor import Actor, Staff
from ketacare.clinic.models import Site
from ketacare.clinic.permissions import holds_somewhere

# label, URL name, prefixes of the addresses that belong to it. Never more than seven.
PLACES = (
    ("Today", "worklist:today", ()),
    ("Board", "infusion:board", ("/board",)),
    (
        "Patients",
        "worklist:patients",
        (
            "/patients",
            "/requests",
            "/courses",
            "/orders",
            "/wanted-sessions",
            "/process-notes",
            "/estimates",
            "/superbills",
            "/payments",
        ),
    ),
    ("Schedule", "booking:schedule", ("/schedule",)),
    ("Register", "stewardship:register", ("/register",)),
    ("Quality", "clinic:quality", ("/quality",)),
    ("Settings", "clinic:settings", ("/settings", "/simulator", "/models")),
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """One entry of the rail."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class Here:
    """The site, or sites, at which somebody works."""

    name: str
    time_zone: str


def surroundings(request: HttpRequest) -> dict[str, object]:
    """A context processor; everything in it is worked out only when a template asks."""
    if not hasattr(request, "actor") or not request.user.is_authenticated:
        return {}
    actor = request.actor
    return {
        "rail": SimpleLazyObject(lambda: rail(actor, request.path)),
        "here": SimpleLazyObject(lambda: here(actor)),
        "may_see": page_gate(actor),
    }


def rail(actor: Actor, path: str) -> list[Place]:
    """The places that exist and that the person may go to."""
    places = []
    for label, name, prefixes in PLACES:
        if may_see(actor, name) and (url := address(name)):
            places.append(Place(label=label, url=url, is_current=path == url or path.startswith(prefixes)))
    return places


def here(actor: Actor) -> Here | None:
    """Where somebody works; times on pages about no one patient are those of their first site."""
    sites = {site for site, _ in actor.roles} if isinstance(actor, Staff) else set()
    rows = list(Site.objects.filter(pk__in=sites).order_by("name"))
    return Here(name=" · ".join(row.name for row in rows), time_zone=rows[0].time_zone) if rows else None


def page_gate(actor: Actor) -> Callable[[str], bool]:
    """A function that tells whether the actor may see a page, by its URL name."""
    return lambda name: may_see(actor, name)


def may_see(actor: Actor, name: str) -> bool:
    """Whether the page exists and the actor holds, at some site, the permission that its view names."""
    exists, permission = needed_for(name)
    return exists and (permission is None or holds_somewhere(actor, permission))


@cache
def needed_for(name: str) -> tuple[bool, str | None]:
    """Whether a page of this name exists, and the permission its view is marked with."""
    for arguments in ((), (1,)):
        try:
            view = resolve(reverse(name, args=arguments)).func
        except NoReverseMatch:
            continue
        return True, getattr(view, "needs", None)
    return False, None


def address(name: str) -> str:
    """A page's address, or nothing when there is no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
