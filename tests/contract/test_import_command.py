"""``ketacare import fhir``, as an operator runs it: each command a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.contract.fhir import made
from tests.shared_folder import SHARED, needs_shared


@pytest.fixture
def ketacare(tmp_path: Path):
    """Runs ``ketacare ...`` on a migrated SQLite clinic in a folder of the test's own."""
    if connection.vendor != "sqlite":
        pytest.skip("the commands choose their own database; the run on SQLite has this test")
    environment = os.environ | {"KETACARE_VAR": str(tmp_path / "var")}
    environment["KETACARE_DATABASE_URL"] = f"sqlite:///{tmp_path / 'var' / 'clinic.sqlite3'}"

    def run(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ketacare", *map(str, arguments)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    run("migrate")
    return run


def counts(done: subprocess.CompletedProcess[str]) -> list[int]:
    told = json.loads(done.stdout)
    return [told[name] for name in ("created", "updated", "unchanged", "not_understood")]


def test_a_second_import_changes_nothing_and_a_changed_file_supersedes(ketacare, tmp_path):
    claim = {"resourceType": "Claim", "id": "k"}
    path = made.write(tmp_path, made.bundle(made.patient(), made.observation(value=70), claim))
    first = ketacare("import", "fhir", path, "--json")
    assert counts(first) == [2, 0, 0, 1]
    assert json.loads(first.stdout)["not_understood_by_type"] == {"Claim": 1}
    assert counts(ketacare("import", "fhir", path, "--json")) == [0, 0, 2, 1]
    made.write(tmp_path, made.bundle(made.patient(), made.observation(value=71), claim))
    assert counts(ketacare("import", "fhir", path, "--json")) == [0, 1, 1, 1]
    ketacare("verify")


def test_several_files_are_one_unit_and_a_bad_one_lets_nothing_through(ketacare, tmp_path):
    person = made.write(tmp_path, made.patient(), "person.json")
    weight = made.write(tmp_path, made.observation(value=70), "weight.json")
    cut = made.write(tmp_path, '{"resourceType": "Observation", "id"', "cut.json")
    refused = ketacare("import", "fhir", person, weight, cut, code=2)
    assert "cut.json: line 1 column" in refused.stderr
    assert "Nothing was imported" in refused.stderr
    assert counts(ketacare("import", "fhir", person, weight, "--json")) == [2, 0, 0, 0]


def test_bad_input_as_json_names_every_problem_with_its_place(ketacare, tmp_path):
    bad = [made.write(tmp_path, "{", "a.json"), made.write(tmp_path, made.condition(clinicalStatus="active"), "b.json")]
    told = json.loads(ketacare("import", "fhir", *bad, "--json", code=2).stdout)
    assert [one["place"].rpartition("/")[2][:6] for one in told["problems"]] == ["a.json", ""]
    assert "not FHIR R4" in told["problems"][1]["says"]


def test_the_size_that_is_refused_is_a_setting(ketacare, tmp_path):
    path = tmp_path / "big.json"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    assert "more than the 32 MB" in ketacare("import", "fhir", path, code=2).stderr


def test_who_acts_must_be_somebody(ketacare, tmp_path):
    path = made.write(tmp_path, made.patient())
    assert "logs in as x@y" in ketacare("import", "fhir", path, "--as", "x@y", code=1).stderr


@pytest.mark.real_data
@needs_shared
def test_the_five_adults_come_in_once(ketacare):
    folder = SHARED / "data" / "fhir_r4_synthea_patients"
    assert counts(ketacare("import", "fhir", folder, "--json"))[:3] == [382, 0, 0]
    assert counts(ketacare("import", "fhir", folder, "--json"))[:3] == [0, 0, 382]
    words = ketacare("import", "fhir", folder).stdout
    assert "0 created, 0 updated, 382 unchanged" in words
    assert "65 Claim: not taken over" in words
