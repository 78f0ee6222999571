"""``ketacare import``: take over records from files of another system."""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from django.utils import timezone

from ketacare.clinic.actions import open_site
from ketacare.clinic.actor import Operator, Staff, of_user
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import Site, User
from ketacare.clinic.permissions import sites_where
from ketacare.config import env
from ketacare.interop.errors import BadInput
from ketacare.interop.fhir import import_unit
from ketacare.interop.reading import MAX_BYTES
from ketacare.record.actions import import_resources
from ketacare.record.values import ImportResult
from ketacare.science.errors import Problem

DONE, REFUSED, BAD_INPUT = 0, 1, 2
FIRST_SITE = "Clinic"
MEGABYTE = 1000 * 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "A FILE is a FHIR R4 bundle, one resource, NDJSON (one resource a line) or a folder of these; all of one call are one\n"
        "unit, and references resolve across them. What is not understood is counted and listed. Importing again changes nothing.\n"
        f"One file may have {MAX_BYTES // MEGABYTE} MB (KETACARE_IMPORT_MAX_MB). Exit code 1: refused. 2: bad input, nothing was taken over."
    )
    parser.add_argument("format", choices=["fhir"], help="what the files are")
    parser.add_argument("files", nargs="+", metavar="FILE", type=Path, help="file or folder")
    parser.add_argument(
        "--site", metavar="NAME", help="the site that takes the people in (needed where there are several)"
    )
    parser.add_argument("--as", dest="email", metavar="EMAIL", help="act with the permissions of this person")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    try:
        by = Operator(acting_as=staff(options.email))
        unit = import_unit(options.files, max_bytes=env.number("IMPORT_MAX_MB", MAX_BYTES // MEGABYTE) * MEGABYTE)
        result = import_resources(unit=unit, site=site_for(options.site, by), by=by, at=timezone.now())
    except BadInput as error:
        return complain(error.problems, as_json=options.json)
    except NotAllowed:
        print("Refused: this person may not import records at this site.", file=sys.stderr)
        return REFUSED
    except ActionRefused as error:
        print("\n".join(f"Refused: {reason.text}" for reason in error.reasons), file=sys.stderr)
        return REFUSED
    print(json.dumps(plain(result), indent=2, ensure_ascii=False) if options.json else in_words(result))
    return DONE


def staff(email: str | None) -> Staff | None:
    """The member of staff to act as; None where nobody is named."""
    if email is None:
        return None
    user = User.objects.filter(email=email.lower(), is_active=True).first()
    found = None if user is None else of_user(user)
    if not isinstance(found, Staff):
        raise ActionRefused("no-such-person", [f"No member of staff logs in as {email}."])
    return found


def site_for(name: str | None, by: Operator) -> Site:
    """The site that is named, or the only one that can be meant; in an empty database the first one is opened."""
    sites = Site.objects.order_by("name")
    if by.acting_as is not None:
        sites = sites.filter(pk__in=sites_where(by, "record.import"))
    if name is not None:
        sites = sites.filter(name=name)
    found = list(sites)
    if not Site.objects.exists() and by.acting_as is None:
        return open_site(name=name or FIRST_SITE, by=by, at=timezone.now())
    if len(found) == 1:
        return found[0]
    if not found:
        raise ActionRefused(
            "no-site", [f"There is no site {name} to import to." if name else "There is no site to import to."]
        )
    raise ActionRefused("which-site", [f"Say which site with --site: {', '.join(site.name for site in found)}."])


def plain(result: ImportResult) -> dict[str, object]:
    """The result as JSON: counts of resources, and every problem with its place."""
    return {
        "created": result.created,
        "updated": result.updated,
        "unchanged": result.unchanged,
        "not_understood": len(result.not_understood),
        "supporting": result.supporting,
        "not_understood_by_type": dict(sorted(by_type(result).items())),
        "patients": list(result.patients),
        "problems": [
            {"type": one.resource_type, "place": one.problem.place, "says": one.problem.says}
            for one in result.not_understood
        ],
        "remarks": [{"place": one.place, "says": one.says} for one in result.remarks],
    }


def by_type(result: ImportResult) -> Counter[str]:
    return Counter(one.resource_type for one in result.not_understood)


def in_words(result: ImportResult) -> str:
    """The result for a person: counts first, then what was left out, by type; what is wrong inside known types in full."""
    lines = [
        f"{result.created} created, {result.updated} updated, {result.unchanged} unchanged, "
        f"{len(result.not_understood)} not understood"
        + (f", {result.supporting} used through others" if result.supporting else "")
        + ("; 1 person." if len(result.patients) == 1 else f"; {len(result.patients)} people.")
    ]
    whole = Counter(one.resource_type for one in result.not_understood if "does not take over" in one.problem.says)
    lines += [f"  {number} {kind}: not taken over" for kind, number in sorted(whole.items())]
    rest = [one.problem for one in result.not_understood if "does not take over" not in one.problem.says]
    return "\n".join([*lines, *(f"  {problem}" for problem in (*rest, *result.remarks))])


def complain(problems: tuple[Problem, ...], *, as_json: bool) -> int:
    """Print every problem of the input; nothing was taken over."""
    if as_json:
        print(json.dumps({"problems": [{"place": one.place, "says": one.says} for one in problems]}, indent=2))
    for one in problems:
        print(one, file=sys.stderr)
    print("Nothing was imported.", file=sys.stderr)
    return BAD_INPUT
