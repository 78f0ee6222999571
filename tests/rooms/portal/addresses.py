"""How the walk over every address fills this room's."""

from ketacare.portal.models import CheckIn, Trouble
from tests.cast import NOW, Cast
from tests.rooms import steps
from tests.rooms.infusion.treatment import START
from tests.rooms.portal.asked import DAY, booked, turn

HERE = "here"


def a_check_in(cast: Cast, site: str) -> dict[str, object]:
    """What is asked before the first session."""
    people = cast if site == HERE else steps.at_the_other_site(cast)
    booked(people)
    turn(START - DAY)
    return {"pk": CheckIn.objects.get(course=people.ada_course).pk}


def a_trouble(cast: Cast, site: str) -> dict[str, object]:
    row = a_check_in(cast, site)["pk"]
    return {"pk": Trouble.objects.create(check_in_id=row, kind="unsure", told_at=NOW).pk}


def of_course(cast: Cast, site: str) -> dict[str, object]:
    return {"course_id": cast.ada_course if site == HERE else cast.zoe_course}


def no_link(cast: Cast, site: str) -> dict[str, object]:
    """A link that was never made: the room's own tests open real ones."""
    return {"token": "nothing"}


ARGUMENTS = {
    "portal:answer": no_link,
    "portal:help": no_link,
    "portal:stop": no_link,
    "portal:course": of_course,
    "portal:wishes": of_course,
    "portal:send": a_check_in,
    "portal:seen": a_trouble,
}
