"""WFDB numerics: a .hea header beside a .dat file of 16-bit little-endian samples, one frame of all signals after another."""

import sys
from array import array
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ketacare.interop.errors import BadInput
from ketacare.interop.reading import read_bytes
from ketacare.interop.recordings.recording import Draft, Recording, monitor_book
from ketacare.science.errors import Problem

FORMAT = "16"
INVALID = -(2**15)  # format 16: the most negative sample is no measurement
DEFAULT_GAIN = Decimal(200)  # WFDB's own default where a header gives none
CHECKSUM_MASK = 2**16 - 1


@dataclass(frozen=True, kw_only=True)
class Signal:
    """One signal line of a header."""

    line: int
    file: str
    gain: Decimal
    baseline: int
    checksum: int
    name: str


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a header says of its record."""

    hertz: Decimal
    frames: int
    started: str
    signals: tuple[Signal, ...]


def read(path: Path, *, max_bytes: int) -> Recording:
    """Read the record that a .hea or .dat file belongs to, or raise BadInput with every problem."""
    hea = path if path.suffix == ".hea" else _header_of(path)
    header = read_header(read_bytes(hea, max_bytes=max_bytes).decode("latin-1"), file=str(hea))
    draft = Draft(file=str(hea), format=monitor_book().formats["monitor"], started=header.started)
    known = [draft.knows(one.name, line=one.line) for one in header.signals]
    frames = _frames(hea, header, draft, max_bytes=max_bytes)
    if all(known) and not draft.problems:
        _add_rows(draft, header, frames)
    return draft.finish()


def _header_of(dat: Path) -> Path:
    """The one header in the folder that names this data file."""
    found = [one for one in sorted(dat.parent.glob("*.hea")) if f"\n{dat.name} " in one.read_text(encoding="latin-1")]
    if len(found) != 1:
        raise BadInput([Problem(place=str(dat), says=f"{len(found)} .hea files beside it describe it; one must")])
    return found[0]


def read_header(text: str, *, file: str) -> Header:
    """Read a header; only single-segment records of format 16 are read."""
    lines = [(n, one.split()) for n, one in enumerate(text.splitlines(), start=1) if one.strip() and one[0] != "#"]
    place = f"{file}: line {lines[0][0] if lines else 1}"
    try:
        words = lines[0][1]
        if "/" in words[0]:
            raise BadInput([Problem(place=place, says="a record of several segments is not read")])
        hertz = Decimal(words[2].split("/")[0].split("(")[0])
        frames = int(words[3])
        signals = []
        for number, cells in lines[1 : int(words[1]) + 1]:
            place = f"{file}: line {number}"
            signals.append(_signal(cells, line=number, place=place))
        if len(signals) != int(words[1]) or not signals or hertz <= 0:
            raise ValueError
    except BadInput:
        raise
    except (ValueError, IndexError, InvalidOperation) as error:
        raise BadInput([Problem(place=place, says="is not a WFDB header line")]) from error
    return Header(hertz=hertz, frames=frames, started=" ".join(words[4:6]), signals=tuple(signals))


def _signal(cells: list[str], *, line: int, place: str) -> Signal:
    """file format gain(baseline)/unit resolution zero first checksum block name"""
    if cells[1] != FORMAT:
        raise BadInput([Problem(place=place, says=f"sample format {cells[1]} is not read, only {FORMAT}")])
    if Path(cells[0]).name != cells[0]:
        raise BadInput([Problem(place=place, says="the data file must lie beside its header")])
    gain, _, baseline = cells[2].split("/")[0].rstrip(")").partition("(")
    return Signal(
        line=line,
        file=cells[0],
        gain=Decimal(gain) or DEFAULT_GAIN,
        baseline=int(baseline) if baseline else int(cells[4]),
        checksum=int(cells[6]),
        name=" ".join(cells[8:]),
    )


def _frames(hea: Path, header: Header, draft: Draft, *, max_bytes: int) -> array:
    """All samples, frame after frame, checked against the header's length and checksums."""
    samples = array("h")
    names = {one.file for one in header.signals}
    if len(names) > 1:
        raise BadInput([Problem(place=str(hea), says=f"its signals lie in {len(names)} data files; one is read")])
    dat = hea.parent / names.pop()
    raw = read_bytes(dat, max_bytes=max_bytes)
    width = len(header.signals)
    if len(raw) != header.frames * width * samples.itemsize:
        says = f"{len(raw)} bytes where its header describes {header.frames * width * samples.itemsize}: truncated?"
        raise BadInput([Problem(place=str(dat), says=says)])
    samples.frombytes(raw)
    if sys.byteorder == "big":
        samples.byteswap()
    for n, one in enumerate(header.signals):
        if (sum(samples[n::width]) - one.checksum) & CHECKSUM_MASK:
            draft.complain(one.line, f"the checksum of {one.name} does not fit the samples in {dat.name}")
    return samples


def _add_rows(draft: Draft, header: Header, samples: array) -> None:
    """Samples as physical values; the invalid code and a stored 0 are missing."""
    width = len(header.signals)
    for n in range(header.frames):
        after = timedelta(seconds=round(float(n / header.hertz), 3))
        for sample, signal in zip(samples[n * width : (n + 1) * width], header.signals, strict=True):
            value = (sample - signal.baseline) / signal.gain
            if sample != INVALID and value != 0:
                draft.add(signal.name, value, after=after, line=signal.line)
