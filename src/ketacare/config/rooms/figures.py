"""What became of the rows of a run, and how long each took to be acknowledged."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

SHOWN = (("p50", 50), ("p99", 99))


@dataclass(kw_only=True)
class Figures:
    """Counts and latencies of all rooms together."""

    counts: Counter[str] = field(default_factory=Counter)
    latencies_s: list[float] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def made(self, rows: int) -> None:
        with self._lock:
            self.counts["measured"] += rows

    def answered(self, statuses: Sequence[str], latencies_s: Sequence[float]) -> None:
        """Rows that have their answer: durable, known already, or refused."""
        with self._lock:
            self.counts.update(statuses)
            self.latencies_s += latencies_s

    def failed(self, reason: str) -> None:
        """A try that had no answer; its rows are sent again."""
        with self._lock:
            self.reasons[reason] += 1

    def as_json(self) -> dict[str, object]:
        """The figures as one object."""
        took = np.asarray(self.latencies_s or [np.nan]) * 1000
        spread = {f"{name}_ms": round(float(np.percentile(took, at)), 1) for name, at in SHOWN}
        counts = {name: self.counts[name] for name in ("measured", "stored", "duplicate", "refused")}
        answered = counts["stored"] + counts["duplicate"] + counts["refused"]
        counts |= {"unanswered": counts["measured"] - answered, "tries_without_answer": sum(self.reasons.values())}
        return counts | spread | {"max_ms": round(float(np.max(took)), 1), "reasons": dict(self.reasons)}

    def in_words(self) -> str:
        told = self.as_json()
        lines = [f"{told[name]} {name.replace('_', ' ')}" for name in list(told)[:6]]
        lines.append(
            f"measured to acknowledged: p50 {told['p50_ms']} ms, p99 {told['p99_ms']} ms, max {told['max_ms']} ms"
        )
        return "\n".join([*lines, *(f"  {number} x {reason}" for reason, number in self.reasons.most_common(5))])
