"""Nasal esketamine from check-in to discharge, and the monitoring form that follows within seven days."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Role
from ketacare.infusion import actions, rems
from ketacare.infusion.gate import readiness
from ketacare.infusion.models import RemsSubmission
from ketacare.infusion.queries import given_mg, going_home, state_of
from ketacare.infusion.refolding import differences
from ketacare.planning import actions as planning
from ketacare.planning.practices import REMS_CERTIFIED
from ketacare.worklist.queries.today import work
from tests.cast import day_at
from tests.rooms.infusion import spray, treatment
from tests.rooms.infusion.treatment import QUIET, START, after, again, read

ANSWERED = {"lot": "24X118", "vitals_acceptable": True}


@pytest.fixture
def hill(cast):
    """The clinic in New York."""
    return spray.there(cast)


def submit(cast, session, *, role="nurse", at=None, on=None, **answers):
    moment = at or after(60 * 24)
    return actions.submit_rems_form(
        session_id=session.pk,
        answers=ANSWERED | answers,
        submitted_on=on or moment.date(),
        by=cast.actor(role),
        at=moment,
    )


def test_the_first_device_holds_28_mg_and_the_second_comes_after_five_minutes(hill):
    session = spray.started(hill)
    assert given_mg(state_of(session), until=after(1)) == Decimal(28)
    nurse = hill.actor("nurse")
    read(hill, session, after(4), **QUIET)
    with pytest.raises(ActionRefused, match="rest between two devices is 5 min"):
        actions.give_device(session_id=session.pk, by=nurse, at=after(4.9))
    actions.give_device(session_id=session.pk, by=nurse, at=after(5))
    assert given_mg(state_of(again(session)), until=after(6)) == Decimal(56)
    with pytest.raises(ActionRefused, match="no further device"):
        actions.give_device(session_id=session.pk, by=nurse, at=after(11))


def test_no_further_device_while_a_red_alarm_is_on(hill):
    session = spray.started(hill)
    read(hill, session, after(5), **(QUIET | {"bp_sys": 185.0}))
    with pytest.raises(ActionRefused, match="red or black alarm"):
        actions.give_device(session_id=session.pk, by=hill.actor("nurse"), at=after(6))


def test_the_dose_is_not_called_given_before_the_last_device(hill):
    session = spray.started(hill)
    with pytest.raises(ActionRefused, match=r"28.0 mg of the ordered dose"):
        actions.end_infusion(session_id=session.pk, by=hill.actor("nurse"), at=after(2))


def test_a_patient_is_watched_for_two_hours(hill):
    session = spray.recovering(hill)
    at = after(100)
    minimum = next(one for one in going_home(session, at=at) if "observation" in one.requirement.id)
    assert minimum.requirement.met is False
    later = next(one for one in going_home(session, at=after(127)) if "observation" in one.requirement.id)
    assert later.requirement.met is True


def test_an_infusion_has_no_device_to_give(cast):
    session = treatment.started(cast)
    with pytest.raises(ActionRefused, match="no further device"):
        actions.give_device(session_id=session.pk, by=cast.actor("nurse"), at=after(10))


def test_a_session_goes_from_check_in_to_discharge_and_its_form_is_due_in_seven_days(hill):
    session = spray.discharged(hill)
    assert session.status == "discharged"
    (due,) = rems.forms_due([hill.here], at=after(60 * 24))
    assert (due.days_left, due.due_on - due.treated_on) == (6, timedelta(days=7))


@pytest.mark.parametrize("days, left, overdue", [(0, 7, False), (6, 1, False), (7, 0, True), (9, -2, True)])
def test_the_clock_of_the_form_counts_the_days_of_the_site(hill, days, left, overdue):
    session = spray.discharged(hill)
    due = rems.form_due(session, at=START + timedelta(days=days))
    assert (due.days_left, due.is_overdue) == (left, overdue)


def test_the_form_is_drawn_from_the_session(hill):
    session = spray.discharged(hill)
    told = rems.told_by_session(session, at=after(200))
    assert (told["dose_mg"], told["total_monitoring_min"]) == (56, 131)
    assert told["bp_before"]["systolic"] == 124
    assert (told["bp_40"]["systolic"], told["bp_40"]["minute"]) == (138, 40)
    assert told["bp_end"]["minute"] == 130
    assert told["sedation"] == "lowest MOAA/S 5"
    assert told["serious_events"] == []
    assert set(told) | set(rems.ASKED) == set(rems.rules().fields)


def test_what_nobody_recorded_is_said_to_be_not_known(hill):
    session = spray.started(hill)
    told = rems.told_by_session(session, at=after(1))
    assert told["bp_40"] is None
    assert [line.said for line in rems.lines(told) if line.name == "bp_40"] == ["not known"]


def test_a_submitted_form_keeps_what_it_said_and_is_due_no_more(hill):
    session = spray.discharged(hill)
    row = submit(hill, session)
    assert (row.form["lot"], row.form["dose_mg"], row.submitted_by_id) == ("24X118", 56, hill.staff["nurse"])
    assert rems.forms_due([hill.here], at=after(60 * 24)) == []
    assert AuditEvent.objects.filter(did="REMS form submitted", patients=[hill.ada]).count() == 1
    with pytest.raises(ActionRefused, match="submitted already"):
        submit(hill, session)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        RemsSubmission.objects.all().delete()


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"lot": ""}, "Not known: lot"),
        ({"vitals_acceptable": None}, "Not known: vital signs"),
        ({"on": (START - timedelta(days=2)).date()}, "between the day of the session and today"),
        ({"on": (START + timedelta(days=3)).date()}, "between the day of the session and today"),
    ],
)
def test_a_form_that_is_not_complete_is_not_called_submitted(hill, changes, says):
    session = spray.discharged(hill)
    with pytest.raises(ActionRefused, match=says):
        submit(hill, session, **changes)
    assert not RemsSubmission.objects.exists()


def test_a_form_waits_until_the_patient_has_left(hill):
    session = spray.recovering(hill)
    with pytest.raises(ActionRefused, match="once the patient has left"):
        submit(hill, session)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PATIENT])
def test_only_those_who_send_forms_record_them(hill, role):
    session = spray.discharged(hill)
    if role in {Role.PRESCRIBER, Role.NURSE, Role.CUSTODIAN}:
        assert submit(hill, session, role=role)
    else:
        with pytest.raises(NotAllowed):
            submit(hill, session, role=role)


def test_no_form_is_due_where_the_programme_does_not_apply(cast):
    session = spray.discharged(cast)
    assert session.site.jurisdiction == "EU"
    assert rems.forms_due([cast.here], at=after(60 * 24)) == []


def test_enrolment_and_certification_on_file_answer_the_gate(hill):
    session = spray.checked_in(hill)
    assert answer(session) is None
    certify(hill, True)
    assert answer(session) is None
    actions.record_enrolment(
        session_id=session.pk, enrolled_on=START.date(), by=hill.actor("nurse"), at=START - timedelta(minutes=30)
    )
    assert answer(session) is True
    certify(hill, False)
    assert answer(session) is False
    with pytest.raises(ActionRefused, match="on file already"):
        actions.record_enrolment(session_id=session.pk, enrolled_on=START.date(), by=hill.actor("nurse"), at=START)


def certify(cast, value):
    planning.settle_practice(
        site_id=cast.here, name=REMS_CERTIFIED, value=value, reason="Letter", by=cast.actor("prescriber"), at=START
    )


def answer(session):
    items = {item.name: item.fact for item in readiness(again(session), at=START - timedelta(minutes=5)).items}
    fact = items["gate.rems_enrolled"]
    return None if fact is None else fact.value


def test_a_form_that_is_due_waits_for_the_nurse_and_the_custodian(hill):
    spray.discharged(hill)
    for role, waits in ((Role.NURSE, True), (Role.CUSTODIAN, True), (Role.FRONT_DESK, False)):
        whats = [item for item in work(hill.actor(role), at=after(60 * 24 * 8)) if "monitoring form" in item.what]
        assert bool(whats) == waits
        if waits:
            assert (whats[0].urgency, "overdue" in whats[0].why) == (0, True)


# ---------------------------------------------------------------- in the browser


def test_the_forms_are_listed_filled_in_and_marked(hill, browse):
    session = spray.discharged(hill)
    listed = browse("nurse", there=True).get(reverse("infusion:rems-forms")).content.decode()
    assert "overdue by" in listed
    page = reverse("infusion:rems-form", args=[session.pk])
    text = browse("nurse", there=True).get(page).content.decode()
    for words in ("138/78 mmHg, minute 40", "Mark as submitted", "No enrolment is on file", "Minutes watched in all"):
        assert words in text
    form = {"lot": "24X118", "vitals_acceptable": "yes", "submitted_on": str(day_at(hill.here))}
    assert browse("custodian", there=True).post(page, form).status_code == 302
    text = browse("nurse", there=True).get(page).content.decode()
    assert "Submitted" in text
    assert "Mark as submitted" not in text
    told = browse("nurse", there=True).get(reverse("infusion:rems-json", args=[session.pk])).json()
    assert (told["fields"]["lot"], told["fields"]["dose_mg"]) == ("24X118", 56)


def test_an_enrolment_is_recorded_in_the_browser(hill, browse):
    session = spray.checked_in(hill)
    page = reverse("infusion:rems-enrol", args=[session.pk])
    assert browse("nurse", there=True).post(page, {"enrolled_on": "2026-02-01"}).status_code == 302
    assert (
        "Enrolled since"
        in browse("nurse", there=True).get(reverse("infusion:rems-form", args=[session.pk])).content.decode()
    )
    assert browse("nurse", there=True).post(page, {"enrolled_on": "then"}).status_code == 200


def test_the_cockpit_of_a_spray_speaks_of_devices_and_not_of_a_pump(hill, browse):
    session = spray.started(hill)
    text = browse("nurse", there=True).get(reverse("infusion:session", args=[session.pk])).content.decode()
    assert "Give the next device" in text
    assert "The dose is given" in text
    for words in ("Change rate", "End infusion", "of the infusion", "infusing"):
        assert words not in text


def test_the_gate_of_a_spray_asks_for_no_volume(hill, browse):
    session = spray.ready(hill)
    text = browse("nurse", there=True).get(reverse("infusion:gate", args=[session.pk])).content.decode()
    assert "Give the first dose" in text
    assert "Who else computed the volume" not in text


def test_a_session_is_put_on_the_list_with_the_route_of_its_plan(hill, browse):
    spray.ordered(hill)
    page = reverse("infusion:plan", args=[hill.ada_course])
    when = {"number": "1", "planned_at": "2026-03-04T09:00"}
    assert browse("nurse", there=True).post(page, when).status_code == 302
    (session,) = hill.course("ada").treatment_sessions.all()
    assert (session.route, session.schedule) == ("in_esketamine", "in_esketamine")


def test_how_a_session_was_borne_is_kept_once_it_is_over(hill):
    session = spray.recovering(hill)
    assert hill.course("ada").treatments.get().tolerance is None
    actions.transfer(session_id=session.pk, to="Hospital", reason="Asks for it", by=hill.actor("nurse"), at=after(10))
    kept = hill.course("ada").treatments.get().tolerance
    assert (kept["lowest_moaas"], kept["highest_dissociation"], kept["pressure_alarm_levels"]) == (5, 0, [])
    assert list(differences()) == []


def test_a_red_pressure_alarm_is_remembered_after_it_has_passed(hill):
    session = spray.started(hill)
    read(hill, session, after(2), **(QUIET | {"bp_sys": 185.0}))
    read(hill, session, after(4), **QUIET)
    actions.stop_treatment(session_id=session.pk, reason="Pressure", by=hill.actor("nurse"), at=after(5))
    actions.transfer(session_id=session.pk, to="Hospital", reason="Pressure", by=hill.actor("nurse"), at=after(10))
    kept = hill.course("ada").treatments.get().tolerance
    assert "red" in kept["pressure_alarm_levels"]


def test_the_board_counts_the_forms_that_are_due_and_names_nobody(hill, browse):
    spray.discharged(hill)
    text = browse("nurse", there=True).get(reverse("infusion:board")).content.decode()
    assert "Esketamine monitoring forms to send: 1" in text
    assert "overdue by" in text
    assert "Marchetti" not in text
