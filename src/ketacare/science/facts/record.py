"""From the entries of a record to the facts that the rule books read.

Open world: an entry makes a history fact true or leaves it unknown. Nothing here ever makes one false; only a person's
answer does. What an entry speaks of without settling it is told too, so that it can stand beside the question.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from ketacare.science.errors import Problem
from ketacare.science.facts.codes import LOINC, SNOMED, CodeBook, FactRow, code_book, codes_of
from ketacare.science.facts.condition_codes import condition_book
from ketacare.science.facts.diagnoses import stated_by_conditions
from ketacare.science.facts.entries import WHOLE_DATE, RecordEntry, Standing
from ketacare.science.facts.measured import VOID, Measured, measured
from ketacare.science.facts.statements import Statement, day_of, merged
from ketacare.science.rules.fields import Fact, Field

LIVER_TESTS = frozenset({"hep.alt_x_uln", "hep.ast_x_uln", "hep.alp_x_uln", "hep.ggt_x_uln", "hep.bili_x_uln"})


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordFacts:
    """What the record says as facts, and the entries that would have been facts but could not be used.

    ``lasting`` names the facts that do not change with time: an answer that says otherwise contradicts them. ``rests_on`` gives the
    entries that made such a fact, ``speaks`` all that bear on it, whether they settle it or not.
    """

    facts: tuple[Fact, ...]
    unused: tuple[Problem, ...]
    lasting: frozenset[str] = frozenset()
    rests_on: Mapping[str, tuple[RecordEntry, ...]] = field(default_factory=dict)
    speaks: Mapping[str, tuple[RecordEntry, ...]] = field(default_factory=dict)


def facts_from_record(
    entries: Iterable[RecordEntry], *, born_on: date, sex_at_birth: str, at: datetime, fields: Mapping[str, Field]
) -> RecordFacts:
    """Return the facts that a person's record holds at a moment.

    Args:
        entries: the current entries of one person, in any order; superseded ones left out.
        born_on: the date of birth.
        sex_at_birth: ``female`` or ``male``; anything else is unknown.
        at: the moment, aware, in the time zone of the site: days are counted there.
        fields: what the books know; a fact they do not know, or whose value they would refuse, is left out and listed.

    Returns:
        Facts in the order of the code book, each with its date and its source in words, and what could not be used.

    Assumes: coded entries are about this person; a laboratory's reference range is the one that holds for them.
    Source: data/codes/observations (LOINC codes, units, the rule of two seated readings).
    """
    book, entries = code_book(), list(entries)
    facts = person_facts(born_on=born_on, sex_at_birth=sex_at_birth, at=at)
    unused: list[Problem] = []
    for row in book.facts:
        found, aside = measured(row, entries, book=book, at=at)
        unused += [one.problem for one in aside]
        facts += [] if found is None else fact_of(row, found)
    facts += pregnancy_test(entries, book, at=at, unused=unused)
    facts += derived(facts, entries, book, unused)
    stated = list(stated_by_conditions(entries, book=condition_book(), at=at))
    settled = [
        one for one in stated if one.value is not None and fields.get(one.fact) and fields[one.fact].type != "list"
    ]
    facts = newest_of([*facts, *merged(settled, fields=fields, strongest=condition_book().strongest)])
    facts = [in_zone(one, at.tzinfo) for one in facts]
    return RecordFacts(
        facts=tuple(_accepted(facts, fields, unused)),
        unused=tuple(dict.fromkeys(unused)),
        lasting=frozenset(one.fact for one in settled if one.lasting),
        rests_on=spoken_of(settled),
        speaks=spoken_of(stated),
    )


def in_zone(fact: Fact, zone: tzinfo | None) -> Fact:
    """The fact with its time told in the time zone of the site: the books count calendar days there."""
    return replace(fact, as_of=fact.as_of.astimezone(zone)) if isinstance(fact.as_of, datetime) else fact


def newest_of(facts: Iterable[Fact]) -> list[Fact]:
    """One fact a name: of a measurement and a statement the newer."""
    chosen: dict[str, Fact] = {}
    for fact in facts:
        before = chosen.get(fact.name)
        if before is None or _moment(fact) > _moment(before):
            chosen[fact.name] = fact
    return list(chosen.values())


def _moment(fact: Fact) -> datetime:
    """When a fact was so; one without a time is the oldest."""
    return fact.as_of if isinstance(fact.as_of, datetime) else datetime.min.replace(tzinfo=UTC)


def spoken_of(statements: Iterable[Statement]) -> dict[str, tuple[RecordEntry, ...]]:
    """The entries that bear on each fact, newest first."""
    found: dict[str, list[RecordEntry]] = {}
    for one in statements:
        if one.entry not in found.setdefault(one.fact, []):
            found[one.fact].append(one.entry)
    return {
        fact: tuple(sorted(entries, key=lambda one: one.as_of_given, reverse=True)) for fact, entries in found.items()
    }


def person_facts(*, born_on: date, sex_at_birth: str, at: datetime) -> list[Fact]:
    """Age on the day and sex at birth, where they are known."""
    age = age_years(born_on, at.date())
    facts = [Fact(name="patient.age_years", value=age, unit="years", source=f"born {born_on.isoformat()}")]
    if sex_at_birth in {"female", "male"}:
        facts.append(Fact(name="patient.sex_at_birth", value=sex_at_birth, source="registration"))
    return facts


def age_years(born_on: date, today: date) -> int:
    """Return the whole years on a day."""
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))


def fact_of(row: FactRow, found: Measured) -> list[Fact]:
    """A measurement as the fact of its row; a mean also says how many readings it is of."""
    value = int(found.value.quantize(Decimal(1), ROUND_HALF_UP)) if row.whole else float(found.value)
    fact = Fact(name=row.fact, value=value, unit=row.unit, as_of=found.at, source=evidence(found))
    if row.fact != "cv.bp_sys":
        return [fact]
    count = Fact(name="cv.bp_readings", value=len(found.entries), unit="count", as_of=found.at, source=fact.source)
    return [fact, count]


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
    codes = codes_of(book.pregnancy_test.codes)
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
    source = f"{newest.display}: {newest.value_text}, {newest.as_of_given} ({newest.group})"
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
    return None


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


def _accepted(facts: list[Fact], fields: Mapping[str, Field], unused: list[Problem]) -> list[Fact]:
    """The facts that the books know and would not refuse."""
    accepted = []
    for fact in facts:
        field = fields.get(fact.name)
        if field is None:
            continue
        if says := field.complaint(fact.value):
            unused.append(Problem(place=fact.name, says=f"{says} ({fact.source})"))
        else:
            accepted.append(fact)
    return accepted
