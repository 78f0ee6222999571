"""A course is judged again when something changes: marked at once, judged by the watcher, held, and seen by a person."""

import threading
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connections, transaction
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic import actions as clinic
from ketacare.clinic.actor import Operator, System
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import (
    AuditEvent,
    Course,
    Hold,
    Membership,
    PatientIdentifier,
    Role,
    SafetyRequest,
    ScreeningRequest,
    Site,
)
from ketacare.config.cli import main
from ketacare.config.live import watcher
from ketacare.evaluation import actions, queries, screenings
from ketacare.evaluation.letter import Letter
from ketacare.evaluation.models import Screening
from ketacare.interop.fhir import import_unit
from ketacare.record import actions as record
from ketacare.record.identifiers import digest
from ketacare.record.values import Identifier
from ketacare.worklist.queries.rooms import changes_waiting
from tests.cast import NOW, Cast
from tests.contract.fhir import made
from tests.rooms.clinic.rulebooks import approve, propose
from tests.rooms.evaluation import answers

WATCH = System(name="watch")
SOON = NOW + timedelta(minutes=5)
TOMORROW = NOW + timedelta(days=1)
SCHIZOPHRENIA = "58214004"  # SNOMED CT
HEART = {
    "cv__had_mi_or_cv_event": True,
    "cv__stable_cad": True,
    "cv__ecg_done": True,
    "cv__qtc_ms": 420,
    "cv__ecg_interpretation": "normal",
}
CARDIOLOGY = Letter(
    clearance="clearance.cardiology",
    covers=("REL-04",),
    given_by="Dr Hale, licence 77",
    specialty="cardiology",
    document="Letter 12",
    dated=NOW.date(),
    expires=NOW.date() + timedelta(days=90),
)


def screen(cast: Cast, *, at: datetime = SOON) -> Screening | None:
    return actions.screen_course(course_id=cast.ada_course, by=WATCH, at=at)


def eligible(cast: Cast, **answered: object) -> None:
    """Ada, found eligible, and looked at by the watcher since."""
    answers.answer(cast, **answered)
    answers.decide(cast, overrides=answers.overrides(cast))
    screen(cast)


def told(cast: Cast, *, at: datetime = SOON, **changed: object) -> None:
    """A nurse hears something new."""
    by = cast.actor("nurse")
    said = {fact.replace("__", "."): value for fact, value in changed.items()}
    actions.record_answers(course_id=cast.ada_course, answers=said, by=by, at=at)


def diagnosed(cast: Cast, folder, code: str, *, at: datetime = SOON) -> None:
    """A diagnosis comes from elsewhere."""
    sent(cast, folder, made.condition(code=made.concept(code, "a diagnosis", "http://snomed.info/sct")), at=at)


def sent(cast: Cast, folder, entry: dict, *, at: datetime = SOON) -> None:
    """An entry of Ada's record comes from elsewhere."""
    ada = cast.patient("ada")
    number = Identifier(system="urn:clinic", value="77")
    PatientIdentifier.objects.get_or_create(patient=ada, system=number.system, digest=digest(number))
    name = [{"family": ada.family_name, "given": [ada.given_name]}]
    person = made.patient(name=name, birthDate=ada.born_on.isoformat(), gender="female")
    unit = import_unit([made.write(folder, made.bundle(person, entry))])
    record.import_resources(unit=unit, site=Site.objects.get(pk=cast.here), by=Operator(), at=at)


def marks(cast: Cast) -> list[str]:
    rows = ScreeningRequest.objects.filter(course=cast.ada_course).order_by("pk")
    return list(rows.values_list("because", flat=True))


class TestMarks:
    def test_an_answer_a_letter_a_measurement_and_an_import_each_mark_the_course(self, cast, tmp_path):
        answers.answer(cast)
        assert marks(cast) == ["questions were answered"]
        by = cast.actor("nurse")
        record.record_weight(patient=cast.patient("ada"), weight_kg=Decimal("63.5"), measured_at=NOW, by=by, at=NOW)
        diagnosed(cast, tmp_path, "38341003")
        assert marks(cast)[1:] == ["vital signs were recorded", "the record was imported"]

    def test_importing_the_same_again_marks_nothing(self, cast, tmp_path):
        diagnosed(cast, tmp_path, "38341003")
        ScreeningRequest.objects.all().delete()
        diagnosed(cast, tmp_path, "38341003")
        assert marks(cast) == []

    def test_what_is_undone_leaves_no_mark(self, cast):
        with transaction.atomic():
            answers.answer(cast)
            transaction.set_rollback(True)
        assert marks(cast) == []

    def test_marking_any_number_of_courses_takes_four_statements(self, cast, django_assert_num_queries):
        with django_assert_num_queries(4):
            clinic.ask_for_screening(Course.objects.all(), because="everything", at=NOW)
        assert ScreeningRequest.objects.count() == Course.objects.count()
        assert SafetyRequest.objects.count() == Course.objects.count()


class TestJudging:
    def test_it_answers_every_mark_once(self, cast):
        answers.answer(cast)
        first = screen(cast)
        assert first.because == ["questions were answered"]
        assert first.result == "eligible"
        assert marks(cast) == []
        assert screen(cast) is None

    def test_a_mark_that_comes_while_it_is_judged_stays(self, cast, monkeypatch):
        answers.answer(cast)
        assess = actions.screening.queries.assess

        def interrupted(*args, **kwargs):
            clinic.ask_for_screening(Course.objects.filter(pk=cast.ada_course), because="just now", at=SOON)
            return assess(*args, **kwargs)

        monkeypatch.setattr(actions.screening.queries, "assess", interrupted)
        screen(cast)
        assert marks(cast) == ["just now"]

    def test_two_watchers_at_once_judge_it_once(self, own_cast):
        answers.answer(own_cast)
        problems: list[Exception] = []

        def turn() -> None:
            try:
                screen(own_cast)
            except Exception as problem:  # noqa: BLE001  # told by the assertion below
                problems.append(problem)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=turn) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not problems
        assert Screening.objects.count() == 1

    def test_every_course_in_care_is_judged_once_a_day(self, cast):
        answers.answer(cast)
        watcher.turn(at=NOW)
        assert set(Screening.objects.values_list("course", flat=True)) == {cast.ada_course, cast.zoe_course}
        watcher.turn(at=NOW + timedelta(hours=1))
        assert Screening.objects.count() == 2
        watcher.turn(at=TOMORROW)
        assert Screening.objects.count() == 4

    def test_an_ended_course_is_let_alone_and_its_marks_go(self, cast):
        answers.answer(cast)
        clinic.move_course(course_id=cast.ada_course, to="ended", by=cast.actor("prescriber"), at=NOW)
        watcher.turn(at=NOW)
        assert marks(cast) == []
        assert not Screening.objects.filter(course=cast.ada_course).exists()

    def test_the_same_findings_are_kept_once(self, cast):
        eligible(cast)
        later = screen(cast, at=TOMORROW)
        assert later.changes == []
        assert later.findings == []
        assert later.same_as.decision is not None

    def test_one_that_fails_keeps_no_other_waiting_and_is_tried_again(self, cast, monkeypatch):
        real = watcher.screen_course

        def broken(**given):
            if given["course_id"] == cast.ada_course:
                raise RuntimeError("on purpose")
            return real(**given)

        monkeypatch.setattr(watcher, "screen_course", broken)
        answers.answer(cast)
        watcher.turn(at=NOW)
        assert list(Screening.objects.values_list("course", flat=True)) == [cast.zoe_course]
        assert cast.ada_course not in screenings.courses_to_screen(at=NOW + timedelta(seconds=59), at_most=9)
        monkeypatch.setattr(watcher, "screen_course", real)
        watcher.turn(at=NOW + timedelta(seconds=61))
        assert marks(cast) == []

    def test_only_the_software_screens(self, cast):
        with pytest.raises(NotAllowed):
            actions.screen_course(course_id=cast.ada_course, by=cast.actor("prescriber"), at=NOW)

    def test_a_book_newly_in_force_has_everybody_judged_again(self, cast):
        eligible(cast, cv__bp_sys=145)
        approve(cast, propose(cast, bp_treat_sys=145, bp_hold_sys=160, at=SOON), at=SOON)
        assert cast.ada_course in screenings.courses_to_screen(at=SOON, at_most=9)
        row = screen(cast)
        assert [(one["rule"], one["was"], one["now"]) for one in row.changes if one["rule"] == "REL-01"] == [
            ("REL-01", "silent", "fires")
        ]


class TestHolding:
    def test_a_new_diagnosis_that_forbids_treatment_places_a_hold_in_words(self, cast, tmp_path):
        eligible(cast)
        diagnosed(cast, tmp_path, SCHIZOPHRENIA)
        row = screen(cast)
        assert row.result == "not_eligible"
        hold = Hold.objects.get(course=cast.ada_course)
        assert row.hold == hold
        assert "schizo" in hold.reason.lower()
        assert hold.lifts_when
        event = AuditEvent.objects.get(did="screened: something changed")
        assert event.patients == [cast.ada]

    def test_it_is_placed_once_and_again_only_for_something_more(self, cast):
        eligible(cast)
        told(cast, cv__avm=True)
        assert screen(cast).hold is not None
        told(cast, cv__avm=True)
        assert screen(cast).hold is None
        assert screen(cast, at=TOMORROW).hold is None
        told(cast, at=TOMORROW, heme__porphyria=True)
        screen(cast, at=TOMORROW)
        assert Hold.objects.filter(course=cast.ada_course).count() == 2

    def test_a_course_still_in_evaluation_is_not_held(self, cast):
        answers.answer(cast)
        screen(cast)
        told(cast, cv__avm=True)
        assert screen(cast).hold is None
        assert not Hold.objects.exists()

    def test_an_override_that_covers_it_on_the_same_values_holds_nothing(self, cast):
        eligible(cast, renal__egfr=25)
        assert not Hold.objects.exists()
        told(cast, renal__egfr=22)
        assert screen(cast).hold is not None

    def test_what_goes_stale_places_no_hold_but_somebody_is_told(self, cast):
        eligible(cast)
        row = screen(cast, at=NOW + timedelta(days=120))
        assert row.hold is None
        assert row.result == "needs_workup"
        assert row.must_be_seen

    def test_a_list_of_the_record_that_nobody_calls_whole_any_more_places_no_hold(self, cast, tmp_path):
        """The answer has gone stale, and a medicine of the record is left: some is known, and it speaks against nothing."""
        medicine = {"resourceType": "MedicationStatement", "id": "m1", "status": "active"}
        subject, name = {"reference": "Patient/p1"}, {"text": "Sertraline 100 mg"}
        eligible(cast)
        sent(cast, tmp_path, medicine | {"subject": subject, "medicationCodeableConcept": name})
        row = screen(cast, at=NOW + timedelta(days=120))
        assert queries.assess(cast.course("ada"), at=row.at).evaluation.facts["meds.classes"].value == ("ssri_snri",)
        assert row.hold is None

    def test_a_new_decision_to_treat_lifts_it_with_its_reason_and_nobody_elses(self, cast):
        eligible(cast)
        other = clinic.place_hold(
            course=cast.course("ada"), reason="Chest pain", lifts_when="Seen", by=cast.actor("nurse"), at=SOON
        )
        told(cast, renal__egfr=25)
        held = screen(cast).hold
        answers.decide(cast, at=SOON, overrides=answers.overrides(cast, at=SOON))
        held.refresh_from_db()
        other.refresh_from_db()
        assert held.lifted_by_id == cast.staff["prescriber"]
        assert "Decided to treat" in held.lift_reason
        assert other.lifted_at is None

    def test_a_decision_for_more_work_up_lifts_nothing(self, cast):
        eligible(cast)
        told(cast, renal__egfr=25)
        held = screen(cast).hold
        answers.decide(cast, at=SOON, decided="work-up")
        held.refresh_from_db()
        assert held.lifted_at is None

    def test_facts_that_cannot_be_judged_are_told_once(self, cast):
        eligible(cast)
        before = NOW - timedelta(days=3)  # every answer lies ahead of it, which no evaluation may start from
        row = screen(cast, at=before)
        assert row.problem
        assert row.must_be_seen
        assert not screen(cast, at=before + timedelta(days=1)).must_be_seen


class TestSeeing:
    def changed(self, cast: Cast) -> Screening:
        eligible(cast)
        told(cast, cv__bp_sys=165)
        return screen(cast)

    def test_it_stands_on_the_prescribers_list_until_one_has_seen_it(self, cast):
        row = self.changed(cast)
        (item,) = changes_waiting(cast.actor("prescriber"), SOON)
        assert "REL-01 does not fire → fires" in item.why
        assert changes_waiting(cast.actor("nurse"), SOON) == []
        actions.acknowledge_screening(screening_id=row.pk, by=cast.actor("prescriber"), at=SOON)
        assert changes_waiting(cast.actor("second-prescriber"), SOON) == []
        assert AuditEvent.objects.filter(did="screening seen", patients=[cast.ada]).count() == 1
        with pytest.raises(ActionRefused, match="already"):
            actions.acknowledge_screening(screening_id=row.pk, by=cast.actor("prescriber"), at=SOON)

    def test_a_responsible_prescriber_is_the_only_one_asked_while_there_is_one(self, cast):
        self.changed(cast)
        course = cast.course("ada")
        course.prescriber = cast.user("second-prescriber")
        course.save()
        assert changes_waiting(cast.actor("prescriber"), SOON) == []
        assert len(changes_waiting(cast.actor("second-prescriber"), SOON)) == 1
        Membership.objects.filter(user=course.prescriber, role=Role.PRESCRIBER).delete()
        assert len(changes_waiting(cast.actor("prescriber"), SOON)) == 1

    def test_who_may_not_decide_may_not_say_they_have_seen_it(self, cast):
        row = self.changed(cast)
        for by in (cast.actor("nurse"), cast.actor("prescriber", there=True)):
            with pytest.raises(NotAllowed):
                actions.acknowledge_screening(screening_id=row.pk, by=by, at=SOON)

    def test_the_page_says_what_is_new_why_and_from_which_source(self, cast, browse):
        row = self.changed(cast)
        page = browse("prescriber").get(reverse("evaluation:changes", args=[cast.ada_course])).content.decode()
        assert "REL-01" in page
        assert "165" in page
        assert "[D-CLINIC]" in page
        assert "questions were answered" in page
        browse("prescriber").post(reverse("evaluation:screening-seen", args=[row.pk]))
        page = browse("nurse").get(reverse("evaluation:changes", args=[cast.ada_course])).content.decode()
        assert "Seen by Harbour Prescriber" in page

    def test_an_improvement_in_evaluation_bothers_nobody(self, cast):
        answers.answer(cast, cv__bp_sys=165)
        screen(cast)
        told(cast, cv__bp_sys=120)
        row = screen(cast)
        assert row.changes
        assert not row.must_be_seen


class TestFalling:
    def test_days_that_pass_are_no_change_of_what_an_override_rests_on(self, cast):
        since = (NOW - timedelta(days=400)).date().isoformat()
        eligible(cast, **HEART | {"cv__days_since_mi_or_event": since})
        row = screen(cast, at=TOMORROW)
        assert row.changes == []
        assert not Hold.objects.exists()
        told(cast, at=TOMORROW, cv__days_since_mi_or_event=(NOW - timedelta(days=90)).date().isoformat())
        assert screen(cast, at=TOMORROW).hold is not None

    def test_an_override_falls_after_its_last_day(self, cast):
        answers.answer(cast, renal__egfr=25)
        given = answers.overrides(cast)
        last = date(2026, 3, 4)
        short = {rule: type(one)(code=one.code, text=one.text, expires=last) for rule, one in given.items()}
        answers.decide(cast, overrides=short)
        assert screen(cast, at=NOW + timedelta(days=2)).hold is None
        assert screen(cast, at=NOW + timedelta(days=3)).hold is not None

    @pytest.mark.parametrize("day", [date(2026, 3, 1), date(2027, 3, 2)])
    def test_an_override_is_over_before_the_decision_is_and_not_before_today(self, cast, day):
        answers.answer(cast, renal__egfr=25)
        given = answers.overrides(cast)
        wrong = {rule: type(one)(code=one.code, text=one.text, expires=day) for rule, one in given.items()}
        with pytest.raises(ActionRefused, match="last day"):
            answers.decide(cast, overrides=wrong)

    def test_an_override_names_who_why_and_until_when(self, cast):
        eligible(cast, renal__egfr=25)
        kept = cast.course("ada").decisions.get().details["overrides"]["REL-14"]
        assert kept["by"] == [cast.staff["prescriber"]]
        assert kept["code"] == "specialist-agrees"
        assert kept["expires"] > NOW.date().isoformat()
        assert kept["because"]["renal.egfr"] == 25


def test_a_turn_of_the_watcher_with_the_real_clock_screens(cast):
    answers.answer(cast, at=timezone.now())
    watcher.turn(at=timezone.now())
    assert Screening.objects.filter(course=cast.ada_course).count() == 1


def test_the_command_judges_everybody_in_care_and_counts(cast, capsys):
    eligible(cast)
    told(cast, at=timezone.now(), cv__avm=True)
    assert main(["rescreen", "--site", "Harbour Clinic"]) == 0
    assert "1 not eligible" in capsys.readouterr().out
    assert Hold.objects.filter(course=cast.ada_course).count() == 1
    assert main(["rescreen", "--site", "Nowhere"]) == 2


def test_a_letter_outlives_the_days_that_its_inputs_count_and_falls_with_the_event(cast):
    """The days since an infarct differ every morning; only another infarct is a change."""
    since = (NOW - timedelta(days=400)).date()
    answers.answer(cast, **HEART | {"cv__days_since_mi_or_event": since.isoformat()})
    by = cast.actor("prescriber")
    actions.record_clearance(course_id=cast.ada_course, letter=CARDIOLOGY, by=by, at=NOW)
    assert queries.assess(cast.course("ada"), at=NOW).evaluation.finding("REL-04").cleared
    assert queries.assess(cast.course("ada"), at=TOMORROW).evaluation.finding("REL-04").cleared
    newer = (NOW - timedelta(days=90)).date().isoformat()
    told(cast, at=TOMORROW, cv__days_since_mi_or_event=newer)
    assert not queries.assess(cast.course("ada"), at=TOMORROW).evaluation.finding("REL-04").cleared
