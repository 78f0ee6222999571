"""The acts of a session: what is legal when, what each writes, who may."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.clinic.actor import System
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent
from ketacare.infusion import actions, states
from ketacare.infusion.door import Batch, Row
from ketacare.infusion.models import TRANSITIONS, Session, SessionEvent
from ketacare.infusion.queries import going_home, minimum_observation, running, session_timeline, state_of, totals
from ketacare.record.models import Treatment
from tests.rooms.evaluation import answers
from tests.rooms.infusion import treatment
from tests.rooms.infusion.treatment import (
    CLOCK,
    MORNING,
    QUIET,
    RATE,
    START,
    after,
    again,
    checked_in,
    planned,
    read,
    ready,
    recovering,
    settled,
    started,
    vial,
)

BY_STATUS = {
    "planned": planned,
    "checked-in": checked_in,
    "ready": ready,
    "treating": started,
    "recovering": recovering,
}
ACTS = {
    "checked-in": lambda cast, pk, at: actions.check_in(session_id=pk, chair="2", by=cast.actor("nurse"), at=at),
    "ready": lambda cast, pk, at: actions.mark_ready(session_id=pk, by=cast.actor("nurse"), at=at),
    "paused": lambda cast, pk, at: actions.pause(session_id=pk, by=cast.actor("nurse"), at=at),
    "recovering": lambda cast, pk, at: actions.stop_treatment(
        session_id=pk, reason="asked to stop", by=cast.actor("nurse"), at=at
    ),
    "transferred": lambda cast, pk, at: actions.transfer(
        session_id=pk, to="General Hospital", reason="chest pain", by=cast.actor("nurse"), at=at
    ),
    "cancelled": lambda cast, pk, at: actions.cancel(session_id=pk, reason="ill", by=cast.actor("nurse"), at=at),
    "missed": lambda cast, pk, at: actions.mark_missed(session_id=pk, by=cast.actor("nurse"), at=at),
}


@pytest.mark.parametrize("status", BY_STATUS)
@pytest.mark.parametrize("to", ACTS)
def test_every_step_is_legal_or_refused_as_the_table_says(cast, status, to):
    session = BY_STATUS[status](cast)
    before = SessionEvent.objects.count()
    if to in TRANSITIONS[status]:
        ACTS[to](cast, session.pk, after(45))
        assert again(session).status == to
    else:
        with pytest.raises(ActionRefused):
            ACTS[to](cast, session.pk, after(45))
        assert again(session).status == status
        assert SessionEvent.objects.count() == before


def test_every_event_has_the_next_number_and_one_audit_event_tells_of_the_act(cast):
    session = settled(cast)
    assert list(session.events.order_by("seq").values_list("seq", flat=True)) == list(
        range(1, session.events.count() + 1)
    )
    told = AuditEvent.objects.filter(did="treatment started", on=f"infusion.session:{session.pk}")
    assert told.count() == 1
    assert told.get().patients == [session.patient_id]


def test_the_cached_columns_are_what_the_events_add_up_to(cast):
    session = again(settled(cast))
    state = states.refolded(session)
    assert (session.status, session.started_at, session.ended_at) == (state.status, state.started_at, state.ended_at)
    assert session.last_seq == state.seq
    assert session.alarm_level == (state.alarms.level or "")
    assert state == states.current(session)


def test_an_infusion_that_ran_its_time_is_complete_and_gave_the_ordered_dose(cast):
    session = recovering(cast)
    told = totals(session, at=after(60))
    assert told.outcome == "completed"
    assert told.given_mg == told.planned_mg == Decimal(35)
    assert told.given_min == 40
    treatment = Treatment.objects.get(course=session.course, number=1)
    assert (treatment.started_at, treatment.ended_at, treatment.given_mg) == (START, after(40), Decimal(35))


def test_a_pause_and_a_slower_rate_are_in_the_total(cast):
    session = started(cast)
    nurse = cast.actor("nurse")
    actions.pause(session_id=session.pk, by=nurse, at=after(10))
    read(cast, session, after(14), bp_sys=124, bp_dia=78, heart_rate=70, spo2=98, resp_rate=14)
    actions.chart_observation(session_id=session.pk, values={"moaas": 5}, by=nurse, at=after(14))
    actions.resume(session_id=session.pk, by=nurse, at=after(15))
    actions.change_rate(session_id=session.pk, rate_mg_per_h=Decimal("26.25"), by=nurse, at=after(25))
    session = actions.stop_treatment(session_id=session.pk, reason="nausea", by=nurse, at=after(35))
    told = totals(session, at=after(60))
    assert told.given_mg == RATE * 20 / 60 + Decimal("26.25") * 10 / 60
    assert told.outcome == "stopped early"


def test_an_infusion_cannot_be_called_ended_while_a_part_of_the_dose_is_missing(cast):
    session = started(cast)
    with pytest.raises(ActionRefused, match="not-complete"):
        actions.end_infusion(session_id=session.pk, by=cast.actor("nurse"), at=after(20))


def test_no_rate_is_faster_than_the_order(cast):
    session = started(cast)
    with pytest.raises(ActionRefused, match="above-order"):
        actions.change_rate(session_id=session.pk, rate_mg_per_h=RATE + 1, by=cast.actor("nurse"), at=after(5))
    with pytest.raises(ActionRefused):
        actions.change_rate(session_id=session.pk, rate_mg_per_h=Decimal(-1), by=cast.actor("nurse"), at=after(5))


def test_a_person_a_chair_and_a_device_are_in_one_session_at_a_time(cast):
    checked_in(cast)
    second = actions.plan_session(
        course=cast.course("ada"), number=2, planned_at=START, route="iv_ketamine", by=cast.actor("nurse"), at=MORNING
    )
    with pytest.raises(ActionRefused, match="not-free"):
        actions.check_in(session_id=second.pk, chair="9", by=cast.actor("nurse"), at=MORNING)
    assert again(second).status == "planned"
    assert again(second).chair == ""


def test_the_order_is_used_by_the_start_and_cannot_start_a_second_session(cast):
    session = started(cast)
    with pytest.raises(ActionRefused):
        actions.start_treatment(session_id=session.pk, vial=vial(cast), by=cast.actor("nurse"), at=after(1))


def test_the_drug_does_not_go_on_while_a_red_alarm_is_on(cast):
    session = started(cast)
    read(cast, session, after(5), spo2=87)
    actions.pause(session_id=session.pk, by=cast.actor("nurse"), at=after(5))
    with pytest.raises(ActionRefused, match="alarm-on"):
        actions.resume(session_id=session.pk, by=cast.actor("nurse"), at=after(6))


def test_somebody_of_another_site_gets_the_answer_of_a_session_that_does_not_exist(cast):
    session = started(cast)
    for session_id, by in ((session.pk, cast.actor("nurse", there=True)), (session.pk + 100, cast.actor("nurse"))):
        with pytest.raises(NotAllowed):
            actions.pause(session_id=session_id, by=by, at=after(5))


@pytest.mark.parametrize("role", ["front-desk", "custodian", "quality", "administrator"])
def test_who_has_no_part_in_the_session_cannot_write_into_it(cast, role):
    session = started(cast)
    with pytest.raises(NotAllowed):
        actions.add_note(session_id=session.pk, text="hello", by=cast.actor(role), at=after(5))
    with pytest.raises(NotAllowed):
        actions.stop_treatment(session_id=session.pk, reason="x", by=cast.actor(role), at=after(5))


def test_a_therapist_may_stop_the_drug_but_not_let_it_run_again(cast):
    session = started(cast)
    therapist = cast.actor("therapist")
    with pytest.raises(NotAllowed):
        actions.pause(session_id=session.pk, by=therapist, at=after(5))
    assert (
        actions.stop_treatment(session_id=session.pk, reason="distress", by=therapist, at=after(5)).status
        == "recovering"
    )


def test_a_correction_stays_beside_what_it_corrects_and_only_one_is_possible(cast):
    session = started(cast)
    (outcome,) = read(cast, session, after(5), bp_sys=221, bp_dia=80)
    right = {"schema": "reading/1", "values": {"bp_sys": 122, "bp_dia": 80}, "source": "person"}
    said = {"session_id": session.pk, "seq": outcome.seq, "payload": right, "by": cast.actor("nurse")}
    actions.correct_event(**said, at=after(6))
    listed = {one.event.seq: one for one in session_timeline(session)}
    assert listed[outcome.seq].event.payload.values["bp_sys"] == 221
    assert listed[listed[outcome.seq].corrected_by].event.payload.values["bp_sys"] == 122
    assert state_of(session).latest("bp_sys").value == 122
    assert state_of(session).latest("bp_sys").at == after(5)
    with pytest.raises(ActionRefused, match="already-corrected"):
        actions.correct_event(**said, at=after(7))


@pytest.mark.parametrize("kind", ["status", "alarm"])
def test_what_moved_the_session_on_is_not_corrected(cast, kind):
    session = started(cast)
    read(cast, session, after(5), spo2=88)
    row = session.events.filter(kind=kind).first()
    with pytest.raises(ActionRefused):
        actions.correct_event(
            session_id=session.pk,
            seq=row.seq,
            payload={"schema": "note/1", "text": "wrong"},
            by=cast.actor("nurse"),
            at=after(6),
        )


def test_nothing_happens_in_the_future(cast):
    session = started(cast)
    for ahead, fits in ((30, True), (31, False)):
        moment = after(5) + timedelta(seconds=ahead)
        said = {"session_id": session.pk, "text": "hello", "by": cast.actor("nurse"), "at": after(5)}
        if fits:
            actions.add_note(**said, happened_at=moment)
        else:
            with pytest.raises(ActionRefused, match="in-the-future"):
                actions.add_note(**said, happened_at=moment)


def test_a_patient_who_is_well_goes_home(cast):
    session = settled(cast)
    assert [one.requirement.id for one in going_home(session, at=after(100)) if one.stops] == ["signature"]
    session = actions.discharge(session_id=session.pk, by=cast.actor("nurse"), at=after(100))
    assert session.status == "discharged"
    assert running(session, at=after(101)).state.since("discharged") == after(100)


def test_a_patient_does_not_go_home_before_the_hour_is_over(cast):
    session = settled(cast)
    with pytest.raises(ActionRefused) as told:
        actions.discharge(session_id=session.pk, by=cast.actor("nurse"), at=after(99.9))
    assert [reason.rule for reason in told.value.reasons] == ["minimum_observation"]


def test_nothing_charted_is_not_a_pass(cast):
    session = recovering(cast)
    with pytest.raises(ActionRefused) as told:
        actions.discharge(session_id=session.pk, by=cast.actor("nurse"), at=after(140))
    told_of = {reason.rule for reason in told.value.reasons}
    assert {"aldrete", "padss", "blood_pressure", "awake", "suicide_screen", "escort"} <= told_of


def test_a_clinician_decides_where_the_requirement_allows_it_and_nowhere_else(cast):
    session = settled(cast)
    read(cast, session, after(100), **QUIET | {"spo2": 92})
    prescriber = cast.actor("prescriber")
    with pytest.raises(ActionRefused):
        actions.discharge(session_id=session.pk, by=prescriber, at=after(100))
    said = {"session_id": session.pk, "reason_code": "own-baseline", "reason": "92 at rest for years", "by": prescriber}
    with pytest.raises(ActionRefused, match="no-override"):
        actions.override_requirement(**said, requirement="cannula", at=after(100))
    actions.override_requirement(**said, requirement="oxygen", at=after(100))
    for one in state_of(session).alarms.waiting:
        actions.acknowledge_alarm(
            session_id=session.pk, alarm=one.key, episode=one.number, by=prescriber, at=after(100)
        )
    assert actions.discharge(session_id=session.pk, by=prescriber, at=after(100.5)).status == "discharged"


def test_a_rescue_medicine_and_a_red_alarm_lengthen_the_observation(cast):
    session = started(cast)
    nurse = cast.actor("nurse")
    before = going_home_minimum(session)
    read(cast, session, after(5), spo2=88)
    assert going_home_minimum(session) - before == 60
    actions.record_intervention(
        session_id=session.pk, what="midazolam", medicine_class="short_acting_benzodiazepine", by=nurse, at=after(6)
    )
    assert going_home_minimum(session) - before == 120


def going_home_minimum(session: Session) -> int:
    return minimum_observation(state_of(session), session)


def test_the_clock_may_turn_twice_and_belongs_to_the_software(cast):
    session = started(cast)
    first = actions.tick(session_id=session.pk, by=CLOCK, at=after(2))
    assert first > 0
    assert actions.tick(session_id=session.pk, by=System(name="another"), at=after(2)) == 0
    with pytest.raises(NotAllowed):
        actions.tick(session_id=session.pk, by=cast.actor("nurse"), at=after(3))


def test_a_batch_is_one_audit_event_and_each_row_gets_its_own_answer(cast):
    session = started(cast)
    rows = [
        Row(at=after(1), values={"spo2": 97}, place="line 2"),
        Row(at=after(2), values={"spo2": "many"}, place="line 3"),
        Row(at=after(1), values={"spo2": 97}, place="line 4"),
        Row(at=after(2), values={"spo2": 197, "pulse": 4}, place="line 5"),
        Row(at=after(2), values={"spo2": 96, "heart_rate": 71.5}, place="line 6"),
    ]
    before = AuditEvent.objects.count()
    batch = Batch(rows=rows, source="device", device="bed 1")
    outcomes = actions.record_readings(session_id=session.pk, batch=batch, by=cast.actor("nurse"), at=after(2))
    assert [one.status for one in outcomes] == ["stored", "refused", "duplicate", "refused", "stored"]
    assert [one.place for one in outcomes] == [row.place for row in rows]
    assert len(outcomes[3].problems) >= 1
    assert AuditEvent.objects.count() == before + 1
    for one in outcomes:
        if one.status == "stored":
            assert session.events.get(seq=one.seq).kind == "reading"


def test_a_batch_that_is_sent_again_changes_nothing(cast):
    session = started(cast)
    batch = Batch(
        rows=[Row(at=after(1), values={"spo2": 97}), Row(at=after(1.5), values={"spo2": 96})], source="device"
    )
    first = actions.record_readings(session_id=session.pk, batch=batch, by=cast.actor("nurse"), at=after(2))
    count = session.events.filter(kind="reading").count()
    second = actions.record_readings(session_id=session.pk, batch=batch, by=cast.actor("nurse"), at=after(2))
    assert [one.status for one in second] == ["duplicate", "duplicate"]
    assert [one.seq for one in second] == [one.seq for one in first]
    assert session.events.filter(kind="reading").count() == count


@pytest.mark.parametrize("low, is_raised", [(1, False), (12, True)])
def test_a_dip_inside_a_batch_is_raised_when_it_lasted_even_when_the_last_row_is_fine(cast, low, is_raised):
    session = started(cast)
    values = [98, *[88] * low, *[98] * 20]
    rows = [Row(at=after(1) + timedelta(seconds=n), values={"spo2": value}) for n, value in enumerate(values)]
    actions.record_readings(
        session_id=session.pk,
        batch=Batch(rows=rows, source="device"),
        by=cast.actor("nurse"),
        at=rows[-1].at,
    )
    assert ("ALM-07" in {one.key for one in state_of(session).alarms.waiting}) is is_raised
    assert "ALM-07" not in {one.key for one in state_of(session).alarms.active}


def test_a_late_dip_is_raised_now_and_marked_late(cast):
    session = started(cast)
    read(cast, session, after(20), spo2=98)
    read(cast, session, after(20.2), taken_at=after(8), spo2=88)
    (alarm,) = [one for one in state_of(session).alarms.all if one.key == "ALM-07"]
    assert alarm.happened_at == after(8)
    assert alarm.raised_at == after(20.2)
    assert alarm.is_waiting


def test_a_finished_recording_posted_afterwards_is_all_there_in_time_order(cast):
    session = recovering(cast)
    rows = [Row(at=after(n), values={"spo2": 90 + n % 8, "heart_rate": 70}) for n in range(1, 40)]
    batch = Batch(rows=list(reversed(rows)), source="device")
    actions.record_readings(session_id=session.pk, batch=batch, by=cast.actor("nurse"), at=after(60))
    series = state_of(session).series["spo2"]
    assert [sample.at for sample in series] == sorted(sample.at for sample in series)
    assert {row.at for row in rows} <= {sample.at for sample in series}


def test_a_sound_is_silenced_for_its_levels_time_and_the_alarm_stands(cast):
    session = started(cast)
    read(cast, session, after(5), spo2=88)

    def silence(who: str, minutes: float) -> None:
        actions.silence_alarm(session_id=session.pk, alarm="ALM-07", episode=1, by=cast.actor(who), at=after(minutes))

    with pytest.raises(NotAllowed):
        silence("front-desk", 5.1)
    silence("nurse", 5.1)
    silence("nurse", 5.2)  # it is silent already
    log = state_of(session).alarms
    assert session.events.filter(kind="alarm", payload__transition="silenced").count() == 1
    assert log.episode("ALM-07", 1).silenced_until == after(6.1)
    assert "ALM-07" not in {one.key for one in log.sounding(at=after(6))}
    assert "ALM-07" in {one.key for one in log.sounding(at=after(6.1))}
    assert not log.episode("ALM-07", 1).is_acknowledged
    silence("nurse", 6.2)
    assert session.events.filter(kind="alarm", payload__transition="silenced").count() == 2
    assert AuditEvent.objects.filter(did="alarm silenced").count() == 2


def test_what_makes_no_sound_cannot_be_silenced(cast):
    session = started(cast)
    read(cast, session, after(10), **QUIET)
    actions.tick(session_id=session.pk, by=CLOCK, at=after(10))
    assert "ALM-29" in {one.key for one in state_of(session).alarms.active}
    for alarm in ("ALM-29", "ALM-99"):
        with pytest.raises(ActionRefused):
            actions.silence_alarm(session_id=session.pk, alarm=alarm, episode=1, by=cast.actor("nurse"), at=after(10))


def test_an_acknowledged_alarm_names_who_saw_it_and_twice_is_once(cast):
    session = started(cast)
    read(cast, session, after(5), spo2=88)
    for _ in range(2):
        actions.acknowledge_alarm(
            session_id=session.pk, alarm="ALM-07", episode=1, by=cast.actor("nurse"), at=after(5.1)
        )
    assert state_of(session).alarms.episode("ALM-07", 1).acknowledged[0].by_name == "Harbour Nurse"
    assert session.events.filter(once="acknowledged:red").count() == 1
    with pytest.raises(ActionRefused, match="no-such-alarm"):
        actions.acknowledge_alarm(session_id=session.pk, alarm="ALM-01", episode=1, by=cast.actor("nurse"), at=after(6))


def test_what_was_known_at_the_decision_lengthens_the_observation(cast):
    session = treatment.recovering(cast)
    before = minimum_observation(state_of(session), session)
    answers.answer(cast, at=after(50), patient__restricted_mobility="severe", patient__weight_kg=70)
    answers.decide(cast, at=after(50))
    assert minimum_observation(state_of(session), session) == before + 30


def test_a_correction_that_would_leave_more_lost_than_given_is_refused_and_writes_nothing(cast):
    """It ended in an error page: the sum of the doses was below 0."""
    session, by = started(cast), cast.actor("nurse")
    actions.record_line_loss(session_id=session.pk, dose_mg=Decimal(5), by=by, at=after(10))
    wrong = again(session).events.get(kind="dose", payload__step="start")
    slower = {"schema": "dose/1", "step": "start", "rate_mg_per_h": "1"}
    before = again(session).last_seq
    with pytest.raises(ActionRefused, match="lost"):
        actions.correct_event(session_id=session.pk, seq=wrong.seq, payload=slower, by=by, at=after(11))
    assert again(session).last_seq == before
