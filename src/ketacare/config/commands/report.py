"""``ketacare report``."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from django.utils import timezone

from ketacare.clinic import audit
from ketacare.clinic.actor import Operator
from ketacare.infusion import queries, report_forms
from ketacare.infusion.report import Report, report


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("session", type=int, help="number of the session, as its page's address has it")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--pdf", type=Path, metavar="FILE", help="write the PDF to a new file")


def run(options: Namespace) -> int:
    """Print a session's report; reading it is written into the audit trail."""
    session = queries.sessions().filter(pk=options.session).first()
    if session is None:
        print(f"There is no session {options.session}.")
        return 2
    if options.pdf and options.pdf.exists():
        print(f"{options.pdf} exists already: name a new file.")
        return 2
    at = timezone.now()
    made = report(session, at=at)
    audit.record(by=Operator(), at=at, did="saw report on the command line", on=session)
    if options.pdf:
        options.pdf.write_bytes(report_forms.pdf(made, report_forms.chart(session, at=at)))
    print(json.dumps(report_forms.as_json(made), indent=2) if options.json else in_words(made))
    return 0


def in_words(made: Report) -> str:
    """The report in a few lines."""
    totals = made.totals
    given = f"given {totals.given_mg:f} mg of {totals.planned_mg or '–'} mg in {totals.given_min:.1f} min"
    return "\n".join(
        [
            f"Session {made.number} at {made.site}: {made.status}{'' if made.is_final else ' (not over)'}",
            f"{given}, {totals.outcome or 'still under way'}",
            f"{len(made.alarms)} alarms, {len(made.timeline)} entries, {len(made.signatures)} signatures",
            *filter(None, [made.alarm_burden]),
            *(f"{one.statement} {one.answer}" for one in made.way_home if one.answer != "met"),
        ]
    )
