"""From what a record or a person calls a medicine to the medicines that are known here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from ketacare.science.pkpd.interactions.book import book, ingredients


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A medicine that a name stands for, and every class it belongs to."""

    name: str
    classes: tuple[str, ...]


def known(name: str) -> tuple[Known, ...]:
    """Return the medicines that a name stands for; none: it is not known here, so nothing can be said of it.

    Args:
        name: a medicine, or the words of a record ("Clarithromycin 500 MG Oral Tablet", "st_johns_wort"); case does not matter.
            A name counts as a whole word.

    Returns:
        Each medicine once, by its name in ``data/pharmacology/interactions`` or else in ``data/codes/medicines``.
    """
    names = _by_name()
    found = (names[one] for one in _pattern().findall(_plain(name)))
    return tuple({one.name: one for one in found}.values())


def _plain(text: str) -> str:
    return text.lower().replace("_", " ").replace("’", "'")


@cache
def _by_name() -> Mapping[str, Known]:
    """Every known name with its medicine: ours with the classes of the record's list added, then the rest of that list."""
    ours = {name: {name, *one.also} for name, one in book().medicines.items()}
    classes = {name: [*one.classes] for name, one in book().medicines.items()}
    for one in ingredients():
        names = {one.name, *one.also}
        name = next((mine for mine, called in ours.items() if called & names), one.name)
        ours[name] = ours.get(name, set()) | names
        classes[name] = [*dict.fromkeys([*classes.get(name, ()), *one.classes])]
    found = {name: Known(name=name, classes=tuple(classes[name])) for name in ours}
    return {called: found[name] for name, all_names in ours.items() for called in all_names}


@cache
def _pattern() -> re.Pattern[str]:
    longest = sorted(_by_name(), key=len, reverse=True)
    return re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, longest))})(?!\w)")
