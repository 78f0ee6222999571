"""``ketacare screen``: apply a rulebook to one patient's facts, to a file of patients, or run a file of clinical cases. Needs no database."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

from ketacare.config.commands import screen_many
from ketacare.science import rules
from ketacare.science.errors import BadFacts, BadPolicy, BadReference, Problem, ScienceError
from ketacare.science.rules.cases import VIGNETTE_BOOK, Outcome, read_cases, run_case
from ketacare.science.rules.facts_file import read_facts
from ketacare.science.rules.findings import Evaluation, Finding
from ketacare.science.rules.record import plain
from ketacare.science.rules.trace import in_words

DONE, REFUSED, BAD_INPUT = 0, 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "FACTS is YAML or JSON: fact names with plain values or {value, unit, as_of, source, complete}, or a list of these where several\n"
        "sources say something. A fact that is not named is unknown, and unknown is never a pass; `complete: false` is a list of which more\n"
        "may be true. The books: eligibility, start_gate, order_checks, alarms, surveillance. Not eligible is an answer: exit code 0. 1: a case failed. 2: bad input, every problem with its place."
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("facts", nargs="?", metavar="FACTS", type=Path, help="one patient's facts")
    what.add_argument("--cases", metavar="FILE", type=Path, help="run a file of cases and print each mismatch")
    what.add_argument("--many", metavar="FILE", type=Path, help=screen_many.HELP)
    parser.add_argument(
        "--book", metavar="NAME", help="a shipped rulebook or the path of another one (default: eligibility)"
    )
    parser.add_argument(
        "--set", metavar="PARAM=VALUE", action="append", default=[], help="a site's own parameter, inside its bounds"
    )
    parser.add_argument(
        "--loosened-by", metavar="NAME", default="", help="medical director who answers for a parameter set looser"
    )
    parser.add_argument(
        "--trace",
        metavar="RULE",
        action="append",
        default=[],
        help="tell how this rule was judged, comparison by comparison",
    )
    parser.add_argument("--on", metavar="DATE", type=date.fromisoformat, help="day of evaluation (default: now)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    try:
        return _run_cases(args) if args.cases else _screen_many(args) if args.many else _screen(args)
    except OSError as error:
        return _bad_input(
            [Problem(place=str(error.filename), says=error.strerror or "cannot be read")], as_json=args.json
        )
    except UnicodeDecodeError as error:
        place = str(args.cases or args.many or args.facts)
        return _bad_input([Problem(place=place, says=f"is not UTF-8 text ({error.reason})")], as_json=args.json)
    except ScienceError as error:
        return _bad_input(error.problems, as_json=args.json)


def _bad_input(problems: "tuple[Problem, ...] | list[Problem]", *, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"problems": [{"place": one.place, "says": one.says} for one in problems]}, indent=2))
    for one in problems:
        print(one, file=sys.stderr)
    return BAD_INPUT


def _book(name: str) -> rules.Book:
    path = Path(name)
    return rules.load_file(path) if name not in rules.names() and path.is_file() else rules.load(name)


def _changes(pairs: list[str]) -> dict[str, float]:
    changes, problems = {}, []
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            changes[name] = float(value)
        except ValueError:
            problems.append(Problem(place=pair, says="must read PARAM=NUMBER"))
    if problems:
        raise BadPolicy(problems)
    return changes


def _screen(args: argparse.Namespace) -> int:
    on = args.on or datetime.now().astimezone()
    book = _book(args.book or VIGNETTE_BOOK)
    given = read_facts(args.facts.read_text(encoding="utf-8"), place=str(args.facts), book=book, on=on)
    problems: list[Problem] = []
    policy = None
    try:
        policy = book.policy(_changes(args.set), loosened_by=args.loosened_by)
    except BadPolicy as bad:
        problems += [Problem(place=f"--set {one.place}", says=one.says) for one in bad.problems]
    try:
        found = book.evaluate(given.facts, on=on, policy=policy, clearances=given.clearances)
    except BadFacts as bad:
        problems += [Problem(place=f"{args.facts}: {one.place}", says=one.says) for one in bad.problems]
    if problems:
        return _bad_input(problems, as_json=args.json)
    if unknown := [rule for rule in args.trace if rule not in found.trace]:
        says = f"the book {book.id} has no such rule"
        return _bad_input([Problem(place=f"--trace {rule}", says=says) for rule in unknown], as_json=args.json)
    traces = {rule: found.trace[rule] for rule in args.trace}
    if args.json:
        traced = {"trace": {rule: asdict(one) for rule, one in traces.items()}} if traces else {}
        print(json.dumps(plain(found) | traced, indent=2, default=str))
    elif traces:
        print("\n\n".join([_headline(book, found), *map(str, traces.values())]))
    else:
        print("\n".join(_told(book, found)))
    return DONE


def _headline(book: rules.Book, found: Evaluation) -> str:
    reviewed = "reviewed" if book.review.status == "reviewed" else "not reviewed by a clinician"
    return f"{found.disposition}   ({book.title}, version {book.version}, {reviewed}; decision support only)"


def _screen_many(args: argparse.Namespace) -> int:
    book = _book(args.book or VIGNETTE_BOOK)
    policy = book.policy(_changes(args.set), loosened_by=args.loosened_by)
    on = args.on or datetime.now().astimezone()
    for line in screen_many.told(args.many, book=book, on=on, policy=policy, as_json=args.json):
        print(line)
    return DONE


def _told(book: rules.Book, found: Evaluation) -> list[str]:
    lines = [_headline(book, found)]
    if found.urgent:
        lines.append("URGENT: a clinician must be called now.")
    lines += [f"Contradiction: {one.says}" for one in found.contradictions]
    for finding in found.findings:
        lines += ["", *_finding(finding)]
    if found.needs:
        lines += ["", "Missing"]
    for need in found.needs:
        known = " (too old)" if need.stale else " (all of them)" if need.partial else ""
        lines.append(f"  {need.fact}{known}: from {need.supplied_by}; wanted by {', '.join(need.wanted_by)}")
    return lines


def _finding(finding: Finding) -> list[str]:
    state = "cleared" if finding.cleared else "fires" if finding.fires else "unknown"
    lines = [
        f"{finding.rule.id}  {finding.severity}, {state}: {finding.rule.statement}",
        f"  because    {'; '.join(map(in_words, finding.because))}",
    ]
    if finding.tell_patient:
        lines.append(f"  tell first {finding.tell_patient}")
    if finding.fires and finding.rule.cleared_by:
        lines.append(f"  cleared by {', '.join(finding.would_clear) or 'records on file'}")
    if finding.fires:
        lines.append(f"  against it {finding.override}")
        lines.append(f"  advice     {', '.join(finding.advice)}")
    lines.append(f"  evidence   {finding.rule.stated.evidence}, certainty {finding.certainty}")
    return lines + [f"  source     {key} ({source.mark}): {source.ref}" for key, source in finding.sources.items()]


def _run_cases(args: argparse.Namespace) -> int:
    on = args.on or datetime.now().astimezone()
    book = _book(args.book) if args.book else None
    vignette_book = book.id if book and book.id not in rules.names() else VIGNETTE_BOOK
    text = args.cases.read_text(encoding="utf-8")
    cases = read_cases(text, place=str(args.cases), vignette_book=vignette_book, beside=args.cases.parent)
    chosen = [case for case in cases if book is None or case.book == book.id]
    if not chosen:
        raise BadReference([Problem(place=str(args.cases), says=f"holds no case for the book {args.book}")])
    books = {name: book or rules.load(name) for name in {case.book for case in chosen}}
    policies = _policies(list(books.values()), _changes(args.set), loosened_by=args.loosened_by)
    outcomes = [run_case(case, on=on, book=books[case.book], policy=policies[case.book]) for case in chosen]
    failed = [one for one in outcomes if one.mismatches]
    print(json.dumps(_counted(outcomes), indent=2) if args.json else "\n".join(_mismatches(outcomes, failed)))
    return REFUSED if failed else DONE


def _policies(books: list[rules.Book], changes: dict[str, float], *, loosened_by: str) -> dict[str, rules.Policy]:
    """Return each book's policy: a parameter counts in every book that has it, and must be in one."""
    nowhere = [name for name in changes if not any(name in book.params for book in books)]
    if nowhere:
        raise BadPolicy(
            [Problem(place=f"--set {name}", says="no book of these cases has this parameter") for name in nowhere]
        )
    return {
        book.id: book.policy(
            {name: value for name, value in changes.items() if name in book.params}, loosened_by=loosened_by
        )
        for book in books
    }


def _mismatches(outcomes: list[Outcome], failed: list[Outcome]) -> list[str]:
    lines = [f"{one.case.book} {one.case.id}: {says}" for one in failed for says in one.mismatches]
    return [*lines, f"{len(outcomes) - len(failed)} passed, {len(failed)} failed"]


def _counted(outcomes: list[Outcome]) -> dict[str, object]:
    failed = [one for one in outcomes if one.mismatches]
    return {
        "passed": len(outcomes) - len(failed),
        "failed": len(failed),
        "cases": [
            {
                "id": one.case.id,
                "book": one.case.book,
                "passed": not one.mismatches,
                "mismatches": list(one.mismatches),
                "disposition": one.evaluation.disposition if one.evaluation else None,
            }
            for one in outcomes
        ],
    }
