"""The private self-check as data: questions in patient words, the facts that answers are, and what each rule means to the person who asked."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Literal

from pydantic import Field as Key
from pydantic import ValidationError

from ketacare.science import reference, rules
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Reference, Review
from ketacare.science.rules import Book

FILE = "selfcheck/eligibility"
NEVER_ONLY_CHECKED = frozenset({"absolute", "relative"})  # the clinic's own tests at a visit do not lift these
Text = Mapping[str, str]  # by language


class Option(Frozen):
    """One answer. Without `facts` and `adds` it says nothing: unknown, unless it is `none_of` a list."""

    id: str
    text: Text
    facts: Mapping[str, bool | int | str] = {}
    adds: Mapping[str, str] = {}  # to a list that stays open
    none_of: bool = False
    flag: str | None = None
    shows_help: bool = False

    @property
    def is_told(self) -> bool:
        """Whether the answer says anything."""
        return bool(self.facts or self.adds or self.none_of)


class Question(Frozen):
    """What is asked: one of its options, any of them, or a whole number that is a fact itself."""

    id: str
    kind: Literal["one", "many", "number"]
    text: Text
    options: list[Option] = []
    fact: str | None = None

    def option(self, option_id: str) -> Option | None:
        """Return an option by its id; None: there is none."""
        return next((one for one in self.options if one.id == option_id), None)


class Step(Frozen):
    """Questions that are asked on one page."""

    id: str
    title: Text
    questions: list[Question]


class Flag(Frozen):
    """What leads to help before anything else: the rule behind it, and what the person is told."""

    rule: str
    calls_emergency: bool
    title: Text
    text: Text


class Check(Frozen):
    """The whole self-check."""

    id: str
    version: int
    schema_: Literal["ketacare.selfcheck/1"] = Key(alias="schema")
    review: Review
    book: str
    languages: list[str]
    mark: Mark
    sources: list[str]
    needs_an_answer: list[str]
    clinic_checks: list[str]
    steps: list[Step]
    flags: Mapping[str, Flag]
    other: Text
    reasons: Mapping[str, Text]

    @property
    def questions(self) -> tuple[Question, ...]:
        """Every question in the order it is asked."""
        return tuple(question for step in self.steps for question in step.questions)

    def reason(self, rule_id: str) -> Text:
        """What a rule means in patient words; a rule that a later book added is at least not passed over."""
        return self.reasons.get(rule_id, self.other)


@cache
def load() -> Check:
    """Return the newest self-check; raises BadReference with everything that is wrong with it."""
    file = reference.newest(FILE)
    reference.refuse_if_changed(file)
    try:
        check = Check.model_validate(reference.read_yaml(file))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=file)) from error
    if found := [Problem(place=f"{file}: {one.place}", says=one.says) for one in problems(check)]:
        raise BadReference(found)
    return check


def cite() -> Reference:
    """Which file the questions came from: what is kept beside answers that somebody chose to send."""
    check, file = load(), reference.newest(FILE)
    return Reference(id=check.id, version=check.version, sha256=reference.digest(file))


def problems(check: Check) -> Iterator[Problem]:
    """Yield what is wrong with a self-check, against the newest version of its book."""
    book = rules.load(check.book)
    yield from (Problem(place=name, says="is no source") for name in check.sources if name not in reference.sources())
    yield from _wordless(check)
    for question in check.questions:
        yield from _misfits(check, question, book)
    known = {rule.id for rule in book.rules}
    named = [*check.reasons, *check.needs_an_answer, *check.clinic_checks, *(one.rule for one in check.flags.values())]
    for name in dict.fromkeys(named):
        if name not in known:
            yield Problem(place=name, says="is no rule of the book")
        elif name in check.clinic_checks and book.rule(name).severity in NEVER_ONLY_CHECKED:
            yield Problem(place=name, says="is too strong to be only checked by the clinic")
    yield from (Problem(place=name, says="may fire and has no words") for name in reachable(check, book))


def _wordless(check: Check) -> Iterator[Problem]:
    """Yield each text that lacks a language."""
    steps = [(step.id, step.title) for step in check.steps] + [("other", check.other)]
    asked = [(one.id, one.text) for one in check.questions]
    options = [(f"{one.id}.{option.id}", option.text) for one in check.questions for option in one.options]
    flags = [(name, text) for name, flag in check.flags.items() for text in (flag.title, flag.text)]
    for place, text in [*steps, *asked, *options, *flags, *check.reasons.items()]:
        if set(text) != set(check.languages) or not all(text.values()):
            yield Problem(place=place, says=f"must be worded in {' and '.join(check.languages)}")


def _misfits(check: Check, question: Question, book: Book) -> Iterator[Problem]:
    """Yield each fact of a question that the book does not know or would not take."""
    if (question.kind == "number") != (question.fact in book.fields):
        yield Problem(place=question.id, says="a number, and nothing else, names the fact that it is")
    for option in question.options:
        told = {**option.facts, **{name: (value,) for name, value in option.adds.items()}}
        for name, value in told.items():
            says = book.fields[name].complaint(value) if name in book.fields else "is no fact of the book"
            if says:
                yield Problem(place=f"{question.id}.{option.id}: {name}", says=says)
        if option.flag is not None and option.flag not in check.flags:
            yield Problem(place=f"{question.id}.{option.id}", says=f"there is no flag {option.flag}")


def told_facts(check: Check, book: Book) -> frozenset[str]:
    """Return every fact that answers can say, with those that follow from them."""
    options = [option for question in check.questions for option in question.options]
    told = {name for option in options for name in (*option.facts, *option.adds)}
    told |= {question.fact for question in check.questions if question.fact}
    derived = {fact for fact, sources in book.derived_from.items() if told & set(sources)}
    return frozenset(told | derived)


def reachable(check: Check, book: Book) -> list[str]:
    """Return the rules that answers can make fire and that have no words."""
    told = told_facts(check, book)
    return [rule.id for rule in book.rules if rule.reads & told and rule.id not in check.reasons]
