"""Long-term safety: what is due, what a check sets off, and that it happens once, without anybody looking."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from ketacare.clinic import actions as clinic
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Hold, SafetyRequest, Site
from ketacare.clinic.queries import active_holds
from ketacare.clinic.writing import directly
from ketacare.config.live import watcher
from ketacare.followup.models import SafetyCheck, SafetyFinding
from ketacare.followup.safety import actions, queries
from ketacare.followup.safety.queries import Narrowed
from ketacare.followup.safety.values import CheckInput
from ketacare.outcomes import actions as outcomes
from ketacare.record.models import CumulativeExposure, DueItem
from tests.rooms import steps
from tests.rooms.followup.safety import DAY, FINE, FIRST, check, items, states, under_way, watch
from tests.rooms.outcomes.caring import licensed

NOW = FIRST + 8 * DAY


@pytest.fixture
def course(cast):
    under_way(cast)
    watch(cast, NOW)
    return cast.course("ada")


def test_what_was_never_done_is_due_and_says_so(cast, course):
    told = items(cast, NOW)
    assert told["urinary"].state == "due"
    assert told["urinary"].reason == "never done"
    assert told["exposure_review"].state == "done"


def test_grace_passes_without_anybody_turning_the_clock(cast, course):
    assert states(cast, FIRST + 13 * DAY)["urinary"] == "due"
    assert states(cast, FIRST + 14 * DAY)["urinary"] == "overdue"


def test_a_check_that_was_done_leaves_the_list_at_once_and_is_marked_attested(cast, course):
    check(cast, "urinary", NOW)
    one = items(cast, NOW)["urinary"]
    assert (one.state, one.is_attested, one.done_at) == ("done", True, NOW)


def test_an_answer_that_nobody_knew_keeps_the_check_open(cast, course):
    check(cast, "urinary", NOW, fu__luts_current=None)
    assert states(cast, NOW)["urinary"] == "unknown"
    assert states(cast, NOW + 30 * DAY)["urinary"] == "overdue"


def test_a_scale_that_was_answered_counts_as_the_urinary_questions(cast, course):
    from_scale(cast, 3, NOW)
    watch(cast, NOW)
    one = items(cast, NOW)["urinary"]
    assert (one.state, one.is_attested) == ("done", False)


def from_scale(cast, total, at):
    licensed(cast, "bpic_ss")
    outcomes.record_answers(
        course_id=cast.ada_course,
        instrument_id="bpic_ss",
        answers={"total": total},
        how="from-paper",
        answered_at=at,
        form_key=uuid4(),
        by=cast.actor("nurse"),
        at=at,
    )


def test_a_rise_of_the_scale_holds_the_course_until_urine_is_read(cast, course):
    from_scale(cast, 3, NOW)
    from_scale(cast, 7, NOW + DAY)
    watch(cast, NOW + DAY)
    assert states(cast, NOW + DAY)["urinary"] == "abnormal"
    (hold,) = active_holds(course)
    assert "SUR-01" in hold.reason


def test_a_weight_in_the_record_is_enough(cast, course):
    assert states(cast, NOW)["weight"] == "done"


def test_blood_in_the_urine_places_a_hold_with_what_lifts_it(cast, course):
    check(cast, "urinalysis", NOW, fu__haematuria=True)
    (hold,) = active_holds(course)
    assert "SUR-02" in hold.reason
    assert "urologist" in hold.lifts_when.lower()
    assert states(cast, NOW)["urinalysis"] == "abnormal"


def test_turned_again_and_again_the_clock_places_one_hold(cast, course):
    check(cast, "urinalysis", NOW, fu__haematuria=True)
    for minutes in range(3):
        watch(cast, NOW + timedelta(minutes=minutes))
    assert Hold.objects.filter(course=course).count() == 1
    assert SafetyFinding.objects.filter(course=course).count() == 1


def test_a_lifted_hold_comes_back_only_with_new_evidence(cast, course):
    check(cast, "urinalysis", NOW, fu__haematuria=True)
    (hold,) = active_holds(course)
    clinic.lift_hold(hold_id=hold.pk, reason="Seen by urology.", by=cast.actor("prescriber"), at=NOW + DAY)
    watch(cast, NOW + 2 * DAY)
    assert not active_holds(course).exists()
    check(cast, "urinalysis", NOW + 3 * DAY, fu__haematuria=True)
    assert active_holds(course).count() == 1


def test_a_moderate_liver_finding_waits_for_somebody_and_holds_nothing(cast, course):
    check(cast, "liver", NOW, fu__alt_x_uln=2.4)
    assert not active_holds(course).exists()
    (waiting,) = queries.findings_waiting([course.site_id])
    assert (waiting.rule, waiting.severity) == ("SUR-03", "amber")
    actions.answer_finding(finding_id=waiting.pk, answer="Repeat ordered.", by=cast.actor("prescriber"), at=NOW)
    assert not queries.findings_waiting([course.site_id]).exists()
    with pytest.raises(ActionRefused, match="already"):
        actions.answer_finding(finding_id=waiting.pk, answer="Again.", by=cast.actor("prescriber"), at=NOW)


def test_an_exposure_that_reached_its_limit_waits_for_its_review(cast):
    under_way(cast, sessions=17, every=1)
    watch(cast, FIRST + 20 * DAY)
    assert not queries.findings_waiting([cast.here]).exists()
    steps.treated(cast, 18, started_at=FIRST + 17 * DAY)
    watch(cast, FIRST + 20 * DAY)
    (waiting,) = queries.findings_waiting([cast.here])
    assert (waiting.rule, waiting.hold) == ("SUR-10", None)
    check(cast, "exposure_review", FIRST + 21 * DAY)
    assert SafetyFinding.objects.get().over_at == FIRST + 21 * DAY
    assert not active_holds(cast.course("ada")).exists()


def test_a_finding_that_is_over_still_waits_for_its_answer(cast, course):
    check(cast, "liver", NOW, fu__alt_x_uln=2.4)
    check(cast, "liver", NOW + DAY)
    (waiting,) = queries.findings_waiting([course.site_id])
    assert waiting.over_at == NOW + DAY


def test_a_concern_of_our_own_is_abnormal_and_sets_off_no_rule(cast, course):
    check(cast, "misuse_short", NOW, lost_doses=True)
    assert states(cast, NOW)["misuse_short"] == "abnormal"
    assert not SafetyFinding.objects.exists()


def test_a_craving_of_seven_stops_the_course(cast, course):
    check(cast, "misuse_short", NOW, fu__craving=7)
    (hold,) = active_holds(course)
    assert "SUR-06" in hold.reason


def test_a_check_is_recorded_once_however_often_it_is_sent(cast, course):
    given = CheckInput(kind="urinary", told=FINE["urinary"], checked_at=NOW, note="", form_key=uuid4())
    said = {"course_id": course.pk, "check": given, "by": cast.actor("nurse"), "at": NOW}
    assert actions.record_check(**said) == actions.record_check(**said)
    assert SafetyCheck.objects.count() == 1
    other = CheckInput(kind="liver", told=FINE["liver"], checked_at=NOW, note="", form_key=given.form_key)
    with pytest.raises(ActionRefused, match="afresh"):
        actions.record_check(**(said | {"check": other}))


@pytest.mark.parametrize(
    ("kind", "told", "says"),
    [
        ("urinary", {}, "Nothing was answered"),
        ("urinary", {"fu.new_luts": None}, "Nothing was answered"),
        ("urinary", {"fu.craving": 3}, "not asked"),
        ("misuse_short", {"fu.craving": 11}, "Craving"),
        ("liver", {"fu.alt_x_uln": -1.0}, "ALT"),
        ("cognition", {"score": True}, "no answer"),
        ("pregnancy", {"pregnancy_test": "perhaps"}, "no answer"),
        ("pressure", {"bp_sys": 120}, "no such check"),
        ("nonsense", {"a": 1}, "no such check"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(cast, course, kind, told, says):
    given = CheckInput(kind=kind, told=told, checked_at=NOW, note="", form_key=uuid4())
    with pytest.raises(ActionRefused) as refused:
        actions.record_check(course_id=course.pk, check=given, by=cast.actor("nurse"), at=NOW)
    assert any(says in str(reason) for reason in refused.value.reasons)
    assert not SafetyCheck.objects.exists()


def test_a_check_of_the_future_is_refused(cast, course):
    given = CheckInput(kind="urinary", told=FINE["urinary"], checked_at=NOW + DAY, note="", form_key=uuid4())
    with pytest.raises(ActionRefused, match="future"):
        actions.record_check(course_id=course.pk, check=given, by=cast.actor("nurse"), at=NOW)


def test_only_clinical_people_of_the_site_record_a_check(cast, course):
    for by in (cast.actor("front-desk"), cast.actor("nurse", there=True), cast.patient_actor()):
        given = CheckInput(kind="urinary", told=FINE["urinary"], checked_at=NOW, note="", form_key=uuid4())
        with pytest.raises(NotAllowed):
            actions.record_check(course_id=course.pk, check=given, by=by, at=NOW)


def test_only_the_software_works_courses_out(cast, course):
    with pytest.raises(NotAllowed):
        actions.watch_course(course_id=course.pk, by=cast.actor("prescriber"), at=NOW)


def test_a_recorded_check_is_never_changed(cast, course):
    row = check(cast, "urinary", NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        SafetyCheck.objects.filter(pk=row.pk).update(note="other")


def test_what_is_done_is_on_the_audit(cast, course):
    check(cast, "urinalysis", NOW, fu__haematuria=True)
    did = set(AuditEvent.objects.values_list("did", flat=True))
    assert {"safety check recorded", "safety finding", "hold placed"} <= did


def test_the_clock_works_out_what_a_session_changed_without_a_page_view(cast):
    under_way(cast, sessions=1)
    watcher.watch_safety(NOW, directly)
    assert CumulativeExposure.objects.get(course=cast.ada_course).sessions == 1
    assert not SafetyRequest.objects.exists()
    steps.treated(cast, 2, started_at=FIRST + 7 * DAY)
    clinic.ask_for_safety(type(cast.course("ada")).objects.filter(pk=cast.ada_course), at=NOW)
    watcher.watch_safety(NOW, directly)
    assert CumulativeExposure.objects.get(course=cast.ada_course).sessions == 2


def test_a_course_that_cannot_be_worked_out_waits_and_keeps_no_other(cast, course, monkeypatch):
    clinic.ask_for_safety(type(course).objects.filter(pk=course.pk), at=NOW)

    def fails(**_):
        raise ValueError("broken")

    monkeypatch.setattr(watcher, "watch_course", fails)
    watcher.watch_safety(NOW, directly)
    assert queries.courses_to_watch(at=NOW, at_most=5) == []
    assert queries.courses_to_watch(at=NOW + timedelta(minutes=1), at_most=5) == [course.pk]


def test_a_course_that_ends_leaves_the_list(cast, course):
    clinic.move_course(course_id=course.pk, to="ended", by=cast.actor("prescriber"), at=NOW)
    watch(cast, NOW)
    assert not DueItem.objects.filter(course=course).exists()


def test_verify_finds_a_row_that_somebody_changed(cast, course):
    assert list(queries.differences(at=NOW)) == []
    DueItem.objects.filter(course=course, kind="urinary").update(due_on=None, overdue_on=None)
    assert [number for number, _ in queries.differences(at=NOW)] == [course.pk]
    watch(cast, NOW)
    CumulativeExposure.objects.filter(course=course).update(racemic_mg=1)
    (told,) = queries.differences(at=NOW)
    assert "racemic_mg" in told[1]


def test_the_list_counts_and_narrows_in_two_queries(cast, course):
    sites = [Site.objects.get(pk=cast.here)]
    with CaptureQueriesContext(connection) as asked:
        found = queries.due_page(sites, at=NOW, narrow=Narrowed(), number="1")
    assert len(asked) == 2
    assert found.found == sum(found.counts.values()) == len(found.rows)
    assert found.kinds["urinary"] == 1
    only = queries.due_page(sites, at=NOW, narrow=Narrowed(kind="liver"), number="1")
    assert [row.kind for row in only.rows] == ["liver"]
    late = queries.due_page(sites, at=NOW, narrow=Narrowed(state="overdue"), number="1")
    assert {row.kind for row in late.rows} == {"pressure", "misuse_short", "pregnancy"}  # wanted for every session


def test_the_longest_overdue_stands_first_and_what_is_abnormal_before_what_is_only_due(cast, course):
    later = FIRST + 20 * DAY
    check(cast, "misuse_short", later, lost_doses=True)
    check(cast, "urinary", later, fu__new_luts=None)
    sites = [Site.objects.get(pk=cast.here)]
    told = [row.state for row in queries.due_page(sites, at=later, narrow=Narrowed(), number="1").rows]
    assert told == sorted(told, key=["overdue", "abnormal", "unknown", "due"].index)


def test_another_site_sees_nothing_of_it(cast, course):
    there = [Site.objects.get(pk=cast.there)]
    assert queries.due_page(there, at=NOW, narrow=Narrowed(), number="1").found == 0


def test_exposure_counts_what_was_given(cast, course):
    given = CumulativeExposure.objects.get(course=course)
    assert (given.sessions, given.racemic_mg, given.esketamine_mg) == (2, 70, 0)
