"""What waited in a browser while the server could not be reached: stored once, at its own time, by its author alone."""

import json
from base64 import b64decode
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from ketacare.clinic.models import AuditEvent
from ketacare.infusion import actions, sealing
from ketacare.infusion.models import Receipt
from ketacare.infusion.queries import state_of
from tests.rooms.infusion import today
from tests.rooms.infusion.treatment import again

KEY = "/offline/key/"


@pytest.fixture
def started(cast):
    return today.started(cast)


def vitals(key: str = "1", *, minutes: float = 6, **values: object) -> dict[str, object]:
    return {"key": key, "kind": "vitals", "at": today.ago(minutes=minutes).isoformat(), "values": values}


def note(key: str, text: str = "Sleeps.", *, minutes: float = 5) -> dict[str, object]:
    return {"key": key, "kind": "note", "at": today.ago(minutes=minutes).isoformat(), "text": text}


def post(client, session, *entries: object, author: str | None = None):
    author = client.get(KEY).json()["id"] if author is None else author
    body = json.dumps({"author": author, "entries": entries})
    return client.post(f"/sessions/{session.pk}/queued/", body, content_type="application/json")


def answers(client, session, *entries: object, **more: str) -> list[dict[str, object]]:
    reply = post(client, session, *entries, **more)
    assert reply.status_code == 200, reply.content
    return reply.json()["answers"]


def statuses(client, session, *entries: object) -> list[str]:
    return [one["status"] for one in answers(client, session, *entries)]


def test_entries_are_stored_in_order_at_their_own_times_and_marked(browse, started):
    nurse = browse("nurse")
    seen = {"key": "2", "kind": "observation", "at": today.ago(minutes=5).isoformat(), "values": {"moaas": "4"}}
    row = vitals(bp_sys="128", bp_dia="84", heart_rate="77", end_organ_symptom="n")
    first, second, third = answers(nurse, started, row, seen, note("3", minutes=4))
    assert [one["status"] for one in (first, second, third)] == ["stored"] * 3
    written = [again(started).events.get(seq=seq) for one in (first, second, third) for seq in one["seqs"]]
    assert [one.kind for one in written] == ["reading", "observation", "observation", "note"]
    assert [one.at.isoformat() for one in written] == [row["at"], row["at"], seen["at"], written[3].at.isoformat()]
    assert all(one.recorded_at - one.at > timedelta(minutes=3) for one in written)
    assert {one.by_name for one in written} == {"Harbour Nurse"}
    page = nurse.get(f"/sessions/{started.pk}/timeline/").content.decode()
    assert page.count("from a device that was offline") == 4


def test_minutes_ago_count_from_when_the_row_was_charted(browse, started):
    (one,) = answers(browse("nurse"), started, vitals(minutes=5, heart_rate="66", minutes_ago="3"))
    row = again(started).events.get(seq=one["seqs"][0])
    assert timedelta(minutes=7, seconds=50) < timezone.now() - row.at < timedelta(minutes=8, seconds=10)


def test_what_is_sent_again_is_known_and_stored_once(browse, started):
    nurse, entries = browse("nurse"), [vitals(heart_rate="77"), note("2")]
    first = answers(nurse, started, *entries)
    before = again(started).last_seq
    second = answers(nurse, started, *entries)
    assert [one["status"] for one in second] == ["duplicate", "duplicate"]
    assert [one["seqs"] for one in second] == [one["seqs"] for one in first]
    assert again(started).last_seq == before


def test_what_arrived_as_a_form_whose_answer_was_lost_is_known_to_the_queue_and_the_other_way_round(browse, started):
    nurse = browse("nurse")
    nurse.post(f"/sessions/{started.pk}/vitals/", {"heart_rate": "77", "nonce": "one"})
    before = again(started).last_seq
    assert statuses(nurse, started, vitals("one", heart_rate="77")) == ["duplicate"]
    assert statuses(nurse, started, note("two")) == ["stored"]
    nurse.post(f"/sessions/{started.pk}/note/", {"text": "Sleeps.", "nonce": "two"})
    assert again(started).last_seq == before + 1


def test_a_row_that_came_back_with_what_is_wrong_may_still_be_sent(browse, started):
    """Its answer was lost on the way: the queue sends it again, corrected or not, and is told."""
    nurse = browse("nurse")
    wrong = {"heart_rate": "8000", "nonce": "one"}
    assert nurse.post(f"/sessions/{started.pk}/vitals/", wrong, headers={"HX-Request": "true"}).status_code == 200
    assert statuses(nurse, started, vitals("one", heart_rate="8000")) == ["refused"]
    assert statuses(nurse, started, vitals("one", heart_rate="80")) == ["stored"]


def test_a_key_with_other_words_is_refused(browse, started):
    nurse, entry = browse("nurse"), note("1")
    answers(nurse, started, entry)
    (one,) = answers(nurse, started, entry | {"text": "Awake."})
    assert (one["status"], one["problems"][0]["says"]) == ("refused", "key used before with other words")


def test_every_problem_of_an_entry_is_told_and_the_others_are_stored(browse, started):
    before = again(started).last_seq
    bad = {"key": "", "kind": "vitals", "at": "10:32", "values": {"heart_rate": "8000", "spo2": "x", "shoe": "42"}}
    refused, stored = answers(browse("nurse"), started, bad, note("2"))
    assert {one["place"] for one in refused["problems"]} == {"key", "at", "heart_rate", "spo2", "shoe"}
    assert stored["status"] == "stored"
    assert again(started).last_seq == before + 1


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ({"kind": "dose"}, "kind"),
        ({"kind": "vitals", "values": {}}, "entry"),
        ({"kind": "vitals", "values": {"bp_sys": "120"}}, "entry"),
        ({"kind": "vitals", "values": [1]}, "entry"),
        ({"kind": "vitals", "values": {"spo2": ["97"]}}, "spo2"),
        ({"kind": "observation", "values": {"moaas": "7"}}, "moaas"),
        ({"kind": "note", "text": " "}, "text"),
        ({"kind": "note", "text": None}, "text"),
        ({"kind": "note", "text": "So.", "at": "2026-01-01T10:00"}, "at"),
        ({"kind": "note", "text": "So.", "at": 3}, "at"),
        ({"kind": "note", "text": "So.", "key": 3}, "key"),
        ({"kind": "note", "text": "So.", "key": "k" * 81}, "key"),
        ({"kind": "note", "text": "So.", "at": "2099-01-01T10:00:00Z"}, "session"),
        ({"kind": "vitals", "values": {"spo2": 97}, "at": "2099-01-01T10:00:00Z"}, "session"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_the_reason(browse, started, entry, place):
    before = again(started).last_seq
    (one,) = answers(browse("nurse"), started, {"key": "1", "at": today.ago(minutes=1).isoformat()} | entry)
    assert one["status"] == "refused"
    assert place in {problem["place"] for problem in one["problems"]}
    assert again(started).last_seq == before


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"entries": 3}', json.dumps({"entries": [{}] * 201})])
def test_what_is_no_list_of_entries_is_a_bad_request(browse, started, body):
    reply = browse("nurse").post(f"/sessions/{started.pk}/queued/", body, content_type="application/json")
    assert reply.status_code == 400


def test_one_half_of_a_row_is_never_stored_alone(browse, started, monkeypatch):
    """The observation is refused after the reading was stored: both are gone."""
    nurse, before = browse("nurse"), again(started).last_seq

    def refuses(**_: object) -> None:
        raise actions.receipts.ActionRefused("session-status", ["no"])

    monkeypatch.setattr(actions.receipts, "chart_observation", refuses)
    assert statuses(nurse, started, vitals(heart_rate="77", moaas="5")) == ["refused"]
    assert again(started).last_seq == before
    assert not Receipt.objects.exists()
    assert AuditEvent.objects.filter(did="was refused").exists()


def test_nobody_sends_what_another_wrote(browse, started):
    author = browse("prescriber").get(KEY).json()["id"]
    before = again(started).last_seq
    (one,) = answers(browse("nurse"), started, note("1"), author=author)
    assert (one["status"], one["problems"][0]["place"]) == ("refused", "author")
    assert again(started).last_seq == before


@pytest.mark.parametrize("author", ["", ".", "0123456789abcdef.0123456789abcdef", "é.é"])
def test_a_key_that_was_never_given_sends_nothing(browse, started, author):
    assert [one["status"] for one in answers(browse("nurse"), started, note("1"), author=author)] == ["refused"]


def test_what_one_may_not_chart_is_refused_and_the_rest_is_stored(browse, started):
    therapist = browse("therapist")
    assert statuses(therapist, started, vitals(heart_rate="77"), note("2")) == ["refused", "stored"]


def test_a_session_of_another_site_is_not_found(browse, started):
    assert post(browse("nurse", there=True), started, note("1")).status_code == 404


def test_two_who_chart_the_same_in_the_same_minute_both_survive(browse, started):
    row = vitals(bp_sys="128", bp_dia="84", heart_rate="77")
    assert statuses(browse("nurse"), started, row) == ["stored"]
    assert statuses(browse("prescriber"), started, row) == ["stored"]
    both = again(started).events.filter(kind="reading", at=row["at"])
    assert sorted(both.values_list("by_name", flat=True)) == ["Harbour Nurse", "Harbour Prescriber"]


def test_a_late_value_that_was_alarming_raises_its_alarm(browse, started):
    statuses(browse("nurse"), started, vitals(minutes=0, bp_sys="190", bp_dia="100"))
    assert any(one.level == "red" for one in state_of(again(started)).alarms.waiting)


def test_entries_are_taken_after_the_session_is_over(cast, browse, started):
    by = cast.actor("nurse")
    actions.stop_treatment(session_id=started.pk, reason="Asked.", by=by, at=timezone.now())
    assert statuses(browse("nurse"), started, note("1", minutes=0)) == ["stored"]


def test_the_key_is_the_persons_own_and_a_new_password_brings_a_new_one(cast, browse):
    user = cast.user("nurse")
    first = browse("nurse").get(KEY)
    assert first.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    old = first.json()
    assert len(b64decode(old["key"])) == 32
    assert browse("nurse").get(KEY).json() == old
    assert browse("prescriber").get(KEY).json()["key"] != old["key"]
    assert browse("prescriber").get(KEY, {"id": old["id"]}).status_code == 403
    user.set_password("quite another one")
    user.save()
    new = browse("nurse").get(KEY).json()
    assert new["key"] != old["key"]
    assert browse("nurse").get(KEY, {"id": old["id"]}).json()["key"] == old["key"]


def test_the_key_is_made_from_the_servers_secret(cast, settings):
    user = cast.user("nurse")
    before = sealing.key_of(user, sealing.key_id(user))
    settings.SECRET_KEY = "another secret of another server"
    assert not sealing.is_of(user, "x")
    assert sealing.key_of(user, sealing.key_id(user)) != before


def test_who_charts_nothing_gets_no_key(browse, client):
    assert browse("quality").get(KEY).status_code == 404
    assert client.get(KEY).status_code == 302


def test_a_receipt_names_each_key_of_an_author_once(cast, browse, started):
    statuses(browse("nurse"), started, note("1"))
    known = Receipt.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Receipt.objects.create(author=known.author, key="1", session=started, made_at=timezone.now())
