"""``ketacare retention``."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone

from ketacare.clinic import audit
from ketacare.clinic.actor import Operator
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import Site
from ketacare.config.operator import operator
from ketacare.portal import retention
from ketacare.portal.actions import let_go
from ketacare.science.rights import law

DONE, REFUSED, BAD_INPUT = 0, 1, 2


def add_arguments(parser: ArgumentParser) -> None:
    parser.epilog = "Without --apply nothing is changed. What the law keeps is refused whoever asks."
    parser.add_argument("--site", metavar="NAME", help="default: every site")
    parser.add_argument("--kind", action="append", metavar="KIND", help=f"default: {', '.join(retention.GOING)}")
    parser.add_argument("--apply", action="store_true", help="let go what has stayed its time; needs --by")
    parser.add_argument(
        "--by", metavar="EMAIL", help="who answers for it: an administrator or the quality lead of the site"
    )


def run(options: Namespace) -> int:
    """Print what would go, or let it go; either is on record."""
    sites = list(Site.objects.filter(**({"name": options.site} if options.site else {})).order_by("name"))
    if problem := wrong(sites, options):
        print(f"ketacare retention: {problem}", file=sys.stderr)
        return BAD_INPUT
    try:
        return apply(sites, options, at=timezone.now()) if options.apply else show(sites, at=timezone.now())
    except ActionRefused as refused:
        for reason in refused.reasons:
            print(f"ketacare retention: refused: {reason.text}", file=sys.stderr)
    except NotAllowed:
        print("ketacare retention: refused: this person may not let anything go at this site.", file=sys.stderr)
    return REFUSED


def wrong(sites: list[Site], options: Namespace) -> str:
    """Why this cannot be done; empty when it can."""
    if not sites:
        return "there is no such site." if options.site else "there is no site yet."
    if options.apply != bool(options.by):
        return "--apply and --by belong together: somebody answers for what goes."
    return ""


def show(sites: list[Site], *, at: datetime) -> int:
    """Print every table with what would go; nothing goes."""
    for site in sites:
        audit.record(by=Operator(), at=at, did="saw retention on the command line", on=site)
        print("\n".join(told(site, at=at)))
    print("Nothing was changed. To let it go: ketacare retention --apply --by EMAIL")
    return DONE


def told(site: Site, *, at: datetime) -> Iterator[str]:
    """A site's tables in lines."""
    rules = law.load(site.jurisdiction)
    yield f"{site.name} ({rules.title}, version {rules.version}, {rules.review.status})"
    for line in retention.listing(site, at=at):
        since = f"since {line.oldest}, next on {line.next_on}" if line.oldest else "none"
        rule = f"{retention.rule_of(line.kept)} [{', '.join(line.kept.sources)}; {line.kept.mark}]"
        yield f"  {line.table.kind:<14}{line.table.name:<34}{line.may_go:>6} of {line.count:<6} {since}; {rule}"
    for kind, why in retention.STAYING.items():
        kept = rules.kept(kind)
        yield f"  {kind:<14}{'stays':<34}{why}; {retention.rule_of(kept)} [{', '.join(kept.sources)}; {kept.mark}]"


def apply(sites: list[Site], options: Namespace, *, at: datetime) -> int:
    """Let go, kind by kind."""
    by = operator(options.by)
    for site in sites:
        for kind in options.kind or retention.GOING:
            print(f"{site.name}: {kind}: {let_go(site_id=site.pk, kind=kind, by=by, at=at)} let go")
    return DONE
