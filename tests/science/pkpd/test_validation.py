"""The figures that simulations are held against: ours hold, the known misses stay visible, and anybody may bring rows of their own."""

import pytest

from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.pkpd import targets, validation

ROWS = targets.load()
CASES = sorted({row.id.rsplit(".", 1)[0] for row in ROWS})
MISSES = {"V3.cmax", "V5.nor_auc24", "MISS.arterial_peak"}
OBSERVED = {f"V{number}" for number in range(1, 13)}


@pytest.mark.parametrize("case", CASES)
def test_every_gate_holds(case):
    """The figures of one simulation together, which then runs once."""
    outcomes = validation.run(row for row in ROWS if row.id.rsplit(".", 1)[0] == case)
    assert outcomes
    assert [" | ".join(validation.told(one)) for one in outcomes if one.fails] == []


def test_known_misses_are_told_as_what_they_are_and_fail_nothing():
    outcomes = {one.row.id: one for one in validation.run(row for row in ROWS if row.kind == "known miss")}
    assert {name for name, one in outcomes.items() if one.verdict == "known miss"} == MISSES
    assert not any(one.fails for one in outcomes.values())
    assert outcomes["V3.cmax"].deviation == pytest.approx(-0.55, abs=0.05)


def test_every_observed_figure_is_there():
    assert {row.id.split(".")[0].split("-")[0] for row in ROWS} >= OBSERVED


def test_every_row_names_a_source_that_is_known():
    assert [row.id for row in ROWS if not row.sources or set(row.sources) - reference.sources().keys()] == []


def test_a_row_says_whether_its_figure_was_read_or_computed_by_us():
    ours = {"V-INTEGRATED", "V-IDENTITY"}
    assert [row.id for row in ROWS if ours.issuperset(row.sources) and row.mark != "default"] == []


def file(rows, **case):
    said = {"model": "kamp2020_iv", "doses": '["35 mg iv 40 min"]', "drug": "racemic_ketamine"} | case
    lines = "".join(f"    {key}: {value}\n" for key, value in said.items() if value is not None)
    listed = "".join(f"      - {{{row}}}\n" for row in rows)
    head = "id: mine\nversion: 1\nschema: ketacare.targets/1\ncases:\n  - id: A\n    says: mine\n"
    return f"{head}{lines}    rows:\n{listed}"


def ran(*rows, **case):
    return validation.run(targets.parse(file(rows, **case), place="mine.yaml"))


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ("id: a, quantity: max, expected: 253, tolerance: {relative: 0.005}", "met"),
        ("id: a, quantity: max, expected: 240, tolerance: {relative: 0.005}", "not met"),
        ("id: a, quantity: max, expected: 240, tolerance: {absolute: 14}", "met"),
        ("id: a, quantity: max, expected: 240, tolerance: {absolute: 12}", "not met"),
        ("id: a, quantity: max, expected: 253.4, tolerance: {rounded_to: 1}", "met"),
        ("id: a, quantity: max, tolerance: {within: [250, 256]}", "met"),
        ("id: a, quantity: max, tolerance: {within: [254, 256]}", "not met"),
        ("id: a, quantity: max, expected: 240, kind: inform", "shown"),
        ("id: a, quantity: max, expected: 100, kind: known miss, tolerance: {relative: 0.1}", "known miss"),
        ("id: a, quantity: max, expected: 253, kind: known miss, tolerance: {relative: 0.1}", "known miss, met now"),
    ],
)
def test_a_figure_is_judged_by_its_tolerance_and_its_kind(row, verdict):
    (outcome,) = ran(row)
    assert outcome.verdict == verdict
    assert outcome.fails == (verdict == "not met")


def test_quantities_agree_with_each_other():
    rows = [
        "id: peak, quantity: max, kind: inform",
        "id: end, quantity: at, at_min: 40, kind: inform",
        "id: when, quantity: time_of_max, unit: min, kind: inform",
        "id: hours, quantity: time_of_max, unit: h, kind: inform",
        "id: area, quantity: auc_inf, unit: ng*h/mL, kind: inform",
        "id: area_min, quantity: auc_inf, unit: ng*min/mL, kind: inform",
        "id: early, quantity: auc, to_min: 40, unit: ng*h/mL, kind: inform",
        "id: late, quantity: auc, from_min: 40, to_min: 14400, unit: ng*h/mL, kind: inform",
        "id: half, quantity: half_life, from_min: 1440, to_min: 2880, unit: h, kind: inform",
    ]
    got = {one.row.id.removeprefix("A."): one.got[0] for one in ran(*rows)}
    assert got["peak"] == pytest.approx(got["end"], rel=1e-9)
    assert (got["when"], got["hours"]) == (40, pytest.approx(40 / 60))
    assert got["area_min"] == pytest.approx(60 * got["area"])
    assert got["early"] + got["late"] == pytest.approx(got["area"], rel=1e-6)
    assert got["half"] == pytest.approx(3.06, abs=0.01)


def test_a_ratio_divides_by_another_simulation():
    rows = [
        'id: mg, quantity: max, over: {doses: ["70 mg iv 40 min"]}, unit: "1", expected: 0.5, tolerance: {relative: 1.0e-9}',
        'id: site, quantity: at, at_min: 20, over: {model: racemate_iv_venous}, unit: "1", expected: 2, tolerance: {relative: 0.02}',
        'id: rest, quantity: at, at_min: 80, over: {quantity: max}, unit: "1", tolerance: {within: [0.28, 0.30]}',
    ]
    assert [one.verdict for one in ran(*rows)] == ["met"] * 3


def test_a_population_is_summed_up_as_asked_on_the_times_of_a_study():
    case = {"population": "{n: 400, seed: 3}", "sampled_at_min": "[0, 20, 40, 80]"}
    rows = [
        "id: mean, quantity: max, statistic: mean, kind: inform",
        "id: median, quantity: max, statistic: median, kind: inform",
        "id: geo, quantity: max, statistic: geometric_mean, kind: inform",
        "id: band, quantity: max, statistic: percentiles, percentiles: [5, 95], tolerance: {overlaps: [240, 260]}",
        "id: far, quantity: max, statistic: percentiles, percentiles: [5, 95], tolerance: {overlaps: [900, 999]}",
        "id: when, quantity: time_of_max, unit: min, statistic: median, kind: inform",
    ]
    got = {one.row.id.removeprefix("A."): one for one in ran(*rows, **case)}
    low, high = got["band"].got
    assert low < got["geo"].got[0] < got["mean"].got[0] < high
    assert got["median"].got[0] == pytest.approx(253, rel=0.05)
    assert (got["band"].verdict, got["far"].verdict) == ("met", "not met")
    assert got["when"].got == (40,)


def test_effects_are_curves_like_any_other():
    rows = [
        "id: high, of: drug_high, quantity: max, unit: points of 10, kind: inform",
        "id: bp, of: blood_pressure.diastolic, quantity: max, unit: mmHg above baseline, kind: inform",
        "id: mood, of: antidepressant, quantity: time_of_max, unit: d, tolerance: {within: [0.3, 2]}",
    ]
    high, pressure, mood = ran(*rows)
    assert 0 < high.got[0] < 10
    assert pressure.got[0] > 0
    assert mood.verdict == "met"


def test_a_bioavailability_of_ones_own_can_be_tried():
    given = "absorption: {route: intranasal, fraction: 0.45, half_life_min: 4}"
    rows = [
        f'id: f, quantity: auc_inf, {given}, doses: ["30 mg intranasal"], over: {{doses: ["30 mg iv push"]}}, unit: "1", expected: 0.45, tolerance: {{relative: 1.0e-4}}'
    ]
    assert [one.verdict for one in ran(*rows)] == ["met"]


@pytest.mark.parametrize(
    ("row", "case", "says"),
    [
        ("id: a, quantity: max, expected: 1, tolerance: {relative: 1}", {"model": "no_such_model"}, "is none of"),
        ("id: a, quantity: max, expected: 1, tolerance: {relative: 1}", {"doses": '["35 mg film"]'}, "no route sublingual"),
        ("id: a, quantity: max, expected: 1, tolerance: {relative: 1}", {"doses": '["35 mg iv 40"]'}, "has no unit"),
        ("id: a, of: nothing, quantity: max, expected: 1, tolerance: {relative: 1}", {}, "'nothing' is none of ketamine"),
        ("id: a, quantity: max, expected: 1, tolerance: {relative: 1}, unit: mmHg", {}, "mmHg is no unit of it: ng/mL"),
        ("id: a, quantity: max, expected: 1, tolerance: {relative: 1}", {"drug": "esketamine", "model": "racemate_iv_venous"}, "esketamine in"),
    ],
)  # fmt: skip
def test_a_simulation_that_is_refused_fails_its_gate_with_the_reason(row, case, says):
    (outcome,) = ran(row, **case)
    assert outcome.verdict == "refused"
    assert outcome.fails
    assert says in outcome.says


EARLY = "expected: 1, tolerance: {relative: 1}"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (f"id: a, quantity: half_life, unit: h, {EARLY}", "between from_min and to_min"),
        (f"id: a, quantity: half_life, unit: h, to_min: 30, {EARLY}", "the curve must fall"),
        (f"id: a, quantity: half_life, unit: h, sampled_at_min: [10, 20, 40], {EARLY}", "no terminal phase"),
        (f"id: a, quantity: max, from_min: 50, sampled_at_min: [10, 20], {EARLY}", "no time lies in the window"),
        (f"id: a, of: drug_high, quantity: auc, unit: ng*h/mL, {EARLY}", "an area is read under a concentration"),
        (f'id: a, quantity: auc_inf, unit: ng*h/mL, doses: ["35 mg iv 40 min at 2 h"], sampled_at_min: [10, 20], {EARLY}', "nothing of it is there"),
    ],
)  # fmt: skip
def test_a_figure_that_cannot_be_read_is_told_why(row, says):
    (outcome,) = ran(row)
    assert (outcome.verdict, outcome.fails) == ("refused", True)
    assert says in outcome.says


def test_what_is_no_number_agrees_with_nothing():
    given = 'over: {doses: ["35 mg iv 40 min at 2 h"]}, unit: "1"'
    (outcome,) = ran(f"id: a, quantity: at, at_min: 30, {given}, tolerance: {{within: [0, 1.0e+300]}}")
    assert outcome.verdict == "not met"


def test_a_terminal_half_life_is_found_from_a_studys_points():
    (outcome,) = ran(
        "id: a, quantity: half_life, unit: h, kind: inform, sampled_at_min: [40, 80, 240, 480, 720, 960, 1200]"
    )
    assert outcome.got[0] == pytest.approx(3.06, rel=0.02)


def test_a_row_reads_as_people_read_it():
    rows = [
        "id: a, quantity: max, expected: 240, tolerance: {relative: 0.005, rounded_to: 1}",
        "id: b, quantity: auc, to_min: 240, unit: ng*min/mL, expected: 20000, tolerance: {absolute: 9000}",
        "id: c, of: effect_site, quantity: time_of_max, unit: h, tolerance: {within: [0.5, 1]}",
        'id: d, quantity: mass_error, unit: "1", expected: 0, tolerance: {absolute: 1.0e-9}',
        'id: e, quantity: auc_inf, over: {doses: ["30 mg oral"]}, unit: "1", tolerance: {within: [0, 1]}',
    ]
    told = [validation.told(one) for one in ran(*rows)]
    assert told[0] == ("A.a", "parent, max", "240 ng/mL", "± 0.5 % + 0.5 (rounding)", "253.1 ng/mL", "+5.4%", "not met")
    assert told[1][1:4] == ("parent, AUC to 240 min", "20,000 ng*min/mL", "± 9000")
    assert told[2][1:5] == ("effect_site, time of max", "", "in 0.5 to 1", "0.6792 h")
    assert told[3][4:] == ("0", "", "met")
    assert told[4][-1].startswith("refused: doses[1].route")


def test_a_row_without_a_model_stands_for_what_is_known():
    (outcome,) = ran("id: f, kind: inform, expected: 0.29, unit: '1', note: a study", model=None, doses=None)
    assert validation.told(outcome) == ("A.f", "f", "0.29", "", "", "", "no model")
    (outcome,) = ran("id: f, kind: inform, quantity: max", model=None, doses=None)
    assert "no model is named" in outcome.says


@pytest.mark.parametrize("name", ["kamp2020_iv", "simons2022_s_ketamine", "ashraf2018_s_ketamine"])
def test_nothing_is_lost_in_any_model(name):
    (outcome,) = ran(
        'id: a, quantity: mass_error, unit: "1", expected: 0, tolerance: {absolute: 1.0e-9}', model=name, drug=None
    )
    assert outcome.verdict == "met"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("id: a, quantity: max", "a gate needs a tolerance"),
        ("id: a, quantity: maximum, kind: inform", r"rows\.1: measure\.quantity"),
        ("id: a, quantity: max, kind: inform, unti: h", r"rows\.1: unti"),
        ("id: a, quantity: at, kind: inform", '"at" needs at_min'),
        ("id: a, quantity: auc, kind: inform", "ng/mL is no unit of this quantity"),
        ("id: a, quantity: max, kind: inform, unit: h", "h is no unit of this quantity"),
        ("id: a, quantity: max, expected: 1, tolerance: {relative: 1, within: [0, 1]}", "a tolerance has"),
        ("id: a, quantity: max, expected: 1, tolerance: {relative: -1}", r"tolerance\.relative"),
        ("id: a, quantity: max, kind: inform, statistic: mean", "a statistic needs a population"),
        ("id: a, quantity: max, kind: inform, over: {dose: 1}", r"rows\.1: over"),
        ("id: a, quantity: max, kind: inform, subject: {weight_kg: -3}", r"given\.subject\.weight_kg"),
        ("id: a, quantity: max, expected: .nan, tolerance: {relative: 1}", "expected"),
    ],
)
def test_a_row_that_cannot_be_judged_is_refused_with_its_place(row, says):
    with pytest.raises(BadReference, match=says):
        targets.parse(file([row]), place="mine.yaml")


def test_every_problem_of_a_file_is_told_at_once():
    rows = [
        "id: a, quantity: max",
        "id: b, quantity: at, kind: inform",
        "id: c, quantity: max, kind: inform",
        "id: c, quantity: max, kind: inform",
    ]
    with pytest.raises(BadReference) as refused:
        targets.parse(file(rows), place="mine.yaml")
    assert len(refused.value.problems) == 3
    assert all("mine.yaml: " in one.place for one in refused.value.problems)
