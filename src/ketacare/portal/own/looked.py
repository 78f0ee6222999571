"""Who looked at a record, in plain words: person, role, what, when; the same thing done again on one day is one line."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from ketacare.clinic.models import AuditEvent, Membership
from ketacare.clinic.trail import names_behind
from ketacare.portal.own import sayings

BROKE = "broke the glass"


@dataclass(frozen=True, kw_only=True)
class Look:
    """One line: who did what from when until when, and how often."""

    who: str
    role: str
    verb: str
    area: str
    first_at: datetime
    last_at: datetime
    times: int
    is_emergency: bool


def looks(events: Iterable[AuditEvent], *, zone: str) -> list[Look]:
    """The events in words, the newest day first; on one day whoever came last."""
    rows = list(events)
    names, roles = names_behind({one.actor for one in rows}), roles_behind({one.actor for one in rows})
    there = ZoneInfo(zone)
    found = []
    for _, on_day in groupby(rows, key=lambda one: one.at.astimezone(there).date()):
        kinds: dict[tuple[str, str, str, bool], list[datetime]] = {}
        for one in on_day:
            kinds.setdefault((one.actor, *what(one)), []).append(one.at)
        found += [
            Look(
                who=person(actor, names),
                role=roles.get(actor, ""),
                verb=verb,
                area=area,
                first_at=min(times),
                last_at=max(times),
                times=len(times),
                is_emergency=is_emergency,
            )
            for (actor, verb, area, is_emergency), times in kinds.items()
        ]
    return found


def what(event: AuditEvent) -> tuple[str, str, bool]:
    """Looked or wrote, at what, and whether the glass was broken."""
    if event.did == BROKE:
        return str(sayings.EMERGENCY), "", True
    verb, _, page = event.did.partition(" ")
    room = page.partition(":")[0] if verb == "saw" and ":" in page else event.on.partition(".")[0]
    said = sayings.SAW if verb == "saw" and ":" in page else sayings.WROTE
    return str(said), str(sayings.AREAS.get(room, sayings.OTHER_AREA)), False


def person(key: str, names: dict[str, str]) -> str:
    """Who an actor is to the patient."""
    kind, _, rest = key.partition(":")
    if kind == "patient":
        return str(sayings.YOU)
    return names.get(key) or (str(sayings.SOMEBODY) if kind == "operator" else rest)


def roles_behind(keys: set[str]) -> dict[str, str]:
    """What the people among the actors are at the clinic now, by key."""
    ids = [int(rest) for kind, _, rest in (key.partition(":") for key in keys) if kind == "staff" and rest.isdecimal()]
    found: dict[str, list[str]] = {}
    for row in Membership.objects.filter(user__in=ids).order_by("role"):
        found.setdefault(f"staff:{row.user_id}", []).append(str(sayings.ROLES.get(row.role, row.role)))
    return {key: ", ".join(dict.fromkeys(roles)) for key, roles in found.items()}
