"""The live chart's own rules, in a browser without a server: time in order, gaps that stay gaps."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
UPLOT = ROOT / "node_modules/uplot/dist/uPlot.iife.min.js"
MODULE = ROOT / "src/ketacare/ui/static/ui/live-chart.js"
THEME = ROOT / "src/ketacare/ui/static/ui/theme.css"


@pytest.fixture
def chart_page(browser: Browser):
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_content('<html data-bs-theme="light"><body><div id="chart"></div></body></html>')
    page.add_style_tag(path=THEME)
    page.add_script_tag(path=UPLOT)
    page.add_script_tag(content=MODULE.read_text() + "\nwindow.liveChart = liveChart;", type="module")
    page.wait_for_function("() => Boolean(window.liveChart)")
    yield page
    assert not complaints
    context.close()


def drawn(page: Page, keys: list[str], pushes: list[tuple[float, dict[str, float | None]]], gap_seconds: int = 300):
    """Draw, wait for the frame, and return the arrays as uPlot has them; "joined" stands for undefined."""
    return page.evaluate(
        """async ([keys, pushes, gapSeconds]) => {
            const chart = liveChart(document.getElementById("chart"), keys, { gapSeconds });
            for (const [at, values] of pushes) chart.push(at, values);
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            return chart.data.map((row) => row.map((value) => (value === undefined ? "joined" : value)));
        }""",
        [keys, pushes, gap_seconds],
    )


def test_a_sign_measured_less_often_is_joined_through_the_others(chart_page):
    times, heart, breaths = drawn(chart_page, ["hr", "rr"], [(0, {"hr": 70, "rr": 14}), (60, {"hr": 72})])
    assert (times, heart, breaths) == ([0, 60], [70, 72], [14, "joined"])


def test_a_silence_longer_than_the_interval_is_a_gap_of_that_sign_alone(chart_page):
    pushes = [(0, {"hr": 70, "rr": 14}), (200, {"rr": 15}), (400, {"hr": 72, "rr": 16})]
    _, heart, breaths = drawn(chart_page, ["hr", "rr"], pushes)
    assert heart == [70, "joined", None, 72]
    assert None not in breaths


def test_a_late_entry_takes_its_place_in_time(chart_page):
    times, heart = drawn(chart_page, ["hr"], [(0, {"hr": 70}), (120, {"hr": 74}), (60, {"hr": 72})])
    assert (times, heart) == ([0, 60, 120], [70, 72, 74])


def test_every_kind_of_sign_draws_itself(chart_page):
    keys = ["hr", "spo2", "rr", "bp_sys", "bp_dia", "temp", "rate"]
    values = {"hr": 70, "spo2": 98, "rr": 14, "bp_sys": 121, "bp_dia": 78, "temp": 36.8, "rate": 52.5}
    drawn(chart_page, keys, [(0, values), (60, values)])
    legend = chart_page.locator(".u-legend").inner_text()
    for name in ("Heart rate", "SpO2", "Breaths", "BP systolic", "BP diastolic", "Temperature", "Dose rate"):
        assert name in legend


def test_other_curves_take_the_place_of_all_that_was_drawn(chart_page):
    """The explanatory band: filled between two lines, marked now, and drawn anew when the doses change."""
    data, canvases = chart_page.evaluate(
        """async () => {
            const band = ["plasma_high", "plasma_low"];
            const settings = { band, range: (_plot, _low, high) => [0, high], mark: () => ({ seconds: 60, label: "now" }) };
            const chart = liveChart(document.getElementById("chart"), ["plasma", ...band], settings);
            chart.replace([0, 60, 120], { plasma: [0, 9, 5], plasma_high: [0, 12, 8], plasma_low: [0, 6, 3] });
            chart.replace([0, 60], { plasma: [0, 4], plasma_high: [0, 6], plasma_low: [0, 2] });
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            return [chart.data, document.querySelectorAll("canvas").length];
        }"""
    )
    assert data == [[0, 60], [0, 4], [0, 6], [0, 2]]
    assert canvases == 1
