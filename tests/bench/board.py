"""What the Board costs a browser: eight rooms, four curves each, a reading a second, as a share of its main thread."""

import os
import time
from datetime import timedelta
from functools import partial
from threading import Thread

from django.utils import timezone
from playwright.sync_api import CDPSession, sync_playwright

from ketacare.infusion.models import Session
from tests.bench import chairs
from tests.bench.figures import says
from tests.bench.place import address, clinic
from tests.browser.chromium import executable
from tests.serving import Served, cookie_of, served

SECONDS, BEFORE_S, A_BATCH, GOAL_PERCENT = 60, 900, 150, 5
SIZE = {"width": 1920, "height": 1080}
PARTS = {
    "TaskDuration": "all work",
    "ScriptDuration": "scripts",
    "LayoutDuration": "layout",
    "RecalcStyleDuration": "styles",
}


def run() -> int:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the browser's driver has a loop in this thread
    with clinic("board") as people:
        sessions = chairs.in_use(people)
        cookies = cookie_of(people.user("nurse"))
        with served(address()) as server:
            for session in sessions:
                earlier(server, session)
            shares = measured(server, cookies, sessions)
    for name, label in PARTS.items():
        says(f"{label:10} {shares[name]:5.1f} % of the main thread")
    says(
        f"{len(sessions)} rooms, four curves each with 15 min behind them, a reading a second for {SECONDS} s; the goal is {GOAL_PERCENT} %."
    )
    return int(shares["TaskDuration"] >= GOAL_PERCENT)


def measured(server: Served, cookies: dict[str, str], sessions: list[Session]) -> dict[str, float]:
    """The share of a minute, in percent, by kind of work."""
    path, flags = executable()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, headless=True, args=flags)
        context = chromium.new_context(base_url=server.url, viewport=SIZE, locale="en-GB")
        context.add_cookies([{"name": name, "value": value, "url": server.url} for name, value in cookies.items()])
        page = context.new_page()
        page.goto("/board/")
        page.get_by_text("Live.").wait_for()
        devtools = context.new_cdp_session(page)
        devtools.send("Performance.enable")
        monitors = [Thread(target=partial(sends, server, session, place)) for place, session in enumerate(sessions)]
        for one in monitors:
            one.start()
        page.wait_for_timeout(2000)
        before, began = metrics(devtools), time.monotonic()
        page.wait_for_timeout(SECONDS * 1000)
        after, took = metrics(devtools), time.monotonic() - began
        for one in monitors:
            one.join()
        shown = page.locator(".board-card").count()
        chromium.close()
    assert shown == len(sessions)
    return {name: 100 * (after[name] - before[name]) / took for name in PARTS}


def metrics(devtools: CDPSession) -> dict[str, float]:
    """Seconds of work so far, as the browser counts them."""
    return {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}


def values(number: int) -> dict[str, int]:
    """One reading of all four curves."""
    wave = number % 9
    return {"heart_rate": 68 + wave, "spo2": 95 + number % 4, "resp_rate": 12 + number % 5, "bp_sys": 120 + wave, "bp_dia": 76 + number % 5}  # fmt: skip


def earlier(server: Served, session: Session) -> None:
    """A quarter of an hour of readings from before."""
    now = timezone.now()
    rows = [
        {"session": session.pk, "key": f"before {number}", "at": (now - timedelta(seconds=BEFORE_S - number)).isoformat(), "values": values(number)}
        for number in range(BEFORE_S)
    ]  # fmt: skip
    with chairs.monitor_of(server, token=chairs.token_of(session.chair)) as bedside:
        for start in range(0, BEFORE_S, A_BATCH):
            bedside.post("/door/readings", json={"rows": rows[start : start + A_BATCH]}).raise_for_status()


def sends(server: Served, session: Session, place: int) -> None:
    """A reading a second, each chair at its own moment of the second."""
    began = time.monotonic() + place / chairs.CHAIRS
    with chairs.monitor_of(server, token=chairs.token_of(session.chair)) as bedside:
        for number in range(SECONDS + 4):
            time.sleep(max(0, began + number - time.monotonic()))
            row = {
                "session": session.pk,
                "key": str(number),
                "at": timezone.now().isoformat(),
                "values": values(number),
            }
            bedside.post("/door/readings", json={"rows": [row]}).raise_for_status()
