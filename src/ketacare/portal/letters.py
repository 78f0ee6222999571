"""What a patient reads in a message: no name, no diagnosis, no score; a link and until when it works."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import dateformat, translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from ketacare.portal.actions.sending import Outgoing
from ketacare.science.checkins.local import zone_of

SUBJECT = _("A few questions from your clinic")
REMINDER = _("A reminder: a few questions from your clinic")
BODY = _("""Hello,

{opening} It takes a minute or two. You need no password:

{link}

The link works until {until}, on the phone or computer you first answer with. Please do not pass it on.

If you are in danger or cannot wait, do not answer this message: call your emergency number, or your clinic.
Nobody reads replies to this address. To get no more of these messages, open the link and choose "Stop these messages".
""")
TEXT = _("{opening} {link} works until {until}. In danger? Call your emergency number. Nobody reads replies.")
FIRST, AGAIN = _("Your clinic asks you a few questions."), _("Your clinic's questions are still open.")
WHEN = _("l j F, H:i")  # a day and an hour, as Django's date filter writes them


def send(outgoing: Outgoing) -> None:
    """Send one message by its channel, in the patient's language; raises OSError where it could not leave."""
    with translation.override(outgoing.language):
        leave(outgoing)


def leave(outgoing: Outgoing) -> None:
    """Hand one message to whoever carries it."""
    if outgoing.channel == "text":
        import_string(settings.TEXT_SENDER)(to=outgoing.to, words=words(TEXT, outgoing), key=str(outgoing.message_id))
        return
    subject = REMINDER if outgoing.is_reminder else SUBJECT
    EmailMessage(subject=str(subject), body=words(BODY, outgoing), to=[outgoing.to]).send()


def words(template: object, outgoing: Outgoing) -> str:
    """A message's text, its time by the patient's own clock."""
    until = outgoing.closes_at.astimezone(zone_of(outgoing.time_zone))
    return str(template).format(
        opening=AGAIN if outgoing.is_reminder else FIRST,
        link=settings.PUBLIC_URL + reverse("portal:answer", args=[outgoing.token]),
        until=dateformat.format(until, str(WHEN)),
    )
