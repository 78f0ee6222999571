"""Adverse events outlive their session; a serious one is not forgotten until a person says what was done."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Role
from ketacare.clinic.queries import active_holds
from ketacare.consent.models import AskedAgain
from ketacare.followup import actions, queries, reporting
from ketacare.followup.models import Judgement, Reporting, SafetyCase
from ketacare.followup.values import Happened, Sent
from ketacare.infusion import actions as infusion
from ketacare.infusion import rems
from ketacare.infusion.queries import state_of
from ketacare.infusion.refolding import differences
from ketacare.science.monitoring.events import Note
from ketacare.worklist.queries.today import work
from tests.cast import NOW
from tests.rooms.followup.telling import IN_HOSPITAL, NOTHING_SERIOUS, UNSURE, afterwards, in_session, said
from tests.rooms.infusion import spray, treatment
from tests.rooms.infusion.treatment import QUIET, after, read
from tests.rooms.stewardship import vault

DAY = timedelta(days=1)
SENT = Sent(decision="sent", sent_on=NOW.date(), sent_to="FDA MedWatch", how="web form", reference="X-1")


def due(case, at):
    return queries.due_of(queries.cases().get(pk=case.pk), at=at)


def waiting(cast, role, at):
    return [item for item in work(cast.actor(role), at=at) if "adverse event" in item.what]


def test_an_event_of_a_session_stands_in_its_timeline_and_outlives_it(cast):
    session = treatment.started(cast)
    case = in_session(cast, session, after(10), term="vomiting", grade=2)
    (entry,) = state_of(session).of_kind("adverse-event")
    assert (case.session_id, case.entry, case.happened_at) == (session.pk, entry.seq, after(10))
    assert queries.newest(case)[1] == entry.payload
    assert AuditEvent.objects.filter(did="adverse event case opened", patients=[cast.ada]).count() == 1
    assert list(differences()) == []


def test_a_passing_peak_is_kept_apart_from_the_grade(cast):
    session = treatment.started(cast)
    read(cast, session, after(5), **(QUIET | {"bp_sys": 172.0, "bp_dia": 96.0}))
    read(cast, session, after(10), **(QUIET | {"bp_sys": 150.0, "bp_dia": 101.0}))
    case = in_session(cast, session, after(12), term="hypertension", grade=2)
    told = queries.newest(case)[1]
    assert (told.grade, dict(told.peak)) == (2, {"bp_sys": 172.0, "bp_dia": 101.0})
    actions.judge_again(case_id=case.pk, said=said(term="hypertension"), after=1, by=cast.actor("nurse"), at=after(30))
    assert dict(queries.newest(case)[1].peak) == {"bp_sys": 172.0, "bp_dia": 101.0}


def test_a_serious_event_holds_the_course_and_its_report_is_due_in_15_days(cast):
    case = afterwards(cast, NOW, term="fall", grade=3, seriousness=IN_HOSPITAL)
    (hold,) = active_holds(cast.course("ada"))
    assert "fall" in hold.reason
    assert "fall" in AskedAgain.objects.get(course=cast.course("ada"), why="serious-event").says
    report = due(case, NOW)
    assert (report.is_open, report.days_left, report.due_on) == (True, 15, NOW.date() + 15 * DAY)
    assert not due(case, NOW + 15 * DAY).is_overdue
    assert due(case, NOW + 16 * DAY).is_overdue


def test_a_mild_event_holds_nothing_and_is_not_to_be_reported(cast):
    case = afterwards(cast, NOW)
    assert not active_holds(cast.course("ada")).exists()
    assert not AskedAgain.objects.exists()
    assert not due(case, NOW).is_open
    assert waiting(cast, "nurse", NOW) == []


def test_a_question_left_open_is_not_a_no(cast):
    case = afterwards(cast, NOW, seriousness=UNSURE)
    assert case.is_serious is None
    assert due(case, NOW).is_open
    (item,) = waiting(cast, "nurse", NOW)
    assert item.what == "Say whether an adverse event was serious"
    with pytest.raises(ActionRefused, match="Say first whether"):
        actions.record_reporting(case_id=case.pk, sent=SENT, by=cast.actor("nurse"), at=NOW + DAY)
    actions.judge_again(case_id=case.pk, said=said(), after=1, by=cast.actor("nurse"), at=NOW + DAY)
    assert waiting(cast, "nurse", NOW + DAY) == []


def test_a_serious_event_waits_on_today_with_its_owner_until_a_person_says_how_it_was_sent(cast):
    case = afterwards(cast, NOW, term="fall", grade=3, seriousness=IN_HOSPITAL)
    (item,) = waiting(cast, "nurse", NOW)
    assert ("nobody has taken it yet" in item.why, item.urgency) == (True, 1)
    actions.take_case(case_id=case.pk, by=cast.actor("quality"), at=NOW)
    (item,) = waiting(cast, "nurse", NOW + 20 * DAY)
    assert ("Harbour Quality sees it through" in item.why, item.urgency) == (True, 0)
    row = actions.record_reporting(case_id=case.pk, sent=SENT, by=cast.actor("quality"), at=NOW + DAY)
    assert waiting(cast, "nurse", NOW + 20 * DAY) == []
    assert (row.judgement, row.by_id, row.form["B"]["What happened"]) == (1, cast.staff["quality"], "Fall")


def test_a_report_that_will_not_be_sent_says_why(cast):
    case = afterwards(cast, NOW, seriousness=IN_HOSPITAL)
    with pytest.raises(ActionRefused, match="Say why"):
        actions.record_reporting(case_id=case.pk, sent=Sent(decision="not-sent"), by=cast.actor("nurse"), at=NOW)
    told = Sent(decision="not-sent", reason="Reported by the hospital, seen in its letter")
    actions.record_reporting(case_id=case.pk, sent=told, by=cast.actor("nurse"), at=NOW)
    assert not due(case, NOW).is_open


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"sent_to": ""}, "to whom"),
        ({"how": " "}, "how it was sent"),
        ({"sent_on": None}, "between the day"),
        ({"sent_on": NOW.date() - DAY}, "between the day"),
        ({"sent_on": NOW.date() + 2 * DAY}, "between the day"),
    ],
)
def test_a_report_is_not_called_sent_without_when_to_whom_and_how(cast, changes, says):
    case = afterwards(cast, NOW, seriousness=IN_HOSPITAL)
    told = {"decision": "sent", "sent_on": NOW.date(), "sent_to": "FDA", "how": "web"} | changes
    with pytest.raises(ActionRefused, match=says):
        actions.record_reporting(case_id=case.pk, sent=Sent(**told), by=cast.actor("nurse"), at=NOW + DAY)
    assert not Reporting.objects.exists()


def test_what_is_learned_later_is_added_and_may_be_reported_again(cast):
    case = afterwards(cast, NOW, seriousness=IN_HOSPITAL, outcome="recovering")
    actions.record_reporting(case_id=case.pk, sent=SENT, by=cast.actor("nurse"), at=NOW)
    with pytest.raises(ActionRefused, match="decided already"):
        actions.record_reporting(case_id=case.pk, sent=SENT, by=cast.actor("nurse"), at=NOW)
    later = said(seriousness=IN_HOSPITAL, outcome="recovered_with_sequelae")
    actions.judge_again(case_id=case.pk, said=later, after=1, by=cast.actor("prescriber"), at=NOW + DAY)
    assert [one.said.outcome for one in queries.judgements(case)] == ["recovered_with_sequelae", "recovering"]
    assert due(case, NOW + DAY).is_older_than_case
    again = Sent(decision="sent", sent_on=(NOW + DAY).date(), sent_to="FDA", how="web form")
    actions.record_reporting(case_id=case.pk, sent=again, by=cast.actor("nurse"), at=NOW + DAY)
    assert not due(case, NOW + DAY).is_older_than_case


def test_two_who_judge_at_once_do_not_overwrite_each_other(cast):
    case = afterwards(cast, NOW)
    actions.judge_again(case_id=case.pk, said=said(grade=2), after=1, by=cast.actor("nurse"), at=NOW)
    with pytest.raises(ActionRefused, match="meanwhile"):
        actions.judge_again(case_id=case.pk, said=said(grade=1), after=1, by=cast.actor("prescriber"), at=NOW)
    assert SafetyCase.objects.get().grade == 2


def test_an_event_that_becomes_serious_holds_the_course_once(cast):
    case = afterwards(cast, NOW)
    for number, answers in ((1, IN_HOSPITAL), (2, IN_HOSPITAL)):
        actions.judge_again(
            case_id=case.pk, said=said(seriousness=answers), after=number, by=cast.actor("nurse"), at=NOW
        )
    assert active_holds(cast.course("ada")).count() == 1


def test_a_form_sent_twice_is_one_event(cast):
    session, key = treatment.started(cast), uuid4()
    happened = Happened(said=said(), at=after(5))
    both = [
        actions.record_in_session(
            session_id=session.pk, happened=happened, form_key=key, by=cast.actor("nurse"), at=after(5)
        )
        for _ in range(2)
    ]
    assert both[0] == both[1]
    assert len(state_of(session).of_kind("adverse-event")) == 1


def test_an_entry_of_a_timeline_without_a_case_is_not_lost(cast):
    session = treatment.started(cast)
    entry = infusion.record_adverse_event(session_id=session.pk, said=said(), by=cast.actor("nurse"), at=after(3))
    (item,) = waiting(cast, "nurse", after(4))
    assert item.what == "Open the case of an adverse event"
    case = actions.take_up(entry_id=entry.pk, form_key=uuid4(), by=cast.actor("nurse"), at=after(5))
    assert (case.known_at, case.entry) == (after(3), entry.seq)
    assert waiting(cast, "nurse", after(6)) == []
    assert actions.take_up(entry_id=entry.pk, form_key=uuid4(), by=cast.actor("nurse"), at=after(7)) == case


def test_an_entry_taken_back_in_the_timeline_leaves_its_case_open_to_a_persons_word(cast):
    session = treatment.started(cast)
    case = in_session(cast, session, after(3), seriousness=IN_HOSPITAL)
    note = Note(text="Wrong patient").to_json()
    infusion.correct_event(session_id=session.pk, seq=case.entry, payload=note, by=cast.actor("nurse"), at=after(4))
    assert queries.is_taken_back(case)
    assert due(case, after(5)).is_open


def test_what_was_judged_and_reported_is_never_changed(cast):
    case = afterwards(cast, NOW, seriousness=IN_HOSPITAL)
    actions.record_reporting(case_id=case.pk, sent=SENT, by=cast.actor("nurse"), at=NOW)
    for table in (Judgement, Reporting):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            table.objects.all().delete()


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PATIENT])
def test_who_may_write_an_event_down_and_who_may_report_it(cast, role):
    by_clinician = afterwards(cast, NOW, seriousness=IN_HOSPITAL)
    if role in {Role.PRESCRIBER, Role.NURSE, Role.THERAPIST}:
        assert afterwards(cast, NOW, role=role)
    else:
        with pytest.raises(NotAllowed):
            afterwards(cast, NOW, role=role)
    if role in {Role.PRESCRIBER, Role.NURSE, Role.QUALITY}:
        assert actions.take_case(case_id=by_clinician.pk, by=cast.actor(role), at=NOW).owner_id == cast.staff[role]
    else:
        with pytest.raises(NotAllowed):
            actions.take_case(case_id=by_clinician.pk, by=cast.actor(role), at=NOW)


def test_nobody_of_another_site_sees_or_judges_it(cast):
    case = afterwards(cast, NOW)
    with pytest.raises(NotAllowed):
        actions.judge_again(case_id=case.pk, said=said(), after=1, by=cast.actor("nurse", there=True), at=NOW)


def test_a_time_that_has_not_come_is_refused(cast):
    happened = Happened(said=said(), at=NOW + DAY)
    with pytest.raises(ActionRefused, match="future"):
        actions.record_afterwards(
            course_id=cast.ada_course, happened=happened, form_key=uuid4(), by=cast.actor("nurse"), at=NOW
        )


# ---------------------------------------------------------------- what a report tells


def told(cast, case, role="nurse", at=NOW):
    sections = reporting.sections_of(case, queries.newest(case)[1], by=cast.actor(role), at=at)
    return {line.label: line.said for section in sections for line in section.lines}


def test_the_report_is_filled_from_the_record_and_says_what_is_not_known(cast):
    session = treatment.recovering(cast)
    case = in_session(cast, session, after(45), term="hypertension", grade=3, seriousness=IN_HOSPITAL)
    report = told(cast, case, at=after(50))
    assert report["Dose, and how often"] == "35\N{NO-BREAK SPACE}mg in session 1 of the course"
    assert report["Age at the event"] == "41 years"
    assert report["Weight"].startswith("70 kg")
    assert (report["Sex"], report["Route"]) == ("female", "into a vein")
    assert report["Lot"] == report["Manufacturer"] == report["Ethnicity and race"] == "not known"
    assert "Blood pressure 124" in report["Relevant tests"]
    assert "It led to a stay in hospital, or made one longer: yes" in report["Outcomes attributed to it"]
    assert (report["Name"], report["Occupation"]) == ("Harbour Nurse", "Infusion nurse")


def test_the_patient_is_a_code_and_never_a_name_also_in_free_words(cast):
    case = afterwards(cast, NOW, seriousness=IN_HOSPITAL, detail="Ada fell; Mrs LINDQVIST was seen at once.")
    report = told(cast, case)
    assert report["What happened"] == "Nausea. [the patient] fell; Mrs [the patient] was seen at once"
    everything = " ".join(report.values()).lower()
    assert "lindqvist" not in everything
    assert "1984-" not in everything
    assert "may 1984" not in everything
    assert report["Patient identifier (code)"] == reporting.patient_code(cast.patient("ada"))
    assert reporting.patient_code(cast.patient("ada")) != reporting.patient_code(cast.patient("ben"))


def test_the_monitoring_form_tells_serious_events_and_those_nobody_has_judged(cast):
    hill = spray.there(cast)
    session = spray.started(hill)
    in_session(hill, session, after(1), term="fall", seriousness=IN_HOSPITAL)
    in_session(hill, session, after(2), term="headache", seriousness=UNSURE)
    in_session(hill, session, after(3), term="nausea", seriousness=NOTHING_SERIOUS)
    assert rems.told_by_session(session, at=after(5))["serious_events"] == [
        "fall",
        "headache (whether it was serious is not known)",
    ]


def test_the_dose_of_a_session_that_still_runs_is_told_as_so_far(cast):
    session = treatment.started(cast)
    case = in_session(cast, session, after(20), seriousness=IN_HOSPITAL)
    assert "so far" in told(cast, case, at=after(20))["Dose, and how often"]
    assert Decimal(told(cast, case, at=after(20))["Dose, and how often"].split("\N{NO-BREAK SPACE}")[0]) == Decimal(
        "17.5"
    )


def test_lot_and_expiry_come_from_the_register_where_one_is_kept(cast):
    session = treatment.started(cast)
    vault.opened(cast)
    vault.issued(cast, at=after(1))
    case = in_session(cast, session, after(20), seriousness=IN_HOSPITAL)
    report = told(cast, case, at=after(20))
    assert (report["Lot"], report["Expiry"]) == ("K1", "2027-06-30")
