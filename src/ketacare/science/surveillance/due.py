"""When a long-term check falls due, and how it stands: due, overdue, abnormal, done or unknown. Unknown is never a pass."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal, Protocol

from ketacare.science.rules import Value
from ketacare.science.surveillance.checks import Check, Due, Limit
from ketacare.science.surveillance.exposure import DAYS_OF_A_YEAR, MONTHS_OF_A_YEAR

State = Literal["overdue", "abnormal", "unknown", "due", "done"]
DAY = timedelta(days=1)
WEEKS_OF_RATE, RATE_DAYS = 4, 28  # the book's derivation of sessions per week
Reason = tuple[date, str]


@dataclass(frozen=True, kw_only=True)
class Done:
    """A check as it was done. ``is_read`` False: something of it is open, so it tells nothing yet."""

    at: datetime
    says: str
    told: Mapping[str, Value] = field(default_factory=dict)
    is_read: bool = True
    is_attested: bool = False  # on the word of a named person, not from data
    by: str = ""


@dataclass(frozen=True, kw_only=True)
class History:
    """What a course has been through, on the site's clock."""

    opened_on: date
    sessions: tuple[datetime, ...]  # given, of the patient in all courses, in order
    of_course: tuple[datetime, ...]
    is_in_maintenance: bool = False
    maintenance_since: date | None = None  # the first session of maintenance
    next_session_on: date | None = None  # the next that is planned


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How one check stands. The dates say it for every day to come, as long as nothing new happens."""

    due_on: date | None  # None: nothing will make it due as things are
    overdue_on: date | None
    last: Done | None  # the newest that was read
    unread: Done | None  # a newer one that was not
    is_abnormal: bool
    is_unknown: bool
    reason: str

    def on(self, today: date) -> State:
        """How it stands on a day."""
        return state_of(self, today)


class Dated(Protocol):
    """What says for every day how a check stands: a standing, or a stored row of one."""

    @property
    def due_on(self) -> date | None: ...
    @property
    def overdue_on(self) -> date | None: ...
    @property
    def is_abnormal(self) -> bool: ...
    @property
    def is_unknown(self) -> bool: ...


def state_of(one: Dated, today: date) -> State:
    """Return how a check stands on a day: what was found comes first, and only what nothing speaks against is done."""
    if one.is_abnormal:
        return "abnormal"
    if one.overdue_on is not None and one.overdue_on <= today:
        return "overdue"
    if one.is_unknown:
        return "unknown"
    return "due" if one.due_on is not None and one.due_on <= today else "done"


def standing(
    check: Check,
    history: History,
    done: Sequence[Done],
    *,
    params: Mapping[str, float],
    fired: Sequence[str] = (),
    applies: bool | None = True,
) -> Standing:
    """Return how a check stands for one course.

    Args:
        check: the kind of check.
        history: the course's sessions as given, and the next one that is planned.
        done: every time it was done, in any order.
        params: of the surveillance book, as the site has set them.
        fired: what its answers set off: rules of the book, and our own concerns in words.
        applies: whether it is for this person at all; None: nobody has said, and that stays unknown.

    Returns:
        The standing with the first day on which it is due and on which it is overdue. A check of which something is open does
        not count as done: the dates go on from the last that was read.

    Assumes: all times in the time zone of the site.
    Source: surveillance book, SUR-10 and SUR-20 to SUR-26; the earliest reason counts. Held against the book day by day in the tests.
    """
    read = sorted((one for one in done if one.is_read), key=lambda one: one.at)
    last = read[-1] if read else None
    open_ones = [one for one in done if not one.is_read and (last is None or one.at > last.at)]
    unread = max(open_ones, key=lambda one: one.at, default=None)
    reasons = sorted(_reasons(check, history, last, params))
    due = reasons[0] if reasons else None
    return Standing(
        due_on=due[0] if due else None,
        overdue_on=_overdue(check, history, last, due),
        last=last,
        unread=unread,
        is_abnormal=bool(fired),
        is_unknown=unread is not None or applies is None,
        reason=_words(due, unread, fired, applies),
    )


def _words(due: Reason | None, unread: Done | None, fired: Sequence[str], applies: bool | None) -> str:
    parts = [*fired]
    parts += ["nobody has said whether it is needed"] if applies is None else []
    parts += [f"{unread.says}: not all of it is known"] if unread else []
    parts += [due[1]] if due else []
    return "; ".join(parts)


def _overdue(check: Check, history: History, last: Done | None, due: Reason | None) -> date | None:
    """Due for longer than its grace; what was never done is overdue only once a session has been given without it."""
    if due is None:
        return None
    begun = due[0]
    if last is None:
        first = next((one.date() for one in history.sessions), None)
        if first is None:
            return None
        begun = max(begun, first)
    return begun + check.grace_days * DAY


def _reasons(check: Check, history: History, last: Done | None, params: Mapping[str, float]) -> Iterator[Reason]:
    for due in check.due:
        if due.at_exposure:
            yield from _exposure(due, history, last, params)
        elif last is None:
            yield history.opened_on, "never done"
        else:
            yield from _since(due, history, last.at, params)


def _since(due: Due, history: History, last: datetime, params: Mapping[str, float]) -> Iterator[Reason]:
    """When a check that was done falls due again."""
    if due.phase == "maintenance" and not history.is_in_maintenance:
        return
    later = [one for one in history.sessions if one > last]
    if due.after_sessions:
        yield from _nth(later, int(params[due.after_sessions]), "sessions since it was last done")
    if due.once_after_session:
        number = int(params[due.once_after_session])
        reached = list(_nth(history.of_course, number, "sessions of this course given, and not repeated since"))
        yield from (one for one in reached if history.of_course[number - 1] > last)
    if due.after_days:
        yield from _after_days(due, history, last, params)
    if due.each_session:
        yield from _each_session(history, last.date())


def _nth(sessions: Sequence[datetime], number: int, words: str) -> Iterator[Reason]:
    if len(sessions) >= number:
        yield sessions[number - 1].date(), f"{number} {words}"


def _after_days(due: Due, history: History, last: datetime, params: Mapping[str, float]) -> Iterator[Reason]:
    days = int(params[due.after_days or ""])
    first = last.date() + days * DAY
    if not due.at_weekly_rate:
        yield first, f"{days} days since it was last done"
        return
    needed = params[due.at_weekly_rate] * WEEKS_OF_RATE
    on = [one.date() for one in history.sessions]
    for day in sorted({first, *(one for one in on if one > first)}):
        if sum(timedelta() <= day - one < RATE_DAYS * DAY for one in on) >= needed:
            yield day, f"{days} days since it was last done, at {params[due.at_weekly_rate]:g} sessions a week or more"
            return


def _each_session(history: History, last: date) -> Iterator[Reason]:
    """A check of a session's own day, or of a later one, is that session's."""
    without = next((one.date() for one in history.sessions if one.date() > last), None)
    if without is not None:
        yield without, "a session was given without it"
    elif history.next_session_on is not None and history.next_session_on > last:
        yield history.next_session_on, "wanted before the next session"


def _exposure(due: Due, history: History, last: Done | None, params: Mapping[str, float]) -> Iterator[Reason]:
    """A limit that was reached since the last review; or any that holds when the review has aged."""
    for limit in due.at_exposure:
        words = _limit_words(limit, params)
        reached = list(_reached(limit, history, params))
        news = [at for at, is_new in reached if last is None or (at > last.at and is_new)]
        yield from ((at.date(), words) for at in news[:1])
        if last is not None and due.again_after_days:
            aged = last.at.date() + due.again_after_days * DAY
            later = [aged] if holds(limit, history, aged, params) else [at.date() for at, _ in reached]
            again = [day for day in later if day >= aged]
            yield from ((day, f"{words}; last reviewed {due.again_after_days} days before") for day in again[:1])


def _reached(limit: Limit, history: History, params: Mapping[str, float]) -> Iterator[tuple[datetime, bool]]:
    """The sessions with which a limit holds, each with whether it did not on the day before."""
    if limit.months:
        if history.maintenance_since is not None and history.sessions:
            day = _month_day(history.maintenance_since, params[limit.months])
            yield datetime.combine(day, time(), history.sessions[0].tzinfo), True
        return
    for one in history.sessions:
        if holds(limit, history, one.date(), params):
            yield one, not holds(limit, history, one.date() - DAY, params)


def _month_day(since: date, months: float) -> date:
    """The first day on which so many months have passed; a month is a twelfth of a year."""
    days = float(DAYS_OF_A_YEAR) / MONTHS_OF_A_YEAR * months
    return since + int(-(-days // 1)) * DAY


def holds(limit: Limit, history: History, day: date, params: Mapping[str, float]) -> bool:
    """Return whether an exposure has reached a limit at the end of a day."""
    if limit.months:
        since = history.maintenance_since
        return since is not None and _month_day(since, params[limit.months]) <= day
    ago = [(day - one.date()) // DAY for one in history.sessions]
    inside = [one for one in ago if one >= 0 and (limit.within_days is None or one < limit.within_days)]
    return len(inside) >= params[limit.sessions or ""]


def _limit_words(limit: Limit, params: Mapping[str, float]) -> str:
    if limit.months:
        return f"{params[limit.months]:g} months of maintenance"
    within = f" in {limit.within_days} days" if limit.within_days else " in all"
    return f"{params[limit.sessions or '']:g} sessions{within}"
