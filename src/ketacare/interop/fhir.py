"""From files to an import unit: read every resource, resolve every reference, map what we know and list the rest."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from ketacare.interop.element import Element
from ketacare.interop.errors import NotUnderstood
from ketacare.interop.json_text import dump, pretty
from ketacare.interop.mapping import allergy_intolerance, condition, medication, observation, patient, procedure
from ketacare.interop.mapping.elements import Mapped, refuse_modifiers, remark
from ketacare.interop.reading import MAX_BYTES, Located, content, read_unit
from ketacare.interop.references import Index
from ketacare.record.values import (
    ImportedPerson,
    ImportedResource,
    ImportUnit,
    NotUnderstoodResource,
    ResourceSource,
)
from ketacare.science.errors import Problem

Mapping = Callable[[Element, medication.Follow], Mapped]

# resource type -> (how to read it, which element says whose it is)
CLINICAL: dict[str, tuple[Mapping, str]] = {
    "AllergyIntolerance": (lambda resource, _: allergy_intolerance.from_fhir(resource), "patient"),
    "Condition": (lambda resource, _: condition.from_fhir(resource), "subject"),
    "MedicationRequest": (medication.request_from_fhir, "subject"),
    "MedicationStatement": (medication.statement_from_fhir, "subject"),
    "Observation": (lambda resource, _: observation.from_fhir(resource), "subject"),
    "Procedure": (lambda resource, _: procedure.from_fhir(resource), "subject"),
}


def import_unit(paths: Iterable[Path], *, max_bytes: int = MAX_BYTES) -> ImportUnit:
    """Read all files of one call as one unit, or raise BadInput with everything that is wrong with them."""
    reading = read_unit(paths, max_bytes=max_bytes)
    unit = _Unit(reading.resources)
    for one in unit.resources:
        if one.kind == "Patient":
            unit.take(one, unit.person)
    for one in unit.resources:
        if one.kind in CLINICAL:
            unit.take(one, unit.clinical)
    unit.leave_the_rest()
    return ImportUnit(
        people=tuple(unit.people.values()),
        resources=tuple(unit.mapped),
        supporting=len(unit.used),
        not_understood=tuple(unit.not_understood),
        remarks=(*reading.remarks, *unit.remarks),
    )


class _Unit:
    """The state of one import while it is read."""

    def __init__(self, resources: tuple[Located, ...]) -> None:
        sources = {id(one): source_of(one) for one in resources}
        self.resources = once(resources, sources)
        self.sources = {id(one): sources[id(one)] for one in self.resources}
        self.index = Index(self.resources)
        keys = Counter(source.key for source in self.sources.values())
        self.doubled = {key for key, number in keys.items() if number > 1}
        self.people: dict[str, ImportedPerson] = {}
        self.mapped: list[ImportedResource] = []
        self.used: set[int] = set()
        self.not_understood: list[NotUnderstoodResource] = []
        self.remarks: list[Problem] = []

    def take(self, one: Located, read: Callable[[Located], None]) -> None:
        """Read one resource, or list it with the place that stands in the way."""
        try:
            if (key := self.sources[id(one)].key) in self.doubled:
                raise one.resource.refuse("", f"{key} stands twice in these files and does not say the same")
            one.resource.string("id")
            refuse_modifiers(one.resource)
            read(one)
        except NotUnderstood as error:
            self.list_problem(one, Problem(place=one.place(error.pointer), says=error.says))

    def list_problem(self, one: Located, problem: Problem) -> None:
        self.not_understood.append(NotUnderstoodResource(resource_type=one.kind, problem=problem))

    def person(self, one: Located) -> None:
        found = patient.from_fhir(one.resource, self.sources[id(one)])
        self.people[found.source.key] = found
        self.remarks.extend(remark(one.file, each) for each in patient.remarks(one.resource))

    def clinical(self, one: Located) -> None:
        mapping, whose = CLINICAL[one.kind]
        subject = self.subject(one, whose)
        used: set[int] = set()
        mapped = mapping(one.resource, lambda reference: self.follow(reference, one, used))
        self.used |= used
        self.mapped.append(ImportedResource(source=self.sources[id(one)], person=subject, entries=mapped.entries))
        self.remarks.extend(remark(one.file, found) for found in mapped.remarks)

    def subject(self, one: Located, whose: str) -> str:
        """The key of the person whom a resource is about."""
        reference = one.resource.child(whose)
        if reference is None:
            raise one.resource.refuse(whose, "is missing: it is not said whose this is")
        found = self.index.find(reference, frm=one)
        key = self.sources[id(found)].key if id(found) in self.sources else ""
        if key not in self.people:
            raise reference.refuse("reference", "what this refers to is not a patient that was understood")
        return key

    def follow(self, reference: Element, one: Located, used: set[int]) -> Element:
        found = self.index.find(reference, frm=one)
        if id(found) in self.sources:
            used.add(id(found))
        return found.resource

    def leave_the_rest(self) -> None:
        for one in self.resources:
            if one.kind != "Patient" and one.kind not in CLINICAL and id(one) not in self.used:
                self.list_problem(one, Problem(place=one.place(), says=f"ketacare does not take over a {one.kind}"))


def once(resources: tuple[Located, ...], sources: dict[int, ResourceSource]) -> tuple[Located, ...]:
    """Leave out what is given a second time, word for word."""
    seen: dict[tuple[str, str], Located] = {}
    for one in resources:
        source = sources[id(one)]
        seen.setdefault((source.key, source.sha256), one)
    return tuple(seen.values())


def source_of(one: Located) -> ResourceSource:
    """Where a resource comes from, and the name it keeps."""
    said = content(one.resource.value)
    sha256 = hashlib.sha256(dump(said).encode()).hexdigest()
    return ResourceSource(
        key=key_of(one, sha256)[:500],
        resource_type=one.kind,
        resource_id=one.id,
        file=one.file,
        file_sha256=one.file_sha256,
        pointer=one.resource.pointer,
        sha256=sha256,
        body="" if one.kind == "Patient" else pretty(said),
    )


def key_of(one: Located, sha256: str) -> str:
    """The full URL where it is an address, else type and id, else what the resource says."""
    if one.full_url.startswith("http"):
        return one.full_url.split("/_history/")[0]
    if one.id:
        return f"{one.kind}/{one.id}"
    return one.full_url or f"{one.kind}#{sha256}"
