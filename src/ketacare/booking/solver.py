"""The two questions that a constraint solver answers: when the sessions of a course can be, and how a day is arranged anew.

CP-SAT of OR-tools, an extra of its own (``ketacare[booking]``): where it is not installed, ``IS_INSTALLED`` says so and
single appointments are still booked by hand. Loading it takes most of a second, so it is loaded with the first question:
a server that starts again in the middle of an infusion has better things to do. Both models have a slow obvious twin in the tests.
"""

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

from ketacare.booking.free import possible_starts
from ketacare.booking.values import Between, Clinic, Found, Item, Nothing

CONSTRAINTS = "ketacare.booking.constraints"
IS_INSTALLED = find_spec("ortools") is not None
NOT_INSTALLED = Nothing(why=("The solver is not installed here: pip install 'ketacare[booking]'.",))


def place_course(
    clinic: Clinic, items: Sequence[Item], between: Sequence[Between], *, seconds: float
) -> Found | Nothing:
    """When each session of one course can be, all or none, at the least cost.

    The sessions lie on different days, so they never compete for a chair: a start is possible where one of each is free.
    """
    if not IS_INSTALLED:
        return NOT_INSTALLED
    possible = {item.key: possible_starts(clinic, item) for item in items}
    if none := [key for key, starts in possible.items() if not starts]:
        numbers = ", ".join(str(key) for key in none)
        return Nothing(
            why=(
                f"There is no free chair with a nurse and a prescriber for session {numbers} on any day that the plan, the "
                "patient and the sessions already booked leave.",
            )
        )
    answer: Found | Nothing = import_module(CONSTRAINTS).course(clinic, items, between, possible, seconds=seconds)
    return answer


def arrange_day(clinic: Clinic, items: Sequence[Item], *, seconds: float) -> Found | Nothing:
    """A day arranged anew: as few calls to patients as possible, then as few changes of chair and people, then of minutes.

    What finds no place that day is dropped, which costs more than all else; the answer names it. An item costs, from each
    start it may have, the slices between that start and its present one, which is among them.
    """
    if not IS_INSTALLED:
        return NOT_INSTALLED
    answer: Found | Nothing = import_module(CONSTRAINTS).day(clinic, items, seconds=seconds)
    return answer
