"""The written pages of the project, and what stands in them: links, images, fenced blocks, table rows."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
ASSIGNMENT = re.compile(r"[A-Z_]+=")
CONTROL = ("&&", "||", ";", "|", "<", ">", ">>")


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link of a page, or an image with the words that stand for it."""

    page: Path
    is_image: bool
    words: str
    target: str

    @property
    def is_elsewhere(self) -> bool:
        return self.target.startswith(("https://", "http://", "mailto:"))

    @property
    def path(self) -> Path:
        """The file it names; a bare ``#place`` is on the page itself."""
        name = self.target.partition("#")[0]
        return (self.page.parent / name).resolve() if name else self.page

    @property
    def place(self) -> str:
        return self.target.partition("#")[2]


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command line that a page shows."""

    page: Path
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{short(self.page)}: {' '.join(self.words)}"


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def without_code(page: Path) -> str:
    """The page's prose: fenced blocks and code in a line taken out."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text_of(page)))


def links() -> list[Link]:
    return [
        Link(page=page, is_image=mark == "!", words=words, target=target)
        for page in PAGES
        for mark, words, target in LINK.findall(without_code(page))
    ]


def places(page: Path) -> set[str]:
    """The names by which a page's headings are linked to."""
    plain = (re.sub(r"[^\w\- ]", "", words).lower() for words in HEADING.findall(FENCE.sub("", text_of(page))))
    return {words.strip().replace(" ", "-") for words in plain}


def blocks(language: str) -> Iterator[tuple[Path, str]]:
    """Every fenced block that is opened with exactly these words."""
    for page in PAGES:
        for opened, body in FENCE.findall(text_of(page)):
            if opened.strip() == language:
                yield page, body


def commands(program: str) -> list[Command]:
    """Every line of every fenced block that calls this program, up to the first pipe, redirection or comment."""
    return [
        Command(page=page, words=words)
        for page in PAGES
        for _, body in FENCE.findall(text_of(page))
        for line in body.replace("\\\n", " ").splitlines()
        if (words := called(line, program))
    ]


def called(line: str, program: str) -> tuple[str, ...]:
    """The words after the program's name; empty where the line does not call it."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return ()
    while words and ASSIGNMENT.match(words[0]):
        words = words[1:]
    if not words or words[0] != program:
        return ()
    end = next((place for place, word in enumerate(words) if word in CONTROL), len(words))
    return tuple(words[1:end])


def rows(page: Path) -> list[list[str]]:
    """The cells of every table row of a page."""
    lines = [line for line in text_of(page).splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
