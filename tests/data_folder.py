"""A copy of the data folder in which a test may put a newer version of a rulebook, as an upgrade would."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ketacare.science import reference, rules
from ketacare.science.rules import book
from ketacare.science.rules.catalogue import declared

CACHES = (reference.read_text, reference.sources, book.load, book._parsed, rules.catalogue, declared)


@contextmanager
def data_apart(folder: Path) -> Iterator[Path]:
    """The data folder's copy in the place of the shipped one; gives the folder of its rulebooks."""
    shipped, reference.DATA = reference.DATA, Path(shutil.copytree(reference.DATA, folder / "data"))
    forget()
    try:
        yield reference.DATA / "rulebooks"
    finally:
        reference.DATA = shipped
        forget()


def next_version(rulebooks: Path, name: str, *changes: tuple[str, str]) -> None:
    """Write version 2 of a book: version 1 with another title and some texts exchanged, each of which must be there."""
    text = (rulebooks / f"{name}.1.yaml").read_text(encoding="utf-8")
    for before, after in (("\nversion: 1\n", "\nversion: 2\n"), ("\ntitle: ", "\ntitle: Newer "), *changes):
        assert before in text, before
        text = text.replace(before, after)
    (rulebooks / f"{name}.2.yaml").write_text(text, encoding="utf-8")
    forget()


def forget() -> None:
    """Forget what was read from the data folder before."""
    for cache in CACHES:
        cache.cache_clear()
