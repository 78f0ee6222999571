"""Reads of long-term safety: the due-list, one course's checks, what waits for somebody, what the clock has to work out."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.db.models import Case, CharField, Count, Exists, IntegerField, Min, OuterRef, Q, QuerySet, Value, When

from ketacare.clinic.errors import Reason
from ketacare.clinic.models import Course, SafetyRequest, Site
from ketacare.clinic.queries import ruling_in_force
from ketacare.followup.safety.evidence import TO_COME
from ketacare.followup.safety.judging import exposure_of, is_watched, judged, rows_of
from ketacare.followup.safety.models import SafetyFinding
from ketacare.followup.safety.values import CheckInput
from ketacare.infusion.models import Session
from ketacare.record.models import CumulativeExposure, DueItem
from ketacare.science.rules import catalogue
from ketacare.science.surveillance.checks import Ask, checks

OVERDUE, ABNORMAL, UNKNOWN, DUE, DONE = "overdue", "abnormal", "unknown", "due", "done"
STATES = (OVERDUE, ABNORMAL, UNKNOWN, DUE)  # in the order of the list
PAGE = 50
TRY_AGAIN_AFTER = timedelta(minutes=1)
Today = Mapping[date, Collection[int]]  # the day, and the sites at which it is that day


@dataclass(frozen=True, kw_only=True)
class Narrowed:
    """What the list is narrowed to; empty means everything that is not done."""

    state: str = ""
    kind: str = ""
    prescriber: int | None = None
    comes_within_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class DuePage:
    """One page of the due-list, and how many items stand how."""

    page: Page
    rows: tuple[DueItem, ...]
    counts: Mapping[str, int]  # by state
    kinds: Mapping[str, int]  # by kind

    @property
    def found(self) -> int:
        return self.page.paginator.count


def today_at(sites: Iterable[Site], *, at: datetime) -> Today:
    """Which day it is where."""
    found: dict[date, list[int]] = {}
    for site in sites:
        found.setdefault(at.astimezone(ZoneInfo(site.time_zone)).date(), []).append(site.pk)
    return found


def passed(column: str, today: Today) -> Q:
    """Whether the day of a column has come where the course is."""
    come = Q(pk__in=[])
    for day, sites in today.items():
        come |= Q(site__in=sites, **{f"{column}__lte": day})
    return come


def with_state(rows: QuerySet[DueItem], today: Today) -> QuerySet[DueItem]:
    """Items with how they stand today, from their days: no clock has to have turned for it."""
    late = passed("overdue_on", today)
    state = Case(
        When(is_abnormal=True, then=Value(ABNORMAL)),
        When(late, then=Value(OVERDUE)),
        When(is_unknown=True, then=Value(UNKNOWN)),
        When(passed("due_on", today), then=Value(DUE)),
        default=Value(DONE),
        output_field=CharField(),
    )
    rank = Case(
        When(late, then=Value(0)),
        When(is_abnormal=True, then=Value(1)),
        When(is_unknown=True, then=Value(2)),
        default=Value(len(STATES)),
        output_field=IntegerField(),
    )
    return rows.annotate(state=state, rank=rank)


def open_items(sites: Collection[Site], *, at: datetime, narrow: Narrowed) -> QuerySet[DueItem]:
    """The items of these sites that are not done, overdue ones first, then the longest due."""
    today = today_at(sites, at=at)
    rows = DueItem.objects.filter(passed("due_on", today) | Q(is_abnormal=True) | Q(is_unknown=True))
    rows = with_state(rows.filter(site__in=[site.pk for site in sites]), today)
    if narrow.prescriber:
        rows = rows.filter(course__prescriber=narrow.prescriber)
    if narrow.comes_within_days is not None:
        until = at + timedelta(days=narrow.comes_within_days)
        coming = Session.objects.filter(course=OuterRef("course"), status__in=TO_COME, planned_at__lte=until)
        rows = rows.filter(Exists(coming))
    return rows.order_by("rank", "due_on", "pk")


def due_page(sites: Collection[Site], *, at: datetime, narrow: Narrowed, number: str) -> DuePage:
    """A page of the due-list: one query for the counts, one for the items."""
    rows = open_items(sites, at=at, narrow=narrow)
    counted = list(rows.order_by().values_list("state", "kind").annotate(number=Count("pk")))
    if narrow.kind:
        rows = rows.filter(kind=narrow.kind)
    if narrow.state:
        rows = rows.filter(state=narrow.state)
    paginator = Paginator(rows.select_related("course__patient", "course__prescriber", "course__exposure"), PAGE)
    paginator.count = sum(one for state, kind, one in counted if matches(narrow, state, kind))
    page = paginator.get_page(number)
    return DuePage(
        page=page,
        rows=tuple(page.object_list),
        counts=added(STATES, ((state, one) for state, kind, one in counted if narrow.kind in ("", kind))),
        kinds=added(checks().checks, ((kind, one) for state, kind, one in counted if narrow.state in ("", state))),
    )


def matches(narrow: Narrowed, state: str, kind: str) -> bool:
    return narrow.state in ("", state) and narrow.kind in ("", kind)


def added(names: Iterable[str], counted: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Numbers by name, with 0 for those that have none."""
    found = dict.fromkeys(names, 0)
    for name, number in counted:
        found[name] += number
    return found


def items_of(course: Course, *, at: datetime) -> list[DueItem]:
    """Every check of a course as it stands today, what is open first."""
    rows = with_state(DueItem.objects.filter(course=course), today_at([course.site], at=at))
    order = list(checks().checks)
    return sorted(rows, key=lambda one: (one.state == DONE, one.rank, order.index(one.kind)))


@dataclass(frozen=True, kw_only=True)
class Pressing:
    """What is overdue or abnormal at one site."""

    site: Site
    overdue: int
    abnormal: int
    patients: int
    since: datetime

    @property
    def words(self) -> str:
        """How much, in words."""
        counted = (
            f"{self.overdue} overdue" if self.overdue else "",
            f"{self.abnormal} abnormal" if self.abnormal else "",
        )
        return f"{', '.join(filter(None, counted))}, of {self.patients} patient{'' if self.patients == 1 else 's'}"


def pressing(sites: Collection[Site], *, at: datetime) -> list[Pressing]:
    """How much is overdue or abnormal at each site, and since when: one query."""
    late, abnormal = passed("overdue_on", today_at(sites, at=at)), Q(is_abnormal=True)
    rows = DueItem.objects.filter(late | abnormal, site__in=[site.pk for site in sites]).order_by()
    told = rows.values("site").annotate(
        overdue=Count("pk", filter=late & ~abnormal),
        abnormal=Count("pk", filter=abnormal),
        patients=Count("course", distinct=True),
        since=Min("overdue_on", filter=late),
    )
    names = {site.pk: site for site in sites}
    return [
        Pressing(
            site=names[row["site"]],
            overdue=row["overdue"],
            abnormal=row["abnormal"],
            patients=row["patients"],
            since=midnight(row["since"], names[row["site"]]) if row["since"] else at,
        )
        for row in told
    ]


def midnight(day: date, site: Site) -> datetime:
    """When a day begins at a site."""
    return datetime.combine(day, time(), ZoneInfo(site.time_zone))


def findings_waiting(sites: Collection[int]) -> QuerySet[SafetyFinding]:
    """Findings that placed no Hold and that nobody has answered, the longest waiting first."""
    rows = SafetyFinding.objects.filter(answered_at__isnull=True, hold__isnull=True, course__site__in=sites)
    later = SafetyFinding.objects.filter(course=OuterRef("course"), rule=OuterRef("rule"), pk__gt=OuterRef("pk"))
    rows = rows.filter(~Exists(later)).exclude(course__status=Course.Status.ENDED)
    return rows.select_related("course__patient", "course__prescriber").order_by("found_at", "pk")


def findings_of(course: Course) -> QuerySet[SafetyFinding]:
    """Every finding of a course, newest first, with what was done about it."""
    return course.safety_findings.select_related("hold", "answered_by").order_by("-found_at", "-pk")


def courses_to_watch(*, at: datetime, at_most: int) -> list[int]:
    """Courses that something has changed, then those that were worked out with another book than the one in force."""
    may_be_tried = Q(tried_at__isnull=True) | Q(tried_at__lte=at - TRY_AGAIN_AFTER)
    asked = SafetyRequest.objects.filter(may_be_tried).order_by("pk").values_list("course", flat=True)
    found = list(dict.fromkeys(asked[: at_most * 2]))[:at_most]
    for site in Site.objects.filter(rulebook_proposals__book=checks().book).distinct().order_by("pk"):
        if len(found) < at_most:
            ruling = ruling_in_force(site, checks().book, at=at).pk
            rows = CumulativeExposure.objects.filter(Q(ruling__lt=ruling) | Q(ruling__gt=ruling), site=site)
            waits = SafetyRequest.objects.filter(course=OuterRef("course"))
            found += rows.filter(~Exists(waits)).values_list("course", flat=True)[: at_most - len(found)]
    return found


def refused_answers(check: CheckInput, *, at: datetime) -> list[Reason | str]:
    """Why a check cannot be written down as it is told, every reason at once."""
    known = checks().checks.get(check.kind)
    if known is None or not known.asks:
        return ["There is no such check to write down."]
    asks = {ask.key: ask for ask in known.asks}
    found: list[Reason | str] = ["The check was done in the future."] if check.checked_at > at else []
    found += [f"{name} is not asked by this check." for name in check.told if name not in asks]
    told = {name: value for name, value in check.told.items() if value is not None and name in asks}
    found += [says for name, value in told.items() if (says := complaint(asks[name], value))]
    return found if told or found else ["Nothing was answered."]


def complaint(ask: Ask, value: object) -> str:
    """What is wrong with an answer; empty: nothing."""
    if ask.fact:
        says = catalogue()[ask.fact].complaint(value)
        return f"{ask.says}: {says}" if says else ""
    kinds = {"number": (int, float), "text": (str,), "bool": (bool,)}
    wanted = (str,) if ask.values else kinds[ask.type]
    is_right = isinstance(value, wanted) and (ask.type != "number" or not isinstance(value, bool))
    if not is_right or (ask.values and value not in ask.values):
        return f"{ask.says}: {value!r} is no answer to this."
    return ""


def differences(*, at: datetime) -> Iterator[tuple[int, str]]:
    """Each course whose derived rows are not what working it out again gives; the clock has nothing left to do for them."""
    waiting = set(SafetyRequest.objects.values_list("course", flat=True))
    stored = {row.course_id: row for row in CumulativeExposure.objects.all()}
    for course in Course.objects.select_related("site", "patient").order_by("pk"):
        if course.pk not in waiting:
            yield from ((course.pk, says) for says in wrong(course, stored.get(course.pk), at=at))


def wrong(course: Course, given: CumulativeExposure | None, *, at: datetime) -> Iterator[str]:
    """What of a course's derived rows is wrong."""
    rows = {row.kind: row for row in DueItem.objects.filter(course=course)}
    if not is_watched(course):
        if rows or given:
            yield "it is not under way and has due items"
        return
    now = judged(course, at=given.worked_out_at if given else at)
    for name, value in fields(exposure_of(now, at=at)).items():
        if given is None or (name != "worked_out_at" and getattr(given, name) != value):
            yield f"its exposure ({name}) is not what its treatments add up to"
    wanted = {row.kind: fields(row) for row in rows_of(now)}
    if {kind: fields(row) for kind, row in rows.items()} != wanted:
        yield "its due items are not what its checks and sessions come to"


def fields(row: DueItem | CumulativeExposure) -> dict[str, object]:
    """The columns of a derived row."""
    return {one.attname: getattr(row, one.attname) for one in row._meta.concrete_fields if not one.primary_key}
