"""What waits about check-ins: links on another device, messages that did not go."""

from datetime import datetime

from ketacare.clinic.actor import Actor
from ketacare.clinic.permissions import sites_where
from ketacare.portal.queries import troubles
from ketacare.worklist.queries.work import AT_MOST, WorkItem


def troubles_open(by: Actor, at: datetime) -> list[WorkItem]:
    """Troubles of check-ins that nobody has seen."""
    return [
        WorkItem(
            what="See to a check-in",
            patient_id=one.check_in.course.patient_id,
            person=str(one.check_in.course.patient),
            why=one.get_kind_display(),
            since=one.told_at,
            page="portal:course",
            of=(one.check_in.course_id,),
            button="Open the check-ins",
            urgency=1,
        )
        for one in troubles(sites_where(by, "checkin.arrange"))[:AT_MOST]
    ]
