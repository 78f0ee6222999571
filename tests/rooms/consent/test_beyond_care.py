"""What is not a patient's own care asks one question first: unknown is no yes, and a no holds from the moment it is said."""

from datetime import timedelta

import pytest

from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Restriction
from ketacare.consent import actions, beyond_care
from ketacare.consent.beyond_care import LETTER, REGISTRY, Use, asked, reasons_against, refuse_unless_allowed
from tests.cast import NOW
from tests.rooms.rights.asking import allow, limit
from tests.rooms.steps import SIGNED, consented, give

LATER = SIGNED + timedelta(days=1)
MOMENT = timedelta(microseconds=1)
USES = {name: use for name, use in vars(beyond_care).items() if isinstance(use, Use)}
FREE = {name: use for name, use in USES.items() if use.needs is None}
NEEDING = {name: use for name, use in USES.items() if use.needs is not None}


def allowed(cast, use: Use, *, at=LATER) -> set[int]:
    return set(asked([cast.ada, cast.ben], use, at=at).allowed)


@pytest.mark.parametrize("name", FREE)
def test_what_needs_no_consent_is_allowed_until_the_patient_forbids_it_and_from_then_on_not(cast, name):
    use = FREE[name]
    assert allowed(cast, use) == {cast.ada, cast.ben}
    limit(cast, use.forbidden_by)
    assert allowed(cast, use, at=NOW - MOMENT) == {cast.ada, cast.ben}
    assert allowed(cast, use, at=NOW) == {cast.ben}
    allow(cast, use.forbidden_by, at=LATER)
    assert allowed(cast, use, at=LATER - MOMENT) == {cast.ben}
    assert allowed(cast, use) == {cast.ada, cast.ben}


@pytest.mark.parametrize("name", FREE)
def test_another_restriction_forbids_nothing_here(cast, name):
    for scope in set(Restriction.Scope.values) - {FREE[name].forbidden_by}:
        limit(cast, scope)
    assert allowed(cast, FREE[name]) == {cast.ada, cast.ben}


@pytest.mark.parametrize("name", NEEDING)
def test_what_needs_a_consent_is_allowed_from_the_yes_until_it_is_taken_back_and_not_for_who_was_never_asked(
    cast, name
):
    use = NEEDING[name]
    consented(cast)
    assert allowed(cast, use) == set()
    give(cast, use.needs, at=SIGNED)
    assert allowed(cast, use, at=SIGNED - MOMENT) == set()
    assert allowed(cast, use) == {cast.ada}
    patient = cast.patient_actor()
    actions.withdraw_separate(course_id=cast.ada_course, kind=use.needs, by=patient, at=LATER)
    assert allowed(cast, use, at=LATER - MOMENT) == {cast.ada}
    assert allowed(cast, use) == set()


@pytest.mark.parametrize("name", NEEDING)
def test_a_consent_does_not_outweigh_a_restriction_nor_hold_after_its_last_day(cast, name):
    use = NEEDING[name]
    consented(cast)
    give(cast, use.needs, at=SIGNED)
    assert allowed(cast, use, at=SIGNED + timedelta(days=400)) == set()
    limit(cast, use.forbidden_by)
    assert allowed(cast, use) == set()


def test_who_is_left_out_is_counted_with_the_reason_and_nobody_is_named(cast):
    limit(cast, "research")
    found = asked([cast.ada, cast.ben], REGISTRY, at=LATER)
    assert set(found.left_out) == {cast.ada, cast.ben}
    assert "1 patient left out: use for a research registry is forbidden by the patient." in found.says
    assert "1 patient left out: no consent to a research registry is in force." in found.says
    assert "Ada" not in found.says
    assert found.details == {"left_out": 2}
    assert asked([cast.ben], FREE["PUBLISHED"], at=LATER).says == ""


def test_it_asks_the_same_number_of_questions_for_one_as_for_many(cast, django_assert_num_queries):
    consented(cast)
    give(cast, "registry", at=SIGNED)
    for people in ([cast.ada], [cast.ada, cast.ben, cast.zoe], range(100_000)):
        with django_assert_num_queries(2):
            asked(people, REGISTRY, at=LATER)


def test_a_refusal_says_why_and_who_can_do_something_about_it(cast):
    with pytest.raises(ActionRefused, match="not-beyond-care") as refused:
        refuse_unless_allowed(cast.patient("ada"), LETTER, at=LATER)
    (reason,) = refused.value.reasons
    assert (reason.text, reason.who) == (
        "No consent to letters to others who treat them is in force.",
        "the patient",
    )
    consented(cast)
    give(cast, "data_sharing", at=SIGNED)
    assert reasons_against(cast.patient("ada"), LETTER, at=LATER) == []
    refuse_unless_allowed(cast.patient("ada"), LETTER, at=LATER)
