"""A clinic as anybody may see it, generated from its record: nothing is typed for it, and nothing is shown before it says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Min
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as noop

from ketacare.billing.queries import PriceLine, label_of, price_list
from ketacare.billing.spoken import spoken
from ketacare.clinic.models import Site
from ketacare.clinic.qualified import QualifiedPerson, qualified_staff
from ketacare.consent.beyond_care import PUBLISHED, asked
from ketacare.outcomes.models import AnswerSet
from ketacare.planning.queries import practice
from ketacare.record.models import Treatment
from ketacare.science.education import own_outcomes
from ketacare.science.education.own_outcomes import Definition
from ketacare.science.monitoring.schedule import schedule_for
from ketacare.science.scales import library
from ketacare.science.stats.disclosure import Told, rounded, told

ROUTES = {
    "iv_ketamine": _("ketamine into a vein"),
    "im_ketamine": _("ketamine into a muscle"),
    "sc_ketamine": _("ketamine under the skin"),
    "in_esketamine": _("esketamine nasal spray"),
    "in_ketamine_compounded": _("ketamine nasal spray made by a pharmacy"),
    "po_sl_ketamine": _("ketamine by mouth or under the tongue"),
    "pain_long_infusion": _("a long ketamine infusion for pain"),
}
APPROVED = {"in_esketamine"}
# Names that the record keeps in English and a page translates; a test knows that none is left out.
NAMED = (
    noop("Prescriber"),
    noop("Infusion nurse"),
    noop("Therapist"),
    noop("Medical director"),
    noop("Licence to practise"),
    noop("Training in ketamine care"),
    noop("Basic life support (BLS)"),
    noop("Advanced life support (ACLS, ALS)"),
)


@dataclass(frozen=True, kw_only=True)
class Watched:
    """How sessions of a kind are watched here: minutes between readings of the pressure, and whether it is off-label."""

    name: object
    pressure_every_min: float | None
    is_oxygen_continuous: bool
    is_off_label: bool


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a clinic says of itself. ``outcomes``: None where they are too few to be told, or not told at all."""

    site: Site
    on: date
    people: tuple[QualifiedPerson, ...]
    watched: tuple[Watched, ...]
    numbers: Mapping[str, str]
    prices: tuple[PriceLine, ...]
    tells_outcomes: bool
    outcomes: Told | None
    not_counted: int  # people who do not allow it, rounded as all counts are; 0: none, or too few to be told
    definition: Definition
    counted_until: date

    @property
    def charged(self) -> tuple[tuple[str, str], ...]:
        """What is charged for, in the language that is spoken, and how much; a detail stays as the clinic wrote it."""
        return tuple((named(line), line.words) for line in self.prices)

    @property
    def scale(self) -> str:
        """The name of the scale that is told."""
        return library.load(self.definition.scale).abbreviation


def named(line: PriceLine) -> str:
    """What a price is for."""
    label = spoken(label_of(line.item))
    return f"{label}: {line.detail}" if line.detail else label


def sites() -> list[Site]:
    """The clinics that show themselves, by name."""
    return [site for site in Site.objects.order_by("name", "pk") if practice(site).is_profile_public]


def profile(site: Site, *, at: datetime) -> Profile | None:
    """A clinic's page; None where it shows none."""
    settled = practice(site)
    if not settled.is_profile_public:
        return None
    on, definition = at.astimezone(ZoneInfo(site.time_zone)).date(), own_outcomes.load()
    own, not_counted = outcomes(site, on=on, at=at) if settled.are_outcomes_public else (None, 0)
    return Profile(
        site=site,
        on=on,
        people=qualified_staff(site, on),
        watched=watched(site),
        numbers=settled.numbers,
        prices=tuple(price_list(site, on=on)),
        tells_outcomes=settled.are_outcomes_public,
        outcomes=own,
        not_counted=not_counted,
        definition=definition,
        counted_until=definition.first_session_before(on),
    )


def watched(site: Site) -> tuple[Watched, ...]:
    """How each kind of session that was given here is watched, as the monitoring schedules say."""
    given = Treatment.objects.filter(course__site=site).values_list("route", flat=True).distinct().order_by("route")
    return tuple(watched_by(route) for route in given if route in ROUTES)


def watched_by(route: str) -> Watched:
    """How sessions of one route are watched."""
    schedule = schedule_for(route)
    return Watched(
        name=ROUTES[route],
        pressure_every_min=schedule.timing("bp_sys").every_min,
        is_oxygen_continuous=schedule.timing("spo2").is_continuous,
        is_off_label=route not in APPROVED,
    )


def outcomes(site: Site, *, on: date, at: datetime) -> tuple[Told | None, int]:
    """The clinic's own outcomes as they may be told: the first course of everybody who allows it, and of how many who do not; three queries."""
    definition, answers, begun = own_outcomes.load(), answered(site), first_courses(site, on=on)
    who = asked((patient for patient, _, _ in begun), PUBLISHED, at=at)
    counted = [(course, first) for patient, course, first in begun if patient in who.allowed]
    pairs = [around(first, answers.get(course, ()), definition) for course, first in counted]
    known = [(before, after) for before, after in pairs if before is not None and after is not None]
    better = [one for one in known if has_fallen(*one, by_percent=definition.better_fall_percent)]
    shown = told(treated=len(pairs), scored=len(known), better=len(better), limits=definition.limits)
    return shown, rounded(len(who.left_out), limits=definition.limits)


def first_courses(site: Site, *, on: date) -> list[tuple[int, int, datetime]]:
    """Each patient with their first course here and its first session, where that lies far enough back."""
    until, zone = own_outcomes.load().first_session_before(on), ZoneInfo(site.time_zone)
    rows = Treatment.objects.filter(course__site=site, started_at__isnull=False)
    begun = rows.values_list("course__patient", "course").annotate(first=Min("started_at")).order_by("first", "course")
    found: dict[int, tuple[int, datetime]] = {}
    for patient, course, first in begun:
        found.setdefault(patient, (course, first))
    begun_before = ((patient, *one) for patient, one in found.items())
    return [one for one in begun_before if one[-1].astimezone(zone).date() < until]


def answered(site: Site) -> Mapping[int, list[tuple[datetime, Decimal]]]:
    """The scores of a site's courses on the scale that is told, in the order of time, by course."""
    rows = AnswerSet.objects.filter(course__site=site, instrument_id=own_outcomes.load().scale)
    rows = rows.filter(superseded_by__isnull=True, score__main__isnull=False).order_by("answered_at", "pk")
    found: dict[int, list[tuple[datetime, Decimal]]] = {}
    for course, at, main in rows.values_list("course", "answered_at", "score__main"):
        found.setdefault(course, []).append((at, main))
    return found


def around(
    first: datetime, scores: Sequence[tuple[datetime, Decimal]], definition: Definition
) -> tuple[Decimal | None, Decimal | None]:
    """The last score before the first session, and the newest in the window after it."""
    begins, ends = (timedelta(days=days) for days in (definition.after.from_days, definition.after.to_days))
    before = [main for at, main in scores if at <= first]
    after = [main for at, main in scores if begins <= at - first <= ends]
    return (before or [None])[-1], (after or [None])[-1]


def has_fallen(before: Decimal, after: Decimal, *, by_percent: int) -> bool:
    """Whether a score fell by at least so many percent; from 0 it can only rise."""
    return before > 0 and (before - after) * 100 >= before * by_percent
