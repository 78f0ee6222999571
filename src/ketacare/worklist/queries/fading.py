"""What waits because it fades: responses that were lost, sessions that somebody wants."""

from datetime import datetime

from ketacare.clinic.actor import Actor
from ketacare.clinic.permissions import sites_where
from ketacare.clinic.queries import prescribers_at
from ketacare.followup.review_losses import losses
from ketacare.followup.wanted import to_book
from ketacare.ui.words import plain
from ketacare.worklist.queries.rooms import is_for
from ketacare.worklist.queries.work import AT_MOST, WorkItem


def responses_lost(by: Actor, at: datetime) -> list[WorkItem]:
    """Responses lost since the last review: for the responsible prescriber; where none can look, for each of the site."""
    sites = sites_where(by, "review.decide")
    here = set(prescribers_at(sites).values_list("site", "user"))
    mine = [one for one in losses(sites) if is_for(one.course, by, prescribers=here)]
    return [
        WorkItem(
            what="A response was lost",
            patient_id=one.course.patient_id,
            person=str(one.course.patient),
            why=f"{one.instrument.abbreviation} {plain(one.best.value)} at its best, now {plain(one.current.value)}; "
            + (f"{one.course.prescriber.name} sees to it" if one.course.prescriber else "nobody is responsible yet"),
            since=one.current.at,
            page="followup:review",
            of=(one.course.pk,),
            button="Review and decide",
            urgency=1,
        )
        for one in mine[:AT_MOST]
    ]


def sessions_to_book(by: Actor, at: datetime) -> list[WorkItem]:
    """Sessions that a prescriber wants and nobody has booked."""
    return [
        WorkItem(
            what="Book a session",
            patient_id=one.course.patient_id,
            person=str(one.course.patient),
            why=f"Wanted on {one.wanted_on:%d %b %Y} by {one.by.name}"
            + (f", instead of session {one.instead_of.number}" if one.instead_of else ""),
            since=one.at,
            page="booking:wanted",
            of=(one.pk,),
            button="Find the hour",
            urgency=1,
        )
        for one in to_book(sites_where(by, "infusion.plan"))[:AT_MOST]
    ]
