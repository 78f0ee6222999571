"""What counts where the record and a person's answers meet."""

from datetime import date, timedelta

import pytest

from ketacare.science.facts.entries import RecordEntry, Standing
from ketacare.science.facts.rivals import Answered, Joined, joined
from ketacare.science.rules.catalogue import catalogue
from ketacare.science.rules.fields import Fact
from tests.science.facts.statements import NOW, condition, told

TODAY = NOW.date()


def together(*entries: RecordEntry, settles: str = "", days: int = 0, **answers: object) -> Joined:
    given = [
        Answered(
            fact=Fact(name=name.replace("__", "."), value=value, as_of=TODAY - timedelta(days=days)),
            settles=frozenset(settles.split()),
        )
        for name, value in answers.items()
    ]
    return joined(told(*entries), given, fields=catalogue(), on=TODAY)


def test_an_answer_alone_counts_and_so_does_the_record_alone():
    assert together(cv__avm=False).facts["cv.avm"].value is False
    assert together(condition("Q28.2")).facts["cv.avm"].value is True


def test_an_answer_that_denies_a_history_of_the_record_is_a_contradiction_and_the_record_counts():
    both = together(condition("I21.9", days=400, key="7"), cv__had_mi_or_cv_event=False)
    assert both.rivals["cv.had_mi_or_cv_event"].answer.value is False
    assert both.facts["cv.had_mi_or_cv_event"].value is True


def test_it_makes_no_difference_which_of_the_two_came_later():
    assert together(condition("I10", days=300, key="7"), days=30, cv__hypertension_history=False).rivals
    assert together(condition("I10", days=3, key="7"), days=30, cv__hypertension_history=False).rivals


def test_an_answer_given_in_view_of_the_entries_settles_it_until_another_entry_comes():
    old, new = condition("I21.9", days=400, key="7"), condition("I25.2", days=400, key="9")
    settled = together(old, settles="7", cv__had_mi_or_cv_event=False)
    assert (settled.rivals, settled.facts["cv.had_mi_or_cv_event"].value) == ({}, False)
    assert together(old, new, settles="7", cv__had_mi_or_cv_event=False).rivals
    assert not together(old, new, settles="7 9", cv__had_mi_or_cv_event=False).rivals


def test_nothing_settles_an_entry_that_is_not_stored():
    assert together(condition("I10"), settles="7", cv__hypertension_history=False).rivals


def test_not_sure_does_not_take_away_what_the_record_says():
    assert together(condition("I10"), cv__hypertension_history=None).facts["cv.hypertension_history"].value is True


def test_an_answer_that_has_grown_old_does_not_contradict():
    both = together(condition("I10"), days=366, cv__hypertension_history=False)
    assert (both.rivals, both.facts["cv.hypertension_history"].value) == ({}, True)


def test_an_answer_may_say_more_exactly_what_the_record_says():
    assert together(condition("F31.9"), psych__bipolar_history="II").facts["psych.bipolar_history"].value == "II"
    assert together(condition("F31.9"), psych__bipolar_history="none").rivals
    assert together(condition("F31.81"), psych__bipolar_history="I").rivals


@pytest.mark.parametrize(("answer", "contradicts"), [(20, False), (5, False), (21, True), (date(2026, 2, 10), False)])
def test_the_last_event_may_be_newer_than_the_record_knows_and_never_older(answer, contradicts):
    both = together(condition("I21.9", days=20), cv__had_mi_or_cv_event=True, cv__days_since_mi_or_event=answer)
    assert bool(both.rivals) is contradicts


def test_of_a_state_of_the_day_the_newest_counts():
    delirium = condition("F05", days=10)
    assert together(delirium, days=3, psych__delirium=False).facts["psych.delirium"].value is False
    assert together(delirium, days=20, psych__delirium=False).facts["psych.delirium"].value is True
    assert not together(delirium, days=3, psych__delirium=False).rivals


def test_what_the_record_only_speaks_of_contradicts_nobody():
    assert not together(condition("G47.33"), condition("I10", standing=Standing.REFUTED), resp__osa="none").rivals
