"""What is given, when and how: doses in mg of free base, minutes from the first moment of the simulation."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from ketacare.science.errors import OutOfRange, Problem

Route = Literal["iv", "im", "intranasal", "oral", "sublingual", "buccal"]
Drug = Literal["racemic_ketamine", "esketamine"]
Salt = Literal["base", "hydrochloride"]
# The names that orders and papers use for a route.
ALSO_CALLED: dict[str, Route] = {
    "iv_infusion": "iv",
    "iv_push": "iv",
    "intravenous": "iv",
    "intramuscular": "im",
    "nasal": "intranasal",
    "oral_solution": "oral",
    "sublingual_film": "sublingual",
    "sublingual_buccal": "sublingual",
    "buccal_film": "buccal",
}


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose of a route: at once, or at a steady rate over a time.

    Args:
        amount_mg: mg, >= 0; of free base unless the regimen says otherwise.
        route: a Route, or one of its other names.
        start_min: when it begins, min, >= 0.
        duration_min: how long it runs at a steady rate, min, >= 0; 0: at once. Only an "iv" dose runs.

    Raises:
        OutOfRange: every problem at once, with the field named.
    """

    amount_mg: float
    route: Route
    start_min: float
    duration_min: float = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "route", ALSO_CALLED.get(self.route, self.route))
        wrong = [
            Problem(place=name, says=f"{value} is not a number of 0 or more")
            for name in ("amount_mg", "start_min", "duration_min")
            if not (math.isfinite(value := getattr(self, name)) and value >= 0)
        ]
        if self.route not in get_args(Route):
            wrong.append(Problem(place="route", says=f"{self.route!r} is none of {', '.join(get_args(Route))}"))
        elif self.duration_min and self.route != "iv":
            wrong.append(Problem(place="duration_min", says=f"a dose by the route {self.route} is given at once"))
        if wrong:
            raise OutOfRange(wrong)

    @property
    def end_min(self) -> float:
        """When it ends, min."""
        return self.start_min + self.duration_min


@dataclass(frozen=True, slots=True)
class Regimen:
    """Doses in the order of their start.

    Args:
        doses: at least one, ascending by ``start_min``.
        drug: which ketamine; None: not said, taken as the drug the model describes, with a flag.
        salt: what the mg are mg of.

    Raises:
        OutOfRange: no dose, doses out of order, nasal devices that overlap; every problem at once.
    """

    doses: tuple[Dose, ...]
    drug: Drug | None = None
    salt: Salt = "base"

    def __post_init__(self) -> None:
        given: Iterable[Dose] = self.doses
        object.__setattr__(self, "doses", (given,) if isinstance(given, Dose) else tuple(given))
        wrong = [] if self.doses else [Problem(place="doses", says="there is no dose")]
        for number, (one, next_one) in enumerate(pairwise(self.doses), start=2):
            if next_one.start_min < one.start_min:
                wrong.append(Problem(place=f"doses[{number}].start_min", says="begins before the dose it follows"))
        if wrong:
            raise OutOfRange(wrong)
