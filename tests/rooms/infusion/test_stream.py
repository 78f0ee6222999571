"""The live stream and the readings door, on a real server of the test's own."""

import json
from threading import Thread

import httpx
import pytest
from django.contrib.sessions.models import Session as LogIn
from django.db import connection
from django.utils import timezone

from ketacare.clinic.models import AuditEvent, Membership
from ketacare.infusion import actions
from tests.rooms.infusion import today
from tests.rooms.infusion.bedside import TOKEN, monitor
from tests.rooms.infusion.treatment import again
from tests.serving import client, cookie_of, served
from tests.streaming import messages, rows

WRITERS, EACH = 4, 25


@pytest.fixture
def session(own_cast):
    return today.started(own_cast, device=monitor(own_cast))


@pytest.fixture
def server(own_database, session):
    with served(own_database) as running:
        yield running


@pytest.fixture
def cookies(own_cast, session):
    return cookie_of(own_cast.user("nurse"))


def write_notes(own_cast, session, count: int) -> None:
    by = own_cast.actor("nurse")
    for number in range(count):
        actions.add_note(session_id=session.pk, text=f"note {number}", by=by, at=timezone.now())
    connection.close()


def test_four_writers_at_once_and_a_reader_that_is_cut_off_sees_every_row_once(own_cast, session, server, cookies):
    writers = [Thread(target=write_notes, args=(own_cast, session, EACH)) for _ in range(WRITERS)]
    start = again(session).last_seq
    seen: list[int] = []
    last_id = f"{session.pk}:{start}"
    for writer in writers:
        writer.start()
    while len(seen) < WRITERS * EACH:
        for message in messages(server, cookies, ids=[session.pk], last_id=last_id):
            seen += rows([message], session.pk)
            last_id = message.id or last_id
            if message.name == "session" and len(seen) < WRITERS * EACH and len(seen) % 3 == 0:
                break  # hang up in the middle, come back with the last id
            if len(seen) >= WRITERS * EACH:
                break
    for writer in writers:
        writer.join()
    stored = list(again(session).events.filter(seq__gt=start).order_by("seq").values_list("seq", flat=True))
    kept = [seq for seq in seen if seq <= stored[-1]]
    assert kept == list(range(start + 1, start + 1 + len(kept)))
    assert len(kept) >= WRITERS * EACH


def test_a_stream_begins_after_what_the_page_shows(own_cast, session, server, cookies):
    before = again(session).last_seq
    write_notes(own_cast, session, 1)
    found = messages(server, cookies, ids=[session.pk], after=f"{session.pk}:{before}")
    first = next(one for one in found if one.name == "session")
    assert [row["seq"] for row in first.data["rows"]] == [before + 1]
    assert first.id == f"{session.pk}:{before + 1}"
    assert "note 0" in first.data["html"]["timeline"]


def test_silence_is_told_from_loss_by_a_beat(session, server, cookies):
    found = messages(server, cookies, ids=[session.pk], after=f"{session.pk}:{again(session).last_seq}")
    beats = [next(one for one in found if one.name == "beat") for _ in range(2)]
    assert all("at" in beat.data for beat in beats)


def test_a_stream_ends_when_its_reader_logs_out(session, server, cookies):
    found = messages(server, cookies, ids=[session.pk])
    next(found)
    LogIn.objects.all().delete()
    assert [one.name for one in found][-1] == "closed"


def test_a_stream_ends_when_its_reader_loses_the_permission(own_cast, session, server, cookies):
    found = messages(server, cookies, ids=[session.pk])
    next(found)
    Membership.objects.filter(user=own_cast.user("nurse")).delete()
    assert [one.name for one in found][-1] == "closed"


def test_opening_a_stream_is_one_audit_event_with_the_patients(session, server, cookies):
    next(messages(server, cookies, ids=[session.pk]))
    event = AuditEvent.objects.get(did="opened a live stream")
    assert event.patients == [session.patient_id]


def test_nobody_without_a_log_in_and_nobody_of_another_site_sees_anything(own_cast, session, server):
    address = f"/live/sessions?ids={session.pk}"
    with client(server) as stranger:
        assert stranger.get(address).status_code == 401
    with client(server, cookie_of(own_cast.user("nurse", there=True))) as elsewhere:
        assert elsewhere.get(address).status_code == 404
        assert elsewhere.get("/live/sessions?ids=987654").json() == elsewhere.get(address).json()
        assert elsewhere.get("/live/sessions?ids=x").status_code == 400
        assert elsewhere.get(address, headers={"Host": "evil.example"}).status_code == 400


def post(server, content, *, token: str = TOKEN, **headers: str) -> httpx.Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    with client(server) as device:
        return device.post("/door/readings", content=body, headers={"Authorization": f"Bearer {token}", **headers})


def row(session, **changes: object) -> dict[str, object]:
    return {"session": session.pk, "key": "1", "at": timezone.now().isoformat(), "values": {"spo2": 96}} | changes


def test_a_device_posts_a_row_and_the_reply_names_its_number(session, server):
    sent = {"rows": [row(session)]}
    first, second = post(server, sent).json(), post(server, sent).json()
    (stored,) = again(session).events.filter(kind="reading", by__startswith="device:")
    assert first["rows"] == [{"key": "1", "status": "stored", "seq": stored.seq, "problems": []}]
    assert second["rows"][0]["status"] == "duplicate"


def test_good_rows_are_stored_beside_bad_ones_and_each_is_told_why(session, server):
    sent = [
        row(session, key="good"),
        row(session, key="high", values={"spo2": 140}),
        row(session, key="odd", values={"mood": 3}),
    ]
    results = {one["key"]: one for one in post(server, {"rows": sent}).json()["rows"]}
    assert {key: one["status"] for key, one in results.items()} == {
        "good": "stored",
        "high": "refused",
        "odd": "refused",
    }
    assert results["high"]["problems"]


def test_a_batch_without_form_is_refused_whole_with_every_problem(session, server):
    before = again(session).last_seq
    sent = {"rows": [row(session), {"session": "x", "values": {}, "at": "noon"}, 7]}
    reply = post(server, sent)
    assert reply.status_code == 400
    places = {one["place"] for one in reply.json()["problems"]}
    assert places == {"rows[1].session", "rows[1].key", "rows[1].values", "rows[1].at", "rows[2]"}
    assert not again(session).events.filter(seq__gt=before, kind="reading").exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b'{"rows": []}', 400),
        (b'{"rows": [' + b"1," * 1500 + b"1]}", 400),
        (b" " * 1_000_001, 413),
    ],
    ids=["cut off", "deep", "empty", "many", "large"],
)
def test_what_is_no_batch_is_refused(server, body, status):
    assert post(server, body).status_code == status


def test_a_devices_row_for_another_session_than_its_own_is_refused_alone(session, server):
    before = again(session).events.filter(kind="reading").count()
    sent = [row(session, key="own"), row(session, key="other") | {"session": 987654}]
    results = {one["key"]: one for one in post(server, {"rows": sent}).json()["rows"]}
    assert results["own"]["status"] == "stored"
    assert results["other"]["problems"] == [{"place": "device", "says": "the device is paired with another session"}]
    assert again(session).events.filter(kind="reading").count() == before + 1


def test_an_unknown_or_retired_device_is_turned_away(session, server):
    assert post(server, {"rows": [row(session)]}, token="wrong").status_code == 401
    session.device.retired_at = timezone.now()
    session.device.save(update_fields=["retired_at"])
    assert post(server, {"rows": [row(session)]}).status_code == 401


def test_a_person_needs_the_anti_forgery_token_at_the_door(session, server, cookies):
    with client(server, cookies) as browser:
        assert browser.post("/door/readings", json={"rows": [row(session)]}).status_code == 403
        browser.get(f"/sessions/{session.pk}/")
        token = {"X-CSRFToken": browser.cookies["csrftoken"]}
        reply = browser.post("/door/readings", json={"rows": [row(session)]}, headers=token)
        assert reply.json()["rows"][0]["status"] == "stored"
