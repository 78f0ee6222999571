"""SIGKILL at every statement and commit of the alerts' clock: no rung is lost, none is climbed twice, everybody it names is told."""

import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta

from ketacare.outcomes.models import Alert, AlertEvent, AlertNotice
from ketacare.science.scales import alerting
from tests.cast import NOW
from tests.rooms.outcomes.caring import alert_of, on_all_day

MINUTE = timedelta(minutes=1)
ROTA = ("nurse", "therapist", "prescriber")
TURNS = [
    NOW + minutes * MINUTE for minutes in (5, 15, 20, 25, 30, 40, 90)
]  # the gravest ladder's rungs, and one between


def test_a_clock_killed_anywhere_loses_and_doubles_no_rung(own_cast, own_database, tmp_path):
    for rank, role in enumerate(ROTA, start=1):
        on_all_day(own_cast, role, rank=rank)
    alert = alert_of(own_cast, 3)
    letters = tmp_path / "letters"
    letters.touch()
    command = [sys.executable, "-m", "tests.rooms.outcomes.killed", str(letters), *(one.isoformat() for one in TURNS)]
    environment = os.environ | {"KETACARE_DATABASE_URL": own_database}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    died = int(done.stdout)
    assert died > 100, "every rung was killed at each of its statements"

    ladder = alerting.load().rungs(alert.level)
    climbed = alert.events.filter(kind=AlertEvent.Kind.STEP).values_list("step", flat=True)
    assert sorted(climbed) == sorted(one.id for one in (*ladder.until_taken, *ladder.until_contact))
    named = alert.events.filter(kind=AlertEvent.Kind.NAMED)
    assert [one.notices.get().person_id for one in named] == [one.person_id for one in named]
    assert len({one.person_id for one in named}) == len(named) == len(ROTA)
    assert Alert.objects.get(pk=alert.pk).next_step_at is None
    everybody = alert.events.get(step="taken-4").notices.values_list("person_id", flat=True)
    assert len(set(everybody)) == len(everybody) > 3

    notices = list(AlertNotice.objects.select_related("person"))
    assert all(one.sent_at for one in notices)
    wanted, left = Counter(one.person.email for one in notices), Counter(letters.read_text().split())
    assert not wanted - left, "somebody was not told"
    assert (left - wanted).total() <= sum(one.tries - 1 for one in notices), (
        "a letter left again without a kill before it"
    )
