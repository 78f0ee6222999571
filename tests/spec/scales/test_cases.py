"""Clinical cases of scoring, written as data, and the command that runs them."""

import json
from pathlib import Path

import pytest

from ketacare.config.cli import main
from ketacare.science import reference
from ketacare.science.scales import cases
from tests.shared_folder import SHARED, needs_shared

HERE = Path(__file__).parent
OURS = sorted(HERE.glob("*.yaml"))
EXAMPLES = SHARED / "evidence" / "scoring_examples.yaml"


def _cases(path: Path) -> list[cases.Example | cases.ListExample | cases.ChangeExample]:
    return cases.parse(reference.parse_yaml(path.read_text(), place=path.name), place=path.name).cases()


@pytest.mark.parametrize("case", [case for path in OURS for case in _cases(path)], ids=lambda case: case.id)
def test_case_scores_as_written(case: cases.Example) -> None:
    assert cases.run(case) == cases.CaseResult(id=case.id, verdict="passed")


@needs_shared
@pytest.mark.real_data
def test_every_worked_example_passes() -> None:
    results = [cases.run(case) for case in _cases(EXAMPLES)]
    assert [result for result in results if result.verdict == "failed"] == []
    assert {result.verdict for result in results} == {"passed"}


def _write(folder: Path, content: object) -> str:
    path = folder / "given.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def test_the_command_scores_a_file_of_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = {f"gad7_{n}": 1 for n in range(1, 8)}
    assert main(["score", "gad7", _write(tmp_path, answers), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["status"], said["scores"], said["band"]) == ("complete", {"total": 7, "gad2": 2}, "mild")
    assert said["review"] == "unreviewed"
    assert len(said["sha256"]) == 64


def test_the_command_prints_alerts_and_that_nobody_reviewed_the_scale(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", "phq9", _write(tmp_path, {"phq9_9": 2})]) == 0
    said = capsys.readouterr().out
    assert "ALERT level 3 PHQ9_ITEM9_FREQUENT" in said
    assert "not reviewed by a clinician" in said
    assert "total: no score" in said


def test_the_command_takes_facts_about_the_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = {"auditc_1": 2, "auditc_2": 1, "auditc_3": 0}
    given = {"answers": answers, "context": {"sex_for_cutoff": "male"}}
    assert main(["score", "audit_c", _write(tmp_path, given), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["classifications"] == {"screen": "negative"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "line 1 column 2"),
        ("[1]", "must be an object"),
        ('{"phq9_1": 1, "phq9_1": 2}', "phq9_1: is given twice"),
        ('{"answers": 1, "contxt": 2}', "contxt: unknown key"),
        ('{"answers": {}, "context": {"height": "tall"}}', "phq9 does not ask for this"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_bad_answers_are_refused_with_their_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, says: str
) -> None:
    assert main(["score", "phq9", _write(tmp_path, content)]) == 2
    assert says in capsys.readouterr().err


def test_bad_usage_and_missing_files_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score"]) == 2
    assert main(["score", "phq9"]) == 2
    assert main(["score", "nothing", _write(tmp_path, {})]) == 2
    assert main(["score", "phq9", str(tmp_path / "absent.json")]) == 2
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert main(["score", "phq9", str(tmp_path / "binary")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_a_failed_case_is_printed_with_its_place_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = {f"gad7_{n}": 0 for n in range(1, 8)}
    good = {"id": "good", "instrument": "gad7", "answers": answers, "expect": {"scores": {"total": 0, "gad2": 0}}}
    wrong = good | {
        "id": "wrong",
        "expect": {"status": "complete", "scores": {"total": 1, "gad2": 0}, "shape": "round"},
    }
    other = good | {"id": "other", "instrument": "a_scale_of_tomorrow"}
    path = _write(tmp_path, {"examples": [good, wrong, other]})
    assert main(["score", "--cases", path]) == 1
    said = capsys.readouterr().out
    assert said.splitlines() == [
        "wrong: scores.total: expected 1, got 0",
        "wrong: shape: expected round, got nothing",
        "1 passed, 1 failed, 1 not shipped",
    ]
    assert main(["score", "--cases", path, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["not_shipped"] == 1


def test_a_bad_case_file_is_refused_with_every_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = {"examples": [{"id": "a", "instrument": 3, "answers": {}, "expect": {}}, {"id": "b", "expcet": {}}]}
    assert main(["score", "--cases", _write(tmp_path, bad)]) == 2
    said = capsys.readouterr().err
    assert "examples.0.instrument" in said
    assert "examples.1.expcet" in said
    assert main(["score", "--cases", _write(tmp_path, {"examples": []})]) == 2
    twice = {"id": "a", "instrument": "gad7", "answers": {}, "expect": {}}
    assert main(["score", "--cases", _write(tmp_path, {"examples": [twice, twice]})]) == 2


def test_the_command_prints_a_scale_and_its_answers_as_fhir(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", "phq9", "--fhir"]) == 0
    page = json.loads(capsys.readouterr().out)
    assert (page["resourceType"], page["code"][0]["code"]) == ("Questionnaire", "44249-1")
    assert main(["score", "phq9", _write(tmp_path, {"phq9_9": 2}), "--fhir"]) == 0
    response = json.loads(capsys.readouterr().out)
    assert response["item"][0]["answer"][0]["valueCoding"]["code"] == "LA6570-1"
    assert main(["score", "phq9", _write(tmp_path, {"phq9_9": 4}), "--fhir"]) == 2
    assert "phq9_9: not a permitted answer" in capsys.readouterr().err


def test_answers_in_a_list_follow_the_order_of_the_items() -> None:
    expect = {"status": "complete", "total": 6, "band": "mild"}
    case = cases.ListExample(id="a", instrument="gad7", items=[0, 1, 2, 3, 0, 0, 0], expect=expect)
    assert cases.run(case).verdict == "passed"
    short = cases.ListExample(id="a", instrument="gad7", items=[0], expect=expect)
    assert cases.run(short).mismatches == ("1 answers for 7 items",)
