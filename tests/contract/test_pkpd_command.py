"""``ketacare pkpd``: the models, one in full, and the figures that simulations are held against."""

import json
import re
import sys
from types import SimpleNamespace

import pytest

from ketacare.config.cli import main
from ketacare.science.pkpd import models, targets

OWN = """
id: mine
version: 1
schema: ketacare.targets/1
cases:
  - id: K
    says: kamp2020_iv as we measured it
    model: kamp2020_iv
    doses: [35 mg iv 40 min]
    drug: racemic_ketamine
    rows:
      - {id: cmax, quantity: max, expected: 253, tolerance: {relative: 0.01}, sources: [our notebook]}
      - {id: miss, kind: known miss, quantity: at, at_min: 60, expected: 200, tolerance: {relative: 0.01}, note: as ever}
"""


@pytest.fixture
def told(capsys):
    def run(*words):
        code = main(["pkpd", *words])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run


def test_every_model_is_listed_with_its_site_and_status(told):
    code, said, _ = told("models")
    lines = {line.split()[0]: line for line in said.splitlines() if line and not line.startswith(" ")}
    assert code == 0
    assert set(models.names()) <= lines.keys()
    for name in models.names():
        model = models.load(name)
        assert {model.site, model.status, model.drug} <= set(lines[name].split())
    assert "Not simulable: its volumes" in said
    assert json.loads(told("models", "--json")[1])[0]["id"] == models.names()[0]


@pytest.mark.parametrize("name", models.names())
def test_a_model_is_shown_with_every_number_its_unit_mark_and_source(told, name):
    code, said, _ = told("show", name)
    model = models.load(name)
    assert code == 0
    rows = {line.split()[0]: line for line in said.splitlines() if line.strip()}
    for parameter, one in model.parameters.items():
        line = next(line for line in said.splitlines() if line.split()[:2] == [parameter, f"{one.value:g}"])
        assert one.unit in line.split()
        assert one.mark in line
        assert all(key in line for key in one.sources)
    assert all(caveat in said for caveat in model.caveats)
    assert "not reviewed by a clinician" in said
    assert rows
    assert said.endswith("It does not decide a dose, a discharge or safety.\n")
    assert json.loads(told("show", name, "--json")[1])["reference"]["sha256"] == model.reference.sha256


def test_the_shipped_figures_hold_and_the_known_misses_are_told(told):
    code, said, _ = told("validate")
    assert code == 0
    assert f"0 not; {len(targets.load())} rows" in said
    assert "known miss V3.cmax" in said
    assert "noresketamine" in said
    assert "known miss MISS.arterial_peak" in said


def test_anybody_may_bring_rows_and_a_gate_that_does_not_hold_ends_with_1(told, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(OWN, encoding="utf-8")
    code, said, _ = told("validate", "--rows", str(file))
    assert (code, "1 gates met, 0 not; 2 rows" in said) == (0, True)
    file.write_text(OWN.replace("expected: 253", "expected: 300"), encoding="utf-8")
    code, said, _ = told("validate", "--rows", str(file))
    assert (code, "0 gates met, 1 not; 2 rows" in said) == (1, True)
    code, said, _ = told("validate", "--rows", str(file), "--json")
    found = json.loads(said)
    assert (code, found["failed"]) == (1, 1)
    assert found["rows"][0]["deviation"] == pytest.approx(253 / 300 - 1, abs=0.01)
    assert [one["verdict"] for one in found["rows"]] == ["not met", "known miss"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (OWN.replace("quantity: max,", "quantity: peak,"), "rows.1: measure.quantity"),
        (OWN.replace("relative: 0.01", "relatve: 0.01", 1), "rows.1: tolerance.relatve"),
        (OWN.replace("id: miss", "id: cmax"), "this row is given twice"),
        (OWN.replace("cases:", "case:"), "cases: Field required"),
        ("", "mine.yaml"),
        ("a: [", "mine.yaml line"),
    ],
)
def test_rows_that_cannot_be_read_are_refused_with_their_place(told, tmp_path, text, says):
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    code, said, complaint = told("validate", "--rows", str(file))
    assert (code, said) == (2, "")
    assert says in complaint


@pytest.mark.parametrize("words", [["show", "kamp"], ["validate", "--rows", "no-such-file.yaml"]])
def test_what_is_not_there_is_refused(told, words):
    code, said, complaint = told(*words)
    assert (code, said) == (2, "")
    assert words[-1] in complaint


@pytest.mark.parametrize("words", [["show"], ["validate", "--rows"]])
def test_a_file_that_is_no_text_is_refused(told, tmp_path, words):
    file = tmp_path / "own.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    code, said, complaint = told(*words, str(file))
    assert (code, said) == (2, "")
    assert f"{file}: is not UTF-8 text" in complaint


def test_what_differs_between_people_is_shown(told):
    _, said, _ = told("show", "perezruixo2021_esketamine")
    assert "kel times" in said
    assert "for each year above 60" in said
    assert "residual error of esketamine" in said
    assert "covariance of V1 and CL" in told("show", "otto2021_s_ketamine")[1]


def test_the_bench_is_printed_with_its_goal_and_its_error(told, monkeypatch):
    """The figures themselves are the bench's own business; here is only how they are told."""
    rows = [
        {"what": "solver", "ms": 4e4, "times_as_fast": None, "goal": "1 x", "error_of_peak": 2.5e-8},
        {
            "what": "numpy",
            "ms": 8.1,
            "times_as_fast": (4900.0, 4100.0, 5200.0),
            "goal": ">= 2,600 x",
            "error_of_peak": 4e-15,
        },
    ]
    bench = SimpleNamespace(run=lambda: rows)
    monkeypatch.setitem(sys.modules, "ketacare.config.pkpd_bench", bench)
    code, said, _ = told("bench")
    assert code == 0
    assert re.search(r"numpy +8\.1 +4,900 \(4,100 to 5,200\) +>= 2,600 x +4\.0e-15", said)
    assert len(json.loads(told("bench", "--json")[1])) == 2


def test_ctrl_c_leaves_without_a_traceback(told, monkeypatch):
    def pressed(rows):
        raise KeyboardInterrupt

    monkeypatch.setattr("ketacare.science.pkpd.validation.run", pressed)
    assert told("validate") == (130, "", "stopped\n")


def test_a_word_that_it_does_not_know_is_refused(capsys):
    with pytest.raises(SystemExit) as left:
        main(["pkpd", "modles"])
    assert left.value.code == 2
    assert "modles" in capsys.readouterr().err
