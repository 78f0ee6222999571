"""Whom a patient in crisis can reach, and after which answers they are shown it: for the clinic's screens and the patient's own."""

from dataclasses import dataclass

from ketacare.clinic.models import Site
from ketacare.outcomes.models import AnswerSet, CrisisSetting
from ketacare.science.scales.alerting import Line, crisis_lines, shows_crisis_help


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
