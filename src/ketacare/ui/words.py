"""Values in words: numbers with their units, moments, and how long ago."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language

NO_BREAK = "\N{NO-BREAK SPACE}"
ENGLISH = "en"
MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds
UNITS = {"mm[Hg]": "mmHg", "Cel": "°C", "kg/m2": "kg/m²", "[lb_av]": "lb", "[in_i]": "in"}  # UCUM code -> as it is read

# how a code is read, where its parts do not say it
CODES_READ_AS = {
    "glp1_ra": "GLP-1 receptor agonist",
    "maoi": "MAO inhibitor",
    "maoi_reversible": "reversible MAO inhibitor",
    "mdd_non_trd": "depression, not treatment-resistant",
    "mdd_suicidal": "depression with suicidal thoughts",
    "mdd_trd": "treatment-resistant depression",
    "nmda_antagonist": "NMDA antagonist",
    "none_wellness": "no diagnosis (wellness)",
    "off_label_consent": "consent to off-label use",
    "query_pdmp": "prescription-monitoring query",
    "resp_rate": "breathing rate",
    "ssri_snri": "SSRI or SNRI",
    "sud_only": "substance use disorder alone",
    "vasopressor_ergot": "vasopressor or ergot",
    "z_drug": "Z-drug",
}
# how a part of a code is read, where its letters alone say little
READ_AS = {
    "24h": "24 h",
    "48h": "48 h",
    "72h": "72 h",
    "alp": "ALP",
    "alt": "ALT",
    "asrm": "ASRM",
    "ast": "AST",
    "bmi": "BMI",
    "bp": "blood pressure",
    "cpap": "CPAP",
    "crps": "CRPS",
    "cyp": "CYP",
    "cyp2b6": "CYP2B6",
    "cyp3a4": "CYP3A4",
    "dia": "diastolic",
    "ecg": "ECG",
    "etco2": "EtCO2",
    "eu": "EU",
    "ggt": "GGT",
    "glp1": "GLP-1",
    "hcg": "hCG",
    "hr": "heart rate",
    "im": "IM",
    "iv": "IV",
    "lft": "liver tests",
    "moaas": "MOAA/S",
    "ocd": "OCD",
    "pct": "in percent",
    "pdmp": "prescription-monitoring query",
    "ptsd": "PTSD",
    "qt": "QT",
    "rass": "RASS",
    "rems": "REMS",
    "sc": "SC",
    "sglt2": "SGLT2",
    "spo2": "SpO2",
    "sys": "systolic",
    "tsh": "TSH",
    "uds": "urine drug screen",
    "ymrs": "YMRS",
}


def unit_as_read(unit: str) -> str:
    """A unit as people write it, where its code reads otherwise."""
    return UNITS.get(unit, unit)


def quantity(value: float | Decimal | None, unit: str) -> str:
    """A number without trailing noughts (35.0 is too easily read as 350), its unit on the same line; a dash for none."""
    if value is None:
        return "–"
    number = f"{value.normalize():f}" if isinstance(value, Decimal) else f"{value:.10g}"
    return f"{number}{NO_BREAK}{unit}"


def three_digits(value: float | None) -> float | None:
    """A computed number with as many digits as mean something: three."""
    return None if value is None else float(f"{value:.3g}")


def signed(percent: float | None) -> str:
    """A change in whole per cent with its sign: "+7 %"; "no change" where it rounds to nothing."""
    if percent is None:
        return "–"
    return f"{percent:+.0f}{NO_BREAK}%".replace("-", "\N{MINUS SIGN}") if round(percent) else "no change"


def plain(value: Decimal) -> str:
    """A number with at most three digits after the point and no trailing noughts: "52.5"."""
    return f"{round(value, 3).normalize():f}"


def age(at: datetime, *, now: datetime) -> str:
    """How long before ``now`` something was, in one unit: "just now", "4 min ago", "3 h ago", "12 days ago"."""
    seconds = (now - at).total_seconds()
    if seconds < 0:
        return "in " + span(-seconds)
    return "just now" if seconds < MINUTE else span(seconds) + " ago"


def span(seconds: float) -> str:
    """A length of time in its one fitting unit, rounded down."""
    if seconds < MINUTE:
        return f"{int(seconds)}{NO_BREAK}s"
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)}{NO_BREAK}min"
    if seconds < 2 * DAY:
        return f"{int(seconds // HOUR)}{NO_BREAK}h"
    return f"{int(seconds // DAY)}{NO_BREAK}days"


def clock(at: datetime | None, zone: str = "") -> str:
    """The time of day, "14:32", in a site's zone (default: the page's)."""
    return "–" if at is None else f"{local(at, zone):%H:%M}"


def moment(at: datetime | None, zone: str = "") -> str:
    """Day, time and zone: "2 Mar 2026, 14:32 CET"; in another language as it writes them: "2 de marzo de 2026, 14:32 CET"."""
    if at is None:
        return "–"
    there = local(at, zone)
    if (get_language() or ENGLISH).startswith(ENGLISH):
        return f"{there.day} {there:%b %Y, %H:%M %Z}"
    return f"{date_format(there, 'DATETIME_FORMAT')} {there:%Z}"


def local(at: datetime, zone: str) -> datetime:
    """The moment on the clock of a zone."""
    return timezone.localtime(at, ZoneInfo(zone) if zone else None)


def in_words(code: str) -> str:
    """A coded value as people read it: ``order_lft`` is "order liver tests"."""
    if code in CODES_READ_AS:
        return CODES_READ_AS[code]
    again = "re-" if code.startswith("re_") else ""
    parts = code.removeprefix("re_").replace("_", " ").replace("-", " ").split(" ")
    return again + " ".join(READ_AS.get(part, part) for part in parts)
