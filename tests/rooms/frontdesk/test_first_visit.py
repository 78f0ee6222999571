"""The first visit: booked with a prescriber where one is named, given back when it moves or falls away."""

from datetime import UTC, datetime, timedelta

import pytest

from ketacare.booking.models import Appointment, Taken
from ketacare.booking.queries import appointments_of
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.writing import directly
from ketacare.config.live import watcher
from ketacare.frontdesk import actions, guarding
from ketacare.frontdesk.models import Knock
from tests.cast import NOW
from tests.rooms.booking.opened import opened
from tests.rooms.frontdesk.asking import asked

VISIT = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)  # a Wednesday, ten in Berlin


@pytest.fixture
def desk(cast):
    opened(cast)
    return cast.actor("front-desk")


def agreed(request, cast, desk, when=VISIT):
    return actions.agree_appointment(
        request_id=request.pk, appointment_at=when, prescriber_id=cast.staff["prescriber"], by=desk, at=NOW
    )


def test_a_first_visit_is_booked_with_the_prescriber_under_the_name_that_was_given(cast, desk):
    kept = agreed(asked(cast), cast, desk).booked
    assert (kept.starts_at, kept.visitor_name, kept.prescriber_id) == (VISIT, "Nadia Benali", cast.staff["prescriber"])


def test_nobody_else_gets_the_same_hour_and_the_request_stays_as_it_was(cast, desk):
    agreed(asked(cast), cast, desk)
    second = asked(cast, family_name="Okafor")
    with pytest.raises(ActionRefused):
        agreed(second, cast, desk)
    second.refresh_from_db()
    assert (second.status, second.appointment_at) == ("new", None)


def test_another_time_gives_the_first_one_back(cast, desk):
    request = asked(cast)
    first = agreed(request, cast, desk).booked
    agreed(request, cast, desk, VISIT + timedelta(days=1))
    first.refresh_from_db()
    assert first.state != Appointment.State.BOOKED
    agreed(asked(cast, family_name="Okafor"), cast, desk)


def test_closing_a_request_gives_its_hour_back(cast, desk):
    request = asked(cast)
    kept = agreed(request, cast, desk).booked
    actions.close_request(request_id=request.pk, because="Found another clinic", by=desk, at=NOW)
    kept.refresh_from_db()
    assert kept.state != Appointment.State.BOOKED


def test_who_becomes_a_patient_keeps_the_first_visit_and_cannot_be_booked_elsewhere_at_that_time(cast, desk):
    request = asked(cast)
    kept = agreed(request, cast, desk).booked
    admitted = actions.admit_request(
        request_id=request.pk, indication="mdd_trd", sex_at_birth="female", by=desk, at=NOW
    )
    kept.refresh_from_db()
    assert (kept.patient, kept.visitor_name, kept.state) == (admitted.patient, "", "booked")
    assert Taken.objects.filter(appointment=kept, resource=f"patient:{admitted.patient_id}").exists()
    assert [one.pk for one in appointments_of(admitted.patient, since=NOW)] == [kept.pk]


def test_the_clock_forgets_who_sent_a_form_also_when_nobody_sends_any_more(cast):
    guarding.let_in("203.0.113.7", is_slow=False, at=NOW)
    watcher.forget_senders(NOW + guarding.WINDOW / 2, directly)
    assert Knock.objects.exists()
    watcher.forget_senders(NOW + guarding.WINDOW, directly)
    assert not Knock.objects.exists()
