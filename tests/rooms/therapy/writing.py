"""Sessions, notes and shared themes as people write them down, by actions alone."""

from datetime import datetime, timedelta
from uuid import uuid4

from ketacare.therapy import actions
from ketacare.therapy.models import ProcessNote, SharedTheme, TherapySession
from ketacare.therapy.values import Held, Kept, Shares
from tests.cast import NOW, Cast

SECRET = "A dream of the sea that she told nobody else"


def held(cast: Cast, *, at: datetime = NOW, role: str = "therapist", **changes: object) -> TherapySession:
    """A preparation session of an hour ago."""
    told = {"kind": "preparation", "at": at - timedelta(hours=1), "minutes": 50, "summary": "Fears and hopes named."}
    value = Held(**(told | {"form_key": uuid4()} | changes))
    return actions.record_session(course_id=cast.ada_course, held=value, by=cast.actor(role), at=at)


def note(
    cast: Cast, text: str = SECRET, *, at: datetime = NOW, role: str = "therapist", **changes: object
) -> ProcessNote:
    """A process note of the therapist."""
    kept = Kept(**({"text": text, "form_key": uuid4()} | changes))
    return actions.keep_note(course_id=cast.ada_course, kept=kept, by=cast.actor(role), at=at)


def shares(cast: Cast, *, at: datetime = NOW, **changes: object) -> SharedTheme:
    """An intention that Ada wants the team to know."""
    told = {"kind": "intention", "words": "To be able to mourn", "consent": "spoken", "form_key": uuid4()}
    return actions.record_shared(
        course_id=cast.ada_course, shares=Shares(**(told | changes)), by=cast.actor("therapist"), at=at
    )
