"""The frame of a message: its character set, its separators, its header, its segments."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo

import hl7
from hl7.exceptions import HL7Exception

from ketacare.interop.hl7v2.complaints import (
    BAD_EVENT,
    BAD_MESSAGE_TYPE,
    BAD_PROCESSING,
    BAD_TYPE,
    BAD_VERSION,
    MISSING,
    NOT_IN_TABLE,
    SEQUENCE,
    Complaint,
)
from ketacare.interop.recordings.recording import monitor_book

MOST_SEGMENTS = 2000
LONGEST_ID = 199  # of MSH-10 since version 2.7; 20 before
HEADER, EVENT = "ORU", "R01"
PRODUCTION = "P"
SEPARATORS = re.compile(r"MSH([^A-Za-z0-9\s])([^A-Za-z0-9\s]{4,5})\1")
CHARSET, TYPE, CONTROL_ID, PROCESSING, VERSION, MADE_AT = 18, 9, 10, 11, 12, 7
TIME = re.compile(r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.(\d{1,6}))?)?)?)?)?)?([+-]\d{4})?")
HIGHEST_OFFSET_H = 14


@dataclass(frozen=True, kw_only=True)
class Header:
    """Who sent the message and under which name; empty where it does not say."""

    separator: str = "|"
    encoding: str = "^~\\&"
    sender: tuple[str, str] = ("", "")  # application and facility, as they stand
    receiver: tuple[str, str] = ("", "")
    made_at: str = ""  # MSH-7 as it stands
    control_id: str = ""
    version: str = "2.6"
    charset: str = ""


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One line of a message; ``number`` counts those of its name."""

    name: str
    number: int
    fields: tuple[str, ...]  # as they stand, escapes and all; fields[1] is the first

    def raw(self, place: int) -> str:
        return self.fields[place] if place < len(self.fields) else ""


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message taken apart; without segments where it could not be."""

    header: Header = Header()
    segments: tuple[Segment, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    parsed: hl7.Message | None = field(default=None, repr=False)

    def parts(self, text: str) -> list[str]:
        """The components of a field's first repetition, escapes resolved."""
        first = text.split(self.header.encoding[1])[0]
        return [self.plain(one) for one in first.split(self.header.encoding[0])]

    def plain(self, text: str) -> str:
        """Text without its escapes; one that cannot be resolved stays as it stands."""
        try:
            return str(self.parsed.unescape(text)).strip() if self.parsed is not None else text.strip()
        except (ValueError, IndexError, KeyError, OverflowError):
            return text.strip()


def taken_apart(raw: bytes) -> Message:
    """The message that these bytes are, with everything that is wrong with its frame."""
    text, header, complaint = decoded(raw)
    if complaint is not None:
        return Message(header=header, complaints=(complaint,))
    lines = [line for line in text.replace("\r\n", "\r").replace("\n", "\r").split("\r") if line]
    if any(line.startswith("MSH") for line in lines[1:]):
        return Message(header=header, complaints=(_rejected(SEQUENCE, "more than one message in one frame"),))
    if len(lines) > MOST_SEGMENTS:
        return Message(header=header, complaints=(_rejected(SEQUENCE, f"more than {MOST_SEGMENTS} segments"),))
    try:
        parsed = hl7.parse("\r".join(lines))
    except (HL7Exception, ValueError, IndexError, AssertionError, RecursionError) as error:
        return Message(header=header, complaints=(_rejected(SEQUENCE, f"not readable: {type(error).__name__}"),))
    message = Message(header=header, segments=_segments(lines, header), parsed=parsed)
    return Message(
        header=header, segments=message.segments, parsed=parsed, complaints=tuple(_wrong_with_header(message))
    )


def decoded(raw: bytes) -> tuple[str, Header, Complaint | None]:
    """The text of a message and its header, or why it has none. The header's own characters are ASCII in every set we take."""
    start = raw.lstrip(b"\r\n\t ")
    line = start.split(b"\r")[0].split(b"\n")[0].decode("latin-1")
    found = SEPARATORS.match(line)
    if found is None or len(set(found[1] + found[2])) != len(found[1] + found[2]):
        says = "does not begin with MSH and five different separators"
        return "", Header(), _rejected(SEQUENCE, says)
    header = _header(line.split(found[1]), separator=found[1], encoding=found[2])
    codec = monitor_book().messages.charsets.get(header.charset)
    if codec is None:
        return "", header, _rejected(NOT_IN_TABLE, f"character set {header.charset[:40]!r} is not known", field=CHARSET)
    try:
        text = start.decode(codec)
    except UnicodeDecodeError:
        says = f"not readable as {codec}; MSH-18 names the character set"
        return "", header, _rejected(BAD_TYPE, says, field=CHARSET)
    if "\x00" in text:
        return "", header, _rejected(BAD_TYPE, "holds a zero character")
    line = text.replace("\n", "\r").split("\r")[0]
    return text, _header(line.split(found[1]), separator=found[1], encoding=found[2]), None


def _header(fields: Sequence[str], *, separator: str, encoding: str) -> Header:
    """MSH-1 is the separator itself, so the fields of a header count from one less."""

    def at(place: int) -> str:
        return fields[place - 1].strip() if place <= len(fields) else ""

    return Header(
        separator=separator,
        encoding=encoding,
        sender=(at(3), at(4)),
        receiver=(at(5), at(6)),
        made_at=at(MADE_AT),
        control_id=at(CONTROL_ID),
        version=at(VERSION).split(encoding[0])[0],
        charset=at(CHARSET).split(encoding[1])[0],
    )


def _segments(lines: Sequence[str], header: Header) -> tuple[Segment, ...]:
    counts: dict[str, int] = {}
    found = []
    for line in lines:
        fields = line.split(header.separator)
        name = fields[0]
        fields = [name, header.separator, *fields[1:]] if name == "MSH" else fields
        counts[name] = counts.get(name, 0) + 1
        found.append(Segment(name=name, number=counts[name], fields=tuple(fields)))
    return tuple(found)


def _wrong_with_header(message: Message) -> list[Complaint]:
    msh, header = message.segments[0], message.header
    kind, event, *_ = [*message.parts(msh.raw(TYPE)), "", ""]
    problems = []
    if kind != HEADER:
        problems.append(_rejected(BAD_MESSAGE_TYPE, f"takes {HEADER}^{EVENT}, not {kind[:20]!r}", field=TYPE))
    elif event != EVENT:
        problems.append(_rejected(BAD_EVENT, f"takes {HEADER}^{EVENT}, not {event[:20]!r}", field=TYPE))
    if message.parts(msh.raw(PROCESSING))[0] != PRODUCTION:
        says = "is not marked as production (P): training and test messages are not stored"
        problems.append(_rejected(BAD_PROCESSING, says, field=PROCESSING))
    if header.version not in monitor_book().messages.versions:
        problems.append(_rejected(BAD_VERSION, f"version {header.version[:20]!r} is not read", field=VERSION))
    if not header.control_id:
        problems.append(Complaint(code=MISSING, says="the message has no control id", field=CONTROL_ID))
    elif len(header.control_id) > LONGEST_ID:
        problems.append(Complaint(code=BAD_TYPE, says="the control id is too long", field=CONTROL_ID))
    problems += [
        Complaint(code=SEQUENCE, says=f"{one.name[:10]!r} is no segment's name", segment="MSH")
        for one in message.segments
        if not re.fullmatch(r"[A-Z][A-Z0-9]{2}", one.name)
    ][:1]
    return problems


def _rejected(code: str, says: str, *, field: int | None = None) -> Complaint:
    return Complaint(code=code, says=says, field=field, rejects=True)


def moment(text: str, *, zone: tzinfo) -> datetime | None:
    """The moment that a time stamp says, to the second at least; None where it is coarser.

    Its own offset counts; without one, ``zone``. Raises ValueError for what is no time.
    """
    found = TIME.fullmatch(text)
    if found is None:
        raise ValueError("is no time")
    *parts, fraction, offset = found.groups()
    numbers = [int(one) for one in parts if one is not None]
    own = _offset(offset) if offset else zone
    whole = [*numbers, *[1] * (len("YMD") - len(numbers))]
    at = datetime(*whole, microsecond=int((fraction or "").ljust(6, "0")), tzinfo=own)
    return at if len(numbers) == len(parts) else None


def _offset(text: str) -> timezone:
    hours, minutes = int(text[1:3]), int(text[3:])
    if hours > HIGHEST_OFFSET_H or minutes >= 60:
        raise ValueError("is no offset")
    return timezone((1 if text[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
