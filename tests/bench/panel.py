"""Made-up patients for the population bench: mostly healthy, half of them with gaps, some with findings, a few contradictory."""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from ketacare.science.rules import Book, Clearance, cells
from ketacare.science.rules.clearances import PREFIX
from tests.science.rules.healthy import HEALTHY

ON = date(2026, 11, 22)
WITH_GAPS, MISSING = 0.5, 0.24  # so that 12 % of all facts are missing
WITH_FINDINGS, CONTRADICTORY, CLEARED = 0.3, 0.01, 0.05
MEASURED = {  # mean and spread of what differs from patient to patient
    "patient.weight_kg": (78, 15),
    "patient.height_cm": (171, 9),
    "patient.bmi": (26, 4),
    "renal.egfr": (92, 15),
    "hep.alt_x_uln": (0.6, 0.2),
    "hep.ast_x_uln": (0.6, 0.2),
    "cv.bp_sys": (122, 11),
    "cv.bp_dia": (78, 8),
    "patient.age_years": (43, 13),
}


def patients(book: Book, *, seed: int = 1) -> Iterator[dict[str, object]]:
    """Made-up patients of the eligibility book without end, the same ones for the same seed."""
    chance = random.Random(seed)
    reckoned = {one.stated.fact for one in book.derivations}  # nobody enters these
    healthy = {name: value for name, value in HEALTHY.items() if name not in reckoned}
    found = cells.of([rule.when for rule in book.rules], book.fields, book.defaults.values)
    choices = {
        name: values for name, values in found.items() if not name.startswith(PREFIX) and name not in book.derived_from
    }
    while True:
        facts = dict(healthy)
        for name, (mean, spread) in MEASURED.items():
            facts[name] = _near(book, name, chance.gauss(mean, spread))
        if chance.random() < WITH_FINDINGS:
            for name in chance.sample(sorted(choices), 4):
                facts[name] = chance.choice(choices[name])
        if chance.random() < CONTRADICTORY:
            facts |= {"patient.sex_at_birth": "male", "patient.pregnant": True}
        gaps = MISSING if chance.random() < WITH_GAPS else 0
        yield {name: value for name, value in facts.items() if chance.random() >= gaps}


def _near(book: Book, name: str, value: float) -> float | int:
    field = book.fields[name]
    low, high = field.range or (value, value)
    inside = min(max(value, low), high)
    return round(inside) if field.type == "int" else round(inside, 1)


def clearances(book: Book, size: int, *, seed: int = 1) -> dict[int, list[Clearance]]:
    """One letter in the file of some of the patients, for every rule that its kind can lift."""
    chance = random.Random(seed)
    kinds = sorted({kind for rule in book.rules for kind in rule.cleared_by})
    found = {}
    for place in range(size):
        if chance.random() < CLEARED:
            kind = chance.choice(kinds)
            covers = frozenset(rule.id for rule in book.rules if kind in rule.cleared_by)
            found[place] = [Clearance(clearance=kind, covers=covers, dated=ON, expires=ON + timedelta(days=90))]
    return found
