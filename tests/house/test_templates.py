"""What every page of ours must be: no inline script, style or handler, no foreign address, nothing without a name."""

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src/ketacare"
TEMPLATES = sorted(SOURCE.rglob("templates/**/*.html"))
STATICS = sorted([*SOURCE.rglob("static/**/*.css"), *SOURCE.rglob("static/**/*.js"), *SOURCE.rglob("static/**/*.svg")])
NAMESPACES = ("http://www.w3.org/2000/svg",)

OPENING_TAG = re.compile(r"<[a-zA-Z][^<>]*>")
TEMPLATE_CODE = re.compile(r"\{[%{#].*?[%}#]\}", re.DOTALL)

# Forms without an anti-forgery token, and why.
TOKENLESS = {
    "public/templates/public/selfcheck/step.html": "is worked out and keeps nothing; a token would set a cookie",
    "public/templates/public/selfcheck/help.html": "is worked out and keeps nothing; a token would set a cookie",
    "public/templates/public/selfcheck/result.html": "opens a form that carries the answers; that one has its token",
}


def short(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def tags(path: Path) -> list[str]:
    """Every opening tag of a template, with the template's own code taken out."""
    return OPENING_TAG.findall(TEMPLATE_CODE.sub("", path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", TEMPLATES, ids=short)
def test_no_inline_script_style_or_handler(path):
    for tag in tags(path):
        assert not re.search(r"\s(style|on[a-z]+)\s*=", tag), tag
        assert not tag.startswith("<style"), tag
        assert not tag.startswith("<script") or "src=" in tag, tag


@pytest.mark.parametrize("path", [*TEMPLATES, *STATICS], ids=short)
def test_nothing_is_fetched_from_elsewhere(path):
    text = path.read_text(encoding="utf-8")
    for name in NAMESPACES:
        text = text.replace(name, "")
    assert not re.search(r"""(src|href|action|url\(|from|import)\s*[=(]?\s*["']?(https?:)?//""", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=short)
def test_every_image_says_what_it_is(path):
    for tag in tags(path):
        assert not tag.startswith("<img") or "alt=" in tag, tag


@pytest.mark.parametrize("path", TEMPLATES, ids=short)
def test_every_form_that_posts_carries_its_token(path):
    text = path.read_text(encoding="utf-8")
    for form in re.findall(r"<form\b.*?</form>", text, re.DOTALL):
        posts = re.search(r'method="post"', form, re.IGNORECASE) or "hx-post" in form
        assert not posts or "{% csrf_token %}" in form or short(path) in TOKENLESS, form[:120]


@pytest.mark.parametrize("path", TEMPLATES, ids=short)
def test_every_button_outside_a_form_says_its_type(path):
    text = re.sub(r"<form\b.*?</form>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for button in re.findall(r"<button\b[^>]*>", text):
        assert "type=" in button or "form=" in button, button


@pytest.mark.parametrize("path", TEMPLATES, ids=short)
def test_no_title_names_a_patient(path):
    """Titles stay in the browser's history and on the task bar: initials at most."""
    for title in re.findall(r"{% block title %}(.*)", path.read_text(encoding="utf-8")):
        assert not re.search(r"(header|patient)\.\w*name|{{ *patient *}}", title), title
