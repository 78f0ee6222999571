"""The catalogue of facts and the code tables, as manual pages."""

from collections.abc import Iterable, Iterator
from functools import cache

from docs.tables import table
from ketacare.science import rules
from ketacare.science.facts.codes import Code, FactRow, code_book
from ketacare.science.facts.condition_codes import Concept, Made, condition_book
from ketacare.science.facts.medicine_codes import CLASSES, Ingredient, medicine_book
from ketacare.science.facts.medicines import DZE, MAOI_PAST, MAOI_STOPPED, MME
from ketacare.science.reference import Mark
from ketacare.science.rules import Field
from ketacare.science.rules.conditions import comparisons

SUPPLIERS = {
    "self": "the patient tells",
    "patient": "the patient tells",
    "clin": "a clinician judges",
    "nurse": "a nurse sees",
    "lab": "a laboratory or ECG",
    "device": "measured",
    "derived": "follows from others",
    "site": "the site's settings",
}
KIND_OF_MEDICINE = {
    CLASSES: "the classes of what is taken now: at least these",
    DZE: "the known doses of benzodiazepines together: at least so much",
    MME: "the known doses of opioids together: at least so much",
    MAOI_PAST: "a MAO inhibitor that was stopped in the last 12 weeks",
    MAOI_STOPPED: "its last day, while the shortest wash-out runs",
}
DERIVED = {
    "patient.age_years": "the date of birth",
    "patient.sex_at_birth": "the registration",
    "patient.bmi": "weight and height",
    "cv.bp_readings": "how many readings the mean is of",
    "hep.lft_done": "all five liver tests being there",
    "patient.pregnancy_test_result": "the newest pregnancy test",
    "patient.pregnancy_test_days_ago": "its day",
}


def catalogue() -> str:
    """Every fact of every book: what it is, who supplies it, how long it counts, who reads it, what of a record fills it."""
    fields = rules.catalogue()
    groups = sorted({name.split(".")[0] for name in fields})
    head = [
        "Fact",
        "What it may be",
        "Who supplies it",
        "Fresh for",
        "Read by",
        "What of a record fills it",
        "Asked or meant",
    ]
    parts = [
        "# Facts\n",
        f"One catalogue for all rulebooks: {len(fields)} facts. A fact is a value with its unit, its day and where it comes from; one that is "
        "older than its freshness counts as missing, and a missing fact is unknown, never a pass.\n",
        "A record makes a history so or leaves it unknown, never false. A result is the explicit answer that may. Which codes: "
        "[the code tables](codes.md). What stands there as *shown* is told beside the question and settles nothing.\n",
    ]
    for group in groups:
        rows = (_row(name, field) for name, field in fields.items() if name.split(".")[0] == group)
        parts += [f"## {group}\n", table(head, rows)]
    return "\n".join(parts)


def _row(name: str, field: Field) -> list[object]:
    meant = " ".join(filter(None, [f"“{field.ask}”" if field.ask else "", field.note, field.derived]))
    return [
        f"`{name}`",
        _may_be(field),
        SUPPLIERS[field.supplied_by],
        _fresh(name),
        _readers(name),
        _filled(name),
        meant,
    ]


def _may_be(field: Field) -> str:
    if field.type == "bool":
        return "yes or no"
    if field.values is not None:
        return ("any of " if field.type == "list" else "") + ", ".join(map(str, field.values))
    low, high = field.range or (0, 0)
    return f"{'whole number' if field.type == 'int' else 'number'}, {low:g} to {high:g} {field.unit or ''}".strip()


def _fresh(name: str) -> str:
    """How long the fact counts, in the books that read it; once where they agree."""
    books = {
        book: rules.load(book).fields[name].fresh_for.says for book in rules.names() if name in rules.load(book).fields
    }
    if len(set(books.values())) == 1:
        return next(iter(books.values()))
    return "; ".join(f"{book}: {says}" for book, says in books.items())


@cache
def _reading() -> dict[str, list[str]]:
    """The rules that read each fact, as links."""
    found: dict[str, list[str]] = {}
    for name in rules.names():
        for rule in rules.load(name).rules:
            for fact in dict.fromkeys(one.fact for one in comparisons(rule.when)):
                found.setdefault(fact, []).append(f"[{rule.id}](rulebooks/{name}.md#{rule.id.lower()})")
    return found


def _readers(name: str) -> str:
    return ", ".join(_reading().get(name, ())) or "no rule directly"


def _filled(name: str) -> str:
    """What of a record makes a fact known, what is only shown beside it, or why nothing does."""
    told = [*_by_conditions(name), *_by_results(name)]
    if name in KIND_OF_MEDICINE:
        told.append(f"[medicines](codes.md#medicines): {KIND_OF_MEDICINE[name]}")
    if name == medicine_book().allergy.fact:
        told.append(f"an allergy to {' or '.join(medicine_book().allergy.ingredients)}")
    if name in DERIVED:
        told.append(DERIVED[name])
    shown = [one.says for one in condition_book().conditions if name in one.shows]
    if shown:
        told.append(f"shown: {', '.join(shown)}")
    if why := condition_book().not_filled.get(name) or code_book().not_filled.get(name):
        told.append(f"never settled by a code: {why}")
    return "; ".join(told) or "nothing"


def _by_conditions(name: str) -> Iterator[str]:
    for one in condition_book().conditions:
        if name in one.makes:
            yield f"[{one.says}](codes.md#conditions): {_made(one.makes[name])}"
        if one.days and one.days.fact == name:
            yield f"the day of {one.says}, up to {one.days.up_to} days ago"


def _made(made: Made) -> str:
    """What a condition makes of a fact, in words."""
    words = [f"{_said(made.now)} while it is there"] if made.now is not None else []
    words += [f"{_said(made.past)} when it is over"] if made.past is not None else []
    words += ["as of its own date"] if made.dated else []
    words += [f"for {made.within_days} days"] if made.within_days is not None else []
    return ", ".join(words)


def _said(value: object) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _by_results(name: str) -> Iterator[str]:
    book = code_book()
    for row in book.facts:
        if name in {row.fact, *row.also}:
            yield f"[results](codes.md#results): LOINC {', '.join(one.code for one in row.codes)}"
    if name == book.creatinine.row.fact:
        yield f"estimated from creatinine: LOINC {', '.join(one.code for one in book.creatinine.row.codes)}"
    for done in book.done:
        if name == done.fact:
            yield f"{_said(done.value)}, once there is a result: LOINC {', '.join(one.code for one in done.codes)}"
    for since in book.days_since:
        if name == since.fact:
            yield f"counted since {f'`{since.of}`' if since.of else 'LOINC ' + ', '.join(one.code for one in since.codes)}"


def code_tables() -> str:
    """The tables that turn a record into facts, each code with its mark."""
    conditions, medicines, results = condition_book(), medicine_book(), code_book()
    return "\n".join(
        [
            "# Code tables\n",
            "Small tables of our own that turn what a record says into [facts](facts.md). Each code is marked: *seen* = read with this meaning in "
            "data or published code; *recalled* = from memory. **Not reviewed by a clinician or a coder.** "
            f"Sources: {_sources({*conditions.sources, *medicines.sources, *results.sources})}.\n",
            "## Conditions\n",
            "ICD-10-CM codes are prefixes. *There* is an active condition, *over* a resolved one or one in remission. A suspected or refuted one settles "
            "nothing, one entered in error says nothing at all.\n",
            table(
                ["Condition", "ICD-10-CM", "SNOMED CT", "Makes known", "Shown beside"],
                map(_condition, conditions.conditions),
            ),
            "## Medicines\n",
            "Known by the RxNorm code of an ingredient, else by its name as a whole word. DZE: mg of diazepam that 1 mg by mouth counts as "
            f"({_sources([medicines.dze_source.key])}; {medicines.dze_source.note}). MME: mg of morphine by mouth "
            f"({_sources([medicines.mme_source.key])}; {medicines.mme_source.note}).\n",
            table(
                ["Ingredient", "RxNorm", "Also called", "Classes", "DZE", "MME"], map(_medicine, medicines.ingredients)
            ),
            "## Results\n",
            table(["Fact", "LOINC", "How", "Unit", "Turned from"], map(_result, results.facts)),
            "## What no code settles\n",
            table(
                ["Fact", "Why"],
                ([f"`{fact}`", why] for fact, why in (conditions.not_filled | results.not_filled).items()),
            ),
        ]
    )


def _sources(keys: Iterable[str]) -> str:
    return ", ".join(f"[{key}](sources.md#{key.lower()})" for key in sorted(keys))


def _condition(one: Concept) -> list[object]:
    icd = "; ".join(_marked(", ".join(codes), mark) for mark, codes in one.icd10cm.items())
    but = f"; not {', '.join(one.but_not)}" if one.but_not else ""
    snomed = "; ".join(
        _marked(", ".join(f"{code} {says}" for code, says in codes.items()), mark) for mark, codes in one.snomed.items()
    )
    makes = [f"`{fact}`: {_made(made)}" for fact, made in one.makes.items()]
    makes += [f"`{one.days.fact}`: its day, up to {one.days.up_to} days ago"] if one.days else []
    return [one.says, icd + but, snomed, "; ".join(makes), ", ".join(f"`{fact}`" for fact in one.shows)]


def _marked(text: str, mark: Mark | None) -> str:
    return f"{text} (*{mark}*)" if text else ""


def _medicine(one: Ingredient) -> list[object]:
    mme = f"{one.mme_patch} for 1 µg/h through the skin" if one.mme_patch is not None else one.mme
    classes = ", ".join(one.classes)
    if one.then:
        classes += f"; up to {one.oral_up_to_mg} mg a day by mouth: {one.then}"
    return [one.name, _marked(one.rxnorm, one.mark), ", ".join(one.also), classes, _blank(one.dze), _blank(mme)]


def _blank(value: object) -> object:
    return "" if value is None else value


HOW = {
    "latest": "the newest that can be used",
    "mean": "the mean of two or more seated readings close together",
    "x_uln": "over the upper limit that the laboratory gave with it",
}


def _result(row: FactRow) -> list[object]:
    names = ", ".join(f"`{one}`" for one in (row.fact, *row.also))
    turned = ", ".join(one for one in code_book().units.get(row.unit, {}) if one != row.unit)
    return [names, ", ".join(map(_code, row.codes)), HOW[row.take], row.unit, turned]


def _code(one: Code) -> str:
    return _marked(f"{one.code} {one.says}", one.mark)
