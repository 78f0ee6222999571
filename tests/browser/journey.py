"""A walk through the pages: pictures in every look, accessibility, and what the browser complains of."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
LOOKS = {"light": ("light", WIDE), "room": ("dark", WIDE), "phone": ("light", PHONE)}  # name -> theme, size
LEVEL_AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
AXE = Axe()

# A window whose content is wider than itself hides something, unless that part scrolls on its own.
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SET_THEME = "theme => document.documentElement.setAttribute('data-bs-theme', theme)"


@dataclass(kw_only=True)
class Journey:
    """One visitor on the way through the pages."""

    page: Page
    folder: Path
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self.hear)

    def hear(self, message: ConsoleMessage) -> None:
        """Keep errors; a page that answers "refused" or "not found" on purpose is none."""
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def open(self, path: str) -> None:
        self.page.goto(path)

    def log_in(self, email: str, password: str) -> None:
        """Through the form, as a person does."""
        self.page.goto("/accounts/login/")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").first.fill(password)
        self.page.get_by_role("button", name="Log in").or_(
            self.page.get_by_role("button", name="Sign In")
        ).first.click()
        self.page.wait_for_load_state()

    def look(self, name: str, *, full: bool = True, looks: Iterable[str] = LOOKS) -> None:
        """Take a picture in every look; fail on an accessibility violation or on content cut off at the side."""
        theme = self.page.evaluate("document.documentElement.getAttribute('data-bs-theme')")
        before = self.page.viewport_size or WIDE
        for look in looks:
            wanted, size = LOOKS[look]
            self.page.evaluate(SET_THEME, wanted)
            self.page.set_viewport_size(size)
            self.page.screenshot(path=self.folder / f"{name}-{look}.png", full_page=full)
            found = AXE.run(self.page, options=LEVEL_AA)
            assert found.violations_count == 0, f"{name}, {look}:\n{found.generate_report()}"
            assert self.page.evaluate(TOO_WIDE) <= 0, f"{name}, {look}: wider than the window"
        self.page.set_viewport_size(before)
        self.page.evaluate(SET_THEME, theme)
