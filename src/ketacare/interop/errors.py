"""What interop raises when a file from outside is not fit to be read."""

from dataclasses import dataclass

from ketacare.science.errors import ScienceError


class BadInput(ScienceError):
    """A file cannot be read as what it claims to be; nothing of it was taken over."""


@dataclass(frozen=True)
class NotUnderstood(Exception):
    """One place inside a resource that says something we cannot take over."""

    pointer: str
    says: str
