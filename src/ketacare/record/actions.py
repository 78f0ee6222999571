"""Everything that writes in this room."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Course, Patient, PatientIdentifier, Site
from ketacare.clinic.permissions import require
from ketacare.record.identifiers import digest
from ketacare.record.matching import NoMatch, differences, match
from ketacare.record.measurements import measurement_rows, problems_of
from ketacare.record.models import Entry, ReconciledMedicine, Reconciliation, Source
from ketacare.record.queries import standing_entries
from ketacare.record.reconciling import (
    Answered,
    Told,
    entry_added,
    entry_now,
    listed,
    local_day,
    reasons_against,
    start_of,
)
from ketacare.record.rows import entry_rows, source_row
from ketacare.record.values import (
    ImportedPerson,
    ImportedResource,
    ImportResult,
    ImportUnit,
    NotUnderstoodResource,
)
from ketacare.science.errors import Problem
from ketacare.science.facts.entries import RecordEntry

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"


@transaction.atomic
def import_resources(*, unit: ImportUnit, site: Site, by: Actor, at: datetime) -> ImportResult:
    """Take over what is new or changed of a unit; what nobody can place is listed. Importing it again changes nothing."""
    require(by, "record.import", site)
    Site.objects.select_for_update().get(pk=site.pk)  # two imports at one site: one after the other
    counts: Counter[str] = Counter()
    refused: list[NotUnderstoodResource] = []
    remarks = list(unit.remarks)
    patients: dict[str, Patient] = {}
    mine: dict[str, list[ImportedResource]] = defaultdict(list)
    for resource in unit.resources:
        mine[resource.person].append(resource)
    for person in unit.people:
        key = person.source.key
        try:
            patients[key] = _person(person, site=site, counts=counts, by=by, at=at)
        except NoMatch as error:
            refused += _refused(person, mine.pop(key, []), why=str(error))
        else:
            _resources(mine.pop(key, []), patient=patients[key], counts=counts, by=by, at=at)
            remarks += differences(person, patients[key])
    ids = sorted({patient.pk for patient in patients.values()})
    if counts[CREATED] or counts[UPDATED]:
        clinic.ask_for_screening(Course.objects.filter(patient__in=ids), because="the record was imported", at=at)
    audit.record(by=by, at=at, did="record imported", on=site, patients=ids, details=dict(counts))
    return ImportResult(
        created=counts[CREATED],
        updated=counts[UPDATED],
        unchanged=counts[UNCHANGED],
        supporting=unit.supporting,
        not_understood=(*unit.not_understood, *refused),
        remarks=tuple(remarks),
        patients=tuple(ids),
    )


@transaction.atomic
def record_vitals(
    *,
    patient: Patient,
    values: Mapping[str, Decimal],
    measured_at: datetime,
    by: Actor,
    at: datetime,
    seated: bool = True,
) -> list[Entry]:
    """Enter what was measured together, by the names of the code book (weight_kg, bp_sys ...); sent twice it counts once."""
    require(by, "record.measure", patient)
    Patient.objects.select_for_update().get(pk=patient.pk)  # a form sent twice: one after the other
    already = standing_entries(patient).filter(source__isnull=True, as_of=measured_at)
    if problems := problems_of(values, measured_at=measured_at, at=at, already=already):
        raise ActionRefused("measurement", problems)
    rows = measurement_rows(values, patient=patient, measured_at=measured_at, at=at, seated=seated, by=user_id(by))
    told = {entry.code: entry for entry in already}
    if all(row.code in told for row in rows):
        return [told[row.code] for row in rows]
    entries = Entry.objects.bulk_create([row for row in rows if row.code not in told])
    clinic.ask_for_screening(Course.objects.filter(patient=patient), because="vital signs were recorded", at=at)
    audit.record(by=by, at=at, did="vital signs recorded", on=patient, details={"entries": [row.pk for row in entries]})
    return entries


@transaction.atomic
def record_weight(*, patient: Patient, weight_kg: Decimal, measured_at: datetime, by: Actor, at: datetime) -> Entry:
    """Enter a weight."""
    require(by, "record.measure", patient)
    (entry,) = record_vitals(patient=patient, values={"weight_kg": weight_kg}, measured_at=measured_at, by=by, at=at)
    return entry


@transaction.atomic
def reconcile_medicines(*, patient: Patient, told: Told, by: Actor, at: datetime) -> Reconciliation:
    """Keep a list of medicines gone through: what is taken, changed, stopped, new; a change has every course judged again."""
    require(by, "record.reconcile", patient)
    Patient.objects.select_for_update().get(pk=patient.pk)  # a form sent twice: one after the other
    if (sent := patient.reconciliations.filter(form_key=told.form_key).first()) is not None:
        return sent
    on_the_list = {entry.pk: entry for entry in listed(patient)}
    if reasons := list(reasons_against(told, on_the_list.values(), today=local_day(patient, at))):
        raise ActionRefused("not-reconciled", reasons)
    row = Reconciliation.objects.create(
        patient=patient,
        against=told.against,
        is_complete=told.is_complete,
        has_changes=told.has_changes,
        by_id=user_id(by),
        at=at,
        form_key=told.form_key,
    )
    lines = [_said_of(row, on_the_list[pk], one, by=by, at=at) for pk, one in told.answers.items()]
    for one in told.added:
        new = entry_added(patient, one, by=user_id(by), at=at)
        new.save()
        lines.append(ReconciledMedicine(reconciliation=row, said=ReconciledMedicine.Said.ADDED, now=new))
    ReconciledMedicine.objects.bulk_create(lines)
    clinic.ask_for_screening(Course.objects.filter(patient=patient), because="medicines were reconciled", at=at)
    audit.record(by=by, at=at, did="medicines reconciled", on=patient, details={"reconciliation": row.pk})
    return row


def _said_of(row: Reconciliation, before: Entry, one: Answered, *, by: Actor, at: datetime) -> ReconciledMedicine:
    """What was said of one medicine, with the entry that it makes."""
    now = None
    if one.said in (ReconciledMedicine.Said.CHANGED, ReconciledMedicine.Said.STOPPED):
        now = entry_now(before, one, ended_at=start_of(one.stopped_on, before.patient), by=user_id(by), at=at)
        now.save()
    return ReconciledMedicine(reconciliation=row, said=one.said, before=before, now=now)


def _person(person: ImportedPerson, *, site: Site, counts: Counter[str], by: Actor, at: datetime) -> Patient:
    """The patient an imported person is, registered when new; raises NoMatch."""
    patient = match(person, site=site, by=by)
    if patient is None:
        if person.born_on > at.date():
            raise NoMatch("the date of birth lies in the future")
        patient = clinic.add_patient(
            site=site,
            given_name=person.given_name,
            family_name=person.family_name,
            born_on=person.born_on,
            sex_at_birth=person.sex_at_birth,
            phone=person.phone,
            email=person.email,
            by=by,
            at=at,
        )
    known = set(patient.identifiers.values_list("system", "digest"))
    new = {(one.system, digest(one)) for one in person.identifiers} - known
    PatientIdentifier.objects.bulk_create(
        [PatientIdentifier(patient=patient, system=system, digest=value) for system, value in sorted(new)]
    )
    own = ImportedResource(source=person.source, person=person.source.key, entries=())
    _resources([own], patient=patient, counts=counts, by=by, at=at)
    return patient


def _resources(
    resources: list[ImportedResource], *, patient: Patient, counts: Counter[str], by: Actor, at: datetime
) -> None:
    """Insert what is new or changed of one patient's resources, and count all of them."""
    keys = [resource.source.key for resource in resources]
    stored = {row.key: row for row in patient.sources.filter(superseded_by__isnull=True, key__in=keys)}
    changed: list[tuple[Source, tuple[RecordEntry, ...]]] = []
    for resource in resources:
        before = stored.get(resource.source.key)
        if before is not None and before.sha256 == resource.source.sha256:
            counts[UNCHANGED] += 1
            continue
        counts[UPDATED if before else CREATED] += 1
        row = source_row(resource.source, patient=patient, before=before, at=at, imported_by=by.key)
        changed.append((row, resource.entries))
    Source.objects.bulk_create([row for row, _ in changed])
    old = _entries_of([row.supersedes_id for row, _ in changed if row.supersedes_id])
    rows = [new for row, entries in changed for new in entry_rows(row, entries, old[row.supersedes_id], at=at)]
    Entry.objects.bulk_create(rows)


def _entries_of(sources: list[int]) -> dict[int | None, list[Entry]]:
    """The entries that earlier versions of resources still stand for."""
    found: dict[int | None, list[Entry]] = defaultdict(list)
    for entry in Entry.objects.filter(source__in=sources, superseded_by__isnull=True):
        found[entry.source_id].append(entry)
    return found


def _refused(person: ImportedPerson, resources: list[ImportedResource], *, why: str) -> list[NotUnderstoodResource]:
    """A person who cannot be placed, and everything said about them."""
    says = "belongs to a person who could not be placed"
    listed = [(person.source, why), *((resource.source, says) for resource in resources)]
    return [
        NotUnderstoodResource(
            resource_type=source.resource_type,
            problem=Problem(place=f"{source.file}: {source.pointer or '/'}", says=reason),
        )
        for source, reason in listed
    ]
