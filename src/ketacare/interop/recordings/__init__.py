"""Bedside recordings from files: a monitor's CSV, WFDB numerics and the PhysioNet-2012 long format."""

from pathlib import Path

from ketacare.interop.errors import BadInput
from ketacare.interop.reading import MAX_BYTES, read_bytes
from ketacare.interop.recordings import monitor_csv, physionet_2012, wfdb
from ketacare.interop.recordings.recording import Recording, Row
from ketacare.science.errors import Problem

__all__ = ["Recording", "Row", "read"]


def read(path: Path, *, max_bytes: int = MAX_BYTES) -> Recording:
    """Read a recording whole, or raise BadInput with every problem, its file and its line."""
    header = path.with_name(f"{path.name}.hea")  # WFDB tools name a record without its suffix
    if path.suffix in {".hea", ".dat"} or (header.is_file() and not path.exists()):
        return wfdb.read(path if path.exists() else header, max_bytes=max_bytes)
    raw = read_bytes(path, max_bytes=max_bytes)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadInput([Problem(place=f"{path}: line {line}", says="is not UTF-8 text")]) from error
    first = text.partition("\n")[0].replace(" ", "").strip()
    reader = physionet_2012 if first == physionet_2012.HEADER else monitor_csv
    return reader.read(text, file=str(path))
