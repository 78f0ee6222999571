from datetime import date, timedelta

import pytest

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Course, DecisionRecord
from ketacare.evaluation import actions, queries
from ketacare.evaluation.decision import Override
from ketacare.evaluation.letter import Letter
from ketacare.evaluation.models import Answer, Decided
from ketacare.evaluation.settling import Settling
from tests.cast import NOW
from tests.rooms.evaluation.answers import FOR_TWO_PRESCRIBERS, answer, decide, overrides, pending


def assess(cast, at=NOW):
    return queries.assess(cast.course("ada"), at=at)


def refusal(call, *args, **kwargs) -> str:
    with pytest.raises(ActionRefused) as refused:
        call(*args, **kwargs)
    return "\n".join(reason.text for reason in refused.value.reasons)


def test_answers_of_a_healthy_patient_leave_nothing_unknown(cast):
    answer(cast)
    evaluation = assess(cast).evaluation
    assert evaluation.disposition == "eligible", (evaluation.fired, evaluation.unknown)
    assert evaluation.unknown == ()
    assert cast.course("ada").status == Course.Status.IN_EVALUATION


def test_nothing_answered_is_never_a_pass(cast):
    evaluation = assess(cast).evaluation
    assert evaluation.disposition == "needs_workup"
    assert {need.fact for need in evaluation.needs} >= {"cv.avm", "cv.bp_sys", "dx.primary"}


def test_the_newest_answer_counts_and_the_older_one_stays(cast):
    answer(cast)
    answer(cast, cv__avm=True)
    assert assess(cast).evaluation.disposition == "not_eligible"
    assert Answer.objects.filter(course=cast.ada_course, fact="cv.avm").count() == 2


def test_not_sure_is_unknown_and_never_no(cast):
    answer(cast, cv__avm=None)
    evaluation = assess(cast).evaluation
    assert evaluation.disposition == "needs_workup"
    assert "ABS-02" in evaluation.unknown


def test_wrong_values_are_refused_all_at_once_and_nothing_is_kept(cast):
    wrong = {"cv.bp_sys": 999, "patient.weight_kg": "heavy", "psych.suicide_risk": "maybe", "cv.avm": False}
    said = refusal(actions.record_answers, course_id=cast.ada_course, answers=wrong, by=cast.actor("nurse"), at=NOW)
    assert all(fact in said for fact in ("cv.bp_sys", "patient.weight_kg", "psych.suicide_risk"))
    assert not Answer.objects.exists()


def test_a_date_is_counted_in_days_on_the_day_of_evaluation(cast):
    answer(
        cast,
        cv__had_mi_or_cv_event=True,
        cv__days_since_mi_or_event=(NOW - timedelta(days=41)).date().isoformat(),
        cv__stable_cad=True,
    )
    assert "ABS-10" in assess(cast).evaluation.fired
    assert "ABS-10" not in assess(cast, at=NOW + timedelta(days=2)).evaluation.fired


@pytest.mark.parametrize(("later", "days", "fires"), [(0, 3, False), (4, 7, False), (5, 8, True)])
def test_days_told_as_a_number_go_on_counting(cast, later, days, fires):
    answer(cast, patient__pregnancy_test_days_ago=3)
    found = queries.assess(cast.course("ada"), at=NOW + timedelta(days=later)).evaluation
    assert found.facts["patient.pregnancy_test_days_ago"].value == days
    assert ("WU-01" in found.fired) is fires


def test_never_stays_never_and_long_ago_stays_long_ago(cast):
    answer(cast, sud__days_since_illicit_use=9999, cv__days_since_mi_or_event=36_499)
    found = queries.assess(cast.course("ada"), at=NOW + timedelta(days=20)).evaluation
    assert found.facts["sud.days_since_illicit_use"].value == 9999
    assert found.facts["cv.days_since_mi_or_event"].value == 36_500


@pytest.mark.parametrize("role", ["front-desk", "custodian", "quality", "administrator"])
def test_only_clinicians_answer(cast, role):
    with pytest.raises(NotAllowed):
        actions.record_answers(course_id=cast.ada_course, answers={"cv.avm": False}, by=cast.actor(role), at=NOW)


def test_staff_of_another_site_cannot_answer_or_decide(cast):
    for call in (
        lambda by: actions.record_answers(course_id=cast.ada_course, answers={"cv.avm": False}, by=by, at=NOW),
        lambda by: actions.decide(course_id=cast.ada_course, decided="treat", reason="", seen="", by=by, at=NOW),
    ):
        with pytest.raises(NotAllowed):
            call(cast.actor("prescriber", there=True))


def test_a_decision_keeps_everything_it_rests_on(cast):
    answer(cast)
    record = decide(cast)
    assert isinstance(record, DecisionRecord)
    evaluation = assess(cast).evaluation
    assert (record.book_id, record.book_version, record.book_sha256) == (
        evaluation.book_id,
        evaluation.book_version,
        evaluation.book_sha256,
    )
    assert record.facts["cv.bp_sys"]["value"] == 122
    assert record.result == "eligible"
    assert record.parameters == dict(evaluation.params)
    assert cast.course("ada").status == Course.Status.ELIGIBLE
    assert AuditEvent.objects.filter(did="decided: treat", subjects__patient=cast.ada).count() == 1


def test_a_notice_must_be_read_before_deciding_to_treat(cast):
    answer(cast)
    said = refusal(
        actions.decide,
        course_id=cast.ada_course,
        decided="treat",
        reason="",
        seen=assess(cast).digest,
        by=cast.actor("prescriber"),
        at=NOW,
    )
    assert "Tick that you have read it" in said


def test_a_decision_on_facts_that_changed_meanwhile_is_refused(cast):
    answer(cast)
    seen = assess(cast).digest
    answer(cast, cv__bp_sys=130)
    said = refusal(
        actions.decide,
        course_id=cast.ada_course,
        decided="do-not-treat",
        reason="she changed her mind",
        seen=seen,
        by=cast.actor("prescriber"),
        at=NOW,
    )
    assert "changed since" in said


def test_a_prescriber_who_differs_says_why(cast):
    answer(cast)
    assert "say why" in refusal(decide, cast, decided=Decided.NOT_TREAT, reason="")
    assert decide(cast, decided=Decided.NOT_TREAT, reason="She prefers ECT").decided == Decided.NOT_TREAT
    assert cast.course("ada").status == Course.Status.NOT_ELIGIBLE


def test_nobody_overrides_a_forbidden_finding(cast):
    answer(cast, cv__phaeochromocytoma="untreated_or_suspected")
    rule = next(one.finding.rule for one in assess(cast).obstacles if one.demand == "forbidden")
    override = {rule.id: Override(code="benefit-outweighs", text="I insist")}
    assert "Nobody may go on" in refusal(decide, cast, overrides=override, reason="I insist")


def test_unknown_absolute_findings_cannot_be_overridden(cast):
    answer(cast, cv__avm=None)
    override = {"ABS-02": Override(code="benefit-outweighs", text="I insist")}
    assert "Unknown, because missing: cv.avm" in refusal(decide, cast, overrides=override, reason="I insist")


def test_a_finding_for_two_prescribers_waits_for_the_second_one(cast):
    waiting = pending(cast)
    assert not queries.permits(cast.course("ada"), at=NOW)
    own = refusal(actions.confirm_decision, pending_id=waiting.pk, by=cast.actor("prescriber"), at=NOW)
    assert "another prescriber" in own
    record = actions.confirm_decision(pending_id=waiting.pk, by=cast.actor("second-prescriber"), at=NOW)
    assert record.decided_by_id != record.second_by_id
    assert queries.permits(cast.course("ada"), at=NOW)


def test_a_second_signature_on_changed_facts_is_refused(cast):
    waiting = pending(cast)
    answer(cast, **FOR_TWO_PRESCRIBERS, cv__bp_sys=131)
    said = refusal(actions.confirm_decision, pending_id=waiting.pk, by=cast.actor("second-prescriber"), at=NOW)
    assert "changed since the first signature" in said


def test_a_withdrawn_decision_cannot_be_signed(cast):
    waiting = pending(cast)
    actions.withdraw_decision(pending_id=waiting.pk, by=cast.actor("prescriber"), at=NOW)
    assert "closed" in refusal(
        actions.confirm_decision, pending_id=waiting.pk, by=cast.actor("second-prescriber"), at=NOW
    )


def test_a_decision_permits_until_something_new_speaks_against_it(cast):
    answer(cast)
    decide(cast)
    assert queries.permits(cast.course("ada"), at=NOW)
    answer(cast, cv__bp_sys=150)  # a caution: shown at the gate, asks nothing again
    assert queries.permits(cast.course("ada"), at=NOW)
    answer(cast, cv__bp_sys=166)
    assert not queries.permits(cast.course("ada"), at=NOW)


def test_an_override_falls_when_its_values_change(cast):
    answer(cast, renal__egfr=25)
    why = overrides(cast)
    assert why
    decide(cast, overrides=why)
    assert queries.permits(cast.course("ada"), at=NOW)
    answer(cast, renal__egfr=22)
    assert not queries.permits(cast.course("ada"), at=NOW)


def test_a_decision_runs_out(cast):
    answer(cast)
    record = decide(cast)
    assert not queries.permits(cast.course("ada"), at=record.expires_at)


def letter(**changes: object) -> Letter:
    given = {
        "clearance": "clearance.cardiology",
        "covers": ("REL-04",),
        "given_by": "Dr Hale, licence 77",
        "specialty": "cardiology",
        "document": "Letter 12",
        "dated": NOW.date(),
        "expires": NOW.date() + timedelta(days=5),
    }
    return Letter(**given | changes)


def test_a_letter_clears_the_rules_it_names_until_it_expires(cast):
    answer(
        cast,
        cv__had_mi_or_cv_event=True,
        cv__days_since_mi_or_event=1095,
        cv__stable_cad=True,
        cv__ecg_done=True,
        cv__qtc_ms=420,
        cv__ecg_interpretation="normal",
    )
    finding = assess(cast).evaluation.finding("REL-04")
    assert finding is not None
    assert not finding.cleared
    actions.record_clearance(course_id=cast.ada_course, letter=letter(), by=cast.actor("prescriber"), at=NOW)
    assert assess(cast).evaluation.finding("REL-04").cleared
    assert not assess(cast, at=NOW + timedelta(days=6)).evaluation.finding("REL-04").cleared


def test_a_letter_for_rules_it_cannot_clear_is_refused_with_every_reason(cast):
    answer(cast)
    wrong = letter(covers=("ABS-02",), given_by=" ", dated=NOW.date() + timedelta(days=1), expires=date(2026, 1, 1))
    said = refusal(
        actions.record_clearance, course_id=cast.ada_course, letter=wrong, by=cast.actor("prescriber"), at=NOW
    )
    assert len(said.splitlines()) == 4


def test_deciding_against_a_running_course_places_a_hold(cast):
    answer(cast)
    decide(cast)
    Course.objects.filter(pk=cast.ada_course).update(status=Course.Status.IN_INDUCTION)
    decide(cast, decided=Decided.NOT_TREAT, reason="A new aneurysm was found")
    assert cast.course("ada").status == Course.Status.IN_INDUCTION
    assert cast.course("ada").holds.filter(lifted_at__isnull=True).count() == 1


@pytest.mark.parametrize(
    ("why", "entries", "code"),
    [("", ("1",), "no-reason"), ("  ", ("1",), "no-reason"), ("repaired", ("999",), "record-changed")],
)
def test_nobody_settles_without_a_reason_or_what_they_have_not_seen(cast, why, entries, code):
    with pytest.raises(ActionRefused) as refused:
        actions.record_answers(
            course_id=cast.ada_course,
            answers={"cv.avm": False},
            settles={"cv.avm": Settling(why=why, entries=entries)},
            by=cast.actor("prescriber"),
            at=NOW,
        )
    assert refused.value.code == code
    assert not Answer.objects.exists()


def test_a_form_sent_twice_decides_once_and_places_one_hold(cast):
    answer(cast)
    first = decide(cast, decided="do-not-treat")
    again = decide(cast, decided="do-not-treat")
    assert again.pk == first.pk
    assert DecisionRecord.objects.count() == 1


def test_the_same_words_on_another_day_are_a_decision_of_their_own(cast):
    answer(cast)
    decide(cast)
    decide(cast, at=NOW + timedelta(days=1))
    assert DecisionRecord.objects.count() == 2
