"""``ketacare trajectory refit``: priors fitted to a clinic's own people, written with where they come from; in force nowhere by itself."""

import json
from dataclasses import replace

import numpy as np
import pytest
import yaml

from ketacare.config import cli
from ketacare.science.trajectory.presets import prior
from ketacare.science.trajectory.validating import cohorts

DAYS = np.array([0, 2, 4, 7, 9, 11, 18, 32, 60], dtype=float)
COURSE = "scale: madrs\ninfusions: [0, 2, 4]\nscores: [[0, 28], [3, 18], [9, 14], [20, 17]]\ndays: [30, 60]\n"


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Ninety made-up people as a clinic would write them down."""
    true = replace(prior(), mean=(24.0, 5.0, 9.0, 0.0), sd=(4.0, 4.0, 5.0, 2.0))
    found = cohorts.drawn(true, (0, 2, 4, 7), DAYS, 90, rng=np.random.default_rng(1)).courses
    lines = ["person,day,kind,value"]
    for at, one in enumerate(found):
        lines += [f"{at},{day:g},infusion,{dose:g}" for day, dose in one.infusions]
        lines += [f"{at},{day:g},score,{max(0, round(score))}" for day, score in one.scores]
    path = tmp_path_factory.mktemp("clinic") / "people.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def refit(*options: object) -> int:
    return cli.main(["trajectory", "refit", "--scale", "madrs", "--preset", "research", *map(str, options)])


def test_the_file_says_where_it_comes_from_and_a_forecast_takes_it(people, tmp_path, capsys):
    out = tmp_path / "own.yaml"
    assert refit("--data", people, "--out", out) == 0
    said = capsys.readouterr().out
    assert "in force nowhere" in said
    assert "people held out" in said
    written = yaml.safe_load(out.read_text(encoding="utf-8"))
    assert written["made"]["people"] == 60
    assert written["made"]["held_out"] == 30
    assert len(written["made"]["data_sha256"]) == 64
    course = tmp_path / "course.yaml"
    course.write_text(COURSE, encoding="utf-8")
    assert cli.main(["forecast", str(course), "--priors", str(out), "--json"]) == 0
    own = json.loads(capsys.readouterr().out)
    assert cli.main(["forecast", str(course), "--json"]) == 0
    published = json.loads(capsys.readouterr().out)
    assert "refitted to 60 people" in own["preset"]
    assert own["days"] != published["days"]


def test_a_file_that_is_there_is_not_written_over(people, tmp_path, capsys):
    out = tmp_path / "own.yaml"
    out.write_text("mine", encoding="utf-8")
    assert refit("--data", people, "--out", out) == 2
    assert "name a new file" in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == "mine"


def test_too_few_people_are_refused_and_nothing_is_written(people, tmp_path, capsys):
    few = tmp_path / "few.csv"
    few.write_text("\n".join(people.read_text(encoding="utf-8").splitlines()[:50]), encoding="utf-8")
    assert refit("--data", few, "--out", tmp_path / "own.yaml") == 1
    assert "40 are needed" in capsys.readouterr().err
    assert not (tmp_path / "own.yaml").exists()


def test_every_wrong_line_is_named(tmp_path, capsys):
    bad = tmp_path / "bad.csv"
    bad.write_text("person,day,kind,value\n1,0,score,x\n1,3,dose,1\n2,9e9,score,4\n", encoding="utf-8")
    assert refit("--data", bad, "--out", tmp_path / "own.yaml") == 2
    said = capsys.readouterr().err
    assert "line 2" in said
    assert "line 3" in said
    assert "person 2" in said
    bad.write_text("who,when\n", encoding="utf-8")
    assert refit("--data", bad, "--out", tmp_path / "own.yaml") == 2


def test_priors_of_another_scale_are_refused(people, tmp_path, capsys):
    out = tmp_path / "own.yaml"
    assert refit("--data", people, "--out", out) == 0
    course = tmp_path / "course.yaml"
    course.write_text(COURSE.replace("madrs", "phq9"), encoding="utf-8")
    assert cli.main(["forecast", str(course), "--priors", str(out)]) == 2
    assert "the priors are of madrs" in capsys.readouterr().err
