"""Which courses are to be judged again, what was found before, and what nobody has looked at yet."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from ketacare.clinic.models import Course, ScreeningRequest, Site
from ketacare.clinic.queries import ruling_in_force
from ketacare.evaluation import queries
from ketacare.evaluation.models import Screening
from ketacare.evaluation.queries import BOOK

S = Course.Status
BEYOND_ELIGIBILITY = frozenset({S.ELIGIBLE, S.CONSENTED, S.PLANNED, S.IN_INDUCTION, S.IN_MAINTENANCE})
DECIDED_ON = BEYOND_ELIGIBILITY | {S.NOT_ELIGIBLE}
TRY_AGAIN_AFTER = timedelta(minutes=1)


def courses_to_screen(*, at: datetime, at_most: int) -> list[int]:
    """Courses that something has changed, then those not judged today or not with the book in force."""
    may_be_tried = Q(tried_at__isnull=True) | Q(tried_at__lte=at - TRY_AGAIN_AFTER)
    asked = ScreeningRequest.objects.filter(may_be_tried).order_by("pk").values_list("course", flat=True)
    found = list(dict.fromkeys(asked[:at_most]))
    for site in Site.objects.filter(rulebook_proposals__book=BOOK).distinct().order_by("pk"):
        room_left = at_most - len(found)
        if room_left > 0:
            found += due_at(site, at=at).exclude(pk__in=found).values_list("pk", flat=True)[:room_left]
    return found


def due_at(site: Site, *, at: datetime) -> QuerySet[Course]:
    """The courses of a site whose newest screening is of an earlier day or of another book, and that nobody has asked for."""
    newest = Screening.objects.filter(course=OuterRef("pk")).order_by("-pk")
    rows = courses_in_care(site).annotate(
        last_on=Subquery(newest.values("on")[:1]), last_ruling=Subquery(newest.values("ruling")[:1])
    )
    today, ruling = queries.today_there(site, at), ruling_in_force(site, BOOK, at=at).pk
    is_due = Q(last_on__isnull=True) | ~Q(last_on=today) | ~Q(last_ruling=ruling)
    waits = Q(pk__in=ScreeningRequest.objects.values("course"))
    return rows.filter(is_due).exclude(waits).order_by("pk")


def courses_in_care(site: Site) -> QuerySet[Course]:
    """The courses of a site that have not ended, of patients who are not closed."""
    return Course.objects.filter(site=site, patient__closed_at__isnull=True).exclude(status=S.ENDED)


def is_due(course: Course, last: Screening | None, *, at: datetime) -> bool:
    """Whether a course has to be judged without anybody asking."""
    if last is None or last.on != queries.today_at(course, at):
        return True
    return last.ruling_id != ruling_in_force(course.site, BOOK, at=at).pk


def last_screening(course: Course) -> Screening | None:
    """The newest screening of a course."""
    return course.screenings.select_related("same_as").order_by("-pk").first()


def findings_of(screening: Screening | None) -> list[dict[str, Any]] | None:
    """What a screening found; None when there is none, or when it could not judge."""
    if screening is None or not screening.result:
        return None
    return (screening.same_as or screening).findings


def last_judged(course: Course) -> Screening | None:
    """The newest screening that could judge."""
    return course.screenings.exclude(result="").select_related("same_as").order_by("-pk").first()


def forbidden_before(course: Course) -> dict[str, Any]:
    """What earlier screenings have placed a hold for since the last decision: it is told once."""
    decision = queries.latest_decision(course)
    rows = course.screenings.exclude(forbids={}).order_by("pk")
    if decision is not None:
        rows = rows.filter(at__gte=decision.decided_at)
    return {rule: values for row in rows for rule, values in row.forbids.items()}


def screenings_of(course: Course) -> Iterator[Screening]:
    """Every screening of a course that found something changed, newest first."""
    rows = course.screenings.exclude(changes=[], problem="").select_related("seen__by", "hold", "decision")
    return rows.order_by("-pk")


def seen_since(course: Course, moment: datetime) -> bool:
    """Whether somebody has looked at what a screening after a moment found, and nothing found since waits to be seen."""
    rows = course.screenings.filter(at__gte=moment)
    return rows.filter(seen__isnull=False).exists() and not rows.filter(must_be_seen=True, seen__isnull=True).exists()


def changes_to_see(sites: set[int]) -> QuerySet[Screening]:
    """Screenings at these sites that somebody has to look at and nobody has, oldest first."""
    rows = Screening.objects.filter(must_be_seen=True, seen__isnull=True, course__site__in=sites)
    rows = rows.exclude(course__status=S.ENDED)
    return rows.select_related("course__patient", "course__prescriber").order_by("pk")
