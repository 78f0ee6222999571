"""An evaluation as plain data: what a decision record keeps, and what ``--json`` prints."""

from datetime import date
from typing import Any

from ketacare.science.rules.findings import Contradiction, Evaluation, Finding, Need, Used


def plain(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as values that JSON can hold: enough to show it again and to repeat it."""
    return {
        "book": evaluation.book_id,
        "version": evaluation.book_version,
        "sha256": evaluation.book_sha256,
        "on": None if evaluation.on is None else evaluation.on.isoformat(),
        "params": dict(evaluation.params),
        "disposition": evaluation.disposition,
        "urgent": evaluation.urgent,
        "findings": [_finding(one) for one in evaluation.findings],
        "needs": [_need(one) for one in evaluation.needs],
        "contradictions": [_contradiction(one) for one in evaluation.contradictions],
        "skipped": list(evaluation.skipped),
        "facts": {name: _used(one) for name, one in evaluation.facts.items()},
    }


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
    value = list(one.value) if isinstance(one.value, tuple) else one.value
    as_of = one.as_of.isoformat() if isinstance(one.as_of, date) else None
    return {"value": value, "unit": one.unit, "as_of": as_of, "source": one.source, "stale": one.stale}


def _need(one: Need) -> dict[str, Any]:
    return {
        "fact": one.fact,
        "supplied_by": one.supplied_by,
        "ask": one.ask,
        "wanted_by": list(one.wanted_by),
        "stale": one.stale,
    }


def _contradiction(one: Contradiction) -> dict[str, Any]:
    return {"says": one.says, "facts": [used.name for used in one.facts]}
