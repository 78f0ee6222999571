"""A specialist's letter, and why one cannot be filed. Nothing here writes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ketacare.science.rules import Evaluation, Finding


@dataclass(frozen=True, kw_only=True)
class Letter:
    """Who clears which rules, on what document, from when until when."""

    clearance: str
    covers: tuple[str, ...]
    given_by: str
    specialty: str
    document: str
    dated: date
    expires: date

    def named(self, evaluation: Evaluation) -> list[Finding]:
        """The findings that it covers and can clear."""
        findings = (evaluation.finding(rule) for rule in self.covers)
        return [one for one in findings if one is not None and self.clearance in one.rule.cleared_by]

    def obstacles(self, evaluation: Evaluation, *, today: date) -> Iterator[str]:
        """Every reason why it cannot be filed."""
        if not self.covers:
            yield "Name the rules that the letter covers."
        if len(self.named(evaluation)) != len(self.covers):
            yield f"{self.clearance} does not clear every rule named."
        if not all(one.strip() for one in (self.given_by, self.specialty, self.document)):
            yield "Say who gave it, of which specialty, and on which document."
        if self.dated > today:
            yield "The letter is dated in the future."
        if self.expires < self.dated:
            yield "The letter expires before its date."
