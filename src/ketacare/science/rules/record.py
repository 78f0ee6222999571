"""An evaluation as plain data, and the way back: what a decision record keeps, and how it is judged again years later."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as Key

from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import problems_of
from ketacare.science.rules.book import Book, load
from ketacare.science.rules.clearances import Clearance, ClearanceShape
from ketacare.science.rules.conditions import Value
from ketacare.science.rules.fields import Fact, FactShape, Moment
from ketacare.science.rules.findings import Contradiction, Evaluation, Finding, Need, Used
from ketacare.science.rules.policy import Policy


def plain(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as values that JSON can hold: enough to show it again and to repeat it."""
    return {
        "book": evaluation.book_id,
        "version": evaluation.book_version,
        "sha256": evaluation.book_sha256,
        "on": _iso(evaluation.on),
        "params": dict(evaluation.params),
        "disposition": evaluation.disposition,
        "urgent": evaluation.urgent,
        "findings": [_finding(one) for one in evaluation.findings],
        "needs": [_need(one) for one in evaluation.needs],
        "contradictions": [_contradiction(one) for one in evaluation.contradictions],
        "skipped": list(evaluation.skipped),
        "facts": {name: _kept_fact(one) for name, one in evaluation.facts.items()},
        "clearances": [_clearance(one) for one in evaluation.clearances],
    }


def repeat(kept: Mapping[str, Any]) -> Evaluation:
    """Judge again what a record kept, with the very version of the book that it names.

    Args:
        kept: what ``plain`` returned, before or after a journey through JSON. Read are ``book``, ``version``, ``sha256``, ``on``,
            ``params``, ``facts`` and ``clearances``.

    Returns:
        The evaluation of the same facts on the same day under the same parameters and clearances; see ``differences``.

    Raises:
        BadReference: the record is not one, its version of the book is not there, or the file is not the one it was.
        BadFacts: a kept fact that this version of the book does not accept.
    """
    try:
        record = _Record.model_validate(kept)
    except ValidationError as error:
        raise BadReference(problems_of(error, place="record")) from error
    book = _very_book(record)
    return book.evaluate(
        {name: _given(name, one) for name, one in record.facts.items() if not one.derived},
        on=record.on,
        policy=_policy(book, record.params),
        clearances=[one.record() for one in record.clearances],
    )


def differences(kept: Mapping[str, Any], again: Evaluation) -> tuple[str, ...]:
    """Return in words how an evaluation differs from the record it repeats; empty: it says the same."""
    now = plain(again)
    said = [
        f"{key} was {kept[key]}, is {now[key]}"
        for key in ("disposition", "urgent")
        if key in kept and kept[key] != now[key]
    ]
    before, after = ({one["rule"]: _state(one) for one in record["findings"]} for record in (kept, now))
    rules = [rule for rule in {**before, **after} if before.get(rule) != after.get(rule)]
    return (*said, *(f"{rule} was {before.get(rule, 'silent')}, is {after.get(rule, 'silent')}" for rule in rules))


def _state(finding: Mapping[str, Any]) -> str:
    if finding["cleared"]:
        return "cleared"
    return "fired" if finding["fires"] else "unknown"


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "rule": one.rule.id,
        "statement": one.rule.statement,
        "severity": one.severity,
        "fires": one.fires,
        "cleared": one.cleared,
        "urgent": one.urgent,
        "override": one.override,
        "because": [_used(used) | {"fact": used.name} for used in one.because],
        "advice": list(one.advice),
        "cleared_by": list(one.rule.cleared_by),
        "would_clear": list(one.would_clear),
        "tell_patient": one.tell_patient,
        "certainty": one.certainty,
        "evidence": one.rule.stated.evidence,
        "sources": [{"key": key} | source.model_dump() for key, source in one.sources.items()],
        "note": one.rule.stated.note,
        "disagree": one.rule.stated.disagree,
    }


def _used(one: Used) -> dict[str, Any]:
    return {
        "value": _listed(one.value),
        "unit": one.unit,
        "as_of": _iso(one.as_of),
        "source": one.source,
        "stale": one.stale,
        "complete": one.complete,
    }


def _kept_fact(one: Used) -> dict[str, Any]:
    kept = _used(one) | {"was": _listed(one.was), "derived": one.derived}
    return kept | {"rivals": [_used(rival) for rival in one.rivals]}


def _listed(value: Value | None) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _need(one: Need) -> dict[str, Any]:
    return {
        "fact": one.fact,
        "supplied_by": one.supplied_by,
        "ask": one.ask,
        "wanted_by": list(one.wanted_by),
        "stale": one.stale,
        "partial": one.partial,
    }


def _contradiction(one: Contradiction) -> dict[str, Any]:
    return {"says": one.says, "facts": [used.name for used in one.facts]}


def _clearance(one: Clearance) -> dict[str, Any]:
    return {
        "clearance": one.clearance,
        "covers": sorted(one.covers),
        "dated": _iso(one.dated),
        "expires": _iso(one.expires),
        "by": one.by,
        "document": one.document,
        "inputs": {name: _listed(value) for name, value in one.inputs.items()},
    }


class _Told(FactShape):
    stale: bool = False


class _KeptFact(_Told):
    was: Any = None
    derived: bool = False
    rivals: Annotated[tuple[_Told, ...], Key(strict=False)] = ()


class _Record(BaseModel):
    """What of a record is needed to repeat it; it says more."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    book: str
    version: int
    sha256: str
    on: Moment | None
    params: dict[str, float]
    facts: dict[str, _KeptFact]
    clearances: Annotated[tuple[ClearanceShape, ...], Key(strict=False)] = ()


def _very_book(record: _Record) -> Book:
    book = load(record.book, record.version)
    if book.sha256 != record.sha256:
        says = f"version {record.version} is not the file it was: its digest is {book.sha256}, the record names {record.sha256}"
        raise BadReference([Problem(place=f"rulebooks/{record.book}", says=says)])
    return book


def _policy(book: Book, params: Mapping[str, float]) -> Policy:
    problems = list(_param_problems(book, params))
    if problems:
        raise BadReference(problems)
    changed = {name: value for name, value in params.items() if value != book.params[name].default}
    return Policy(values=dict(params), changed=changed)


def _param_problems(book: Book, params: Mapping[str, float]) -> Iterator[Problem]:
    for name in sorted(book.params.keys() ^ params.keys()):
        says = (
            "is a parameter of the book but not in the record" if name in book.params else "is no parameter of the book"
        )
        yield Problem(place=f"params.{name}", says=says)


def _given(name: str, one: _KeptFact) -> list[Fact]:
    first = replace(one.named(name), value=one.value if one.was is None else one.was)
    return [first, *(rival.named(name) for rival in one.rivals)]
