"""Everything that writes in this room."""

from ketacare.portal.actions.answering import answer_question, record_unfinished, stop_messages
from ketacare.portal.actions.arranging import keep_wishes, mark_seen, send_again
from ketacare.portal.actions.erasing import erase_messages
from ketacare.portal.actions.handing import hand_over_record
from ketacare.portal.actions.inviting import (
    begin_log_in,
    end_letter,
    invite_patient,
    note_wrong_try,
    withdraw_invitation,
)
from ketacare.portal.actions.messaging import (
    answer_thread,
    mark_read,
    open_thread,
    settle_thread,
    take_thread,
    write_on,
)
from ketacare.portal.actions.retaining import let_go
from ketacare.portal.actions.running import ask_course
from ketacare.portal.actions.sending import begin_message, end_message, mark_unsure, note_other_device

__all__ = [
    "answer_question",
    "answer_thread",
    "ask_course",
    "begin_log_in",
    "begin_message",
    "end_letter",
    "end_message",
    "erase_messages",
    "hand_over_record",
    "invite_patient",
    "keep_wishes",
    "let_go",
    "mark_read",
    "mark_seen",
    "mark_unsure",
    "note_other_device",
    "note_wrong_try",
    "open_thread",
    "record_unfinished",
    "send_again",
    "settle_thread",
    "stop_messages",
    "take_thread",
    "withdraw_invitation",
    "write_on",
]
