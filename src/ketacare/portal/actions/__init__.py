"""Everything that writes in this room."""

from ketacare.portal.actions.answering import answer_question, record_unfinished, stop_messages
from ketacare.portal.actions.arranging import keep_wishes, mark_seen, send_again
from ketacare.portal.actions.running import ask_course
from ketacare.portal.actions.sending import begin_message, end_message, mark_unsure, note_other_device

__all__ = [
    "answer_question",
    "ask_course",
    "begin_message",
    "end_message",
    "keep_wishes",
    "mark_seen",
    "mark_unsure",
    "note_other_device",
    "record_unfinished",
    "send_again",
    "stop_messages",
]
