"""Plans that change while a course goes on: what was given stays, versions differ in words, maintenance has its days."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.urls import reverse

from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Course
from ketacare.planning import actions, fitting
from ketacare.planning.plan_page import plan_page
from ketacare.planning.practices import PO_SL
from ketacare.planning.queries import newest_plan
from tests.rooms.planning.asking import IV, course_with, order_of, plan_of, settle
from tests.rooms.steps import FIRST_ON, SIGNED, consented, planned, weigh


def days(plan) -> list[date]:
    return [session.planned_on for session in plan.sessions.order_by("number")]


def phases(plan) -> list[str]:
    return [session.phase for session in plan.sessions.order_by("number")]


def test_maintenance_follows_the_induction_with_its_own_days(cast):
    consented(cast)
    plan = plan_of(cast, "TPL-TRD-IV", maintenance="MAINT-TAPER")
    assert phases(plan) == ["induction"] * 6 + ["maintenance"] * 11
    on = days(plan)
    assert [(later - earlier).days for earlier, later in pairwise(on[5:])] == [7] * 4 + [14] * 4 + [30] * 3


def test_a_pattern_that_the_protocol_does_not_know_is_refused(cast):
    consented(cast)
    with pytest.raises(ActionRefused, match="knows no such maintenance"):
        plan_of(cast, "TPL-TRD-IV", maintenance="MAINT-ESK-7")


def test_no_session_is_planned_at_a_weekend_where_that_is_asked(cast):
    consented(cast)
    plan = plan_of(cast, "TPL-TRD-IV", maintenance="MAINT-TAPER", weekdays_only=True)
    assert all(day.isoweekday() <= 5 for day in days(plan))


def test_what_was_given_keeps_its_day_when_the_plan_changes(cast):
    at = course_with(cast, 2)
    before = [one.started_at.date() for one in cast.course("ada").treatments.order_by("number")]
    again = at.date() + timedelta(days=10)
    plan = plan_of(cast, "TPL-TRD-IV", first_on=again, reason="A cold", at=at)
    assert days(plan)[:2] == before
    assert days(plan)[2] == again
    assert len(days(plan)) == 6


def test_one_session_on_relapse_is_planned_and_no_more_than_two_a_month(cast):
    at = course_with(cast, 6, maintenance="")
    soon = at.date() + timedelta(days=7)
    plan = plan_of(cast, "TPL-TRD-IV", maintenance="MAINT-PRN", first_on=soon, reason="Relapse", at=at)
    assert (phases(plan)[-1], days(plan)[-1], len(days(plan))) == ("maintenance", soon, 7)
    tomorrow = days(plan)[5] + timedelta(days=1)
    with pytest.raises(ActionRefused, match="less than 2 days after"):
        plan_of(cast, "TPL-TRD-IV", maintenance="MAINT-PRN", first_on=tomorrow, reason="Relapse", at=at)
    for number in (7, 8):
        at = course_with(cast, number, begun=True)
        again = {"maintenance": "MAINT-PRN", "first_on": at.date() + timedelta(days=7), "reason": "Relapse", "at": at}
        if number == 7:
            assert len(days(plan_of(cast, "TPL-TRD-IV", **again))) == 8
    with pytest.raises(ActionRefused, match="more than 2 sessions in a month"):
        plan_of(cast, "TPL-TRD-IV", **again)


def test_what_changed_between_two_versions_is_told_session_by_session(cast):
    planned(cast)
    plan_of(cast, "TPL-TRD-IV", first_on=FIRST_ON, maintenance="MAINT-TAPER", reason="She responds")
    newest = plan_page(cast.course("ada"), at=SIGNED).versions[0]
    told = {change.what: (change.before, change.after) for change in newest.changes}
    assert told["Maintenance"] == ("none", "MAINT-TAPER")
    assert told["Session 7"][0] == "not planned"
    assert "Session 1" not in told
    assert (newest.plan.author.name, newest.plan.reason) == ("Harbour Prescriber", "She responds")


def test_the_review_points_stand_between_the_sessions(cast):
    planned(cast)
    page = plan_page(cast.course("ada"), at=SIGNED)
    assert [line.number for line in page.sessions if line.review] == [3, 6]
    assert not page.is_review_due


# ---------------------------------------------------------------- which protocols fit


def told(cast, template):
    return next(one for one in fitting.fits(cast.course("ada"), at=SIGNED) if one.template.id == template)


def test_every_protocol_is_listed_with_the_reasons_why_it_does_not_fit(cast):
    consented(cast)
    found = fitting.fits(cast.course("ada"), at=SIGNED)
    assert len(found) == 14
    assert {one.template.id for one in found if one.fits} == {"TPL-TRD-IV", "TPL-TRD-IM", "TPL-TRD-SC", "TPL-TRD-ESK"}
    assert all(reason.text and reason.who for one in found for reason in one.against)
    assert "another indication" in told(cast, "TPL-PTSD-IV").against[0].text
    assert "by mouth" in told(cast, "TPL-ORAL-NZ").against[0].text


def test_a_route_that_the_site_enables_makes_its_protocol_fit(cast):
    consented(cast)
    settle(cast, PO_SL, True)
    assert told(cast, "TPL-ORAL-NZ").fits


def test_a_use_is_shown_with_its_approval_and_evidence(cast):
    (esketamine,) = told(cast, "TPL-TRD-ESK").uses
    (infusion,) = told(cast, "TPL-TRD-IV").uses
    assert (esketamine.approval_words, infusion.approval_words) == ("Approved", "Off-label")
    assert "CANMAT" in infusion.grade


@pytest.fixture
def for_ptsd(cast):
    """Ada's course as one for post-traumatic stress."""
    consented(cast)
    weigh(cast, "70")
    Course.objects.filter(pk=cast.ada_course).update(indication="ptsd")
    return cast


def sign(cast, order):
    return actions.sign_order(order_id=order.pk, by=cast.actor("prescriber"), at=SIGNED)


@pytest.mark.parametrize("said", [{}, {"trauma_trained_therapist_offered": False}])
def test_an_order_for_ptsd_waits_until_a_trauma_therapist_was_offered(for_ptsd, said):
    plan_of(for_ptsd, "TPL-PTSD-IV", attested=said)
    order = order_of(for_ptsd, **IV)
    with pytest.raises(ActionRefused, match="requirement of the template is not met"):
        sign(for_ptsd, order)


def test_what_only_the_prescriber_can_answer_is_kept_in_the_plan(for_ptsd):
    plan = plan_of(for_ptsd, "TPL-PTSD-IV", attested={"trauma_trained_therapist_offered": True})
    assert newest_plan(for_ptsd.course("ada")).attested == {"trauma_trained_therapist_offered": True}
    assert plan.version == 1
    assert sign(for_ptsd, order_of(for_ptsd, **IV))


def test_an_anxiety_course_begins_with_one_session_and_goes_on_only_after_a_review(cast):
    consented(cast)
    Course.objects.filter(pk=cast.ada_course).update(indication="ocd")
    assert len(days(plan_of(cast, "TPL-ANX-IV"))) == 1
    with pytest.raises(ActionRefused, match="begins with 1"):
        plan_of(cast, "TPL-ANX-IV", sessions=6, per_week=2, reason="more")


def test_a_mood_stabiliser_is_required_for_bipolar_depression(cast):
    consented(cast)
    weigh(cast, "70")
    Course.objects.filter(pk=cast.ada_course).update(indication="bipolar_depression")
    plan_of(cast, "TPL-BD-IV")
    (need,) = plan_page(cast.course("ada"), at=SIGNED).requirements
    assert (need.words, bool(need.is_met)) == ("mood stabiliser", False)


# ---------------------------------------------------------------- in the browser


def test_the_plan_page_shows_what_fits_and_what_does_not(cast, browse):
    consented(cast)
    text = browse("prescriber").get(reverse("planning:plan-new", args=[cast.ada_course])).content.decode()
    for words in (
        "Off-label",
        "Approved",
        "Protocols that do not fit",
        "It is for another indication",
        "After the induction",
    ):
        assert words in text


def test_a_changed_plan_starts_from_the_plan_and_shows_its_versions(cast, browse):
    planned(cast)
    page = reverse("planning:plan-new", args=[cast.ada_course])
    form = {"template_id": "TPL-TRD-IV", "setting": "supervised_clinic", "first_on": "2026-12-01", "reason": "Holidays"}
    assert browse("prescriber").post(page, form | {"maintenance": "MAINT-TAPER"}).status_code == 302
    text = browse("nurse").get(reverse("planning:course", args=[cast.ada_course])).content.decode()
    for words in (
        "Versions of the plan",
        "Holidays",
        "weekly for 4 weeks",
        "Review after session 3",
        "maintenance</span>",
    ):
        assert words in text
