"""What science raises when it cannot answer. Every error carries all its problems at once, each with its place."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing wrong with an input: where it stands and what is wrong there."""

    place: str
    says: str

    def __str__(self) -> str:
        return f"{self.place}: {self.says}" if self.place else self.says


class ScienceError(ValueError):
    """A calculation cannot be done, or an input is not fit for one."""

    def __init__(self, problems: str | Iterable[Problem]) -> None:
        self.problems = (Problem(place="", says=problems),) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class MissingInput(ScienceError):
    """A value that the calculation needs is not there."""


class OutOfRange(ScienceError):
    """A value lies outside what the calculation holds for."""


class BadReference(ScienceError):
    """A reference data file is not what it must be."""


class BadFacts(ScienceError):
    """Facts about a patient that no evaluation may start from: unknown name, wrong type, outside the range."""


class BadPolicy(ScienceError):
    """A site's parameters leave their bounds, loosen what nobody may loosen, or break an order."""
