"""What stands against a place: every reason at once. The database has the last word on time that two want."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from ketacare.booking import lasting, slices
from ketacare.booking.asking import Asked, broken, site_day
from ketacare.booking.models import Appointment
from ketacare.booking.standing import View, cannot_come, clinic_between, standing
from ketacare.booking.taking import DESK
from ketacare.booking.values import KINDS, Clinic, Kind, Lasts, Place
from ketacare.clinic.errors import Reason
from ketacare.clinic.models import Site
from ketacare.followup.models import WantedSession
from ketacare.followup.wanted import reasons_against_booking

NOT_THERE: Mapping[Kind, str] = {
    "chair": "The chair is taken, or not there any more.",
    "nurse": "The nurse is not there, or looks after as many as the site allows.",
    "prescriber": "The prescriber is not on site for the whole time, or stands by for as many as the site allows.",
}


def reasons_against_places(
    asked: Asked,
    places: Mapping[int, Place],
    lasts: Mapping[int, Lasts],
    *,
    moved: Mapping[int, Appointment],
    at: datetime,
) -> Iterator[Reason]:
    """Why sessions of a course cannot have these places."""
    for number in sorted(set(places) - set(asked.numbers)):
        yield Reason(text=f"Session {number} has begun, or is not in the plan.", who="a prescriber")
    for one in broken(asked, {number: places[number].start for number in asked.numbers if number in places}):
        most = "" if one.most_days is None else f" and at most {one.most_days}"
        text = f"Sessions {one.before} and {one.after} lie at least {one.least_days} days{most} apart in this protocol."
        yield Reason(text=text, who="a prescriber changes the plan")
    without = [row.pk for row in moved.values()]
    for number, place in sorted(places.items()):
        if number in lasts:
            for why in reasons_against(
                asked.course.site, asked.course.patient_id, place, lasts[number], without=without, at=at
            ):
                yield Reason(text=f"Session {number}: {why}", who=DESK)


def reasons_against(
    site: Site, patient_id: int, place: Place, lasts: Lasts, *, without: Collection[int], at: datetime
) -> Iterator[str]:
    """Why one stay cannot have a place."""
    size, starts_at = lasting.length(lasts), slices.moment_of(place.start)
    if starts_at <= at:
        yield "The time lies in the future."
        return
    day = site_day(site, starts_at)
    clinic = clinic_between(site, day, day, without=without)
    stay = slice(place.start - clinic.first, place.start - clinic.first + size)
    if not is_whole(clinic.is_open[stay], size):
        yield "The site is not open for the whole of it."
    if cannot_come(site, patient_id, day, day, without=without)[stay].any():
        yield "The patient cannot come then, or has another appointment."
    yield from (NOT_THERE[kind] for kind in KINDS if not has_room(clinic, kind, place, stay, size))


def is_whole(found: object, size: int) -> bool:
    """Whether every slice of a stay lies inside the day and is true."""
    return len(found) == size and bool(found.all())


def has_room(clinic: Clinic, kind: Kind, place: Place, stay: slice, size: int) -> bool:
    """Whether a chair or person has room for the whole of a stay."""
    pool = next((one for one in clinic.of(kind) if one.id == place.of(kind)), None)
    return pool is not None and is_whole(pool.room[stay] > 0, size)


def reasons_against_wanted(
    row: WantedSession, place: Place, lasts: Lasts, *, replaced: Appointment | None, at: datetime
) -> Iterator[Reason]:
    """Why a wanted session cannot have a place."""
    yield from reasons_against_booking(row, slices.moment_of(place.start), at=at)
    without = [replaced.pk] if replaced else []
    course = row.course
    for why in reasons_against(course.site, course.patient_id, place, lasts, without=without, at=at):
        yield Reason(text=why, who=DESK)


def reasons_against_consultation(row: Appointment, *, at: datetime) -> Iterator[Reason]:
    """Why a consultation cannot be at a time."""
    if row.patient is None and not row.visitor_name:
        yield Reason(text="Say who comes.", who=DESK)
    if row.ends_at <= row.starts_at or row.starts_at <= at:
        yield Reason(text="The time lies in the future.", who=DESK)
        return
    if not is_on_site(row):
        yield Reason(text="The prescriber does not work here for the whole of it.", who=DESK)
    taken = standing([row.site_id]).filter(kind=row.kind, prescriber=row.prescriber)
    if taken.filter(starts_at__lt=row.free_at, free_at__gt=row.starts_at).exists():
        yield Reason(text="The prescriber has another consultation then.", who=DESK)


def is_on_site(row: Appointment) -> bool:
    """Whether a prescriber works at a site, while it is open, for the whole of an appointment."""
    day, zone = site_day(row.site, row.starts_at), ZoneInfo(row.site.time_zone)
    first = slices.whole_day(day, zone)
    view = View(site=row.site, zone=zone, first=first.start, size=len(first), first_on=day, last_on=day)
    works = dict(view.people("prescriber")).get(row.prescriber_id, view.mask())
    here = works & view.opening() & ~view.away().get(row.prescriber_id, view.mask())
    stay = range(slices.at_or_before(row.starts_at), slices.at_or_after(row.free_at))
    return is_whole(here[view.cut(stay)], len(stay))
