"""Units of model files, and what one of each is in minutes, litres and kilograms of body weight."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from ketacare.science.units import MINUTES_PER_HOUR

Dimension = Literal["volume", "clearance", "rate", "time", "ratio", "clearance_per_year"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """What a unit measures, how much one of it is inside (L, L/min, 1/min, min), and the power of the body weight it is per."""

    dimension: Dimension
    factor: float = 1
    per_kg_power: float = 0


UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        "1": Unit(dimension="ratio"),
        "L": Unit(dimension="volume"),
        "L/kg": Unit(dimension="volume", per_kg_power=1),
        "L/min": Unit(dimension="clearance"),
        "L/h": Unit(dimension="clearance", factor=1 / MINUTES_PER_HOUR),
        "mL/min/kg": Unit(dimension="clearance", factor=1 / 1000, per_kg_power=1),
        "L/h/kg^0.75": Unit(dimension="clearance", factor=1 / MINUTES_PER_HOUR, per_kg_power=0.75),
        "L/h/year": Unit(dimension="clearance_per_year", factor=1 / MINUTES_PER_HOUR),
        "1/min": Unit(dimension="rate"),
        "1/h": Unit(dimension="rate", factor=1 / MINUTES_PER_HOUR),
        "min": Unit(dimension="time"),
        "h": Unit(dimension="time", factor=MINUTES_PER_HOUR),
    }
)
