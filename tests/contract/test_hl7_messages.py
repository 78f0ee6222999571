"""HL7 v2 messages: what is read of them, and that none, however broken, is met with anything but an answer."""

from datetime import UTC, datetime, timedelta, timezone

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.interop.hl7v2 import Read, acknowledgement, read
from tests.contract.hl7_messages import HEAD, LOINC_ROWS, MDC_ROWS, ORDER, PEOPLE, SETS, VENDOR_ROWS, corpus, message

NOW = datetime(2026, 3, 4, 9, 15, 1, tzinfo=UTC)
SECOND = datetime(2026, 3, 4, 9, 14, 59, tzinfo=UTC)
CUFF = datetime(2026, 3, 4, 9, 13, tzinfo=UTC)
SPOILT = 1000  # ten thousand: python -m tests.bench hl7


def answer(found: Read) -> hl7.Message:
    return hl7.parse(acknowledgement(found.header, found.complaints, at=NOW, control_id="A1").decode())


def said(found: Read) -> str:
    return " ".join(one.says for one in found.complaints if one.severity == "E")


def obx(code: str = "59408-5^^LN", value: str = "97", unit: str = "%", status: str = "F", **fields: str) -> str:
    cells = {1: "1", 2: "NM", 3: code, 5: value, 6: unit, 11: status} | {int(k[1:]): v for k, v in fields.items()}
    return "|".join(["OBX", *(cells.get(place, "") for place in range(1, 19))])


def test_loinc_observations_become_a_row_for_each_moment():
    found = read(message(*LOINC_ROWS))
    assert found.verdict == "AA"
    assert [(row.device_time, dict(row.values)) for row in found.rows] == [
        (SECOND, {"spo2": 97, "heart_rate": 71, "resp_rate": 14}),
        (CUFF, {"bp_sys": 128, "bp_dia": 79}),
    ]
    assert {row.sent_at for row in found.rows} == {datetime(2026, 3, 4, 9, 15, tzinfo=UTC)}


def test_mdc_observations_keep_the_identity_of_the_equipment_and_are_not_rounded():
    found = read(message(*MDC_ROWS))
    assert found.rows[0].names == ("MON-7", "ACME_CENTRAL@ROOM/1/A", "ACME_CENTRAL")
    assert found.rows[0].values == {"heart_rate": 60, "spo2": 97.5}
    assert found.rows[0].device_time == SECOND + timedelta(seconds=0.5)
    assert found.verdict == "AA"
    assert [(one.severity, "184327" in one.says) for one in found.complaints] == [("W", True)]


def test_a_time_without_an_offset_has_that_of_the_message_else_the_one_agreed_on():
    (row,) = read(message(*VENDOR_ROWS)).rows
    assert row.device_time == SECOND
    head = HEAD.replace("20260304091500+0000", "20260304091500")
    (row,) = read(message(*VENDOR_ROWS, head=head), zone=timezone(timedelta(hours=2))).rows
    assert row.device_time == SECOND - timedelta(hours=2)
    head = HEAD.replace("20260304091500+0000", "20260304061500-0300")
    (row,) = read(message(*VENDOR_ROWS, head=head)).rows
    assert row.device_time == SECOND + timedelta(hours=3)


def test_the_observations_own_time_comes_first_then_the_orders_then_the_messages():
    rows = [obx(f14="20260304091450+0000"), obx("8867-4^^LN", unit="/min")]
    assert [row.device_time.second for row in read(message(*rows)).rows] == [50, 59]
    assert [row.device_time.second for row in read(message(rows[1], before=())).rows] == [0]


def test_a_time_without_seconds_is_too_coarse_to_be_used():
    (row,) = read(message(obx(f14="202603040914+0000"))).rows
    assert row.device_time is None


def test_several_orders_each_with_its_observations():
    later = ORDER.replace("091459", "091458")
    raw = message(obx(), later, obx(value="96"))
    assert [(row.device_time.second, row.values["spo2"]) for row in read(raw).rows] == [(59, 97), (58, 96)]


def test_two_values_of_one_name_at_one_moment_both_survive():
    found = read(message(obx(value="97"), obx("2708-6^^LN", value="95")))
    assert [row.values for row in found.rows] == [{"spo2": 97}, {"spo2": 95}]
    assert len({row.key for row in found.rows}) == 2


def test_the_second_coding_system_of_an_observation_counts_too():
    assert read(message(obx("4711^^99X^150456^MDC_PULS_OXIM_SAT_O2^MDC"))).rows[0].values == {"spo2": 97}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (obx(unit="kPa"), "the unit is to be %"),
        (obx(unit=""), "without unit"),
        (obx(value="140"), "must lie between 0 and 100"),
        (obx(value="97~98"), "is not one number"),
        (obx(value="NaN"), "is not one number"),
        (obx(f2="ST"), "a number (NM) is wanted"),
        (obx(status="C"), "corrected value"),
        (obx(status="W"), "wrong value"),
        (obx(status=""), "says not that it was measured"),
        (obx(f8="DEMO"), "demonstration"),
        (obx(f14="20260230101010+0000"), "20260230101010"),
    ],
)
def test_what_is_not_taken_is_told_and_the_rest_of_the_message_is_kept(row, says):
    found = read(message(row, obx("9279-1^^LN", value="14", unit="/min")))
    assert found.verdict == "AE"
    assert says in said(found)
    assert [dict(one.values) for one in found.rows] == [{"resp_rate": 14}]


def test_a_sensor_that_shows_nothing_is_no_value_and_no_fault():
    found = read(message(obx(value="", status="X"), obx("9279-1^^LN", value="14", unit="/min")))
    assert (found.verdict, [dict(one.values) for one in found.rows]) == ("AA", [{"resp_rate": 14}])


def test_a_message_of_which_nothing_is_known_is_not_taken():
    found = read(message(obx("0000-0^^LN")))
    assert (found.verdict, found.rows) == ("AE", ())
    assert "0000-0" in said(found)


@pytest.mark.parametrize(
    ("old", "new", "verdict", "code"),
    [
        ("ORU^R01^ORU_R01", "ADT^A01", "AR", "200"),
        ("ORU^R01^ORU_R01", "ORU^R30", "AR", "201"),
        ("|P|2.6", "|T|2.6", "AR", "202"),
        ("|P|2.6", "|P|3.0", "AR", "203"),
        ("|{id}|", "||", "AE", "101"),
        ("20260304091500+0000", "", "AE", "101"),
        ("UNICODE UTF-8", "KLINGON", "AR", "103"),
    ],
)
def test_a_header_that_is_not_ours_is_answered_with_its_code(old, new, verdict, code):
    found = read(message(*LOINC_ROWS, head=HEAD.replace(old, new)))
    reply = answer(found)
    assert (found.verdict, str(reply.segment("MSA")[1])) == (verdict, verdict)
    assert code in {str(one[3][0][0]) for one in reply.segments("ERR")}


def test_character_sets_and_escapes():
    latin = HEAD.replace("UNICODE UTF-8", "8859/1").replace("ACME_CENTRAL", "Überwachung \\T\\ Co")
    raw = "\r".join([latin.replace("{id}", "M1"), PEOPLE, obx()]).encode("latin-1")
    assert read(raw).rows[0].names[-1] == "Überwachung & Co"
    assert read(raw.replace(b"8859/1", b"")).verdict == "AR"


def test_other_separators_and_line_ends_read_the_same():
    plain = read(message(*LOINC_ROWS))
    other = message(*LOINC_ROWS).decode().translate(str.maketrans("|^~\\&", "#*:!;"))
    assert [dict(one.values) for one in read(other.encode()).rows] == [dict(one.values) for one in plain.rows]
    assert read(message(*LOINC_ROWS).replace(b"\r", b"\r\n")).rows == plain.rows


def test_the_same_bytes_have_the_same_keys_and_another_message_has_others():
    first, again, other = (read(message(*LOINC_ROWS, control_id=one)) for one in ("7", "7", "8"))
    assert [row.key for row in first.rows] == [row.key for row in again.rows]
    assert not {row.key for row in first.rows} & {row.key for row in other.rows}
    assert all(len(row.key) <= 100 for row in read(message(*LOINC_ROWS, control_id="x" * 199)).rows)


def test_the_answer_names_the_message_and_says_why_in_words():
    reply = answer(read(message(obx(unit="kPa"), control_id="C|1".replace("|", "-"))))
    assert [str(reply.segment("MSA")[place]) for place in (1, 2)] == ["AE", "C-1"]
    assert "the unit is to be %" in str(reply.segment("ERR")[8])
    assert str(reply.segment("MSH")[9]).startswith("ACK")
    assert str(reply.segment("MSH")[5]) == "ACME_CENTRAL"


def test_no_patients_name_of_a_message_goes_any_further():
    found = read(message(*LOINC_ROWS, obx("Made^Up^99")))
    assert "999999" not in repr(found)
    assert "19800101" not in repr(found)


def test_spoilt_messages_are_each_refused_with_a_reason():
    for raw in corpus(SPOILT, seed=5):
        found = read(raw)
        reply = answer(found)
        assert found.verdict in ("AE", "AR"), raw
        assert str(reply.segment("MSA")[1]) == found.verdict
        assert str(reply.segment("ERR")[8]).strip(), raw


@given(st.binary(max_size=600))
def test_any_bytes_get_an_answer(raw):
    assert str(answer(read(raw)).segment("MSA")[1]) in ("AE", "AR")


@given(st.sampled_from(SETS), st.data())
def test_any_change_of_a_good_message_gets_an_answer(rows, data):
    raw = bytearray(message(*rows))
    for _ in range(data.draw(st.integers(min_value=1, max_value=8))):
        at = data.draw(st.integers(min_value=0, max_value=len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    found = read(bytes(raw))
    assert str(answer(found).segment("MSA")[1]) == found.verdict
    assert found.rows or found.verdict != "AA" or not any(b"NM" in line for line in raw.split(b"\r"))
