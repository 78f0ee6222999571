"""Pages of the room: what they show, what they send back, and what a calendar does not tell."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from icalendar import Calendar

from ketacare.booking import actions, calendars, day_sheet
from ketacare.booking.forms import places_of, token
from ketacare.booking.models import Appointment, CalendarFeed
from ketacare.booking.queries import appointments_of, work_of
from ketacare.booking.values import Place
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Site
from tests.cast import NOW
from tests.rooms import steps
from tests.rooms.booking.opened import BERLIN, booked, opened

PLACE = Place(start=5_900_000, chair=1, nurse=2, prescriber=3)


def test_a_day_shows_who_comes_when_with_whom_and_prints_it(cast, browse):
    opened(cast)
    steps.planned(cast)
    first = booked(cast)[0]
    desk = browse("front-desk")
    page = desk.get("/schedule/", {"on": "2026-03-04"}).content.decode()
    assert "Ada Lindqvist" in page
    assert f"{first.starts_at.astimezone(BERLIN):%H:%M}" in page
    paper = desk.get(f"/schedule/{cast.here}/sheet.pdf", {"on": "2026-03-04"})
    assert paper.content.startswith(b"%PDF")
    sheet, patients = day_sheet.day_sheet(
        Site.objects.get(pk=cast.here), first.starts_at.astimezone(BERLIN).date(), at=NOW
    )
    assert [line.who for line in sheet.lines] == ["Ada Lindqvist"]
    assert patients == [cast.ada]


def test_a_day_asks_the_same_number_of_queries_however_many_come(cast, browse, django_assert_max_num_queries):
    opened(cast)
    steps.planned(cast)
    booked(cast)
    with django_assert_max_num_queries(45):
        browse("front-desk").get("/schedule/", {"on": "2026-03-04"})


def test_a_staff_calendar_names_no_patient_and_a_patients_says_only_where(cast):
    opened(cast)
    steps.planned(cast)
    rows = booked(cast)
    staff = calendars.for_staff(work_of(cast.user("nurse"), since=NOW), at=NOW)
    patients = calendars.for_patient(appointments_of(cast.patient("ada")), at=NOW)
    for told in (staff, patients):
        events = Calendar.from_ical(told).walk("VEVENT")
        assert [event.decoded("dtstart") for event in events] == [row.starts_at for row in rows]
        for word in (b"Ada", b"Lindqvist", b"AL", b"etamine", b"nfusion"):
            assert word not in told.replace(b"ketacare", b"").replace(b"VCALENDAR", b"").replace(b"VALUE", b"")
    assert b"Session" in staff
    assert b"Session" not in patients


def test_a_calendar_address_works_until_it_expires_or_another_is_made(cast):
    opened(cast)
    steps.planned(cast)
    booked(cast)
    nurse = cast.actor("nurse")
    from_now = {"site_id": cast.here, "by": nurse}
    now = Appointment.objects.order_by("starts_at").first().starts_at
    _, first = actions.make_calendar(**from_now, at=now)
    assert first not in {row.token_digest for row in CalendarFeed.objects.all()}
    _, second = actions.make_calendar(**from_now, at=now)
    assert CalendarFeed.objects.filter(withdrawn_at__isnull=True).count() == 1
    assert Client().get(f"/calendar/{first}.ics").status_code == HTTPStatus.NOT_FOUND
    assert Client().get("/calendar/guess.ics").status_code == HTTPStatus.NOT_FOUND
    row = CalendarFeed.objects.get(withdrawn_at__isnull=True)
    assert row.expires_at == now + timedelta(days=180)
    assert second != first


def test_a_place_comes_back_from_a_form_as_it_went():
    assert places_of([token(4, PLACE)]) == {4: PLACE}


@pytest.mark.parametrize(
    "sent", ["", "1.2.3", "a.b.c.d.e", "1.2.3.4.5.6", "1.-2.3.4.5", "1.2.3.4.99999999999999999999"]
)
def test_a_form_that_cannot_be_read_is_refused(sent):
    with pytest.raises(ActionRefused):
        places_of([sent])


def test_a_visitor_who_is_no_patient_stands_on_the_schedule_by_name(cast, browse):
    opened(cast, chairs=0)
    actions.book_consultation(
        site_id=cast.here, prescriber_id=cast.staff["prescriber"], visitor_name="Żaneta O'Brien",
        starts_at=NOW + timedelta(days=2), by=cast.actor("front-desk"), at=NOW,
    )  # fmt: skip
    page = browse("front-desk").get("/schedule/", {"on": "2026-03-04"}).content.decode()
    assert "Żaneta O&#x27;Brien" in page
    week = browse("front-desk").get("/schedule/", {"on": "2026-03-04", "view": "week"}).content.decode()
    assert "visitor" in week
