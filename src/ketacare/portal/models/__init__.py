"""What is asked of patients between sessions, how they come to a log-in, and what they and the clinic write to each other."""

from ketacare.portal.models.check_ins import (
    HOURS_A_DAY,
    CheckIn,
    CheckInScale,
    ContactWishes,
    CourseClock,
    Invitation,
    Message,
    Trouble,
)
from ketacare.portal.models.own import LogInInvitation, Thread, ThreadMessage

__all__ = [
    "HOURS_A_DAY",
    "CheckIn",
    "CheckInScale",
    "ContactWishes",
    "CourseClock",
    "Invitation",
    "LogInInvitation",
    "Message",
    "Thread",
    "ThreadMessage",
    "Trouble",
]
