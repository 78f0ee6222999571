"""Pictures of a validation, as SVG and PNG without a browser: histograms of the transform, and relapse as foretold beside as it came.

Needs the extra: ``pip install 'ketacare[research]'``.
"""

import re
from pathlib import Path
from typing import Any

import altair as alt

from ketacare.science.pkpd.plots import COLOURS, GRID, INK, LOOK, QUIET
from ketacare.science.trajectory.validating.report import AWARE

Told = dict[str, Any]
COLUMNS, WIDE, HIGH, SQUARE = 3, 210, 120, 230


def write(folder: Path, found: list[Told]) -> list[Path]:
    """Draw every group that was judged; return what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for group in found:
        if group["part"] != "forecasts":
            continue
        name = re.sub(r"[^a-z0-9]+", "-", group["group"].lower())
        pictures = {f"transform-{name}": histograms(group)}
        if group["relapse"] and any(one["slope"] is not None for one in group["relapse"]):
            pictures[f"relapse-{name}"] = calibration(group)
        for stem, chart in pictures.items():
            for form in (".svg", ".png"):
                path = folder / f"{stem}{form}"
                chart.save(str(path))
                written.append(path)
    return written


def histograms(group: Told) -> alt.VConcatChart:
    """The transform of each way of forecasting: every bar at a tenth when calibrated."""
    charts = []
    for way in group["ways"]:
        if "histogram" not in way:
            continue
        bins = len(way["histogram"])
        rows = [
            {"from": at / bins, "to": (at + 1) / bins, "share": 100 * share, "none": 0.0}
            for at, share in enumerate(way["histogram"])
        ]
        bars = alt.Chart(alt.InlineData(values=rows)).mark_rect(color=COLOURS[0], opacity=0.75, stroke="white")
        even = alt.Chart(alt.InlineData(values=[{"share": 100 / bins}])).mark_rule(color=INK, strokeDash=[4, 3])
        up = alt.Y("share:Q", title="% of scores", scale=alt.Scale(domainMin=0))
        across = alt.X(
            "from:Q", title="chance of a score at or below the one that came", scale=alt.Scale(domain=[0, 1])
        )
        drawn = alt.layer(bars.encode(across, alt.X2("to:Q"), up, alt.Y2("none:Q")), even.encode(y=up))
        charts.append(drawn.properties(width=WIDE, height=HIGH, title=_title(way["name"], size=12)))
    lines = [charts[at : at + COLUMNS] for at in range(0, len(charts), COLUMNS)]
    return _whole(
        group,
        alt.vconcat(*[alt.hconcat(*line) for line in lines]),
        "Even bars: calibrated. Dashed: what even bars are.",
    )


def calibration(group: Told) -> alt.VConcatChart:
    """Relapse as it came, in ten groups by the chance that was given, with 95 % intervals."""
    charts = []
    for one in group["relapse"]:
        rows = [
            {
                "expected": 100 * each["expected"],
                "observed": 100 * each["observed"],
                "low": 100 * each["between"][0],
                "high": 100 * each["between"][1],
            }
            for each in one["groups"]
        ]
        base = alt.Chart(alt.InlineData(values=rows))
        scale = alt.Scale(domain=[0, 100])
        across = alt.X("expected:Q", title="foretold, %", scale=scale)
        up = alt.Y("observed:Q", title="came, %", scale=scale)
        line = [{"expected": 0, "observed": 0}, {"expected": 100, "observed": 100}]
        right = alt.Chart(alt.InlineData(values=line)).mark_line(color=GRID, strokeDash=[4, 3]).encode(across, up)
        bars = base.mark_rule(color=COLOURS[1]).encode(
            across, alt.Y("low:Q", title="came, %", scale=scale), alt.Y2("high:Q")
        )
        dots = base.mark_point(color=COLOURS[1], filled=True, size=45, opacity=1).encode(across, up)
        title = _title(f"within {one['horizon_days']} days: {one['relapses']} of {one['people']}", size=12)
        charts.append(alt.layer(right, bars, dots).properties(width=SQUARE, height=SQUARE, title=title))
    says = f"{AWARE[0].upper()}{AWARE[1:]}. Bars: Wilson, 95 %. Who was lost counts by those who stayed."
    return _whole(group, alt.hconcat(*charts), says)


def _whole(group: Told, chart: alt.HConcatChart | alt.VConcatChart, says: str) -> alt.VConcatChart:
    """The picture under its title, over what must be known of it."""
    people = f"{group['judged']} people judged, {group['learnt_from']} others learnt from; {group['preset']} preset."
    lines = [f"{people} {says}", *([group["note"]] if group["note"] else []), "A planning aid: the clinician decides."]
    under = alt.TitleParams(
        lines, orient="bottom", anchor="start", fontSize=11, fontWeight="normal", color=QUIET, offset=10
    )
    return alt.vconcat(
        alt.vconcat(chart, title=_title(f"{group['group']}: {group['title']}")), title=under, config=LOOK
    )


def _title(text: str, size: int = 15) -> alt.TitleParams:
    return alt.TitleParams(text, anchor="start", fontSize=size, color=INK)
