"""Entries of a record made for tests, and what follows from them."""

from datetime import UTC, date, datetime, timedelta

from ketacare.science.facts.codes import SNOMED
from ketacare.science.facts.entries import Coding, EntryKind, RecordEntry, Standing
from ketacare.science.facts.record import RecordFacts, facts_from_record
from ketacare.science.rules.catalogue import catalogue
from ketacare.science.rules.fields import Fact

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
STATUS = {Standing.PRESENT: "active", Standing.PAST: "resolved"}


def condition(
    code: str,
    *,
    system: str = "",
    days: float | None = 30,
    standing: Standing = Standing.PRESENT,
    kind: EntryKind = EntryKind.CONDITION,
    **more: object,
) -> RecordEntry:
    at = None if days is None else NOW - timedelta(days=days)
    given = {
        "kind": kind,
        "codings": (Coding(system=system or (ICD10CM if code[0].isalpha() else SNOMED), code=code),),
        "display": f"condition {code}",
        "standing": standing,
        "status": STATUS.get(standing, standing.value),
        "as_of": at,
        "as_of_given": "" if at is None else at.isoformat(),
        "group": f"Condition/{code}-{days}-{standing}",
        "pointer": "",
    }
    return RecordEntry(**(given | more))


def told(*entries: RecordEntry, at: datetime = NOW) -> RecordFacts:
    return facts_from_record(entries, born_on=date(1980, 2, 29), sex_at_birth="", at=at, fields=catalogue())


def facts(*entries: RecordEntry) -> dict[str, Fact]:
    return {one.name: one for one in told(*entries).facts if one.name != "patient.age_years"}


def values(*entries: RecordEntry) -> dict[str, object]:
    return {name: one.value for name, one in facts(*entries).items()}
