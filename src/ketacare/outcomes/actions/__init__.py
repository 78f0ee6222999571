"""Everything that writes in this room."""

from ketacare.outcomes.actions.alerts import (
    close_alert,
    hand_over_alert,
    record_attempt,
    record_contact,
    take_alert,
)
from ketacare.outcomes.actions.answers import record_answers
from ketacare.outcomes.actions.ladder import claim_notice, climb_alert, settle_notice
from ketacare.outcomes.actions.site import add_duty, end_duty, set_crisis_lines, state_licence

__all__ = [
    "add_duty",
    "claim_notice",
    "climb_alert",
    "close_alert",
    "end_duty",
    "hand_over_alert",
    "record_answers",
    "record_attempt",
    "record_contact",
    "set_crisis_lines",
    "settle_notice",
    "state_licence",
    "take_alert",
]
