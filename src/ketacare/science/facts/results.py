"""From measurements and laboratory results to facts. A result is an explicit answer: it alone may make a fact false."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from ketacare.science.errors import Problem
from ketacare.science.facts.codes import LOINC, SNOMED, Code, CodeBook, FactRow, codes_of
from ketacare.science.facts.entries import WHOLE_DATE, RecordEntry, Standing
from ketacare.science.facts.kidney import egfr_ckd_epi_2021
from ketacare.science.facts.measured import VOID, Measured, measured
from ketacare.science.facts.statements import age_days, day_of
from ketacare.science.rules.fields import Fact

LIVER_TESTS = frozenset({"hep.alt_x_uln", "hep.ast_x_uln", "hep.alp_x_uln", "hep.ggt_x_uln", "hep.bili_x_uln"})
EGFR = "renal.egfr"


def facts_from_results(
    entries: list[RecordEntry], *, book: CodeBook, born_on: date, sex_at_birth: str, at: datetime
) -> tuple[list[Fact], list[Problem]]:
    """Return the facts that measurements and results make known, and what could not be used.

    Args:
        entries: the current entries of one person.
        book: the code book.
        born_on: the date of birth.
        sex_at_birth: ``female`` or ``male``; anything else is unknown.
        at: the moment, aware, in the time zone of the site.

    Source: data/codes/observations.
    """
    facts: list[Fact] = []
    unused: list[Problem] = []
    for row in book.facts:
        found, aside = measured(row, entries, book=book, at=at)
        unused += [one.problem for one in aside]
        facts += [] if found is None else fact_of(row, found)
    facts += egfr_from_creatinine(facts, entries, book, born_on=born_on, sex_at_birth=sex_at_birth, at=at)
    facts += pregnancy_test(entries, book, at=at, unused=unused)
    facts += derived(facts, entries, book, unused)
    return [*facts, *done(entries, book, at=at), *days_since(facts, entries, book, at=at)], unused


def egfr_from_creatinine(
    facts: list[Fact], entries: list[RecordEntry], book: CodeBook, *, born_on: date, sex_at_birth: str, at: datetime
) -> list[Fact]:
    """The eGFR of the newest creatinine, unless the laboratory reported one that is as new."""
    found, _ = measured(book.creatinine.row, entries, book=book, at=at)
    reported = next((one.as_of for one in facts if one.name == EGFR), None)
    if found is None or (isinstance(reported, datetime) and reported >= found.at):
        return []
    equation, age = book.creatinine.ckd_epi_2021, age_years(born_on, found.at.astimezone(at.tzinfo).date())
    if age < equation.age_from or sex_at_birth not in {"female", "male"} or found.value <= 0:
        return []
    value = egfr_ckd_epi_2021(float(found.value), age_years=age, female=sex_at_birth == "female", equation=equation)
    source = f"CKD-EPI 2021 from {evidence(found)}"
    return [Fact(name=EGFR, value=value, unit="mL/min/1.73m2", as_of=found.at, source=source)]


def newest_final(entries: Iterable[RecordEntry], codes: Iterable[Code], *, at: datetime) -> RecordEntry | None:
    """The newest final result with one of these codes that says something."""
    wanted = codes_of(codes)
    final = [
        one
        for one in entries
        if one.has_code(LOINC, wanted)
        and one.standing is Standing.PRESENT
        and one.as_of is not None
        and one.as_of <= at
        and not one.absent_reason
    ]
    return max(final, key=lambda one: (one.as_of, one.group), default=None)


def name_and_group(entry: RecordEntry | None) -> str:
    """An entry as evidence: its words, its day and its resource."""
    return "" if entry is None else f"{entry.name_and_day} ({entry.group})"


def done(entries: list[RecordEntry], book: CodeBook, *, at: datetime) -> list[Fact]:
    """What follows from a test having been done at all."""
    newest = [(row, newest_final(entries, row.codes, at=at)) for row in book.done]
    return [
        Fact(name=row.fact, value=row.value, as_of=one.as_of, source=name_and_group(one))
        for row, one in newest
        if one is not None
    ]


def days_since(facts: list[Fact], entries: list[RecordEntry], book: CodeBook, *, at: datetime) -> list[Fact]:
    """How many days ago something was last measured, where its day is known."""
    known = {one.name: one for one in facts}
    found: list[Fact] = []
    for row in book.days_since:
        newest, measured_fact = newest_final(entries, row.codes, at=at), known.get(row.of)
        days = None if newest is None else age_days(newest, at)
        if measured_fact is not None and isinstance(measured_fact.as_of, datetime):
            days = (at.date() - measured_fact.as_of.astimezone(at.tzinfo).date()).days
        if days is not None:
            source = measured_fact.source if measured_fact else name_and_group(newest)
            found.append(Fact(name=row.fact, value=days, unit="days", as_of=at, source=source))
    return found


def age_years(born_on: date, today: date) -> int:
    """Return the whole years on a day."""
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))


def fact_of(row: FactRow, found: Measured) -> list[Fact]:
    """A measurement as the fact of its row; a mean also says how many readings it is of."""
    value = int(found.value.quantize(Decimal(1), ROUND_HALF_UP)) if row.whole else float(found.value)
    fact = Fact(name=row.fact, value=value, unit=row.unit, as_of=found.at, source=evidence(found))
    also = [replace(fact, name=name) for name in row.also]
    if row.fact != "cv.bp_sys":
        return [fact, *also]
    count = Fact(name="cv.bp_readings", value=len(found.entries), unit="count", as_of=found.at, source=fact.source)
    return [fact, count, *also]


def evidence(found: Measured) -> str:
    """Where a measurement comes from, in words."""
    values = ", ".join(f"{one.value} {one.unit}".strip() for one in found.entries)
    first = found.entries[0]
    words = f"{first.display}: {values}, {first.as_of_given}"
    if len(found.entries) > 1:
        words = f"mean of {len(found.entries)}: {words}"
        words += "" if all(one.position for one in found.entries) else ", position not stated"
    return f"{words} ({first.group})"


def pregnancy_test(entries: list[RecordEntry], book: CodeBook, *, at: datetime, unused: list[Problem]) -> list[Fact]:
    """The newest pregnancy test with its result and its age; an unclear one hides the older ones."""
    codes = codes_of([*book.pregnancy_test.codes, *book.pregnancy_test.quantity.codes])
    tests = [one for one in entries if one.has_code(LOINC, codes) and one.standing not in VOID]
    dated = [one for one in tests if one.as_of is not None and one.as_of <= at]
    if not dated:
        return []
    newest_at = max(one.as_of for one in dated if one.as_of is not None)
    together = [one for one in dated if one.as_of == newest_at]
    newest = min(together, key=lambda one: one.group)
    results = {clear_result(one, book) for one in together}
    result = results.pop()
    if results or result is None:
        unused.append(Problem(place=newest.name_and_day, says="the result or its date is not clear"))
        return []
    days = (at.date() - day_of(newest, at)).days
    told = newest.value_text or f"{newest.comparator}{newest.value} {newest.unit}".strip()
    source = f"{newest.display}: {told}, {newest.as_of_given} ({newest.group})"
    return [
        Fact(name="patient.pregnancy_test_result", value=result, as_of=newest.as_of, source=source),
        Fact(name="patient.pregnancy_test_days_ago", value=days, unit="days", source=source),
    ]


def clear_result(entry: RecordEntry, book: CodeBook) -> str | None:
    """negative, positive or indeterminate, by code or by that very word; None when that or the day is not clear."""
    if entry.standing is Standing.UNSURE or len(entry.as_of_given) < WHOLE_DATE:
        return None
    for result, codes in book.pregnancy_test.results.items():
        coded = any(one.system == SNOMED and one.code in codes_of(codes) for one in entry.value_codings)
        if coded or entry.value_text.strip().lower() == result:
            return result
    return by_quantity(entry, book)


def by_quantity(entry: RecordEntry, book: CodeBook) -> str | None:
    """The result of an hCG that was told as a number; "below so much" counts where that is low enough."""
    limits = book.pregnancy_test.quantity
    value = None if entry.value is None else book.converted(entry.value, entry.unit, limits.unit)
    if value is None or not entry.has_code(LOINC, codes_of(limits.codes)):
        return None
    below = entry.comparator in {"<", "<="}
    if value < limits.negative_below or (below and value <= limits.negative_below):
        return None if entry.comparator.startswith(">") else "negative"
    if entry.comparator:
        return "positive" if entry.comparator.startswith(">") and value >= limits.positive_from else None
    return "positive" if value >= limits.positive_from else "indeterminate"


def derived(facts: list[Fact], entries: list[RecordEntry], book: CodeBook, unused: list[Problem]) -> list[Fact]:
    """Facts that follow from other facts of the record: body mass index, and that a test was done."""
    known = {one.name: one for one in facts}
    found: list[Fact] = []
    if "cv.qtc_ms" in known:
        qtc = known["cv.qtc_ms"]
        found.append(Fact(name="cv.ecg_done", value=True, as_of=qtc.as_of, source=qtc.source))
    if known.keys() >= LIVER_TESTS:
        oldest = min((known[name] for name in LIVER_TESTS), key=lambda one: str(one.as_of))
        found.append(Fact(name="hep.lft_done", value=True, as_of=oldest.as_of, source=oldest.source))
    if known.keys() >= {"patient.weight_kg", "patient.height_cm"}:
        found.append(body_mass_index(known["patient.weight_kg"], known["patient.height_cm"]))
        unused += contradicted(found[-1], entries, book)
    return found


def body_mass_index(weight: Fact, height: Fact) -> Fact:
    """Weight over height squared, as old as the weight. Source: definition; 1 m is 100 cm."""
    assert isinstance(weight.value, float) and isinstance(height.value, float)  # noqa: PT018, S101  # made by fact_of
    value = weight.value / (height.value / 100) ** 2
    source = f"weight {weight.value:g} kg and height {height.value:g} cm"
    return Fact(name="patient.bmi", value=value, unit="kg/m2", as_of=weight.as_of, source=source)


def contradicted(bmi: Fact, entries: list[RecordEntry], book: CodeBook) -> list[Problem]:
    """Body mass indices stated with the same weight that differ too much from the one derived."""
    limit, codes = book.bmi_contradiction, codes_of(book.body_mass_index)
    stated = [
        one
        for one in entries
        if one.has_code(LOINC, codes) and one.standing not in VOID and one.value is not None and one.as_of == bmi.as_of
    ]
    far = [
        one
        for one in stated
        if one.value is not None and abs(float(one.value) - float(str(bmi.value))) > limit.more_than
    ]
    says = f"contradicts the {bmi.value:.1f} {bmi.unit} that follows from {bmi.source}"
    return [Problem(place=f"{one.name_and_day}, {one.value}", says=says) for one in far]
