"""``ketacare rescreen``."""

import json
from argparse import ArgumentParser, Namespace
from collections import Counter

from django.utils import timezone

from ketacare.clinic.actor import System
from ketacare.clinic.models import Site
from ketacare.evaluation.actions import screen_course
from ketacare.evaluation.screenings import courses_in_care

BY = System(name="rescreen")
DONE, NO_SITE = 0, 2


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--site", metavar="NAME", help="only this site (default: every site)")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")


def run(options: Namespace) -> int:
    """Judge every course in care again and print how many came out how; what changed waits for its prescriber."""
    sites = Site.objects.order_by("name").filter(**{"name": options.site} if options.site else {})
    if options.site and not sites:
        print(f"There is no site called {options.site}.")
        return NO_SITE
    told = {site.name: dict(counted(site)) for site in sites}
    print(json.dumps(told, indent=2) if options.json else "\n".join(map(line, told.items())))
    return DONE


def counted(site: Site) -> Counter[str]:
    """How many courses of a site came out how."""
    counts: Counter[str] = Counter()
    for course in courses_in_care(site).order_by("pk").values_list("pk", flat=True):
        row = screen_course(course_id=course, by=BY, at=timezone.now(), anyway=True)
        if row is not None:
            counts[row.result or "could not be judged"] += 1
            counts["must be seen"] += row.must_be_seen
            counts["put on hold"] += row.hold_id is not None
    return counts


def line(told: tuple[str, dict[str, int]]) -> str:
    """The counts of one site."""
    name, counts = told
    return f"{name}: " + (
        ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in counts.items()) or "nobody in care"
    )
