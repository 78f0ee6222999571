"""ketacare trajectory propose: a file of priors brought before a site, in somebody's name; another person approves it on a page."""

import argparse
import sys
from collections.abc import Iterable

from django.utils import timezone

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import Site
from ketacare.config.operator import operator
from ketacare.config.texts import text_of
from ketacare.followup.priors import actions
from ketacare.science import reference
from ketacare.science.errors import ScienceError
from ketacare.science.trajectory import own

DONE, REFUSED, BAD_INPUT = 0, 1, 2
PROGRAM = "ketacare trajectory propose"


def run(args: argparse.Namespace) -> int:
    """Read the file, propose it; return the exit code."""
    try:
        told = own.parse(reference.parse_yaml(text_of(args.file), place=str(args.file)), place=str(args.file))
    except ScienceError as error:
        return complain(map(str, error.problems), BAD_INPUT)
    site = Site.objects.filter(name=args.site).first()
    if site is None:
        known = ", ".join(Site.objects.order_by("name").values_list("name", flat=True)) or "none"
        return complain([f"--site: there is no {args.site!r}; there are: {known}"], BAD_INPUT)
    try:
        by = operator(args.email)
        row = actions.propose_priors(site=site, told=told, reason=args.reason, by=by, at=timezone.now())
    except NotAllowed:
        return complain([f"{args.email} may not propose priors at {site.name}"], REFUSED)
    except ActionRefused as refused:
        return complain((one.text for one in refused.reasons), REFUSED)
    print(f"Proposed for {site.name}: {told.scale}, {row.sha256[:12]}.")
    print(f"Another prescriber or the medical director approves it: Settings, What forecasts rest on, number {row.pk}.")
    return DONE


def complain(lines: Iterable[str], code: int) -> int:
    """Say on stderr what stands against it."""
    for line in lines:
        print(f"{PROGRAM}: {line}", file=sys.stderr)
    return code
