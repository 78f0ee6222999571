"""What the log says of a failure: where and of which kind, never a value. A database's message may hold a whole row of a patient."""

import copy
import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType

# Kinds whose own words speak of code alone; of every other kind only the name and the place are told.
OF_CODE = (AttributeError, NameError, ImportError, MemoryError, RecursionError)
OF_VALUES = "22"  # PostgreSQL's class of errors about a value, which they quote
CAUSED, MEANWHILE = "The cause of what follows.", "Met while this was handled:"


class Discreet(logging.Formatter):
    """Formats a record without the words of exceptions, wherever they stand: as its traceback, its message or an argument of it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text; another handler's text of the same traceback is not used."""
        told = copy.copy(record)
        told.exc_text, told.msg = None, worded(record.msg)
        if isinstance(record.args, tuple):
            told.args = tuple(worded(one) for one in record.args)
        elif record.args:
            told.args = {name: worded(one) for name, one in record.args.items()}
        return super().format(told)

    def formatException(self, ei: tuple) -> str:  # logging's own name
        """A traceback with the kind of each exception."""
        return "".join(traced(ei[1])).rstrip() if ei[1] is not None else ""


def worded(said: object) -> object:
    """A part of a message; of an exception what may be told."""
    return kind_and_words(said) if isinstance(said, BaseException) else said


def traced(error: BaseException, met: frozenset[int] = frozenset()) -> Iterator[str]:
    """An exception with where it was raised, after whatever led to it."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    met |= {id(error)}
    if before is not None and id(before) not in met:
        yield from traced(before, met)
        yield f"\n{CAUSED if error.__cause__ else MEANWHILE}\n\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{kind_and_words(error)}\n"
    for one in getattr(error, "exceptions", ()):
        yield from traced(one, met)


def kind_and_words(error: BaseException) -> str:
    """The kind of an exception, and of its words those that hold no value."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    words = words_of(error)
    return f"{name}: {words}" if words else name


def words_of(error: BaseException) -> str:
    """What may be told of an exception beside its kind; empty where nothing may."""
    asked: BaseException | None = error
    while asked is not None:
        if hasattr(asked, "diag"):
            return of_postgresql(asked)
        if hasattr(asked, "sqlite_errorname"):
            return f"{asked.sqlite_errorname}: {asked}"  # names of tables and constraints: SQLite quotes no value
        asked = asked.__cause__ if type(asked).__module__ == "django.db.utils" else None
    if isinstance(error, OSError):
        code = error.errno if error.errno is not None else getattr(error, "smtp_code", None)
        return " ".join(str(one) for one in (code, error.strerror) if one is not None and isinstance(one, int | str))
    return str(error) if isinstance(error, OF_CODE) else ""


def of_postgresql(error: BaseException) -> str:
    """The state, the first line unless it is about a value, and which constraint: never the detail with the row."""
    diag, state = error.diag, str(error.sqlstate or "")
    if (
        not state
    ):  # never came from the server: a lost connection says so itself, everything else may quote what was asked
        return str(error).partition("\n")[0] if type(error).__name__ == "OperationalError" else ""
    primary = "" if state.startswith(OF_VALUES) or diag.message_primary is None else str(diag.message_primary)
    return " ".join(filter(None, [state, primary, diag.constraint_name]))


def install() -> None:
    """Let what ends the program, or a thread of it, be told the same way."""
    sys.excepthook = tell
    threading.excepthook = lambda ended: tell(ended.exc_type, ended.exc_value, ended.exc_traceback)


def tell(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """Write an exception that nobody has caught."""
    if error is not None and not isinstance(error, SystemExit):
        sys.stderr.write("".join(traced(error)))
