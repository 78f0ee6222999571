"""What would have to be true for this patient to be treated, as the page shows it. Nothing here reads the database."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from ketacare.evaluation.words import label_of, said, text_of
from ketacare.science.rules import Book, Field, Finding, Rule
from ketacare.science.rules.whatif import Letter, Step, Wanted, WayOut, WhatIf, changes
from ketacare.ui.words import in_words, unit_as_read

ANSWERED = "once it is answered"
FEW = 6  # missing answers that are listed one by one


@dataclass(frozen=True, kw_only=True)
class StepShown:
    """One thing that would have to be so, in words, with the rules that ask for it and their sources."""

    text: str
    how: str  # how it comes about
    now: str  # how it is today; empty: nobody has answered
    rules: tuple[Rule, ...]
    sources: tuple[str, ...]
    clearance: str = ""  # the kind of letter to file


@dataclass(frozen=True, kw_only=True)
class WayShown:
    """One set of steps, and what the rulebook would say after them."""

    steps: tuple[StepShown, ...]
    result: str


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """The answer to "what would have to be true?": what every way asks for, and what one of the ways asks for besides."""

    common: tuple[StepShown, ...]
    missing: int  # missing answers, where they are too many to be listed
    ways: tuple[WayShown, ...]
    no_way: tuple[Finding, ...]
    complete: bool

    @property
    def result(self) -> str:
        """What the rulebook would say after any of the ways; empty where that differs from way to way."""
        results = {way.result for way in self.ways}
        return results.pop() if len(results) == 1 else ""


def outlook(found: WhatIf, book: Book, on: date) -> Outlook:
    """The sets of steps in words."""
    ways = [way_shown(one, book, on=on) for one in found.ways_out if one.size]
    common = tuple(one for one in ways[0].steps if all(one in way.steps for way in ways)) if ways else ()
    unanswered = [one for one in common if one.how == ANSWERED]
    many = len(unanswered) if len(unanswered) > FEW else 0
    return Outlook(
        common=tuple(one for one in common if not (many and one in unanswered)),
        missing=many,
        ways=tuple(replace(way, steps=tuple(one for one in way.steps if one not in common)) for way in ways),
        no_way=found.no_way,
        complete=found.complete,
    )


def way_shown(way: WayOut, book: Book, *, on: date) -> WayShown:
    """One set of steps in words: answers, changes, letters."""
    steps = sorted(way.steps, key=lambda one: one.kind or "")
    shown = (step_shown(one, book, on=on) for one in steps)
    letters = (letter_shown(one, book) for one in way.letters)
    return WayShown(steps=(*shown, *letters), result=in_words(way.result))


def step_shown(step: Step, book: Book, *, on: date) -> StepShown:
    """One fact as it would have to be."""
    field, label = book.fields[step.fact], label_of(step.fact)
    text = wait_text(step, on=on) if step.kind == "wait" else ""
    return StepShown(
        text=f"{label}: {text or want_text(step.want, field)}",
        how=changes(book.id).says[step.kind] if step.kind else ANSWERED,
        now=text_of(step.now.value, field.unit),
        **asked_for(step.asked_by, book),
    )


def letter_shown(letter: Letter, book: Book) -> StepShown:
    """One letter that would have to be on file."""
    kind = letter.clearance.partition(".")[2]
    text = f"A clearance from {in_words(kind)}"
    return StepShown(text=text, how="", now="", clearance=letter.clearance, **asked_for(letter.asked_by, book))


def asked_for(ids: Iterable[str], book: Book) -> dict[str, tuple]:
    """The rules that ask for a step, and the sources they rest on."""
    rules = tuple(book.rule(one) for one in ids)
    return {"rules": rules, "sources": tuple(dict.fromkeys(key for rule in rules for key in rule.sources))}


def wait_text(step: Step, *, on: date) -> str:
    """The first day on which enough days can have passed; empty where that is not to be counted."""
    now = step.now.value
    if step.now.unit != "days" or not isinstance(now, int):
        return ""
    left = round(step.want.low) - now
    day = on + timedelta(days=left)
    return f"{step.want.low:g} days or more: not before {day.day} {day:%b %Y}, {left} day{'s' if left > 1 else ''} from now"


def want_text(want: Wanted, field: Field) -> str:
    """What a fact would have to be."""
    if want.without:
        return f"without {said(sorted(want.without))}"
    if field.type == "list":
        return "the whole list known"
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
