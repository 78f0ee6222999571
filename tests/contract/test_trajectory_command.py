"""``ketacare trajectory validate``: judges made-up and real people, tells the same with the same seed, ends cleanly when stopped."""

import json

import numpy as np
import pytest

from ketacare.config import cli
from ketacare.config.trajectory import charts, records, validating
from ketacare.science.trajectory.validating import report
from tests.shared_folder import SHARED, needs_shared

DATA = SHARED / "data"


@pytest.fixture
def validate(capsys):
    def run(*options: str) -> tuple[int, str, str]:
        code = cli.main(["trajectory", "validate", *options])
        return code, *capsys.readouterr()

    return run


def test_it_judges_both_presets_and_says_what_each_number_means(validate):
    code, out, _ = validate("--cohort", "60")
    assert code == 0
    for words in (
        "Simulation-based calibration, community",
        "aware of the floor",
        "mixed model",
        "relapse within",
        "CRPS         how far",
    ):
        assert words in out


def test_the_same_seed_gives_the_same_numbers_and_another_gives_others(validate):
    first, again, other = (
        json.loads(validate("--cohort", "20", "--json", "--seed", seed)[1])["parts"] for seed in ("1", "1", "2")
    )
    assert first == again
    assert first != other


def test_stopped_by_ctrl_c_it_prints_what_was_done(validate, monkeypatch):
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(validating, "_group", stop)
    code, out, said = validate("--cohort", "40", "--json")
    told = json.loads(out)
    assert code == 130
    assert "2 parts were done" in said
    assert not told["is_whole"]
    assert [one["part"] for one in told["parts"]] == ["ranks", "ranks"]


def test_a_group_that_was_judged_is_drawn(tmp_path):
    people = report.made_up("research", 120, floor=False, rng=np.random.default_rng(1))
    relapse = [validating._plain(one) for one in report.relapses(people)]
    (way,) = (validating._way(one) for one in report.ways(people, seed=1) if one.name == report.AWARE)
    group = {"part": "forecasts", "group": "research, again", "title": "of a test", "note": "", "preset": "research"}
    charts.write(tmp_path / "new", [group | {"learnt_from": 60, "judged": 60, "ways": [way], "relapse": relapse}])
    for stem in ("transform-research-again", "relapse-research-again"):
        assert "<svg" in (tmp_path / "new" / f"{stem}.svg").read_text(encoding="utf-8")
        assert (tmp_path / "new" / f"{stem}.png").read_bytes().startswith(b"\x89PNG")


def test_without_altair_pictures_are_refused_with_what_to_install(validate, tmp_path, monkeypatch):
    monkeypatch.setattr(validating, "find_spec", lambda name: None)
    code, _, said = validate("--cohort", "40", "--charts", str(tmp_path))
    assert code == 1
    assert "ketacare[research]" in said


def test_a_folder_without_records_is_refused_with_what_was_looked_for(validate, tmp_path):
    code, _, said = validate("--data", str(tmp_path))
    assert code == 2
    assert "antidepressant_data.csv" in said


def test_a_table_that_is_not_what_it_was_is_refused_by_name(validate, tmp_path):
    place = tmp_path / "bdi_beat_the_blues"
    place.mkdir()
    (place / "btheb.csv").write_text("id,score\n1,20\n", encoding="utf-8")
    code, _, said = validate("--data", str(tmp_path), "--cohort", "20")
    assert code == 2
    assert "btheb.csv" in said


@needs_shared
@pytest.mark.real_data
def test_the_real_records_are_read_where_they_lie():
    assert records.there(DATA) == list(records.READERS)
    trial = records.people(DATA, "hamd17_antidepressant_trial", seed=1)
    everybody = [*trial.known, *trial.judged]
    assert len(everybody) == 115
    assert sum(len(one.scores) for one in everybody) == 115 + 412
    first = [one.scores[0][1] for one in everybody]
    assert sum(first) / 115 == pytest.approx(17.73, abs=0.005)
    assert len(records.people(DATA, "bdi_beat_the_blues", seed=1).judged) == 34
    (rest,) = records.people(DATA, "ema_single_patient_relapse", seed=1).judged
    assert rest.last_day == 238 - records.LEARNT_FROM
