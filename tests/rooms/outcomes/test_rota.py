"""Who is on for alerts, by the site's own clock; and whom a patient in crisis can reach."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import Site
from ketacare.outcomes import actions
from ketacare.outcomes.crisis import crisis_help, crisis_help_after
from ketacare.outcomes.models import AlertDuty, CrisisSetting
from ketacare.outcomes.rota import callable_people, is_on, order_of_call
from tests.cast import NOW
from tests.rooms.outcomes.caring import on_all_day, record, troubled

BERLIN = "Europe/Berlin"
SUNDAY, MONDAY = 6, 0


def duty(weekday, starts=None, ends=None, *, person=1, rank=1, pk=None) -> AlertDuty:
    hours = {"starts": starts and time.fromisoformat(starts), "ends": ends and time.fromisoformat(ends)}
    return AlertDuty(pk=pk, person_id=person, weekday=weekday, rank=rank, **hours)


def berlin(day: str) -> datetime:
    return datetime.fromisoformat(day).astimezone(UTC)


@pytest.mark.parametrize(
    "at, on",
    [
        ("2026-03-02T07:59:59+01:00", False),
        ("2026-03-02T08:00:00+01:00", True),
        ("2026-03-02T17:59:59+01:00", True),
        ("2026-03-02T18:00:00+01:00", False),
        ("2026-03-03T12:00:00+01:00", False),
    ],
)
def test_hours_begin_with_their_minute_and_end_before_theirs(at, on):
    assert is_on(duty(MONDAY, "08:00", "18:00"), at=berlin(at), zone=BERLIN) is on


@pytest.mark.parametrize(
    "at, on",
    [
        ("2026-03-02T19:59:00+01:00", False),
        ("2026-03-02T20:00:00+01:00", True),
        ("2026-03-03T07:59:00+01:00", True),
        ("2026-03-03T08:00:00+01:00", False),
        ("2026-03-02T07:00:00+01:00", False),
    ],
)
def test_a_night_runs_into_the_next_day(at, on):
    assert is_on(duty(MONDAY, "20:00", "08:00"), at=berlin(at), zone=BERLIN) is on


def test_hours_follow_the_wall_clock_when_it_changes():
    sunday = duty(SUNDAY, "08:00", "18:00")
    assert is_on(sunday, at=datetime(2026, 3, 29, 6, 30, tzinfo=UTC), zone=BERLIN)  # 08:30, the clocks went forward
    assert not is_on(duty(SUNDAY, "08:00", "18:00"), at=datetime(2026, 3, 22, 6, 30, tzinfo=UTC), zone=BERLIN)  # 07:30


def test_the_same_hour_twice_is_a_day_long():
    rows = [duty(MONDAY, "00:00", "00:00")]
    assert is_on(rows[0], at=berlin("2026-03-02T23:59:59+01:00"), zone=BERLIN)
    assert not is_on(rows[0], at=berlin("2026-03-03T00:00:00+01:00"), zone=BERLIN)


def test_those_on_come_by_rank_and_who_is_called_when_nobody_is_comes_last():
    rows = [
        duty(None, person=9, pk=1),
        duty(MONDAY, "08:00", "18:00", person=2, rank=2, pk=2),
        duty(MONDAY, "08:00", "18:00", person=1, pk=3),
        duty(SUNDAY, "08:00", "18:00", person=7, pk=4),
        duty(None, person=1, rank=2, pk=5),
    ]
    assert order_of_call(rows, at=berlin("2026-03-02T12:00:00+01:00"), zone=BERLIN) == [1, 2, 9]
    assert order_of_call(rows, at=berlin("2026-03-02T22:00:00+01:00"), zone=BERLIN) == [9, 1]
    assert order_of_call([], at=NOW, zone=BERLIN) == []


def test_hours_taken_off_count_no_more_and_stay_readable(cast):
    rows = on_all_day(cast, "nurse")
    site = Site.objects.get(pk=cast.here)
    assert [user.pk for user in callable_people(site, at=NOW)] == [cast.staff["nurse"]]
    by = cast.actor("administrator")
    for row in rows:
        actions.end_duty(duty_id=row.pk, by=by, at=NOW)
    assert callable_people(site, at=NOW) == []
    assert AlertDuty.objects.filter(ended_by=by.user_id).count() == len(rows)
    with pytest.raises(ActionRefused, match="already"):
        actions.end_duty(duty_id=rows[0].pk, by=by, at=NOW)


@pytest.mark.parametrize(
    "given", [{"weekday": 0}, {"starts": time(8), "ends": time(9)}, {"weekday": 0, "starts": time(8)}]
)
def test_hours_are_given_whole_or_not_at_all(cast, given):
    who = {"site_id": cast.here, "person_id": cast.staff["nurse"], "rank": 1, "by": cast.actor("prescriber"), "at": NOW}
    empty = {"weekday": None, "starts": None, "ends": None}
    with pytest.raises(ActionRefused, match="both hours"):
        actions.add_duty(**who, **(empty | given))
    with pytest.raises(IntegrityError, match="alert_duty_has_its_hours_or_none"), transaction.atomic():
        AlertDuty.objects.create(site_id=cast.here, person_id=cast.staff["nurse"], added_at=NOW, **given)


def test_nobody_is_put_on_a_rota_who_may_not_look_after_alerts_there(cast):
    by = cast.actor("prescriber")
    hours = {"weekday": None, "starts": None, "ends": None, "rank": 1}
    for person in (cast.staff["custodian"], cast.staff_there["nurse"]):
        with pytest.raises(ActionRefused, match="does not look after"):
            actions.add_duty(site_id=cast.here, person_id=person, **hours, by=by, at=NOW)
    for role, there in (("nurse", False), ("prescriber", True)):
        on = {"site_id": cast.here, "person_id": cast.staff["nurse"], "by": cast.actor(role, there=there), **hours}
        with pytest.raises(NotAllowed):
            actions.add_duty(**on, at=NOW)


LINES = {"country": "", "emergency": "", "own_name": "", "own_reach": ""}


def settle(cast, **changes):
    return actions.set_crisis_lines(site_id=cast.here, **(LINES | changes), by=cast.actor("administrator"), at=NOW)


def test_a_site_shows_the_lines_of_its_countrys_law_until_it_names_another(cast):
    there, here = Site.objects.get(pk=cast.there), Site.objects.get(pk=cast.here)
    assert (crisis_help(there).emergency, crisis_help(there).lines[0].reach) == ("911", "call or text 988")
    assert (crisis_help(here).emergency, crisis_help(here).lines) == ("", ())  # the law is the EU's: no country
    settle(cast, country="de", own_name="Our night line", own_reach="call 555 0101")
    shown = crisis_help(here)
    assert (shown.emergency, shown.own) == ("112", ("Our night line", "call 555 0101"))
    assert shown.sources
    settle(cast, emergency="120", own_name="Line", own_reach="call 1")
    assert (crisis_help(here).emergency, crisis_help(here).lines) == ("120", ())


@pytest.mark.parametrize("given", [{}, {"country": "xx"}, {"emergency": "112"}, {"country": "de", "own_name": "Ours"}])
def test_crisis_lines_that_would_leave_a_patient_without_one_are_refused(cast, given):
    with pytest.raises(ActionRefused):
        settle(cast, **given)
    assert not CrisisSetting.objects.exists()


def test_what_was_shown_before_stays_readable(cast):
    settle(cast, country="de")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        CrisisSetting.objects.update(country="us")


def test_crisis_help_follows_the_answers_that_ask_for_it_and_no_other(cast):
    assert crisis_help_after(troubled(cast)) is not None
    assert crisis_help_after(record(cast)) is None
    drinks = {f"audit_{n}": 4 for n in range(1, 11)}
    assert crisis_help_after(record(cast, instrument_id="audit", answers=drinks)) is None


def test_the_page_says_in_red_that_nobody_is_on(browse, cast):
    client, where = browse("prescriber"), reverse("outcomes:rota")
    page = client.get(where).content.decode()
    assert "Nobody is named" in page
    assert "No emergency number is known" in page
    given = {"person": cast.staff["nurse"], "weekday": "", "rank": "1"}
    page = client.post(reverse("outcomes:duty-add", args=[cast.here]), given, follow=True).content.decode()
    assert cast.user("nurse").name in page
    assert "Nobody is named" not in page
    client.post(reverse("outcomes:duty-end", args=[AlertDuty.objects.get().pk]))
    assert "Nobody is named" in client.get(where).content.decode()
    lines = {"country": "de"}
    page = client.post(reverse("outcomes:crisis-lines-set", args=[cast.here]), lines, follow=True).content.decode()
    assert "TelefonSeelsorge" in page


@pytest.mark.parametrize("page, given", [("duty-add", {"person": "x"}), ("crisis-lines-set", {"country": "atlantis"})])
def test_what_cannot_be_read_is_shown_again(browse, cast, page, given):
    reply = browse("administrator").post(reverse(f"outcomes:{page}", args=[cast.here]), given)
    assert reply.status_code == 422
    assert "field-error" in reply.content.decode()


def test_a_nurse_reads_the_rota_and_changes_nothing(browse, cast):
    page = browse("nurse").get(reverse("outcomes:rota")).content.decode()
    assert "Put somebody on the rota" not in page


def test_a_night_of_the_day_before_is_found_on_the_first_day_of_the_week():
    assert is_on(duty(SUNDAY, "20:00", "08:00"), at=berlin("2026-03-02T03:00:00+01:00"), zone=BERLIN)
    later = berlin("2026-03-02T03:00:00+01:00") + timedelta(days=1)
    assert not is_on(duty(SUNDAY, "20:00", "08:00"), at=later, zone=BERLIN)
