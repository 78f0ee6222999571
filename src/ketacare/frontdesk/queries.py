"""Requests, the queue, how late an answer is, and who the person may be already."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Max, QuerySet
from django.db.models.functions import Coalesce, Greatest

from ketacare.clinic.actor import Actor
from ketacare.clinic.models import Patient, Role, Site, User
from ketacare.clinic.permissions import sites_where, visible_patients
from ketacare.clinic.queries import in_force
from ketacare.frontdesk.likeness import Likeness, Person, alike, weights
from ketacare.frontdesk.models import OPEN, ConsultationRequest, IdentityDecision, ResponseTarget
from ketacare.science.selfcheck import definition
from ketacare.science.selfcheck.verdict import Answers, Outcome, judge

DEFAULT_TARGET_H = 24
LATELY_D = 30
COLUMNS = ("pk", "given_name", "family_name", "born_on", "phone", "email")


@dataclass(frozen=True, kw_only=True)
class Clock:
    """How long a request may still wait, or how long ago it was answered."""

    answer_by: datetime
    answered_at: datetime | None
    is_overdue: bool

    @property
    def was_late(self) -> bool:
        """Whether it was answered, and too late."""
        return self.answered_at is not None and self.answered_at > self.answer_by


@dataclass(frozen=True, kw_only=True)
class Line:
    """One request of the queue."""

    request: ConsultationRequest
    clock: Clock


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A registered patient who may be the person, and what somebody decided about that."""

    patient: Patient
    likeness: Likeness
    decision: IdentityDecision | None

    @property
    def is_strong(self) -> bool:
        """Whether much says so."""
        return self.likeness.score >= weights().strong_from


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """Another request that may be of the same person."""

    request: ConsultationRequest
    likeness: Likeness


def target_hours(site: Site) -> int:
    """Within how many hours a site answers."""
    newest = ResponseTarget.objects.filter(site=site).order_by("-pk").first()
    return newest.hours if newest else DEFAULT_TARGET_H


def prescribers(site: Site) -> QuerySet[User]:
    """Who may see somebody for a first visit at a site."""
    rows = User.objects.filter(is_active=True, memberships__site=site, memberships__role=Role.PRESCRIBER)
    return rows.distinct().order_by("name", "pk")


def sites_with_hours(by: Actor) -> list[tuple[Site, int]]:
    """The sites whose response time the reader settles, with the hours in force."""
    rows = Site.objects.filter(pk__in=sites_where(by, "request.settle")).order_by("name", "pk")
    return [(row, target_hours(row)) for row in rows]


def clock_of(request: ConsultationRequest, *, at: datetime) -> Clock:
    """How long a request has waited against its hours."""
    return Clock(
        answer_by=request.answer_by,
        answered_at=request.answered_at,
        is_overdue=request.answered_at is None and request.status in OPEN and request.answer_by < at,
    )


def requests(sites: Iterable[int]) -> QuerySet[ConsultationRequest]:
    """Requests at these sites."""
    return ConsultationRequest.objects.filter(site_id__in=sites).select_related("site", "patient", "repeats")


def queue(by: Actor, *, at: datetime) -> list[Line]:
    """What waits at the reader's front desks: without an answer first, the one due soonest on top."""
    rows = requests(sites_where(by, "request.view")).filter(status__in=OPEN).order_by("answer_by", "pk")
    lines = [Line(request=row, clock=clock_of(row, at=at)) for row in rows]
    return sorted(lines, key=lambda line: line.clock.answered_at is not None)


def done_lately(by: Actor, *, at: datetime) -> list[ConsultationRequest]:
    """Requests of the last thirty days that need nothing any more, newest first."""
    rows = requests(sites_where(by, "request.view")).exclude(status__in=OPEN)
    return list(rows.filter(received_at__gt=at - timedelta(days=LATELY_D)).order_by("-pk"))


def person_of(row: Patient | ConsultationRequest) -> Person:
    """What somebody is compared by."""
    return Person(
        given_name=row.given_name,
        family_name=row.family_name,
        born_on=row.born_on,
        phone=row.phone,
        email=row.email,
    )


def people(rows: QuerySet[Patient] | QuerySet[ConsultationRequest]) -> Iterable[tuple[int, Person]]:
    """What many are compared by, in one query."""
    for pk, given_name, family_name, born_on, phone, email in rows.values_list(*COLUMNS):
        yield (
            pk,
            Person(given_name=given_name, family_name=family_name, born_on=born_on, phone=phone, email=email),
        )


def candidates(request: ConsultationRequest, by: Actor) -> list[Candidate]:
    """Patients whom the reader may see and who may be the person who asked, the likeliest first."""
    found = alike(person_of(request), people(visible_patients(by)))
    rows = Patient.objects.in_bulk([pk for pk, _ in found])
    decided = {one.patient_id: one for one in request.identity_decisions.select_related("decided_by").order_by("pk")}
    return [Candidate(patient=rows[pk], likeness=like, decision=decided.get(pk)) for pk, like in found]


def other_requests(request: ConsultationRequest) -> list[Earlier]:
    """Other requests at the site that may be of the same person and led to no patient, the likeliest first."""
    others = requests([request.site_id]).exclude(pk=request.pk).filter(patient__isnull=True, erased_at__isnull=True)
    rows = dict(alike(person_of(request), people(others)))
    found = others.in_bulk(list(rows))
    return [Earlier(request=found[pk], likeness=like) for pk, like in rows.items()]


def outcome_of(site: Site, answers: Answers, *, at: datetime) -> Outcome:
    """What the eligibility book in force at a site makes of somebody's own answers."""
    check = definition.load()
    book, policy = in_force(site, check.book, at=at)
    day = at.astimezone(ZoneInfo(site.time_zone)).date()
    return judge(check, answers, book=book, policy=policy, on=day)


def led_to_nothing(site: Site) -> QuerySet[ConsultationRequest]:
    """Closed requests of people who never became patients, not erased yet, each with ``over_at``: the last contact about it."""
    rows = ConsultationRequest.objects.filter(site=site, status=ConsultationRequest.Status.CLOSED)
    moments = [Coalesce(one, "received_at") for one in ("answered_at", "appointment_at", Max("tries__at"))]
    return rows.filter(patient__isnull=True, erased_at__isnull=True).annotate(over_at=Greatest(*moments))
