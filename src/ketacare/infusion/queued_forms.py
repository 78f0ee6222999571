"""Entries as a browser sends them, parsed by the forms of the cockpit: what is refused there is refused here."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from django import forms

from ketacare.infusion.forms import NoteForm, ObservationForm, VitalsForm
from ketacare.infusion.models import Receipt
from ketacare.infusion.queued import KINDS, Answer, Queued
from ketacare.science.errors import Problem

FORMS: Mapping[str, type[forms.Form]] = {"vitals": VitalsForm, "observation": ObservationForm, "note": NoteForm}
WORDS = {True: "yes", False: "no"}
ANOTHERS = Problem(place="author", says="written by somebody else: only its author sends it")


def parsed(sent: Any, *, session: int) -> Queued | Answer:
    """An entry, or its refusal with every problem."""
    if not isinstance(sent, dict):
        return Answer(key="", status="refused", problems=(Problem(place="entry", says="is no entry"),))
    at = time_of(sent.get("at"))
    form = form_of(sent)
    if problems := tuple(problems_of(sent, at, form)):
        return refused(sent, *problems)
    told = {name: sent.get(name) for name in ("kind", "at", "values", "text")} | {"session": session}
    digest = sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    is_row = sent["kind"] != "note"
    return Queued(
        key=sent["key"],
        kind=sent["kind"],
        charted_at=at,
        happened_at=form.taken_at(at) if isinstance(form, VitalsForm) else at,
        words=digest,
        reading=form.values("reading") if is_row else {},
        observation=form.values("observation") if is_row else {},
        text="" if is_row else form.cleaned_data["text"],
    )


def refused(sent: Any, *problems: Problem) -> Answer:
    """One entry is not taken."""
    key = sent.get("key") if isinstance(sent, dict) else ""
    return Answer(key=key if isinstance(key, str) else "", status="refused", problems=problems)


def form_of(sent: Mapping[str, Any]) -> Any:
    """The form of the entry's kind, filled in; None for a kind that does not wait."""
    kind = sent.get("kind")
    if kind not in KINDS:
        return None
    values = {"text": sent.get("text")} if kind == "note" else sent.get("values")
    given = values if isinstance(values, dict) else {}
    return FORMS[kind]({name: WORDS[one] if isinstance(one, bool) else one for name, one in given.items()})


def problems_of(sent: Mapping[str, Any], at: datetime | None, form: Any) -> Iterator[Problem]:
    """Everything that is wrong with an entry."""
    key = sent.get("key")
    if not isinstance(key, str) or not 0 < len(key) <= Receipt.LONGEST_KEY:
        yield Problem(place="key", says=f"is a text of 1 to {Receipt.LONGEST_KEY} letters")
    if at is None:
        yield Problem(place="at", says="is no time with its zone")
    if form is None:
        yield Problem(place="kind", says=f"is none of {', '.join(KINDS)}")
        return
    for name in sorted(form.data.keys() - form.fields.keys(), key=str):
        yield Problem(place=str(name), says="is not charted here")
    for name, errors in form.errors.items():
        yield from (Problem(place="entry" if name == "__all__" else name, says=str(error)) for error in errors)


def time_of(text: Any) -> datetime | None:
    """A moment with its zone, or None."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else None


def as_json(answer: Answer) -> dict[str, Any]:
    """An answer as it is sent."""
    problems = [{"place": one.place, "says": one.says} for one in answer.problems]
    return {"key": answer.key, "status": answer.status, "seqs": answer.seqs, "problems": problems}
