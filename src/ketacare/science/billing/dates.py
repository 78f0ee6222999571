"""Months, as payment plans and estimates count them."""

from datetime import date, timedelta

MONTHS_A_YEAR = 12


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later; the last day of the month where there is no such day."""
    years, month = divmod(day.month - 1 + months, MONTHS_A_YEAR)
    first = date(day.year + years, month + 1, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))
