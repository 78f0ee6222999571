"""A real browser in front of a real server on a database of the test's own."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.chromium import executable
from tests.browser.journey import Journey
from tests.cast import Cast
from tests.serving import Served, cookie_of, served

# Playwright's own event loop runs in this thread; the tests use the database between its steps, never inside them.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the run."""
    path, flags = executable()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, headless=True, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def server(own_database: str) -> Iterator[Served]:
    """``ketacare serve`` on a committed copy of the cast's database."""
    with served(own_database) as running:
        yield running


@pytest.fixture
def context(browser: Browser, server: Served) -> Iterator[BrowserContext]:
    """A visitor's browser with nothing remembered."""
    fresh = browser.new_context(
        base_url=server.url, viewport={"width": 1280, "height": 900}, locale="en-GB", reduced_motion="reduce"
    )
    fresh.set_default_timeout(15_000)
    yield fresh
    fresh.close()


@pytest.fixture
def journey(context: BrowserContext) -> Iterator[Journey]:
    """A walk through the pages of somebody who has not logged in; its end fails on any complaint of the browser."""
    walk = Journey(page=context.new_page(), folder=screenshots())
    yield walk
    assert not walk.complaints, walk.complaints


@pytest.fixture
def journey_of(journey: Journey, server: Served, own_cast: Cast) -> Callable[..., Journey]:
    """A walk of the person with a role, already logged in: ``journey_of("nurse")``."""

    def as_role(role: str, *, there: bool = False) -> Journey:
        user = own_cast.user(role, there=there)
        cookies = [{"name": name, "value": value, "url": server.url} for name, value in cookie_of(user).items()]
        journey.page.context.add_cookies(cookies)
        return journey

    return as_role


@pytest.fixture
def page(journey: Journey) -> Page:
    """The page of the walk."""
    return journey.page


def screenshots() -> Path:
    """Where pictures go: KETACARE_SCREENSHOTS, or var/screenshots."""
    folder = Path(os.environ.get("KETACARE_SCREENSHOTS", Path(__file__).parents[2] / "var/screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
