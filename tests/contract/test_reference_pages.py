"""The generated manual says what the code and the data say."""

import re
from pathlib import Path

import pytest
from docs import write

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"""env\.(?:text|flag|number|words)\(\s*"([A-Z_]+)\"""")
SECRET = re.compile(r"""secrets\.text\("([a-z-]+)\"""")
PAGES = write.pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_its_sources_make_it(name):
    path = write.REFERENCE / name
    assert path.exists(), "run ./run docs"
    assert path.read_text(encoding="utf-8") == PAGES[name], "run ./run docs"


def test_no_page_is_left_over():
    kept = {path.relative_to(write.REFERENCE).as_posix() for path in write.REFERENCE.rglob("*.md")}
    assert kept == set(PAGES)


def test_every_setting_is_in_the_sample_and_every_sample_is_a_setting():
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "src/ketacare/config").rglob("*.py"))
    sample = set(re.findall(r"^KETACARE_([A-Z_]+)=", (ROOT / "dotenv-sample").read_text("utf-8"), re.MULTILINE))
    secrets = {name.upper().replace("-", "_") for name in SECRET.findall(code)}
    assert sample == set(NAMED.findall(code)) | secrets
