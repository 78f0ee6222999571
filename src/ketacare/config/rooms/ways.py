"""Ways of a simulated monitor to its server: JSON over HTTP, or HL7 over MLLP to a gateway."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from ketacare.config.live.posting import Door, NotTaken

Row = dict[str, Any]
START, END = b"\x0b", b"\x1c\r"
REPLY_S = 15
CODES = {
    "heart_rate": "147842^MDC_ECG_HEART_RATE^MDC||{}|264864^MDC_DIM_BEAT_PER_MIN^MDC",
    "pulse_rate": "149530^MDC_PULS_OXIM_PULS_RATE^MDC||{}|264864^MDC_DIM_BEAT_PER_MIN^MDC",
    "resp_rate": "151562^MDC_RESP_RATE^MDC||{}|264928^MDC_DIM_RESP_PER_MIN^MDC",
    "spo2": "150456^MDC_PULS_OXIM_SAT_O2^MDC||{}|262688^MDC_DIM_PERCENT^MDC",
    "bp_sys": "150021^MDC_PRESS_BLD_NONINV_SYS^MDC||{}|266016^MDC_DIM_MMHG^MDC",
    "bp_dia": "150022^MDC_PRESS_BLD_NONINV_DIA^MDC||{}|266016^MDC_DIM_MMHG^MDC",
}


class Way(Protocol):
    """Sends rows; gives the status of each, or raises NotTaken when there was no answer to all of them."""

    def __call__(self, rows: Sequence[Row]) -> list[str]: ...


@dataclass(kw_only=True)
class OverHttp:
    """Posts rows as the monitor itself."""

    door: Door

    def __call__(self, rows: Sequence[Row]) -> list[str]:
        sent_at = datetime.now(UTC).isoformat()
        results = self.door.post(
            [row | {"sent_at": sent_at, "device_time": row["device_time"].isoformat()} for row in rows]
        )
        return [str(one["status"]) for one in results]


@dataclass(kw_only=True)
class OverMllp:
    """Sends one message a row and waits for its answer."""

    address: tuple[str, int]
    wire_name: str

    def __post_init__(self) -> None:
        self._socket: socket.socket | None = None

    def __call__(self, rows: Sequence[Row]) -> list[str]:
        return [self._status(rows[0])]  # one by one: what is acknowledged is never sent again

    def _status(self, row: Row) -> str:
        try:
            answer = self._asked(START + message(row, wire_name=self.wire_name) + END)
        except OSError as error:
            self._close()
            raise NotTaken(f"the gateway did not answer: {type(error).__name__}") from error
        if b"\rMSA|AA|" in answer:
            return "stored"
        if b"send it again" in answer:
            raise NotTaken("the gateway says: send it again")
        return "refused"

    def _asked(self, content: bytes) -> bytes:
        if self._socket is None:
            self._socket = socket.create_connection(self.address, timeout=REPLY_S)
        self._socket.sendall(content)
        answer = b""
        while not answer.endswith(END):
            got = self._socket.recv(65536)
            if not got:
                raise ConnectionError("closed")
            answer += got
        return answer

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None


def message(row: Row, *, wire_name: str) -> bytes:
    """One row as an ORU^R01, as a monitor makes it: the same bytes however often it is sent."""
    at = stamp(row["device_time"])
    head = f"MSH|^~\\&|SIMULATED|ROOMS|KETACARE||{at}||ORU^R01^ORU_R01|{row['key']}|P|2.6||||||UNICODE UTF-8"
    lines = [
        f"OBX|{number}|NM|{CODES[name].format(value)}|||||R|||{at}||||{wire_name}"
        for number, (name, value) in enumerate(row["values"].items(), start=1)
    ]
    return ("\r".join([head, f"OBR|1|||SIM^simulated^99KET|||{at}", *lines]) + "\r").encode()


def stamp(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S.%f")[:-2] + at.strftime("%z")
