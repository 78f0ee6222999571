"""What waited in a browser while the server could not be reached, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ketacare.science.errors import Problem
from ketacare.science.monitoring.parameters import Value

KINDS = ("vitals", "observation", "note")


@dataclass(frozen=True, kw_only=True)
class Queued:
    """One entry: its author's own key for it, when it was charted, when it happened, and what it says."""

    key: str
    kind: str
    charted_at: datetime
    happened_at: datetime
    words: str  # a digest of everything it says
    reading: Mapping[str, Value] = field(default_factory=dict)
    observation: Mapping[str, Value] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of one entry: stored as these numbers, known already, or refused with every problem."""

    key: str
    status: str  # stored | duplicate | refused
    seqs: tuple[int, ...] = ()
    problems: tuple[Problem, ...] = ()
