"""What a clinical case expects, and how it is compared with what an evaluation found."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from ketacare.science.rules.findings import Evaluation
from ketacare.science.rules.shapes import Names

RuleVerdict = Literal["fires", "silent", "unknown", "skipped"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """What a case on a whole patient expects: ``fires`` and ``unknown`` exactly (None: not compared), the others at least."""

    result: str
    urgent: bool = False
    fires: frozenset[str] | None = None
    unknown: frozenset[str] | None = None
    must_fire: Names = ()
    must_not_fire: Names = ()
    must_be_unknown: Names = ()
    cleared: Names = ()
    not_cleared: Names = ()
    needs: Names = ()

    def mismatches(self, found: Evaluation) -> Iterator[str]:
        """Yield in words whatever came out differently."""
        fired, unknown = set(found.fired), set(found.unknown)
        cleared = {finding.rule.id for finding in found.findings if finding.cleared}
        if found.disposition != self.result:
            yield f"result is {found.disposition}, expected {self.result}"
        if found.urgent != self.urgent:
            yield f"urgent is {found.urgent}, expected {self.urgent}"
        for what, exact, seen in (("fires", self.fires, fired), ("unknown", self.unknown, unknown)):
            if exact is not None and exact != seen:
                yield f"{what} {_listed(seen)}, expected {_listed(exact)}"
        for says, wrong in (
            ("should fire", set(self.must_fire) - fired),
            ("should not fire", set(self.must_not_fire) & fired),
            ("should be unknown", set(self.must_be_unknown) - unknown),
            ("should fire and be cleared", set(self.cleared) - cleared),
            ("should fire and stay", set(self.not_cleared) - (fired - cleared)),
            ("should be needed", set(self.needs) - {need.fact for need in found.needs}),
        ):
            if wrong:
                yield f"{_listed(wrong)} {says}"


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleExpectation:
    """What a case on one rule expects of that rule; None: not compared."""

    rule: str
    verdict: RuleVerdict
    cleared: bool | None = None
    urgent: bool = False
    needs: Names = ()
    result: str | None = None

    def mismatches(self, found: Evaluation) -> Iterator[str]:
        """Yield in words whatever came out differently."""
        finding = found.finding(self.rule)
        seen = _verdict(found, self.rule)
        if seen != self.verdict:
            yield f"{self.rule} {_VERDICTS[seen]}, expected that it {_VERDICTS[self.verdict]}"
        if finding is not None and finding.urgent != self.urgent:
            yield f"urgent is {finding.urgent}, expected {self.urgent}"
        if finding is not None and self.cleared is not None and finding.cleared != self.cleared:
            yield f"cleared is {finding.cleared}, expected {self.cleared}"
        if self.result is not None and found.disposition != self.result:
            yield f"result is {found.disposition}, expected {self.result}"
        wanted = {need.fact for need in found.needs if self.rule in need.wanted_by}
        if missing := set(self.needs) - wanted:
            yield f"{_listed(missing)} should be needed by {self.rule}, which needs {_listed(wanted)}"


_VERDICTS: Mapping[RuleVerdict, str] = {
    "fires": "fires",
    "silent": "stays silent",
    "unknown": "is unknown",
    "skipped": "is skipped",
}


def _verdict(found: Evaluation, rule: str) -> RuleVerdict:
    finding = found.finding(rule)
    if finding is not None:
        return "fires" if finding.fires else "unknown"
    return "skipped" if rule in found.skipped else "silent"


def _listed(ids: Collection[str]) -> str:
    return ", ".join(sorted(ids)) or "nothing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One case: facts and records for a book, perhaps a site with numbers of its own, and what must come out."""

    id: str
    book: str
    facts: Mapping[str, Any]
    expect: Expectation | RuleExpectation
    why: str = ""
    policy: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    loosened_by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """A case that was run: its mismatches in words (none: passed)."""

    case: Case
    mismatches: tuple[str, ...]
    evaluation: Evaluation | None = field(default=None, compare=False)
