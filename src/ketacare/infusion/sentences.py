"""One entry of the timeline in one sentence."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from ketacare.infusion.words import PUMP_UNITS, alarm_statement, amount, name_of, value_words, with_unit
from ketacare.science.monitoring.bedside import sheet
from ketacare.science.monitoring.events import (
    AdverseEvent,
    Alarm,
    Check,
    Clock,
    Dose,
    Event,
    FirstAdverseEvent,
    Intervention,
    Note,
    Observation,
    Payload,
    Reading,
    Signature,
    StatusChange,
)

STEPS = {
    "start": "Drug started",
    "rate": "Rate changed",
    "pause": "Infusion paused",
    "resume": "Infusion resumed",
    "bolus": "Single dose",
    "stop": "Drug ended",
    "line-loss": "Lost in the line",
}
TRANSITIONS = {
    "raised": "Alarm",
    "acknowledged": "Alarm acknowledged",
    "silenced": "Alarm silenced",
    "escalated": "Alarm escalated",
    "resolved": "Alarm over",
}


def sentence(event: Event) -> str:
    """What happened, in words."""
    return SAY[type(event.payload)](event.payload)


def _values(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name_of(name)} {with_unit(name, value)}" for name, value in pressures_joined(values).items())


def pressures_joined(values: Mapping[str, Any]) -> dict[str, Any]:
    """The two pressures as they are read aloud: one pair."""
    joined = dict(values)
    if {"bp_sys", "bp_dia"} <= joined.keys():
        joined["bp_sys"] = f"{value_words(joined['bp_sys'])}/{value_words(joined.pop('bp_dia'))}"
    return joined


def _reading(one: Reading) -> str:
    return _values(one.values)


def observed(values: Mapping[str, Any]) -> str:
    """Observations with the words of their levels: ``Sedation (MOAA/S) 3, only to a loud name``."""
    scales = {name: sheet().scale(name) for name in values}
    words = {
        name: scale.word(values[name]) for name, scale in scales.items() if scale and not isinstance(values[name], bool)
    }
    return ", ".join(
        f"{_values({name: value})}{f' ({words[name]})' if words.get(name) else ''}" for name, value in values.items()
    )


def _observation(one: Observation) -> str:
    return observed(one.values)


def _dose(one: Dose) -> str:
    amounts = [
        f"{amount(one.dose_mg)} mg" if one.dose_mg is not None else "",
        f"{amount(one.rate_mg_per_h)} mg/h" if one.rate_mg_per_h is not None else "",
        *(f"(the pump shows {amount(shown)} {PUMP_UNITS[unit]})" for unit, shown in pump_shown(one)),
        f"(vial of {amount(one.concentration_mg_per_ml)} mg/mL)" if one.concentration_mg_per_ml is not None else "",
    ]
    said = " ".join(filter(None, [STEPS[one.step], *amounts]))
    return f"{said}: {one.reason}" if one.reason else said


def pump_shown(one: Dose) -> Iterator[tuple[str, Decimal]]:
    """What the pump itself showed, by its unit."""
    for unit in PUMP_UNITS:
        if (shown := getattr(one, f"pump_{unit}", None)) is not None:
            yield unit, shown


def _check(one: Check) -> str:
    answer = "not sure" if one.value is None else with_unit(one.item, one.value)
    return f"{name_of(one.item)}: {answer}" + (f" ({one.note})" if one.note else "")


def _status(one: StatusChange) -> str:
    return f"Session {one.to.replace('-', ' ')}" + (f": {one.reason}" if one.reason else "")


def _alarm(one: Alarm) -> str:
    what = f"no data: {name_of(one.parameter)}" if one.parameter else alarm_statement(one.rule)
    how = f" ({one.reason.replace('-', ' ')})" if one.reason else ""
    late = ", from a late entry" if one.happened_at else ""
    return f"{TRANSITIONS[one.transition]}, {one.level}{how}{late}: {what}"


def _intervention(one: Intervention) -> str:
    return " · ".join(filter(None, [one.what.replace("_", " "), one.medicine_class.replace("_", " "), one.detail]))


SERIOUS = {True: ", serious", False: "", None: ", seriousness not known"}


def _adverse(one: AdverseEvent | FirstAdverseEvent) -> str:
    said = f"Adverse event, grade {one.grade}{SERIOUS[one.serious]}: {one.term.replace('_', ' ')}"
    went_to = f", went to {_values(one.peak)}" if isinstance(one, AdverseEvent) and one.peak else ""
    return said + went_to + (f" ({one.detail})" if one.detail else "")


def _signature(one: Signature) -> str:
    about = f" of {one.subject}" if one.subject else ""
    return f"Signed: {one.meaning.replace('-', ' ')}{about}" + (f": {one.reason}" if one.reason else "")


def _clock(one: Clock) -> str:
    minutes, seconds = divmod(abs(one.stepped_s), 60)
    by = " ".join(filter(None, [f"{minutes:.0f} min" if minutes else "", f"{seconds:.3g} s" if seconds else ""]))
    way = "forward" if one.stepped_s > 0 else "back"
    return f"The computer's clock was put {way} by {by}. Earlier entries keep the time they were written with; durations are right"


SAY: Mapping[type[Payload], Callable[[Any], str]] = {
    Reading: _reading,
    Observation: _observation,
    Dose: _dose,
    Check: _check,
    StatusChange: _status,
    Alarm: _alarm,
    Intervention: _intervention,
    Note: lambda one: one.text,
    FirstAdverseEvent: _adverse,
    AdverseEvent: _adverse,
    Signature: _signature,
    Clock: _clock,
}
