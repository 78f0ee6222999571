"""The observations of a message as rows of ours: what is known is taken, everything else is told."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from ketacare.interop.hl7v2.complaints import (
    BAD_TYPE,
    MISSING,
    NOT_IN_TABLE,
    SEQUENCE,
    UNKNOWN_KEY,
    Answer,
    Complaint,
    verdict_of,
)
from ketacare.interop.hl7v2.message import MADE_AT, Header, Message, Segment, moment, taken_apart
from ketacare.interop.recordings.recording import monitor_book
from ketacare.science.monitoring.parameters import measured

NUMBER = re.compile(r"[+-]?(\d{1,9}(\.\d{0,9})?|\.\d{1,9})")
OURS = {"temperature": "temp_c"}  # where a monitor's name for a reading is not the session's
LOINC, MDC, LOCAL = {"LN", "LOINC"}, {"MDC"}, re.compile(r"|L|99.*")
VALUE_TYPE, CODE, VALUE, UNIT, FLAGS, STATUS, TAKEN_AT, EQUIPMENT = 2, 3, 5, 6, 8, 11, 14, 18
OBSERVED_AT, BED = 7, 3  # of OBR and PV1
TOLD_AT_MOST = 10
LONGEST_NAME, LONGEST_ID_SHOWN, DIGEST = 120, 40, 24


@dataclass(frozen=True, kw_only=True)
class WireRow:
    """What one device measured at one moment."""

    names: tuple[str, ...]  # what the device calls itself, the most particular first
    values: Mapping[str, float]
    device_time: datetime | None
    sent_at: datetime | None
    key: str
    number: int  # of the first segment that it was read from


@dataclass(frozen=True, kw_only=True)
class Read:
    """Everything a message says to us."""

    header: Header
    rows: tuple[WireRow, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    names: tuple[str, ...] = ()  # of the device that the message as a whole is from

    @property
    def verdict(self) -> Answer:
        """The answer as far as the message itself goes; the server has still to take its rows."""
        return verdict_of(self.complaints)


@dataclass(kw_only=True)
class _Reading:
    """A message while it is read."""

    message: Message
    zone: tzinfo
    sent_at: datetime | None = None
    complaints: list[Complaint] = field(default_factory=list)
    rows: list[tuple[tuple[str, ...], datetime | None, dict[str, float], int]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    uncharted: set[str] = field(default_factory=set)
    with_value: int = 0

    def complain(self, segment: Segment, place: int, code: str, says: str) -> None:
        self.complaints.append(
            Complaint(code=code, says=says, segment=segment.name, number=segment.number, field=place)
        )


def read(raw: bytes, *, zone: tzinfo = UTC) -> Read:
    """Read one message, whatever the bytes are.

    ``zone`` is meant by times that say no offset, where MSH-7 says none either.
    """
    message = taken_apart(raw)
    if message.complaints:
        return Read(header=message.header, complaints=message.complaints)
    reading = _Reading(message=message, zone=zone)
    _read_times(reading)
    bed, observed_at = "", ""
    for segment in message.segments:
        if segment.name == "PV1":
            bed = "/".join(one for one in message.parts(segment.raw(BED))[:3] if one)
        elif segment.name == "OBR":
            observed_at = segment.raw(OBSERVED_AT)
        elif segment.name == "OBX":
            _read_observation(reading, segment, bed=bed, observed_at=observed_at)
    _conclude(reading)
    rows = tuple(_row(reading, number, *one) for number, one in enumerate(reading.rows, start=1))
    names = rows[0].names if rows else _names(message, equipment="", bed=bed)
    return Read(header=message.header, rows=rows, complaints=tuple(reading.complaints), names=names)


def _read_times(reading: _Reading) -> None:
    """MSH-7, by the device's clock; its offset counts for every time of the message that says none."""
    msh = reading.message.segments[0]
    text = reading.message.parts(msh.raw(MADE_AT))[0]
    if not text:
        reading.complain(msh, MADE_AT, MISSING, "the message does not say when it was made")
        return
    try:
        reading.sent_at = moment(text, zone=reading.zone)
    except (ValueError, OverflowError) as error:
        reading.complain(msh, MADE_AT, BAD_TYPE, f"{text[:30]!r} {error}")
        return
    if reading.sent_at is not None and reading.sent_at.tzinfo is not None:
        reading.zone = reading.sent_at.tzinfo


def _read_observation(reading: _Reading, obx: Segment, *, bed: str, observed_at: str) -> None:
    """One observation: its code, status, number, unit and time; the first thing wrong is told, and it is left out."""
    message, book = reading.message, monitor_book()
    identifier, status = message.parts(obx.raw(CODE)), message.plain(obx.raw(STATUS))
    if not obx.raw(VALUE).strip() or status in book.messages.statuses.nothing_measured:
        return  # a container of others, or a sensor that shows nothing: silence is judged where it is awaited
    reading.with_value += 1
    parameter = parameter_of(identifier)
    if parameter is None:
        reading.unknown.append("^".join(one for one in identifier[:3] if one)[:60] or "no code")
        return
    if says := _wrong_status(status, message.parts(obx.raw(FLAGS).replace(message.header.encoding[1], "^"))):
        reading.complain(obx, STATUS, NOT_IN_TABLE, f"{parameter}: {says}")
        return
    value = _number(reading, obx, parameter)
    if value is None or not _has_known_unit(reading, obx, parameter):
        return
    name = OURS.get(parameter, parameter)
    field = measured("reading").get(name)
    if field is None:
        reading.uncharted.add(parameter)
    elif complaint := field.complaint(value):
        reading.complain(obx, VALUE, BAD_TYPE, f"{name}: {complaint}")
    else:
        _put(reading, obx, name, value, bed=bed, observed_at=observed_at)


def parameter_of(identifier: list[str]) -> str | None:
    """Our name for what an observation's code means: of its first coding system, or of its second."""
    padded = [*identifier, *[""] * 6]
    return _coded(padded[0], padded[2]) or _coded(padded[3], padded[5])


def _coded(code: str, system: str) -> str | None:
    book = monitor_book()
    if system in LOINC or system in MDC:
        found = (book.messages.loinc if system in LOINC else book.messages.mdc).get(code)
        return found.means if found else None
    return book.formats["monitor"].names.get(code) if LOCAL.fullmatch(system) else None


def _wrong_status(status: str, flags: list[str]) -> str:
    statuses, refused = monitor_book().messages.statuses, monitor_book().messages.flags_refused
    if status not in statuses.taken:
        return statuses.never_done.get(status, f"the status {status[:10]!r} says not that it was measured")
    return next((refused[flag] for flag in flags if flag in refused), "")


def _number(reading: _Reading, obx: Segment, parameter: str) -> float | None:
    message = reading.message
    kind, text = message.plain(obx.raw(VALUE_TYPE)), message.plain(obx.raw(VALUE))
    if kind != "NM":
        reading.complain(obx, VALUE_TYPE, BAD_TYPE, f"{parameter}: a number (NM) is wanted, not {kind[:10]!r}")
    elif not NUMBER.fullmatch(text):
        reading.complain(obx, VALUE, BAD_TYPE, f"{parameter}: {text[:30]!r} is not one number")
    else:
        value = float(text)
        return int(value) if value.is_integer() else value
    return None


def _has_known_unit(reading: _Reading, obx: Segment, parameter: str) -> bool:
    ours = monitor_book().parameters[parameter].unit
    said = reading.message.parts(obx.raw(UNIT))[:2]
    if any(one and one in monitor_book().messages.units[ours] for one in said):
        return True
    code = NOT_IN_TABLE if any(said) else MISSING
    says = f"{parameter}: the unit is to be {ours}, not {said[0][:20]!r}" if any(said) else f"{parameter}: without unit"
    reading.complain(obx, UNIT, code, says)
    return False


def _put(reading: _Reading, obx: Segment, name: str, value: float, *, bed: str, observed_at: str) -> None:
    """Beside what the same device measured at the same moment; in a row of its own where that name is taken."""
    message = reading.message
    text = message.parts(obx.raw(TAKEN_AT))[0] or message.parts(observed_at)[0]
    try:
        at = moment(text, zone=reading.zone) if text else reading.sent_at
    except (ValueError, OverflowError) as error:
        reading.complain(obx, TAKEN_AT, BAD_TYPE, f"{name}: {text[:30]!r} {error}")
        return
    names = _names(message, equipment=message.parts(obx.raw(EQUIPMENT))[0], bed=bed)
    for theirs, then, values, _ in reading.rows:
        if (theirs, then) == (names, at) and name not in values:
            values[name] = value
            return
    reading.rows.append((names, at, {name: value}, obx.number))


def _names(message: Message, *, equipment: str, bed: str) -> tuple[str, ...]:
    """What a device may be known by: its own identity, its sender's name with the bed, its sender's name."""
    application = message.parts(message.header.sender[0])[0] or message.parts(message.header.sender[1])[0]
    at_bed = f"{application}@{bed}" if application and bed else ""
    return tuple(dict.fromkeys(one[:LONGEST_NAME] for one in (equipment, at_bed, application) if one))


def _conclude(reading: _Reading) -> None:
    """What can only be said of the message as a whole."""
    first = reading.message.segments[0]
    if not any(one.name == "OBX" for one in reading.message.segments):
        reading.complain(first, TAKEN_AT, SEQUENCE, "holds no observation (OBX)")
    nothing_taken = reading.with_value > 0 and not reading.rows
    if reading.unknown:
        told = ", ".join(dict.fromkeys(reading.unknown[:TOLD_AT_MOST]))
        says = f"not known and not stored: {told}"
        reading.complaints.append(
            Complaint(code=UNKNOWN_KEY, says=says, segment="OBX", field=CODE, severity="E" if nothing_taken else "W")
        )
    if reading.uncharted:
        says = f"known and not charted: {', '.join(sorted(reading.uncharted))}"
        reading.complaints.append(Complaint(code="0", says=says, segment="OBX", field=CODE, severity="I"))
    if reading.rows and not all(names for names, *_ in reading.rows):
        reading.complain(first, 3, MISSING, "does not say which device it is from")


def _row(
    reading: _Reading,
    place: int,
    names: tuple[str, ...],
    at: datetime | None,
    values: dict[str, float],
    number: int,
) -> WireRow:
    header = reading.message.header
    words = repr((header.sender, header.control_id, header.made_at, place))
    digest = hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST]
    return WireRow(
        names=names,
        values=values,
        device_time=at,
        sent_at=reading.sent_at,
        key=f"{header.control_id[:LONGEST_ID_SHOWN]} {digest}",
        number=number,
    )
