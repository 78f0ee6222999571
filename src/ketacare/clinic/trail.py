"""Audit events in words, for the page that shows who looked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.models import AuditEvent, Device, User

# kind of actor -> how it is named; {} is the person's or device's name, or what else follows the kind
WHO = {
    "staff": "{}",
    "patient": "The patient",
    "device": "Device {}",
    "system": "The software ({})",
    "operator": "Command line, as {}",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One event: when, who, what."""

    at: datetime
    who: str
    did: str


def lines(events: Iterable[AuditEvent]) -> list[Line]:
    """The events in words, in the same order."""
    rows = list(events)
    names = names_behind({event.actor for event in rows})
    return [Line(at=event.at, who=who(event.actor, names), did=in_words(event.did)) for event in rows]


def names_behind(keys: set[str]) -> dict[str, str]:
    """Actor key, such as staff:12, to the name of the person or device."""
    names: dict[str, str] = {}
    for kind, model in (("staff", User), ("operator", User), ("device", Device)):
        found = model.objects.in_bulk([int(number) for key in keys for number in [number_of(key, kind)] if number])
        names |= {f"{kind}:{pk}": row.name for pk, row in found.items()}
    return names


def number_of(key: str, kind: str) -> str:
    """The number in a key of this kind, or nothing."""
    found, _, number = key.partition(":")
    return number if found == kind and number.isdigit() else ""


def who(key: str, names: Mapping[str, str]) -> str:
    """An actor as a reader knows it."""
    kind, _, rest = key.partition(":")
    return WHO[kind].format(names.get(key) or rest or "nobody")


def in_words(did: str) -> str:
    """What was done; "saw clinic:patient-access" is "saw the page clinic, patient access"."""
    verb, _, page = did.partition(" ")
    room, _, name = page.partition(":")
    return f"{verb} the page {room}, {name.replace('-', ' ')}" if name else did
