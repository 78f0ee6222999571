"""What the record holds about a person, as pure values: one clinical statement each, with its code, value and time."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

WHOLE_DATE = len("2026-03-01")  # the length of a date with its day; a shorter one is a month or a year


class EntryKind(StrEnum):
    """What sort of statement an entry is."""

    CONDITION = "condition"
    MEDICINE = "medicine"
    ALLERGY = "allergy"
    RESULT = "result"
    VITAL = "vital"
    PROCEDURE = "procedure"


class Standing(StrEnum):
    """How an entry stands to the truth, whatever words its source used."""

    PRESENT = "present"  # so, now
    PAST = "past"  # was so, is over
    UNSURE = "unsure"  # suspected, provisional, planned or not said
    REFUTED = "refuted"  # explicitly not so
    ERROR = "error"  # should never have been recorded
    WITHDRAWN = "withdrawn"  # its source does not say it any more


@dataclass(frozen=True, kw_only=True, slots=True)
class Coding:
    """A code in its code system."""

    system: str
    code: str
    display: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordEntry:
    """One clinical statement. ``group`` names what was stated together (the components of one blood pressure)."""

    kind: EntryKind
    codings: tuple[Coding, ...]
    display: str
    standing: Standing
    status: str  # the source's own words for its standing
    as_of: datetime | None  # the earliest instant that as_of_given can mean
    as_of_given: str
    group: str
    pointer: str  # where in the source the statement stands
    ended_at: datetime | None = None
    value: Decimal | None = None
    value_text: str = ""
    value_codings: tuple[Coding, ...] = ()
    comparator: str = ""  # "<" or ">" where the value is only a bound
    unit: str = ""
    reference_low: Decimal | None = None
    reference_high: Decimal | None = None
    absent_reason: str = ""
    position: str = ""  # code of the body position, where it is stated
    detail: str = ""  # dose, reaction, site: free words of the source
    key: str = ""  # what names the stored entry; empty before it is stored

    @property
    def name_and_day(self) -> str:
        """What people call the entry in a list: its words and its day."""
        return ", ".join(filter(None, [self.display, self.as_of_given[:WHOLE_DATE]]))

    def has_code(self, system: str, codes: frozenset[str]) -> bool:
        """Whether one of the entry's codes in a system is among those given."""
        return any(one.system == system and one.code in codes for one in self.codings)
