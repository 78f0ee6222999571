"""Reviews of a course: what is due, what the stop rules say, and that nothing is ordered before somebody has decided."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic import actions as clinic
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, DecisionRecord, Role
from ketacare.planning import actions
from ketacare.planning.course_review import look
from ketacare.planning.due_reviews import waiting_reviews
from ketacare.planning.models import CourseReview, ReviewConfirmation
from ketacare.planning.queries import reviews
from ketacare.planning.values import ReviewInput
from ketacare.science.monitoring import protocol
from ketacare.worklist.queries.today import work
from tests.rooms.planning.asking import IV, course_with, order_of, plan_of

WELL = {"fu.serious_event": False, "fu.anaphylaxis": False, "fu.patient_chooses_stop": False}


def decide(cast, decision="go-on", *, by="prescriber", at, reason="Sleeps again", answers=WELL, **recorded):
    review = ReviewInput(decision=decision, reason=reason, answers=answers, recorded=recorded)
    return actions.decide_review(course_id=cast.ada_course, review=review, by=cast.actor(by), at=at)


def fourth(cast, at, number=4):
    """An order of the next session, written now."""
    return order_of(cast, session_number=number, at=at, **IV)


def sign(cast, order, at):
    told = {"DOSE-06": "as discussed", "DOSE-07": "as discussed", "DOSE-22": "weighed again"}
    return actions.sign_order(order_id=order.pk, by=cast.actor("prescriber"), at=at, acknowledged=told)


def test_nothing_is_reviewed_before_the_first_session(cast):
    at = course_with(cast, 0)
    assert look(cast.course("ada"), {}, at=at) is None
    with pytest.raises(ActionRefused, match="nothing to review"):
        decide(cast, at=at)


def test_after_the_third_session_no_order_is_signed_before_somebody_has_decided(cast):
    at = course_with(cast, 3, before=20, after=18)
    order = fourth(cast, at)
    with pytest.raises(ActionRefused, match="review after session 3 comes first"):
        sign(cast, order, at)
    decide(cast, at=at)
    assert sign(cast, order, at)


def test_after_two_sessions_no_review_is_due(cast):
    at = course_with(cast, 2, before=20, after=20)
    assert not look(cast.course("ada"), {}, at=at).is_due
    assert sign(cast, fourth(cast, at, 3), at)


def test_no_improvement_after_the_third_asks_and_does_not_stop_by_itself(cast):
    at = course_with(cast, 3, before=20, after=20)
    looked = look(cast.course("ada"), WELL, at=at)
    assert [one.rule.id for one in looked.fired] == ["STOP-NR3"]
    assert "does not stop by itself" in looked.disagree["STOP-NR3"]
    assert not decide(cast, "go-on", at=at).needs_second


def test_a_review_keeps_what_was_found_what_it_rests_on_and_who_decided(cast):
    at = course_with(cast, 3, before=20, after=15)
    row = decide(cast, "adjust", at=at, reason="Try 0.6")
    record = DecisionRecord.objects.get(book_id="surveillance")
    assert (row.record, row.after_session, row.point, row.decided_by_id) == (
        record,
        3,
        "session-3",
        cast.staff["prescriber"],
    )
    assert record.facts["fu.improvement_pct"]["value"] == 25
    assert record.facts["fu.serious_event"]["source"] == "answered at the review"
    assert (record.decided, record.reason) == ("review: adjust", "Try 0.6")
    assert AuditEvent.objects.filter(did="course reviewed", patients=[cast.ada]).count() == 1


def test_a_course_is_adjusted_once(cast):
    at = course_with(cast, 3, before=20, after=18)
    decide(cast, "adjust", at=at)
    with pytest.raises(ActionRefused, match="adjusted once already"):
        decide(cast, "adjust", at=at + timedelta(hours=1))


def test_without_a_reason_nothing_is_decided(cast):
    at = course_with(cast, 3, before=20, after=8)
    with pytest.raises(ActionRefused, match="Say why"):
        decide(cast, at=at, reason="  ")
    assert not CourseReview.objects.exists()


def test_a_red_rule_that_nobody_can_judge_is_never_a_pass(cast):
    at = course_with(cast, 3, before=20, after=8)
    with pytest.raises(ActionRefused, match="Not known: Anaphylaxis"):
        decide(cast, at=at, answers={"fu.serious_event": False, "fu.patient_chooses_stop": False})
    assert decide(cast, "stop", at=at, answers={})


def test_a_serious_event_leaves_only_to_stop(cast):
    at = course_with(cast, 3, before=20, after=8)
    with pytest.raises(ActionRefused) as refused:
        decide(cast, at=at, answers=WELL | {"fu.serious_event": True})
    assert {reason.rule for reason in refused.value.reasons} == {"STOP-AE"}
    assert decide(cast, "stop", at=at, answers=WELL | {"fu.serious_event": True})


def test_after_a_stop_nothing_is_ordered_or_planned_until_another_review(cast):
    at = course_with(cast, 3, before=20, after=20)
    order = fourth(cast, at)
    decide(cast, "stop", at=at)
    with pytest.raises(ActionRefused, match="decided to stop"):
        sign(cast, order, at)
    with pytest.raises(ActionRefused, match="decided to stop"):
        plan_of(cast, "TPL-TRD-IV", reason="once more", at=at)
    decide(cast, "go-on", at=at + timedelta(minutes=5), reason="Second opinion")
    assert sign(cast, order, at + timedelta(minutes=6))


def test_less_than_half_better_after_six_needs_a_second_prescriber_to_go_on(cast):
    at = course_with(cast, 6, before=20, after=11, maintenance="MAINT-TAPER")
    order = fourth(cast, at, 7)
    row = decide(cast, at=at)
    assert row.needs_second
    with pytest.raises(ActionRefused, match="waits for a second prescriber"):
        sign(cast, order, at)
    with pytest.raises(ActionRefused, match="another person"):
        actions.confirm_review(review_id=row.pk, by=cast.actor("prescriber"), at=at)
    assert cast.course("ada").status == "in-induction"
    actions.confirm_review(review_id=row.pk, by=cast.actor("second-prescriber"), at=at)
    assert cast.course("ada").status == "in-maintenance"
    assert sign(cast, order, at)


def test_without_a_score_after_six_sessions_a_course_cannot_go_on(cast):
    at = course_with(cast, 6, before=20, after=None)
    with pytest.raises(ActionRefused, match="Not known: Improvement on the response scale"):
        decide(cast, at=at)


def test_a_responder_goes_into_maintenance_after_the_review_of_the_sixth(cast):
    at = course_with(cast, 6, before=20, after=6, maintenance="MAINT-TAPER")
    assert not decide(cast, at=at).needs_second
    assert cast.course("ada").status == "in-maintenance"


def test_a_maintenance_review_comes_after_six_sessions_and_must_record_six_things(cast):
    at = course_with(cast, 6, before=20, after=6, maintenance="MAINT-TAPER", every=7)
    decide(cast, at=at)
    at = course_with(cast, 10, after=6, every=7, begun=True)
    looked = look(cast.course("ada"), {}, at=at)
    assert (looked.is_due, looked.point.is_maintenance) == (False, True)
    at = course_with(cast, 12, after=6, every=7, begun=True)
    looked = look(cast.course("ada"), {}, at=at)
    assert looked.is_due
    answers = WELL | {name: False for name, one in looked.asked.items() if one.type == "bool"} | {
        "fu.luts_weeks": 0, "fu.urine_culture": "negative", "fu.interval_days": 7, "fu.sterile_pyuria": False,
    }  # fmt: skip
    with pytest.raises(ActionRefused, match="Record at this review: craving"):
        decide(cast, at=at, answers=answers)
    wanted = protocol.load().template_file.maintenance_review.must_record
    row = decide(cast, at=at, answers=answers, **dict.fromkeys(wanted, "asked, nothing new"))
    assert row.record.details["recorded"]["craving"] == "asked, nothing new"


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.PATIENT, Role.PRESCRIBER}])
def test_only_a_prescriber_decides(cast, role):
    at = course_with(cast, 3, before=20, after=8)
    with pytest.raises(NotAllowed):
        decide(cast, by=role, at=at)


def test_a_prescriber_of_another_site_decides_nothing_here(cast):
    at = course_with(cast, 3, before=20, after=8)
    with pytest.raises(NotAllowed):
        actions.decide_review(
            course_id=cast.ada_course,
            review=ReviewInput(decision="stop", reason="x"),
            by=cast.actor("prescriber", there=True),
            at=at,
        )


def test_what_was_decided_is_never_changed(cast):
    at = course_with(cast, 3, before=20, after=8)
    row = decide(cast, at=at)
    for change in (CourseReview.objects.filter(pk=row.pk).update, CourseReview.objects.filter(pk=row.pk).delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change(**({"decision": "stop"} if change.__name__ == "update" else {}))


def test_a_review_that_waits_for_nobody_is_not_confirmed(cast):
    at = course_with(cast, 3, before=20, after=8)
    row = decide(cast, at=at)
    with pytest.raises(ActionRefused, match="waits for nobody"):
        actions.confirm_review(review_id=row.pk, by=cast.actor("second-prescriber"), at=at)
    assert not ReviewConfirmation.objects.exists()


# ---------------------------------------------------------------- in the browser


@pytest.fixture
def reviewed_today(cast):
    """Ada after three sessions that brought nothing, the last one the day before yesterday."""
    course_with(cast, 3, before=20, after=20, until=timezone.now())
    return cast


def test_a_review_is_shown_decided_and_kept(reviewed_today, browse):
    cast = reviewed_today
    page = reverse("followup:review", args=[cast.ada_course])
    plan = browse("prescriber").get(reverse("planning:course", args=[cast.ada_course])).content.decode()
    assert "Review the course" in plan
    assert "due" in plan
    text = browse("prescriber").get(page).content.decode()
    for words in ("STOP-NR3", "Disputed.", "Not known", "Record the decision", "Anaphylaxis"):
        assert words in text
    form = {f"fact_{number}": "no" for number in range(3)} | {"decision": "go-on", "reason": "Sleeps better"}
    again = (
        browse("prescriber")
        .post(reverse("followup:review-decide", args=[cast.ada_course]), form | {"act": "look"})
        .content.decode()
    )
    assert "Not known" not in again
    assert not CourseReview.objects.exists()
    kept = (
        browse("prescriber")
        .post(reverse("followup:review-decide", args=[cast.ada_course]), form | {"act": "decide"}, follow=True)
        .content.decode()
    )
    assert "Go on." in kept
    assert reviews(cast.course("ada"))[0].reason == "Sleeps better"
    plan = browse("nurse").get(reverse("planning:course", args=[cast.ada_course])).content.decode()
    assert "go on</a>" in plan
    assert "Review the course" not in plan


def test_a_course_without_a_session_has_no_review_page(cast, browse):
    course_with(cast, 0)
    page = reverse("followup:review", args=[cast.ada_course])
    assert browse("prescriber").get(page).status_code == 302


def test_an_ended_course_is_not_reviewed_into_maintenance(cast):
    at = course_with(cast, 6, before=20, after=6, maintenance="MAINT-TAPER")
    clinic.move_course(course_id=cast.ada_course, to="ended", by=cast.actor("prescriber"), at=at)
    decide(cast, at=at)
    assert cast.course("ada").status == "ended"


# ---------------------------------------------------------------- on today's list


def waiting(cast, role, at):
    return [(item.what, item.person) for item in work(cast.actor(role), at=at) if "review" in item.what.lower()]


def test_a_review_that_is_due_waits_for_every_prescriber_of_the_site(cast):
    at = course_with(cast, 3, before=20, after=8)
    assert waiting(cast, "prescriber", at) == [("Review a course", "Ada Lindqvist")]
    assert waiting(cast, "nurse", at) == []
    assert [one for one in work(cast.actor("prescriber", there=True), at=at) if "eview a" in one.what] == []
    decide(cast, at=at)
    assert waiting(cast, "prescriber", at) == []


def test_a_review_that_needs_two_waits_for_the_other_prescriber(cast):
    at = course_with(cast, 6, before=20, after=11, maintenance="MAINT-TAPER")
    decide(cast, at=at)
    assert waiting(cast, "prescriber", at) == []
    assert waiting(cast, "second-prescriber", at) == [("Confirm a review", "Ada Lindqvist")]


def test_the_list_of_due_reviews_takes_the_same_few_queries_however_many_courses(cast, django_assert_max_num_queries):
    at = course_with(cast, 3, before=20, after=8)
    with django_assert_max_num_queries(6):
        assert len(waiting_reviews([cast.here], at=at)) == 1
