"""``ketacare register``."""

import sys
from argparse import ArgumentParser, Namespace
from datetime import date
from pathlib import Path

from django.utils import timezone

from ketacare.clinic import audit
from ketacare.clinic.actor import Operator
from ketacare.clinic.models import Site
from ketacare.stewardship import inspection, pages, queries
from ketacare.stewardship.inspection import File

DONE, OPEN, BAD_INPUT = 0, 1, 2


def add_arguments(parser: ArgumentParser) -> None:
    parser.epilog = "Exit code 1: a discrepancy of these days is still open."
    parser.add_argument("--site", metavar="NAME", help="needed where more than one site keeps a register")
    parser.add_argument(
        "--from", dest="since", type=date.fromisoformat, metavar="DAY", help="default: as far back as the law asks"
    )
    parser.add_argument("--to", dest="until", type=date.fromisoformat, metavar="DAY", help="default: today")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the table to a new file")
    parser.add_argument("--pdf", type=Path, metavar="FILE", help="write the PDF to a new file")


def run(options: Namespace) -> int:
    """Print what the register of these days adds up to, and write the inspector's file; reading it is on record."""
    sites = Site.objects.filter(drug_register__isnull=False).order_by("name")
    named = list(sites.filter(name=options.site) if options.site else sites)
    if problem := wrong(named, options):
        print(problem, file=sys.stderr)
        return BAD_INPUT
    (site,), at = named, timezone.now()
    since = options.since or pages.retained_since(site, at=at)
    made = inspection.file(site, since=since, until=options.until or pages.today(site, at), at=at)
    audit.record(by=Operator(), at=at, did="saw register on the command line", on=site, patients=made.patients)
    for path, kind in ((options.csv, "csv"), (options.pdf, "pdf")):
        if path:
            body = inspection.WRITERS[kind](made)
            path.write_bytes(body if isinstance(body, bytes) else body.encode())
    print(in_words(made))
    return OPEN if queries.open_discrepancies(site).exists() else DONE


def wrong(named: list[Site], options: Namespace) -> str:
    """Why this cannot be done; empty when it can."""
    if not named:
        return "No site of this name keeps a register." if options.site else "No site keeps a register."
    if len(named) > 1:
        return f"--site: which of {', '.join(one.name for one in named)}?"
    there = [path for path in (options.csv, options.pdf) if path and path.exists()]
    return f"{there[0]} exists already: name a new file." if there else ""


def in_words(made: File) -> str:
    """The register in a few lines."""
    held = [
        f"  {one.drug} {one.strength_mg_per_ml} mg/mL, lot {one.lot}, expires {one.expires_on}: {one.mg} mg"
        for one in made.balances
    ]
    told = [f"  {one.at} {one.what}: {one.says} ({one.signed})" for one in made.discrepancies]
    return "\n".join(
        [
            f"{made.site}, {made.since} to {made.until}: {made.movements} movements, {len(made.counts)} counts",
            "In the vault at the end:",
            *(held or ["  nothing"]),
            "Discrepancies:",
            *(told or ["  none"]),
        ]
    )
