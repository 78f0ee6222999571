"""Rulebooks that are wrong in one place: every mutant of a book, with what was changed in words."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ketacare.science.rules import Book, Rule
from ketacare.science.rules.conditions import AllOf, AnyOf, Asked, Comparison, Condition, Incomplete
from tests.spec.rules.coverage import step_at

OPERATORS: Mapping[str, tuple[str, ...]] = {
    "ge": ("gt", "lt"),
    "gt": ("ge", "le"),
    "le": ("lt", "gt"),
    "lt": ("le", "ge"),
    "eq": ("ne", "ge", "le"),
    "ne": ("eq",),
    "in": ("not_in",),
    "not_in": ("in",),
    "is_true": ("is_false", "not_true"),
    "is_false": ("is_true", "not_true"),
    "not_true": ("is_true", "is_false"),
    "missing": ("present",),
    "present": ("missing",),
    "contains_any": ("missing", "present"),
}
ORDERED = ("ge", "le")
SHIFTED = "{} shifted"


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A book that is wrong in one place."""

    book: Book
    rule: str  # empty: the book itself
    kind: str
    says: str
    when: Condition | None = None  # the wrong condition, where that is what is wrong
    param: str = ""  # the parameter whose default was shifted

    def __str__(self) -> str:
        return f"{self.book.id} {self.rule or '(book)'}: {self.kind}: {self.says}"


@dataclass(frozen=True, kw_only=True)
class _Change:
    """A condition that is wrong in one place."""

    kind: str
    says: str
    when: Condition
    param: str = ""
    shifted_to: float = 0

    def inside(self, wrap: Callable[[Condition], Condition]) -> "_Change":
        return dataclasses.replace(self, when=wrap(self.when))


def mutants(book: Book) -> Iterator[Mutant]:
    """Yield every mutant of a book."""
    for rule in book.rules:
        yield from _of_condition(book, rule)
        yield from _of_rule(book, rule)
    yield from _of_book(book)


def _of_condition(book: Book, rule: Rule) -> Iterator[Mutant]:
    for change in _changes(rule.when, book):
        wrong = _with_rule(book, rule, dataclasses.replace(rule, when=change.when))
        if change.param:
            param = book.params[change.param].model_copy(update={"default": change.shifted_to})
            params = {**book.params, SHIFTED.format(change.param): param}
            values = {name: one.default for name, one in params.items()}
            defaults = dataclasses.replace(book.defaults, values=values)
            wrong = dataclasses.replace(wrong, params=params, defaults=defaults)
        yield Mutant(book=wrong, rule=rule.id, kind=change.kind, says=change.says, when=change.when, param=change.param)


def _with_rule(book: Book, old: Rule, *new: Rule) -> Book:
    rules = [one for rule in book.rules for one in (new if rule.id == old.id else (rule,))]
    contradictions = book.contradictions if new or old.id != book.contradictions else None
    return dataclasses.replace(book, rules=tuple(rules), contradictions=contradictions)


def _changes(when: Condition, book: Book) -> Iterator[_Change]:
    if isinstance(when, Comparison):
        yield from _thresholds(when, book)
        yield from _operators(when, book)
        yield from _members(when)
    elif isinstance(when, Incomplete):
        for changed, change in _in_each(when.asked, lambda one: _of_asked(one, book)):
            yield change.inside(lambda _, changed=changed: Incomplete(star=when.star, asked=changed))
    else:
        yield from _of_node(when, book)


def _of_node(node: AnyOf | AllOf, book: Book) -> Iterator[_Change]:
    kind = type(node)
    if len(node.members) > 1:
        other, name = (AllOf, "any of these -> all") if kind is AnyOf else (AnyOf, "all of these -> any")
        yield _Change(kind="any and all", says=f"{name}: {shown(node)}", when=other(members=node.members))
        for index, member in enumerate(node.members):
            rest = (*node.members[:index], *node.members[index + 1 :])
            yield _Change(kind="branch", says=f"without {shown(member)}", when=kind(members=rest))
    for index, member in enumerate(node.members):
        for change in _changes(member, book):
            members = (*node.members[:index], change.when, *node.members[index + 1 :])
            yield dataclasses.replace(change, when=kind(members=members))


def _in_each(
    asked: Sequence[Asked], changes: Callable[[Asked], Iterable[tuple[Asked | None, _Change]]]
) -> Iterator[tuple[tuple[Asked, ...], _Change]]:
    for index, one in enumerate(asked):
        for changed, change in changes(one):
            yield (*asked[:index], *filter(None, [changed]), *asked[index + 1 :]), change


def _of_asked(asked: Asked, book: Book) -> Iterator[tuple[Asked | None, _Change]]:
    nothing = AnyOf(members=())
    if asked.when is not None:
        says = f"no longer asked when {shown(asked.when)}: {', '.join(asked.facts)}"
        yield None, _Change(kind="asked", says=says, when=nothing)
        for change in _changes(asked.when, book):
            yield dataclasses.replace(asked, when=change.when), change
    for fact in asked.facts:
        rest = tuple(one for one in asked.facts if one != fact)
        if rest or asked.when is None:
            change = _Change(kind="asked", says=f"{fact} no longer asked", when=nothing)
            yield dataclasses.replace(asked, facts=rest), change


def _thresholds(one: Comparison, book: Book) -> Iterator[_Change]:
    field = book.fields[one.fact]
    if field.type not in ("int", "float") or one.op not in ("lt", "le", "gt", "ge", "eq", "ne"):
        return
    number = book.params[one.param].default if one.param else one.value
    assert isinstance(number, int | float)
    step = step_at(number, whole=field.type == "int")
    for to in (number - step, number + step):
        to = round(to, 6) if field.type == "float" else to
        says = f"{shown(one)} ({number:g}) -> {to:g}"
        if one.param:
            wrong = dataclasses.replace(one, param=SHIFTED.format(one.param))
            yield _Change(kind="threshold", says=says, when=wrong, param=one.param, shifted_to=to)
        else:
            yield _Change(kind="threshold", says=says, when=dataclasses.replace(one, value=to))


def _operators(one: Comparison, book: Book) -> Iterator[_Change]:
    number = book.fields[one.fact].type in ("int", "float")
    for op in OPERATORS[one.op]:
        if one.op == "eq" and op in ORDERED and not number:
            continue
        bare = {"value": None, "param": None} if op in ("missing", "present") else {}
        yield _Change(kind="operator", says=f"{shown(one)} -> {op}", when=dataclasses.replace(one, op=op, **bare))


def _members(one: Comparison) -> Iterator[_Change]:
    if not isinstance(one.value, tuple) or len(one.value) < 2:  # nothing is left without the only one
        return
    for member in one.value:
        rest = tuple(other for other in one.value if other != member)
        says = f"{one.fact} {one.op}: without {member}"
        yield _Change(kind="list member", says=says, when=dataclasses.replace(one, value=rest))


def _of_rule(book: Book, rule: Rule) -> Iterator[Mutant]:
    def mutant(kind: str, says: str, *new: Rule) -> Mutant:
        return Mutant(book=_with_rule(book, rule, *new), rule=rule.id, kind=kind, says=says)

    def stated(**changes: object) -> Rule:
        return dataclasses.replace(rule, stated=rule.stated.model_copy(update=changes))

    yield mutant("rule removed", rule.statement)
    order = list(book.severities)
    place = order.index(rule.severity)
    for severity in (*order[max(place - 1, 0) : place], *order[place + 1 : place + 2]):
        yield mutant("severity", f"{rule.severity} -> {severity}", dataclasses.replace(rule, severity=severity))
    yield mutant("urgent", f"urgent {rule.urgent} -> {not rule.urgent}", stated(urgent=not rule.urgent))
    for one in rule.cleared_by:
        rest = tuple(other for other in rule.cleared_by if other != one)
        yield mutant("clearance", f"without {one}", stated(cleared_by=rest))
    if rule.stated.applies_to:
        yield mutant("route", "applies to every route", stated(applies_to=None))
        for one in rule.stated.applies_to:
            rest = tuple(other for other in rule.stated.applies_to if other != one)
            yield mutant("route", f"no longer for {one}", stated(applies_to=rest))
    if rule.stated.jurisdiction:
        yield mutant("jurisdiction", f"not only {rule.stated.jurisdiction}", stated(jurisdiction=None))


def _of_book(book: Book) -> Iterator[Mutant]:
    def mutant(kind: str, says: str, **changes: object) -> Mutant:
        return Mutant(book=dataclasses.replace(book, **changes), rule="", kind=kind, says=says)

    for one in book.derivations:
        rest = tuple(other for other in book.derivations if other is not one)
        yield mutant("derivation", f"without {one.stated.id}", derivations=rest)
        for member in one.stated.among or ():
            among = tuple(other for other in one.stated.among or () if other != member)
            wrong = dataclasses.replace(one, stated=one.stated.model_copy(update={"among": among}))
            changed = tuple(wrong if other is one else other for other in book.derivations)
            yield mutant("derivation", f"{one.stated.id} without {member}", derivations=changed)
    for row in book.result[:-1]:
        rest = tuple(other for other in book.result if other is not row)
        yield mutant("result row", f"without the row of {row.then}", result=rest)
        for what in ("fired", "uncleared", "unknown"):
            for severity in getattr(row.when, what):
                named = tuple(other for other in getattr(row.when, what) if other != severity)
                wrong = row.model_copy(update={"when": row.when.model_copy(update={what: named})})
                changed = tuple(wrong if other is row else other for other in book.result)
                yield mutant("result row", f"{row.then} no longer by {what} {severity}", result=changed)
    if book.contradictions:
        yield mutant("contradictions", f"do not fire {book.contradictions}", contradictions=None)
    if book.rounding:
        yield mutant("rounding", "nothing is rounded", rounding=None)


def shown(when: Condition) -> str:
    """A condition in one short line."""
    match when:
        case Comparison():
            value = when.param if when.param else when.value
            return f"{when.fact} {when.op}" if value is None else f"{when.fact} {when.op} {value}"
        case Incomplete():
            return f"*{when.star} missing"
        case _:
            word = " or " if isinstance(when, AnyOf) else " and "
            return f"({word.join(map(shown, when.members))})"
