"""Everything that writes in this room."""

from ketacare.consent.actions.asking import ask_again, record_capacity
from ketacare.consent.actions.separate import give_separate, refuse_separate, withdraw_separate
from ketacare.consent.actions.signing import sign_consent, withdraw_consent
from ketacare.consent.actions.talking import answer_question, record_talk

__all__ = [
    "answer_question",
    "ask_again",
    "give_separate",
    "record_capacity",
    "record_talk",
    "refuse_separate",
    "sign_consent",
    "withdraw_consent",
    "withdraw_separate",
]
