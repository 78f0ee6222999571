"""Every clinical case in this folder, run. Clinicians add cases to the YAML files; nothing here changes."""

from datetime import date
from pathlib import Path

import pytest

from ketacare.science.rules import names
from ketacare.science.rules.cases import Case, read_cases, run_case

FILES = sorted(Path(__file__).parent.glob("*.yaml"))
CASES = [case for file in FILES for case in read_cases(file.read_text(encoding="utf-8"), place=file.name)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.book}-{case.id}")
def test_case_comes_out_as_the_clinician_expects(case: Case):
    outcome = run_case(case, on=date(2026, 11, 22))
    assert not outcome.mismatches, case.why


def test_every_book_has_cases():
    assert {case.book for case in CASES} == set(names())
