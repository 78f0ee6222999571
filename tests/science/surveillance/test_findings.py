"""What answers set off: the more worrying of two, a row of visits, a change of the same scale only."""

from datetime import UTC, datetime, timedelta

import pytest

from ketacare.science import rules
from ketacare.science.surveillance.checks import checks, places_hold
from ketacare.science.surveillance.due import Done
from ketacare.science.surveillance.findings import Evidence, Scored, concerns, facts_from_checks, is_read

BOOK = rules.load("surveillance")
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
HIGH, FINE = (150.0, 80.0), (120.0, 80.0)


def done(days: int = 0, **told: object) -> Done:
    return Done(
        at=AT + timedelta(days=days), says="done", told={name.replace("__", "."): one for name, one in told.items()}
    )


def facts(**changes: object) -> dict[str, object]:
    return facts_from_checks(Evidence(**({"done": {}} | changes)), file=checks())


def fired(**changes: object) -> set[str]:
    return set(BOOK.evaluate(facts(**changes)).fired) & set(checks().all_triggers)


@pytest.mark.parametrize(
    ("multiple", "rule"),
    [(1.99, None), (2.0, "SUR-03"), (2.99, "SUR-03"), (3.0, "SUR-04")],
)
def test_an_alt_sets_off_what_the_book_says_on_both_sides_of_its_limits(multiple, rule):
    assert fired(done={"liver": [done(fu__alt_x_uln=multiple)]}) == ({rule} if rule else set())


def test_a_yes_of_one_check_is_not_taken_back_by_the_no_of_another():
    told = {"urinalysis": [done(0, fu__haematuria=True)], "urinary": [done(9, fu__haematuria=False)]}
    assert facts(done=told)["fu.haematuria"] is True


def test_a_yes_is_taken_back_when_the_same_check_is_done_again():
    again = [done(0, fu__haematuria=True), done(9, fu__haematuria=False)]
    assert facts(done={"urinalysis": again})["fu.haematuria"] is False


def test_a_half_answered_check_tells_what_it_has():
    half = Done(at=AT, says="half", told={"fu.haematuria": True}, is_read=False)
    assert "SUR-02" in fired(done={"urinary": [half]})


def test_only_scores_of_the_same_scale_are_compared():
    first, other, last = Scored(name="icsi", value=2), Scored(name="bpic_ss", value=9), Scored(name="icsi", value=6)
    assert facts(scored={"urinary": [first, other, last]})["fu.ipss_rise"] == 4
    assert facts(scored={"urinary": [first, other]})["fu.ipss_rise"] == 0


@pytest.mark.parametrize(("last", "rule"), [(5, set()), (6, {"SUR-01"})])
def test_a_rise_of_four_points_sets_off_the_urinary_rule(last, rule):
    scores = [Scored(name="icsi", value=2), Scored(name="icsi", value=last)]
    assert fired(scored={"urinary": scores}) == rule


@pytest.mark.parametrize(("score", "rule"), [(25, set()), (24, {"SUR-05"})])
def test_a_fall_of_two_points_of_the_same_test_sets_off_the_cognition_rule(score, rule):
    tests = [Scored(name="MoCA", value=26), Scored(name="MoCA", value=score)]
    assert fired(scored={"cognition": tests}, done={"cognition": [done(fu__cognition_concern=False)]}) == rule


@pytest.mark.parametrize(
    ("pressures", "rule"),
    [
        ([HIGH, HIGH], set()),
        ([HIGH, HIGH, HIGH], {"SUR-07"}),
        ([HIGH, FINE, HIGH, HIGH], set()),
        ([HIGH, None, HIGH, HIGH], {"SUR-07"}),
        ([(139.0, 89.0)] * 3, set()),
        ([(120.0, 90.0)] * 3, {"SUR-07"}),
    ],
)
def test_three_raised_pressures_in_a_row_count_and_a_visit_without_one_ends_no_row(pressures, rule):
    assert fired(pressures=pressures) == rule


def test_the_trend_is_over_six_sessions_and_none_before_there_are_six():
    rising = [(110.0 + one * 2, 70.0) for one in range(7)]
    assert facts(pressures=rising)["fu.bp_trend_6"] == 12
    assert facts(pressures=rising[:6])["fu.bp_trend_6"] == 0


@pytest.mark.parametrize(("craving", "rule"), [(6, set()), (7, {"SUR-06"})])
def test_a_craving_of_seven_sets_off_the_misuse_rule(craving, rule):
    assert fired(done={"misuse_short": [done(fu__craving=craving)]}) == rule


def test_a_raised_alp_that_was_there_before_the_first_dose_is_not_new():
    told = {"liver": [done(fu__alp_x_uln=1.6)]}
    assert fired(done=told, was_cholestatic=False) == {"SUR-03"}
    assert fired(done=told, was_cholestatic=True) == set()


@pytest.mark.parametrize(("score", "rule"), [(5, set()), (6, {"SUR-09"}), (12, {"STOP-SWITCH"})])
def test_a_mania_score_sets_off_its_rules_whatever_it_was_asked_for(score, rule):
    assert fired(scores={"fu.ymrs": score}) == rule


def test_a_check_is_read_when_every_question_that_needs_it_has_a_clear_answer():
    check = checks().checks["pregnancy"]
    assert is_read(check, {"pregnancy_test": "negative"})
    assert not is_read(check, {"pregnancy_test": "indeterminate"})
    assert not is_read(check, {})
    urinary = checks().checks["urinary"]
    assert is_read(urinary, {"fu.new_luts": False, "fu.luts_current": False, "fu.haematuria": False})
    assert not is_read(urinary, {"fu.new_luts": False, "fu.luts_current": None, "fu.haematuria": False})


def test_a_concern_of_our_own_is_told_in_words():
    check = checks().checks["misuse_short"]
    assert list(concerns(check, [done(early_requests=True, lost_doses=False)])) == [
        "Asked for sessions earlier than planned"
    ]
    assert list(concerns(checks().checks["pregnancy"], [done(pregnancy_test="positive")])) == [
        "Result of the test: positive"
    ]


def test_every_red_trigger_places_a_hold_and_so_do_those_whose_words_say_so():
    severity = {rule.id: rule.severity for rule in BOOK.rules}
    holding = {one for one in checks().all_triggers if places_hold(checks(), one, severity[one])}
    assert holding == {"SUR-01", "SUR-02", "SUR-04", "SUR-06", "SUR-08", "SUR-09", "STOP-SWITCH"}
