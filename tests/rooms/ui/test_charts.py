"""The chart of vital signs: what it must say whatever the data are."""

from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.ui.axes import Scale, ticks
from ketacare.ui.charts import STYLES, Bolus, DoseStep, Line, Pressure, VitalsChart, gaps, segments, vitals_chart

SVG = "{http://www.w3.org/2000/svg}"
HEART = Line(key="hr", points=((0, 70), (5, 72), (10, 80), (25, 90), (30, 88)), joins_within_min=5)
CHART = VitalsChart(
    title="Vital signs of session 3",
    from_min=0,
    to_min=30,
    lines=(HEART, Line(key="spo2", points=((0, 98), (5, None), (10, 97)), joins_within_min=10)),
    pressures=(Pressure(t_min=0, systolic_mmhg=121, diastolic_mmhg=78),),
    doses=(DoseStep(t_min=2, rate=51), DoseStep(t_min=20, rate=0)),
    boluses=(Bolus(t_min=1, text="10 mg"),),
    dose_unit="mg/h",
)

finite = st.floats(-1e4, 1e4)


def drawn(chart: VitalsChart = CHART) -> ElementTree.Element:
    return ElementTree.fromstring(vitals_chart(chart))


def test_a_line_never_bridges_more_than_its_interval():
    assert segments(HEART) == [[(0, 70), (5, 72), (10, 80)], [(25, 90), (30, 88)]]
    assert list(gaps(HEART, CHART)) == [(10, 25)]


def test_a_reading_that_was_due_and_is_missing_breaks_the_line():
    line = Line(key="rr", points=((0, 14), (5, None), (10, 15)), joins_within_min=60)
    assert segments(line) == [[(0, 14)], [(10, 15)]]


def test_time_before_the_first_and_after_the_last_reading_is_a_gap_too():
    line = Line(key="hr", points=((10, 70),), joins_within_min=5)
    assert list(gaps(line, CHART)) == [(0, 10), (10, 30)]
    assert list(gaps(replace(line, points=()), CHART)) == [(0, 30)]


def test_each_kind_of_sign_is_told_apart_without_colour():
    joined = {key: (style.dash, style.marker) for key, style in STYLES.items()}
    assert len(set(joined.values())) == len(joined)


def test_the_drawing_names_its_units_and_says_itself_in_words():
    svg = drawn()
    legend = {text.text for text in svg.iter(f"{SVG}text")}
    assert {"Heart rate (/min)", "SpO2 (%)", "Blood pressure (mmHg)", "Breaths (/min)", "Dose rate (mg/h)"} <= legend
    assert "Minutes from the start of treatment" in legend
    words = svg.findtext(f"{SVG}desc")
    assert "Heart rate: 5 readings, 70 to 90 /min, 1 times without data." in words
    assert "highest 121/78 mmHg at minute 0" in words
    assert "From minute 2: 51 mg/h." in words
    assert "10 mg at once" in words


def test_the_drawing_has_no_inline_style_and_nothing_foreign():
    text = vitals_chart(CHART)
    assert "style=" not in text
    assert text.count("http") == 1  # its own name space


def test_a_title_from_people_is_escaped():
    assert drawn(replace(CHART, title="<b>A & B</b>")).findtext(f"{SVG}title") == "<b>A & B</b>"


def test_a_session_without_readings_is_still_a_chart():
    empty = drawn(VitalsChart(title="Nothing yet", from_min=0, to_min=0))
    assert empty.findtext(f"{SVG}desc") == "No readings and no doses."


@given(low=finite, span=st.floats(1e-3, 1e4))
def test_ticks_are_few_round_and_hold_the_range(low, span):
    marks = ticks(low, low + span)
    assert marks == sorted(set(marks))
    assert len(marks) <= 8
    assert marks[0] <= low + 1e-6 * span
    assert marks[-1] >= low + span - 1e-6 * span


@given(value=finite)
def test_a_scale_keeps_order_and_ends(value):
    scale = Scale(low=0, high=100, start=200, end=0)
    assert scale.at(0) == 200
    assert scale.at(100) == 0
    assert scale.at(value + 1) < scale.at(value)


@given(st.lists(st.tuples(st.integers(0, 60), st.none() | st.integers(30, 220))), st.integers(1, 20))
def test_every_reading_is_drawn_once_and_no_step_is_longer_than_allowed(points, longest):
    line = Line(key="hr", points=tuple(points), joins_within_min=longest)
    runs = segments(line)
    assert sorted(point for run in runs for point in run) == sorted(p for p in points if p[1] is not None)
    assert all(b[0] - a[0] <= longest for run in runs for a, b in pairwise(run))


@pytest.mark.parametrize("systolic, place", [(300, "above")])
def test_a_value_beyond_the_usual_range_widens_the_axis(systolic, place):
    chart = replace(CHART, pressures=(Pressure(t_min=0, systolic_mmhg=systolic, diastolic_mmhg=78),))
    labels = [text.text for text in drawn(chart).iter(f"{SVG}text")]
    assert "300" in labels
