"""What is wrong with a message, or worth telling its sender, and the answer that follows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Answer = Literal["AA", "AE", "AR"]

# Table 0357: why a message or a part of it was not taken.
SEQUENCE, MISSING, BAD_TYPE, NOT_IN_TABLE = "100", "101", "102", "103"
BAD_MESSAGE_TYPE, BAD_EVENT, BAD_PROCESSING, BAD_VERSION = "200", "201", "202", "203"
UNKNOWN_KEY, DUPLICATE_KEY, INTERNAL = "204", "205", "207"
MEANINGS = {
    SEQUENCE: "Segment sequence error",
    MISSING: "Required field missing",
    BAD_TYPE: "Data type error",
    NOT_IN_TABLE: "Table value not found",
    BAD_MESSAGE_TYPE: "Unsupported message type",
    BAD_EVENT: "Unsupported event code",
    BAD_PROCESSING: "Unsupported processing id",
    BAD_VERSION: "Unsupported version id",
    UNKNOWN_KEY: "Unknown key identifier",
    DUPLICATE_KEY: "Duplicate key identifier",
    INTERNAL: "Application internal error",
}


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """One thing that is wrong, where it stands, and how grave it is."""

    code: str
    says: str
    segment: str = "MSH"
    number: int = 1  # which of the segments of this name, from 1
    field: int | None = None
    severity: Literal["E", "W", "I"] = "E"  # error: something was not taken; warning; information
    rejects: bool = False  # the message is none that we take, whatever it says

    @property
    def place(self) -> str:
        """Where it stands, as people say it: OBX-5 of the third."""
        field = f"-{self.field}" if self.field is not None else ""
        return f"{self.segment}{field}" + (f" (no. {self.number})" if self.number > 1 else "")


def verdict_of(complaints: Iterable[Complaint]) -> Answer:
    """Taken whole (AA), not taken whole (AE), or no message for us (AR)."""
    grave = [one for one in complaints if one.severity == "E"]
    if any(one.rejects for one in grave):
        return "AR"
    return "AE" if grave else "AA"
