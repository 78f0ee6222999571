"""An answer that overrules the record: why, and in view of which entries."""

from collections.abc import Mapping
from dataclasses import dataclass

from ketacare.clinic.errors import ActionRefused
from ketacare.record.queries import RecordFacts


@dataclass(frozen=True, kw_only=True)
class Settling:
    """Why an answer counts although the record says otherwise, and the keys of the entries that were looked at."""

    why: str
    entries: tuple[str, ...]


def refuse_unless_seen(settles: Mapping[str, Settling], told: RecordFacts) -> None:
    """Refuse to settle what was not looked at as it stands now, or without a reason."""
    if unsaid := sorted(fact for fact, one in settles.items() if not one.why.strip()):
        raise ActionRefused("no-reason", [f"{fact}: say why the record is not right." for fact in unsaid])
    now = {fact: {entry.key for entry in told.rests_on.get(fact, ())} for fact in settles}
    if changed := sorted(fact for fact, one in settles.items() if now[fact] != set(one.entries)):
        raise ActionRefused(
            "record-changed", [f"{fact}: the record has changed; look at it again." for fact in changed]
        )
