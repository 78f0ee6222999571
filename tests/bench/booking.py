"""Six sessions into a month that is 85 % full, and a day of it arranged anew when a nurse is sick; on both databases."""

import random
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from ketacare.booking import actions, slices
from ketacare.booking.asking import Proposal, proposals
from ketacare.booking.models import Appointment, Taken
from ketacare.booking.rearranging import arranged
from ketacare.booking.values import Wish
from ketacare.clinic.models import Course, Patient, Site
from ketacare.infusion.models import Session
from tests.bench.figures import Figure, says, show, timed
from tests.bench.place import clinic
from tests.cast import NOW, Cast
from tests.faults.postgres import Postgres, clinic_on
from tests.rooms import steps
from tests.rooms.booking.opened import BERLIN, another, opened

CHAIRS, NURSES, PRESCRIBERS = 8, 6, 3
FULL = 0.85  # of the chairs' minutes
DAYS, FIRST_ON = 45, date(2026, 3, 3)
STAY, OPEN = timedelta(minutes=140), timedelta(hours=10)
STARTS = tuple(time(8 + hour // 60, hour % 60) for hour in range(0, 600 - 140 + 1, 140))  # four stays a chair and day
SICK_ON = date(2026, 3, 10)
TIMES = 5
COURSE_GOAL_S, DAY_GOAL_S = 2.0, 5.0


def run() -> int:
    """Measure on SQLite and PostgreSQL; 1 when a goal is missed."""
    with clinic("booking") as people:
        figures = measured(people, "SQLite")
    with TemporaryDirectory() as folder, clinic_on(Postgres(Path(folder) / "postgres")) as people:
        figures += measured(people, "PostgreSQL")
    show(f"s, {CHAIRS} chairs, {NURSES} nurses, {PRESCRIBERS} prescribers", [figure for figure, _ in figures])
    says(f"the goals are {COURSE_GOAL_S:g} s for six sessions and {DAY_GOAL_S:g} s for a day.")
    return int(any(max(figure.values) > goal for figure, goal in figures))


def measured(people: Cast, engine: str) -> list[tuple[Figure, float]]:
    """Fill the month; time the proposals, booking one of them, and arranging a day anew."""
    nurses, prescribers = staffed(people)
    fill(people, nurses, prescribers)
    steps.planned(people)
    course, wish = people.course("ada"), Wish(first_on=steps.FIRST_ON)
    site = Site.objects.get(pk=people.here)
    found = proposals(course, wish, at=NOW)
    asked = Figure(label=f"{engine}: three proposals", values=tuples(lambda: proposals(course, wish, at=NOW)))
    best = found[0].found.places
    by = people.actor("front-desk")
    booked = timed(lambda: actions.book_course(course_id=course.pk, places=best, by=by, at=NOW))
    begins = datetime.combine(SICK_ON, time(), BERLIN)
    actions.add_absence(
        site_id=site.pk,
        person_id=nurses[0],
        starts_at=begins,
        ends_at=begins + timedelta(days=1),
        why="sick",
        by=by,
        at=NOW,
    )
    plan = arranged(site, SICK_ON, at=NOW)
    day = Figure(label=f"{engine}: a day, a nurse sick", values=tuples(lambda: arranged(site, SICK_ON, at=NOW)))
    print(told(engine, found), flush=True)
    print(
        f"{engine}: of {plan.looked_at} of the day {len(plan.changes)} change, {plan.calls} called. {plan.answer.says}"
    )
    return [
        (asked, COURSE_GOAL_S),
        (Figure(label=f"{engine}: booking the six", values=(booked,)), COURSE_GOAL_S),
        (day, DAY_GOAL_S),
    ]


def told(engine: str, found: list[Proposal]) -> str:
    """How full the clinic is and how good the proposals are."""
    says_each = "; ".join(
        f"{one.part}: {'optimal' if one.found.is_optimal else f'gap {one.found.gap:.0%}'}" for one in found
    )
    return f"\n{engine}, {Appointment.objects.count():,} appointments, {Taken.objects.count():,} slices. {says_each}"


def tuples(work: object) -> tuple[float, ...]:
    """How long something takes, several times."""
    return tuple(timed(work) for _ in range(TIMES))


def staffed(people: Cast) -> tuple[list[int], list[int]]:
    """The clinic with everybody who works there."""
    opened(people, chairs=CHAIRS)
    nurses = [people.staff["nurse"], *(another(people, "nurse", f"Nurse{n}") for n in range(NURSES - 1))]
    prescribers = [
        people.staff["prescriber"],
        *(another(people, "prescriber", f"Doctor{n}") for n in range(PRESCRIBERS - 1)),
    ]
    return nurses, prescribers


def fill(people: Cast, nurses: list[int], prescribers: list[int]) -> None:
    """A month of other people's sessions. Not by actions: this is for measuring only."""
    chance, site = random.Random(1), Site.objects.get(pk=people.here)
    chairs = list(site.chairs.order_by("pk"))
    kept = FULL * (OPEN / STAY) / len(STARTS)
    spots = [
        (day, start, place)
        for day in slices.days(FIRST_ON, FIRST_ON + timedelta(days=DAYS))
        for start in STARTS
        for place in range(CHAIRS)
        if day.weekday() < 5 and chance.random() < kept
    ]
    rows = [made(site, spot, chairs, nurses, prescribers) for spot in spots]
    Patient.objects.bulk_create([row.patient for row in rows])
    for row in rows:
        row.course.patient = row.session.patient = row.patient = row.patient  # known by its number from now on
    Course.objects.bulk_create([row.course for row in rows])
    for row in rows:
        row.session.course = row.course = row.course
    Session.objects.bulk_create([row.session for row in rows])
    for row in rows:
        row.session = row.session
    Appointment.objects.bulk_create(rows)
    Taken.objects.bulk_create([slot for row in rows for slot in slots(row, nurses, chairs)], batch_size=5000)


def made(
    site: Site, spot: tuple[date, time, int], chairs: list, nurses: list[int], prescribers: list[int]
) -> Appointment:
    """One appointment with its patient, course and session."""
    day, start, place = spot
    begins = datetime.combine(day, start, ZoneInfo(site.time_zone))
    who = Patient(given_name="P", family_name="Q", born_on=date(1990, 1, 1), sex_at_birth="female")
    course = Course(patient=who, site=site, indication="mdd_trd", opened_at=NOW)
    session = Session(
        course=course,
        patient=who,
        site=site,
        number=1,
        planned_at=begins,
        route="iv_ketamine",
        schedule="iv_ketamine",
    )
    return Appointment(
        site=site, kind="session", patient=who, course=course, session=session, starts_at=begins,
        ends_at=begins + STAY - timedelta(minutes=10), free_at=begins + STAY, chair=chairs[place],
        nurse_id=nurses[place % NURSES], prescriber_id=prescribers[place % PRESCRIBERS], booked_at=NOW,
    )  # fmt: skip


def slots(row: Appointment, nurses: list[int], chairs: list) -> list[Taken]:
    """What one appointment takes: two chairs share a nurse, three a prescriber."""
    place = chairs.index(row.chair)
    span = range(slices.at_or_before(row.starts_at), slices.at_or_after(row.free_at))
    wanted = (
        (f"chair:{row.chair_id}", 0),
        (f"nurse:{row.nurse_id}", place // NURSES),
        (f"prescriber:{row.prescriber_id}", place // PRESCRIBERS),
        (f"patient:{row.patient_id}", 0),
    )
    return [Taken(resource=one, slice=number, place=at, appointment=row) for one, at in wanted for number in span]
