"""What patients answered, the alerts that come of it, and who looks after them."""

from ketacare.outcomes.models.alerts import (
    TRANSITIONS,
    Alert,
    AlertAttempt,
    AlertContact,
    AlertEvent,
    AlertNotice,
    How,
)
from ketacare.outcomes.models.answers import AnswerSet, Score
from ketacare.outcomes.models.site import AlertDuty, CrisisSetting, LicenceStatement

__all__ = [
    "TRANSITIONS",
    "Alert",
    "AlertAttempt",
    "AlertContact",
    "AlertDuty",
    "AlertEvent",
    "AlertNotice",
    "AnswerSet",
    "CrisisSetting",
    "How",
    "LicenceStatement",
    "Score",
]
