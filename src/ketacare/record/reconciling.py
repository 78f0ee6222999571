"""Going through a list of medicines: what is asked, what stands against an answer, and the entries it makes. Nothing here writes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet

from ketacare.clinic.errors import Reason
from ketacare.clinic.models import Patient
from ketacare.clinic.queries import open_courses
from ketacare.record.models import Entry, ReconciledMedicine, Reconciliation
from ketacare.record.queries import standing_entries
from ketacare.record.rows import STATED
from ketacare.science.facts.entries import EntryKind, Standing

Said = ReconciledMedicine.Said
ASKS_TWO = frozenset({Reconciliation.Against.PACKAGES, Reconciliation.Against.PHARMACY, Reconciliation.Against.FAMILY})
LISTED = (Standing.PRESENT, Standing.UNSURE)
WHO = "whoever goes through the list"


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What was said of one medicine on the list."""

    said: str
    detail: str = ""  # how it is taken now, where it is taken otherwise
    stopped_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Added:
    """A medicine that is taken and was not listed."""

    name: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """A list gone through: each medicine of it by its entry, and what was not on it."""

    against: str
    answers: Mapping[int, Answered]
    added: tuple[Added, ...]
    form_key: UUID

    @property
    def has_changes(self) -> bool:
        """Whether anything is taken otherwise than the list said."""
        return bool(self.added) or any(one.said in (Said.CHANGED, Said.STOPPED) for one in self.answers.values())

    @property
    def is_complete(self) -> bool:
        """Whether nothing stayed unknown, and the patient and one other source were asked."""
        return self.against in ASKS_TWO and all(one.said != Said.UNKNOWN for one in self.answers.values())


def listed(patient: Patient) -> QuerySet[Entry]:
    """The medicines to be gone through: what the record says is taken, surely or perhaps."""
    rows = standing_entries(patient).filter(kind=EntryKind.MEDICINE, standing__in=LISTED)
    return rows.select_related("source", "recorded_by")


def reconciliations(patient: Patient) -> QuerySet[Reconciliation]:
    """Every time the list was gone through, the newest first, with what was said."""
    said = ReconciledMedicine.objects.select_related("before", "now").order_by("pk")
    rows = patient.reconciliations.select_related("by").prefetch_related(Prefetch("medicines", queryset=said))
    return rows.order_by("-at", "-pk")


def reasons_against(told: Told, on_the_list: Iterable[Entry], *, today: date) -> Iterator[Reason]:
    """Why a list gone through cannot be kept; every reason."""
    names = {entry.pk: entry.display for entry in on_the_list}
    if set(told.answers) != set(names):
        yield Reason(text="The list has changed since the page was opened, or a medicine has no answer.", who=WHO)
    if told.against not in Reconciliation.Against.values:
        yield Reason(text="Say what the list was checked against.", who=WHO)
    for pk, one in told.answers.items():
        name = names.get(pk, "a medicine")
        if one.said not in Said.values or one.said == Said.ADDED:
            yield Reason(text=f"Say whether {name} is taken.", who=WHO)
        if one.said == Said.CHANGED and not one.detail.strip():
            yield Reason(text=f"Say how {name} is taken now.", who=WHO)
        if one.stopped_on is not None and one.stopped_on > today:
            yield Reason(text=f"{name}: the day it was stopped lies in the future.", who=WHO)
    if any(not one.name.strip() for one in told.added):
        yield Reason(text="A medicine without a name cannot be kept.", who=WHO)


def entry_now(before: Entry, one: Answered, *, ended_at: datetime | None, by: int | None, at: datetime) -> Entry:
    """A medicine as it stands after somebody said so: taken otherwise, or stopped."""
    row = Entry(**{name: getattr(before, name) for name in STATED})
    row.standing = Standing.PAST if one.said == Said.STOPPED else Standing.PRESENT
    row.status = Said(one.said).label.lower()
    row.detail = one.detail.strip() or before.detail
    row.ended_at = ended_at if one.said == Said.STOPPED else None
    row.part, row.group = "", group_of(before.patient_id, at)
    row.recorded_by_id, row.recorded_at, row.supersedes = by, at, before
    if one.said == Said.CHANGED:
        row.as_of, row.as_of_given = at, at.isoformat(timespec="minutes")
    return row


def entry_added(patient: Patient, one: Added, *, by: int | None, at: datetime) -> Entry:
    """A medicine that nobody had listed."""
    return Entry(
        patient=patient,
        kind=EntryKind.MEDICINE,
        display=one.name.strip(),
        detail=one.detail.strip(),
        standing=Standing.PRESENT,
        status=Said.ADDED.label.lower(),
        as_of=at,
        as_of_given=at.isoformat(timespec="minutes"),
        group=group_of(patient.pk, at),
        recorded_by_id=by,
        recorded_at=at,
    )


def group_of(patient_id: int, at: datetime) -> str:
    """What was told together."""
    return f"reconciled/{patient_id}/{at.isoformat()}"


def last_reconciled(patient: Patient, *, before: datetime) -> Reconciliation | None:
    """The last time the list was gone through."""
    return patient.reconciliations.filter(at__lte=before).order_by("-at", "-pk").first()


def reconciled_between(patient: Patient, start: datetime, end: datetime) -> list[Reconciliation]:
    """The times that the list was gone through, oldest first."""
    return list(patient.reconciliations.filter(at__gte=start, at__lte=end).order_by("at", "pk"))


def local_day(patient: Patient, at: datetime) -> date:
    """The day where the patient's newest open course runs."""
    return at.astimezone(ZoneInfo(zone_of(patient))).date()


def start_of(day: date | None, patient: Patient) -> datetime | None:
    """The moment at which a day begins there; None for no day."""
    return None if day is None else datetime.combine(day, time(), ZoneInfo(zone_of(patient)))


def zone_of(patient: Patient) -> str:
    """The time zone where the patient's newest open course runs."""
    course = open_courses(patient).first()
    return course.site.time_zone if course else str(UTC)
