"""The chart of predicted curves: what it must say whatever the data are."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.ui.curves import LOOKS, NARROW, Curve, CurveChart, axis_unit, broken, curve_chart, pictures

SVG = "{http://www.w3.org/2000/svg}"
ONE = Curve(
    label="As ordered", t_min=(0, 20, 40, 80), values=(0, 99, 160, 82), low=(0, 70, 110, 55), high=(0, 130, 220, 110)
)
CHART = CurveChart(title="Predicted plasma", quantity="Plasma", unit="ng/mL", curves=(ONE,), given=((0, 40),))

finite = st.floats(0, 1e5)


def drawn(chart: CurveChart = CHART) -> ElementTree.Element:
    return ElementTree.fromstring(curve_chart(chart))


def texts(chart: CurveChart = CHART) -> list[str]:
    return [one.text or "" for one in drawn(chart).iter(f"{SVG}text")]


def test_up_to_four_curves_are_told_apart_without_colour():
    assert len({(look.dash, look.turned) for look in LOOKS}) == len(LOOKS) == 4
    assert len({look.dash for look in LOOKS}) == len({look.turned for look in LOOKS}) == len(LOOKS)


def test_the_drawing_names_both_axes_with_their_units():
    assert "Plasma, ng/mL" in texts()
    assert "Minutes from the first dose" in texts()


@pytest.mark.parametrize("span_min, unit", [(180, "Minutes"), (181, "Hours"), (3600, "Hours"), (3601, "Days")])
def test_a_long_time_is_told_in_a_longer_unit(span_min, unit):
    assert axis_unit(span_min)[0] == unit


def test_the_description_says_each_peak_and_every_note():
    words = drawn(replace(CHART, notes=("Does not decide a dose",))).findtext(f"{SVG}desc")
    assert "As ordered: highest 160 ng/mL at minute 40, 82 ng/mL at minute 80." in words
    assert words.endswith("Does not decide a dose")


def test_several_curves_carry_letters_in_the_legend_and_on_the_line_and_one_alone_carries_none():
    several = replace(CHART, curves=(ONE, replace(ONE, label="60 min")))
    assert {"A As ordered", "B 60 min", "A", "B"} <= set(texts(several))
    assert "As ordered" in texts()


def test_a_band_is_hatched_and_a_curve_without_one_has_none():
    assert len(list(drawn().iter(f"{SVG}pattern"))) == 1
    assert [one for one in drawn().iter(f"{SVG}path") if one.get("class") == "curve-area"]
    bare = replace(CHART, curves=(replace(ONE, low=(), high=()),))
    assert not [one for one in drawn(bare).iter(f"{SVG}path") if one.get("class") == "curve-area"]


def test_what_people_wrote_cannot_break_out_of_the_drawing():
    nasty = replace(CHART, title='<b>"', curves=(replace(ONE, label="</text><script>"),), notes=("<i>",))
    assert not list(drawn(nasty).iter("script"))


def test_the_two_pictures_of_a_page_share_no_id():
    both = pictures(CHART)
    ids = [
        [one.get("id") for one in ElementTree.fromstring(svg).iter() if one.get("id")]
        for svg in (both.wide, both.narrow)
    ]
    assert not set(ids[0]) & set(ids[1])


@given(st.text(alphabet="abc ", max_size=300))
def test_a_note_is_broken_into_lines_that_fit_and_loses_no_word(text):
    lines = broken(text, NARROW)
    assert " ".join(lines).split() == text.split() or max(map(len, text.split())) > 40
    assert all(len(line) <= 48 for line in lines)


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=4))
def test_every_point_lies_inside_the_drawing(values):
    curves = tuple(Curve(label="x", t_min=(0, 10), values=pair) for pair in values)
    svg = drawn(replace(CHART, curves=curves, given=((0, 0),)))
    width, height = (float(one) for one in svg.get("viewBox").split()[2:])
    for path in svg.iter(f"{SVG}path"):
        if (
            (path.get("class") or "").startswith("curve-")
            and "M" in path.get("d")
            and path.get("stroke-width") == "2.4"
        ):
            points = [
                float(one) for one in path.get("d").replace("M", " ").replace("L", " ").replace("h34", "").split()
            ]
            assert all(0 <= across <= width for across in points[::2])
            assert all(0 <= down <= height for down in points[1::2])
