"""What an evaluation answers: findings with the patient's own values, needs, contradictions, and the result."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal

from ketacare.science.reference import Source
from ketacare.science.rules.clearances import Clearance
from ketacare.science.rules.conditions import Value
from ketacare.science.rules.rule import Rule
from ketacare.science.rules.shapes import Override

if TYPE_CHECKING:
    from ketacare.science.rules.trace import Trace


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """A fact as an evaluation used it; value None: missing (never given, 'not sure', or older than its freshness).

    ``was`` is the value that does not count: it is too old, or an open list of nothing. ``complete`` is False for a list that holds at least what it says. ``rivals`` are what
    other sources say of the same fact, where they differ.
    """

    name: str
    value: Value | None
    unit: str | None = None
    as_of: date | None = None
    source: str = ""
    stale: bool = False
    was: Value | None = None
    complete: bool = True
    derived: bool = False
    rivals: tuple["Used", ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A rule that fires (True) or cannot be judged (None: unknown), and why."""

    rule: Rule
    fires: Literal[True] | None
    because: tuple[Used, ...]
    cleared: bool = False
    standing: tuple[tuple[str, str], ...] = ()

    @property
    def severity(self) -> str:
        """The rule's severity."""
        return self.rule.severity

    @property
    def override(self) -> Override:
        """What it takes to go on against the finding."""
        return self.rule.override

    @property
    def urgent(self) -> bool:
        """Whether someone must be called now: an urgent rule that fired, cleared or not."""
        return self.fires is True and self.rule.urgent

    @property
    def advice(self) -> tuple[str, ...]:
        """What the rule suggests to do."""
        return self.rule.stated.advice

    @property
    def tell_patient(self) -> str:
        """What to show the patient before any other result; empty: nothing."""
        return self.rule.stated.tell_patient if self.fires else ""

    @property
    def certainty(self) -> str:
        """How certain the rule is: high, moderate or low."""
        return self.rule.stated.certainty

    @property
    def sources(self) -> Mapping[str, Source]:
        """The rule's sources by key."""
        return self.rule.sources

    @property
    def missing(self) -> tuple[str, ...]:
        """The facts among the reasons that are missing, and the open lists of which more must be known."""
        return tuple(used.name for used in self.because if used.value is None or self._wants_more(used))

    def _wants_more(self, used: Used) -> bool:
        return not used.complete and (self.fires is None or used.name in self.rule.asks_for)

    @property
    def would_clear(self) -> tuple[str, ...]:
        """What would lift the finding, in words; empty when nothing on paper does."""
        return tuple(f"{name} {why}".strip() for name, why in self.standing)


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """A missing fact, who can supply it, and the rules that want it; ``partial``: a list of which only some is known."""

    fact: str
    supplied_by: str
    ask: str
    wanted_by: tuple[str, ...]
    stale: bool
    partial: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Contradiction:
    """Facts that cannot all be true; until a person settles it the more cautious one counts."""

    facts: tuple[Used, ...]
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """A rulebook applied to one patient: the disposition, and everything it rests on.

    ``trace`` tells of any rule of the book, by its id, how it was judged; it is worked out when it is asked for.
    """

    book_id: str
    book_version: int
    book_sha256: str
    on: date | None
    params: Mapping[str, float]
    disposition: str
    findings: tuple[Finding, ...]
    needs: tuple[Need, ...]
    contradictions: tuple[Contradiction, ...]
    skipped: tuple[str, ...]
    facts: Mapping[str, Used]
    clearances: tuple[Clearance, ...]
    trace: Mapping[str, "Trace"] = field(compare=False, repr=False)

    @property
    def urgent(self) -> bool:
        """Whether any rule that fired calls someone now."""
        return any(finding.urgent for finding in self.findings)

    @property
    def fired(self) -> tuple[str, ...]:
        """The ids of the rules that fired."""
        return tuple(finding.rule.id for finding in self.findings if finding.fires)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The ids of the rules that could not be judged."""
        return tuple(finding.rule.id for finding in self.findings if finding.fires is None)

    def finding(self, rule_id: str) -> Finding | None:
        """Return the finding of a rule, or None when the rule is false or skipped."""
        return next((finding for finding in self.findings if finding.rule.id == rule_id), None)
