"""The start gate as it is shown: each item in words, with its answer and where that comes from."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.forms import BoundField

from ketacare.infusion.forms import AttestForm, item_words
from ketacare.infusion.gate import WHO, Item, Readiness, Standing
from ketacare.infusion.words import NEVER, UNITS, name_of, value_words
from ketacare.science.rules.findings import Finding
from ketacare.ui.words import moment


@dataclass(frozen=True, kw_only=True)
class ItemRow:
    """One item of the gate."""

    item: Item
    words: str
    value: str
    blank: str  # why there is no usable answer
    as_of: str
    who: str
    field: BoundField | None


def rows(gate: Readiness, form: AttestForm, *, zone: str) -> list[ItemRow]:
    """The items of the gate, those with a field where a person answers them; times are the site's."""
    return [_row(item, form[item.name] if item.name in form.fields else None, zone) for item in gate.items]


def _row(item: Item, field: BoundField | None, zone: str) -> ItemRow:
    value = item.fact.value if item.fact else None
    unit = UNITS.get(item.field.unit or "", item.field.unit or "")
    return ItemRow(
        item=item,
        words=item.field.ask or item_words(item.name),
        value=f"{_said(value)} {unit}".strip() if value != NEVER else _said(value),
        blank=_why_blank(item),
        as_of=_when(item.fact.as_of, zone) if item.fact else "",
        who=WHO[item.field.supplied_by],
        field=field,
    )


def _when(as_of: date | None, zone: str) -> str:
    return moment(as_of, zone) if isinstance(as_of, datetime) else ""


def shown(standing: Standing) -> dict[str, object]:
    """One finding that stops the session, with its words."""
    finding = standing.finding
    return {
        "finding": finding,
        "overrides": standing.overrides,
        "may_be_overridden": standing.may_be_overridden,
        "because": because(finding),
        "unanswered": unanswered(finding),
    }


def against(gate: Readiness) -> dict[str, object]:
    """What stands in the way, what somebody has gone on against, and how much that is in words."""
    return {
        "stopping": [shown(one) for one in gate.findings if one.stops],
        "going_on": [one for one in gate.findings if one.is_overridden],
        "stops_label": stops_label(gate),
    }


def because(finding: Finding) -> str:
    """The values that a finding rests on, in words."""
    known = [used for used in finding.because if used.value is not None]
    return "; ".join(f"{name_of(used.name)}: {_said(used.value)}" for used in known)


def unanswered(finding: Finding) -> str:
    """What a finding that nobody can judge waits for, in words."""
    return ", ".join(name_of(name) for name in finding.missing)


def _why_blank(item: Item) -> str:
    if item.is_stale:
        return f"too old ({_said(item.fact.value)})" if item.fact else "too old"
    return "not sure" if item.fact else "not answered"


def _said(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "" if value is None else value_words(value)


def attested_names(gate: Readiness) -> list[str]:
    """The items that a person answers, in the order of the book."""
    return [item.name for item in gate.items if item.is_attested]


def stops_label(gate: Readiness) -> str:
    """How many things stand in the way, in words."""
    stopping = [one for one in gate.findings if one.stops]
    fired = sum(one.finding.fires is True for one in stopping)
    parts = [f"{fired} against starting"] if fired else []
    parts += [f"{len(stopping) - fired} not answered"] if len(stopping) > fired else []
    return ", ".join(parts)
