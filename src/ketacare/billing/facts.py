"""Who and what every estimate and superbill names: the clinic, the patient, the clinician, the diagnosis."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ketacare.billing import queries
from ketacare.billing.models import ClinicianNumber, SiteIdentity
from ketacare.clinic.indications import indication_name
from ketacare.clinic.models import Course, Patient, Site, User
from ketacare.planning.queries import newest_plan
from ketacare.record.queries import standing_entries
from ketacare.science.billing.money import rounded
from ketacare.science.facts.entries import EntryKind, Standing
from ketacare.science.reference import newest, parse_yaml, read_text

CONDITIONS = "codes/conditions"
Document = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """A diagnosis with its code and where the code comes from."""

    code: str
    says: str
    source: str


def site_facts(site: Site, identity: SiteIdentity | None) -> Document:
    """The clinic as a bill names it; what nobody has said is empty."""
    named = identity or SiteIdentity(legal_name=site.name)
    names = ("legal_name", "address", "state", "phone", "npi", "tin")
    return {"name": site.name} | {name: getattr(named, name) for name in names}


def patient_facts(patient: Patient) -> Document:
    """The patient as a bill names them."""
    return {"number": patient.pk, "name": str(patient), "born_on": patient.born_on.isoformat()}


def clinician_facts(site: Site, user: User | None) -> Document:
    """Who treats, with their own number where it is known."""
    row = ClinicianNumber.objects.filter(site=site, user=user).order_by("-pk").first() if user else None
    return {"name": user.name if user else "", "npi": row.npi if row else ""}


def responsible(course: Course) -> User | None:
    """Who answers for a course: its prescriber, or else whoever wrote its plan."""
    plan = newest_plan(course)
    return course.prescriber or (plan.author if plan else None)


def icd10_systems() -> frozenset[str]:
    """The names under which records send codes of ICD-10-CM."""
    place = newest(CONDITIONS)
    return frozenset(parse_yaml(read_text(place), place=place)["systems"]["icd10cm"])


def diagnoses(course: Course, *, on: date) -> list[Diagnosis]:
    """The diagnoses that may stand on a bill: the site's own code of the course's indication, then those of the record."""
    found = []
    if (own := queries.site_code(queries.codes_of(course.site), course.indication, on)) is not None:
        found.append(Diagnosis(code=own.code, says=own.says or indication_name(course.indication), source=own.source))
    systems = icd10_systems()
    for entry in standing_entries(course.patient).filter(kind=EntryKind.CONDITION, standing=Standing.PRESENT):
        for system, code, words in entry.codings:
            if system in systems and code not in {one.code for one in found}:
                found.append(Diagnosis(code=code, says=words or entry.display, source="the record"))
    return found


def diagnosis_facts(course: Course, code: str, *, on: date) -> Document:
    """The chosen diagnosis; without a code only what the course is for."""
    chosen = next((one for one in diagnoses(course, on=on) if one.code == code), None)
    if chosen is None:
        return {"code": "", "says": indication_name(course.indication), "source": ""}
    return vars(chosen)


def reduction_of(site: Site, bracket: str, *, on: date) -> Decimal | None:
    """The reduction of a bracket in per cent; None: the site's table has no such bracket."""
    scale = queries.sliding_scale(site, on=on)
    found = next((percent for name, percent in scale.brackets if name == bracket), None) if scale else None
    return None if found is None else Decimal(found)


def money(amount: Decimal, currency: str) -> str:
    """An amount as a document keeps it: every digit of its currency, no others."""
    return f"{rounded(amount, currency):f}"


def total_of(lines: Sequence[Document]) -> Decimal:
    """The sum of lines."""
    return sum((Decimal(str(line["amount"])) for line in lines), Decimal(0))
