"""Pages with 50,000 patients in the database: how many queries, and how long a reader waits."""

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ketacare.clinic.models import Course, Patient
from ketacare.record.models import Entry
from tests.bench.figures import Figure, says, show, timed
from tests.bench.place import browser, clinic
from tests.cast import NOW, Cast
from tests.rooms.infusion import treatment

PATIENTS, REQUESTS, BATCH = 50_000, 100, 2000
GOAL_MS, MOST_QUERIES = 500, 30
GIVEN = ("Alma", "Bruno", "Carla", "Dario", "Elif", "Farid", "Greta", "Hugo")
FAMILY = ("Abel", "Brandt", "Cruz", "Demir", "Ekman", "Fontaine", "Gruber", "Holm", "Ivanov", "Jansen")
PAGES = (PATIENTS // 50) - 1


def run() -> None:
    with clinic("patients") as people:
        session = treatment.settled(people)
        crowd(people)
        client, chance = browser(people.user("nurse")), random.Random(1)
        pages = {
            "patients list, any page": lambda: reverse("worklist:patients") + f"?page={chance.randint(1, PAGES)}",
            "a patient's chart": lambda: reverse("worklist:patient", args=[chance.randint(1, PATIENTS)]),
            "a patient's record": lambda: reverse("record:documents", args=[chance.randint(1, PATIENTS)]),
            "a session's report": lambda: reverse("infusion:report", args=[session.pk]),
            "today": lambda: reverse("worklist:today"),
        }
        measured = [visited(name, client, address) for name, address in pages.items()]
        client.post(reverse("worklist:patients-filter"), {"person": "Greta Gruber"})
        measured.append(visited("patients list, looked for by name", client, lambda: reverse("worklist:patients")))
    show(f"ms a page, {REQUESTS} requests, {PATIENTS:,} patients", [times for times, _ in measured])
    show("queries a page", [queries for _, queries in measured])
    says(
        f"the goal is at most {MOST_QUERIES} queries and {GOAL_MS} ms (p95); the audit event of each page is included."
    )


def crowd(people: Cast) -> None:
    """Many patients, each with a course and a record like Ada's. Not by actions: this is for measuring only."""
    sites = Patient.sites.through
    first = Patient.objects.order_by("-pk").values_list("pk", flat=True)[0] + 1
    for ids in batches(first):
        Patient.objects.bulk_create([patient(pk) for pk in ids])
        sites.objects.bulk_create([sites(patient_id=pk, site_id=people.here) for pk in ids])
        Course.objects.bulk_create([course(pk, people.here) for pk in ids])
    copy_record(people.ada, first=first)


def batches(first: int) -> Iterator[range]:
    for start in range(first, first + PATIENTS, BATCH):
        yield range(start, min(start + BATCH, first + PATIENTS))


def patient(pk: int) -> Patient:
    given, family = GIVEN[pk % len(GIVEN)], f"{FAMILY[pk // len(GIVEN) % len(FAMILY)]} {pk}"
    born_on = date(1950, 1, 1) + timedelta(days=pk % 18_000)
    return Patient(pk=pk, given_name=given, family_name=family, born_on=born_on, sex_at_birth="female")


def course(patient_id: int, site_id: int) -> Course:
    statuses = Course.Status.values
    status = statuses[patient_id % len(statuses)]
    return Course(patient_id=patient_id, site_id=site_id, indication="mdd_trd", status=status, opened_at=NOW)


def copy_record(patient_id: int, *, first: int) -> None:
    """Give everybody from a number on the entries that one patient has."""
    names = [field.column for field in Entry._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{name}"' for name in names)
    theirs = ", ".join("patient.id" if name == "patient_id" else f'entry."{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO record_entry ({columns}) SELECT {theirs} FROM clinic_patient AS patient, record_entry AS entry"
            " WHERE entry.patient_id = %s AND patient.id >= %s",
            [patient_id, first],
        )
        cursor.execute("ANALYZE")


def visited(name: str, client: Client, address: Callable[[], str]) -> tuple[Figure, Figure]:
    """Time one kind of page, then count its queries."""
    addresses = [address() for _ in range(REQUESTS)]
    seen(client, addresses[0])
    times = tuple(timed(lambda one=one: seen(client, one)) * 1000 for one in addresses)
    queries = tuple(counted(client, one) for one in addresses[::10])
    return Figure(label=name, values=times, tail=95), Figure(label=name, values=queries)


def seen(client: Client, address: str) -> None:
    reply = client.get(address)
    assert reply.status_code == 200, f"{address}: {reply.status_code}"


def counted(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        seen(client, address)
    return len(queries)
