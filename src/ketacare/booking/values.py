"""What is to be placed, where it can be, and what was found: plain values between the clinic's rows and the solver."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np

Kind = Literal["chair", "nurse", "prescriber"]
KINDS: tuple[Kind, ...] = ("chair", "nurse", "prescriber")
Room = np.ndarray[tuple[int], np.dtype[np.int16]]  # how many more fit, by slice


@dataclass(frozen=True, kw_only=True)
class Pool:
    """One chair, nurse or prescriber: how many more it holds in each slice from the first on."""

    kind: Kind
    id: int
    holds: int
    room: Room


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where and with whom somebody is treated, from a slice on."""

    start: int
    chair: int
    nurse: int
    prescriber: int

    def of(self, kind: Kind) -> int:
        """The id of its chair, nurse or prescriber."""
        return {"chair": self.chair, "nurse": self.nurse, "prescriber": self.prescriber}[kind]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One session to place: how long it holds its chair, when it may start, and what each start costs."""

    key: int
    length: int
    costs: Mapping[int, int]  # start -> cost; no other start is possible
    now: Place | None = None
    stays_in: Mapping[Kind, int] = field(default_factory=dict)  # who has begun keeps a chair


@dataclass(frozen=True, kw_only=True)
class Between:
    """How far two items lie apart: days of the site's calendar and slices that pass, from start to start."""

    before: int
    after: int
    least_days: int = 0
    most_days: int | None = None
    least_slices: int = 0


@dataclass(frozen=True, kw_only=True)
class Clinic:
    """What there is between two slices: every pool, and which day each slice belongs to."""

    first: int
    pools: tuple[Pool, ...]
    day_number: np.ndarray[tuple[int], np.dtype[np.int32]]  # the ordinal of the site's day, by slice
    wall_min: np.ndarray[tuple[int], np.dtype[np.int32]]  # what the site's clock shows, minutes since its midnight
    is_open: np.ndarray[tuple[int], np.dtype[np.bool_]]

    def day(self, start: int) -> int:
        """The ordinal of the day on which a slice begins."""
        return int(self.day_number[start - self.first])

    def of(self, kind: Kind) -> list[Pool]:
        """The pools of one kind."""
        return [pool for pool in self.pools if pool.kind == kind]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the solver found, and how good it is: optimal, or at most so much better is possible."""

    places: Mapping[int, Place]
    dropped: frozenset[int] = frozenset()
    cost: int = 0
    bound: int = 0
    is_optimal: bool = True

    @property
    def gap(self) -> float:
        """By what share of the cost a better answer could be better at most."""
        return 0.0 if self.is_optimal or self.cost <= 0 else (self.cost - self.bound) / self.cost

    @property
    def says(self) -> str:
        """How good it is, in words."""
        if self.is_optimal:
            return "Proved: no other way is better."
        return f"Found in the time given; not proved: another way could be better by {self.gap:.0%} at most."


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """That there is no answer, and why as far as it is known."""

    why: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Lasts:
    """How long a session holds its chair, in minutes, part by part."""

    preparation_min: int
    drug_min: int
    recovery_min: int
    turnover_min: int

    @property
    def with_people_min(self) -> int:
        """From arriving to leaving."""
        return self.preparation_min + self.drug_min + self.recovery_min


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a patient asks for when a course is booked."""

    first_on: date
    part: Literal["any", "morning", "afternoon"] = "any"
    numbers: tuple[int, ...] = ()  # which sessions; none: every one that is not booked
