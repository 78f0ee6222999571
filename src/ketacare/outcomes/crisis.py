"""Whom a patient in crisis can reach, and after which answers they are shown it: for the clinic's screens and the patient's own."""

from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from ketacare.clinic.models import Site
from ketacare.outcomes.models import AnswerSet, CrisisSetting
from ketacare.science.scales.alerting import Line, crisis_lines, shows_crisis_help

# How the lines of the data are reached, in words that a page translates; a test knows that none is left out.
REACHED = (
    _("call or text 988"),
    _("call 116 123"),
    _("call 111 and choose the mental health option"),
    _("call 0800 111 0 111 or 0800 111 0 222"),
    _("call 13 11 14"),
    _("call or text 1737"),
    _("day and night"),
)


@dataclass(frozen=True, kw_only=True)
class CrisisHelp:
    """What ``outcomes/crisis.html`` shows as ``crisis``. No emergency number: nobody has said which one it is here."""

    emergency: str
    lines: tuple[Line, ...]
    own: tuple[str, str] | None  # what the clinic's own line is called, and how it is reached
    sources: tuple[str, ...]
    mark: str


def crisis_help_after(answer_set: AnswerSet) -> CrisisHelp | None:
    """What a patient is shown at once after these answers; None where no alert of theirs asks for it."""
    raised = set(answer_set.alerts.values_list("rule", flat=True))
    return crisis_help(answer_set.course.site) if shows_crisis_help(raised) else None


def crisis_help(site: Site) -> CrisisHelp:
    """Whom a patient of this site can reach: by what the site has set, else by the country of its law, else nobody is known."""
    setting = latest_setting(site)
    country = crisis_lines().countries.get(setting.country if setting else site.jurisdiction.lower())
    given = setting.emergency if setting else ""
    return CrisisHelp(
        emergency=given or (country.emergency if country else ""),
        lines=tuple(country.lines) if country else (),
        own=(setting.own_name, setting.own_reach) if setting and setting.own_reach else None,
        sources=tuple(country.sources) if country else (),
        mark=country.mark if country else "",
    )


def latest_setting(site: Site) -> CrisisSetting | None:
    """What the site has set, newest first."""
    return site.crisis_settings.select_related("set_by").order_by("-pk").first()
