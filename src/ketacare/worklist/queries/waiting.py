"""What the frame itself knows to be waiting: courses at each station, holds, emergency accesses to review."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max
from django.db.models.functions import Coalesce

from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.indications import indication_name
from ketacare.clinic.models import Course, Hold
from ketacare.clinic.permissions import sites_where
from ketacare.clinic.queries import grants_to_review, proposals_open
from ketacare.followup.priors import queries as priors
from ketacare.worklist.queries.work import AT_MOST, WorkItem
from ketacare.worklist.rail import may_see

S = Course.Status


@dataclass(frozen=True, kw_only=True)
class Station:
    """What a course of one status waits for, who may do it, and where."""

    what: str
    why: str
    permission: str
    page: str
    button: str


STATIONS: dict[str, Station] = {
    S.REFERRED: Station(
        what="Start the evaluation",
        why="Referred: {indication}",
        permission="evaluation.answer",
        page="evaluation:course",
        button="Evaluate",
    ),
    S.IN_EVALUATION: Station(
        what="Decide on eligibility",
        why="In evaluation: {indication}",
        permission="evaluation.decide",
        page="evaluation:course",
        button="Open evaluation",
    ),
    S.ELIGIBLE: Station(
        what="Talk through consent",
        why="Found eligible: {indication}",
        permission="consent.sign",
        page="consent:course",
        button="Open consent",
    ),
    S.CONSENTED: Station(
        what="Make the plan",
        why="Consent is signed: {indication}",
        permission="plan.draft",
        page="planning:course",
        button="Open the plan",
    ),
}


def courses_waiting(by: Actor, at: datetime) -> list[WorkItem]:
    """Courses that stand where the reader is the one to move them."""
    items = []
    for status, station in STATIONS.items():
        if not may_see(by, station.page):
            continue
        rows = Course.objects.filter(status=status, site__in=sites_where(by, station.permission))
        rows = rows.filter(patient__closed_at__isnull=True).select_related("patient")
        rows = rows.annotate(since=Coalesce(Max("decisions__decided_at"), "opened_at"))
        items += [course_item(course, station) for course in rows.order_by("since", "pk")[:AT_MOST]]
    return items


def course_item(course: Course, station: Station) -> WorkItem:
    return WorkItem(
        what=station.what,
        patient_id=course.patient_id,
        person=str(course.patient),
        why=station.why.format(indication=indication_name(course.indication)),
        since=course.since,
        page=station.page,
        of=(course.pk,),
        button=station.button,
        urgency=2,
    )


def holds_in_place(by: Actor, at: datetime) -> list[WorkItem]:
    """Holds that the reader may lift once their condition is met."""
    rows = Hold.objects.filter(lifted_at__isnull=True, course__site__in=sites_where(by, "hold.lift"))
    rows = rows.exclude(course__status=S.ENDED).select_related("course__patient")
    return [
        WorkItem(
            what="On hold",
            patient_id=hold.course.patient_id,
            person=str(hold.course.patient),
            why=f"{hold.reason} Lifts when: {hold.lifts_when}",
            since=hold.placed_at,
            page="clinic:course-holds",
            of=(hold.course_id,),
            button="Review the hold",
            urgency=1,
        )
        for hold in rows.order_by("placed_at", "pk")[:AT_MOST]
    ]


def accesses_to_review(by: Actor, at: datetime) -> list[WorkItem]:
    """Emergency accesses that no quality lead has looked at."""
    return [
        WorkItem(
            what="Review an emergency access",
            patient_id=grant.patient_id,
            person=str(grant.patient),
            why=f"{grant.user}: {grant.reason}",
            since=grant.granted_at,
            page="clinic:quality",
            of=(),
            button="Review",
            urgency=1,
        )
        for grant in grants_to_review(sites=sites_where(by, "access.review"))[:AT_MOST]
    ]


def rulebooks_to_approve(by: Actor, at: datetime) -> list[WorkItem]:
    """Proposed rulebooks that the reader did not propose and may approve."""
    rows = proposals_open(sites=sites_where(by, "policy.approve")).exclude(proposed_by=user_id(by))
    return [
        WorkItem(
            what="Rule on a proposed rulebook",
            patient_id=None,
            person=one.site.name,
            why=f"{one.proposed_by}: {one.reason}",
            since=one.proposed_at,
            page="evaluation:rulebook-proposal",
            of=(one.pk,),
            button="See whom it concerns",
            urgency=2,
        )
        for one in rows[:AT_MOST]
    ]


def priors_to_approve(by: Actor, at: datetime) -> list[WorkItem]:
    """Proposed priors of forecasts that the reader did not propose and may approve."""
    rows = priors.waiting(sites_where(by, "forecast.priors")).exclude(proposed_by=user_id(by))
    return [
        WorkItem(
            what="Rule on proposed priors of forecasts",
            patient_id=None,
            person=one.site.name,
            why=f"{one.proposed_by}: {one.reason}",
            since=one.proposed_at,
            page="followup:priors-proposal",
            of=(one.pk,),
            button="See what they change",
            urgency=2,
        )
        for one in rows[:AT_MOST]
    ]
