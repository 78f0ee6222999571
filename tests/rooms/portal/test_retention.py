"""What is no record goes after its time, by a rule with a source; what the law keeps is refused; dry run changes nothing."""

from datetime import date, timedelta

import pytest
from axes.models import AccessLog
from django.contrib.sessions.models import Session as LogIn
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from ketacare.booking.models import Appointment
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Site
from ketacare.config import cli
from ketacare.frontdesk import actions as desk
from ketacare.frontdesk.models import ConsultationRequest, ContactTry, IdentityDecision, SentSelfCheck
from ketacare.frontdesk.values import TryInput
from ketacare.portal import actions, retention
from ketacare.portal.models import LogInInvitation
from ketacare.science import reference
from ketacare.science.rights import law
from tests.cast import NOW
from tests.rooms.frontdesk.asking import WELL, asked, asked_as_ada

DAY = timedelta(days=1)
KEPT_EU = law.load("eu").kept("consultations").days
JURISDICTIONS = ["us", "eu", "gb", "other"]


def closed(cast, request, *, at=NOW) -> ConsultationRequest:
    by = cast.actor("front-desk")
    return desk.close_request(request_id=request.pk, because="Nadia Benali went elsewhere", by=by, at=at)


def full(cast) -> ConsultationRequest:
    """A request with everything that can come with one, closed."""
    request, by = (
        asked_as_ada(cast, answers=WELL, needs="Somebody beside me", email="nadia@x.example"),
        cast.actor("front-desk"),
    )
    desk.note_contact(
        request_id=request.pk, tried=TryInput(way="phone", came="reached", note="Nadia calls back"), by=by, at=NOW
    )
    told = {"patient_id": cast.ada, "is_same": False, "reason": "Another voice"}
    desk.judge_identity(request_id=request.pk, **told, by=by, at=NOW)
    return closed(cast, request)


def let_go(cast, kind="consultations", *, at, role="administrator") -> int:
    return actions.let_go(site_id=cast.here, kind=kind, by=cast.actor(role), at=at)


def line(cast, name, *, at) -> retention.Line:
    (found,) = [one for one in retention.listing(Site.objects.get(pk=cast.here), at=at) if one.table.name == name]
    return found


LAST, FIRST = NOW + KEPT_EU * DAY, NOW + (KEPT_EU + 1) * DAY


def test_a_request_that_led_to_nothing_goes_with_all_that_came_with_it_the_day_after_its_last(cast):
    row = full(cast)
    assert let_go(cast, at=LAST) == 0
    assert let_go(cast, at=FIRST) == 1
    row.refresh_from_db()
    assert (row.given_name, row.family_name, row.phone, row.email, row.needs, row.born_on) == ("", "", "", "", "", None)
    assert (row.erased_at, row.times) == (FIRST, [])
    assert "Nadia" not in row.closed_because
    assert not any(table.objects.exists() for table in (SentSelfCheck, ContactTry, IdentityDecision))


def test_it_is_one_audit_event_a_kind_with_who_and_how_many_and_ids_alone(cast):
    row = full(cast)
    let_go(cast, at=FIRST)
    (event,) = AuditEvent.objects.filter(did="requests erased")
    assert event.actor == cast.actor("administrator").key
    assert event.details == {"count": 1, "requests": [row.pk]}


@pytest.mark.parametrize("how", ["open", "admitted", "elsewhere"])
def test_what_is_open_became_a_patient_or_belongs_to_another_site_stays(cast, how):
    by = cast.actor("front-desk")
    row = asked(cast, site_id=cast.there if how == "elsewhere" else cast.here)
    if how == "admitted":
        desk.admit_request(request_id=row.pk, indication="mdd_trd", sex_at_birth="female", by=by, at=NOW)
    if how == "elsewhere":
        there = cast.actor("front-desk", there=True)
        desk.close_request(request_id=row.pk, because="No", by=there, at=NOW)
    assert let_go(cast, at=FIRST + 3650 * DAY) == 0
    row.refresh_from_db()
    assert row.given_name == "Nadia"


def test_the_time_counts_from_the_last_contact(cast):
    row, by = asked(cast), cast.actor("front-desk")
    later = NOW + 20 * DAY
    desk.note_contact(request_id=row.pk, tried=TryInput(way="phone", came="nobody", note=""), by=by, at=later)
    closed(cast, row, at=later)
    assert let_go(cast, at=later + KEPT_EU * DAY) == 0
    assert let_go(cast, at=later + (KEPT_EU + 1) * DAY) == 1


def test_the_name_of_a_visitor_goes_from_the_day_that_was_booked_for_them(cast):
    row = asked(cast)
    visit = Appointment.objects.create(
        site_id=cast.here, kind="consultation", visitor_name="Nadia Benali", prescriber=cast.user("prescriber"),
        starts_at=NOW + DAY, ends_at=NOW + DAY * 1.1, free_at=NOW + DAY * 1.1, state="cancelled", end_reason="Nadia rang",
        booked_at=NOW,
    )  # fmt: skip
    ConsultationRequest.objects.filter(pk=row.pk).update(booked=visit)
    closed(cast, row)
    let_go(cast, at=FIRST)
    visit.refresh_from_db()
    assert "Nadia" not in visit.visitor_name + visit.end_reason


def test_the_page_of_an_erased_request_still_answers_and_nobody_is_compared_with_it(cast, browse):
    row = full(cast)
    let_go(cast, at=FIRST)
    page = browse("front-desk").get(reverse("frontdesk:request", args=[row.pk]))
    assert page.status_code == 200
    assert "it had stayed its time" in page.content.decode()
    other = asked(cast)
    assert browse("front-desk").get(reverse("frontdesk:request", args=[other.pk])).status_code == 200


def test_the_database_refuses_an_erased_request_that_still_says_something_and_any_change_to_what_came_with_one(cast):
    row = full(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        ConsultationRequest.objects.filter(pk=row.pk).update(erased_at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        ConsultationRequest.objects.filter(pk=row.pk).update(born_on=None)
    for table, change in (
        (SentSelfCheck, {"verdict": "x"}),
        (ContactTry, {"note": "x"}),
        (IdentityDecision, {"reason": "x"}),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            table.objects.update(**change)


@pytest.mark.parametrize("kind", retention.STAYING)
def test_what_the_law_keeps_is_refused_whoever_asks(cast, kind):
    with pytest.raises(ActionRefused, match="kept"):
        let_go(cast, kind, at=FIRST, role="quality")


@pytest.mark.parametrize("role", ["prescriber", "nurse", "therapist", "front-desk", "custodian", "medical-director"])
def test_others_let_nothing_go(cast, role):
    with pytest.raises(NotAllowed):
        let_go(cast, at=FIRST, role=role)
    with pytest.raises(NotAllowed):
        actions.let_go(site_id=cast.there, kind="links", by=cast.actor("administrator"), at=FIRST)


def test_a_link_to_a_log_in_goes_after_it_has_ended_and_an_open_one_never(cast):
    told = {
        "patient_id": cast.ben,
        "email": "ben@x.example",
        "language": "en",
        "is_by_hand": True,
        "by": cast.actor("front-desk"),
    }
    actions.invite_patient(**told, at=NOW)
    (link,) = LogInInvitation.objects.all()
    days = law.load("eu").kept("links").days
    assert let_go(cast, "links", at=link.expires_at + days * DAY) == 0
    assert line(cast, "portal.LogInInvitation", at=link.expires_at).count == 1
    assert let_go(cast, "links", at=link.expires_at + (days + 1) * DAY) == 1
    assert not LogInInvitation.objects.exists()


def test_tries_to_log_in_and_ended_log_ins_go_by_the_longest_time_of_any_site(cast):
    AccessLog.objects.create(username="ada@patients.example", ip_address="10.0.0.7", user_agent="x", path_info="/")
    LogIn.objects.create(session_key="k" * 32, session_data="x", expire_date=timezone.now())
    longest = max(law.load(one).kept("log_ins").days for one in ("eu", "us"))
    assert let_go(cast, "log_ins", at=timezone.now() + longest * DAY) == 0
    assert let_go(cast, "log_ins", at=timezone.now() + (longest + 2) * DAY) == 2
    assert AuditEvent.objects.filter(did="log_ins let go").latest("pk").details["axes.AccessLog"] == 1


def test_the_list_says_how_many_since_when_and_when_the_next_goes_and_changes_nothing(cast):
    full(cast)
    before = line(cast, "frontdesk.ConsultationRequest", at=LAST)
    assert (before.count, before.may_go, before.oldest, before.next_on) == (1, 0, NOW.date(), FIRST.date())
    assert line(cast, "frontdesk.ConsultationRequest", at=FIRST).may_go == 1
    assert ConsultationRequest.objects.get().erased_at is None


def test_the_page_shows_it_to_those_who_look_after_it_and_to_nobody_else(cast, browse):
    full(cast)
    assert browse("nurse").get(reverse("portal:retention")).status_code == 404
    text = browse("administrator").get(reverse("portal:retention")).content.decode()
    assert "180 days from the last contact" in text
    assert "The controlled-drug register" in text or "controlled-drug register" in text
    assert reverse("portal:retention") in browse("administrator").get(reverse("clinic:settings")).content.decode()
    assert "Harbour Clinic" in text
    assert "Hill Clinic" not in text


@pytest.fixture
def command(cast, monkeypatch, capsys):
    """The command line on the test's database, at a moment."""

    def run(*options: str, at=FIRST) -> tuple[int, str]:
        monkeypatch.setattr("ketacare.config.commands.retention.timezone.now", lambda: at)
        code = cli.main(["retention", *options])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


def test_the_command_only_tells_unless_it_is_told_to_and_by_whom(cast, command):
    full(cast)
    code, said = command("--site", "Harbour Clinic")
    assert code == 0
    assert "1 of 1" in said
    assert "[R-GDPR-5, D-RIGHTS; default]" in said
    assert "Nothing was changed" in said
    assert ConsultationRequest.objects.get().erased_at is None
    assert command("--apply")[0] == 2
    assert command("--by", "administrator@harbour.example")[0] == 2
    code, said = command("--site", "Harbour Clinic", "--apply", "--by", "administrator@harbour.example")
    assert (code, "consultations: 1 let go" in said) == (0, True)
    assert AuditEvent.objects.filter(did="requests erased").get().actor == f"operator:{cast.staff['administrator']}"


def test_the_command_refuses_what_stays_a_stranger_and_a_site_that_is_not_there(cast, command):
    here = ("--site", "Harbour Clinic", "--apply", "--by")
    code, said = command(*here, "administrator@harbour.example", "--kind", "care")
    assert (code, "care stays: the health record" in said) == (1, True)
    assert command(*here, "nurse@harbour.example")[0] == 1
    assert command(*here, "nobody@harbour.example")[0] == 1
    assert command("--site", "Nowhere")[0] == 2


@pytest.mark.parametrize("place", JURISDICTIONS)
def test_every_place_says_of_every_kind_how_long_with_a_source_and_a_mark(place):
    rules = law.load(place)
    for kept in rules.retention:
        assert set(kept.sources) <= reference.sources().keys()
    assert {one.kind for one in rules.retention} == {*retention.GOING, *retention.STAYING}


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.integers(-2, 2), st.sampled_from(JURISDICTIONS), st.data())
def test_nothing_goes_while_it_stays(begun, off, place, data):
    kept = data.draw(st.sampled_from(law.load(place).retention))
    today = law.stays_until(kept, begun) + (off + 1) * DAY
    if begun < law.goes_if_before(kept, today):
        assert law.stays_until(kept, begun) < today
    elif off > 1:
        raise AssertionError("it has stayed its time and does not go")


def test_a_table_of_the_list_is_one_that_exists():
    for table in retention.TABLES:
        assert table.name == retention_model(table)


def retention_model(table: retention.Table) -> str:
    return table.rows(Site(pk=0, jurisdiction="eu", time_zone="UTC")).model._meta.label
