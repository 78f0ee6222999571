"""Whether a mutant is wrong at all: it may mean the same for every patient there can be."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain, combinations, product
from math import prod

from ketacare.science import reference
from ketacare.science.rules import Book
from ketacare.science.rules import cells as partition
from ketacare.science.rules.catalogue import FOLDER
from ketacare.science.rules.conditions import AllOf, AnyOf, Condition, Incomplete, Value, comparisons
from ketacare.science.rules.rule import ROUTE
from tests.bench.mutants import Mutant

MOST = 400_000  # combinations of cells that are tried; beyond, nothing is claimed


def means_the_same(book: Book, mutant: Mutant) -> bool:
    """Whether no patient could tell a mutant from the book; False also where that was not proved."""
    if mutant.when is not None:
        return _agree_on_every_cell(book, mutant, mutant.when)
    if mutant.kind == "severity":
        rule, wrong = book.rule(mutant.rule), mutant.book.rule(mutant.rule)
        return not rule.cleared_by and _reaches(book, rule.severity)[:2] == _reaches(book, wrong.severity)[:2]
    if mutant.kind == "result row":
        return all(_reaches(book, one) == _reaches(mutant.book, one) for one in book.severities)
    return False


def _agree_on_every_cell(book: Book, mutant: Mutant, wrong: Condition) -> bool:
    """Whether two conditions have the same verdict on every combination of their facts' cells, for the routes of the rule."""
    rule, params = book.rule(mutant.rule), mutant.book.defaults.values
    tried = cells([rule.when, wrong], book, params)
    if prod(map(len, tried.values())) > MOST:
        return False
    routes = rule.stated.applies_to
    for combination in product(*tried.values()):
        values = {fact: value for fact, value in zip(tried, combination, strict=True) if value is not None}
        route = values.get(ROUTE)
        if routes is not None and route is not None and route not in routes:
            continue
        ours, theirs = rule.when.verdict(values, params), wrong.verdict(values, params)
        if routes is not None and route is None:
            ours, theirs = ours and None, theirs and None  # true of some routes only: unknown
        if ours is not theirs:
            return False
    return True


def _reaches(book: Book, severity: str) -> tuple[str, str, str]:
    """What a book answers when nothing but one rule of a severity is found: it fires, it is unknown, it is cleared."""
    fires = _answer(book, fired=[severity], uncleared=[severity])
    unknown = _answer(book, unknown=[severity])
    if severity in _complete_for(book.id):  # the loader has checked: what could leave it unknown is asked of everybody
        asking = [one.severity for one in book.rules if isinstance(one.when, Incomplete) or _asks(one.when)]
        unknown = _answer(book, unknown=[severity], fired=asking, uncleared=asking)
    return fires, unknown, _answer(book, fired=[severity])


@cache
def _complete_for(book_id: str) -> tuple[str, ...]:
    return tuple(reference.read_yaml(reference.newest(f"{FOLDER}/{book_id}")).get("complete_for", ()))


def _asks(when: Condition) -> bool:
    return isinstance(when, AnyOf | AllOf) and any(isinstance(one, Incomplete) for one in when.members)


def _answer(book: Book, **found: Sequence[str]) -> str:
    """The first row of the result table that matches severities which are fired, uncleared, unknown."""
    for row in book.result:
        if row.when and any(set(getattr(row.when, what)) & set(severities) for what, severities in found.items()):
            return str(row.then)
    return str(book.result[-1].otherwise)


def cells(
    conditions: Sequence[Condition], book: Book, params: Mapping[str, float]
) -> dict[str, Sequence[Value | None]]:
    """One value for each cell of each fact; of a list every subset of the kinds of members that are told apart."""
    found: dict[str, Sequence[Value | None]] = dict(partition.of(conditions, book.fields, params))
    for fact in found:
        if book.fields[fact].type == "list":
            asked = [one for when in conditions for one in comparisons(when) if one.fact == fact]
            kinds = partition.kinds_of_members(asked, book.fields[fact])
            subsets = chain.from_iterable(combinations(kinds, size) for size in range(len(kinds) + 1))
            found[fact] = (*subsets, None)
    return found
