"""What a patient reads of themself: their own, in plain words, on the audit, by their clock, and nobody else's."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import translation

from ketacare.booking.models import Appointment as BookedTime
from ketacare.clinic import actions as clinic
from ketacare.clinic.models import AuditEvent
from ketacare.clinic.queries import in_force
from ketacare.outcomes import actions as outcomes
from ketacare.outcomes.queries import OFFERED
from ketacare.portal.own.course import dose_day_of, standing
from ketacare.portal.own.looked import looks
from ketacare.portal.own.scores import scales_shown
from ketacare.portal.own.summaries import summaries
from ketacare.portal.own.visitor import visitor
from ketacare.science.patients import dose_day, scores
from ketacare.science.scales import library
from ketacare.therapy import actions as therapy
from ketacare.therapy.values import Held, Kept
from tests.cast import NOW
from tests.rooms.infusion import treatment

PAGES = [
    f"portal:own-{one}" for one in ("home", "day", "scores", "summaries", "documents", "messages", "access", "log-in")
]
DAY = timedelta(days=1)


def answered(cast, who: str = "ada", *, value: int = 2, at=NOW):
    answers = {f"phq9_{number}": value for number in range(1, 9)} | {"phq9_9": 0}
    return outcomes.record_answers(
        course_id=getattr(cast, f"{who}_course"),
        instrument_id="phq9",
        answers=answers,
        how="asked",
        answered_at=at,
        form_key=uuid4(),
        by=cast.actor("nurse", there=who == "zoe"),
        at=at,
    )


@pytest.mark.parametrize("page", PAGES)
def test_each_page_is_on_the_audit_names_whom_to_call_and_is_kept_by_nothing(browse, cast, page):
    reply = browse("patient").get(reverse(page))
    assert reply.status_code == 200
    assert "no-store" in reply["Cache-Control"]
    assert "112" in reply.content.decode()
    event = AuditEvent.objects.latest("pk")
    assert (event.actor, event.did, event.patients) == (f"patient:{cast.ada}", f"saw {page}", [cast.ada])


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", ["nurse", "prescriber", "administrator"])
def test_no_member_of_staff_has_pages_of_a_patient(browse, page, role):
    assert browse(role).get(reverse(page)).status_code == 404


def test_the_next_appointment_is_told_by_the_patients_clock(browse, cast):
    session = treatment.planned(cast)
    page = browse("patient").get(reverse("portal:own-home"))
    shown = standing(visitor(cast.patient_actor()), at=session.planned_at - DAY)
    first = shown.appointments[0]
    assert (first.at, first.number) == (session.planned_at, 1)
    assert [one.at for one in shown.appointments[1:]] == [None, None], "the others are planned days without a time"
    assert page.status_code == 200


def test_a_course_that_ended_has_no_appointments(cast):
    treatment.planned(cast)
    clinic.move_course(course_id=cast.ada_course, to="ended", by=cast.actor("prescriber"), at=NOW)
    assert standing(visitor(cast.patient_actor()), at=NOW).appointments == ()


def test_the_dose_day_tells_the_hours_in_force_at_the_site_and_no_dose(cast):
    treatment.planned(cast)
    person = visitor(cast.patient_actor())
    told = dose_day_of(person, language="en", at=NOW)
    text = " ".join(line for _, lines in told.parts for line in lines)
    hours = in_force(person.site, "start_gate", at=NOW)[1].values["fast_light_h"]
    assert f"Eat nothing for {hours:g} hours" in text
    assert "mg" not in text
    assert {"PRE-04", "PRE-05"} <= set(told.rules)
    assert told.sources


def test_without_a_known_route_nothing_is_said_of_fasting_that_depends_on_it(cast):
    told = dose_day_of(visitor(cast.patient_actor()), language="en", at=NOW)
    assert told.route == ""
    assert not any(
        "Eat nothing for 6" in line or "Eat nothing for 2" in line for _, lines in told.parts for line in lines
    )


def test_every_rule_and_number_of_the_dose_day_is_one_of_the_start_gate(cast):
    book, policy = in_force(visitor(cast.patient_actor()).site, "start_gate", at=NOW)
    known = {one.id for one in book.rules}
    for item in dose_day.load().items:
        assert not item.rule or item.rule in known
        assert item.hours is None or item.hours in policy.values
        assert (item.hours is not None) == ("{time}" in item.en) == ("{time}" in item.es)


def test_scores_are_told_with_their_range_their_meaning_and_words_for_the_drawing(browse, cast):
    answered(cast, value=2, at=NOW)
    answered(cast, value=1, at=NOW + 7 * DAY)
    (shown,) = scales_shown(visitor(cast.patient_actor()).courses, language="en", zone="UTC")
    assert [float(one.points) for one in shown.sittings] == [8, 16]
    assert [one.means for one in shown.sittings] == ["some signs", "many signs"]
    assert "0 to 27" in shown.reads
    assert "2 results, from 16 points" in shown.drawing
    text = browse("patient").get(reverse("portal:own-scores")).content.decode()
    assert "not a diagnosis" in text
    assert "no forecast" in text


def test_a_score_that_cannot_be_told_is_said_to_be_none(cast):
    outcomes.record_answers(
        course_id=cast.ada_course,
        instrument_id="phq9",
        answers={"phq9_1": 1},
        how="asked",
        answered_at=NOW,
        form_key=uuid4(),
        by=cast.actor("nurse"),
        at=NOW,
    )
    (shown,) = scales_shown(visitor(cast.patient_actor()).courses, language="en", zone="UTC")
    assert shown.sittings[0].points is None
    assert shown.drawing == ""


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_band_of_the_scales_that_every_course_asks_has_words(language):
    for scale in OFFERED:
        for band in library.load(scale).bands.list:
            assert scores.band(band.label, language=language)
        assert scores.about(scale, language=language)


def test_only_what_was_signed_is_told_of_a_session(cast):
    treatment.recovering(cast)
    (one,) = summaries(visitor(cast.patient_actor()).courses).sessions
    assert not one.is_signed
    assert one.given_mg is None


def test_a_shared_summary_is_shown_and_a_process_note_never(browse, cast):
    by = cast.actor("therapist")
    held = Held(at=NOW, form_key=uuid4(), kind="preparation", minutes=50, summary="Music and a shawl chosen.")
    therapy.record_session(course_id=cast.ada_course, held=held, by=by, at=NOW)
    therapy.keep_note(course_id=cast.ada_course, kept=Kept(text="My impatience", form_key=uuid4()), by=by, at=NOW)
    text = browse("patient").get(reverse("portal:own-summaries")).content.decode()
    assert "Music and a shawl chosen." in text
    assert "My impatience" not in text


def test_who_looked_is_told_by_name_role_and_matter_once_a_day(browse, cast):
    for _ in range(3):
        browse("nurse").get(reverse("worklist:patient", args=[cast.ada]))
    text = browse("patient").get(reverse("portal:own-access")).content.decode()
    assert "Harbour Nurse" in text
    assert "(nurse)" in text
    assert "looked at the summary of your record" in text
    assert "3 times" in text


def test_an_emergency_access_stands_out(browse, cast):
    clinic.break_glass(patient=cast.patient("ada"), reason="Collapsed", by=cast.actor("nurse", there=True), at=NOW)
    found = looks(AuditEvent.objects.filter(did="broke the glass"), zone="UTC")
    assert [one.is_emergency for one in found] == [True]
    assert "opened your record in an emergency" in browse("patient").get(reverse("portal:own-access")).content.decode()


def test_the_language_of_the_page_is_that_of_the_dose_day(cast):
    with translation.override("es"):
        told = dose_day_of(visitor(cast.patient_actor()), language="es", at=NOW)
    assert any("acompaña a casa" in line for _, lines in told.parts for line in lines)


def test_a_patient_who_logs_in_lands_on_their_pages(cast, client):
    reply = client.post(
        reverse("account_login"), {"login": "ada@patients.example", "password": "correct horse battery staple"}
    )
    assert reply.url == reverse("portal:own-home")


def test_a_consultation_is_told_as_one_and_what_lost_its_place_has_no_time(cast):
    session = treatment.planned(cast)
    times = {"starts_at": NOW + DAY, "ends_at": NOW + 2 * DAY, "free_at": NOW + 2 * DAY}
    shared = {"site_id": cast.here, "patient_id": cast.ada, "course_id": cast.ada_course}
    assert standing(visitor(cast.patient_actor()), at=NOW).appointments[0].at == session.planned_at
    told = shared | times | {"prescriber_id": cast.staff["prescriber"], "booked_at": NOW}
    BookedTime.objects.create(kind="session", state="unplaced", session=session, **told)
    BookedTime.objects.create(kind="consultation", state="booked", **told)
    found = standing(visitor(cast.patient_actor()), at=NOW).appointments
    assert [one.at for one in found if one.number is None] == [NOW + DAY]
    assert [one.at for one in found if one.number == 1] == [None]
