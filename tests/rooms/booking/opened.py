"""A clinic with chairs, hours and people on duty, by actions alone."""

from collections.abc import Iterable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from ketacare.booking import actions
from ketacare.booking.asking import proposals
from ketacare.booking.models import Appointment
from ketacare.booking.values import Place, Wish
from ketacare.clinic.models import Membership
from tests.cast import NOW, Cast, person
from tests.rooms import steps

OPENS, CLOSES = time(8), time(18)
WORKDAYS = range(5)
BERLIN = ZoneInfo("Europe/Berlin")


def opened(cast: Cast, *, chairs: int = 2, days: Iterable[int] = WORKDAYS) -> None:
    """The harbour clinic: so many chairs, one nurse and one prescriber, open on the days of the week."""
    by, here = cast.actor("front-desk"), {"site_id": cast.here, "at": NOW}
    for number in range(chairs):
        actions.add_chair(name=f"Chair {number + 1}", by=by, **here)
    for weekday in days:
        actions.add_opening(weekday=weekday, starts=OPENS, ends=CLOSES, by=by, **here)
    works(cast, cast.staff["nurse"], "nurse", days=days)
    works(cast, cast.staff["prescriber"], "prescriber", days=days)


def works(cast: Cast, person_id: int, work: str, *, days: Iterable[int] = WORKDAYS) -> None:
    """A person's hours: the whole of the opening."""
    for weekday in days:
        actions.add_working_hours(
            site_id=cast.here, person_id=person_id, work=work, weekday=weekday, starts=OPENS, ends=CLOSES,
            by=cast.actor("front-desk"), at=NOW,
        )  # fmt: skip


def another(cast: Cast, work: str, name: str) -> int:
    """One more nurse or prescriber of the harbour clinic, with hours."""
    user = person(f"{name.lower()}@harbour.example", name)
    Membership.objects.create(user=user, site_id=cast.here, role=work)
    works(cast, user.pk, work)
    return user.pk


def settle(cast: Cast, name: str, value: int) -> None:
    """The harbour clinic settles a number."""
    by = cast.actor("front-desk")
    actions.settle_number(site_id=cast.here, name=name, value=value, reason="As we staff it", by=by, at=NOW)


def best(cast: Cast, *, first_on: date = steps.FIRST_ON, part: str = "any", at: datetime = NOW) -> dict[int, Place]:
    """The first proposal for Ada's course."""
    found = proposals(cast.course("ada"), Wish(first_on=first_on, part=part), at=at)
    assert isinstance(found, list), found
    return dict(found[0].places)


def booked(cast: Cast, places: dict[int, Place] | None = None, *, at: datetime = NOW) -> list[Appointment]:
    """Ada's whole course booked by the front desk."""
    given = best(cast, at=at) if places is None else places
    return actions.book_course(course_id=cast.ada_course, places=given, by=cast.actor("front-desk"), at=at)
