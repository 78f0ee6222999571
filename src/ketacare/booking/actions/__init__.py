"""Everything that writes in this room. The site is locked first: two who book at once come one after the other."""

from ketacare.booking.actions.booking import book_consultation, book_course, book_wanted, name_visitor
from ketacare.booking.actions.changing import apply_day, call_off
from ketacare.booking.actions.people import (
    add_absence,
    end_absence,
    end_waiting,
    forget_visitors,
    put_on_waiting_list,
    say_unavailable,
)
from ketacare.booking.actions.settling import (
    add_chair,
    add_closure,
    add_opening,
    add_working_hours,
    end_closure,
    end_opening,
    end_working_hours,
    make_calendar,
    retire_chair,
    settle_number,
    withdraw_calendar,
)

__all__ = [
    "add_absence",
    "add_chair",
    "add_closure",
    "add_opening",
    "add_working_hours",
    "apply_day",
    "book_consultation",
    "book_course",
    "book_wanted",
    "call_off",
    "end_absence",
    "end_closure",
    "end_opening",
    "end_waiting",
    "end_working_hours",
    "forget_visitors",
    "make_calendar",
    "name_visitor",
    "put_on_waiting_list",
    "retire_chair",
    "say_unavailable",
    "settle_number",
    "withdraw_calendar",
]
