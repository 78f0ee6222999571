"""The messenger with 10,000 people due at once: keeping what opened, writing to everybody, and the turn after, which finds nothing to do."""

from datetime import timedelta

from django.conf import settings
from django.db import connection

from ketacare.clinic.models import Course, Patient
from ketacare.config.live import messenger
from ketacare.infusion.models import Session
from ketacare.portal.models import CheckIn, ContactWishes, CourseClock, Message
from tests.bench.figures import Figure, says, show, timed
from tests.bench.patients import patient
from tests.bench.place import clinic
from tests.cast import NOW, Cast

PEOPLE, BATCH, ROUNDS = 10_000, 2000, 3
DAY = timedelta(days=1)
AT_NOON = NOW + timedelta(hours=3)


def run() -> None:
    """Everybody has a session tomorrow and is to be asked today."""
    settings.CAN_SEND_EMAIL, settings.EMAIL_BACKEND = True, "django.core.mail.backends.dummy.EmailBackend"
    with clinic("messenger") as people:
        fill(people)
        idle_before = timed(lambda: messenger.turn(at=NOW - 3 * DAY))
        asked = timed(lambda: messenger.ask_courses(AT_NOON))
        sent = timed(lambda: messenger.send(AT_NOON))
        assert CheckIn.objects.count() == Message.objects.filter(status=Message.Status.SENT).count() == PEOPLE
        after = tuple(timed(lambda: messenger.turn(at=AT_NOON)) for _ in range(ROUNDS))
    show(
        f"s a turn, {PEOPLE:,} people with a session tomorrow, SQLite",
        [
            Figure(label="three days before: nothing is due", values=(idle_before,)),
            Figure(label="their check-ins open and are kept", values=(asked,)),
            Figure(label="each is written to (the mail server answers at once)", values=(sent,)),
            Figure(label="the turn after: nothing more is due", values=after),
        ],
    )
    says(
        "the messenger has a thread of its own: no alarm waits for it. A message is two transactions with their audit."
    )


def fill(people: Cast) -> None:
    """Many people with a course, a first session tomorrow and an address. Not by actions: this is for measuring only."""
    sites, first = Patient.sites.through, Patient.objects.order_by("-pk").values_list("pk", flat=True)[0] + 1
    for start in range(first, first + PEOPLE, BATCH):
        ids = range(start, start + BATCH)
        Patient.objects.bulk_create([patient(pk) for pk in ids])
        sites.objects.bulk_create([sites(patient_id=pk, site_id=people.here) for pk in ids])
        ContactWishes.objects.bulk_create([wishes(pk) for pk in ids])
        Course.objects.bulk_create([course(pk, people.here) for pk in ids])
        rows = Course.objects.filter(patient__in=ids)
        CourseClock.objects.bulk_create([CourseClock(course=one, asked_from=NOW - 4 * DAY) for one in rows])
        Session.objects.bulk_create([session(one) for one in rows])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def wishes(patient_id: int) -> ContactWishes:
    return ContactWishes(
        patient_id=patient_id,
        channel="email",
        email=f"p{patient_id}@patients.example",
        time_zone="Europe/Berlin",
        hour=10,
        quiet_from_h=21,
        quiet_until_h=8,
        language="en",
        kept_at=NOW,
    )


def course(patient_id: int, site_id: int) -> Course:
    return Course(patient_id=patient_id, site_id=site_id, indication="mdd_trd", status="planned", opened_at=NOW)


def session(one: Course) -> Session:
    return Session(
        course=one,
        patient_id=one.patient_id,
        site_id=one.site_id,
        number=1,
        planned_at=NOW + DAY,
        route="iv_ketamine",
        schedule="iv",
    )
