"""What every room may read of a person's record."""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, Q, QuerySet

from ketacare.clinic.indications import indication_name
from ketacare.clinic.models import Course, Hold, Patient
from ketacare.clinic.queries import active_holds, open_courses
from ketacare.record.models import Entry, Source
from ketacare.science.facts.codes import LOINC, code_book
from ketacare.science.facts.entries import EntryKind, Standing
from ketacare.science.facts.measured import measured
from ketacare.science.facts.record import RecordFacts, facts_from_record
from ketacare.science.facts.results import age_years
from ketacare.science.rules.catalogue import catalogue
from ketacare.ui.header import PatientHeader

HIDDEN = [Standing.ERROR, Standing.WITHDRAWN]
WEIGHT = "patient.weight_kg"
EVIDENCE = {
    EntryKind.CONDITION: "Conditions",
    EntryKind.MEDICINE: "Medicines",
    EntryKind.ALLERGY: "Allergies",
    EntryKind.PROCEDURE: "Procedures",
}
TITLES = EVIDENCE | {EntryKind.VITAL: "Vital signs", EntryKind.RESULT: "Results"}
SEX_WORDS = {"unknown": "sex not recorded"}


def current_entries(patient: Patient) -> QuerySet[Entry]:
    """The entries that nothing has superseded, newest first; taken back ones among them."""
    return patient.entries.filter(superseded_by__isnull=True).order_by("-as_of", "-pk")


def standing_entries(patient: Patient) -> QuerySet[Entry]:
    """The current entries without what was entered in error or withdrawn by its source."""
    return current_entries(patient).exclude(standing__in=HIDDEN)


def entries_by_kind(patient: Patient, kinds: dict[EntryKind, str] = TITLES) -> list[tuple[str, list[Entry]]]:
    """The record in chapters: title and entries, newest first, each entry with its source; one query."""
    chapters: dict[str, list[Entry]] = {kind: [] for kind in kinds}
    for entry in standing_entries(patient).filter(kind__in=list(kinds)).select_related("source", "recorded_by"):
        chapters[entry.kind].append(entry)
    return [(title, chapters[kind]) for kind, title in kinds.items()]


def evidence(patient: Patient) -> list[tuple[str, list[Entry]]]:
    """What is shown beside a question: conditions, medicines, allergies and procedures. An entry is not an answer."""
    return entries_by_kind(patient, EVIDENCE)


def record_facts(patient: Patient, *, at: datetime) -> RecordFacts:
    """What the record says as facts at a moment in the site's time, and what it holds that could not be used."""
    return facts_from_record(
        [row.as_value() for row in standing_entries(patient)],
        born_on=patient.born_on,
        sex_at_birth=patient.sex_at_birth,
        at=at,
        fields=catalogue(),
    )


def patient_header(patient: Patient, *, at: datetime, course: Course | None = None) -> PatientHeader:
    """What is pinned on every page about a person; the course is the newest open one unless given."""
    course = course or open_courses(patient).first()
    today = at.astimezone(ZoneInfo(course.site.time_zone)).date() if course else at.date()
    entries = list(header_entries(patient))
    weight = newest_weight(entries, at=at)
    return PatientHeader(
        patient_id=patient.pk,
        name=str(patient),
        initials=patient.initials,
        born_on=patient.born_on,
        age_years=age_years(patient.born_on, today),
        sex=SEX_WORDS.get(patient.sex_at_birth, patient.sex_at_birth),
        weight_kg=weight[0] if weight else None,
        weight_on=weight[1] if weight else None,
        allergies=allergies(entries),
        **course_words(course),
    )


def course_words(course: Course | None) -> dict[str, object]:
    """The part of the header that is about a course: two queries."""
    if course is None:
        return {}
    given = course.treatments.order_by("-number").values_list("number", flat=True).first()
    holds: Iterable[Hold] = active_holds(course)
    return {
        "time_zone": course.site.time_zone,
        "course_id": course.pk,
        "indication": indication_name(course.indication),
        "course_status": course.get_status_display(),
        "session_number": given,
        "holds": tuple(hold.reason for hold in holds),
    }


def header_entries(patient: Patient) -> QuerySet[Entry]:
    """The entries that the header needs: allergies and weights."""
    weights = Q(kind=EntryKind.VITAL, system=LOINC, code__in=weight_codes())
    return standing_entries(patient).filter(weights | Q(kind=EntryKind.ALLERGY))


def weight_codes() -> list[str]:
    return sorted(next(row.loinc for row in code_book().facts if row.fact == WEIGHT))


def newest_weight(entries: Iterable[Entry], *, at: datetime) -> tuple[float, date] | None:
    """The newest usable weight, to a tenth of a kilogram, and its day."""
    row = next(row for row in code_book().facts if row.fact == WEIGHT)
    vitals = [entry.as_value() for entry in entries if entry.kind == EntryKind.VITAL]
    found, _ = measured(row, vitals, book=code_book(), at=at)
    return None if found is None else (round(float(found.value), 1), found.at.astimezone(at.tzinfo).date())


def allergies(entries: Iterable[Entry]) -> tuple[str, ...] | None:
    """The allergies by name; none of them is "not asked" unless the record says that none is known."""
    rows = [entry for entry in entries if entry.kind == EntryKind.ALLERGY]
    named = [row.display for row in rows if row.standing == Standing.PRESENT]
    named += [f"{row.display} (unconfirmed)" for row in rows if row.standing == Standing.UNSURE]
    if named:
        return tuple(dict.fromkeys(named))
    denied = [row for row in rows if row.standing == Standing.REFUTED]
    if any(row.code in code_book().no_known_allergy_at_all for row in denied):
        return ()
    partial = [row.display for row in denied if row.code in code_book().no_known_allergy]
    return tuple(dict.fromkeys(partial)) or None


def sources() -> QuerySet[Source]:
    """Imported resources, each with its person, its earlier version and the entries read from it."""
    entries = Prefetch("entries", queryset=Entry.objects.order_by("pk"))
    return Source.objects.select_related("patient", "supersedes").prefetch_related(entries)


def later_version(source: Source) -> Source | None:
    """The version of the resource that superseded this one."""
    return Source.objects.filter(supersedes=source).first()
