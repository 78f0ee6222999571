"""The door's JSON as batches: parsed whole or refused whole, with the place of every problem."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from ketacare.infusion.delivering import LONGEST_NAME, Delivery
from ketacare.infusion.door import Outcome, Row
from ketacare.science.errors import Problem, ScienceError

Result = dict[str, Any]  # key, status, seq, problems: what became of one row
MOST_ROWS = 1000
LONGEST_KEY = 100
LONGEST_REASON = 300
MOST_NAMES = 4
MOMENTS = ("at", "device_time", "sent_at")
Wrong = Callable[[str, str], None]
KNOWN = {"session", "key", "values", "at", "device_time", "device", "sent_at", "unreadable"}


class BadBatch(ScienceError):
    """A batch that cannot be read; nothing of it is stored."""


def parse(sent: object) -> list[Delivery]:
    """The rows of a batch, or BadBatch with everything that is wrong with its form."""
    rows = sent.get("rows") if isinstance(sent, dict) else None
    if not isinstance(rows, list) or not rows:
        raise BadBatch([Problem(place="rows", says="must be a list of one row or more")])
    if len(rows) > MOST_ROWS:
        raise BadBatch([Problem(place="rows", says=f"has {len(rows)} rows; {MOST_ROWS} at most in one batch")])
    problems: list[Problem] = []
    found = [_row(row, f"rows[{place}]", problems) for place, row in enumerate(rows)]
    if problems:
        raise BadBatch(problems)
    return [row for row in found if row is not None]


def _row(row: Any, place: str, problems: list[Problem]) -> Delivery | None:
    if not isinstance(row, dict):
        problems.append(Problem(place=place, says="is not an object"))
        return None
    before = len(problems)

    def wrong(name: str, says: str) -> None:
        problems.append(Problem(place=f"{place}.{name}", says=says))

    for name in sorted(row.keys() - KNOWN):
        wrong(name, "is not known")
    if not isinstance(row.get("session"), int | None) or isinstance(row.get("session"), bool):
        wrong("session", "must be the number of a session")
    if not _is_text(row.get("key"), LONGEST_KEY):
        wrong("key", f"must be a text of 1 to {LONGEST_KEY} characters")
    unreadable = _unreadable(row.get("unreadable"), wrong)
    if not unreadable and (not isinstance(row.get("values"), dict) or not row["values"]):
        wrong("values", "must name at least one value")
    moments = {name: _moment(row[name], name, wrong) for name in MOMENTS if row.get(name) is not None}
    names = _names(row.get("device"), wrong)
    if len(problems) > before:
        return None
    return Delivery(
        session=row.get("session"),
        values=row.get("values") or {},
        place=row["key"],
        key=row["key"],
        names=names,
        unreadable=unreadable,
        **moments,
    )


def _is_text(given: object, longest: int) -> bool:
    return isinstance(given, str) and 1 <= len(given) <= longest


def _names(given: object, wrong: Wrong) -> tuple[str, ...]:
    """What a device calls itself: one name, or several, the most particular first."""
    names = [given] if isinstance(given, str) else [] if given is None else given
    if isinstance(names, list) and len(names) <= MOST_NAMES and all(_is_text(one, LONGEST_NAME) for one in names):
        return tuple(names)
    wrong("device", f"must be a name of 1 to {LONGEST_NAME} characters, or a list of {MOST_NAMES} at most")
    return ()


def _unreadable(given: object, wrong: Wrong) -> tuple[Problem, ...]:
    """What a gateway could not read of a message: one text or several."""
    if given is None:
        return ()
    if not isinstance(given, list) or not given or not all(_is_text(one, LONGEST_REASON) for one in given):
        wrong("unreadable", f"must be a list of texts of 1 to {LONGEST_REASON} characters")
        return ()
    return tuple(Problem(place="message", says=one) for one in given)


def _moment(given: object, name: str, wrong: Wrong) -> datetime | None:
    """A moment with its zone; any other text is a problem."""
    try:
        at = parse_datetime(given) if isinstance(given, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        wrong(name, "must be a moment in ISO 8601 with its zone")
    return at


def as_row(one: Delivery, *, arrived_at: datetime) -> Row:
    """A row of a person's own page: it happened when it says, or just now."""
    return Row(
        at=one.at or arrived_at,
        values=one.values,
        device_time=one.device_time.isoformat() if one.device_time else None,
        place=one.place,
        key=one.key,
        at_is_told=one.at is not None,
    )


def outcome_json(outcome: Outcome) -> Result:
    """What became of one row, as the door says it."""
    problems = [{"place": one.place, "says": one.says} for one in outcome.problems]
    return {"key": outcome.place, "status": outcome.status, "seq": outcome.seq, "problems": problems}
