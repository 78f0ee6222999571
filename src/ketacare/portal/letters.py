"""What a patient reads in a message: no name, no diagnosis, no score; a link and until when it works."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.module_loading import import_string

from ketacare.portal.actions.sending import Outgoing
from ketacare.science.checkins.local import zone_of

SUBJECT = "A few questions from your clinic"
REMINDER = "A reminder: a few questions from your clinic"
BODY = """Hello,

{opening} It takes a minute or two. You need no password:

{link}

The link works until {until}, on the phone or computer you first answer with. Please do not pass it on.

If you are in danger or cannot wait, do not answer this message: call your emergency number, or your clinic.
Nobody reads replies to this address. To get no more of these messages, open the link and choose "Stop these messages".
"""
TEXT = "{opening} {link} works until {until}. In danger? Call your emergency number. Nobody reads replies."
FIRST, AGAIN = "Your clinic asks you a few questions.", "Your clinic's questions are still open."


def send(outgoing: Outgoing) -> None:
    """Send one message by its channel; raises OSError where it could not leave."""
    if outgoing.channel == "text":
        import_string(settings.TEXT_SENDER)(to=outgoing.to, words=words(TEXT, outgoing), key=str(outgoing.message_id))
        return
    subject = REMINDER if outgoing.is_reminder else SUBJECT
    EmailMessage(subject=subject, body=words(BODY, outgoing), to=[outgoing.to]).send()


def words(template: str, outgoing: Outgoing) -> str:
    """A message's text, its time by the patient's own clock."""
    until = outgoing.closes_at.astimezone(zone_of(outgoing.time_zone))
    return template.format(
        opening=AGAIN if outgoing.is_reminder else FIRST,
        link=settings.PUBLIC_URL + reverse("portal:answer", args=[outgoing.token]),
        until=f"{until:%A} {until.day} {until:%B, %H:%M}",
    )
