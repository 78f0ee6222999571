"""How much of an ingredient is taken a day: only where strength, amount and how often are said without any doubt."""

import re
from decimal import Decimal

from ketacare.science.facts.entries import RecordEntry
from ketacare.science.facts.medicine_codes import Ingredient, MedicineBook, simple, whole_words

NUMBER = r"(\d+(?:\.\d+)?)"
PERIODIC = re.compile(rf"{NUMBER} times per {NUMBER} (\w+)")
TIMES_A_DAY = re.compile(rf"{NUMBER} times (?:a|per|each) day")
EVERY_HOURS = re.compile(rf"(?:every {NUMBER} ?(?:hours|hrs|h)|\bq{NUMBER}h)\b")
RANGE = re.compile(r"\d\s*(?:-|–|to|or)\s*\d")
HOURS_OF_A_DAY = "d"


def daily_mg(entry: RecordEntry, ingredient: Ingredient, book: MedicineBook) -> Decimal | None:
    """Return how many milligrams of an ingredient a medicine of the record gives a day.

    Args:
        entry: the medicine; its words give the strength, its detail the dosage as the source states it.
        ingredient: one of its ingredients.
        book: the table of medicines: units, forms, words for how often.

    Returns:
        Milligrams a day; None where anything is missing, doubtful, a range, or "as needed".
    """
    dosage = simple(entry.detail)
    if RANGE.search(dosage) or whole_words(book.unsure_words).search(dosage):
        return None
    times = _times_a_day(dosage, book)
    dose = _dose_mg(dosage, _strength_mg(simple(entry.display), ingredient, book), book)
    return None if times is None or dose is None else dose * times


def _strength_mg(text: str, ingredient: Ingredient, book: MedicineBook) -> Decimal | None:
    """The milligrams in one tablet or capsule: the one number after the ingredient's name."""
    parts = [part for part in text.split(" / ") if whole_words(ingredient.names).search(part)]
    found = {mass for part in parts for mass in _masses(part, book)}
    return found.pop() if len(found) == 1 else None


def _dose_mg(dosage: str, strength_mg: Decimal | None, book: MedicineBook) -> Decimal | None:
    """The milligrams of one dose: told as a mass, or as a number of tablets of a known strength; both must agree."""
    found = set(_masses(dosage, book))
    counts = {_number(count, book) for count in _counted(book).findall(dosage)}
    if counts:
        found = {found.pop()} if len(counts) == len(found) == 1 and strength_mg is None else found
        found |= {count * strength_mg for count in counts if strength_mg is not None}
    if len(found) != 1 or (counts and strength_mg is None):
        return None
    return found.pop()


def _masses(text: str, book: MedicineBook) -> list[Decimal]:
    """Every mass in a text, in milligrams; a concentration or a rate is none."""
    units = "|".join(sorted(map(re.escape, book.units_mg), key=len, reverse=True))
    return [
        Decimal(number) * book.units_mg[unit] for number, unit in re.findall(rf"{NUMBER} ?({units})\b(?! ?/)", text)
    ]


def _counted(book: MedicineBook) -> re.Pattern[str]:
    words = "|".join(book.number_words)
    return re.compile(rf"(?<![\w.])({NUMBER[1:-1]}|{words}) (?:{'|'.join(book.counted_forms)})\b")


def _number(text: str, book: MedicineBook) -> Decimal:
    return book.number_words[text] if text in book.number_words else Decimal(text)


def _times_a_day(dosage: str, book: MedicineBook) -> Decimal | None:
    """How often a day; None unless it is said, and said once or the same each time."""
    day = book.hours_of_period[HOURS_OF_A_DAY]
    found: set[Decimal] = set()
    for times, periods, unit in PERIODIC.findall(dosage):
        if unit not in book.hours_of_period or not Decimal(periods):
            return None
        found.add(Decimal(times) * day / (Decimal(periods) * book.hours_of_period[unit]))
    rest = PERIODIC.sub(" ", dosage)
    found |= {Decimal(times) for times in TIMES_A_DAY.findall(rest)}
    found |= {day / Decimal(one or two) for one, two in EVERY_HOURS.findall(rest) if Decimal(one or two)}
    rest = EVERY_HOURS.sub(" ", TIMES_A_DAY.sub(" ", rest))
    for often in book.times_a_day:
        said = whole_words(often.words)
        found |= {often.times} if said.search(rest) else set()
        rest = said.sub(" ", rest)
    return found.pop() if len(found) == 1 else None
