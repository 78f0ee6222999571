"""The sources of the worklist: what each tells, whom, how much it asks the database, and what the menu counts."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ketacare.clinic import actions
from ketacare.clinic.actor import of_user
from ketacare.clinic.models import Membership, Qualification, Role, Site, User
from ketacare.clinic.permissions import PERMISSIONS
from ketacare.consent.actions import withdraw_consent
from ketacare.infusion import actions as infusion
from ketacare.infusion.models import RefusedDelivery
from ketacare.outcomes.actions import take_alert
from ketacare.worklist.queries.sources import SOURCES
from ketacare.worklist.queries.today import work, worklist
from tests import cast as people
from tests.cast import NOW
from tests.rooms.infusion import treatment
from tests.rooms.outcomes.caring import on_all_day, troubled
from tests.rooms.steps import planned
from tests.rooms.worklist.test_today import hold

MOST_QUERIES = 8  # of one source, however much waits
DAY = timedelta(days=1)


def told(cast, role: str, source: str, *, at=NOW) -> list[str]:
    """What one source tells one person."""
    found = worklist(cast.actor(role), at=at, kind=source)
    return [f"{one.what}: {one.person}; {one.why}" for one in found.items] if found.kind == source else []


def until(cast, role: str, kind: str, last: date, *, seen: bool = True) -> None:
    """The person's paper of this kind runs out on this day."""
    for row in Qualification.objects.filter(user=cast.staff[role], kind=kind):
        actions.end_qualification(qualification_id=row.pk, reason="Test", by=cast.actor("quality"), at=NOW)
    seer = cast.actor("quality") if seen else None
    people.paper(cast.staff[role], kind, recorder=cast.actor("administrator"), seer=seer, expires_on=last)


# Papers


@pytest.mark.parametrize(("days", "urgency"), [(60, 2), (31, 2), (30, 1), (8, 1), (7, 0), (0, 0)])
def test_a_paper_that_runs_out_is_told_to_its_holder_and_the_administrator_in_three_steps(cast, days, urgency):
    until(cast, "nurse", "basic_life_support", NOW.date() + days * DAY)
    for role in ("nurse", "administrator"):
        (item,) = worklist(cast.actor(role), at=NOW, kind="papers").items
        assert item.urgency == urgency
        assert "Basic life support (BLS)" in item.why
    assert told(cast, "therapist", "papers") == []
    assert told(cast, "quality", "papers") == []


def test_sixty_one_days_before_its_end_nobody_is_told(cast):
    until(cast, "nurse", "basic_life_support", NOW.date() + 61 * DAY)
    assert told(cast, "nurse", "papers") == []


def test_a_paper_that_ran_out_or_was_never_recorded_waits_until_it_is_there(cast):
    until(cast, "nurse", "basic_life_support", NOW.date() - 3 * DAY)
    (item,) = worklist(cast.actor("nurse"), at=NOW, kind="papers").items
    assert (item.urgency, item.what, item.since.date()) == (0, "A paper is missing", NOW.date() - 3 * DAY)
    newcomer = User.objects.create_user("nora@harbour.example", None, name="Nora Quist")
    actions.add_role(
        user=newcomer, site=Site.objects.get(pk=cast.here), role="nurse", by=cast.actor("administrator"), at=NOW
    )
    assert any("Nora Quist" in one for one in told(cast, "administrator", "papers"))
    (own,) = worklist(of_user(newcomer), at=NOW, kind="papers").items
    assert own.url == reverse("clinic:qualifications-mine")


def test_a_paper_renewed_in_time_and_seen_is_told_to_nobody(cast):
    until(cast, "nurse", "basic_life_support", NOW.date() + 5 * DAY)
    by, seer = cast.actor("administrator"), cast.actor("quality")
    people.paper(cast.staff["nurse"], "basic_life_support", recorder=by, seer=seer, expires_on=NOW.date() + 700 * DAY)
    assert told(cast, "nurse", "papers") == []


def test_a_paper_nobody_has_seen_waits_for_somebody_other_than_its_holder_and_recorder(cast):
    until(cast, "nurse", "basic_life_support", NOW.date() + 700 * DAY, seen=False)
    assert told(cast, "administrator", "papers-seen") == []
    assert len(told(cast, "quality", "papers-seen")) == len(told(cast, "medical-director", "papers-seen")) == 1
    assert told(cast, "nurse", "papers-seen") == []


# What is begun and not finished


def test_a_report_waits_until_it_is_signed(cast):
    session = treatment.settled(cast)
    at = treatment.after(400)
    infusion.transfer(session_id=session.pk, to="General Hospital", reason="Chest pain", by=cast.actor("nurse"), at=at)
    assert len(told(cast, "nurse", "session-reports", at=at)) == 1
    infusion.sign_report(session_id=session.pk, by=cast.actor("nurse"), at=at)
    assert told(cast, "nurse", "session-reports", at=at) == []


def test_a_consent_waits_when_it_was_withdrawn_or_runs_out_within_two_weeks(cast):
    planned(cast)
    consent = cast.course("ada").consents.get()
    assert told(cast, "prescriber", "consents") == []
    near = consent.expires_at - 13 * DAY
    assert "runs out on" in told(cast, "prescriber", "consents", at=near)[0]
    assert "ran out on" in told(cast, "prescriber", "consents", at=consent.expires_at + DAY)[0]
    withdraw_consent(course_id=cast.ada_course, reason="", by=cast.actor("nurse"), at=near)
    assert "it was withdrawn: nothing is given" in told(cast, "prescriber", "consents", at=near)[0]


def test_an_empty_rota_waits_until_somebody_is_named(cast):
    assert len(told(cast, "administrator", "rota")) == 1
    on_all_day(cast, "nurse")
    assert told(cast, "administrator", "rota") == []


def test_a_site_is_told_whom_patients_call_is_not_settled(cast):
    empty = people.site("Quay Clinic")
    Membership.objects.create(user=cast.user("prescriber"), site=empty, role=Role.PRESCRIBER)
    (said,) = told(cast, "prescriber", "numbers")
    assert said.startswith("Say whom patients call: Quay Clinic; 0 of 4 settled")


def test_readings_that_were_refused_since_yesterday_wait_one_line_a_site(cast):
    row = {"site_id": cast.here, "reason": "unknown-device", "says": "No such device", "first_at": NOW}
    for sender in ("BED-7", "BED-8"):
        RefusedDelivery.objects.create(sender=sender, last_at=NOW, **row)
    RefusedDelivery.objects.create(sender="BED-9", last_at=NOW - 2 * DAY, **row)
    assert told(cast, "nurse", "devices") == [
        "Look at readings that were refused: Harbour Clinic; 2 senders since yesterday"
    ]


# The menu


def test_the_menu_counts_what_the_list_shows_and_asks_the_database_nothing_more(cast):
    hold(cast)
    hold(cast)
    troubled(cast, answer=3)
    by = cast.actor("prescriber")
    with CaptureQueriesContext(connection) as bare:
        items = work(by, at=NOW)
    with CaptureQueriesContext(connection) as counted:
        found = worklist(by, at=NOW)
    assert len(counted) == len(bare)
    assert found.total == len(items) == sum(one.count for one in found.kinds)
    for one in found.kinds:
        assert len(worklist(by, at=NOW, kind=one.name).items) == one.count


@pytest.mark.parametrize("source", SOURCES, ids=lambda one: one.name)
def test_a_source_asks_the_database_few_and_as_many_questions_however_much_waits(cast, source):
    role = next(one for one in cast.staff if any(one in PERMISSIONS[act] for act in source.permissions))
    by = cast.actor(role)
    troubled(cast, answer=3)
    hold(cast)
    with CaptureQueriesContext(connection) as few:
        source.items(by, NOW)
    for _ in range(4):
        troubled(cast, answer=3)
        hold(cast)
    for number in range(3):
        user = User.objects.create_user(f"more-{number}@harbour.example", None, name=f"More {number}")
        Membership.objects.create(user=user, site_id=cast.here, role=Role.NURSE)
    with CaptureQueriesContext(connection) as many:
        source.items(by, NOW)
    assert len(many) <= len(few) + (len(few) == 0)
    assert len(many) <= MOST_QUERIES


def test_somebody_with_two_roles_narrows_the_list_to_one(cast):
    Membership.objects.create(user=cast.user("nurse"), site_id=cast.here, role=Role.ADMINISTRATOR)
    until(cast, "therapist", "licence", NOW.date() - DAY)
    until(cast, "custodian", "drug_handling", NOW.date() - DAY)
    by = cast.actor("nurse")
    found = worklist(by, at=NOW)
    assert {one.name for one in found.roles} == {"nurse", "administrator"}
    as_nurse = worklist(by, at=NOW, role="nurse")
    assert "Who is on for alerts" in {one.label for one in found.kinds}
    assert "Who is on for alerts" not in {one.label for one in as_nurse.kinds}
    assert worklist(by, at=NOW, role="prescriber").role == ""
    assert worklist(cast.actor("therapist"), at=NOW).roles == ()


def test_what_nobody_has_taken_can_be_taken_from_the_list_and_then_says_whose_it_is(cast, browse):
    row = troubled(cast, answer=3)
    (first, *_) = worklist(cast.actor("therapist"), at=NOW, kind="alerts").items
    assert (first.owner, first.take_url) == ("nobody yet", reverse("outcomes:alert-take", args=first.of))
    for alert in row.alerts.all():
        take_alert(alert_id=alert.pk, by=cast.actor("nurse"), at=NOW)
    (mine, *_) = worklist(cast.actor("nurse"), at=NOW, kind="alerts").items
    assert (mine.owner, mine.take_url) == ("you", "")


def test_a_kind_or_role_that_does_not_exist_narrows_nothing(browse, cast):
    hold(cast)
    page = browse("prescriber").get("/?kind=<script>&role=wizard")
    assert page.status_code == 200
    assert page.context["found"].kind == page.context["found"].role == ""
    assert len(page.context["items"]) == page.context["found"].total
