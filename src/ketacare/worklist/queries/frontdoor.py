"""What waits at the front door: people who asked to be contacted, visits without a place, people who wait for one."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from ketacare.billing.models import Estimate
from ketacare.booking.queries import waiting_at, without_place
from ketacare.clinic.actor import Actor
from ketacare.clinic.permissions import sites_where
from ketacare.evaluation.queries import today_there
from ketacare.frontdesk.models import OPEN, ConsultationRequest
from ketacare.frontdesk.queries import clock_of, requests
from ketacare.worklist.queries.work import AT_MOST, WorkItem

NEXT = {
    ConsultationRequest.Status.NEW: "Answer a request",
    ConsultationRequest.Status.ANSWERED: "Agree on an appointment, or close the request",
    ConsultationRequest.Status.BOOKED: "Register who came, or close the request",
}


def requests_open(by: Actor, at: datetime) -> list[WorkItem]:
    """Requests for a consultation: without an answer, without an appointment, or with one that is over."""
    rows = requests(sites_where(by, "request.answer")).filter(status__in=OPEN).order_by("answer_by", "pk")
    return [request_item(row, at) for row in rows[:AT_MOST] if row.appointment_at is None or row.appointment_at <= at]


def request_item(row: ConsultationRequest, at: datetime) -> WorkItem:
    """One request, with how its clock stands."""
    clock = clock_of(row, at=at)
    is_new = row.status == ConsultationRequest.Status.NEW
    said = "; the answer is overdue" if clock.is_overdue else ""
    return WorkItem(
        what=NEXT[ConsultationRequest.Status(row.status)],
        patient_id=None,
        person=f"{row.given_name} {row.family_name}",
        why=f"{row.get_status_display()}, {row.site.name}{said}",
        since=row.received_at if is_new else row.appointment_at or row.answered_at or row.received_at,
        page="frontdesk:request",
        of=(row.pk,),
        button="Open the request",
        urgency=0 if clock.is_overdue else 1 if is_new else 2,
    )


def appointments_to_place(by: Actor, at: datetime) -> list[WorkItem]:
    """Appointments that lost their place and wait for somebody to call the patient."""
    return [
        WorkItem(
            what="Call: another time",
            patient_id=row.patient_id,
            person=str(row.patient) if row.patient else row.visitor_name,
            why=f"The {row.get_kind_display().lower()} of {row.starts_at:%d %b} has lost its place",
            since=row.booked_at,
            page="booking:appointment",
            of=(row.pk,),
            button="Find another time",
            urgency=0,
        )
        for row in without_place(sites_where(by, "booking.book"))[:AT_MOST]
    ]


def people_waiting(by: Actor, at: datetime) -> list[WorkItem]:
    """Patients on the waiting list for a place, or for an earlier one, whose days have not passed."""
    rows = waiting_at(sites_where(by, "booking.book"))
    return [
        WorkItem(
            what="Find a place for somebody who waits",
            patient_id=row.patient_id,
            person=str(row.patient),
            why=f"From {row.earliest_on:%d %b} to {row.latest_on:%d %b}, {row.get_part_display().lower()}",
            since=row.since,
            page="booking:course",
            of=(row.course_id,),
            button="Look for a place",
            urgency=1 if row.latest_on <= today_there(row.site, at) else 2,
        )
        for row in rows[:AT_MOST]
    ]


def estimates_to_give(by: Actor, at: datetime) -> list[WorkItem]:
    """The newest estimate of a course, where nobody has written down that the patient was given it."""
    later = Estimate.objects.filter(course=OuterRef("course"), version__gt=OuterRef("version"))
    rows = Estimate.objects.filter(site__in=sites_where(by, "billing.keep"), given__isnull=True).filter(~Exists(later))
    rows = rows.select_related("patient", "site").order_by("due_on", "pk")
    return [
        WorkItem(
            what="Give the patient the estimate",
            patient_id=row.patient_id,
            person=str(row.patient),
            why=f"Due by {row.due_on:%d %b %Y}" if row.due_on else "No day is set by law",
            since=row.at,
            page="billing:estimate",
            of=(row.pk,),
            button="Open the estimate",
            urgency=urgency_of(row, at),
        )
        for row in rows[:AT_MOST]
    ]


def urgency_of(row: Estimate, at: datetime) -> int:
    """How soon an estimate is to be given: after its day at once."""
    today = at.astimezone(ZoneInfo(row.site.time_zone)).date()
    return 2 if row.due_on is None or row.due_on > today else 1 if row.due_on == today else 0
