"""What may be measured, observed and attested in a session, and within which range: the books' fields say it."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pydantic import TypeAdapter

from ketacare.science import reference
from ketacare.science.rules.book import load
from ketacare.science.rules.fields import Field

Value = bool | int | float | str
LIVE = "now."  # the books' prefix for what is true at this moment
GATE = "gate."
TEMPERATURE = "temp_c"  # asked for by the gate, measured like any vital sign
# What the gate takes from data: the other rooms' queries, the record, and the readings of today. All else a named person attests.
KNOWN_BY_DATA = frozenset(
    {
        "gate.consent_in_force",
        "gate.eligibility_age_days",
        "gate.eligibility_permits",
        "gate.order_signed",
        "gate.open_hold",
        "gate.weight_age_days",
        "gate.bp_sys",
        "gate.bp_dia",
        "gate.temp_c",
    }
)
ATTESTED_BESIDE = frozenset({"patient.pregnancy_possible"})
WAY_HOME = "protocols/discharge"
SIGNALS = "protocols/alarm_signals"


@cache
def measured(kind: str) -> Mapping[str, Field]:
    """Return what a reading (monitor, cuff, thermometer) or an observation (seen, said) may carry, by bare name."""
    live = {name.removeprefix(LIVE): field for name, field in load("alarms").fields.items() if name.startswith(LIVE)}
    found = {name: field for name, field in live.items() if _kind(field) == kind}
    if kind == "reading":
        found[TEMPERATURE] = load("start_gate").fields[GATE + TEMPERATURE]
        found |= _fields_of(SIGNALS, "readings")
    if kind == "observation":
        found |= _fields_of(WAY_HOME, "observations")
    return MappingProxyType(found)


@cache
def attestable() -> Mapping[str, Field]:
    """Return every checklist item that a person may answer: those of the gate that no data gives, and those of the way home."""
    gate = {
        name: field
        for name, field in load("start_gate").fields.items()
        if (name.startswith(GATE) and name not in KNOWN_BY_DATA) or name in ATTESTED_BESIDE
    }
    return MappingProxyType(gate | _fields_of(WAY_HOME, "checks"))


def problems_with(values: Mapping[str, Value | None], known: Mapping[str, Field]) -> list[str]:
    """Return what is wrong with values, each with its name: unknown, wrong type, outside its range."""
    found = []
    for name, value in values.items():
        if name not in known:
            found.append(f"{name}: unknown; there are {', '.join(known)}")
        elif value is not None and (complaint := known[name].complaint(value)):
            found.append(f"{name}: {complaint}")
    return found


def _kind(field: Field) -> str:
    return {"device": "reading", "derived": "derived"}.get(field.supplied_by, "observation")


def _fields_of(stem: str, part: str) -> dict[str, Field]:
    given = reference.read_yaml(reference.newest(stem))[part]
    return TypeAdapter(dict[str, Field]).validate_python(given)
