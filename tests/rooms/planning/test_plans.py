from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Role
from ketacare.planning import actions
from ketacare.planning.models import CoursePlan
from ketacare.planning.queries import newest_plan
from ketacare.planning.values import PlanInput
from ketacare.science import reference
from tests.rooms.steps import FIRST_ON, SIGNED, consented, eligible, planned


def plan_for(cast, *, by=None, reason="", **changes):
    values = {"template_id": "TPL-TRD-IV", "setting": "supervised_clinic", "first_on": FIRST_ON} | changes
    return actions.draft_plan(
        course_id=cast.ada_course,
        plan=PlanInput(**values),
        by=by or cast.actor("prescriber"),
        at=SIGNED,
        reason=reason,
    )


def days(plan) -> list[date]:
    return [session.planned_on for session in plan.sessions.order_by("number")]


def test_a_plan_lays_out_six_sessions_in_two_to_three_weeks(cast):
    plan = planned(cast)
    on = days(plan)
    assert len(on) == 6
    assert on[0] == FIRST_ON
    assert timedelta(days=14) <= on[-1] - on[0] + timedelta(days=3)
    assert on[-1] - on[0] < timedelta(days=21)
    assert all(later - earlier >= timedelta(days=2) for earlier, later in pairwise(on))


def test_a_plan_names_the_template_it_came_from_and_moves_the_course_on(cast):
    plan = planned(cast)
    assert (plan.template_id, plan.version, plan.route) == ("TPL-TRD-IV", 1, "iv_ketamine")
    assert plan.template_sha256 == reference.digest(reference.newest("protocols/templates"))
    assert cast.course("ada").status == "planned"
    assert AuditEvent.objects.filter(did="plan drafted", patients=[cast.ada]).count() == 1


def test_an_alternative_of_the_template_may_be_asked_for(cast):
    consented(cast)
    assert len(days(plan_for(cast, sessions=4))) == 4


def test_a_changed_plan_is_a_new_version_with_a_reason(cast):
    planned(cast)
    with pytest.raises(ActionRefused, match="Say why"):
        plan_for(cast, first_on=date(2026, 3, 9))
    plan_for(cast, first_on=date(2026, 3, 9), reason="Ada has a cold")
    plan = newest_plan(cast.course("ada"))
    assert (plan.version, plan.sessions.all()[0].planned_on) == (2, date(2026, 3, 9))
    assert CoursePlan.objects.count() == 2


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"template_id": "TPL-NOBODY"}, "no such template"),
        ({"template_id": "TPL-PTSD-IV"}, "no such template"),
        ({"sessions": 30}, "outside"),
        ({"per_week": 7}, "outside"),
    ],
)
def test_a_plan_that_the_template_does_not_allow_is_refused(cast, changes, says):
    consented(cast)
    with pytest.raises(ActionRefused, match=says):
        plan_for(cast, **changes)
    assert not CoursePlan.objects.exists()
    assert cast.course("ada").status == "consented"


def test_a_plan_comes_after_consent(cast):
    eligible(cast)
    with pytest.raises(ActionRefused, match="after consent"):
        plan_for(cast)


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.PATIENT, Role.PRESCRIBER}])
def test_only_a_prescriber_plans(cast, role):
    consented(cast)
    with pytest.raises(NotAllowed):
        plan_for(cast, by=cast.actor(role))


def test_a_prescriber_of_another_site_does_not_plan(cast):
    consented(cast)
    with pytest.raises(NotAllowed):
        plan_for(cast, by=cast.actor("prescriber", there=True))


def test_a_plan_is_never_changed(cast):
    plan = planned(cast)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        CoursePlan.objects.filter(pk=plan.pk).update(route="im_ketamine")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        plan.sessions.all().delete()


@pytest.mark.parametrize(
    "change, constraint",
    [({"version": 1}, "plan_version_once|UNIQUE"), ({"version": 2, "reason": ""}, "plan_change_has_a_reason")],
)
def test_the_database_holds_what_a_plan_must_be(cast, change, constraint):
    plan = planned(cast)
    plan.pk = None
    for name, value in change.items():
        setattr(plan, name, value)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        CoursePlan.objects.bulk_create([plan])
