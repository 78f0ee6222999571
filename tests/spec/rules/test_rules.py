"""Every clinical case of this folder and of each_rule/, run. Clinicians add cases to the YAML files; nothing here changes."""

import pytest

from ketacare.science.rules import names
from ketacare.science.rules.cases import Case, run_case
from tests.spec.rules.files import EACH_RULE, HERE, ON, cases

CASES = [*cases(HERE), *cases(EACH_RULE)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.book}-{case.id}")
def test_case_comes_out_as_the_clinician_expects(case: Case):
    outcome = run_case(case, on=ON)
    assert not outcome.mismatches, case.why


def test_every_book_has_cases_on_whole_patients():
    assert {case.book for case in cases(HERE)} == set(names())
