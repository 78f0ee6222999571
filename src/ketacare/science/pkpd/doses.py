"""What is given, when and how: doses in mg of free base, minutes from the first moment of the simulation."""

import math
from collections.abc import Iterable, Sequence, Sized
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, Self, get_args

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.given import each, needed, number, or_nan, refuse_strangers, said
from ketacare.science.pkpd.giving import device, giving
from ketacare.science.units import MINUTES_PER_DAY

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
# More doses than a pump that is read every second tells in a whole day: a mistake, and hours of work.
MOST_DOSES = 100_000
# A thousand tonnes: no dose of anything, and below it neither a curve nor its square leaves what a float holds.
MOST_MG = 1e12


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
        if isinstance(self.route, str):
            object.__setattr__(self, "route", ALSO_CALLED.get(self.route, self.route))
        for name in ("amount_mg", "start_min", "duration_min"):
            if (found := number(getattr(self, name))) is not None:
                object.__setattr__(self, name, found)
        if wrong := [*_not_numbers(self), *_too_much(self), *_too_long(self), *_wrong_route(self)]:
            raise OutOfRange(wrong)

    @property
    def end_min(self) -> float:
        """When it ends, min."""
        return self.start_min + self.duration_min


def _not_numbers(dose: Dose) -> list[Problem]:
    named = {"amount_mg": dose.amount_mg, "start_min": dose.start_min, "duration_min": dose.duration_min}
    return [
        Problem(place=name, says=f"{said(value)} is not a number of 0 or more")
        for name, value in named.items()
        if not _is_amount(value)
    ]


def _is_amount(value: object) -> bool:
    return (found := number(value)) is not None and found >= 0


def _too_much(dose: Dose) -> list[Problem]:
    if not _is_amount(dose.amount_mg) or dose.amount_mg <= MOST_MG:
        return []
    return [Problem(place="amount_mg", says=f"{dose.amount_mg:g} is more than {MOST_MG:g}: is it in mg?")]


def _too_long(dose: Dose) -> list[Problem]:
    bounds = {
        "start_min": (dose.start_min, giving().longest_course_min),
        "duration_min": (dose.duration_min, giving().longest_infusion_min),
    }
    return [
        Problem(
            place=name,
            says=f"{value:g} min is {value / MINUTES_PER_DAY:.0f} days, more than {bound.value:g}: is it in minutes?",
        )
        for name, (value, bound) in bounds.items()
        if _is_amount(value) and value > bound.value
    ]


def _wrong_route(dose: Dose) -> list[Problem]:
    if not isinstance(dose.route, str) or dose.route not in get_args(Route):
        return [Problem(place="route", says=f"{said(dose.route)} is none of {', '.join(get_args(Route))}")]
    if number(dose.duration_min) and dose.route != "iv":
        return [Problem(place="duration_min", says=f"a dose by the route {dose.route} is given at once")]
    return []


@dataclass(frozen=True, slots=True)
class Regimen:
    """Doses in the order of their start.

    Args:
        doses: at least one, ascending by ``start_min``; two infusions may run at the same time.
        drug: which ketamine; None: not said, taken as the drug the model describes, with a flag.
        salt: what the mg are mg of.

    Raises:
        OutOfRange: no dose, doses out of order, nasal devices at the same moment; every problem at once.

    Example:
        >>> Regimen.infusion(35, 40).end_min
        40.0
        >>> [dose.start_min for dose in Regimen.devices(3).doses]
        [0.0, 5.0, 10.0]
    """

    doses: tuple[Dose, ...]
    drug: Drug | None = None
    salt: Salt = "base"

    def __post_init__(self) -> None:
        object.__setattr__(self, "doses", _only_doses(self.doses))
        if wrong := [*_unknown_words(self), *_out_of_order(self.doses), *_overlapping(self.doses)]:
            raise OutOfRange(wrong)

    @property
    def end_min(self) -> float:
        """When the last dose ends, min."""
        return float(max(dose.end_min for dose in self.doses))

    @property
    def amount_mg(self) -> float:
        """Everything that is given, mg of what ``salt`` says."""
        return math.fsum(dose.amount_mg for dose in self.doses)

    @classmethod
    def infusion(
        cls,
        amount_mg: float,
        duration_min: float,
        *,
        start_min: float = 0,
        drug: Drug | None = None,
        salt: Salt = "base",
    ) -> Self:
        """Return one infusion at a steady rate: mg over min."""
        return cls((Dose(amount_mg, "iv", start_min, duration_min),), drug, salt)

    @classmethod
    def push(cls, amount_mg: float, *, start_min: float = 0, drug: Drug | None = None, salt: Salt = "base") -> Self:
        """Return one injection into a vein at once; one of 30 s is ``infusion(amount_mg, 0.5)``."""
        return cls((Dose(amount_mg, "iv", start_min),), drug, salt)

    @classmethod
    def from_rates(
        cls,
        steps: Iterable[tuple[float, float]],
        end_min: float,
        *,
        drug: Drug | None = None,
        salt: Salt = "base",
    ) -> Self:
        """Return what a pump gave: a rate from each moment to the next, 0 for a pause.

        Args:
            steps: (start_min, rate_mg_per_min), ascending by start_min.
            end_min: when the last rate ends, min.

        Raises:
            OutOfRange: a step that does not begin after the one before it, a rate below 0 or not a number,
                no step with a rate; every problem at once.

        Example:
            >>> given = Regimen.from_rates([(0, 0.875), (10, 0), (15, 0.875)], end_min=45)
            >>> [(dose.start_min, dose.end_min) for dose in given.doses], given.amount_mg
            ([(0, 10), (15, 45)], 35.0)
        """
        told, last = _pairs(steps), or_nan(end_min)
        if wrong := _wrong_steps(told, last):
            raise OutOfRange(wrong)
        ends = [*(start for start, _ in told[1:]), last]
        runs = ((start, rate, end - start) for (start, rate), end in zip(told, ends, strict=True) if rate)
        return cls(tuple(Dose(rate * lasts, "iv", start, lasts) for start, rate, lasts in runs), drug, salt)

    @classmethod
    def devices(cls, count: int, *, start_min: float = 0, apart_min: float | None = None) -> Self:
        """Return nasal esketamine devices one after the other, ``apart_min`` (None: the label's rest) from each other."""
        rest = device().apart_min if apart_min is None else needed(apart_min, "apart_min")
        first, whole = needed(start_min, "start_min"), needed(count, "count")
        if whole < 1 or whole != int(whole):
            raise OutOfRange([Problem(place="count", says=f"{said(count)} is not a whole number of devices")])
        _refuse_so_many(int(whole), "count")
        starts = (first + place * rest for place in range(int(whole)))
        return cls(tuple(Dose(device().mg, "intranasal", start) for start in starts), "esketamine")

    def shifted(self, by_min: float) -> Self:
        """Return the same doses, ``by_min`` later."""
        later = needed(by_min, "by_min")
        return replace(self, doses=tuple(replace(one, start_min=one.start_min + later) for one in self.doses))

    def scaled(self, factor: float) -> Self:
        """Return the same regimen with every amount times ``factor``."""
        times = needed(factor, "factor")
        return replace(self, doses=tuple(replace(one, amount_mg=one.amount_mg * times) for one in self.doses))

    def repeated(self, on_days: Sequence[float]) -> Self:
        """Return this regimen given again at the same hour of each of these days; its own day is 0.

        Example:
            >>> course = Regimen.infusion(35, 40).repeated([0, 2, 4, 7, 9, 11])
            >>> course.end_min / MINUTES_PER_DAY
            11.027777777777779
        """
        if isinstance(on_days, Sized):  # a range of a billion days is refused before it is walked through
            _refuse_so_many(len(on_days) * len(self.doses), "on_days")
        days = [needed(day, f"on_days[{place}]") for place, day in enumerate(each(on_days, "on_days"), start=1)]
        _refuse_so_many(len(days) * len(self.doses), "on_days")
        moved = (one for day in days for one in self.shifted(day * MINUTES_PER_DAY).doses)
        return replace(self, doses=tuple(sorted(moved, key=lambda dose: dose.start_min)))

    def along_with(self, other: Self) -> Self:
        """Return the doses of both, in the order of their start; both must be of the same drug and salt."""
        refuse_strangers(other=(other, Regimen))
        if (self.drug, self.salt) != (other.drug, other.salt):
            says = f"one is {self.drug} as {self.salt}, the other {other.drug} as {other.salt}"
            raise OutOfRange([Problem(place="drug", says=says)])
        both = sorted((*self.doses, *other.doses), key=lambda dose: dose.start_min)
        return replace(self, doses=tuple(both))


def _refuse_so_many(count: int, place: str) -> None:
    if count > MOST_DOSES:
        raise OutOfRange([Problem(place=place, says=f"{count} doses are more than {MOST_DOSES}")])


def _only_doses(given: Dose | Iterable[Dose]) -> tuple[Dose, ...]:
    """Return doses, one or a row of them, as a tuple; refuse whatever is none."""
    if isinstance(given, Dose):
        return (given,)
    found: tuple[object, ...] = each(given, "doses")
    wrong = {place: one for place, one in enumerate(found, start=1) if not isinstance(one, Dose)}
    if wrong:
        raise OutOfRange(
            [Problem(place=f"doses[{place}]", says=f"{said(one)} is no Dose") for place, one in wrong.items()]
        )
    return tuple(one for one in found if isinstance(one, Dose))


def _pairs(steps: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return steps as pairs of numbers; what is no number becomes nan, for ``_wrong_steps`` to name."""
    pairs = [each(one, f"steps[{place}]") for place, one in enumerate(each(steps, "steps"), start=1)]
    if wrong := [place for place, one in enumerate(pairs, start=1) if len(one) != 2]:
        says = "is not a pair (start_min, rate_mg_per_min)"
        raise OutOfRange([Problem(place=f"steps[{place}]", says=says) for place in wrong])
    return tuple((or_nan(start), or_nan(rate)) for start, rate in pairs)


def _wrong_steps(steps: Sequence[tuple[float, float]], end_min: float) -> list[Problem]:
    wrong = [] if any(rate for _, rate in steps) else [Problem(place="steps", says="there is no step with a rate")]
    starts = [*(start for start, _ in steps), end_min]
    places = [*(f"steps[{number}].start_min" for number in range(1, len(steps) + 1)), "end_min"]
    for place, value in zip(places, starts, strict=True):
        if not (math.isfinite(value) and value >= 0):
            wrong.append(Problem(place=place, says=f"{value} is not a number of 0 or more"))
    for place, (one, next_one) in zip(places[1:], pairwise(starts), strict=True):
        if next_one <= one:
            wrong.append(Problem(place=place, says=f"{next_one} does not come after {one}"))
    for place, rate in ((f"steps[{at}].rate_mg_per_min", rate) for at, (_, rate) in enumerate(steps, start=1)):
        if not (math.isfinite(rate) and rate >= 0):
            wrong.append(Problem(place=place, says=f"{rate} is not a number of 0 or more"))
    return wrong


def _unknown_words(regimen: Regimen) -> list[Problem]:
    words = (("drug", regimen.drug, get_args(Drug)), ("salt", regimen.salt, get_args(Salt)))
    return [
        Problem(place=name, says=f"{said(value)} is none of {', '.join(known)}")
        for name, value, known in words
        if not (isinstance(value, str) and value in known) and not (name == "drug" and value is None)
    ]


def _out_of_order(doses: Sequence[Dose]) -> list[Problem]:
    if not doses:
        return [Problem(place="doses", says="there is no dose")]
    if len(doses) > MOST_DOSES:
        return [Problem(place="doses", says=f"{len(doses)} doses are more than {MOST_DOSES}")]
    return [
        Problem(place=f"doses[{number}].start_min", says="begins before the dose it follows")
        for number, (one, next_one) in enumerate(pairwise(doses), start=2)
        if next_one.start_min < one.start_min
    ]


def _overlapping(doses: Sequence[Dose]) -> list[Problem]:
    """Two nasal doses of one moment; devices meant to be given together are one Dose of their sum."""
    nasal = [(number, dose) for number, dose in enumerate(doses, start=1) if dose.route == "intranasal"]
    return [
        Problem(place=f"doses[{number}].start_min", says="is given at the same moment as the device before it")
        for (_, one), (number, next_one) in pairwise(nasal)
        if next_one.start_min == one.start_min
    ]
