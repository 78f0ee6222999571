"""A decision as it is kept, and judged again years later with the very version of the book that it names."""

from dataclasses import dataclass
from typing import Any

import ketacare
from ketacare.clinic.models import DecisionRecord
from ketacare.science.errors import BadFacts, BadReference
from ketacare.science.rules import Evaluation
from ketacare.science.rules.record import differences, plain, repeat

# a column of the decision record -> what of an evaluation it keeps; the rest stands together in ``judged``
COLUMNS = {
    "book_id": "book",
    "book_version": "version",
    "book_sha256": "sha256",
    "parameters": "params",
    "facts": "facts",
    "findings": "findings",
    "result": "disposition",
}


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """What came of judging a decision's facts again."""

    kept: dict[str, Any]
    problem: str  # why it could not be judged again; empty: it was
    differences: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        return not self.problem and not self.differences

    @property
    def verdict(self) -> str:
        """In words."""
        if self.problem:
            return f"cannot be reproduced: {self.problem}"
        return "reproduced: same result" if self.is_same else f"NOT the same: {'; '.join(self.differences)}"


def columns_of(evaluation: Evaluation) -> dict[str, Any]:
    """The columns of a decision record that keep what an evaluation rests on and says."""
    told = plain(evaluation)
    columns = {column: told.pop(key) for column, key in COLUMNS.items()}
    return columns | {"judged": told, "software_version": ketacare.__version__}


def kept(record: DecisionRecord) -> dict[str, Any]:
    """The evaluation that a decision record keeps, as it was told."""
    return {key: getattr(record, column) for column, key in COLUMNS.items()} | record.judged


def repeated(record: DecisionRecord) -> Repeated:
    """Judge again what a decision rested on."""
    told = kept(record)
    try:
        again = repeat(told)
    except (BadReference, BadFacts) as bad:
        return Repeated(kept=told, problem="; ".join(map(str, bad.problems)), differences=())
    return Repeated(kept=told, problem="", differences=differences(told, again))
