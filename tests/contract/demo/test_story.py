"""The demo's day: told by actions alone, somebody at every station, and within three minutes something to see."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings

from ketacare.billing.models import Price
from ketacare.clinic import guards, seals, verify
from ketacare.clinic.models import AuditEvent, Course, Hold, Role, User
from ketacare.clinic.queries import active_holds
from ketacare.config.demo import opening, story, vault
from ketacare.config.demo.people import person
from ketacare.config.demo.referral import letter
from ketacare.config.demo.shift import Shift, waiting
from ketacare.config.demo.team import HIDDEN, PASSWORD, email_of
from ketacare.consent.models import SeparateConsent
from ketacare.evaluation.models import PendingDecision
from ketacare.evaluation.queries import assess
from ketacare.infusion import actions, states
from ketacare.infusion.models import Session, SessionEvent
from ketacare.outcomes.models import Alert, AnswerSet
from ketacare.planning.queries import orders_to_second_sign, orders_to_sign, signed_order
from ketacare.record.models import Treatment
from ketacare.stewardship import checking, pages
from ketacare.stewardship import queries as register
from ketacare.stewardship.models import Movement
from ketacare.stewardship.values import Chair
from tests.conftest import copy_of, standing_in

OPENING = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PLAYED_S = 180
TURN_S = 4


@pytest.fixture(scope="module")
def played(template, django_db_blocker, tmp_path_factory):
    """The clinic at the opening and three minutes later; what is asked of the opening is asked here."""
    folder = tmp_path_factory.mktemp("demo")
    with (
        django_db_blocker.unblock(),
        standing_in(copy_of(template, folder)),
        override_settings(AUDIT_KEYS=folder / "keys"),
    ):
        opening.hurry()
        team = opening.open_clinic(seed=4, at=OPENING, say=lambda step: None)
        story.open_chairs(team, at=OPENING, say=lambda step: None)
        shift = Shift(team=team)
        for second in range(TURN_S, PLAYED_S + 1, TURN_S):
            shift.turn(at=OPENING + timedelta(seconds=second), every_s=TURN_S)
        yield team


def courses(team, **wanted):
    return Course.objects.filter(site=team.site, **wanted)


def of(team):
    return Session.objects.filter(site=team.site)


def since_the_opening(team):
    return SessionEvent.objects.filter(session__site=team.site, recorded_at__gt=OPENING)


def test_somebody_stands_at_every_station_of_the_pathway(played):
    there = set(courses(played).values_list("status", flat=True))
    assert there == {
        "referred",
        "in-evaluation",
        "not-eligible",
        "eligible",
        "planned",
        "in-induction",
        "in-maintenance",
    }
    assert {"planned", "treating", "recovering", "discharged"} <= set(of(played).values_list("status", flat=True))


def test_in_evaluation_one_lacks_answers_and_one_waits_for_a_decision(played):
    open_ones = courses(played, status="in-evaluation")
    needs = [len(assess(course, at=OPENING).evaluation.unknown) for course in open_ones]
    assert 0 in needs
    assert max(needs) > 0


def test_a_decision_and_an_order_wait_for_a_second_prescriber_and_one_order_for_the_first(played):
    assert PendingDecision.objects.filter(course__site=played.site, closed_at=None).count() == 1
    assert orders_to_second_sign([played.site.pk]).count() == 1
    assert orders_to_sign([played.site.pk]).count() == 1


def test_an_urgent_answer_holds_a_course_and_its_alerts_wait_while_another_has_its_owner(played):
    held = Hold.objects.get(course__site=played.site, lifted_at=None)
    alerts = Alert.objects.filter(course=held.course)
    assert set(alerts.filter(hold=held).values_list("status", flat=True)) == {"open", "owned"}
    assert Alert.objects.filter(course__site=played.site, status="closed").exists()


def test_in_maintenance_one_keeps_the_gain_and_one_loses_it(played):
    trends = []
    for course in courses(played, status="in-maintenance"):
        rows = AnswerSet.objects.filter(course=course).order_by("answered_at").select_related("score")
        totals = [row.score.main for row in rows]
        assert len(totals) >= 6
        assert min(totals) < totals[0] / 2
        trends.append(totals[-1] - min(totals))
    assert min(trends) < 5 <= max(trends)


def test_everybody_came_with_a_letter_that_was_understood_whole(played):
    letters = {person(number, seed=4, today=OPENING.date()) for number in range(20)}
    for one in letters:
        assert not letter(one, seed=4, on=OPENING.date()).not_understood
    told = {course.patient_id: set(course.patient.entries.values_list("kind", flat=True)) for course in courses(played)}
    assert all({"condition", "medicine", "allergy"} <= kinds for kinds in told.values())


def test_those_in_maintenance_were_given_six_sessions_that_left_their_treatments(played):
    for course in courses(played, status="in-maintenance"):
        given = Treatment.objects.filter(course=course).order_by("number")
        assert [row.number for row in given] == [1, 2, 3, 4, 5, 6]
        assert all(row.ended_at is not None for row in given)


def test_those_in_maintenance_have_an_estimate_and_a_bill_of_what_happened_at_made_up_prices(played):
    assert set(Price.objects.filter(site=played.site).values_list("note", flat=True)) == {"Made up for the demo"}
    for course in courses(played, status="in-maintenance"):
        told = course.superbills.get().document
        assert course.estimates.get().given.exists()
        assert len(told["drugs"]) == course.treatments.count()
        assert all(drug["lots"] and drug["wasted_mg"] and int(drug["minutes"]) == 40 for drug in told["drugs"])


def test_within_three_minutes_the_monitors_move(played):
    moving = since_the_opening(played).filter(kind="reading", by__startswith="device:")
    assert moving.values("session").distinct().count() >= 3
    assert moving.count() > 60
    assert len({row.payload["values"]["heart_rate"] for row in moving}) > 5


def test_within_three_minutes_an_alarm_is_raised_and_acknowledged(played):
    alarms = since_the_opening(played).filter(kind="alarm", alarm="ALM-12").order_by("seq")
    told = [(row.payload["transition"], (row.recorded_at - OPENING).total_seconds()) for row in alarms]
    assert [transition for transition, _ in told][:2] == ["raised", "acknowledged"]
    assert 20 <= told[0][1] <= 60
    assert told[1][1] - told[0][1] >= 30


def test_within_three_minutes_an_infusion_ends_and_somebody_goes_home(played):
    moves = since_the_opening(played).filter(kind="status").values_list("payload__to", flat=True)
    assert {"recovering", "discharged"} <= set(moves)


def test_nobody_in_the_story_ever_reaches_a_red_alarm_or_is_left_without_data(played):
    alarms = SessionEvent.objects.filter(session__site=played.site, kind="alarm")
    assert not alarms.filter(payload__level__in=["red", "black"]).exists()
    assert not alarms.filter(alarm__startswith="ALM-19").exists()


def test_the_next_patients_wait_with_signed_orders_and_no_hold(played):
    ready = [
        session
        for session in waiting(played)
        if signed_order(session.course, session.number) and not active_holds(session.course).exists()
    ]
    assert len(ready) >= 3


def test_the_cycle_begins_anew_when_a_chair_is_free(played):
    free_since = of(played).filter(status="discharged").order_by("-ended_at").first()
    shift = Shift(team=played)
    at = OPENING + timedelta(seconds=PLAYED_S)
    for minute in range(1, 20):
        shift.turn(at=at + timedelta(minutes=minute), every_s=30)
    again = of(played).get(chair=free_since.chair, status="treating")
    assert again.number == 1


def test_somebody_new_is_booked_when_few_are_waiting(played):
    at = OPENING + timedelta(minutes=25)
    for session in waiting(played)[2:]:
        by = played.staff["front-desk"]
        actions.cancel(session_id=session.pk, reason="does not come", by=by, at=at)
    story.restock(played, at=at)
    story.restock(played, at=at)
    assert len(waiting(played)) == 3


def test_a_demo_that_was_stopped_for_hours_catches_up_with_them(played):
    later = OPENING + timedelta(hours=4)
    gone_home = of(played).filter(status="discharged").count()
    opening.catch_up(played, at=later, say=lambda step: None)
    assert of(played).filter(status="discharged").count() >= gone_home + 4
    assert not of(played).filter(status="treating", started_at__lt=later - timedelta(minutes=55)).exists()
    alarms = SessionEvent.objects.filter(session__site=played.site, kind="alarm", recorded_at__gt=OPENING)
    assert not alarms.filter(payload__level__in=["red", "black"]).exists()


def test_every_cached_column_is_what_the_timeline_adds_up_to(played):
    for session in of(played):
        state = states.refolded(session)
        assert (session.status, session.last_seq) == (state.status, state.seq)
        assert (session.started_at, session.ended_at) == (state.started_at, state.ended_at)


def test_the_audit_trail_is_whole_and_every_table_guarded(played):
    seals.seal_pending(at=OPENING + timedelta(hours=1))
    assert verify.audit_trail().sound
    assert guards.unguarded_tables() == []


def test_everything_was_done_by_somebody_with_a_name(played):
    authors = set(AuditEvent.objects.filter(at__gt=OPENING - timedelta(days=119)).values_list("actor", flat=True))
    assert all(author.split(":")[0] in {"staff", "device", "system", "patient"} for author in authors)
    system = {author for author in authors if author.startswith("system:")}
    assert system <= {
        "system:consent",
        "system:outcomes",
        "system:alarms",
        "system:messenger",
        "system:safety",
        "system:public",
    }


def test_somebody_agreed_to_some_things_beside_the_treatment_and_declined_others(played):
    rows = SeparateConsent.objects.filter(course__site=played.site).exclude(kind="off_label")
    said = {row.kind: row.said for row in rows if row.course.patient.user is not None}
    assert said == {
        "telehealth": "given",
        "touch": "refused",
        "recording": "refused",
        "registry": "given",
        "data_sharing": "given",
    }


def test_each_role_has_a_log_in_and_the_one_who_plays_has_none(played):
    roles = {role for by in played.staff.values() for _, role in by.roles}
    assert roles == set(Role) - {Role.PATIENT}
    can = {role for role in played.staff if User.objects.get(email=email_of(role)).check_password(PASSWORD)}
    assert can == set(played.staff) - set(HIDDEN)


def test_the_days_drug_closes_for_everybody_whose_infusion_is_over(played):
    over = Treatment.objects.filter(course__site=played.site, ended_at__isnull=False)
    assert over.count() > 10
    for row in over:
        chair = Chair(course_id=row.course_id, number=row.number)
        assert pages.totals(played.site, chair).gap_mg == 0
        assert pages.totals(played.site, chair).drawn_mg > row.given_mg
    assert not register.open_discrepancies(played.site).exists()
    assert not list(checking.disagreements())
    vault.count(played, at=OPENING + timedelta(hours=1))
    assert not register.open_discrepancies(played.site).exists()


def test_the_demo_issues_returns_and_wastes_before_a_second_person(played):
    kinds = set(Movement.objects.filter(site=played.site).values_list("kind", flat=True))
    assert {"opening", "issue", "dose", "return", "waste"} <= kinds
    assert not Movement.objects.filter(site=played.site, kind="waste", witness__isnull=True).exists()
