"""What stands between a finding and the decision to treat, and what it takes to go on against it."""

from dataclasses import dataclass
from typing import Literal

from ketacare.science.rules.findings import Evaluation, Finding

Demand = Literal["forbidden", "settle", "second_prescriber", "reason", "acknowledge"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Obstacle:
    """A finding that must be dealt with before a prescriber decides to treat.

    Demand ``forbidden``: nobody may go on, the fact itself must change. ``settle``: unknown, the missing facts must be
    supplied. ``second_prescriber`` and ``reason``: a coded reason and free text, of two people or of one.
    ``acknowledge``: one clinician ticks that it was read.
    """

    finding: Finding
    demand: Demand


def obstacles(evaluation: Evaluation, *, must_be_known: frozenset[str]) -> tuple[Obstacle, ...]:
    """Return every finding that a decision to treat has to deal with, in the evaluation's order.

    Args:
        evaluation: of the book that the decision rests on.
        must_be_known: the severities whose rules may not be unknown.

    Assumes: a finding that a clearance lifts is only acknowledged; an unknown rule of another severity stays listed
        among the needs and asks nothing here.
    Source: `unknown`, `override` and `cleared_by` in the semantics of the eligibility rulebook.
    """
    found = []
    for finding in evaluation.findings:
        if finding.fires is None:
            if finding.severity in must_be_known:
                found.append(Obstacle(finding=finding, demand="settle"))
        else:
            found.append(Obstacle(finding=finding, demand="acknowledge" if finding.cleared else finding.override))
    return tuple(found)
