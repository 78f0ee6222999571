"""SIGKILL while a message is being sent: it never leaves twice, and nobody takes it for sent."""

import os
import signal
import subprocess
import sys

import pytest
from django.core import mail

from ketacare.portal import queries
from ketacare.portal.models import Message
from tests.rooms.infusion.treatment import START
from tests.rooms.portal.asked import DAY, MINUTE, arranged, booked, turn


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_sender_never_sends_twice_and_somebody_is_told(own_cast, own_database, tmp_path, when):
    arranged(own_cast)
    booked(own_cast)
    at, sent = START - DAY, tmp_path / "sent"
    sent.touch()
    command = [sys.executable, "-m", "tests.rooms.portal.killed", str(sent), at.isoformat(), when]
    environment = os.environ | {"KETACARE_DATABASE_URL": own_database}
    for _ in range(2):  # started again at once, it finds the message begun and leaves it alone
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    assert done.returncode == 0, "nothing was begun a second time"
    assert len(sent.read_text().splitlines()) == (1 if when == "after" else 0)
    assert Message.objects.get().status == "sending"
    turn(at + 6 * MINUTE)
    assert (Message.objects.get().status, len(mail.outbox)) == ("unsure", 0)
    assert [one.kind for one in queries.troubles({own_cast.here})] == ["unsure"]
