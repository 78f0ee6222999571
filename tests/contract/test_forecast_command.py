"""``ketacare forecast``: a course in, a forecast out; worked examples are checked; bad input is named and ends with 2."""

import json

import pytest

from ketacare.config import cli

COURSE = """
scale: madrs
preset: research
threshold: 20
infusions: [0, 2, 4, 7, 9, 11]
scores: [[0, 34], [1, 20], [3, 17], [5, 15], [8, 12], [10, 11], [12, 9], [19, 10], [26, 13]]
days: [33, 40, 47, 54, 68]
"""
CASES = """
cases:
  - id: the worked example
    infusions: [0, 2, 4, 7, 9, 11]
    scores: [[0, 34], [1, 20], [3, 17], [5, 15], [8, 12], [10, 11], [12, 9], [19, 10], [26, 13]]
    days: [33, 40]
    expect:
      log_likelihood: -24.3528
      posterior_weights: [0.0041, 0.0364, 0.1489, 0.0982, 0.0214, 0.6910]
      days: [{mean: 15.686, point_risk: 0.1957}, {mean: 16.991, relapse_by: 0.3629}]
      window: {opens: {days_after_last_score: 8}}
"""


@pytest.fixture
def forecast(tmp_path, capsys):
    def run(text: str, *options: str) -> tuple[int, str, str]:
        path = tmp_path / "course.yaml"
        path.write_text(text, encoding="utf-8")
        code = cli.main(["forecast", str(path), *options])
        return code, *capsys.readouterr()

    return run


def test_a_forecast_is_printed_with_its_weights_and_its_window(forecast):
    code, out, _ = forecast(COURSE)
    assert code == 0
    assert "log-likelihood -24.3528" in out
    assert "0.3086      0.3629" in out
    assert "maintenance window due (risk 0.30): 14 days after the last score" in out
    assert out.rstrip().endswith("A planning aid: the clinician decides.")


def test_as_json_every_figure_has_its_name(forecast):
    code, out, _ = forecast(COURSE + "what_if: [28]\n", "--json")
    said = json.loads(out)
    assert code == 0
    assert [one["day"] for one in said["days"]] == [33, 40, 47, 54, 68]
    assert said["days"][0]["point_risk"] == pytest.approx(0.0310, abs=5e-5)
    assert said["window"]["due"]["days_after_last_score"] == 25


@pytest.mark.parametrize("written", ["MADRS", "Madrs", "PHQ-9", "QIDS-SR16", "HAM-D 17"])
def test_a_scale_is_known_by_its_name_as_people_write_it(forecast, written):
    code, out, _ = forecast(COURSE.replace("madrs", written), "--json")
    assert code == 0
    assert json.loads(out)["scale"] == {"P": "phq9", "Q": "qids_sr16", "H": "hamd17"}.get(written[0], "madrs")


def test_worked_examples_pass_and_a_wrong_figure_fails_with_its_place(forecast):
    assert forecast(CASES, "--cases")[:2] == (0, "1 passed, 0 failed\n")
    code, out, _ = forecast(CASES.replace("0.1957", "0.1962"), "--cases")
    assert code == 1
    assert "the worked example: days[0].point_risk: 0.1962 and not 0.195712" in out


def test_too_few_scores_give_no_date_and_say_why(forecast):
    code, out, _ = forecast("infusions: [0]\nscores: [[0, 34]]\ndays: [7]\n")
    assert code == 0
    assert "No date: At least 2 scores after the first infusion are needed" in out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("scale: sofa\n", "there is no 'sofa'"),
        ("scores: [[1]]\n", "scores: 1: two numbers are needed"),
        ("scores: [[5, 20]]\ndays: [3]\n", "days: 3: lies before the last score, on day 5"),
        ("dose: 3\n", "dose: Extra inputs are not permitted"),
        ("scores: [[0, .nan]]\n", "a finite number"),
        ("a: [\n", "line"),
        ("[]\n", "valid dictionary"),
    ],
)
def test_bad_input_is_named_and_ends_with_2(forecast, text, says):
    code, _, err = forecast(text)
    assert code == 2
    assert says in err


def test_a_file_that_is_not_there_ends_with_2(capsys):
    assert cli.main(["forecast", "nowhere.yaml"]) == 2
    assert "No such file" in capsys.readouterr().err
