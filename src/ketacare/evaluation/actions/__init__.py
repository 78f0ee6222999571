"""Everything that writes in this room."""

from ketacare.evaluation.actions.deciding import (
    approve_rulebook,
    confirm_decision,
    decide,
    record_answers,
    record_clearance,
    withdraw_decision,
)
from ketacare.evaluation.actions.screening import acknowledge_screening, screen_course

__all__ = [
    "acknowledge_screening",
    "approve_rulebook",
    "confirm_decision",
    "decide",
    "record_answers",
    "record_clearance",
    "screen_course",
    "withdraw_decision",
]
