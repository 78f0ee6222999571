"""``ketacare alarms``: a recording through the machine of a session, in time and at once."""

import json
from pathlib import Path

import pytest

from ketacare.config.cli import main
from tests.shared_folder import SHARED, needs_shared

ANNOTATIONS = Path(__file__).resolve().parents[1] / "annotations"
NOTES = """
schema: ketacare.alarm_annotations/1
recording: made here
judged_by: a test
review: {status: unreviewed}
how: by construction
grace_min: 0.5
artefacts: [{parameter: spo2, from_min: 0.1, to_min: 0.2, why: one reading}]
"""


@pytest.fixture
def recording(tmp_path):
    rows = [f"{second},70,{88 if second == 10 else 98},14" for second in range(60)]
    file = tmp_path / "recording.csv"
    file.write_text("\n".join(["second,HR,SpO2,RR", *rows]), encoding="utf-8")
    return file


def test_it_says_what_either_way_costs(recording, capsys):
    assert main(["alarms", str(recording)]) == 0
    told = capsys.readouterr().out
    assert "in time: 0 alarms" in told
    assert "at once: 2 alarms" in told


def test_with_annotations_it_says_what_was_found_and_what_was_false(recording, tmp_path, capsys):
    notes = tmp_path / "notes.yaml"
    notes.write_text(NOTES, encoding="utf-8")
    assert main(["alarms", str(recording), "--annotations", str(notes), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)[str(recording)]
    assert told["in time"]["score"]["sounded"] == 0
    assert told["at once"]["score"]["sounded"] == 1
    assert told["at once"]["score"]["false"] == 2


@pytest.mark.parametrize("notes", ["schema: other", "[", None], ids=str)
def test_annotations_that_cannot_be_read_are_refused(recording, tmp_path, notes, capsys):
    file = tmp_path / "notes.yaml"
    if notes is not None:
        file.write_text(notes, encoding="utf-8")
    assert main(["alarms", str(recording), "--annotations", str(file)]) == 2
    assert capsys.readouterr().err


def test_annotations_belong_to_one_recording(recording, tmp_path, capsys):
    assert main(["alarms", str(recording), str(recording), "--annotations", str(tmp_path / "notes.yaml")]) == 2


def test_a_recording_that_cannot_be_read_is_refused(tmp_path, capsys):
    file = tmp_path / "recording.csv"
    file.write_text("nonsense", encoding="utf-8")
    assert main(["alarms", str(file)]) == 2


@needs_shared
@pytest.mark.real_data
def test_in_time_loses_no_event_of_the_disturbed_recording_and_raises_no_artefact(capsys):
    file = SHARED / "data/vitals_vitalrecorder_demo/test_intelliue_demo2_numerics_1hz.csv"
    notes = ANNOTATIONS / "intellivue_disturbed.yaml"
    assert main(["alarms", str(file), "--annotations", str(notes), "--tick", "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)[str(file)]
    in_time, at_once = told["in time"]["score"], told["at once"]["score"]
    assert in_time["found"] == in_time["events"] == 4
    assert in_time["false"] == in_time["sounded"] == 0
    assert at_once["sounded"] == at_once["artefacts"] == 9
