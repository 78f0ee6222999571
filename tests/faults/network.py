"""The network between monitors and server is cut and healed: what was measured meanwhile comes late, in order, at its own time."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import connection

from ketacare.clinic.models import User
from ketacare.infusion.fragments import LATE
from ketacare.infusion.models import SessionEvent
from ketacare.science.monitoring.skew import device_policy
from tests.bench.figures import says
from tests.bench.place import address, browser, use
from tests.certificates import Authority
from tests.faults.line import HERE, Line, a_line
from tests.faults.monitors import in_order
from tests.serving import START_S, first_line, free_port, start, stop, wait_until

ROOMS, BEFORE_S, AFTER_S, GRACE_S = 8, 5, 3, 60
NEAR = timedelta(seconds=device_policy().clock.step_s)  # as exactly as a device's clock is known after some seconds
SILENT_AFTER = timedelta(minutes=3)  # by then the alarm book calls any monitor silent
NO_DATA = "ALM-19"


@dataclass(frozen=True, kw_only=True)
class Cut:
    """When nothing passed, and what those who drive the rooms counted."""

    began: datetime
    ended: datetime
    figures: list[dict]

    def counted(self, name: str) -> int:
        return sum(one[name] for one in self.figures)


def run(folder: Path, *, minutes: float) -> list[str]:
    with a_line() as line:
        if line is None:
            says("skipped: a network of its own needs root, the program ip and network namespaces")
            return []
        use(folder / "network.sqlite3")
        ketacare("migrate")
        ketacare("rooms", "--prepare", "--rooms", str(ROOMS), "--devices", str(folder / "rooms.json"))
        authority = Authority(folder)
        pair = authority.pair("localhost", HERE)
        options = ["--bind", HERE, "--tls-cert", str(pair.certificate), "--tls-key", str(pair.key)]
        os.environ["KETACARE_HOSTS"] = HERE
        with (folder / "server.log").open("w", encoding="utf-8") as log:
            server = start(address(), *options, port=free_port(), log=log)
        try:
            cut = driven(folder, line, [server.url, "--ca", str(authority.certificate)], seconds=60 * minutes)
        finally:
            stop(server)
            del os.environ["KETACARE_HOSTS"]
            connection.close()
        return judged(cut)


def driven(folder: Path, line: Line, server: list[str], *, seconds: float) -> Cut:
    """Half of the rooms post to the server, half talk HL7 with a gateway that stands beside them; then the line is cut."""
    told = json.loads((folder / "rooms.json").read_text(encoding="utf-8"))
    listening = f"127.0.0.1:{free_port()}"
    ways = (["--server", *server], ["--hl7", listening])
    gateway = begun(line, "gateway", "--listen", listening, "--server", *server, token=told["gateway"])
    driving = []
    try:
        first_line(gateway)
        for number, way in enumerate(ways):
            file = folder / f"rooms-{number}.json"
            file.write_text(json.dumps({"rooms": told["rooms"][number :: len(ways)]}), encoding="utf-8")
            driving.append(begun(line, "rooms", "--devices", str(file), *way, "--json", "--grace", str(GRACE_S)))
        wait_until(all_heard, at_most_s=START_S)
        time.sleep(BEFORE_S)
        began = through(line, seconds=seconds)
        ended = datetime.now(UTC)
        time.sleep(AFTER_S)
        for one in driving:
            one.send_signal(signal.SIGINT)
        figures = [json.loads(one.communicate(timeout=GRACE_S + 30)[0]) for one in driving]
    finally:
        for one in (*driving, gateway):
            one.kill()
            one.wait()
    return Cut(began=began, ended=ended, figures=figures)


def all_heard() -> bool:
    """Whether something of every room has been stored."""
    return SessionEvent.objects.exclude(sent_key="").values("session").distinct().count() == ROOMS


def through(line: Line, *, seconds: float) -> datetime:
    """Cut the line for so long; since when."""
    line.cut()
    began = datetime.now(UTC)
    time.sleep(seconds)
    line.heal()
    return began


def judged(cut: Cut) -> list[str]:
    """Hold what was measured against what is stored; print it; give what was promised and not kept."""
    rows = list(SessionEvent.objects.exclude(sent_key="").order_by("session", "seq"))
    held = [one for one in rows if cut.began <= measured_at(one) < cut.ended - NEAR]
    late = [one for one in rows if one.recorded_at - one.at > LATE]
    moved = [one for one in rows if abs(one.at - measured_at(one)) > NEAR]
    keys = Counter((one.session_id, one.sent_key) for one in rows)
    unordered = sum(not in_order(by_time(rows, session)) for session in {one.session_id for one in rows})
    silent = SessionEvent.objects.filter(kind="alarm", alarm__startswith=NO_DATA, at__range=(cut.began, cut.ended))
    last = max((one.recorded_at for one in held), default=cut.ended)
    says(
        f"cut for {(cut.ended - cut.began).total_seconds():.0f} s: {cut.counted('measured')} readings measured, {len(rows)} stored, "
        f"{cut.counted('refused')} refused, {cut.counted('unanswered')} never acknowledged, {unordered} chairs out of order"
    )
    says(
        f"{len(held)} measured while it was cut: the last of them was stored {(last - cut.ended).total_seconds():.1f} s after it "
        f"healed, {len(moved)} at another time than their own, {len(late)} marked late; {silent.count()} alarms of silence meanwhile"
    )
    is_long = cut.ended - cut.began > SILENT_AFTER
    promises = {
        "no reading is lost": cut.counted("measured") != len(rows) or cut.counted("unanswered"),
        "none is refused": cut.counted("refused"),
        "none is stored twice": len(keys) != len(rows),
        "the order is kept": unordered,
        "each is stored at the time it was measured": is_long and moved,
        "nothing passes while the line is cut": [one for one in held if one.recorded_at < cut.ended],
        "readings were made while it was cut": not held,
        "what comes late is marked so": is_long and not (late and is_shown_late(late[0])),
        "a monitor that is not heard raises an alarm": is_long and not silent,
    }
    return [promise for promise, is_broken in promises.items() if is_broken]


def measured_at(row: SessionEvent) -> datetime:
    return datetime.fromisoformat(row.payload["device_time"])


def by_time(rows: list[SessionEvent], session: int) -> list[str]:
    """The seconds in the keys of a session's rows, in the order they were stored, as keys that end with them."""
    return ["-".join(one.sent_key.split(" ")[:3]) for one in rows if one.session_id == session]


def is_shown_late(row: SessionEvent) -> bool:
    """Whether the session's timeline says so to those who treat."""
    staff = browser(User.objects.get(email__startswith="nurse"))
    page = staff.get(f"/sessions/{row.session_id}/timeline/").content.decode()
    return "late entry" in page


def ketacare(*words: str) -> None:
    """One command on the clinic's database."""
    environment = os.environ | {"KETACARE_DATABASE_URL": address()}
    subprocess.run([sys.executable, "-m", "ketacare", *words], env=environment, check=True, capture_output=True)


def begun(line: Line, *words: str, token: str = "") -> subprocess.Popen[str]:
    """One command at the other end of the line."""
    environment = os.environ | {"KETACARE_DEVICE_TOKEN": token}
    command = line.inside(sys.executable, "-m", "ketacare", *words)
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
