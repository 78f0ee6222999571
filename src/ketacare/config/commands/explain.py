"""``ketacare explain``."""

import json
from argparse import ArgumentParser, Namespace
from typing import Any

from django.utils import timezone

from ketacare.clinic import audit
from ketacare.clinic.actor import Operator
from ketacare.clinic.decisions import Repeated, repeated
from ketacare.clinic.models import DecisionRecord

SAME, OTHERWISE, NONE = 0, 1, 2


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("decision", type=int, help="number of the decision, as its page's address has it")
    parser.add_argument("--json", action="store_true", help="print everything that was kept as JSON")


def run(options: Namespace) -> int:
    """Print what a decision rested on and whether it comes out the same; reading it is written into the audit trail."""
    rows = DecisionRecord.objects.select_related("decided_by", "second_by", "course__site")
    record = rows.filter(pk=options.decision).first()
    if record is None:
        print(f"There is no decision {options.decision}.")
        return NONE
    found = repeated(record)
    audit.record(by=Operator(), at=timezone.now(), did="saw decision on the command line", on=record)
    print(json.dumps(as_json(record, found), indent=2) if options.json else in_words(record, found))
    return SAME if found.is_same else OTHERWISE


def as_json(record: DecisionRecord, found: Repeated) -> dict[str, Any]:
    """Everything that was kept, and what came of judging it again."""
    return {
        "decision": record.pk,
        "course": record.course_id,
        "decided": record.decided,
        "decided_by": record.decided_by.name,
        "second_by": record.second_by.name if record.second_by else None,
        "decided_at": record.decided_at.isoformat(),
        "expires_at": record.expires_at.isoformat() if record.expires_at else None,
        "reason": record.reason,
        "details": record.details,
        "software_version": record.software_version,
        "kept": found.kept,
        "reproduced": found.is_same,
        "problem": found.problem or None,
        "differences": list(found.differences),
    }


def in_words(record: DecisionRecord, found: Repeated) -> str:
    """The same for reading."""
    second = f" and {record.second_by.name}" if record.second_by else ""
    day = found.kept.get("on") or "a day that was not kept"
    lines = [
        f"Decision {record.pk} on course {record.course_id}: {record.decided}",
        f"by {record.decided_by.name}{second}, {record.decided_at.isoformat()}",
        f"Book {record.book_id} version {record.book_version}, SHA-256 {record.book_sha256}",
        f"Software {record.software_version}; judged for {day}; result: {record.result}",
    ]
    lines += [f"Reason: {record.reason}"] if record.reason else []
    lines += ["Findings:", *map(finding_line, record.findings)]
    lines += [override_line(rule, given) for rule, given in overrides_of(record).items()]
    lines += [
        f"Clearance: {one['clearance']} covers {', '.join(one['covers'])}, expires {one['expires']}"
        for one in found.kept.get("clearances", [])
    ]
    lines += [f"Facts kept: {len(record.facts)}; parameters kept: {len(record.parameters)}"]
    return "\n".join([*lines, found.verdict])


def finding_line(finding: dict[str, Any]) -> str:
    """A finding with the values it rested on."""
    stands = "fires" if finding["fires"] else "unknown"
    values = ", ".join(
        f"{one['fact']}={'unknown' if one['value'] is None else one['value']}" for one in finding["because"]
    )
    cleared = ", cleared" if finding["cleared"] else ""
    return f"  {finding['rule']} {finding['severity']}, {stands}{cleared}: {finding['statement']} ({values})"


def overrides_of(record: DecisionRecord) -> dict[str, dict[str, Any]]:
    """The overrides of an eligibility decision; other rooms keep theirs as numbers of signatures."""
    given = record.details.get("overrides", {})
    return given if isinstance(given, dict) else {}


def override_line(rule: str, given: dict[str, Any]) -> str:
    """Why somebody went on against a finding."""
    document = f", document {given['document']}" if given.get("document") else ""
    return f"Went on against {rule}: {given['code']}. {given['text']}{document}"
