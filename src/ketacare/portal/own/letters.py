"""The letter with the link to a log-in: no name, nothing about health, no word of what the clinic treats."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ketacare.portal.actions.inviting import Offer


def path(token: str) -> str:
    """The address that the patient opens."""
    return settings.PUBLIC_URL + reverse("portal:welcome", args=[token])


def send(offer: Offer, *, zone: str) -> bool:
    """Send the letter; whether it left. A mail server's own words may name the patient, so they are kept nowhere."""
    with translation.override(offer.language), timezone.override(zone):
        until = date_format(timezone.localtime(offer.expires_at), "DATE_FORMAT")
        body = _(
            "Hello,\n\nyour clinic has made pages for you. To set your password, open this link:\n\n%(link)s\n\n"
            "It works once, until %(until)s. We ask for your date of birth. Please do not pass the link on.\n\n"
            "Did you not expect this? Then do nothing, or call your clinic. Nobody reads replies to this address.\n"
        ) % {"link": path(offer.token), "until": until}
        letter = EmailMessage(subject=_("Your pages at your clinic"), body=body, to=[offer.email])
    try:
        letter.send()
    except OSError:
        return False
    return True
