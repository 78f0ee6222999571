"""The list of patients: filtered, counted, a page at a time, always with the same few queries."""

from dataclasses import dataclass
from datetime import date, datetime

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet

from ketacare.clinic.actor import Actor
from ketacare.clinic.indications import indication_name
from ketacare.clinic.models import Course, Hold, Patient, Site
from ketacare.clinic.permissions import sites_where, visible_patients
from ketacare.evaluation.queries import today_there
from ketacare.science.facts.results import age_years

PAGE = 50
NO_COURSE, CLOSED = "no-course", "closed"


@dataclass(frozen=True, kw_only=True)
class PatientFilter:
    """What the list is narrowed to; empty means everybody whose record is open."""

    words: tuple[str, ...] = ()  # each begins a given or family name
    born_on: date | None = None
    status: str = ""  # a course's status, NO_COURSE or CLOSED
    site_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class CourseLine:
    """One course of a patient in a list."""

    indication: str
    status: str
    site: str
    on_hold: bool


@dataclass(frozen=True, kw_only=True)
class PatientRow:
    """One line of the list."""

    patient_id: int
    name: str
    age_years: int
    sex: str
    born_on: date
    courses: tuple[CourseLine, ...]
    is_closed: bool


@dataclass(frozen=True, kw_only=True)
class PatientPage:
    """One page of the list with its counts."""

    page: Page
    rows: tuple[PatientRow, ...]
    found: int
    counts: dict[str, int]  # status -> open courses of the patients that the reader may see


def patient_page(by: Actor, narrow: PatientFilter, *, number: str, at: datetime) -> PatientPage:
    """The wanted page of the patients whom the reader may see, by family name."""
    ids = filtered(by, narrow).order_by("family_name", "given_name", "pk").values_list("pk", flat=True)
    paginator = Paginator(ids, PAGE)
    page = paginator.get_page(number)
    shown = list(page.object_list)
    return PatientPage(page=page, rows=patient_rows(shown, at=at), found=paginator.count, counts=status_counts(by))


def filtered(by: Actor, narrow: PatientFilter) -> QuerySet[Patient]:
    """The patients that match, in no order."""
    rows = visible_patients(by).filter(closed_at__isnull=narrow.status != CLOSED)
    for word in narrow.words:
        rows = rows.filter(Q(family_name__istartswith=word) | Q(given_name__istartswith=word))
    if narrow.born_on:
        rows = rows.filter(born_on=narrow.born_on)
    if narrow.site_id:
        rows = rows.filter(pk__in=Patient.sites.through.objects.filter(site_id=narrow.site_id).values("patient_id"))
    if narrow.status == NO_COURSE:
        rows = rows.exclude(pk__in=Course.objects.exclude(status=Course.Status.ENDED).values("patient_id"))
    elif narrow.status in Course.Status.values:
        rows = rows.filter(pk__in=Course.objects.filter(status=narrow.status).values("patient_id"))
    return rows


def patient_rows(ids: list[int], *, at: datetime) -> tuple[PatientRow, ...]:
    """The lines for some patients, in the order of their ids."""
    patients = Patient.objects.prefetch_related("sites").in_bulk(ids)
    courses: dict[int, list[CourseLine]] = {}
    held = set(Hold.objects.filter(course__patient__in=ids, lifted_at__isnull=True).values_list("course_id", flat=True))
    for course in Course.objects.filter(patient__in=ids).select_related("site").order_by("-opened_at", "-pk"):
        line = CourseLine(
            indication=indication_name(course.indication),
            status=course.get_status_display(),
            site=course.site.name,
            on_hold=course.pk in held,
        )
        courses.setdefault(course.patient_id, []).append(line)
    return tuple(row(patients[pk], tuple(courses.get(pk, ())), at) for pk in ids)


def row(patient: Patient, courses: tuple[CourseLine, ...], at: datetime) -> PatientRow:
    site = min(patient.sites.all(), key=lambda one: one.pk)
    return PatientRow(
        patient_id=patient.pk,
        name=str(patient),
        age_years=age_years(patient.born_on, today_there(site, at)),
        sex=patient.get_sex_at_birth_display().lower(),
        born_on=patient.born_on,
        courses=courses,
        is_closed=patient.closed_at is not None,
    )


def status_counts(by: Actor) -> dict[str, int]:
    """How many courses stand at each status among the patients whom the reader may see."""
    rows = Course.objects.filter(patient__in=visible_patients(by).values("pk"), patient__closed_at__isnull=True)
    return dict(rows.values_list("status").annotate(number=Count("pk")).order_by())


def sites_of(by: Actor, permission: str) -> QuerySet[Site]:
    """The sites at which the actor holds a permission, by name."""
    return Site.objects.filter(pk__in=sites_where(by, permission)).order_by("name")


def already_registered(by: Actor, *, family_name: str, born_on: date) -> QuerySet[Patient]:
    """Patients whom the actor may see, of this family name and date of birth: perhaps the same person."""
    return visible_patients(by).filter(family_name__iexact=family_name, born_on=born_on).order_by("pk")
