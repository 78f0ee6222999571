"""What differs between two evaluations of one patient, rule by rule, with the patient's own values. Nothing here reads."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ketacare.evaluation.evidence import lasting_values
from ketacare.science.rules import Fact
from ketacare.science.rules.findings import Evaluation
from ketacare.science.rules.record import plain

Stand = Literal["silent", "cleared", "unknown", "fires"]  # from what lets treatment go on to what stops it
ORDER: tuple[Stand, ...] = ("silent", "cleared", "unknown", "fires")
WORDS: Mapping[Stand, str] = {
    "silent": "does not fire",
    "cleared": "fires, cleared by a letter",
    "unknown": "cannot be judged",
    "fires": "fires",
}
KEPT = ("rule", "statement", "severity", "fires", "cleared", "urgent")
MUST_BE_KNOWN = frozenset({"absolute", "relative"})  # severities whose unknown rules forbid a decision to treat


@dataclass(frozen=True, kw_only=True)
class Change:
    """One rule that stands otherwise than before, or on other values."""

    rule: str
    severity: str
    statement: str
    was: Stand
    now: Stand
    because: tuple[Mapping[str, Any], ...]  # the values it rests on now, or rested on where it no longer fires
    sources: tuple[str, ...]
    urgent: bool

    @property
    def words(self) -> str:
        if self.was == self.now:
            return f"{WORDS[self.now]}, on other values"
        return f"{WORDS[self.was]} → {WORDS[self.now]}"

    @property
    def is_worse(self) -> bool:
        return self.was == self.now or ORDER.index(self.now) > ORDER.index(self.was)

    @property
    def must_be_seen(self) -> bool:
        """Whether somebody has to look: it speaks against treatment, or keeps anybody from telling."""
        if self.now == "unknown":
            return self.is_worse and self.severity in MUST_BE_KNOWN
        return self.is_worse and self.severity != "info"


def kept(evaluation: Evaluation, given: Mapping[str, Fact]) -> list[dict[str, Any]]:
    """The findings of an evaluation of these facts, as short as a comparison needs them."""
    assert evaluation.on is not None  # noqa: S101  # this room always judges for a day
    lasts = lasting_values(evaluation.facts.values(), given, on=evaluation.on)
    return [_kept(one, lasts) for one in plain(evaluation)["findings"]]


def _kept(one: Mapping[str, Any], lasts: Mapping[str, object]) -> dict[str, Any]:
    because = [
        {"fact": used["fact"], "value": used["value"], "unit": used["unit"], "lasts": lasts.get(used["fact"])}
        for used in one["because"]
    ]
    sources = [source["key"] for source in one["sources"]]
    return {key: one[key] for key in KEPT} | {"because": because, "sources": sources}


def changes(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> list[Change]:
    """Every rule that stands otherwise in the second evaluation; both as ``kept`` gives them, strongest severity first."""
    old, new = ({one["rule"]: one for one in findings} for findings in (before, after))
    return list(_changes(old, new))


def _changes(old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]) -> Iterator[Change]:
    for rule in [*new, *(old.keys() - new.keys())]:
        was, now = stand(old.get(rule)), stand(new.get(rule))
        told = new.get(rule) or old[rule]
        other_values = was == now == "fires" and values(old[rule]) != values(new[rule])
        if was != now or other_values:
            yield Change(
                rule=rule,
                severity=told["severity"],
                statement=told["statement"],
                was=was,
                now=now,
                because=tuple(told["because"]),
                sources=tuple(told["sources"]),
                urgent=told["urgent"],
            )


def stand(found: Mapping[str, Any] | None) -> Stand:
    """How a rule stands, from its kept finding; None: it did not fire."""
    if found is None:
        return "silent"
    if found["fires"] is None:
        return "unknown"
    return "cleared" if found["cleared"] else "fires"


def values(found: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a kept finding rests on."""
    return {used["fact"]: used["lasts"] for used in found["because"]}
