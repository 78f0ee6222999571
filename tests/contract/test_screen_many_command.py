"""``ketacare screen --many``: a file of patients at once, and every problem of the file with its line."""

import csv
import json

import pytest

from ketacare.config.cli import main
from tests.science.rules.healthy import HEALTHY

ON = "2026-11-22"
WELL = dict(HEALTHY)
HIGH = WELL | {"cv.bp_sys": 182}
EMPTY: dict[str, object] = {}


def cell(value):
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return ";".join(value) or "none"
    return str(value)


@pytest.fixture
def table(tmp_path):
    """A comma-separated file of patients."""

    def write(patients, columns=None):
        path = tmp_path / "panel.csv"
        columns = columns or ["patient", *WELL]
        with path.open("w", encoding="utf-8", newline="") as text:
            writer = csv.writer(text)
            writer.writerow(columns)
            writer.writerows([cell(one.get(name)) for name in columns] for one in patients)
        return str(path)

    return write


@pytest.fixture
def lines(tmp_path):
    """A file of JSON lines."""

    def write(patients):
        path = tmp_path / "panel.jsonl"
        path.write_text(
            "\n".join(one if isinstance(one, str) else json.dumps(one) for one in patients), encoding="utf-8"
        )
        return str(path)

    return write


def screened(file, capsys, *options):
    assert main(["screen", "--many", file, "--on", ON, *options]) == 0
    return capsys.readouterr().out


def alone(facts, tmp_path, capsys):
    path = tmp_path / "one.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    assert main(["screen", str(path), "--on", ON, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    fires = {one["rule"] for one in found["findings"] if one["fires"]}
    return found["disposition"], fires, {one["rule"] for one in found["findings"]} - fires, found["urgent"]


def test_a_table_says_how_many_have_each_disposition_and_what_fires_most(table, capsys):
    told = screened(table([WELL, WELL, HIGH, EMPTY]), capsys)
    assert told.startswith("4 patients   (Eligibility")
    assert "not reviewed by a clinician; decision support only" in told
    assert "not_eligible                         1    25%" in told
    assert "eligible                             2    50%" in told
    assert "URGENT: a clinician must be called now about 1." in told
    assert "ABS-09                               1    25%  absolute: Confirmed resting blood pressure" in told


@pytest.mark.parametrize("form", ["table", "lines"])
def test_each_patient_comes_to_what_they_come_to_alone(form, request, tmp_path, capsys):
    several = [
        WELL | {"meds.classes": ["opioid", "maoi"]},
        HIGH,
        EMPTY,
        WELL | {"cv.days_since_mi_or_event": "2026-11-20", "cv.had_mi_or_cv_event": True},
    ]
    columns = ["patient", *WELL, "cv.days_since_mi_or_event"]
    file = request.getfixturevalue(form)(*([several, columns] if form == "table" else [several]))
    found = [json.loads(line) for line in screened(file, capsys, "--json").splitlines()]
    together = [(one["disposition"], set(one["fires"]), set(one["unknown"]), one["urgent"]) for one in found]
    assert together == [alone(facts, tmp_path, capsys) for facts in several]


def test_a_patient_is_told_by_the_label_they_have_or_else_by_their_line(table, lines, capsys):
    for file in (table([WELL | {"patient": "A-17"}, HIGH]), lines([WELL | {"patient": "A-17"}, "", HIGH])):
        found = [json.loads(line)["patient"] for line in screened(file, capsys, "--json").splitlines()]
        assert found == ["A-17", "3"]


def test_clearances_of_json_lines_count(lines, capsys):
    record = {"clearance": "clearance.cardiology", "covers": ["REL-04"], "dated": ON, "expires": "2027-01-01"}
    ecg = {"cv.ecg_done": True, "cv.qtc_ms": 420, "cv.ecg_interpretation": "normal"}
    coronary = WELL | ecg | {"cv.stable_cad": True}
    found = screened(lines([coronary, {"facts": coronary, "clearances": [record]}]), capsys, "--json")
    assert [json.loads(line)["disposition"] for line in found.splitlines()] == [
        "needs_workup",
        "eligible_with_precautions",
    ]


def test_another_book_takes_its_short_names(table, capsys):
    told = screened(table([{"spo2": 84}, {"spo2": 99}], ["spo2"]), capsys, "--book", "alarms")
    assert "black                                1    50%" in told


def test_a_site_may_be_stricter(table, capsys):
    told = screened(table([WELL | {"cv.bp_sys": 155}]), capsys, "--set", "bp_treat_sys=150")
    assert "eligible                             0     0%" in told


def problems(file, capsys, *options):
    assert main(["screen", "--many", file, "--on", ON, *options]) == 2
    return capsys.readouterr().err


def test_every_wrong_cell_is_told_with_its_line(table, capsys):
    told = problems(table([WELL, WELL | {"cv.bp_sys": "high", "cv.avm": "perhaps"}, WELL | {"cv.bp_dia": 900}]), capsys)
    assert "panel.csv: line 3: cv.bp_sys: must be a number, not 'high'" in told
    assert "panel.csv: line 3: cv.avm: must be true or false, not 'perhaps'" in told
    assert "panel.csv: line 4: cv.bp_dia: must lie between" in told


def test_a_wrong_column_is_told_once(table, capsys):
    told = problems(table([WELL, WELL], ["cv.bp_siss", "cv.bp_dia", "cv.bp_dia"]), capsys)
    assert told.count("cv.bp_siss: unknown fact; did you mean cv.bp_sys?") == 1
    assert "cv.bp_dia: is there twice" in told


def test_a_row_that_is_too_long_is_told(tmp_path, capsys):
    file = tmp_path / "panel.csv"
    file.write_text("cv.bp_sys,cv.bp_dia\n120,80,60\n", encoding="utf-8")
    assert "line 2: has more cells than there are columns" in problems(str(file), capsys)


def test_a_line_that_is_no_json_or_no_facts_is_told_beside_what_else_is_wrong(lines, capsys):
    told = problems(lines(["{", "[1]", {"cv.bp_sys": 1}, WELL]), capsys)
    assert "panel.jsonl: line 1: is not JSON" in told
    assert "panel.jsonl: line 2: must be a mapping of fact names to values" in told
    assert "panel.jsonl: line 3: cv.bp_sys: must lie between" in told


def test_a_file_of_nobody_is_nobody(lines, capsys):
    assert screened(lines([]), capsys).startswith("0 patients")
