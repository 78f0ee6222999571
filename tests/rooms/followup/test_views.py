"""The pages of adverse events."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic.models import AuditEvent
from ketacare.followup.models import SafetyCase
from ketacare.infusion import actions as infusion
from ketacare.infusion.queries import state_of
from tests.cast import day_at
from tests.rooms.followup.telling import IN_HOSPITAL, afterwards, form, said
from tests.rooms.infusion import today


def url(name, *args):
    return reverse(f"followup:{name}", args=args)


def text(client, address):
    return client.get(address).content.decode()


def minutes_ago(number):
    return timezone.localtime(timezone.now() - timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M")


def test_an_event_is_written_down_after_the_session_on_the_sites_clock(browse, cast):
    client = browse("nurse")
    page = text(client, url("new", cast.ada_course))
    assert "One yes is enough. A question left open is not a no." in page
    assert "checked" not in page
    assert "160 or more, or 100 or more" in page
    reply = client.post(url("new", cast.ada_course), form(happened_at="2026-03-05T11:00"))
    case = SafetyCase.objects.get()
    assert reply.url == url("case", case.pk)
    assert case.happened_at.isoformat() == "2026-03-05T10:00:00+00:00"  # Berlin
    assert "Nausea" in text(client, url("course", cast.ada_course))
    assert AuditEvent.objects.filter(did="saw followup:course", patients=[cast.ada]).exists()


def test_a_question_left_open_on_the_page_stays_open(browse, cast):
    told = form(happened_at="2026-03-05T11:00")
    del told["serious_death"]
    browse("nurse").post(url("new", cast.ada_course), told)
    case = SafetyCase.objects.get()
    assert case.is_serious is None
    page = text(browse("nurse"), url("case", case.pk))
    assert "Unknown is not no" in page
    assert "What was done about it" not in page


def test_a_form_that_contradicts_itself_is_shown_again_with_what_is_wrong(browse, cast):
    reply = browse("nurse").post(url("new", cast.ada_course), form(happened_at="2026-03-05T11:00", outcome="fatal"))
    assert reply.status_code == 422
    assert "It says death by outcome fatal, but not by grade 5 and criterion death." in reply.content.decode()
    assert not SafetyCase.objects.exists()
    reply = browse("nurse").post(url("new", cast.ada_course), form(happened_at="2126-03-05T11:00", term="other"))
    page = reply.content.decode()
    assert "This moment has not come yet." in page
    assert "Say in your own words what happened." in page


def test_an_event_is_written_from_the_cockpit_into_the_timeline(browse, cast):
    session = today.started(cast)
    client = browse("nurse")
    assert url("in-session", session.pk) in text(client, reverse("infusion:session", args=[session.pk]))
    assert "Stop: the patient asks" in text(client, url("in-session", session.pk))
    told = form(term="other", other="Hiccups", happened_at=minutes_ago(0), detail="For a minute")
    assert client.post(url("in-session", session.pk), told).url == reverse("infusion:session", args=[session.pk])
    (entry,) = state_of(session).of_kind("adverse-event")
    assert entry.payload.term == "Hiccups"
    assert SafetyCase.objects.get().session_id == session.pk
    shown = text(client, reverse("infusion:session-timeline", args=[session.pk]))
    assert "Adverse event, grade 1: Hiccups (For a minute)" in shown


def test_a_therapist_who_may_not_write_into_the_timeline_gets_the_answer_of_a_missing_page(browse, cast):
    session = today.started(cast)
    assert browse("therapist").post(url("in-session", session.pk), form(happened_at=minutes_ago(0))).status_code == 404
    assert not SafetyCase.objects.exists()


def test_an_entry_without_a_case_is_offered(browse, cast):
    session = today.started(cast)
    entry = infusion.record_adverse_event(session_id=session.pk, said=said(), by=cast.actor("nurse"), at=timezone.now())
    client = browse("nurse")
    page = text(client, url("course", cast.ada_course))
    assert "Open its case" in page
    reply = client.post(url("take-up"), {"entry": entry.pk, "form_key": form()["form_key"]})
    assert reply.url == url("judge", SafetyCase.objects.get().pk)
    assert client.post(url("take-up"), {"entry": "x"}).status_code == 302
    assert (
        browse("nurse", there=True)
        .post(url("take-up"), {"entry": entry.pk, "form_key": form()["form_key"]})
        .status_code
        == 404
    )


def test_a_case_is_judged_again_starting_from_what_was_said(browse, cast):
    case = afterwards(cast, timezone.now(), term="Hiccups", detail="At night")
    client = browse("prescriber")
    page = text(client, url("judge", case.pk))
    assert "At night" in page
    assert 'value="Hiccups"' in page
    reply = client.post(url("judge", case.pk), form(term="other", other="Hiccups", grade="2", after="1"))
    assert reply.url == url("case", case.pk)
    page = text(client, reply.url)
    assert "Judgement 2" in page
    assert "Judgement 1" in page
    assert client.post(url("judge", case.pk), form(after="1")).status_code == 409
    assert client.post(url("judge", case.pk), form(after="2", grade="9")).status_code == 422


def test_a_serious_event_shows_its_form_and_takes_how_it_was_sent(browse, cast):
    case = afterwards(cast, timezone.now(), term="fall", grade=3, seriousness=IN_HOSPITAL)
    client = browse("nurse")
    page = text(client, url("case", case.pk))
    for words in ("15 days left", "MedWatch, form FDA 3500", "not known", "A person sends it", "Our own default"):
        assert words in page
    assert client.post(url("take", case.pk)).url == url("case", case.pk)
    assert "Harbour Nurse sees it through" in text(client, url("case", case.pk))
    assert client.post(url("report", case.pk), {}).status_code == 422
    sent = {"decision": "sent", "sent_on": str(day_at(cast.here)), "sent_to": "FDA", "how": "web form"}
    assert client.post(url("report", case.pk), sent).url == url("case", case.pk)
    page = text(client, url("case", case.pk))
    assert "What was done about it" not in page
    assert "to FDA, web form" in page


def test_the_report_as_paper_and_for_machines_never_names_the_patient(browse, cast):
    case = afterwards(cast, timezone.now(), seriousness=IN_HOSPITAL, detail="Lindqvist was seen at once")
    client = browse("quality")
    told = client.get(url("report-json", case.pk)).json()
    assert [one["letter"] for one in told["sections"]] == ["A", "B", "C", "D", "F", "G"]
    assert "Lindqvist" not in str(told)
    reply = client.get(url("report-pdf", case.pk))
    assert reply.content.startswith(b"%PDF")
    assert reply["Cache-Control"] == "no-store"


def test_a_list_of_events_costs_the_same_however_long_it_is(browse, cast):
    client = browse("nurse")
    counts = []
    afterwards(cast, timezone.now())
    client.get(url("course", cast.ada_course))
    for _ in range(2):
        afterwards(cast, timezone.now())
        with CaptureQueriesContext(connection) as asked:
            client.get(url("course", cast.ada_course))
        counts.append(len(asked))
    assert counts[0] == counts[1]
