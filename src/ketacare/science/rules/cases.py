"""Clinical cases in YAML: patients with the verdict a clinician expects, in the three formats clinicians write them."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadFacts, BadPolicy, BadReference, Problem
from ketacare.science.reference import Frozen
from ketacare.science.rules.book import Book, load
from ketacare.science.rules.cases_expect import Case, Expectation, Outcome, RuleExpectation
from ketacare.science.rules.cases_formats import Base, Facts, cases_in, parsed
from ketacare.science.rules.clearances import PREFIX, Clearance
from ketacare.science.rules.fields import with_evidence
from ketacare.science.rules.findings import Evaluation
from ketacare.science.rules.policy import Policy
from ketacare.science.rules.shapes import Names

__all__ = [
    "VIGNETTE_BOOK",
    "Case",
    "Expectation",
    "Outcome",
    "RuleExpectation",
    "read_base",
    "read_cases",
    "run_case",
    "with_clearances",
]

CHANGED = "(changed)"  # stands for an input that is no longer what it was: no fact has this name
VIGNETTE_BOOK = "eligibility"
BASES = "base"  # the folder beside the cases of each rule that holds the patients they start from


def read_cases(
    text: str, *, place: str, vignette_book: str = VIGNETTE_BOOK, beside: Path | None = None
) -> tuple[Case, ...]:
    """Return the cases of a file, in the format of the vignettes, of the book cases or of the cases of each rule.

    Args:
        text: the YAML text.
        place: what to call the text in a problem, usually a file name.
        vignette_book: the book that vignettes are about; they do not say it themselves.
        beside: the folder the file lies in, where the base that it names is looked for.

    Raises:
        BadReference: everything that is wrong with the file, with its place.
    """

    def base(name: str) -> Facts:
        if beside is None or not (beside / BASES / f"{name}.yaml").is_file():
            raise BadReference([Problem(place=f"{place}: base", says=f"there is no {BASES}/{name}.yaml beside it")])
        return read_base(beside / BASES / f"{name}.yaml").facts

    tree = reference.parse_yaml(text, place=place)
    found = tuple(cases_in(tree, place=place, vignette_book=vignette_book, find_base=base))
    ids = [case.id for case in found]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise BadReference([Problem(place=f"{place}: {one}", says="this case id is given twice") for one in twice])
    return found


def read_base(path: Path) -> Base:
    """Return the patient that cases start from; raises BadReference."""
    return parsed(Base, reference.parse_yaml(path.read_text(encoding="utf-8"), place=path.name), place=path.name)


def run_case(case: Case, *, on: date, book: Book | None = None, policy: Policy | None = None) -> Outcome:
    """Return what came of a case: every mismatch in words.

    Args:
        case: from ``read_cases``.
        on: the day of evaluation.
        book: another version of the case's book, for example a draft.
        policy: the site's parameters; the case's own numbers are added to them.
    """
    book = book or load(case.book)
    site = policy or book.defaults
    try:
        if case.policy:
            site = book.policy({**site.changed, **case.policy}, loosened_by=case.loosened_by or site.loosened_by)
        facts, clearances = with_clearances(book, case.facts, on=on)
        found = book.evaluate(facts, on=on, policy=site, clearances=clearances)
    except (BadFacts, BadPolicy) as refused:
        return Outcome(case=case, mismatches=tuple(f"refused: {problem}" for problem in refused.problems))
    return Outcome(case=case, mismatches=_mismatches(case, book, found), evaluation=found)


def _mismatches(case: Case, book: Book, found: Evaluation) -> tuple[str, ...]:
    rule = case.expect.rule if isinstance(case.expect, RuleExpectation) else None
    if rule is not None and rule not in {one.id for one in book.rules}:
        return (f"the book {book.id} has no rule {rule}",)
    return tuple(case.expect.mismatches(found))


def with_clearances(book: Book, facts: Mapping[str, Any], *, on: date) -> tuple[dict[str, Any], tuple[Clearance, ...]]:
    """Return the facts without their short-hand clearances, and the records these stand for.

    ``clearance.x: true`` is a valid record that covers every rule; false or null is none. ``clearance.x: {covers: [ids], expires_in_days: n,
    inputs_changed: bool}`` is one record; n below zero: expired. What is not understood stays among the facts, where the evaluation refuses it.
    """
    plain: dict[str, Any] = {}
    records = []
    for name, value in facts.items():
        short = _shorthand(value) if name.startswith(PREFIX) and name in book.fields else None
        if short is None:
            plain[name] = with_evidence(name, value, book.fields.get(book.fact_name(name)))
        elif value:
            try:
                records.append(_record(book, name, short, on=on))
            except OverflowError:  # a day that no calendar has
                plain[name] = value
    return plain, tuple(records)


class _Shorthand(Frozen):
    covers: Names | None = None
    expires_in_days: int = 0
    inputs_changed: bool = False


def _shorthand(value: object) -> _Shorthand | None:
    if value is None or isinstance(value, bool):
        return _Shorthand()
    try:
        return _Shorthand.model_validate(value)
    except ValidationError:
        return None


def _record(book: Book, name: str, short: _Shorthand, *, on: date) -> Clearance:
    today = on.date() if isinstance(on, datetime) else on
    expires = today + timedelta(days=short.expires_in_days)
    return Clearance(
        clearance=name,
        covers=frozenset(rule.id for rule in book.rules) if short.covers is None else frozenset(short.covers),
        dated=min(today, expires),
        expires=expires,
        inputs={CHANGED: True} if short.inputs_changed else {},
    )
