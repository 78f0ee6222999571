"""From the moment a monitor sends a reading until the pages that are open have it."""

import time
from collections.abc import Callable
from functools import partial
from threading import Event, Thread

from ketacare.infusion.models import Session
from tests.bench import chairs
from tests.bench.figures import Figure, says, show
from tests.bench.place import address, clinic
from tests.rooms.infusion.treatment import again
from tests.serving import Served, cookie_of, served
from tests.streaming import messages

SECONDS, GOAL_S = 30, 2
Moments = dict[tuple[int, int], float]  # session and number of a reading -> when


class Page:
    """A page that is open: it listens to the stream, and remembers when each reading came."""

    def __init__(self, server: Served, cookies: dict[str, str], sessions: list[Session], page: str) -> None:
        self.came: Moments = {}
        self.is_open = Event()
        self.is_closed = Event()
        after = ",".join(f"{session.pk}:{again(session).last_seq}" for session in sessions)
        self.stream = messages(server, cookies, ids=[one.pk for one in sessions], after=after, page=page)
        self.thread = Thread(target=self.listen)
        self.thread.start()

    def listen(self) -> None:
        for message in self.stream:
            now = time.monotonic()
            self.is_open.set()
            if message.name == "session":
                self.came |= {(message.data["session"], row["seq"]): now for row in message.data["rows"]}
            if self.is_closed.is_set():
                break
        self.stream.close()

    def close(self) -> None:
        """Hang up at the next beat."""
        self.is_closed.set()
        self.thread.join()


def run() -> None:
    with clinic("latency") as people:
        sessions = chairs.in_use(people)
        cookies = cookie_of(people.user("nurse"))
        with served(address()) as server:
            board = Page(server, cookies, sessions, "board")
            cockpits = [Page(server, cookies, [session], "session") for session in sessions]
            for page in (board, *cockpits):
                page.is_open.wait()
            sent, acknowledged = readings(server, sessions)
            for page in (board, *cockpits):
                page.close()
    shown: Moments = {}
    for page in cockpits:
        shown |= page.came
    late = f"ms, {len(sent)} readings in {SECONDS} s, {len(sessions)} chairs"
    show(
        late,
        [
            figure("acknowledged to the monitor, durable", sent, acknowledged),
            figure("at the Board, which shows all chairs", sent, board.came),
            figure("at the chair's own page", sent, shown),
        ],
    )
    says(
        f"the goal is {GOAL_S} s for 99 of 100; nine pages are open, none missed a reading; a browser draws it in the next frame."
    )


def figure(label: str, sent: Moments, came: Moments) -> Figure:
    assert came.keys() >= sent.keys(), f"{label}: {len(sent.keys() - came.keys())} readings never came"
    return Figure(label=label, values=tuple((came[key] - at) * 1000 for key, at in sent.items()), tail=99)


def readings(server: Served, sessions: list[Session]) -> tuple[Moments, Moments]:
    """Every chair sends one reading a second, each at its own moment of the second; when sent, when acknowledged."""
    sent: Moments = {}
    acknowledged: Moments = {}
    began = time.monotonic() + 1

    def chair(place: int, session: Session) -> None:
        with chairs.monitor_of(server, token=chairs.token_of(session.chair)) as bedside:
            for number in range(SECONDS):
                time.sleep(max(0, began + number + place / len(sessions) - time.monotonic()))
                at = time.monotonic()
                key = session.pk, chairs.post(bedside, session.pk, number)
                sent[key], acknowledged[key] = at, time.monotonic()

    work: list[Callable[[], None]] = [partial(chair, place, session) for place, session in enumerate(sessions)]
    chairs.all_at_once(work)
    assert len(acknowledged) == SECONDS * len(sessions), "not every reading was acknowledged"
    time.sleep(GOAL_S)
    return sent, acknowledged
