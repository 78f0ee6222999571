"""``ketacare verify``."""

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from django.utils import timezone

from ketacare.clinic import guards, verify
from ketacare.followup.safety import queries as safety
from ketacare.infusion import refolding
from ketacare.stewardship import checking


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")


def run(options: Namespace) -> int:
    """Print the verdict on the audit trail, the guards, what is cached of sessions and of long-term safety, and the drug registers; 1 when anything is broken."""
    verdict = verify.audit_trail()
    unguarded = guards.unguarded_tables()
    sessions = list(refolding.differences())
    registers = list(checking.disagreements())
    due = [{"course": course, "says": says} for course, says in safety.differences(at=timezone.now())]
    if options.json:
        told = {"audit": asdict(verdict), "unguarded_tables": unguarded}
        told |= {"sessions": list(map(asdict, sessions)), "registers": list(map(asdict, registers)), "safety": due}
        print(json.dumps(told, indent=2))
    else:
        print(f"Audit trail: {verdict.events} events in {verdict.blocks} blocks, {verdict.unsealed} not yet sealed.")
        print(
            f"BROKEN at block {verdict.broken_block}: {verdict.broken}" if verdict.broken else "Every block is sound."
        )
        print(f"UNGUARDED: {', '.join(unguarded)}" if unguarded else "Every append-only table is guarded.")
        says = [f"SESSION {one.session}: {one.says}" for one in sessions]
        print("\n".join(says) or "Every session is what its events add up to.")
        says = [f"REGISTER of site {one.site}: {one.says}" for one in registers]
        print("\n".join(says) or "Every register agrees with what was charted.")
        says = [f"SAFETY of course {one['course']}: {one['says']}" for one in due]
        print("\n".join(says) or "Every due-list is what its checks and sessions come to.")
    return 0 if verdict.sound and not unguarded and not sessions and not registers and not due else 1
