"""The examples of the how-to on virtual trials do what the page says."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs/how-to/virtual-trial.md"


def test_every_example_of_the_page_runs_and_says_what_is_printed():
    found = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert found.attempted > 10
    assert found.failed == 0
