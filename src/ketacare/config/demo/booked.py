"""Chairs, hours and booked courses of the demo's clinic, so that its schedule has something to show."""

from datetime import datetime, time, timedelta

from ketacare.booking import actions
from ketacare.booking.asking import proposals
from ketacare.booking.models import DAYS_A_WEEK
from ketacare.booking.values import Nothing, Wish
from ketacare.clinic.models import Course
from ketacare.config.demo.team import CHAIRS, DEMO, Team
from ketacare.planning.queries import newest_plan

OPENS, CLOSES = time(7), time(20)
WORKS_AS = {
    "nurse": "nurse",
    "second-nurse": "nurse",
    "colleague": "nurse",
    "prescriber": "prescriber",
    "second-prescriber": "prescriber",
}
WAITS = timedelta(weeks=2)
COURSES = 4  # booked ahead: enough for a week that is neither empty nor full


def open_hours(team: Team, *, at: datetime) -> None:
    """The chairs, when the clinic is open and who works when: every day, since a demo is started on any."""
    here = {"site_id": team.site.pk, "by": DEMO, "at": at}
    for name in CHAIRS:
        actions.add_chair(name=name, **here)
    for weekday in range(DAYS_A_WEEK):
        hours = {"weekday": weekday, "starts": OPENS, "ends": CLOSES}
        actions.add_opening(**hours, **here)
        for role, work in WORKS_AS.items():
            actions.add_working_hours(person_id=team.staff[role].user_id, work=work, **hours, **here)


def book_courses(team: Team, *, at: datetime) -> None:
    """Some courses booked ahead, and one patient on the waiting list."""
    by, found = team.staff["front-desk"], []
    for course in Course.objects.filter(site=team.site).select_related("site", "patient").order_by("pk"):
        if newest_plan(course) is None or course.treatment_sessions.filter(status="planned").exists():
            continue
        ways = proposals(course, Wish(first_on=at.date()), at=at)
        if isinstance(ways, Nothing):
            continue
        if len(found) == COURSES:
            days = {"earliest_on": at.date(), "latest_on": at.date() + WAITS}
            actions.put_on_waiting_list(
                course_id=course.pk, part="morning", note="Would come at short notice", **days, by=by, at=at
            )
            return
        found.append(actions.book_course(course_id=course.pk, places=ways[0].found.places, by=by, at=at))
