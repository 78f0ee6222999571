"""Whether a wrong condition is wrong at all: it may say the same of every patient there can be."""

from collections.abc import Mapping, Sequence
from itertools import chain, combinations, product
from math import prod

from ketacare.science.rules import Book
from ketacare.science.rules import cells as partition
from ketacare.science.rules.conditions import Condition, Value, comparisons
from tests.bench.mutants import Mutant

MOST = 400_000  # combinations of cells that are tried; beyond, nothing is claimed


def always_agree(book: Book, mutant: Mutant) -> bool:
    """Whether the rule's condition and the mutant's have the same verdict on every combination of their facts' cells."""
    assert mutant.when is not None
    right, params = book.rule(mutant.rule).when, mutant.book.defaults.values
    tried = cells([right, mutant.when], book, params)
    if prod(map(len, tried.values())) > MOST:
        return False
    for combination in product(*tried.values()):
        values = {fact: value for fact, value in zip(tried, combination, strict=True) if value is not None}
        if right.verdict(values, params) is not mutant.when.verdict(values, params):
            return False
    return True


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
