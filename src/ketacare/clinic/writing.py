"""Who stores something that nobody waits at a page for: whoever says so, at once, or the one writer of its process."""

from collections.abc import Callable

Write = Callable[[Callable[[], object]], object]


def directly(store: Callable[[], object]) -> object:
    """Store it at once, in a transaction of its own."""
    return store()
