"""Long-term checks: both sides of each threshold, the book as a slow twin, and what must hold whatever happens."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.science import rules
from ketacare.science.surveillance.checks import checks
from ketacare.science.surveillance.due import Done, History, Standing, standing

BOOK = rules.load("surveillance")
PARAMS = BOOK.defaults.values
OPENED = date(2026, 1, 1)
DAY = timedelta(days=1)
WORSE = {"done": 0, "due": 1, "overdue": 2}


def moment(day: int, hour: int = 10) -> datetime:
    return datetime.combine(OPENED + day * DAY, time(hour), UTC)


def history(*days: int, later: int | None = None, **changes: object) -> History:
    """Sessions on these days after the opening; ``later``: how many of the first of them are not maintenance."""
    sessions = tuple(moment(one) for one in sorted(days))
    kept = sorted(days)[later:] if later is not None else []
    told = {
        "opened_on": OPENED,
        "sessions": sessions,
        "of_course": sessions,
        "is_in_maintenance": later is not None,
        "maintenance_since": OPENED + kept[0] * DAY if kept else None,
    }
    return History(**(told | changes))


def done(day: int, **changes: object) -> Done:
    return Done(**({"at": moment(day, 9), "says": "done"} | changes))


def judged(kind: str, past: History, *were: Done, **changes: object) -> Standing:
    return standing(checks().checks[kind], past, were, params=PARAMS, **changes)


def state(kind: str, past: History, *were: Done, on: int, **changes: object) -> str:
    return judged(kind, past, *were, **changes).on(OPENED + on * DAY)


@pytest.mark.parametrize(
    ("kind", "past", "was", "before", "at"),
    [
        ("urinary", history(0), 0, 89, 90),
        ("cognition", history(0), 0, 181, 182),
        ("misuse_full", history(0), 0, 89, 90),
        ("weight", history(0), 0, 89, 90),
        ("urinalysis", history(0, 1, later=1), 1, 90, 91),
        ("liver", history(0, 1, later=1), 1, 90, 91),
    ],
)
def test_a_check_is_due_on_the_very_day_its_time_has_passed_and_not_before(kind, past, was, before, at):
    assert state(kind, past, done(was), on=before) == "done"
    assert state(kind, past, done(was), on=at) == "due"


def test_three_sessions_after_the_urinary_questions_nothing_is_due_and_the_fourth_makes_them_due():
    assert state("urinary", history(1, 8, 15), done(0), on=15) == "done"
    assert state("urinary", history(1, 8, 15, 22), done(0), on=22) == "due"


def test_a_session_of_the_same_day_counts_when_it_came_after_the_questions():
    assert state("urinary", history(0, 8, 15, 22), done(0), on=22) == "due"


def test_weekly_sessions_bring_the_urinary_questions_after_a_month():
    params = dict(PARAMS) | {"due_urinary_sessions": 9}
    weekly = standing(checks().checks["urinary"], history(7, 14, 21, 28), [done(0)], params=params)
    rarer = standing(checks().checks["urinary"], history(7, 14, 28), [done(0)], params=params)
    assert weekly.due_on == OPENED + 30 * DAY
    assert rarer.due_on == OPENED + 90 * DAY


def test_in_induction_a_urinalysis_that_was_done_does_not_fall_due_again():
    assert judged("urinalysis", history(0, 3), done(0)).due_on is None


def test_the_liver_panel_is_wanted_once_more_after_the_sixth_session():
    assert state("liver", history(0, 3, 6, 9, 12), done(0), on=200) == "done"
    assert state("liver", history(0, 3, 6, 9, 12, 15), done(0), on=15) == "due"
    assert state("liver", history(0, 3, 6, 9, 12, 15), done(0), done(16), on=200) == "done"


def test_what_is_wanted_for_every_session_is_due_on_the_day_of_the_next():
    planned = history(0, next_session_on=OPENED + 7 * DAY)
    assert state("misuse_short", planned, done(0), on=6) == "done"
    assert state("misuse_short", planned, done(0), on=7) == "due"
    assert state("misuse_short", planned, done(0), done(7), on=7) == "done"


def test_a_session_that_was_given_without_its_check_leaves_it_due():
    assert state("misuse_short", history(0, 7), done(0), on=13) == "due"
    assert state("misuse_short", history(0, 7), done(0), on=14) == "overdue"


def test_what_was_never_done_is_due_before_the_first_session_and_overdue_only_after_it():
    assert state("cognition", history(), on=400) == "due"
    assert state("cognition", history(100), on=129) == "due"
    assert state("cognition", history(100), on=130) == "overdue"


@pytest.mark.parametrize(("sessions", "days", "wanted"), [(17, 89, "done"), (18, 89, "due")])
def test_eighteen_sessions_in_ninety_days_bring_a_review_and_seventeen_do_not(sessions, days, wanted):
    on = [round(one * days / (sessions - 1)) for one in range(sessions)]
    assert state("exposure_review", history(*on), on=days) == wanted


def test_sessions_older_than_the_window_do_not_count():
    assert judged("exposure_review", history(0, *range(73, 90))).due_on == OPENED + 89 * DAY
    assert judged("exposure_review", history(0, *range(74, 91))).due_on is None


def test_fifty_sessions_in_a_lifetime_bring_a_review_however_slowly_they_came():
    assert judged("exposure_review", history(*range(0, 49 * 30, 30))).due_on is None
    assert judged("exposure_review", history(*range(0, 50 * 30, 30))).due_on == OPENED + 49 * 30 * DAY


def test_a_year_of_maintenance_brings_a_review():
    past = history(0, 30, later=1)
    assert state("exposure_review", past, on=30 + 365) == "done"
    assert state("exposure_review", past, on=30 + 366) == "due"


def test_a_review_settles_a_limit_until_a_new_one_is_reached_or_it_has_aged():
    past = history(*range(18))
    assert state("exposure_review", past, done(18), on=60) == "done"
    more = history(*range(36))
    assert judged("exposure_review", more, done(18)).due_on == OPENED + 35 * DAY


def test_an_open_answer_is_never_done():
    half = done(3, is_read=False)
    assert state("urinary", history(2), done(0), half, on=3) == "unknown"
    assert judged("urinary", history(2), done(0), half).due_on == OPENED + 90 * DAY


def test_a_later_full_answer_settles_an_open_one():
    assert state("urinary", history(2), done(3, is_read=False), done(4), on=4) == "done"


def test_whether_it_is_needed_at_all_stays_unknown_until_somebody_says():
    assert state("pregnancy", history(0), done(0), on=0, applies=None) == "unknown"


def test_what_was_found_stays_abnormal_whatever_the_day():
    assert state("liver", history(0), done(0), on=0, fired=("ALT 4 x ULN",)) == "abnormal"


def test_the_reason_is_told_in_words():
    assert judged("urinary", history(1, 8, 15, 22), done(0)).reason == "4 sessions since it was last done"
    assert judged("urinary", history()).reason == "never done"


# The book, asked day by day, is the slow twin. ``misuse_full`` shares its rule with the short form, which is taken as done.
FACTS = {
    "urinary": "fu.urinary_q_days",
    "urinalysis": "fu.urinalysis_days",
    "liver": "fu.liver_days",
    "cognition": "fu.cognition_days",
    "misuse_full": "fu.misuse_full_days",
    "weight": "fu.weight_days",
}
DAYS = st.integers(0, 240)


def facts_on(kind: str, past: History, were: list[Done], day: date) -> dict[str, object]:
    """What the book is told on the evening of a day."""
    sessions = [one for one in past.sessions if one.date() <= day]
    last = max((one.at for one in were if one.at.date() <= day and one.is_read), default=None)
    phase = "maintenance" if past.is_in_maintenance else "induction"
    facts: dict[str, object] = {"fu.phase": phase, "fu.sessions_course": len(sessions)}
    facts["fu.sessions_per_week"] = sum((day - one.date()).days < 28 for one in sessions) / 4
    facts["fu.misuse_short_this_session"] = True
    if last is not None:
        facts[FACTS[kind]] = (day - last.date()).days
        facts["fu.urinary_q_sessions"] = sum(one > last for one in sessions)
        facts["fu.liver_after_six_done"] = len(sessions) >= 6 and last > sessions[5]
    return facts


def fires_on(rule: str, facts: dict[str, object]) -> bool:
    return rule in BOOK.evaluate(facts).fired


@pytest.mark.parametrize("kind", FACTS)
@settings(max_examples=25, deadline=None)
@given(sessions=st.sets(DAYS, max_size=12), were=st.sets(DAYS, min_size=1, max_size=3), upkeep=st.booleans(), on=DAYS)
def test_a_check_is_due_exactly_when_the_book_has_said_so_since_it_was_last_done(kind, sessions, were, upkeep, on):
    past = history(*(one for one in sessions if one <= on), later=1 if upkeep else None)
    checked = [done(one) for one in were if one <= on]
    first = max(were) if max(were) <= on else max((one for one in were if one <= on), default=0)
    book = any(
        fires_on(checks().checks[kind].rule, facts_on(kind, past, checked, OPENED + day * DAY))
        for day in range(first, on + 1)
    )
    assert (state(kind, past, *checked, on=on) in ("due", "overdue")) == book


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(sorted(checks().checks)),
    sessions=st.sets(DAYS, max_size=40),
    were=st.sets(DAYS, max_size=3),
    further=st.integers(0, 60),
    upkeep=st.booleans(),
    on=st.integers(0, 400),
)
def test_a_further_session_never_makes_a_check_less_due(kind, sessions, were, further, upkeep, on):
    days = sorted(sessions)
    more = [*days, max(days, default=0) + 1 + further]
    later = min(1, len(days)) if upkeep else None
    before = judged(kind, history(*days, later=later), *map(done, were)).on(OPENED + on * DAY)
    after = judged(kind, history(*more, later=later), *map(done, were)).on(OPENED + on * DAY)
    assert WORSE[after] >= WORSE[before]


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(sorted(checks().checks)),
    sessions=st.sets(DAYS, max_size=20),
    were=st.sets(DAYS, min_size=1, max_size=3),
    on=st.integers(0, 400),
)
def test_a_check_that_was_not_read_never_counts_as_done(kind, sessions, were, on):
    newest = done(max(were), is_read=False)
    found = judged(kind, history(*sessions), *(done(one) for one in were - {max(were)}), newest)
    assert found.on(OPENED + on * DAY) != "done"
    assert found.last is None or found.last.at < newest.at


@settings(max_examples=100, deadline=None)
@given(
    kind=st.sampled_from(sorted(checks().checks)), sessions=st.sets(DAYS, max_size=20), were=st.sets(DAYS, max_size=3)
)
def test_time_alone_never_makes_a_check_less_due(kind, sessions, were):
    found = judged(kind, history(*sessions), *map(done, were))
    told = [WORSE[found.on(OPENED + day * DAY)] for day in range(0, 400, 7)]
    assert told == sorted(told)


def test_every_question_that_is_a_fact_of_the_book_is_of_a_kind_that_can_be_asked():
    for check in checks().checks.values():
        for ask in check.asks:
            assert ask.says
            assert ask.fact is None or BOOK.fields[ask.fact].type in {"bool", "int", "float", "enum"}
