"""People who do not exist, drawn by chance from a seed: the same seed gives the same people, for ever and in any order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from ketacare.science import reference

HERE = Path(__file__).parent
YEAR = timedelta(days=365, hours=6)
WHOLE = ("bp_sys", "bp_dia", "heart_rate", "spo2", "resp_rate", "dissociation")


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody made up, before they come to the clinic."""

    number: int
    given_name: str
    family_name: str
    sex: str
    born_on: date

    @property
    def email(self) -> str:
        return f"{self.given_name}.{self.family_name}@patients.example".lower()


@dataclass(frozen=True, kw_only=True)
class Body:
    """What is measured of somebody at rest, and how far away the drug takes them (of 10)."""

    key: int
    height_cm: int
    weight_kg: float
    bp_sys: int
    bp_dia: int
    heart_rate: int
    spo2: int
    resp_rate: int
    temp_c: float
    dissociation: int


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the demo's clinic stands."""

    name: str
    time_zone: str
    jurisdiction: str
    currency: str
    country: str  # whose crisis lines are shown


@cache
def read(name: str) -> Any:
    """What one of the demo's data files says."""
    return reference.parse_yaml((HERE / name).read_text(encoding="utf-8"), place=name)


def chance(*what: object) -> Random:
    """A source of chance of its own for one purpose: nothing drawn for another one changes it."""
    return Random(":".join(map(str, what)))  # noqa: S311  # made-up people, not secrets


def person(number: int, *, seed: int, today: date, age_years: int | None = None) -> Person:
    """The person with this number; their age is drawn unless a story needs one. Of every two, one is a woman and one a man."""
    names, by = read("people.yaml"), chance(seed, number)
    sex = shuffled(("female", "male"), seed, "sexes", number // 2)[number % 2]
    given_names = shuffled(names[f"given_{sex}"], seed, sex)
    family_names = shuffled(names["family"], seed, "families")
    drawn_age = round(draw(by, names["drawn"]["age_years"]))
    age = drawn_age if age_years is None else age_years
    return Person(
        number=number,
        given_name=given_names[number // 2 % len(given_names)],
        family_name=family_names[number % len(family_names)],
        sex=sex,
        born_on=today - age * YEAR - timedelta(days=by.randrange(YEAR.days)),
    )


def shuffled(given: Sequence[str], *what: object) -> list[str]:
    """The same things in an order of their own for one purpose."""
    return chance(*what).sample(given, len(given))


def body(key: int, *, sex: str, seed: int) -> Body:
    """The body that a key gives: of a patient, their number in the database."""
    drawn, by = read("people.yaml")["drawn"], chance(seed, "body", key)
    height_cm = round(draw(by, drawn["height_cm"].get(sex, drawn["height_cm"]["female"])))
    whole = {name: round(draw(by, drawn[name])) for name in WHOLE}
    weight_kg = round(draw(by, drawn["bmi"]) * (height_cm / 100) ** 2, 1)
    temp_c = round(draw(by, drawn["temp_c"]), 1)
    return Body(key=key, height_cm=height_cm, weight_kg=weight_kg, temp_c=temp_c, **whole)


def draw(by: Random, given: Mapping[str, Any]) -> float:
    """One value of a normal, kept inside its span."""
    low, high = given["span"]
    return min(high, max(low, by.gauss(given["mean"], given["sd"])))


def place_at(moment: datetime) -> Place:
    """The first of the places where it is working time."""
    told = read("people.yaml")
    opens, closes = told["working_hours"]
    places = [Place(**one) for one in told["places"]]
    awake = [one for one in places if opens <= moment.astimezone(ZoneInfo(one.time_zone)).hour < closes]
    return (awake or places)[0]
