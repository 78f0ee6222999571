"""How the walk over every address fills this room's."""

from ketacare.portal.models import CheckIn, Trouble
from tests.cast import NOW, Cast
from tests.rooms import steps
from tests.rooms.billing import addresses as billing
from tests.rooms.infusion.treatment import START
from tests.rooms.portal import talking
from tests.rooms.portal.asked import DAY, booked, turn
from tests.rooms.rights import asking

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


def a_patient(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": cast.ada if site == HERE else cast.zoe}


def a_request(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": asking.asked(cast, "ada" if site == HERE else "zoe").pk}


def a_refused_request(cast: Cast, site: str) -> dict[str, object]:
    row = asking.asked(cast, "ada" if site == HERE else "zoe")
    return {"pk": asking.refused(cast, row, there=site != HERE).pk}


def a_thread(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": talking.written(cast, "ada" if site == HERE else "zoe").thread_id}


ARGUMENTS = {
    "portal:welcome": no_link,
    "portal:own-thread": a_thread,
    "portal:own-help": a_thread,
    "portal:own-estimate": billing.estimate,
    "portal:own-superbill": billing.superbill,
    "portal:own-restrict": lambda *_: {"scope": "research"},
    "portal:own-take": lambda *_: {"form": "json"},
    "portal:own-disagree": a_refused_request,
    "portal:erasure": a_patient,
    "portal:hand-over": a_patient,
    "portal:erase": a_patient,
    "rights:request": a_request,
    "portal:invite": a_patient,
    "portal:invite-withdraw": a_patient,
    "portal:thread": a_thread,
    "portal:thread-take": a_thread,
    "portal:thread-settle": a_thread,
    "portal:answer": no_link,
    "portal:help": no_link,
    "portal:stop": no_link,
    "portal:course": of_course,
    "portal:wishes": of_course,
    "portal:send": a_check_in,
    "portal:seen": a_trouble,
}
