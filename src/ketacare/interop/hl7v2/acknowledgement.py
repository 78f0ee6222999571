"""The answer to a message: taken (AA), not taken whole (AE) or no message for us (AR), with every reason."""

from collections.abc import Sequence
from datetime import datetime

from ketacare.interop.hl7v2.complaints import MEANINGS, Complaint, verdict_of
from ketacare.interop.hl7v2.message import Header

MOST_REASONS = 30
LONGEST_REASON = 250
NAME = "KETACARE"


def acknowledgement(header: Header, complaints: Sequence[Complaint], *, at: datetime, control_id: str) -> bytes:
    """The acknowledgement of a message, in its own separators and in UTF-8; ``control_id`` is ours."""
    fields, encoding = header.separator, header.encoding

    def line(*parts: str) -> str:
        return fields.join(parts).rstrip(fields)

    verdict = verdict_of(complaints)
    grave = [one for one in complaints if one.severity == "E"]
    first = _plain(grave[0].says, header) if grave else ""
    made = at.strftime("%Y%m%d%H%M%S%z")
    version = header.version or Header().version
    component = encoding[0]
    kind = component.join(("ACK", "R01", "ACK"))
    receiver, sender = header.receiver[0] or NAME, header.receiver[1]
    head = ("MSH" + fields + encoding, receiver, sender, *header.sender, made, "", kind, control_id, "P", version)
    lines = [line(*head, *[""] * 5, "UNICODE UTF-8"), line("MSA", verdict, header.control_id, first)]
    lines += [line(*_error(one, header)) for one in complaints[:MOST_REASONS]]
    return ("\r".join(lines) + "\r").encode("utf-8", "replace")


def _error(one: Complaint, header: Header) -> tuple[str, ...]:
    component = header.encoding[0]
    place = component.join([one.segment, str(one.number), *([str(one.field)] if one.field is not None else [])])
    meaning = component.join((one.code, MEANINGS.get(one.code, "Message accepted"), "HL70357"))
    return ("ERR", "", place, meaning, one.severity, "", "", "", _plain(f"{one.place}: {one.says}", header))


def _plain(text: str, header: Header) -> str:
    """Text that no receiver takes for structure: separators become spaces, so that nothing has to be escaped."""
    structure = {*header.separator, *header.encoding}
    kept = (" " if one in structure or not one.isprintable() else one for one in text[:LONGEST_REASON])
    return "".join(kept)
