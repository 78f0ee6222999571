"""What a member of staff measures and types in, as entries. Nothing here writes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from ketacare.clinic.errors import Reason
from ketacare.clinic.models import Patient
from ketacare.record.models import Entry
from ketacare.record.rows import plain
from ketacare.science.facts.codes import LOINC, code_book, codes_of
from ketacare.science.facts.entries import Coding, EntryKind, Standing
from ketacare.science.rules.catalogue import catalogue


def problems_of(
    values: Mapping[str, Decimal], *, measured_at: datetime, at: datetime, already: Iterable[Entry]
) -> list[Reason]:
    """Every reason not to take the measurements; ``already`` is what was entered for that very time."""
    known = {one.name: one for one in code_book().entered}
    found = [Reason(text=f"{name} is not something that is measured here.") for name in values if name not in known]
    if not values:
        found.append(Reason(text="Nothing was measured: enter at least one value."))
    if measured_at > at:
        found.append(Reason(text="The time of the measurement lies in the future."))
    told = {entry.code: Decimal(entry.value) for entry in already}
    for name, value in values.items():
        before = told.get(known[name].code) if name in known else None
        if before is not None and before != value:
            says = known[name].says.capitalize()
            found.append(Reason(text=f"{says} at that time is already in the record as {before} {known[name].unit}."))
        field = catalogue().get(known[name].fact) if name in known else None
        low, high = (field.range if field and field.range else None) or (None, None)
        if low is not None and high is not None and not low <= value <= high:
            says = known[name].says.capitalize()
            found.append(
                Reason(text=f"{says} must lie between {low:g} and {high:g} {known[name].unit}; it is {value}.")
            )
    return found


def measurement_rows(
    values: Mapping[str, Decimal],
    *,
    patient: Patient,
    measured_at: datetime,
    at: datetime,
    seated: bool,
    by: int | None,
) -> list[Entry]:
    """One entry a value, all of one group."""
    known = {one.name: one for one in code_book().entered}
    position = sorted(codes_of(code_book().body_position.seated))[0] if seated else ""
    rows = []
    for name, value in values.items():
        coding = Coding(system=LOINC, code=known[name].code, display=known[name].says)
        rows.append(
            Entry(
                patient=patient,
                kind=EntryKind.VITAL,
                system=LOINC,
                code=coding.code,
                codings=plain([coding]),
                display=known[name].says.capitalize(),
                standing=Standing.PRESENT,
                status="measured",
                value=str(value),
                unit=known[name].unit,
                position=position,
                as_of=measured_at,
                as_of_given=measured_at.isoformat(timespec="minutes"),
                group=f"measured/{patient.pk}/{at.isoformat()}",
                recorded_by_id=by,
                recorded_at=at,
            )
        )
    return rows
