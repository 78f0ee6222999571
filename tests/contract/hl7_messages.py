"""Messages shaped like those of bedside monitors, and ways to spoil them. All of it is made up."""

import random
from collections.abc import Callable, Iterator

HEAD = "MSH|^~\\&|ACME_CENTRAL|ICU|KETACARE|CLINIC|20260304091500+0000||ORU^R01^ORU_R01|{id}|P|2.6||||||UNICODE UTF-8"
PEOPLE = "PID|1||999999^^^CLINIC^MR||Made^Up||19800101|F\rPV1|1|I|ROOM^1^A"
ORDER = "OBR|1||77|182777000^monitoring of patient^SCT|||20260304091459+0000"
LOINC_ROWS = (
    "OBX|1|NM|59408-5^SpO2^LN||97|%^percent^UCUM|||||F|||20260304091459+0000",
    "OBX|2|NM|8867-4^Heart rate^LN||71|{beat}/min^^UCUM|||||F|||20260304091459+0000",
    "OBX|3|NM|9279-1^Resp rate^LN||14|{breath}/min^^UCUM|||||F|||20260304091459+0000",
    "OBX|4|NM|8480-6^Systolic^LN||128|mm[Hg]^^UCUM|||||F|||20260304091300+0000",
    "OBX|5|NM|8462-4^Diastolic^LN||79|mm[Hg]^^UCUM|||||F|||20260304091300+0000",
)
MDC_ROWS = (
    "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X|||||||MON-7^ACME",
    "OBX|2|NM|147842^MDC_ECG_CARD_BEAT_RATE^MDC|1.2.1.1|60|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R|||20260304091459.5+0000||||MON-7",
    "OBX|3|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1.1|97.5|262688^MDC_DIM_PERCENT^MDC|||||R|||20260304091459.5+0000||||MON-7",
    "OBX|4|NM|150301^MDC_PRESS_CUFF_SYS^MDC|1.1.9.1|131|266016^MDC_DIM_MMHG^MDC|||||R|||20260304091300+0000||||MON-7",
    "OBX|5|ST|184327^MDC_ECG_STAT_RHY^MDC|1.2.4.20|PACED||||||R",
)
VENDOR_ROWS = (
    "OBX|1|NM|HR^^L||88|/min|||||F|||20260304091459",
    "OBX|2|NM|SpO2^^99ACME||96|%|||||F|||20260304091459",
)
SETS = (LOINC_ROWS, MDC_ROWS, VENDOR_ROWS)


def message(*rows: str, control_id: str = "M1", head: str = HEAD, before: tuple[str, ...] = (PEOPLE, ORDER)) -> bytes:
    return ("\r".join([head.replace("{id}", control_id), *before, *rows]) + "\r").encode()


def spoilt(rng: random.Random, number: int) -> bytes:
    """A good message with something done to it after which it may not be taken whole."""
    good = message(*rng.choice(SETS[:2]), control_id=f"S{number}")
    return rng.choice(WAYS)(good, rng)


def _set(raw: bytes, segment: str, place: int, value: str) -> bytes:
    lines = raw.decode().rstrip("\r").split("\r")
    for at, line in enumerate(lines):
        fields = line.split("|")
        index = place - 1 if segment == "MSH" else place
        if fields[0] == segment and (segment != "OBX" or fields[2] == "NM"):
            fields += [""] * (index + 1 - len(fields))
            fields[index] = value
            lines[at] = "|".join(fields)
            break
    return ("\r".join(lines) + "\r").encode()


def _junk(raw: bytes, rng: random.Random) -> bytes:
    return rng.randbytes(rng.randrange(0, 400))


def _cut_head(raw: bytes, rng: random.Random) -> bytes:
    return raw[rng.randrange(1, 12) :]


def _cut_tail(raw: bytes, rng: random.Random) -> bytes:
    return raw[: rng.randrange(0, raw.index(b"ORU") + 3)]


def _bytes(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(raw.index(b"\r"), len(raw))
    return raw[:at] + bytes([rng.choice((0xFF, 0xFE, 0xC0, 0x80))]) + raw[at:]


def _zero(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(4, len(raw))
    return raw[:at] + b"\x00" + raw[at:]


def _twice(raw: bytes, rng: random.Random) -> bytes:
    return raw + raw


def _no_rows(raw: bytes, rng: random.Random) -> bytes:
    return b"\r".join(line for line in raw.split(b"\r") if not line.startswith(b"OBX"))


def _field(segment: str, place: int, *values: str) -> Callable[[bytes, random.Random], bytes]:
    return lambda raw, rng: _set(raw, segment, place, rng.choice(values))


WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _junk,
    _cut_head,
    _cut_tail,
    _bytes,
    _zero,
    _twice,
    _no_rows,
    _field("MSH", 2, "^~\\", "^^^^", "abcd", "", "^~\\&|"),
    _field("MSH", 7, "", "yesterday", "20261304", "2026030409150099", "20260304091500+9900"),
    _field("MSH", 9, "", "ADT^A01", "ORU^R03", "ORM^O01", "ORU", "ACK"),
    _field("MSH", 10, "", "x" * 300),
    _field("MSH", 11, "", "T", "D"),
    _field("MSH", 12, "", "1.0", "3", "two"),
    _field("MSH", 18, "KLINGON", "8859/99", "UNICODE UTF-16"),
    _field("OBX", 2, "", "ST", "TX", "SN", "ED"),
    _field("OBX", 5, "-", "abc", "1e3", "NaN", "inf", "12 3", "97~98", '""', "9" * 40, "--5", "\\X41\\"),
    _field("OBX", 5, "999", "-3", "1000000"),
    _field("OBX", 6, "", "kPa", "bananas", "degF^^UCUM", "^^"),
    _field("OBX", 11, "", "C", "D", "W", "Z", "FF"),
    _field("OBX", 14, "soon", "20260230101010", "20260304256161", "20260304091459+2500"),
    _field("OBX", 8, "TEST", "DEMO", "INV"),
)


def corpus(number: int, *, seed: int) -> Iterator[bytes]:
    rng = random.Random(seed)
    for at in range(number):
        yield spoilt(rng, at)
