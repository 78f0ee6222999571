"""The education pages: Markdown with front matter, each figure a link to its claim."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import Field, ValidationError

from ketacare.science import reference
from ketacare.science.education import claims as records
from ketacare.science.education.claims import Claim, Statement
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Review, Source

FOLDER = Path(__file__).parent / "pages"
FENCE, SCHEME = "---\n", "claim:"
MARKDOWN = MarkdownIt("commonmark", {"html": False})
GRADES = {
    "official": _("A drug label, a law or an agency says so."),
    "moderate": _("Good studies, with limits."),
    "low": _("Small studies, or nobody to compare with: not very sure."),
    "disputed": _("The sources disagree."),
    "own": _("No study: a careful rule of this software, which a clinic may make stricter."),
}
MARKS = {
    "seen": _("we read the source"),
    "recalled": _("from memory, to be checked"),
    "default": _("our own choice"),
    "mixed": _("partly read, partly our own choice"),
}


class Front(Frozen):
    """What stands above the text of a page."""

    id: str
    version: int
    language: Literal["en", "es"]
    place: Annotated[int, Field(ge=1)]
    title: str
    review: Review
    look_again_on: date


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page in one language, ready to be shown."""

    front: Front
    html: SafeString
    claims: tuple[str, ...]  # in the order they are pointed at


@dataclass(frozen=True, kw_only=True)
class Told:
    """One statement as a page prints it, with what it rests on."""

    words: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A claim as a page prints it."""

    id: str
    claim: Claim
    told: Told
    sides: tuple[Told, ...]
    grade: object
    mark: object
    is_overdue: bool  # nobody has looked again by the day that was set


@cache
def pages(language: str) -> tuple[Page, ...]:
    """Every page in a language, in the order to read them."""
    found = (parse(file.read_text(encoding="utf-8"), place=file.name) for file in FOLDER.glob(f"*_{language}.md"))
    return tuple(sorted(found, key=lambda page: page.front.place))


def page(slug: str, language: str) -> Page | None:
    """One page in a language; None where there is none of that name."""
    return next((one for one in pages(language) if one.front.id == slug), None)


def parse(text: str, *, place: str) -> Page:
    """A page, or BadReference: no HTML of its own, no link but to a claim that exists."""
    _nothing, head, body = text.split(FENCE, 2)
    try:
        front = Front.model_validate(reference.parse_yaml(head, place=place))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error
    tokens = MARKDOWN.parse(body)
    links = [child for token in tokens for child in token.children or () if child.type == "link_open"]
    problems = [Problem(place=place, says=says) for says in wrong_with(body, links)]
    if problems:
        raise BadReference(problems)
    pointed = tuple(dict.fromkeys(point(link) for link in links))
    html = MARKDOWN.renderer.render(tokens, MARKDOWN.options, {})
    return Page(front=front, html=mark_safe(html), claims=pointed)  # noqa: S308  # our own file; HTML in it is refused


def wrong_with(body: str, links: Sequence[Token]) -> list[str]:
    """Why a text may not be shown."""
    known = records.load().claims
    targets = [str(link.attrs["href"]) for link in links]
    strange = [f"{one} is no claim" for one in targets if one.removeprefix(SCHEME) not in known or ":" not in one]
    return strange + (["HTML has no place here"] if "<" in body else [])


def point(link: Token) -> str:
    """Turn a link to a claim into one to its place on the page; the claim's id."""
    name = str(link.attrs["href"]).removeprefix(SCHEME)
    link.attrs = {"href": f"#claim-{name}", "class": "claim"}
    return name


def shown(names: Sequence[str], language: str, *, on: date) -> list[Shown]:
    """The claims of a page as it prints them."""
    known = records.load().claims
    return [
        Shown(
            id=name,
            claim=known[name],
            told=told(known[name], language),
            sides=tuple(told(side, language) for side in known[name].sides),
            grade=GRADES[known[name].grade],
            mark=MARKS[known[name].mark],
            is_overdue=known[name].look_again_on < on,
        )
        for name in names
    ]


def look_again_on(page: Page) -> date:
    """The first day by which the page or one of its claims is to be looked at again."""
    known = records.load().claims
    return min(page.front.look_again_on, *(known[name].look_again_on for name in page.claims))


def told(statement: Statement, language: str) -> Told:
    """A statement in one language, with its sources' texts."""
    sources = reference.sources()
    return Told(words=statement.said(language), sources=tuple(sources[key] for key in statement.sources))
