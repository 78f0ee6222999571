"""The clock of a course: what opened is kept, what a session closed is closed, what was called off is left."""

from datetime import datetime

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch
from ketacare.infusion.models import Session
from ketacare.portal import asking, queries
from ketacare.portal.asking import Changes
from ketacare.portal.models import CheckIn, CheckInScale, CourseClock
from ketacare.science.checkins import plan as plans
from ketacare.science.checkins import schedule
from ketacare.science.scales import library


@transaction.atomic
def ask_course(*, course_id: int, by: Actor, at: datetime) -> Changes:
    """Keep what a course is asked as of now; the same turn twice, or two at once, writes it once."""
    fetch(by, "checkin.run", Course.objects.select_for_update(of=("self",)), pk=course_id)
    CourseClock.objects.get_or_create(course_id=course_id, defaults={"asked_from": at})
    course = asking.courses(Course.objects.all()).get(pk=course_id)
    found = asking.changes(course, at=at)
    for one in found.opened:
        keep_check_in(course, one, at=at)
    for shift in found.shifted:
        shift.row.closes_at, shift.row.is_overtaken = shift.closes_at, shift.is_overtaken
        shift.row.save(update_fields=["closes_at", "is_overtaken"])
    for row in found.called_off:
        row.called_off_at = at
        row.save(update_fields=["called_off_at"])
    if found:
        counts = {name: len(getattr(found, name)) for name in ("opened", "shifted", "called_off")}
        audit.record(by=by, at=at, did="check-ins kept", on=course, details=counts)
    return found


def keep_check_in(course: Course, one: schedule.CheckIn, *, at: datetime) -> None:
    """A check-in that opened, with the version of each scale that is asked from now on."""
    session = Session.objects.get(pk=int(one.anchor))
    row = CheckIn.objects.create(
        course=course,
        session=session,
        key=one.key,
        point_id=one.point.id,
        plan_version=plans.load().version,
        nurse_id=queries.nurse_of(session) if one.point.anchor == "given" else None,
        opens_at=one.opens_at,
        closes_at=one.closes_at,
        is_overtaken=one.is_overtaken,
        kept_at=at,
    )
    for place, asked in enumerate(one.asks):
        version = library.load(asked.scale).version
        CheckInScale.objects.create(check_in=row, place=place, instrument_id=asked.scale, instrument_version=version)
