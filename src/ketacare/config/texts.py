"""Files that a person names on the command line."""

from pathlib import Path

from ketacare.science.errors import BadFacts, Problem


def text_of(path: Path) -> str:
    """Return the text of a file; BadFacts when it cannot be read or is no UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadFacts([Problem(place=str(path), says=error.strerror or "cannot be read")]) from error
    except UnicodeDecodeError as error:
        raise BadFacts([Problem(place=f"{path} byte {error.start}", says="not UTF-8 text")]) from error
