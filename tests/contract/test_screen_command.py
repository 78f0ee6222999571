"""``ketacare screen`` as a user meets it: what it prints, its exit codes, every problem at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ketacare.config.cli import main
from ketacare.science import rules
from ketacare.science.rules.cases import read_cases
from tests.shared_folder import SHARED, needs_shared

CASES = Path(__file__).parents[1] / "spec/rules"
V01 = read_cases((CASES / "eligibility.yaml").read_text(encoding="utf-8"), place="x")[0].facts


@pytest.fixture
def file(tmp_path):
    def write(tree, name="facts.yaml"):
        path = tmp_path / name
        path.write_text(tree if isinstance(tree, str) else yaml.safe_dump(tree), encoding="utf-8")
        return str(path)

    return write


def test_a_healthy_patient_is_eligible(file, capsys):
    assert main(["screen", file(dict(V01))]) == 0
    assert capsys.readouterr().out.startswith("eligible   (Eligibility")


def test_not_eligible_is_an_answer(file, capsys):
    assert main(["screen", file(V01 | {"psych.delirium": True})]) == 0
    told = capsys.readouterr().out
    assert told.startswith("not_eligible")
    assert "URGENT" in told
    assert "because    psych.delirium = true" in told
    assert "P-VA (seen)" in told


def test_what_is_missing_and_who_can_supply_it_is_told(file, capsys):
    old = {"value": 80, "unit": "mmHg", "as_of": "2020-01-01"}
    assert main(["screen", file(json.dumps(V01 | {"cv.bp_sys": None, "cv.bp_dia": old}))]) == 0
    told = capsys.readouterr().out
    assert "cv.bp_sys: from device; wanted by ABS-09" in told
    assert "cv.bp_dia (too old): from device" in told


def test_what_would_clear_a_finding_is_told(file, capsys):
    facts = V01 | {"eye.glaucoma": True, "renal.dialysis": True}
    old = {"clearance": "clearance.nephrology", "covers": ["REL-14"], "dated": "2020-01-01", "expires": "2020-02-01"}
    main(["screen", file({"facts": facts, "clearances": [old]})])
    told = capsys.readouterr().out
    assert "cleared by clearance.ophthalmology\n" in told
    assert "cleared by clearance.nephrology expired on 2020-02-01" in told


def test_json_holds_the_whole_evaluation(file, capsys):
    assert main(["screen", file(dict(V01)), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["book"], told["disposition"], told["urgent"]) == ("eligibility", "eligible", False)
    assert {one["rule"] for one in told["findings"]} == {"INF-01", "DDI-22"}


def test_json_facts_and_another_book_are_read(file, capsys):
    assert main(["screen", file('{"spo2": 89, "moaas": 5}', "readings.json"), "--book", "alarms"]) == 0
    assert capsys.readouterr().out.startswith("red   (Alarms of a running session")


def test_a_draft_book_is_read_from_its_path(file, capsys):
    draft = Path(__file__).parents[2] / "src/ketacare/science/data/rulebooks/alarms.1.yaml"
    path = file(
        draft.read_text(encoding="utf-8")
        .replace("default: 94, unit", "default: 95, unit")
        .replace("[94, 95]", "[95, 95]")
    )
    assert main(["screen", file({"spo2": 94}, "readings.yaml"), "--book", path]) == 0
    assert "ALM-13  amber, fires" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["eligibility", "start_gate", "order_checks", "alarms", "surveillance"])
def test_every_book_answers_in_words_and_in_json(file, capsys, name):
    book = rules.load(name)
    path = file({})
    assert main(["screen", path, "--book", name]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{book.evaluate({}).disposition}   ({book.title}, version {book.version}, not reviewed")
    assert "Missing\n" in told
    assert main(["screen", path, "--book", name, "--json"]) == 0
    kept = json.loads(capsys.readouterr().out)
    assert (kept["book"], kept["disposition"]) == (name, book.evaluate({}).disposition)
    assert {one["fact"] for one in kept["needs"]} == {need.fact for need in book.evaluate({}).needs}


def test_open_lists_and_what_several_sources_say_are_read(file, capsys):
    facts = {
        "meds.classes": {"value": ["maoi"], "complete": False, "source": "imported record"},
        "cv.avm": [
            {"value": False, "source": "answer", "as_of": "2026-03-01"},
            {"value": True, "source": "imported record", "as_of": "2026-02-01"},
        ],
        "cv.days_since_mi_or_event": "2026-02-20",
    }
    assert main(["screen", file(json.dumps(V01 | facts), "facts.json"), "--on", "2026-03-02"]) == 0
    told = capsys.readouterr().out
    assert "Contradiction: cv.avm is False (answer, 2026-03-01) but True (imported record, 2026-02-01)" in told
    assert "meds.classes = at least maoi" in told
    assert "meds.classes (all of them): from clin" in told
    assert "cv.days_since_mi_or_event = 10 days" in told


def test_a_trace_tells_how_any_rule_was_judged(file, capsys):
    path = file(V01 | {"cv.bp_sys": 165})
    assert main(["screen", path, "--trace", "REL-01", "--trace", "ABS-02"]) == 0
    told = capsys.readouterr().out
    assert "REL-01 fires: " in told
    assert "true    cv.bp_sys = 165 mmHg; ge 160 (bp_treat_sys)?" in told
    assert "ABS-02 is silent: " in told
    assert main(["screen", path, "--trace", "REL-01", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trace"]["REL-01"]["when"]["verdict"] is True
    assert main(["screen", path, "--trace", "REL-99"]) == 2
    assert "--trace REL-99: the book eligibility has no such rule" in capsys.readouterr().err


def test_every_problem_of_the_input_is_told_at_once_with_its_place(file, capsys):
    path = file({"patient.age_year": 3, "cv.bp_sys": "140", "cv.bp_dia": 400})
    assert main(["screen", path, "--set", "bp_hold_sys=200", "--set", "nothing=1"]) == 2
    problems = capsys.readouterr().err.splitlines()
    assert len(problems) == 5
    assert f"{path}: patient.age_year: unknown fact; did you mean patient.age_years?" in problems
    assert main(["screen", path, "--json"]) == 2
    assert len(json.loads(capsys.readouterr().out)["problems"]) == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [1", "line 2"),
        ("a: 1\na: 2\n", "line 2: key 'a' is given twice"),
        ("[1, 2]", "must be a mapping"),
        ("1: 2", "must be a mapping"),
        ("", "must be a mapping"),
        ("facts: {}\nclearances: [{clearance: clearance.x}]", "clearances.0"),
        ("[" * 4000, "facts.yaml"),
    ],
)
def test_a_facts_file_that_is_not_one_is_refused(file, capsys, text, says):
    assert main(["screen", file(text)]) == 2
    assert says in capsys.readouterr().err


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path, capsys):
    assert main(["screen", str(tmp_path / "none.yaml")]) == 2
    assert "No such file" in capsys.readouterr().err
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    assert main(["screen", str(tmp_path / "bytes.yaml")]) == 2
    assert "not UTF-8" in capsys.readouterr().err
    assert main(["screen", str(tmp_path)]) == 2


@pytest.mark.parametrize("pair", ["bp_hold_sys", "bp_hold_sys=high", "=3"])
def test_a_parameter_that_is_no_number_is_refused(file, pair):
    assert main(["screen", file(dict(V01)), "--set", pair]) == 2


def test_a_letter_of_a_day_that_no_calendar_has_is_refused_or_does_not_count(file, capsys):
    far = {"clearance": "clearance.cardiology", "covers": ["REL-04"], "dated": "9999-12-31", "expires": "9999-12-31"}
    assert main(["screen", file({"facts": {"cv.stable_cad": True}, "clearances": [far]})]) == 0
    assert "is dated 9999-12-31, after today" in capsys.readouterr().out
    short = {"covers": ["REL-04"], "expires_in_days": 10**11}
    assert main(["screen", file({"cv.stable_cad": True, "clearance.cardiology": short})]) == 2
    assert "clearance.cardiology" in capsys.readouterr().err


def test_a_stricter_parameter_counts_and_a_looser_one_needs_a_name(file, capsys):
    path = file(
        V01
        | {
            "patient.age_years": 68,
            "plan.route": "in_esketamine",
            "cv.bp_sys": 143,
            "cv.ecg_done": True,
            "cv.qtc_ms": 420,
            "cv.ecg_interpretation": "normal",
        }
    )
    assert main(["screen", path, "--set", "bp_caution_sys_65=150"]) == 2
    assert main(["screen", path, "--set", "bp_caution_sys_65=150", "--loosened-by", "Dr Example"]) == 0
    assert "CAU-01" not in capsys.readouterr().out
    assert main(["screen", path, "--set", "bp_treat_sys=143"]) == 0
    assert capsys.readouterr().out.startswith("needs_workup")


@pytest.mark.parametrize("name", ["eligibility", "readings", "start_gate", "order_checks", "alarms", "surveillance"])
def test_the_cases_of_the_repository_pass(name, capsys):
    assert main(["screen", "--cases", str(CASES / f"{name}.yaml")]) == 0
    assert capsys.readouterr().out.endswith(" passed, 0 failed\n")


def test_a_failed_case_is_told_with_each_mismatch(file, capsys):
    cases = {
        "schema": "ketacare.book_cases/1",
        "sets": [
            {
                "book": "alarms",
                "base": {"now.spo2": 97},
                "cases": [
                    {
                        "id": "A1",
                        "given": {"now.spo2": 89},
                        "expect": {"fires": ["ALM-13"], "result": "amber"},
                        "why": "x",
                    },
                    {"id": "A2", "given": {"now.spo2": 890}, "expect": {"fires": [], "result": "none"}, "why": "x"},
                ],
            }
        ],
    }
    path = file(cases)
    assert main(["screen", "--cases", path]) == 1
    told = capsys.readouterr().out
    assert "alarms A1: result is red, expected amber" in told
    assert "alarms A1: fires ALM-07, ALM-13, ALM-19, expected ALM-13" in told
    assert "alarms A2: refused: now.spo2: must lie between 0 and 100" in told
    assert told.endswith("0 passed, 2 failed\n")
    assert main(["screen", "--cases", path, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["failed"] == 2


def test_book_restricts_the_cases(capsys, file):
    both = {"sets": [{"book": "alarms", "cases": []}, {"book": "start_gate", "base": {}, "cases": []}]}
    assert main(["screen", "--cases", file(both), "--book", "alarms"]) == 2
    assert "no case for the book alarms" in capsys.readouterr().err
    assert main(["screen", "--cases", str(CASES / "alarms.yaml"), "--book", "alarms"]) == 0
    assert main(["screen", "--cases", str(CASES / "alarms.yaml"), "--book", "start_gate"]) == 2


def test_the_cases_of_each_rule_find_the_patient_they_start_from(capsys):
    assert main(["screen", "--cases", str(CASES / "each_rule/alarms.yaml")]) == 0
    assert capsys.readouterr().out.endswith(" passed, 0 failed\n")


def test_a_parameter_of_the_cases_books_can_be_set(capsys):
    assert main(["screen", "--cases", str(CASES / "eligibility.yaml"), "--set", "bp_treat_sys=143"]) == 1
    assert "V56: result is needs_workup, expected eligible_with_precautions" in capsys.readouterr().out
    assert main(["screen", "--cases", str(CASES / "eligibility.yaml"), "--set", "rr_black=7"]) == 2


@pytest.mark.parametrize(
    ("tree", "says"),
    [
        ({"vignettes": [{"id": "V1"}]}, "vignettes.0.expect"),
        ({"vignettes": [{"id": "V1", "expect": {"must_fire": []}}]}, "needs one of disposition"),
        ({"vignettes": [{"id": "V1", "expect": {"disposition": "eligible", "must_fires": []}}]}, "must_fires"),
        ({"sets": [{"cases": []}]}, "sets.0.book"),
        ({"sets": [{"book": "nothing", "cases": [{"id": "1", "expect": {"result": "x"}}]}]}, "no such data file"),
        ({"patients": []}, "neither"),
        ({"vignettes": [{"id": "V1", "expect": {"disposition": "eligible"}}] * 2}, "V1: this case id is given twice"),
    ],
)
def test_a_file_of_cases_that_is_not_one_is_refused(file, capsys, tree, says):
    assert main(["screen", "--cases", file(tree)]) == 2
    assert says in capsys.readouterr().err


@needs_shared
@pytest.mark.real_data
@pytest.mark.parametrize("name", ["vignettes.yaml", "book_cases.yaml"])
def test_the_clinicians_own_files_pass(name, capsys):
    assert main(["screen", "--cases", str(SHARED / "evidence" / name)]) == 0
    assert capsys.readouterr().out.endswith(" passed, 0 failed\n")


def test_screening_needs_neither_django_nor_a_database(file):
    code = f"import sys; from ketacare.config.cli import main; main(['screen', {file(dict(V01))!r}]); print('django' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.endswith("False\n")
