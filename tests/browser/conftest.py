"""A real browser in front of a real server on a database of the test's own."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from ketacare.clinic.models import Site
from tests.browser.chromium import executable
from tests.browser.journey import Journey
from tests.cast import Cast
from tests.conftest import address, copy_of, standing_in
from tests.serving import Served, answering, begin, cookie_of, end

# Playwright's own event loop runs in this thread; the tests use the database between its steps, never inside them.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
NOON = 12


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A server that has begun to start, and the name of its database."""

    database: str
    process: subprocess.Popen[str]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the run."""
    path, flags = executable()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, headless=True, args=flags)
        yield chromium
        chromium.close()


class Ahead:
    """Servers, each on a database of its own: while one test walks, the server of the next one starts."""

    def __init__(self, template: str, folders: pytest.TempPathFactory) -> None:
        self.template, self.folders = template, folders
        self.waiting = self.another()

    def another(self) -> Begun:
        name = copy_of(self.template, self.folders.mktemp("served"))
        return Begun(database=name, process=begin(address(name)))

    def take(self) -> Begun:
        taken, self.waiting = self.waiting, self.another()
        return taken


@pytest.fixture(scope="session")
def ahead(template: str, tmp_path_factory: pytest.TempPathFactory, django_db_blocker) -> Iterator[Ahead]:
    """The server that is ready when the next test asks."""
    with django_db_blocker.unblock():
        servers = Ahead(template, tmp_path_factory)
    yield servers
    end(servers.waiting.process)


def where_it_is_noon(now: datetime) -> str:
    """The zone whose clocks show twelve or a little more, on the day that UTC has: nothing that a walk does in it crosses midnight."""
    return f"Etc/GMT{now.astimezone(UTC).hour - NOON:+d}"  # the signs of these zones are turned round


@pytest.fixture
def begun(ahead: Ahead, django_db_blocker) -> Iterator[Begun]:
    """This test's database, in the place of the usual one, and the server on it."""
    with django_db_blocker.unblock():
        taken = ahead.take()
        with standing_in(taken.database):
            Site.objects.update(time_zone=where_it_is_noon(timezone.now()))
            yield taken
            end(taken.process)


@pytest.fixture
def own_database(begun: Begun) -> str:
    """The address of a committed copy of the cast's database."""
    return address(begun.database)


@pytest.fixture
def server(begun: Begun) -> Served:
    """``ketacare serve`` on that copy."""
    return answering(begun.process)


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
