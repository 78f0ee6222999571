"""``main CAST FIRST COUNT ACTS``: some of those who move drug at once, as threads of one process.

Each act is an issue, a return and a waste, every one a form with a name of its own. A line "WRITER ACT STEP" is printed when a
form was answered: what a killed process has printed was promised. Started again, it sends all its forms again.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Lock

from django.db import connection

from ketacare.stewardship import actions, queries
from tests.cast import Cast
from tests.rooms.stewardship.vault import LATER, chair

WRITERS, BOXES = 16, 32
DRAWN, BACK, WASTED = Decimal("3.003"), Decimal("1.001"), Decimal("0.002")  # in each act, mg
STEPS = ("issue", "return", "waste")
printing = Lock()


def main(told: list[str]) -> None:
    """Let the writers of this process work side by side."""
    people, (first, count, acts) = Cast(**json.loads(told[0])), map(int, told[1:])
    boxes = sorted(one.container.pk for one in queries.vault(people.here))
    connection.close()
    with ThreadPoolExecutor(count) as writers:
        done = [writers.submit(work, people, boxes, one, acts) for one in range(first, first + count)]
    for one in done:
        one.result()  # raises what a writer met


def work(people: Cast, boxes: list[int], writer: int, acts: int) -> None:
    """All acts of one writer."""
    nurse, witness = people.actor("nurse"), people.actor("prescriber")
    where = chair(people, number=writer + 1)
    for act in range(acts):
        box = boxes[(writer + act) % BOXES]
        told = {"site_id": people.here, "chair": where, "by": nurse, "at": LATER}
        nonces = {step: f"{writer} {act} {step}" for step in STEPS}
        actions.issue(container_ids=[box], mg=DRAWN, nonce=nonces["issue"], **told)
        say(nonces["issue"])
        actions.return_drug(container_id=box, mg=BACK, nonce=nonces["return"], **told)
        say(nonces["return"])
        actions.waste(container_id=box, mg=WASTED, reason="Rest", witness=witness, nonce=nonces["waste"], **told)
        say(nonces["waste"])
    connection.close()


def say(nonce: str) -> None:
    with printing:
        print(nonce, flush=True)
