"""Public pages in a browser that has never been here: until the largest part is painted, and what came over the line."""

import os
from statistics import median

from django.utils import timezone
from playwright.sync_api import Browser, Response, sync_playwright

from ketacare.clinic.models import Site
from ketacare.planning.actions import settle_practice
from ketacare.planning.practices import PUBLIC_OUTCOMES, PUBLIC_PROFILE
from ketacare.public import education
from tests.bench.figures import says
from tests.bench.place import address, clinic
from tests.browser.chromium import executable
from tests.cast import Cast
from tests.serving import Served, served

TIMES, GOAL_MS, GOAL_KB = 5, 1000, 150
PHONE = {"width": 390, "height": 844}
PAINTED = """new Promise(done => new PerformanceObserver(list => done(list.getEntries().at(-1).startTime))
    .observe({type: 'largest-contentful-paint', buffered: true}))"""


def run() -> int:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the browser's driver has a loop in this thread
    with clinic("public") as people:
        paths = ["/welcome/", "/self-check/", f"/clinics/{openly(people).pk}/"]
        paths += [f"/learn/{page.front.id}/" for page in education.pages("en")]
        with served(address()) as server:
            found = {path: measured(server, f"{path}?language=es") for path in paths}
    for path, (painted_ms, sent_kb) in found.items():
        says(f"{path:26} {painted_ms:5.0f} ms until painted, {sent_kb:5.1f} KB")
    says(f"the middle of {TIMES} browsers that had nothing kept; the goals are {GOAL_MS} ms and {GOAL_KB} KB")
    return int(any(painted >= GOAL_MS or sent >= GOAL_KB for painted, sent in found.values()))


def openly(people: Cast) -> Site:
    """The clinic, shown to anybody."""
    by, now = people.actor("prescriber"), timezone.now()
    for name in (PUBLIC_PROFILE, PUBLIC_OUTCOMES):
        settle_practice(site_id=people.here, name=name, value=True, reason="A bench", by=by, at=now)
    return Site.objects.get(pk=people.here)


def measured(server: Served, path: str) -> tuple[float, float]:
    """Milliseconds until the largest part is painted, and kilobytes without images, each time in a new browser."""
    executable_path, flags = executable()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable_path, headless=True, args=flags)
        each = [once(chromium, server.url + path) for _ in range(TIMES)]
        chromium.close()
    return median(painted for painted, _ in each), max(sent for _, sent in each)


def once(chromium: Browser, address: str) -> tuple[float, float]:
    """One visit with nothing kept from before."""
    context = chromium.new_context(viewport=PHONE)
    page, replies = context.new_page(), list[Response]()
    page.on("response", lambda reply: replies.append(reply))
    page.goto(address, wait_until="load")
    painted = page.evaluate(PAINTED)
    texts = [reply for reply in replies if reply.request.resource_type != "image"]
    sizes = [reply.request.sizes() for reply in texts]
    context.close()
    return painted, sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes) / 1000
