"""The report as JSON, as a chart and as a PDF: the same numbers, worn differently."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import typst

from ketacare.infusion import queries
from ketacare.infusion.models import Session
from ketacare.infusion.report import Report
from ketacare.infusion.timeline import schedule_of
from ketacare.science.monitoring.delivered import DoseStep as Given
from ketacare.science.monitoring.timeline import State, dose_steps
from ketacare.ui.charts import Bolus, DoseStep, Line, Pressure, VitalsChart, vitals_chart
from ketacare.ui.words import clock, moment, quantity

PAGE = Path(__file__).parent / "typst/report.typ"
LINES = {"hr": "heart_rate", "spo2": "spo2", "rr": "resp_rate"}


def as_json(report: Report) -> dict[str, Any]:
    """The report as values that JSON has; decimals stay exact, as text."""
    return json.loads(json.dumps(asdict(report), default=plain))


def plain(value: object) -> str:
    """What JSON has no form for."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def chart(session: Session, *, at: datetime) -> str:
    """Vital signs over the dose, as SVG."""
    state = queries.state_of(session)
    begin = state.started_at or (state.moves[0].at if state.moves else at)
    until = state.moves[-1].at if state.status in {"discharged", "transferred"} else at
    drawn = tuple(lines(state, begin, joins_within_min=longest_interval_min(session)))
    return vitals_chart(
        VitalsChart(
            title="Vital signs and dose, minutes from the start of treatment",
            from_min=min([0.0, *(t for line in drawn for t, _ in line.points)]),
            to_min=minutes(until, begin),
            lines=drawn,
            pressures=tuple(pressures(state, begin)),
            doses=tuple(rates(state, begin)),
            boluses=tuple(boluses(state, begin)),
        )
    )


def minutes(at: datetime, begin: datetime) -> float:
    return (at - begin).total_seconds() / 60


def longest_interval_min(session: Session) -> float:
    """The longest time that the session's schedule lets pass between two values: a line across more would hide a gap."""
    schedule = schedule_of(session)
    timings = [*schedule.during.values(), *schedule.after.values()]
    return max((one.every_min for one in timings if one.every_min is not None), default=1)


def lines(state: State, begin: datetime, *, joins_within_min: float) -> Iterator[Line]:
    """The curves of the chart."""
    for key, name in LINES.items():
        points = tuple((minutes(one.at, begin), float(one.value)) for one in state.series.get(name, ()))
        yield Line(key=key, points=points, joins_within_min=joins_within_min)


def pressures(state: State, begin: datetime) -> Iterator[Pressure]:
    """Each blood pressure whose two values were taken together."""
    diastolic = {(one.at, one.seq): one.value for one in state.series.get("bp_dia", ())}
    for one in state.series.get("bp_sys", ()):
        if (low := diastolic.get((one.at, one.seq))) is not None:
            yield Pressure(t_min=minutes(one.at, begin), systolic_mmhg=float(one.value), diastolic_mmhg=float(low))


def rates(state: State, begin: datetime) -> Iterator[DoseStep]:
    """The pump's rate from step to step; a resumed infusion goes on at the rate it had."""
    running = Decimal(0)
    for given in dose_steps(state):
        running = given.rate_mg_per_h if given.rate_mg_per_h is not None else running
        if given.step in {"start", "rate", "resume", "pause", "stop"}:
            yield DoseStep(
                t_min=minutes(given.at, begin), rate=0.0 if given.step in {"pause", "stop"} else float(running)
            )


def boluses(state: State, begin: datetime) -> Iterator[Bolus]:
    """Doses given at once."""
    at_once = (one for one in dose_steps(state) if is_at_once(one))
    return (Bolus(t_min=minutes(one.at, begin), text=f"{one.dose_mg:f} mg") for one in at_once)


def is_at_once(given: Given) -> bool:
    """Whether a step gives a dose at once."""
    return given.step in {"bolus", "start"} and given.dose_mg is not None


def pdf(report: Report, drawing: str) -> bytes:
    """The report as an accessible PDF; every text goes in as data, never as the page's own language."""
    said = as_json(report) | {"shown": shown(report)}
    return typst.compile(PAGE, sys_inputs={"report": json.dumps(said), "chart": drawing}, pdf_standards=["a-2b"])


def shown(report: Report) -> dict[str, Any]:
    """What the PDF prints in words: times on the site's clock, amounts with their units."""
    zone, totals = report.time_zone, report.totals
    return {
        "route": report.order.route_words if report.order else "",
        "amounts": [quantity(amount, unit) for unit, amount in (report.order.amounts if report.order else ())],
        "planned_dose": quantity(totals.planned_mg, "mg"),
        "given_dose": quantity(totals.given_mg, "mg"),
        "planned_time": quantity(totals.planned_min, "min"),
        "given_time": quantity(totals.given_min, "min"),
        "made_at": moment(report.made_at, zone),
        "times": [[status, moment(at, zone)] for status, at in report.times],
        "signed": [[step, who, moment(at, zone)] for step, who, at in (report.order.signed if report.order else ())],
        "alarms": [
            [
                clock(one.raised_at, zone),
                ", ".join(f"{who} {clock(at, zone)}" for who, at in one.acknowledged),
                clock(one.resolved_at, zone),
            ]
            for one in report.alarms
        ],
        "told": [[one.seq, clock(one.at, zone), one.said, one.by, one.corrected_by] for one in report.told],
        "signatures": [moment(one.at, zone) for one in report.signatures],
        "done": [clock(one.at, zone) for one in report.done],
    }
