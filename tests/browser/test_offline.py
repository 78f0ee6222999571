"""The cockpit without its server: what is charted waits, is sent once and in order, by its author; the rest goes on paper."""

import re
import time
from itertools import pairwise

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as LogIn
from playwright.sync_api import Page, expect

from ketacare.clinic.idle import SEEN
from ketacare.infusion.models import Receipt
from tests.cast import PASSWORD
from tests.rooms.infusion import today
from tests.rooms.infusion.treatment import again
from tests.serving import cookie_of, start, stop, wait_until

pytestmark = pytest.mark.browser
VIEWER_S = 5  # a restart of the server costs a viewer no longer


@pytest.fixture
def started(own_cast):
    return today.started(own_cast)


@pytest.fixture
def nurse(journey_of, started):
    walk = journey_of("nurse")
    walk.open(f"/sessions/{started.pk}/")
    live(walk.page)
    walk.page.wait_for_function("performance.getEntriesByName(location.origin + '/offline/key/').length > 0")
    yield walk
    walk.complaints[:] = [one for one in walk.complaints if not one.startswith("htmx:")]  # it tells of each cut request


def live(page: Page) -> None:
    expect(page.locator("#live-state")).to_have_text("Live.", timeout=20_000)


def chart(page: Page, **typed: str) -> None:
    for label, text in typed.items():
        page.locator("#vitals-row").get_by_label(label, exact=True).fill(text)
    page.locator("#vitals-row").get_by_role("button", name="Chart").click()


def waits(page: Page, count: int) -> None:
    expect(page.locator(".offline-waits")).to_have_count(count)


def chart_three(page: Page) -> None:
    chart(page, Systolic="131", Diastolic="83", HR="78")
    waits(page, 1)
    page.locator("body").press("s")
    page.keyboard.press("4")
    waits(page, 2)
    page.locator("body").press("n")
    page.keyboard.type("Hums a song.")
    page.get_by_role("button", name="Keep the note").click()
    waits(page, 3)


def queued_rows(session) -> list:
    seqs = [seq for one in Receipt.objects.filter(charted_at__isnull=False).order_by("charted_at") for seq in one.seqs]
    return [again(session).events.get(seq=seq) for seq in seqs]


def test_what_is_charted_offline_waits_and_is_sent_in_order_with_its_own_times(own_cast, started, nurse):
    page = nurse.page
    page.context.set_offline(True)
    expect(page.locator("#offline-state")).to_contain_text("Not connected since", timeout=10_000)
    chart_three(page)
    expect(page.locator("#offline-state")).to_have_text(
        re.compile(r"Not connected since \d\d:\d\d: 3 entries wait\. They will be sent when the server is back\.")
    )
    expect(page.locator("#offline-rows")).to_contain_text("Systolic 131, Diastolic 83, HR 78")
    page.evaluate("scrollTo(0, 0)")
    nurse.look("session-offline")
    time.sleep(3)
    page.context.set_offline(False)
    waits(page, 0)
    live(page)
    expect(page.locator("[data-live=timeline]")).to_contain_text("from a device that was offline")
    expect(page.locator("#offline")).to_be_hidden()
    rows = queued_rows(started)
    assert [one.kind for one in rows] == ["reading", "observation", "note"]
    assert all(before.at < after.at and before.seq < after.seq for before, after in pairwise(rows))
    assert all((one.recorded_at - one.at).total_seconds() > 2 for one in rows)


def test_what_moves_the_drug_or_answers_an_alarm_goes_on_paper(own_cast, started, nurse):
    page, before = nurse.page, again(started).last_seq
    chart(page, Systolic="186", Diastolic="98")
    expect(page.locator(".alarm-strip .alarm-high").first).to_be_visible()
    before = again(started).last_seq
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    page.context.set_offline(True)
    expect(page.locator("#offline-state")).to_contain_text("Not connected", timeout=10_000)
    for key, says in (("p", "Pause"), ("d", "Change rate"), ("x", "Stop the pump by hand"), ("a", "Acknowledge")):
        page.locator("body").press(key)
        expect(page.locator("#offline-paper")).to_contain_text(says)
        expect(page.locator("#offline-paper")).to_contain_text("paper sheet with the time and your name")
    expect(page.get_by_role("button", name="Pause")).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("button", name="Pause")).to_contain_text("on paper now")
    page.get_by_role("link", name="Board").first.click()
    expect(page.locator("#offline-paper")).to_contain_text("this page stays open")
    page.evaluate("scrollTo(0, 0)")
    nurse.look("session-offline-refused")
    assert asked == []
    page.context.set_offline(False)
    live(page)
    expect(page.get_by_role("button", name="Pause")).not_to_have_attribute("aria-disabled", "true")
    assert again(started).last_seq == before


def test_a_form_that_moves_the_drug_stays_open_with_the_paper_procedure_while_the_server_is_away(
    own_cast, own_database, started, nurse, server
):
    page, before = nurse.page, again(started).last_seq
    nurse.open(f"/sessions/{started.pk}/end/")
    page.get_by_label("Reason").fill("The patient is well.")
    server.kill()
    page.get_by_role("button", name="End infusion").click()
    expect(page.locator(".not-sent")).to_contain_text("Not done: the server cannot be reached.")
    expect(page.get_by_label("Reason")).to_have_value("The patient is well.")
    nurse.look("session-dose-offline")
    assert again(started).last_seq == before


def test_a_log_in_that_ran_idle_meanwhile_is_taken_up_in_place_and_the_entries_go_out(own_cast, started, nurse):
    page = nurse.page
    page.context.set_offline(True)
    chart(page, HR="81")
    waits(page, 1)
    for log_in in LogIn.objects.all():
        kept = SessionStore(log_in.session_key)
        kept[SEEN] = kept.get(SEEN, time.time()) - 24 * 60 * 60
        kept.save()
    page.context.set_offline(False)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    waits(page, 0)
    live(page)
    assert [one.payload["values"] for one in queued_rows(started)] == [{"heart_rate": 81.0}]


def test_a_refused_entry_stays_with_its_reason_until_it_is_discarded_knowingly(own_cast, started, nurse):
    page = nurse.page
    page.context.set_offline(True)
    chart(page, HR="8000")
    chart(page, HR="80")
    waits(page, 2)
    page.context.set_offline(False)
    refused = page.locator(".offline-refused")
    expect(refused).to_contain_text("heart_rate")
    waits(page, 0)
    assert [one.payload["values"] for one in queued_rows(started)] == [{"heart_rate": 80}]
    live(page)
    page.reload()
    expect(refused).to_have_count(1)
    refused.get_by_role("button", name="Discard…").click()
    page.context.set_offline(True)
    expect(page.locator("#offline-state")).to_contain_text("Not connected since", timeout=10_000)
    page.context.set_offline(False)
    live(page)
    refused.get_by_role(
        "button", name="Keep it"
    ).click()  # what was asked stands, however often the list was drawn meanwhile
    refused.get_by_role("button", name="Discard…").click()
    page.evaluate("scrollTo(0, 0)")
    nurse.look("session-queue-refused")
    refused.get_by_role("button", name="Discard it for good").click()
    expect(refused).to_have_count(0)


def test_a_row_typed_while_the_one_before_is_still_being_kept_is_neither_wiped_nor_taken_for_it(
    own_cast, started, nurse
):
    page = nurse.page
    page.context.set_offline(True)
    expect(page.locator("#offline-state")).to_contain_text("Not connected since", timeout=10_000)
    page.evaluate("""() => {
        const row = document.getElementById("vitals-row");
        const chart = (rate) => { row.elements.heart_rate.value = rate; row.querySelector("button").click(); };
        for (const rate of ["81", "81", "82", "83"]) chart(rate);
        row.elements.heart_rate.value = "84";
    }""")
    expect(page.locator("#offline-rows")).to_contain_text("HR 83")
    expect(page.locator("#vitals-row").get_by_label("HR", exact=True)).to_have_value("84")
    page.context.set_offline(False)
    waits(page, 0)
    live(page)
    assert [one.payload["values"]["heart_rate"] for one in queued_rows(started)] == [81, 82, 83]


def test_a_row_typed_while_the_server_is_slow_stays_and_is_charted_after_it(own_cast, started, nurse):
    page, rate = nurse.page, nurse.page.locator("#vitals-row").get_by_label("HR", exact=True)
    on_their_way: list = []
    page.route("**/vitals/", lambda route: on_their_way.append(route), times=1)
    chart(page, HR="81")
    rate.fill("82")
    expect(page.locator("#vitals-row").get_by_role("button", name="Chart")).to_be_disabled()
    on_their_way[0].continue_()
    expect(page.locator("#vitals-row")).to_contain_text("Charted as entry")
    expect(rate).to_have_value("82")
    chart(page)
    expect(rate).to_have_value("")
    readings = again(started).events.filter(kind="reading").order_by("seq")
    assert [one.payload["values"].get("heart_rate") for one in readings][-2:] == [81, 82]


def test_a_colleague_at_the_same_browser_sees_the_count_alone_and_sends_nothing(own_cast, started, nurse, server):
    page, context = nurse.page, nurse.page.context
    context.set_offline(True)
    chart_three(page)
    page.route("**/queued/", lambda route: route.abort())
    page.goto("about:blank")
    context.set_offline(False)
    as_person(context, server, own_cast.user("prescriber"))
    page.goto(f"/sessions/{started.pk}/")
    live(page)
    expect(page.locator("#offline-others")).to_contain_text("3 entries of Harbour Nurse wait in this browser")
    expect(page.locator("#offline")).not_to_contain_text("Hums")
    kept = page.evaluate(READ_ALL)
    assert len(kept) == 3
    assert {tuple(sorted(one)) for one in kept} == {("iv", "keyId", "n", "name", "person", "sealed")}
    assert not [one for one in kept if "Hums" in one["sealed"] or "131" in one["sealed"]]
    page.evaluate("scrollTo(0, 0)")
    nurse.look("session-queue-of-a-colleague")
    page.unroute("**/queued/")
    page.wait_for_timeout(6000)
    assert queued_rows(started) == []
    as_person(context, server, own_cast.user("nurse"))
    page.goto(f"/sessions/{started.pk}/")
    expect(page.locator("#charted")).to_contain_text("3 entries that waited are on the server now")
    assert {one.by_name for one in queued_rows(started)} == {"Harbour Nurse"}


READ_ALL = """() => new Promise((resolve) => {
  indexedDB.open("ketacare").addEventListener("success", (event) => {
    event.target.result.transaction("entries").objectStore("entries").getAll().addEventListener("success", (found) =>
      resolve(found.target.result.map((row) => ({ ...row, iv: "", sealed: new TextDecoder("latin1").decode(row.sealed) }))));
  });
})"""


def as_person(context, server, user) -> None:
    context.clear_cookies()
    cookies = [{"name": name, "value": value, "url": server.url} for name, value in cookie_of(user).items()]
    context.add_cookies(cookies)


def test_a_row_that_arrived_while_its_answer_was_lost_is_stored_once(own_cast, started, nurse):
    page, before = nurse.page, again(started).last_seq

    def take_and_hang_up(route) -> None:
        route.fetch()
        route.abort()

    page.route("**/vitals/", take_and_hang_up)
    chart(page, HR="79")
    wait_until(lambda: again(started).events.filter(seq__gt=before, kind="reading").exists())
    time.sleep(8)  # in which what waits is sent again
    waits(page, 0)
    rows = again(started).events.filter(seq__gt=before, kind="reading")
    assert [one.payload["values"] for one in rows] == [{"heart_rate": 79}]


def test_a_server_killed_while_entries_go_out_stores_each_once(own_cast, own_database, started, nurse, server):
    page = nurse.page
    page.context.set_offline(True)
    for number in range(12):
        chart(page, HR=str(60 + number))
        waits(page, number + 1)
    port = int(server.url.rpartition(":")[2].strip("/"))
    page.context.set_offline(False)
    wait_until(lambda: queued_rows(started))
    server.kill()
    second = start(own_database, port=port)
    try:
        waits(page, 0)
        live(page)
    finally:
        stop(second)
    assert [one.payload["values"]["heart_rate"] for one in queued_rows(started)] == [
        60.0 + number for number in range(12)
    ]


def test_a_restart_of_the_server_costs_the_viewer_under_five_seconds_and_no_row(
    own_cast, own_database, started, nurse, server
):
    page = nurse.page
    port = int(server.url.rpartition(":")[2].strip("/"))
    page.evaluate(WATCH)
    server.kill()
    chart(page, HR="84")
    second = start(own_database, port=port)
    answered = time.time()
    try:
        live(page)
        waits(page, 0)
        back = page.evaluate("window.liveAgainAt") / 1000
        expect(page.locator(".now")).to_contain_text("84")
    finally:
        stop(second)
    assert [one.payload["values"] for one in queued_rows(started)] == [{"heart_rate": 84.0}]
    print(f"\nthe page was live {back - answered:.1f} s after the new server answered")
    assert back - answered < VIEWER_S


WATCH = """() => new MutationObserver(() => {
  if (document.body.dataset.liveState === "live") window.liveAgainAt = Date.now();
}).observe(document.body, { attributeFilter: ["data-live-state"] })"""
