"""How the walk over every address fills those of this room."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ketacare.booking import actions
from ketacare.booking.models import Appointment
from ketacare.clinic.models import Site
from tests.cast import NOW, Cast
from tests.rooms import steps
from tests.rooms.booking.opened import opened
from tests.rooms.followup.wanting import wanted_after_a_session

SOON = date(2026, 3, 5)


def people_of(cast: Cast, site: str) -> Cast:
    return cast if site == "here" else steps.at_the_other_site(cast)


def consultation(cast: Cast, site: str) -> Appointment:
    """Ada has a consultation at the site."""
    people = people_of(cast, site)
    opened(people, chairs=0)
    zone = ZoneInfo(Site.objects.get(pk=people.here).time_zone)
    return actions.book_consultation(
        site_id=people.here, prescriber_id=people.staff["prescriber"], patient=people.patient("ada"),
        starts_at=datetime.combine(SOON, time(10), zone), by=people.actor("front-desk"), at=NOW,
    )  # fmt: skip


def appointment(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": consultation(cast, site).pk}


def a_site(cast: Cast, site: str) -> dict[str, object]:
    return {"site_id": people_of(cast, site).here}


def a_course(cast: Cast, site: str) -> dict[str, object]:
    return {"course_id": people_of(cast, site).ada_course}


def absence(cast: Cast, site: str) -> dict[str, object]:
    people = people_of(cast, site)
    row = actions.add_absence(
        site_id=people.here, person_id=people.staff["nurse"], starts_at=NOW, ends_at=NOW + timedelta(days=1),
        why="sick", by=people.actor("front-desk"), at=NOW,
    )  # fmt: skip
    return {"pk": row.pk}


def waiting(cast: Cast, site: str) -> dict[str, object]:
    people = people_of(cast, site)
    row = actions.put_on_waiting_list(
        course_id=people.ada_course, earliest_on=SOON, latest_on=SOON, part="any", by=people.actor("front-desk"), at=NOW
    )
    return {"pk": row.pk}


def unavailable(cast: Cast, site: str) -> dict[str, object]:
    people = people_of(cast, site)
    row = actions.say_unavailable(
        course_id=people.ada_course, on=SOON, starts=time(8), ends=time(9), by=people.actor("front-desk"), at=NOW
    )
    return {"pk": row.pk}


def wanted(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": wanted_after_a_session(people_of(cast, site)).pk}


def chair(cast: Cast, site: str) -> dict[str, object]:
    people = people_of(cast, site)
    row = actions.add_chair(site_id=people.here, name="Chair 9", by=people.actor("front-desk"), at=NOW)
    return {"what": "chairs", "pk": row.pk}


# name of the address -> how to fill it
ARGUMENTS = {
    "booking:day-sheet": a_site,
    "booking:day-plan": a_site,
    "booking:absences": a_site,
    "booking:absence-end": absence,
    "booking:waiting-end": waiting,
    "booking:wait": a_course,
    "booking:course": a_course,
    "booking:unavailable": a_course,
    "booking:unavailable-end": unavailable,
    "booking:wanted": wanted,
    "booking:appointment": appointment,
    "booking:move": appointment,
    "booking:call-off": appointment,
    "booking:ics": appointment,
    "booking:settle": lambda cast, site: a_site(cast, site) | {"what": "chairs"},
    "booking:settle-end": chair,
    "booking:feed": lambda *_: {"token": "unknown"},
}
