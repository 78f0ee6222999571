"""What a patient of the cast writes to the clinic, by actions alone."""

from datetime import datetime, timedelta
from uuid import uuid4

from ketacare.clinic.models import Site
from ketacare.portal import actions
from ketacare.portal.actions.answering import link_of
from ketacare.portal.models import Thread, ThreadMessage
from tests.cast import NOW, Cast

HOUR = timedelta(hours=1)


def written(
    cast: Cast, who: str = "ada", text: str = "May I bring music?", *, subject: str = "Music", at: datetime = NOW
) -> ThreadMessage:
    """A first message."""
    patient = cast.patient(who)
    site = Site.objects.get(pk=cast.there if who == "zoe" else cast.here)
    told = {"subject": subject, "text": text, "form_key": uuid4()}
    return actions.open_thread(patient_id=patient.pk, site=site, **told, by=link_of(patient), at=at)


def answered(
    cast: Cast,
    message: ThreadMessage,
    *,
    text: str = "Yes, please do.",
    is_care: bool = False,
    at: datetime = NOW + HOUR,
) -> Thread:
    """A nurse's answer to it."""
    told = {"text": text, "is_care": is_care, "form_key": uuid4(), "seen_until": message.pk}
    row = actions.answer_thread(thread_id=message.thread_id, **told, by=cast.actor("nurse"), at=at)
    return Thread.objects.get(pk=row.thread_id)
