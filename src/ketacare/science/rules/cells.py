"""The finite partition of each fact's values that a set of conditions can tell apart.

A condition compares a fact with numbers, names or nothing at all. So of all the values a fact may take only finitely many kinds differ: each
number it is compared with, the stretches between them, each name, and *missing*. One value stands for each kind, its cell. Whoever asks what a
condition could ever say (proofs, what-if, generated tests, the mutation run) asks it of the cells, and has then asked it of every patient.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise

from ketacare.science.rules.conditions import (
    Comparison,
    Condition,
    Params,
    Value,
    comparisons,
    stars,
)
from ketacare.science.rules.fields import Field

UNNAMED_TEXT = "a text that nobody names"
DIGITS = range(9)  # decimals tried, fewest first, for a number that is easy to read

Cells = tuple[Value | None, ...]


def of(conditions: Iterable[Condition], fields: Mapping[str, Field], params: Params) -> Mapping[str, Cells]:
    """Return one value for each cell of every fact that the conditions read; None, which stands for missing, is always the last.

    Args:
        conditions: any conditions of one book: of one rule, of all of them, with those of the derivations or without.
        fields: the book's fields; every value returned may be given as the fact (right type, inside its range).
        params: the parameters in use, by name.

    Returns:
        By fact, in the order the conditions first name it:

        * numbers: each number it is compared with, one value strictly between each two neighbours, one beyond each end (as far as the
          range goes), ascending; whole numbers where the field is of whole numbers. A field that lists its numbers: all of them.
        * enums and texts: each value that is named, and one that nobody names.
        * bools: both. A fact that is only asked for being there has its cells too: both bools, one number, one name.
        * lists: none, each named member alone, an unnamed one; and for each condition that compares the list more than once, two
          members that its comparisons tell apart, and all of them. (The exact partition is every subset; ``reach`` searches those.)

    Assumes: a book that rounds a fact's unit compares it with numbers of no more decimals than it rounds to; then the values returned
        stay in their cells when they are rounded.
    Source: our own; checked in the tests: every admissible value is judged like one of the cells, on generated conditions.
    """
    given = list(conditions)
    named: dict[str, list[Comparison]] = {fact: [] for one in given for fact in reads(one)}
    for one in given:
        for comparison in compared(one):
            named[comparison.fact].append(comparison)
    found = {fact: of_fact(asked, fields[fact], params) for fact, asked in named.items()}
    for one in given:
        for fact, more in _together(one, fields):
            missing = found[fact][-1:]
            found[fact] = (*dict.fromkeys((*found[fact][:-1], *more)), *missing)
    return found


def reads(condition: Condition) -> tuple[str, ...]:
    """Return the facts a condition's verdict can depend on, each once, in reading order; behind a star those of its lists."""
    return tuple(dict.fromkeys(_reads(condition)))


def compared(condition: Condition) -> Iterator[Comparison]:
    """Yield every comparison of a condition, those behind its stars too."""
    yield from comparisons(condition)
    for star in stars(condition):
        for asked in star.asked:
            if asked.when is not None:
                yield from comparisons(asked.when)


def of_fact(asked: Sequence[Comparison], field: Field, params: Params) -> Cells:
    """Return one value for each cell of one fact, given all comparisons that name it; None (missing) last."""
    match field.type:
        case "bool":
            return (True, False, None)
        case "int" | "float":
            return (*_numbers(asked, field, params), None)
        case "list":
            return (*_lists(asked, field), None)
        case _:
            return (*_names(asked, field), None)


def cuts(asked: Iterable[Comparison], params: Params) -> tuple[float, ...]:
    """Return the numbers that comparisons hold a fact against, ascending, each once."""
    found: set[float] = set()
    for one in asked:
        operands = [params[one.param]] if one.param is not None else _operands(one)
        found |= {float(value) for value in operands if isinstance(value, int | float) and not isinstance(value, bool)}
    return tuple(sorted(found))


def _operands(one: Comparison) -> tuple[object, ...]:
    return one.value if isinstance(one.value, tuple) else (one.value,)


def _reads(condition: Condition) -> Iterator[str]:
    for one in compared(condition):
        yield one.fact
    for star in stars(condition):
        for asked in star.asked:
            yield from asked.facts


def _numbers(asked: Sequence[Comparison], field: Field, params: Params) -> Iterator[int | float]:
    if field.values is not None or field.range is None:
        yield from (value for value in field.allowed if isinstance(value, int))
        return
    whole = field.type == "int"
    low, high = field.range
    inside = [cut for cut in cuts(asked, params) if low <= cut <= high]
    ends = (low - 1, high + 1) if whole else (low, high)  # a stretch leaves out its ends, but the range has them
    stretches = (_between(left, right, whole=whole) for left, right in pairwise((ends[0], *inside, ends[1])))
    points = {one for one in inside if not whole or one.is_integer()} | {one for one in stretches if one is not None}
    yield from (int(one) if whole else float(one) for one in sorted(points or {low}))


def _between(left: float, right: float, *, whole: bool) -> int | float | None:
    """Return a number strictly between two others, one that is easy to read; None where there is none."""
    if whole:
        first, last = math.floor(left) + 1, math.ceil(right) - 1
        return None if first > last else (first + last) // 2
    middle = (left + right) / 2
    near = (round(middle, digits) + 0.0 for digits in DIGITS)  # + 0.0: never minus nought
    return next((one for one in near if left < one < right), middle if left < middle < right else None)


def _names(asked: Sequence[Comparison], field: Field) -> Iterator[str]:
    named = dict.fromkeys(str(value) for one in asked for value in _operands(one) if value is not None)
    if field.type == "text":
        yield from named
        yield UNNAMED_TEXT
        return
    yield from (str(value) for value in field.allowed if value in named)
    yield from (str(value) for value in _unnamed(field, named))


def _unnamed(field: Field, named: Mapping[str, object]) -> Iterator[str | int]:
    """Yield the first of the values that nobody names, if there is one: it stands for them all."""
    yield from [value for value in field.allowed if value not in named][:1]


def _lists(asked: Sequence[Comparison], field: Field) -> Iterator[tuple[str, ...]]:
    named = dict.fromkeys(str(value) for one in asked for value in _operands(one) if value is not None)
    yield ()
    yield from ((str(value),) for value in field.allowed if value in named)
    yield from ((str(value),) for value in _unnamed(field, named))


def _together(condition: Condition, fields: Mapping[str, Field]) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """Yield the lists with two members, and with all, that the several comparisons of one condition tell apart."""
    of_list: dict[str, list[Comparison]] = {}
    for one in compared(condition):
        if fields[one.fact].type == "list" and one.value is not None:
            of_list.setdefault(one.fact, []).append(one)
    for fact, several in of_list.items():
        kinds = kinds_of_members(several, fields[fact])
        if len(kinds) > 1:
            yield fact, [*combinations(kinds, 2), tuple(kinds)]


def kinds_of_members(asked: Sequence[Comparison], field: Field) -> tuple[str, ...]:
    """Return one list member for each kind that the comparisons tell apart: members that the same comparisons name are alike."""
    kinds: dict[tuple[bool, ...], str] = {}
    for member in field.allowed:
        named_by = tuple(member in _operands(one) for one in asked)
        if any(named_by):
            kinds.setdefault(named_by, str(member))
    return tuple(kinds.values())
