"""What keeps public forms usable: work or patience, so many an hour, and no address kept for longer."""

from datetime import timedelta

import pytest
from django.core import signing
from hypothesis import given
from hypothesis import strategies as st

from ketacare.frontdesk import effort, guarding
from ketacare.frontdesk.effort import Effort
from ketacare.frontdesk.models import Knock
from tests.cast import NOW

HOME = "203.0.113.7"


def test_a_ticket_with_its_work_is_taken_at_once_and_without_it_after_a_little_patience():
    ticket = effort.issue(at=NOW)
    assert effort.judged(ticket, effort.worked(ticket), at=NOW).effort == Effort.WORK
    assert effort.judged(ticket, "", at=NOW).effort == Effort.TOO_SOON
    assert effort.judged(ticket, "", at=NOW + effort.PATIENCE).effort == Effort.PATIENCE


def test_every_ticket_is_another_and_its_work_is_its_own():
    one, other = effort.issue(at=NOW), effort.issue(at=NOW)
    assert effort.judged(one, "", at=NOW).key != effort.judged(other, "", at=NOW).key
    fits_other = [number for number in map(str, range(200)) if effort.is_worked(other, number)]
    assert not [number for number in fits_other if effort.is_worked(one, number)]


@pytest.mark.parametrize("ticket", ["", "x", signing.dumps({"key": "0" * 32, "at": 0}, salt="another")])
def test_a_ticket_that_is_not_ours_opens_nothing(ticket):
    assert effort.judged(ticket, "1", at=NOW).effort == Effort.NONE


def test_a_ticket_runs_out():
    ticket = effort.issue(at=NOW)
    late = NOW + effort.LASTS + timedelta(seconds=1)
    assert effort.judged(ticket, effort.worked(ticket), at=late).effort == Effort.NONE


@given(work=st.text(max_size=30))
def test_no_text_breaks_the_check_of_work(work):
    assert effort.is_worked("ticket", work) in {True, False}


@pytest.mark.django_db
@pytest.mark.parametrize("is_slow", [False, True])
def test_one_address_is_let_in_so_often_an_hour_and_others_still_are(is_slow):
    for _ in range(guarding.PER_CALLER[is_slow]):
        assert guarding.let_in(HOME, is_slow=is_slow, at=NOW)
    assert not guarding.let_in(HOME, is_slow=is_slow, at=NOW)
    assert guarding.let_in("203.0.113.8", is_slow=is_slow, at=NOW)
    assert guarding.let_in(HOME, is_slow=is_slow, at=NOW + guarding.WINDOW + timedelta(seconds=1))


@pytest.mark.django_db
def test_everybody_together_is_let_in_so_often_and_those_who_only_waited_less_often():
    for number in range(guarding.IN_ALL[True]):
        assert guarding.let_in(f"198.51.100.{number}", is_slow=True, at=NOW)
    assert not guarding.let_in("198.51.100.200", is_slow=True, at=NOW)
    assert guarding.let_in("198.51.100.200", is_slow=False, at=NOW)


@pytest.mark.django_db
def test_no_address_is_kept_in_clear_and_none_for_longer_than_the_window():
    guarding.let_in(HOME, is_slow=False, at=NOW)
    assert HOME not in str(Knock.objects.values().get())
    tomorrow = guarding.caller_of(HOME, at=NOW + timedelta(days=1))
    assert tomorrow != guarding.caller_of(HOME, at=NOW)
    guarding.forget(at=NOW + guarding.WINDOW)
    assert not Knock.objects.exists()
