"""A complete infusion by keyboard, from the chair to the way home: three hours, told by a server whose clock is set back and moved on."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ketacare.infusion.queries import state_of
from tests.rooms.infusion import today
from tests.rooms.infusion.treatment import ANSWERS, HOME, SCORES, WELL, again
from tests.serving import cookie_of, start, stop

pytestmark = pytest.mark.browser
BEGAN_MIN, ENDED_MIN, FIRST_MIN, SECOND_MIN = 200, 158, 40, 20  # minutes before now
SET_BACK = """
import os, time
from datetime import datetime, timedelta, timezone
import time_machine
counted = time.clock_gettime
time_machine.travel(datetime.now(timezone.utc) - timedelta(minutes=float(os.environ["MINUTES_BACK"])), tick=True).start()
time.clock_gettime = lambda clock: counted(clock) - 60 * float(os.environ["MINUTES_BACK"])  # both clocks of the machine
"""


@pytest.fixture
def clock_of(tmp_path: Path, monkeypatch, own_database, own_cast, journey, server):
    """A server that believes it is so many minutes ago, and the nurse logged in to it."""
    (tmp_path / "sitecustomize.py").write_text(SET_BACK)
    port = int(server.url.rpartition(":")[2])
    stop(server)

    @contextmanager
    def at(minutes_back: float) -> Iterator[Page]:
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setenv("MINUTES_BACK", str(minutes_back))
        running = start(own_database, port=port)
        monkeypatch.delenv("PYTHONPATH")
        cookies = cookie_of(own_cast.user("nurse"))
        journey.page.context.add_cookies(
            [{"name": name, "value": value, "url": server.url} for name, value in cookies.items()]
        )
        yield journey.page
        journey.page.goto("about:blank")
        stop(running)

    return at


def ago(minutes: float) -> datetime:
    return timezone.now() - timedelta(minutes=minutes)


def live(page: Page) -> None:
    expect(page.locator("#live-state")).to_have_text("Live.")


def types(page: Page, name: str, value: object, *, within: str = "main") -> None:
    """Go to a field and type, as fingers do: a list takes the first letters of its choice."""
    words = ("yes" if value else "no") if isinstance(value, bool) else str(value).replace("_", " ")
    page.locator(f"{within} [name='{name}']").first.focus()
    page.keyboard.type(words)


def row(page: Page, *fields: str) -> None:
    """One row of vital signs."""
    page.keyboard.press("v")
    for number, text in enumerate(fields):
        if number:
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.locator(".saved")).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    page.locator(".saved").evaluate("element => element.remove()")


def presses(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).press("Enter")


def sees_every_alarm(page: Page) -> None:
    button = page.get_by_role("button", name="Acknowledge")
    while count := button.count():
        page.keyboard.press("a")
        expect(button).to_have_count(count - 1)


def test_a_complete_session_from_the_chair_to_the_way_home(own_cast, clock_of, journey):
    session = today.planned(own_cast, at=ago(BEGAN_MIN))
    here = f"/sessions/{session.pk}/"
    with clock_of(BEGAN_MIN) as page:
        comes(page, here)
        begins(page, session)
        journey.look("complete-started")
    with clock_of(ENDED_MIN) as page:  # a server that was restarted in the middle of it
        page.goto(here)
        live(page)
        row(page, "138", "86", "84", "97", "13", "4", "n")
        for key in "f6":
            page.keyboard.press(key)
        expect(page.locator("#charted")).to_contain_text("Dissociation 6")
        expect(page.locator(".phase")).to_contain_text("35.0 mg")
        sees_every_alarm(page)
        page.keyboard.press("e")
        presses(page, "End infusion")
        live(page)
        expect(page.locator(".phase-name")).to_have_text("recovering")
        journey.look("complete-flowsheet")
    for minutes in (FIRST_MIN, SECOND_MIN):
        with clock_of(minutes) as page:
            page.goto(here)
            live(page)
            row(page, "126", "79", "72", "98", "14", "5", "n")
            recovers(page)
            if minutes == SECOND_MIN:
                goes_home(page, here)
    state = state_of(again(session))
    assert state.status == "discharged"
    assert [event.payload.step for event in state.of_kind("dose")] == ["start", "stop"]
    assert timedelta(minutes=BEGAN_MIN - ENDED_MIN) <= state.ended_at - state.started_at <= timedelta(minutes=50)
    assert state.alarms.waiting == ()


def comes(page: Page, here: str) -> None:
    """Check-in and everything that is asked and measured before the drug."""
    page.goto(here)
    page.keyboard.press("i")
    types(page, "chair", "Room 1")
    page.keyboard.press("Enter")
    expect(page.locator(".phase-name")).to_have_text("checked in")
    row(page, "124", "78", "70", "98", "14", "5", "n", "10", "36.7")
    for key in "f0":
        page.keyboard.press(key)
    expect(page.locator("#charted")).to_contain_text("Dissociation 0")
    page.keyboard.press("g")
    for item, value in ANSWERS.items():
        if page.locator(f"main [name='{item}']").count():
            types(page, item, value)
    page.evaluate("document.activeElement.blur()")
    with page.expect_navigation():
        page.keyboard.press("s")
    row(page, "122", "78", "70", "98", "14", "5", "n")


def begins(page: Page, session) -> None:
    """The last look, and the start."""
    page.goto(f"/sessions/{session.pk}/gate/")
    expect(page.get_by_text("Nothing stands in the way")).to_be_visible()
    page.keyboard.press("y")
    types(page, "computed_by", "Harbour Prescriber")
    types(page, "label_matches", "yes")
    presses(page, "Start infusion")
    live(page)
    expect(page.locator(".phase-name")).to_have_text("infusing")


def recovers(page: Page) -> None:
    """One assessment, charted together."""
    page.keyboard.press("h")
    form = "form:has(#id_oriented)"
    for item, value in (WELL | SCORES).items():
        types(page, item, value, within=form)
    page.evaluate("document.activeElement.blur()")
    with page.expect_navigation():
        page.keyboard.press("s")
    expect(page.get_by_role("heading", name="The way home")).to_be_visible()


def goes_home(page: Page, here: str) -> None:
    """Asked, answered, seen, signed."""
    for item, (value, note) in HOME.items():
        types(page, item, value)
        if note:
            types(page, f"{item}.note", note)
    presses(page, "Save these answers")
    page.goto(here)
    live(page)
    sees_every_alarm(page)
    page.keyboard.press("h")
    expect(page.get_by_text(re.compile("Everything is met"))).to_be_visible()
    presses(page, "Sign and discharge")
    expect(page.locator(".phase-name")).to_have_text("discharged")
