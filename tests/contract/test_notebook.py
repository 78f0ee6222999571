"""The notebook of the tutorial: it runs from top to bottom and prints what is stored in it."""

import nbformat
import pytest
from nbclient import NotebookClient

from tests.contract.documents import ROOT
from tests.plugin import ON_POSTGRES

NOTEBOOK = ROOT / "docs/tutorials/pharmacology.ipynb"
LONGEST_S = 300

pytestmark = pytest.mark.skipif(ON_POSTGRES, reason="it has no database; once a run is enough")


@pytest.fixture(scope="module")
def stored():
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def run(stored):
    again = nbformat.from_dict(stored)
    return NotebookClient(again, timeout=LONGEST_S, kernel_name="python3").execute()


def printed(notebook):
    return [
        "".join(one.text for one in cell.outputs if one.output_type == "stream")
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def pictures(notebook):
    outputs = [one for cell in notebook.cells if cell.cell_type == "code" for one in cell.outputs]
    return [one.data["image/svg+xml"] for one in outputs if "image/svg+xml" in one.get("data", {})]


def test_it_prints_what_is_stored_in_it(stored, run):
    assert printed(run) == printed(stored)
    assert any(printed(run))


def test_each_picture_is_drawn_with_its_unit_and_says_that_it_decides_nothing(stored, run):
    assert len(pictures(run)) == len(pictures(stored)) == 2
    for picture in [*pictures(run), *pictures(stored)]:
        assert "ng/mL" in picture
        assert "does not decide a dose, a discharge or safety" in picture


def test_it_names_no_place_of_anybody_s_machine(stored):
    assert "/home/" not in str(stored)
    assert str(ROOT) not in str(stored)
