"""Everything that writes in this room. Each act is one movement, count or explanation, and one audit event."""

from ketacare.stewardship.actions.chairside import issue, record_breakage, return_drug, waste
from ketacare.stewardship.actions.counting import record_count
from ketacare.stewardship.actions.delivered import book_delivered
from ketacare.stewardship.actions.explaining import explain
from ketacare.stewardship.actions.stock import open_register, receive, report_loss, send_back, undo_movement

__all__ = [
    "book_delivered",
    "explain",
    "issue",
    "open_register",
    "receive",
    "record_breakage",
    "record_count",
    "report_loss",
    "return_drug",
    "send_back",
    "undo_movement",
    "waste",
]
