"""What would have to be true for this patient to be treated, as the page shows it. Nothing here reads the database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from ketacare.evaluation.words import label_of, said, text_of
from ketacare.science.rules import Book, Field, Finding, Rule
from ketacare.science.rules.changes import changes
from ketacare.science.rules.wanted import Wanted
from ketacare.science.rules.whatif import Letter, Step, WayOut, WhatIf
from ketacare.ui.words import in_words, unit_as_read

FEW = 6  # missing answers that are listed one by one


@dataclass(frozen=True, kw_only=True)
class StepShown:
    """One thing that would have to be so, in words, with the rules that ask for it and their sources."""

    text: str
    now: str  # how it is today; empty: nobody has answered
    rules: tuple[Rule, ...]
    sources: tuple[str, ...]
    clearance: str = ""  # the kind of letter to file


@dataclass(frozen=True, kw_only=True)
class WayShown:
    """One set of steps: what is missing, what has to change, which letters."""

    missing: tuple[StepShown, ...]
    missing_more: int  # missing answers beyond the few that are listed
    changes: tuple[tuple[str, tuple[StepShown, ...]], ...]  # how it comes about -> steps
    letters: tuple[StepShown, ...]
    result: str


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """The answer to "what would have to be true?"."""

    ways: tuple[WayShown, ...]
    no_way: tuple[Finding, ...]
    complete: bool


def outlook(found: WhatIf, book: Book, on: date) -> Outlook:
    """The sets of steps in words."""
    ways = tuple(way_shown(one, book, on=on) for one in found.ways_out if one.size)
    return Outlook(ways=ways, no_way=found.no_way, complete=found.complete)


def way_shown(way: WayOut, book: Book, *, on: date) -> WayShown:
    """One set of steps in words."""
    missing = [one for one in way.steps if one.kind is None]
    known = sorted((one for one in way.steps if one.kind is not None), key=lambda one: str(one.kind))
    says = changes(book.id).says
    return WayShown(
        missing=tuple(step_shown(one, book, on=on) for one in missing[:FEW]) if len(missing) <= FEW else (),
        missing_more=len(missing) if len(missing) > FEW else 0,
        changes=tuple(
            (says[kind], tuple(step_shown(one, book, on=on) for one in steps))
            for kind, steps in groupby(known, key=lambda one: str(one.kind))
        ),
        letters=tuple(letter_shown(one, book) for one in way.letters),
        result=in_words(way.result),
    )


def step_shown(step: Step, book: Book, *, on: date) -> StepShown:
    """One fact as it would have to be."""
    field, label = book.fields[step.fact], label_of(step.fact)
    text = wait_text(step, on=on) if step.kind == "wait" else ""
    return StepShown(
        text=f"{label}: {text or want_text(step.want, field)}",
        now=text_of(step.now.value, field.unit),
        **asked_for(step.asked_by, book),
    )


def letter_shown(letter: Letter, book: Book) -> StepShown:
    """One letter that would have to be on file."""
    kind = letter.clearance.partition(".")[2]
    return StepShown(text=in_words(kind), now="", clearance=letter.clearance, **asked_for(letter.asked_by, book))


def asked_for(ids: Iterable[str], book: Book) -> dict[str, tuple]:
    """The rules that ask for a step, and the sources they rest on."""
    rules = tuple(book.rule(one) for one in ids)
    return {"rules": rules, "sources": tuple(dict.fromkeys(key for rule in rules for key in rule.sources))}


def wait_text(step: Step, *, on: date) -> str:
    """From which day on enough days have passed; empty where that is not to be counted."""
    now = step.now.value
    if step.now.unit != "days" or not isinstance(now, int):
        return ""
    left = round(step.want.low) - now
    day = on + timedelta(days=left)
    return f"{step.want.low:g} days or more: from {day.day} {day:%b %Y}, {left} day{'s' if left > 1 else ''} from now"


def want_text(want: Wanted, field: Field) -> str:
    """What a fact would have to be."""
    if want.without:
        return f"without {said(sorted(want.without))}"
    if field.type == "list":
        return "known"
    if field.type in ("int", "float"):
        return number_text(want, field)
    if want.among is None or len(want.among) == len(field.allowed or (True, False)):
        return "answered"
    return " or ".join(said(one) for one in want.among)


def number_text(want: Wanted, field: Field) -> str:
    """A range of numbers, told without the ends that the field has anyway."""
    low, high = field.range or (-float("inf"), float("inf"))
    unit = f" {unit_as_read(field.unit)}" if field.unit else ""
    above = want.low > low or not want.low_itself
    below = want.high < high or not want.high_itself
    if want.among is not None:
        return " or ".join(said(one) for one in want.among if want.admits(one)) + unit
    lower = f"{want.low:g}" if want.low_itself else f"above {want.low:g}"
    upper = f"{'at most' if want.high_itself else 'below'} {want.high:g}"
    if above and below:
        return f"{'from ' if want.low_itself else ''}{lower} to {upper}{unit}"
    if above:
        return f"{lower}{unit} or more" if want.low_itself else f"{lower}{unit}"
    return f"{upper}{unit}" if below else "known"
