"""The manual page of a rulebook: every rule with its condition in words, its sources, and the cases that exercise it."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from docs.tables import table
from ketacare.science import reference
from ketacare.science.rules import Book, Rule
from ketacare.science.rules.cases import read_base
from ketacare.science.rules.conditions import AllOf, AnyOf, Asked, Condition, Incomplete
from ketacare.science.rules.disputes import by_rule
from ketacare.science.rules.sentences import sentence

CASES = Path(__file__).resolve().parents[1] / "tests/spec/rules"
EACH_RULE = CASES / "each_rule"
VERDICTS = ("fires", "silent", "unknown", "skipped")
HOW = "../../how-to/add-a-rule-case.md"
STARS = {
    "required_facts": "a fact that is asked of everybody is missing",
    "conditional_required": "a fact that another answer asks for is missing",
}


def page(book: Book) -> str:
    """A rulebook as its manual page."""
    return "\n".join(
        [
            f"# {book.title}\n",
            f"`{book.id}` version {book.version}, {len(book.rules)} rules. {_reviewed(book)} The software explains; a clinician decides.\n",
            "Marks of a source: *seen* = its text was read; *recalled* = from memory; *default* = our own choice.\n",
            "## Severities\n",
            table(
                ["Severity", "Meaning", "Going on against it"],
                ([name, one.meaning, one.override or "each rule says"] for name, one in book.severities.items()),
            ),
            "## Numbers that a site may tighten\n",
            table(["Parameter", "Default", "Unit", "Bounds", "Stricter", "Note"], _params(book)),
            "## The patients that the cases start from\n",
            f"A case says what differs from one of these; the rest stays as it is here ([how a case is written]({HOW})).\n",
            *_bases(book),
            "## Rules\n",
            *(line for rule in book.rules for line in _rule(book, rule)),
        ]
    )


def _reviewed(book: Book) -> str:
    by = f" by {book.review.by}" if book.review.by else ""
    return f"Reviewed{by}." if book.review.status == "reviewed" else "**Not reviewed by a clinician.**"


def _params(book: Book) -> Iterator[list[object]]:
    for name, one in book.params.items():
        bounds = f"{one.bounds[0]:g} to {one.bounds[1]:g}"
        yield [f"`{name}` {one.label}", f"{one.default:g}", one.unit, bounds, one.stricter, one.note]


def _bases(book: Book) -> Iterator[str]:
    for path in sorted((EACH_RULE / "base").glob("*.yaml")):
        base = read_base(path)
        if base.book == book.id:
            yield f"<details><summary><code>{path.stem}</code>: the book answers <b>{base.result}</b></summary>\n"
            yield table(["Fact", "Value"], ([f"`{name}`", _value(value)] for name, value in base.facts.items()))
            yield "</details>\n"


def _rule(book: Book, rule: Rule) -> Iterator[str]:
    stated = rule.stated
    head = [rule.severity, *(["temporary"] if stated.temporary else []), *(["**urgent**"] if rule.urgent else [])]
    yield f"### {rule.id}\n"
    yield f"{stated.statement}\n"
    yield f"- Severity: {', '.join(head)}. Going on against it: {rule.override}."
    yield from _when(rule.when, book)
    if stated.applies_to or stated.jurisdiction:
        places = [*(stated.applies_to or ()), *filter(None, [stated.jurisdiction])]
        yield f"- Only for: {', '.join(places)}"
    if rule.cleared_by:
        yield f"- Cleared by, all of: {', '.join(rule.cleared_by)}"
    if stated.advice:
        yield f"- Usual next step: {', '.join(one.replace('_', ' ') for one in stated.advice)}"
    if stated.tell_patient:
        yield f"- Told to the patient first: “{stated.tell_patient}”"
    yield f"- Evidence: {stated.evidence}; certainty: {stated.certainty}; sources: {_sources(rule.sources)}"
    if stated.note:
        yield f"- Note: {stated.note}"
    if stated.disagree:
        yield f"- **Disputed:** {stated.disagree}"
    yield from _disputes(rule)
    yield ""
    yield from _cases(book, rule)


def _disputes(rule: Rule) -> Iterator[str]:
    for dispute in by_rule().get(rule.id, ()):
        yield f"- **{dispute.question}** Ours: {dispute.ours.says} {dispute.ours.why}"
        for one in dispute.readings:
            yield f"  - {one.leans}: {one.says} Held by {one.held_by} ({one.mark}). {_sources(one.sources)}".rstrip()


def _sources(keys: Iterable[str]) -> str:
    known = reference.sources()
    return ", ".join(f"[{key}](../sources.md#{key.lower()}) ({known[key].mark})" for key in keys)


def _when(when: Condition, book: Book) -> Iterator[str]:
    """A condition as a list: one comparison a line, those that hang together indented under what joins them."""
    while isinstance(when, AnyOf | AllOf) and len(when.members) == 1:
        when = when.members[0]
    if isinstance(when, Incomplete):
        yield f"- It fires when {STARS[when.star]}:"
        yield from (f"  - {_asked(one, book)}" for one in when.asked)
    elif isinstance(when, AnyOf | AllOf):
        yield f"- It fires when {_joined(when)}:"
        yield from _members(when, book, depth=1)
    else:
        yield f"- It fires when {_one(when, book)}."


def _asked(asked: Asked, book: Book) -> str:
    names = ", ".join(f"`{fact}`" for fact in asked.facts)
    return names if asked.when is None else f"where {_one(asked.when, book)}, then {names}"


def _joined(when: AnyOf | AllOf) -> str:
    return "one of these is true" if isinstance(when, AnyOf) else "all of these are true"


def _members(when: AnyOf | AllOf, book: Book, *, depth: int) -> Iterator[str]:
    for member in when.members:
        if isinstance(member, AnyOf | AllOf):
            yield f"{'  ' * depth}- {_joined(member)}:"
            yield from _members(member, book, depth=depth + 1)
        else:
            yield f"{'  ' * depth}- {_one(member, book)}"


def _one(when: Condition, book: Book) -> str:
    if isinstance(when, Incomplete):
        return STARS[when.star]

    def label(name: str) -> str:
        return f"`{name}`" if name in book.fields else name

    return sentence(when, fields=book.fields, params=book.defaults.values, label=label)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return "missing"
        case int() | float():
            return f"{value:g}"
        case list() | tuple():
            return ", ".join(map(_value, value)) or "none"
        case dict():
            return "; ".join(f"{name} {_value(one)}" for name, one in value.items()) or "none"
    return str(value)


def _cases(book: Book, rule: Rule) -> Iterator[str]:
    own = each_rule(book.id).get(rule.id, [])
    counts = {verdict: sum(verdict in one for one in own) for verdict in VERDICTS}
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    yield f"<details><summary>{len(own)} cases of its own: {told}</summary>\n"
    yield table(["Verdict", "What differs", "Why"], (_case(one) for one in own))
    yield "</details>\n"
    if patients := whole_patients(book.id).get(rule.id):
        yield f"It fires in these cases on whole patients: {', '.join(patients)}.\n"


def _case(case: Mapping[str, Any]) -> list[object]:
    verdict = next(one for one in VERDICTS if one in case)
    more = [name for name in ("urgent", "cleared") if case.get(name)]
    if case.get("cleared") is False:
        more.append("not cleared")
    given = [f"`{name}` {_value(value)}" for name, value in case[verdict].items()]
    given += [f"(site: `{name}` {_value(value)})" for name, value in case.get("policy", {}).items()]
    result = f" → {case['result']}" if "result" in case else ""
    return [", ".join([verdict, *more]) + result, "; ".join(given) or "nothing", case["why"]]


@cache
def each_rule(book_id: str) -> Mapping[str, list[Mapping[str, Any]]]:
    """Rule -> its own cases, as the files give them."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for path in sorted(EACH_RULE.glob("*.yaml")):
        tree = reference.parse_yaml(path.read_text("utf-8"), place=path.name)
        if tree["book"] == book_id:
            for rule, cases in tree["rules"].items():
                found.setdefault(rule, []).extend(cases)
    return found


@cache
def whole_patients(book_id: str) -> Mapping[str, list[str]]:
    """Rule -> the cases on whole patients in which it fires."""
    path = CASES / f"{book_id}.yaml"
    found: dict[str, list[str]] = {}
    for case in _cases_in(reference.parse_yaml(path.read_text("utf-8"), place=path.name)):
        expected = case["expect"]
        for rule in [*(expected.get("fires") or []), *(expected.get("must_fire") or [])]:
            found.setdefault(rule, []).append(case["id"])
    return found


def _cases_in(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Every mapping of a tree that is a case: it has an id and an expectation."""
    if isinstance(tree, dict) and "expect" in tree and "id" in tree:
        yield tree
        return
    below: Iterable[Any] = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    for value in below:
        yield from _cases_in(value)
