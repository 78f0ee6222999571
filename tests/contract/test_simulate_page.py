"""The page about simulating keeps its word: its commands run, and what it shows is what comes out."""

import re

import pytest

from ketacare.config.cli import main
from ketacare.science.pkpd import targets, validation
from tests.contract.documents import ROOT, blocks, commands, text_of

PAGE = ROOT / "docs/how-to/simulate.md"
SHOWN = [list(one.words) for one in commands("ketacare") if one.page == PAGE]
ROWS = next(body for page, body in blocks("yaml") if page == PAGE)


@pytest.fixture
def in_a_folder(tmp_path, monkeypatch):
    """A folder of its own, with the files that the page's commands read."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(ROWS, encoding="utf-8")
    given = ["--model", "racemate_iv_venous", "--weight-kg", "70", "--dose", "35 mg iv 40 min"]
    main(["simulate", *given, "--out", "/dev/null", "--save-scenario", "curve.yaml"])


@pytest.mark.parametrize("words", SHOWN, ids=" ".join)
def test_every_command_of_the_page_runs(words, in_a_folder, capsys):
    assert main(words) == 0, capsys.readouterr().err


def test_what_it_shows_is_what_comes_out(in_a_folder, capsys):
    main(SHOWN[0])
    said = capsys.readouterr().out
    shown = next(body for page, body in blocks("text") if page == PAGE)
    assert said.startswith(shown)


def test_the_refusals_it_shows_are_those_that_come(capsys):
    for dose in re.findall(r'dose "(.*?)":', text_of(PAGE)):
        assert main(["simulate", "--model", "racemate_iv_venous", "--weight-kg", "70", "--dose", dose]) == 2
        complaint = capsys.readouterr().err.strip()
        assert complaint in text_of(PAGE)


def test_the_rows_it_shows_hold():
    outcomes = validation.run(targets.parse(ROWS, place="simulate.md"))
    assert [one.verdict for one in outcomes] == ["met"] * 4
