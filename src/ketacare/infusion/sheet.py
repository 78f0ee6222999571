"""The observation sheet on the cockpit: every scale with its values as buttons, its key, and what was charted last."""

from collections.abc import Iterable
from dataclasses import dataclass

from ketacare.infusion.cockpit import Shown
from ketacare.science.monitoring.bedside import Level, Scale, sheet
from ketacare.science.monitoring.parameters import Value

# the key that opens a scale; then a digit charts. Where a value has no digit of its own, the letter below the digit does it.
KEYS = {
    "moaas": "s", "rass": "r", "dissociation": "f", "nausea": "q", "distress": "w", "pain": "k", "vomiting": "z",
    "end_organ_symptom": "y",
}  # fmt: skip
MINUS = "\N{MINUS SIGN}"
BELOW = {"-1": "q", "-2": "w", "-3": "e", "-4": "r", "-5": "t", "10": "t"}


@dataclass(frozen=True, kw_only=True)
class Press:
    """One value that one press charts."""

    sent: str
    label: str
    says: str
    key: str
    is_last: bool  # what was charted last, while it still counts


@dataclass(frozen=True, kw_only=True)
class Row:
    """One scale of the sheet."""

    parameter: str
    title: str
    asks: str
    key: str
    last: Shown | None
    word: str
    presses: tuple[Press, ...]


def rows(observed: Iterable[Shown]) -> tuple[Row, ...]:
    """The sheet, with what was charted last."""
    known = {one.name: one for one in observed}
    return tuple(_row(scale, known.get(scale.parameter)) for scale in sheet().scales)


def _row(scale: Scale, last: Shown | None) -> Row:
    counts = None if last is None or last.missing else last.value
    return Row(
        parameter=scale.parameter,
        title=scale.title,
        asks=scale.asks,
        key=KEYS[scale.parameter],
        last=last if last and last.at else None,
        word="" if last is None else scale.word(last.value),
        presses=tuple(_press(one, counts, is_signed=_is_signed(scale)) for one in scale.levels),
    )


def _is_signed(scale: Scale) -> bool:
    return any(one.value < 0 for one in scale.levels)


def _press(level: Level, counts: Value | None, *, is_signed: bool) -> Press:
    value = level.value
    if isinstance(value, bool):
        word = "yes" if value else "no"
        return Press(sent=word, label=word, says="", key=word[0], is_last=counts is value)
    label = f"{value:+d}".replace("-", MINUS) if value and is_signed else str(value)
    key = BELOW.get(str(value), str(value))
    return Press(sent=str(value), label=label, says=level.says, key=key, is_last=counts == value)
