"""A day that no longer fits: the fewest changes, shown before they are applied; and what becomes of what is called off."""

from datetime import date, datetime, time, timedelta

import pytest

from ketacare.booking import actions, slices
from ketacare.booking.board import day_of_site
from ketacare.booking.models import Appointment, Taken
from ketacare.booking.moving import others_to_move, place_of, proposals_that_move
from ketacare.booking.queries import appointments, without_place
from ketacare.booking.rearranging import arranged
from ketacare.booking.values import Found, Place, Wish
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Site
from ketacare.infusion.models import Session
from tests.cast import NOW
from tests.rooms import steps
from tests.rooms.booking.opened import BERLIN, another, booked, opened

DAY = date(2026, 3, 4)


def here(cast) -> Site:
    return Site.objects.get(pk=cast.here)


def sick(cast, person_id: int, on: date = DAY) -> None:
    begins, ends = datetime.combine(on, time(0), BERLIN), datetime.combine(on, time(23, 59), BERLIN)
    by = cast.actor("front-desk")
    actions.add_absence(
        site_id=cast.here, person_id=person_id, starts_at=begins, ends_at=ends, why="sick", by=by, at=NOW
    )


def apply(cast, found) -> list[Appointment]:
    places = {change.row.pk: change.after for change in found.changes if change.after is not None}
    left = [change.row.pk for change in found.changes if change.after is None]
    by = cast.actor("front-desk")
    return actions.apply_day(site_id=cast.here, on=found.on, places=places, without_place=left, by=by, at=NOW)


def test_another_nurse_takes_over_and_nobody_is_called(cast):
    opened(cast)
    steps.planned(cast)
    first = booked(cast)[0]
    other = another(cast, "nurse", "Olga")
    sick(cast, cast.staff["nurse"])
    assert day_of_site(here(cast), DAY, at=NOW).lacking == 1
    found = arranged(here(cast), DAY, at=NOW)
    assert (len(found.changes), found.calls) == (1, 0)
    assert Appointment.objects.get(pk=first.pk).nurse_id == cast.staff["nurse"], "shown before it is applied"
    apply(cast, found)
    row = Appointment.objects.get(pk=first.pk)
    assert (row.nurse_id, row.starts_at, row.chair_id) == (other, first.starts_at, first.chair_id)
    assert not Taken.objects.filter(resource=f"nurse:{cast.staff['nurse']}", appointment=row).exists()
    assert day_of_site(here(cast), DAY, at=NOW).lacking == 0


def test_without_any_nurse_the_session_loses_its_place_and_waits_on_a_list(cast):
    opened(cast)
    steps.planned(cast)
    first = booked(cast)[0]
    sick(cast, cast.staff["nurse"])
    found = arranged(here(cast), DAY, at=NOW)
    assert [change.after for change in found.changes] == [None]
    assert found.calls == 1
    apply(cast, found)
    assert [row.pk for row in without_place([cast.here])] == [first.pk]
    assert not Taken.objects.filter(appointment=first).exists()
    assert Session.objects.get(pk=first.session_id).status == "planned", "nothing is lost"
    answer = proposals_that_move(cast.course("ada"), Wish(first_on=date(2026, 3, 5)), at=NOW)
    again = booked(cast, dict(answer[0].found.places))
    assert again[0].pk == first.pk
    assert not without_place([cast.here]).exists()


def test_a_day_that_changed_meanwhile_is_refused_whole(cast):
    opened(cast)
    steps.planned(cast)
    booked(cast)
    another(cast, "nurse", "Olga")
    sick(cast, cast.staff["nurse"])
    found = arranged(here(cast), DAY, at=NOW)
    sick(cast, found.changes[0].after.nurse)
    with pytest.raises(ActionRefused, match="day-changed"):
        apply(cast, found)
    assert Appointment.objects.get(pk=found.changes[0].row.pk).nurse_id == cast.staff["nurse"]


def test_moving_one_session_far_shows_which_others_must_move_and_keeps_the_rest(cast):
    opened(cast)
    steps.planned(cast)
    rows = booked(cast)
    third = appointments().get(pk=rows[2].pk)
    later = place_of(third).start + 24 * 12
    place = Place(**(vars(place_of(third)) | {"start": later}))
    found = others_to_move(third, place, at=NOW)
    assert isinstance(found, Found)
    assert found.is_optimal
    places = {3: place} | dict(found.places)
    moved = booked(cast, places)
    assert {row.session.number for row in moved} == set(places)
    untouched = [row for row in rows if row.session.number not in places]
    assert all(Appointment.objects.get(pk=row.pk).starts_at == row.starts_at for row in untouched)


def test_an_hour_later_on_the_same_day_moves_nothing_else(cast):
    opened(cast)
    steps.planned(cast)
    third = appointments().get(pk=booked(cast)[2].pk)
    place = Place(**(vars(place_of(third)) | {"start": place_of(third).start + 12}))
    assert others_to_move(third, place, at=NOW).places == {}


@pytest.mark.parametrize(("hours", "state"), [(25, "cancelled"), (23, "late-cancelled")])
def test_a_cancellation_shortly_before_is_late(cast, hours, state):
    opened(cast)
    steps.planned(cast)
    row = booked(cast)[5]
    at = row.starts_at - timedelta(hours=hours)
    by = cast.actor("front-desk")
    actions.call_off(appointment_id=row.pk, how="cancelled", reason="Ill", by=by, at=at)
    assert Appointment.objects.get(pk=row.pk).state == state
    assert Session.objects.get(pk=row.session_id).status == "cancelled"
    assert not Taken.objects.filter(appointment=row).exists()


def test_nobody_has_missed_what_has_not_begun(cast):
    opened(cast)
    steps.planned(cast)
    row = booked(cast)[0]
    call = {"appointment_id": row.pk, "how": "missed", "reason": "Not seen", "by": cast.actor("front-desk")}
    with pytest.raises(ActionRefused, match="not begun yet"):
        actions.call_off(**call, at=row.starts_at - timedelta(minutes=1))
    actions.call_off(**call, at=row.starts_at + timedelta(minutes=30))
    assert Session.objects.get(pk=row.session_id).status == "missed"
    left = Taken.objects.filter(appointment=row)
    assert max(left.values_list("slice", flat=True)) < slices.at_or_before(row.starts_at + timedelta(minutes=30))


def test_a_nurse_looks_after_as_many_as_the_site_allows_and_no_more(cast):
    opened(cast, chairs=3)
    steps.planned(cast)
    row = booked(cast)[0]
    taken = Taken.objects.filter(resource=f"nurse:{row.nurse_id}", appointment=row)
    assert set(taken.values_list("place", flat=True)) == {0}
    assert taken.count() == 28
