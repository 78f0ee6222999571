"""What an estimate takes from the data of prices and law, and from its makers, said so that it is translated; a test holds both together."""

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as noop

FROM_DATA = (
    noop("First evaluation"),
    noop("Follow-up visit"),
    noop("Ketamine session, into a vein"),
    noop("Ketamine session, each further hour"),
    noop("Ketamine session, into a muscle"),
    noop("Ketamine session, under the skin"),
    noop("Ketamine session, compounded nasal spray"),
    noop("Ketamine session, by mouth or under the tongue"),
    noop("Esketamine session, up to 56 mg"),
    noop("Esketamine session, over 56 mg"),
    noop("Ketamine itself"),
    noop("Esketamine itself, each mg"),
    noop("Another medicine"),
    noop("Therapy visit"),
    noop("Missed appointment"),
    noop("Late cancellation"),
    noop("Estimate of costs"),
    noop("Good Faith Estimate"),
    noop("Anywhere else (no law read)"),
    noop("United States, federal"),
    noop("This is an estimate. It tells what can reasonably be expected today."),
    noop("You may need services that are not on it. The bill may then differ, and we tell you why."),
    noop("You may need services that are not on it. The bill may then differ."),
    noop("If the bill is 400 USD or more above this estimate, you may dispute it."),
    noop("This is not a contract. You do not have to get these services here."),
    noop("booked 10 business days before: within 3 of the booking"),
    noop("booked 3 business days before: within 1 of the booking"),
    noop("asked for: within 3 business days"),
    noop("neither booked nor asked for yet"),
    noop("no day is set by a law held here"),
)
FROM_CODE = (
    noop("the patient uses insurance: the law asks for no estimate from us"),
    noop("No insurance"),
    noop("Insured, and does not use it"),
    noop("Insured, and uses it"),
    noop("On paper, by hand"),
    noop("By post"),
    noop("Electronically, as the patient asked"),
    noop("the record"),
    noop("Treatment-resistant depression"),
    noop("Depression, not treatment-resistant"),
    noop("Depression with suicidal thoughts"),
    noop("Bipolar depression"),
    noop("Post-traumatic stress disorder"),
    noop("Generalised anxiety disorder"),
    noop("Social anxiety disorder"),
    noop("Obsessive-compulsive disorder"),
    noop("Complex regional pain syndrome"),
    noop("Neuropathic pain"),
    noop("Fibromyalgia"),
    noop("Migraine"),
    noop("Other chronic pain"),
)


def spoken(text: str) -> str:
    """A text of these in the language that is spoken; any other stays as somebody wrote it."""
    return gettext(text) if text else ""
