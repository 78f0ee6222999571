"""The door's JSON as batches: parsed whole or refused whole, with the place of every problem."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from ketacare.infusion.door import Outcome, Row
from ketacare.science.errors import Problem, ScienceError

Result = dict[str, Any]  # key, status, seq, problems: what became of one row
MOST_ROWS = 1000
LONGEST_KEY = 100
KNOWN = {"session", "key", "values", "at", "device_time"}


class BadBatch(ScienceError):
    """A batch that cannot be read; nothing of it is stored."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One row as it was sent: its session, and the row."""

    session: int
    row: Row


def parse(sent: object, *, arrived_at: datetime) -> list[Sent]:
    """The rows of a batch, or BadBatch with everything that is wrong with its form."""
    rows = sent.get("rows") if isinstance(sent, dict) else None
    if not isinstance(rows, list) or not rows:
        raise BadBatch([Problem(place="rows", says="must be a list of one row or more")])
    if len(rows) > MOST_ROWS:
        raise BadBatch([Problem(place="rows", says=f"has {len(rows)} rows; {MOST_ROWS} at most in one batch")])
    problems: list[Problem] = []
    found = [_row(row, f"rows[{place}]", problems, arrived_at) for place, row in enumerate(rows)]
    if problems:
        raise BadBatch(problems)
    return [row for row in found if row is not None]


def _row(row: Any, place: str, problems: list[Problem], arrived_at: datetime) -> Sent | None:
    if not isinstance(row, dict):
        problems.append(Problem(place=place, says="is not an object"))
        return None
    before = len(problems)

    def wrong(name: str, says: str) -> None:
        problems.append(Problem(place=f"{place}.{name}", says=says))

    for name in sorted(row.keys() - KNOWN):
        wrong(name, "is not known")
    if not isinstance(row.get("session"), int) or isinstance(row.get("session"), bool):
        wrong("session", "must be the number of a session")
    if not isinstance(row.get("key"), str) or not 1 <= len(row["key"]) <= LONGEST_KEY:
        wrong("key", f"must be a text of 1 to {LONGEST_KEY} characters")
    if not isinstance(row.get("values"), dict) or not row["values"]:
        wrong("values", "must name at least one value")
    at = _moment(row.get("at"), wrong) if "at" in row else arrived_at
    if not isinstance(row.get("device_time"), str | None):
        wrong("device_time", "must be a text in ISO 8601")
    if len(problems) > before:
        return None
    return Sent(
        session=row["session"],
        row=Row(at=at, values=row["values"], device_time=row.get("device_time"), place=row["key"]),
    )


def _moment(given: object, wrong: Any) -> datetime | None:
    """A moment with its zone; any other text is a problem."""
    try:
        at = parse_datetime(given) if isinstance(given, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        wrong("at", "must be a moment in ISO 8601 with its zone")
    return at


def outcome_json(outcome: Outcome) -> Result:
    """What became of one row, as the door says it."""
    problems = [{"place": one.place, "says": one.says} for one in outcome.problems]
    return {"key": outcome.place, "status": outcome.status, "seq": outcome.seq, "problems": problems}
