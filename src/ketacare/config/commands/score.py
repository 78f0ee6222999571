"""ketacare score: answers to a scale become its score, or a file of worked examples is checked."""

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from ketacare.config.texts import text_of
from ketacare.interop.mapping import questionnaire
from ketacare.science import reference
from ketacare.science.errors import BadFacts, Problem, ScienceError
from ketacare.science.scales import cases, library
from ketacare.science.scales.scoring import Score, score

HELP = """
ANSWERS.json maps item ids to answers: {"phq9_1": 2, "phq9_2": null, ...}; null is unanswered. A scale that needs a
fact about the person takes {"answers": {...}, "context": {"sex_for_cutoff": "female"}}.

An answer the scale does not permit makes the set invalid: that is a result like any other (exit 0), its items are named
and alerts on the other answers still run.

examples:
  ketacare score phq9 answers.json --json
  ketacare score --cases scoring_examples.yaml
  ketacare score phq9 --fhir
  ketacare score phq9 answers.json --fhir

Exit code 0: scored, every case passed. 1: a case failed. 2: bad input, every problem is printed with its place.
No database is needed.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the command takes."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = HELP
    parser.add_argument("instrument", nargs="?", metavar="INSTRUMENT", help=f"one of: {', '.join(library.shipped())}")
    parser.add_argument("answers", nargs="?", type=Path, metavar="ANSWERS.json", help="the answers")
    parser.add_argument("--cases", type=Path, metavar="FILE", help="check a file of worked examples (YAML or JSON)")
    parser.add_argument("--fhir", action="store_true", help="print the scale, or the answers to it, as FHIR R4")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: Namespace) -> int:
    """Score the answers or run the cases; return the exit code."""
    try:
        if args.cases and not args.instrument:
            return _run_cases(args.cases, as_json=args.json)
        if args.fhir and args.instrument and not args.cases:
            return _print_fhir(args.instrument, args.answers)
        if args.cases or args.fhir or not args.answers:
            raise BadFacts("give INSTRUMENT and ANSWERS.json, or --cases FILE")
        return _score_answers(args.instrument, args.answers, as_json=args.json)
    except ScienceError as error:
        for problem in error.problems:
            print(f"ketacare score: {problem}", file=sys.stderr)
        return 2


def _score_answers(instrument_id: str, path: Path, *, as_json: bool) -> int:
    instrument = library.load(instrument_id)
    answers, context = _answers(path)
    result = score(instrument, answers, context)
    print(json.dumps(_document(result), indent=2, default=_number) if as_json else _text(result))
    return 0


def _print_fhir(instrument_id: str, path: Path | None) -> int:
    """The scale, or answers that are all permitted: FHIR has no place for another."""
    instrument = library.load(instrument_id)
    answers, context = _answers(path) if path else ({}, {})
    if invalid := score(instrument, answers, context).invalid_items:
        raise BadFacts([Problem(place=name, says="not a permitted answer") for name in invalid])
    found = questionnaire.response_to_fhir(instrument, answers) if path else questionnaire.to_fhir(instrument)
    print(json.dumps(found, indent=2, ensure_ascii=False))
    return 0


def _run_cases(path: Path, *, as_json: bool) -> int:
    file = cases.parse(reference.parse_yaml(text_of(path), place=str(path)), place=str(path))
    results = [cases.run(case) for case in file.cases()]
    count = Counter(result.verdict for result in results)
    mismatches = [f"{result.id}: {line}" for result in results for line in result.mismatches]
    if as_json:
        counts = {"passed": count["passed"], "failed": count["failed"], "not_shipped": count["not shipped"]}
        print(json.dumps({**counts, "mismatches": mismatches}, indent=2))
    else:
        print("".join(f"{line}\n" for line in mismatches), end="")
        print(f"{count['passed']} passed, {count['failed']} failed, {count['not shipped']} not shipped")
    return 1 if count["failed"] else 0


def _answers(path: Path) -> tuple[dict[str, object], dict[str, str]]:
    """The answers and the context of one file, or every problem with it."""
    try:
        raw = json.loads(text_of(path), object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise BadFacts([Problem(place=f"{path} line {error.lineno} column {error.colno}", says=error.msg)]) from error
    except RecursionError as error:
        raise BadFacts([Problem(place=str(path), says="nested too deep")]) from error
    if not isinstance(raw, dict):
        raise BadFacts([Problem(place=str(path), says="must be an object: item id -> answer")])
    if "answers" not in raw:
        return raw, {}
    problems = [Problem(place=f"{path}: {key}", says="unknown key") for key in raw if key not in ("answers", "context")]
    answers, context = raw["answers"], raw.get("context", {})
    if not isinstance(answers, dict):
        problems.append(Problem(place=f"{path}: answers", says="must be an object: item id -> answer"))
    if not isinstance(context, dict) or not all(isinstance(value, str) for value in context.values()):
        problems.append(Problem(place=f"{path}: context", says="must be an object: name -> text"))
    if problems:
        raise BadFacts(problems)
    return answers, context


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
    if twice:
        raise BadFacts([Problem(place=name, says="is given twice") for name in twice])
    return dict(pairs)


def _document(result: Score) -> dict[str, Any]:
    reference_of = library.cite(result.instrument)
    return {
        "instrument": reference_of.id,
        "version": reference_of.version,
        "sha256": reference_of.sha256,
        **cases.summary(result),
        "missing_items": list(result.missing_items),
        "prorated": list(result.prorated),
        "cutoffs_reached": [cutoff.id for cutoff in result.cutoffs],
        "alert_details": [{"id": alert.id, "level": alert.level, "advice": alert.advice} for alert in result.alerts],
        "review": result.instrument.review.status,
        "sources": list(result.instrument.sources),
    }


def _number(value: object) -> int | float:
    """A decimal as JSON: whole numbers without a point."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} has no JSON form")
    return int(value) if value == value.to_integral_value() else float(value)


def _text(result: Score) -> str:
    instrument = result.instrument
    lines = [f"{instrument.name} ({instrument.edition}), version {instrument.version}: {result.status}"]
    lines += [_score_line(result, name, value) for name, value in result.scores.items()]
    lines += [f"{name}: {value or 'not decidable'}" for name, value in result.classifications.items()]
    if result.invalid_items:
        lines.append(f"not permitted: {', '.join(result.invalid_items)}")
    if result.missing_items:
        lines.append(f"unanswered: {', '.join(result.missing_items)}")
    lines += [f"note: {flag.note}" for flag in result.flags]
    lines += [f"ALERT level {alert.level} {alert.id}: {alert.advice or 'review'}" for alert in result.alerts]
    if instrument.review.status == "unreviewed":
        lines.append("This definition is not reviewed by a clinician.")
    return "\n".join(lines)


def _score_line(result: Score, name: str, value: Decimal | None) -> str:
    if value is None:
        return f"{name}: no score"
    rule = result.instrument.score_rule(name)
    of = f" of {rule.range[1]}" if rule else ""
    bands = result.instrument.bands
    band = f", {result.band.label or result.band.id}" if result.band and bands and bands.score == name else ""
    return f"{name}: {value}{of}{band}{' (prorated)' if name in result.prorated else ''}"
