"""``ketacare site``: a place of treatment, and somebody who manages it."""

import argparse
import sys
from zoneinfo import available_timezones

from django.db import transaction
from django.utils import timezone

from ketacare.clinic import actions
from ketacare.clinic.actor import Actor, Operator
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.login import password_path
from ketacare.clinic.models import Role, Site, User
from ketacare.science import rules

DONE, REFUSED, BAD_INPUT = 0, 1, 2
PAPERS_FIRST = (
    "Next: add the people, then their licences and courses under Settings, Qualifications, each seen by a second person.\n"
    "Until then nobody can sign, start or witness here."
)
BOOK, JURISDICTION = "eligibility", "site.jurisdiction"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = (
        "A site that is there already stays as it is: the command then only gives the person the role, for instance "
        "when its last administrator has left. The link is good once and for three days; hand it over in person."
    )
    parser.add_argument("name", help="what the site is called")
    parser.add_argument("--administrator", metavar="EMAIL", required=True, help="who manages its people")
    parser.add_argument("--person", metavar="NAME", required=True, help="that person's full name")
    parser.add_argument("--time-zone", metavar="ZONE", default="UTC", help="such as Europe/Berlin (default: UTC)")
    parser.add_argument(
        "--jurisdiction", choices=jurisdictions(), default="other", help="whose law holds; some rules ask"
    )
    parser.add_argument("--currency", metavar="CODE", default="USD", help="three letters (default: USD)")
    parser.add_argument(
        "--url", default="http://localhost:8000", help="where people reach the server (default: %(default)s)"
    )


def run(options: argparse.Namespace) -> int:
    """Open the site where there is none, give the role, and print the link to choose a password."""
    if options.time_zone not in available_timezones():
        print(f"--time-zone: {options.time_zone} is no time zone; give one such as Europe/Berlin.", file=sys.stderr)
        return BAD_INPUT
    try:
        site, user = opened(options, by=Operator())
    except ActionRefused as error:
        print("\n".join(f"Refused: {reason.text}" for reason in error.reasons), file=sys.stderr)
        return REFUSED
    print(f"{user.name} is an administrator of {site.name}.")
    print(PAPERS_FIRST)
    if not user.has_usable_password():
        print(f"To choose a password, once and within three days:\n{options.url.rstrip('/')}{password_path(user)}")
    return DONE


@transaction.atomic
def opened(options: argparse.Namespace, *, by: Actor) -> tuple[Site, User]:
    """The site and its administrator, made where they are missing."""
    at = timezone.now()
    site = Site.objects.filter(name=options.name).first() or actions.open_site(
        name=options.name,
        time_zone=options.time_zone,
        jurisdiction=options.jurisdiction,
        currency=options.currency,
        by=by,
        at=at,
    )
    user = actions.invite_person(
        site=site, email=options.administrator, name=options.person, role=Role.ADMINISTRATOR, by=by, at=at
    )
    return site, user


def jurisdictions() -> tuple[str, ...]:
    """Those that the eligibility rules know."""
    return tuple(rules.load(BOOK).fields[JURISDICTION].allowed)
