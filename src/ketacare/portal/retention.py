"""What is no health record and goes after its time, table by table: how many there are, how many have stayed long enough, by which rule."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session as LogIn
from django.db.models import Count, F, Min, Model, Q, QuerySet
from django.db.models.functions import Coalesce

from ketacare.clinic.models import Site
from ketacare.frontdesk.queries import led_to_nothing
from ketacare.portal.models import Invitation, LogInInvitation
from ketacare.science.rights import law
from ketacare.science.rights.law import Kept

CONSULTATIONS, LINKS, LOG_INS = "consultations", "links", "log_ins"
DAY = timedelta(days=1)
Rows = Callable[[Site], QuerySet[Model]]


def log_in_links(site: Site) -> QuerySet[LogInInvitation]:
    """Links to a first log-in that open nothing any more."""
    rows = LogInInvitation.objects.filter(patient__in=site.patients.values("pk"))
    return rows.annotate(over_at=Coalesce("used_at", "withdrawn_at", "expires_at"))


def check_in_links(site: Site) -> QuerySet[Invitation]:
    """Links to check-ins."""
    return Invitation.objects.filter(check_in__course__site=site).annotate(over_at=F("check_in__closes_at"))


def tries(model: type[Model]) -> Rows:
    """Tries to log in, with the address and the computer of whoever tried: of the whole service."""
    return lambda _site: model.objects.annotate(over_at=F("attempt_time")).order_by()


def log_ins(_site: Site) -> QuerySet[LogIn]:
    """Log-ins, with what somebody had typed into a filter: of the whole service."""
    return LogIn.objects.annotate(over_at=F("expire_date"))


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of a kind, with its rows at a site; ``over_at``: from when its time counts."""

    kind: law.Kind
    name: str
    title: str
    rows: Rows


TABLES = (
    Table(
        kind=CONSULTATIONS,
        name="frontdesk.ConsultationRequest",
        title="Requests that led to nothing",
        rows=led_to_nothing,
    ),
    Table(kind=LINKS, name="portal.LogInInvitation", title="Links to a first log-in", rows=log_in_links),
    Table(kind=LINKS, name="portal.Invitation", title="Links to check-ins", rows=check_in_links),
    Table(kind=LOG_INS, name="sessions.Session", title="Log-ins that have ended", rows=log_ins),
    Table(kind=LOG_INS, name="axes.AccessLog", title="Log-ins and log-outs", rows=tries(AccessLog)),
    Table(kind=LOG_INS, name="axes.AccessAttempt", title="Tries to log in", rows=tries(AccessAttempt)),
    Table(kind=LOG_INS, name="axes.AccessFailureLog", title="Failed tries to log in", rows=tries(AccessFailureLog)),
)
GOING = tuple(dict.fromkeys(one.kind for one in TABLES))
# kind -> why it is never let go of here
STAYING: dict[law.Kind, str] = {
    "care": "the health record: the law asks for it, and append-only tables refuse",
    "audit": "who looked and wrote: sealed, nobody can erase it",
    "drug_register": "the controlled-drug register: the law asks for it",
    "requests": "requests about the record: they show that they were answered",
    "messages": "go when the patient asks, on the page of what may be erased",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One table at a site: what there is, since when, what may go now, and when the next may."""

    table: Table
    count: int
    may_go: int
    oldest: date | None
    next_on: date | None
    kept: Kept


def limit(site: Site, kind: law.Kind, *, at: datetime) -> datetime:
    """Before which moment something must have been over to go today."""
    zone = ZoneInfo(site.time_zone)
    kept = law.load(site.jurisdiction).kept(kind)
    return datetime.combine(law.goes_if_before(kept, at.astimezone(zone).date()), time(), zone)


def strictest_limit(kind: law.Kind, *, at: datetime) -> datetime:
    """The same for what belongs to no site: the longest time of any site counts."""
    return min(limit(site, kind, at=at) for site in Site.objects.all())


def limit_of(site: Site, kind: law.Kind, *, at: datetime) -> datetime:
    """Before which moment something of a kind must have been over to go today at a site."""
    return strictest_limit(kind, at=at) if kind == LOG_INS else limit(site, kind, at=at)


def listing(site: Site, *, at: datetime) -> Iterator[Line]:
    """Every table of a site; one query each, and nothing goes by asking."""
    zone, rules = ZoneInfo(site.time_zone), law.load(site.jurisdiction)
    for table in TABLES:
        before, kept = limit_of(site, table.kind, at=at), rules.kept(table.kind)
        found = table.rows(site).aggregate(
            count=Count("pk", distinct=True),
            may_go=Count("pk", filter=Q(over_at__lt=before), distinct=True),
            oldest=Min("over_at"),
        )
        oldest = found["oldest"] and found["oldest"].astimezone(zone).date()
        yield Line(
            table=table,
            count=found["count"],
            may_go=found["may_go"],
            oldest=oldest,
            next_on=oldest and law.stays_until(kept, oldest) + DAY,
            kept=kept,
        )


def rule_of(kept: Kept) -> str:
    """How long, from when, in words."""
    spans = [f"{n} {unit}" for n, unit in ((kept.years, "years"), (kept.days, "days")) if n]
    return f"{' and '.join(spans) or 'no time'} from {BEGINS[kept.counted_from]}"


BEGINS = {
    "last_contact": "the last contact",
    "written": "the day it was written",
    "decided": "the decision",
    "ended": "the day it ended",
}
