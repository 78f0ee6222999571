"""Tables of the written pages."""

from collections.abc import Iterator


def table(head: list[str], rows: Iterator[list[object]]) -> str:
    """A table; bars inside a cell are escaped."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += [
        "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows
    ]
    return "\n".join(lines) + "\n"
