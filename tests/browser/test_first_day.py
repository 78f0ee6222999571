"""The tutorial "First day" walked in a real browser, on a real demo. It takes the pictures of the manual."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from ketacare.config.demo.team import PASSWORD
from tests.browser.conftest import screenshots
from tests.browser.journey import WIDE, Journey
from tests.contract.demo.test_command import demo

pytestmark = pytest.mark.browser
ALARM_MS = 120_000  # the demo raises one within the first minute; a busy machine takes longer to get there


@pytest.fixture(scope="module")
def clinic(tmp_path_factory) -> Iterator[str]:
    """The demo's address."""
    with demo(tmp_path_factory.mktemp("first-day")) as running:
        yield running.url


@pytest.fixture
def walk(browser, clinic) -> Iterator[Journey]:
    """A newcomer's browser in front of the demo."""
    context = browser.new_context(base_url=clinic, viewport=WIDE, locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(30_000)
    journey = Journey(page=context.new_page(), folder=screenshots())
    yield journey
    context.close()
    assert not journey.complaints, journey.complaints


def open_from_rail(page: Page, place: str) -> None:
    page.get_by_role("link", name=place, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(place)


def test_the_nurse_sees_the_work_acknowledges_an_alarm_and_reads_a_report(walk):
    page = walk.page
    walk.log_in("nurse@demo.example", PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("What needs me now?")
    page.reload()  # without the greeting
    walk.look("first-day-today", full=False)

    open_from_rail(page, "Board")
    page.get_by_role("link", name="Room 2").click()
    expect(page.get_by_role("button", name="Acknowledge").first).to_be_visible(timeout=ALARM_MS)
    page.keyboard.press("a")
    expect(page.get_by_text("acknowledged by Marit Solheim").first).to_be_visible()
    walk.look("first-day-cockpit", full=False)
    open_from_rail(page, "Board")
    walk.look("first-day-board", full=False)

    open_from_rail(page, "Patients")
    page.get_by_role("row").filter(has_text="In maintenance").first.get_by_role("link").click()
    page.get_by_role("link", name="Sessions", exact=True).click()
    page.get_by_role("link", name="Report of session 1").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("report")
    page.get_by_role("heading", name="Order", exact=True).evaluate("heading => heading.scrollIntoView()")
    walk.look("first-day-report", full=False)


def test_the_prescriber_reads_why_and_decides(walk):
    page = walk.page
    walk.log_in("prescriber@demo.example", PASSWORD)
    rows = page.get_by_role("row").filter(has_text="Decide on eligibility")
    for number in range(rows.count()):
        rows.nth(number).get_by_role("link", name="Open evaluation").click()
        if page.get_by_text("Nothing found against treatment").count():
            break
        if page.get_by_role("heading", name="A second prescriber must sign").count():
            walk.look("first-day-evaluation", full=False)
        page.go_back()
    for read in page.get_by_label("I have read").all():
        read.check()
    page.get_by_label("Treat", exact=True).check()
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_text("The decision is recorded.")).to_be_visible()
    page.get_by_role("link", name="Access", exact=True).click()
    expect(page.get_by_role("rowheader", name="Dr. Ilse Brandauer").first).to_be_visible()
