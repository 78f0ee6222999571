"""Queries that are asked many times a second, made into SQL once.

Django builds a query and its SQL anew each time it is asked, which takes three times as long as what the database and the
rows of the answer take. A ``Prepared`` query does so once for each number of values, and then only hands other values over.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)
LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)
# Values that no query has of its own: where the SQL has them as parameters, what is asked for goes.
STAND_INS: dict[type, Callable[[int], Any]] = {
    int: lambda number: -1_000_003 - number,
    str: lambda number: f"\N{SYMBOL FOR SUBSTITUTE}{number}",
    datetime: lambda number: LONG_AGO + timedelta(seconds=number),
}


class _Made(NamedTuple):
    """SQL, and for each of its parameters the place of a value that is given, or a value of the query's own."""

    model: type[Model]
    sql: str
    parameters: tuple[tuple[int | None, Any], ...]


class Prepared(Generic[M]):
    """A query for whole rows by integers, texts and moments that differ each time.

    ``query`` builds it of the same values that ``rows`` is given; a list stands for the values that a column is one of.
    """

    def __init__(self, query: Callable[..., QuerySet[M]]) -> None:
        self._query = query
        self._made: dict[tuple[Any, ...], _Made] = {}

    def rows(self, *given: Any) -> list[M]:
        """What the database has now; nothing where a list is empty. Raises KeyError for a value of any other type."""
        groups = [_filled_up(one) if isinstance(one, list) else [one] for one in given]
        if not all(groups):
            return []
        shape = (connection.vendor, *((len(some), type(some[0])) for some in groups))
        if shape not in self._made:
            self._made[shape] = _make(self._query, given, groups)
        model, sql, parameters = self._made[shape]
        values = [one for some in groups for one in some]
        return list(model._base_manager.raw(sql, [own if at is None else values[at] for at, own in parameters]))


def _filled_up(some: list[Any]) -> list[Any]:
    """As many as a power of two, the last one repeated: few numbers of values, and the same rows."""
    return some + some[-1:] * ((1 << (len(some) - 1).bit_length()) - len(some)) if some else some


def _make(query: Callable[..., QuerySet[M]], given: tuple[Any, ...], groups: list[list[Any]]) -> _Made:
    numbers = iter(range(sum(map(len, groups))))
    stand_ins = [[STAND_INS[type(some[0])](next(numbers)) for _ in some] for some in groups]
    asked = [some if isinstance(one, list) else some[0] for one, some in zip(given, stand_ins, strict=True)]
    rows = query(*asked)
    sql, parameters = rows.query.sql_with_params()
    places = {connection.ops.adapt_unknown_value(one): at for at, one in enumerate(chain(*stand_ins))}
    return _Made(rows.model, sql, tuple((places.get(one), one) for one in parameters))
