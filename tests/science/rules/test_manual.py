"""The examples of the manual's page on the rule engine do what the page says."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs/explanation/rule-engine.md"


def test_every_example_of_the_rule_engines_page_runs_and_says_what_is_printed():
    text = PAGE.read_text(encoding="utf-8").replace("```", "")  # a fence would count as output
    examples = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    said: list[str] = []
    failed = doctest.DocTestRunner(verbose=False).run(examples, out=said.append)
    assert failed.attempted > 20
    assert failed.failed == 0, "".join(said)
