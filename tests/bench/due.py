"""The due-list of 50,000 patients on both databases: a page of it in one query, the numbers above it in another."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection

from ketacare.clinic.models import Course, Patient, RulebookRuling, Site
from ketacare.followup.safety.queries import Narrowed, due_page, open_items
from ketacare.record.models import CumulativeExposure, DueItem
from ketacare.science.surveillance.checks import checks
from tests.bench.figures import ROUNDS, Figure, says, show, timed
from tests.bench.patients import batches, patient
from tests.bench.place import clinic
from tests.cast import NOW, Cast
from tests.faults.postgres import Postgres, clinic_on

GOAL_S, TODAY = 1.0, NOW.date()
SPREAD_DAYS = 200  # what falls due lies this far around today
PAGE = 50


def run() -> int:
    """Measure on SQLite and PostgreSQL; 1 when the list takes longer than its goal."""
    with clinic("due") as people:
        figures = measured(people, "SQLite")
    with TemporaryDirectory() as folder, clinic_on(Postgres(Path(folder) / "postgres")) as people:
        figures += measured(people, "PostgreSQL")
    show("s, 50,000 patients with a course under way", figures)
    says(f"the goal is at most {GOAL_S:g} s for a page of the list in one query, on both databases.")
    return int(any(one.median > GOAL_S for one in figures))


def measured(people: Cast, engine: str) -> list[Figure]:
    """Fill the database; print the plan of the list; time the list and the whole page of it."""
    fill(people)
    site = [Site.objects.get(pk=people.here)]
    rows = open_items(site, at=NOW, narrow=Narrowed()).select_related("course__patient", "course__exposure")[:PAGE]
    print(f"\n{engine}, {DueItem.objects.count():,} due items. The plan:\n{rows.explain()}\n", flush=True)
    told = {
        "a page of the list, one query": lambda: list(rows.all()),
        "with the counts by state and kind": lambda: due_page(site, at=NOW, narrow=Narrowed(), number="1"),
        "what is overdue of one kind, with counts": lambda: due_page(
            site, at=NOW, narrow=Narrowed(state="overdue", kind="liver"), number="1"
        ),
    }
    return [
        Figure(label=f"{engine}: {name}", values=tuple(timed(work) for _ in range(ROUNDS)))
        for name, work in told.items()
    ]


def fill(people: Cast) -> None:
    """Many courses under way, each with every check. Not by actions: this is for measuring only."""
    sites, first = Patient.sites.through, Patient.objects.order_by("-pk").values_list("pk", flat=True)[0] + 1
    ruling = RulebookRuling.objects.filter(proposal__site=people.here, proposal__book=checks().book).get()
    for ids in batches(first):
        Patient.objects.bulk_create([patient(pk) for pk in ids])
        sites.objects.bulk_create([sites(patient_id=pk, site_id=people.here) for pk in ids])
        Course.objects.bulk_create([course(pk, people.here) for pk in ids])
        rows = Course.objects.filter(patient__in=ids)
        CumulativeExposure.objects.bulk_create([exposure(one, ruling) for one in rows])
        DueItem.objects.bulk_create([item for one in rows for item in items(one)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def course(patient_id: int, site_id: int) -> Course:
    return Course(patient_id=patient_id, site_id=site_id, indication="mdd_trd", status="in-maintenance", opened_at=NOW)


def exposure(one: Course, ruling: RulebookRuling) -> CumulativeExposure:
    return CumulativeExposure(
        course=one,
        site_id=one.site_id,
        ruling=ruling,
        sessions=one.pk % 40,
        racemic_mg=35 * (one.pk % 40),
        esketamine_mg=0,
        worked_out_at=NOW,
    )


def items(one: Course) -> Iterator[DueItem]:
    """Every check of a course: about half are due or worse, one in fifty is abnormal, one in thirty unknown."""
    for place, (kind, check) in enumerate(checks().checks.items()):
        number = one.pk * 7 + place * 31
        due_on: date = TODAY + timedelta(days=number % SPREAD_DAYS - SPREAD_DAYS // 2)
        yield DueItem(
            course=one,
            site_id=one.site_id,
            kind=kind,
            due_on=due_on,
            overdue_on=due_on + timedelta(days=check.grace_days),
            is_abnormal=number % 50 == 0,
            is_unknown=number % 30 == 0,
            is_attested=number % 2 == 0,
            done_at=NOW - timedelta(days=number % SPREAD_DAYS),
            reason="90 days since it was last done",
        )
