"""A scale as a FHIR R4 Questionnaire, its answers as a QuestionnaireResponse, and back."""

from collections.abc import Iterable, Mapping
from typing import Any

from ketacare.interop.mapping.score_expression import main_score_expression
from ketacare.science.errors import BadFacts, Problem
from ketacare.science.scales.conditions import COMPARE, AnyOf, ItemIs, leaves
from ketacare.science.scales.definition import Instrument, Item, Option

LOINC = "http://loinc.org"
LOCAL = "urn:ketacare:scale"
EXTENSION = "http://hl7.org/fhir/StructureDefinition/"
CALCULATED = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"
Json = dict[str, Any]


def to_fhir(instrument: Instrument) -> Json:
    """The scale as a Questionnaire; a code stands only where one was found, wording only where we ship it."""
    found = {
        "resourceType": "Questionnaire",
        "id": f"{instrument.id.replace('_', '-')}-{instrument.version}",
        "url": url_of(instrument),
        "version": str(instrument.version),
        "name": instrument.id,
        "title": instrument.name,
        "status": "draft" if instrument.review.status == "unreviewed" else "active",
        "subjectType": ["Patient"],
        "language": instrument.language,
        "copyright": instrument.licence.statement,
        "code": loinc(instrument, "panel"),
        "item": [*(question(instrument, item) for item in asked(instrument)), *calculated(instrument)],
    }
    return {name: value for name, value in found.items() if value != []}


def url_of(instrument: Instrument) -> str:
    """The name of this scale, without its version."""
    return f"{LOCAL}:{instrument.id}"


def asked(instrument: Instrument) -> tuple[Item, ...]:
    """The items a page asks; none where the owner permits a total alone."""
    return () if instrument.entry == "total" else instrument.items


def loinc(instrument: Instrument, name: str) -> list[Json]:
    """The code of a panel or score, where one was found."""
    code = instrument.loinc.get(name)
    return [] if code is None else [{"system": LOINC, "code": code.code}]


def question(instrument: Instrument, item: Item) -> Json:
    """One item: a choice of options worth points, or a whole number of a range."""
    found: Json = {"linkId": item.id, "prefix": str(item.n), "text": item.text or item.label or item.id}
    if item.loinc:
        found["code"] = [{"system": LOINC, "code": item.loinc.code}]
    if numbers := instrument.number_range(item):
        limits = (("minValue", numbers.low), ("maxValue", numbers.high))
        found |= {
            "type": "integer",
            "extension": [{"url": EXTENSION + name, "valueInteger": to} for name, to in limits],
        }
    else:
        found |= {"type": "choice", "answerOption": [offered(instrument, one) for one in instrument.choices(item)]}
    shown = enabled_when(instrument, item)
    return found | ({"enableWhen": shown, "enableBehavior": "any"} if shown else {})


def offered(instrument: Instrument, option: Option) -> Json:
    """An option with its points."""
    points = {"url": EXTENSION + "ordinalValue", "valueDecimal": option.value}
    return {"extension": [points], "valueCoding": coding(instrument, option)}


def coding(instrument: Instrument, option: Option) -> Json:
    """An option as LOINC knows it, else as we record it."""
    known = option.loinc_answer is not None
    found = {"system": LOINC if known else url_of(instrument), "code": option.loinc_answer or str(option.answer)}
    return found | ({"display": option.label} if option.label else {})


def enabled_when(instrument: Instrument, item: Item) -> list[Json]:
    """The answers to other items that show this one, each named: an order of codes is not a comparison of points."""
    if not isinstance(item.show_when, ItemIs | AnyOf):
        return []
    said = [leaf for leaf in leaves(item.show_when) if isinstance(leaf, ItemIs)]
    return [
        {"question": leaf.item, "operator": "=", "answerCoding": coding(instrument, option)}
        for leaf in said
        for option in instrument.choices(next(each for each in instrument.items if each.id == leaf.item))
        if COMPARE[leaf.op](option.value, leaf.value)
    ]


def calculated(instrument: Instrument) -> list[Json]:
    """The main score: worked out from the answers, or typed in where only a total may be."""
    rule = instrument.score_rule(instrument.main_score)
    if rule is None or any(item.id == rule.id for item in instrument.items):
        return []
    whole = rule.decimals == 0
    found: Json = {"linkId": rule.id, "text": rule.label or "Total", "type": "integer" if whole else "decimal"}
    if code := loinc(instrument, rule.id):
        found["code"] = code
    if not asked(instrument):
        return [found]
    expression = {"language": "text/fhirpath", "expression": main_score_expression(instrument)}
    return [found | {"readOnly": True, "extension": [{"url": CALCULATED, "valueExpression": expression}]}]


def response_to_fhir(instrument: Instrument, answers: Mapping[str, object], *, authored: str | None = None) -> Json:
    """Valid answers as a QuestionnaireResponse that names the version they were given to."""
    given = [
        answered(instrument, item, answers[item.id]) for item in asked(instrument) if answers.get(item.id) is not None
    ]
    if (total := instrument.entered_total()) and answers.get(total.id) is not None:
        given.append({"linkId": total.id, "answer": [{"valueInteger": answers[total.id]}]})
    found: Json = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{url_of(instrument)}|{instrument.version}",
        "status": "completed",
        "item": given,
    }
    return found | ({"authored": authored} if authored else {})


def answered(instrument: Instrument, item: Item, answer: object) -> Json:
    """One answered item."""
    option = next((one for one in instrument.choices(item) if one.answer == answer), None)
    value: Json = {"valueInteger": answer} if option is None else {"valueCoding": coding(instrument, option)}
    return {"linkId": item.id, "answer": [value]}


def answers_from_fhir(instrument: Instrument, response: Mapping[str, Any]) -> dict[str, int | str]:
    """The answers of a QuestionnaireResponse to this very version, or BadFacts with everything that is wrong."""
    named = f"{url_of(instrument)}|{instrument.version}"
    problems = (
        [] if response.get("questionnaire") == named else [Problem(place="questionnaire", says=f"is not {named}")]
    )
    known = {item.id: item for item in asked(instrument)}
    found: dict[str, int | str] = {}
    totals = []
    for item in response.get("item", ()):
        link, given = item.get("linkId"), item.get("answer", ())
        if link == instrument.main_score and link not in known:
            totals += [each.get("valueInteger") for each in given]
            continue
        answer = meant(instrument, known[link], given) if link in known and link not in found else None
        if answer is None:
            problems.append(Problem(place=str(link), says="not one permitted answer to an item of this scale"))
        else:
            found[link] = answer
    if problems:
        raise BadFacts(problems)
    return found or typed_total(instrument, totals)  # beside answers, what others worked out is not taken: we score


def typed_total(instrument: Instrument, totals: list[object]) -> dict[str, int | str]:
    """A total that came without any answer, where the scale lets one be entered."""
    rule = instrument.entered_total()
    total = next(iter(totals), None)
    return {rule.id: total} if rule and isinstance(total, int) else {}


def meant(instrument: Instrument, item: Item, given: Iterable[Mapping[str, Any]]) -> int | str | None:
    """The one answer that is given, as we record it; None when it is none, several, or not permitted."""
    values = list(given)
    if len(values) != 1:
        return None
    if numbers := instrument.number_range(item):
        number = values[0].get("valueInteger")
        return number if type(number) is int and numbers.low <= number <= numbers.high else None
    said = values[0].get("valueCoding", {})
    codings = {
        (each["system"], each["code"]): one.answer
        for one in instrument.choices(item)
        for each in [coding(instrument, one)]
    }
    return codings.get((said.get("system"), said.get("code")))
