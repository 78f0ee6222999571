"""Recordings of bedside monitors: read whole, or refused with every problem, its file and its line."""

import struct
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.interop.errors import BadInput
from ketacare.interop.recordings import monitor_csv, read, wfdb
from tests.shared_folder import SHARED, needs_shared

MIMIC = SHARED / "data" / "vitals_mimic2_numerics"
ICU = SHARED / "data" / "vitals_cinc2012_icu"
DEMO = SHARED / "data" / "vitals_vitalrecorder_demo"


def write(folder: Path, text: str, name: str = "monitor.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(BadInput) as caught:
        read(path)
    return [f"{one.place.rpartition('/')[2]}: {one.says}" for one in caught.value.problems]


def test_a_row_has_its_time_its_parameter_its_value_its_unit_and_its_place(tmp_path):
    (row,) = read(write(tmp_path, "minute,HR,SpO2\n0,,\n3,61.50,\n")).rows
    assert (row.device_time, row.parameter, row.unit) == (timedelta(minutes=3), "heart_rate", "/min")
    assert str(row.value) == "61.50"
    assert row.place.endswith("monitor.csv: line 3")


def test_a_saturation_of_a_blood_gas_is_not_a_pulse_oximetry(tmp_path):
    text = "Time,Parameter,Value\n00:10,SaO2,97\n00:10,HR,88\n"
    recording = read(write(tmp_path, text, "stay.txt"))
    assert [row.parameter for row in recording.rows] == ["heart_rate"]
    assert recording.left_out == {"SaO2": 1}


def test_minus_one_is_unknown_and_a_charted_zero_was_not_measured(tmp_path):
    text = "Time,Parameter,Value\n00:00,Weight,-1\n01:00,NISysABP,0\n01:00,HR,-1\n26:05,HR,70\n"
    recording = read(write(tmp_path, text, "stay.txt"))
    assert [(row.device_time, row.value) for row in recording.rows] == [(timedelta(hours=26, minutes=5), 70)]


CSV = "minute,HR,SpO2\n"
LONG = "Time,Parameter,Value\n"
BAD = {
    "text in a number": (CSV + "0,sixty,97\n", ["line 2: HR: 'sixty' is not a number"]),
    "not a number": (CSV + "0,nan,97\n", ["line 2: HR: 'nan' is not a number"]),
    "a comma in a number": (CSV + '0,"61,5",97\n', ["line 2: HR: '61,5' is not a number"]),
    "text for a time": (CSV + "start,60,97\n", ["line 2: minute: 'start' is not a number"]),
    "time backwards": (CSV + "5,60,97\n4,61,97\n", ["line 3: minute 4 is earlier than line 2"]),
    "a minute twice": (CSV + "5,60,97\n5,61,97\n", ["line 3: minute 5 stands already in line 2"]),
    "an unknown column": ("minute,HR,Mood\n0,60,3\n", ["line 1: 'Mood' is no parameter of this format"]),
    "a column twice": ("minute,HR,HR\n0,60,61\n", ["two columns 'HR'", "two columns both mean heart_rate"]),
    "two names for one thing": ("minute,RR,RESP\n0,16,17\n", ["line 1: two columns both mean resp_rate"]),
    "a short row": (CSV + "0,60\n", ["line 2: 2 cells where the header has 3"]),
    "no clock": ("HR,SpO2\n60,97\n", ["line 1: the first column must be one of minute, second", "'HR'"][:1]),
    "an empty file": ("", ["line 1: the first column must be"]),
    "no readings": (CSV + "0,,\n", ["monitor.csv: holds no readings"]),
    "long: text": (LONG + "00:01,HR,fast\n", ["line 2: HR: 'fast' is not a number"]),
    "long: backwards": (LONG + "01:00,HR,70\n00:30,HR,71\n", ["line 3: time 00:30 is earlier than in line 2"]),
    "long: twice": (LONG + "01:00,HR,70\n01:00,HR,70\n", ["line 3: HR at 01:00 stands already in line 2"]),
    "long: unknown": (LONG + "01:00,Mood,3\n", ["line 2: 'Mood' is no parameter of this format"]),
    "long: time": (LONG + "1:75,HR,70\n", ["line 2: time '1:75' is not HH:MM"]),
    "long: cells": (LONG + "01:00,HR\n", ["line 2: 2 cells"]),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_recording_is_refused_with_the_line(tmp_path, name):
    text, expected = BAD[name]
    said = problems(write(tmp_path, text))
    assert all(any(part in one for one in said) for part in expected), said


def test_every_problem_is_named_at_once(tmp_path):
    said = problems(write(tmp_path, CSV + "0,a,97\n1,60,b\n0,61,98\n"))
    assert [one.split(":")[1].strip() for one in said] == ["line 2", "line 3", "line 4"]


def test_a_file_that_is_not_there_says_so(tmp_path):
    assert "cannot be read" in problems(tmp_path / "none.csv")[0]


@given(st.text(max_size=300))
def test_no_text_whatever_breaks_the_reader(text):
    try:
        times = [row.device_time for row in monitor_csv.read(CSV + text, file="x").rows]
    except BadInput:
        times = []
    assert times == sorted(times)


HEADER = "r 2 0.0166666666667 {frames}\nr.dat 16 10/bpm 16 0 0 {a} 0 HR\nr.dat 16 10(50)/% 16 0 0 {b} 0 SpO2\n"


def record(folder: Path, frames: list[tuple[int, int]], **changed: object) -> Path:
    """A WFDB record of two signals, with its checksums right unless they are changed."""
    a, b = (sum(frame[n] for frame in frames) for n in (0, 1))
    words = {"frames": len(frames), "a": a, "b": b} | changed
    (folder / "r.dat").write_bytes(b"".join(struct.pack("<2h", *frame) for frame in frames))
    return write(folder, HEADER.format(**words), "r.hea")


def test_samples_become_physical_values_by_gain_and_baseline(tmp_path):
    rows = read(record(tmp_path, [(615, 1020), (wfdb.INVALID, 1030), (0, 50)])).rows
    assert [(row.parameter, row.value) for row in rows] == [
        ("heart_rate", Decimal("61.5")),
        ("spo2", 97),
        ("spo2", 98),
    ]
    assert [row.device_time for row in rows] == [timedelta(0), timedelta(0), timedelta(minutes=1)]


def test_a_record_is_found_by_header_data_or_bare_name(tmp_path):
    path = record(tmp_path, [(615, 1020)])
    assert read(path).rows == read(tmp_path / "r.dat").rows == read(tmp_path / "r").rows


def test_a_data_file_cut_short_is_refused(tmp_path):
    path = record(tmp_path, [(615, 1020), (616, 1020)])
    (tmp_path / "r.dat").write_bytes((tmp_path / "r.dat").read_bytes()[:-1])
    assert "truncated" in problems(path)[0]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("", "is not a WFDB header line"),
        ("r/3 2 1 10\n", "several segments"),
        ("r 2 1 10\nr.dat 212 10/bpm 16 0 0 0 0 HR\n", "line 2: sample format 212 is not read"),
        ("r 1 1 10\n../r.dat 16 10/bpm 16 0 0 0 0 HR\n", "must lie beside its header"),
        ("r 1 fast 10\n", "is not a WFDB header line"),
    ],
)
def test_a_header_that_is_not_ours_to_read_is_refused(tmp_path, header, says):
    assert any(says in one for one in problems(write(tmp_path, header, "r.hea")))


def test_samples_that_do_not_fit_their_checksum_are_refused(tmp_path):
    assert "r.hea: line 2: the checksum of HR" in problems(record(tmp_path, [(615, 1020)], a=1))[0]


def test_a_missing_data_file_is_named(tmp_path):
    path = record(tmp_path, [(615, 1020)])
    (tmp_path / "r.dat").unlink()
    assert "r.dat: cannot be read" in problems(path)[0]


@pytest.mark.real_data
@needs_shared
def test_the_icu_monitor_reads_the_same_from_its_own_format_and_from_csv():
    ours, csv = read(MIMIC / "s00001-2896-10-10-00-31n.hea"), read(MIMIC / "s00001_numerics.csv")
    assert {(row.device_time.total_seconds(), row.parameter, row.value) for row in ours.rows} == {
        (row.device_time.total_seconds(), row.parameter, row.value) for row in csv.rows
    }
    assert Counter(row.parameter for row in csv.rows) == {
        "heart_rate": 1890, "pulse_rate": 1573, "resp_rate": 1891, "spo2": 1573,
        "bp_sys": 152, "bp_dia": 152, "bp_mean": 152, **arterial(csv),
    }  # fmt: skip
    assert min(row.value for row in csv.rows if row.parameter == "spo2") == Decimal("91.9")
    systolic = [row.value for row in csv.rows if row.parameter == "bp_sys"]
    assert (min(systolic), max(systolic)) == (108, 167)


def arterial(recording) -> Counter:
    return Counter(row.parameter for row in recording.rows if row.parameter.startswith("art_"))


@pytest.mark.real_data
@needs_shared
@pytest.mark.parametrize("path", sorted(ICU.glob("*.txt")), ids=lambda path: path.stem)
def test_every_stay_of_the_icu_challenge_is_read(path):
    recording = read(path)
    cuffs = Counter(row.parameter for row in recording.rows)
    # They were chosen for having this much (see the note that lies with them), zeros included.
    assert cuffs["bp_sys"] >= 28
    assert cuffs["heart_rate"] >= 40
    assert cuffs["resp_rate"] >= 35
    lines = len(path.read_text().splitlines()) - 1
    assert len(recording.rows) + sum(recording.left_out.values()) <= lines


@pytest.mark.real_data
@needs_shared
def test_the_demo_monitor_is_constant():
    recording = read(DEMO / "test_intelliue_demo2_numerics_1hz.csv")
    assert {row.value for row in recording.rows if row.parameter == "spo2"} == {95}
    assert recording.left_out == {"ECG_HR": 213}
