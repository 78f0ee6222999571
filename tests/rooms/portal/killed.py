"""``python -m tests.rooms.portal.killed FILE MOMENT WHEN``: send what is due, and die by SIGKILL before or after the message left."""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ketacare.config.settings")
os.environ["KETACARE_EMAIL_CONSOLE"] = "yes"
django.setup()

from ketacare.clinic.actor import System  # noqa: E402  # only now: it reads the settings
from ketacare.portal import letters, running  # noqa: E402


def die(outgoing: letters.Outgoing) -> None:
    """The mail server has the message, or not; this process does not live to write it down."""
    if sys.argv[3] == "after":
        with Path(sys.argv[1]).open("a", encoding="utf-8") as sent:
            sent.write(f"{outgoing.message_id}\n")
    os.kill(os.getpid(), signal.SIGKILL)


letters.send = die
running.send_due(by=System(name="messenger"), at=datetime.fromisoformat(sys.argv[2]))
